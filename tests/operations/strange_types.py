"""Volume types that misbehave, each in one way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from volops import Artifact, Criticality, FileTree, ProducerFailed, Source, Volume


class Strange(FileTree):
    """A file tree that nobody recognises."""

    name = "strange"
    stem = "strange"
    criticality = Criticality.CRITICAL

    def detect(self, volume: Volume) -> bool:
        del volume
        return False


class Raising(Strange):
    """Raises what no plugin should."""

    def dump(self, source: Source) -> Iterable[Artifact]:
        raise ZeroDivisionError(f"one by none in {source.volume.key}")


class HalfWay(Strange):
    """Gives one whole artifact, and a second whose producer fails when half of it is out."""

    def dump(self, source: Source) -> Iterable[Artifact]:
        yield Artifact(source.file_name("first", ".bin"), "application/octet-stream", iter([b"whole"]))
        yield Artifact(source.file_name("second", ".bin"), "application/octet-stream", self._half())

    def _half(self) -> Iterator[bytes]:
        yield b"half of"
        raise ProducerFailed("the producer failed with exit code 3: out of cheese")


class Interrupted(Strange):
    """Gets Ctrl-C while its helper streams."""

    def dump(self, source: Source) -> Iterable[Artifact]:
        yield Artifact(source.file_name("first", ".tar"), "application/x-tar", self._cut(source))

    def _cut(self, source: Source) -> Iterator[bytes]:
        yield next(iter(source.tar()))
        raise KeyboardInterrupt


class Endless(Strange):
    """Streams without end."""

    def dump(self, source: Source) -> Iterable[Artifact]:
        stream = source.tree().stream("cat", "/dev/urandom")
        yield Artifact(source.file_name("endless", ".bin"), "application/octet-stream", stream)
