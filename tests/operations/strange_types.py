"""Volume types that misbehave, each in one way."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from volops import Artifact, Criticality, FileTree, Locked, ProducerFailed, Source, Volume
from volops.journal import JournalFile


class Strange(FileTree):
    """A file tree that nobody recognises."""

    name = "strange"
    stem = "strange"
    criticality = Criticality.CRITICAL

    def detect(self, volume: Volume) -> bool:
        del volume
        return False


class Namesake(Strange):
    """Knows nothing of the other, and calls its files the same."""

    name = "namesake"


class Empty(Strange):
    """Dumps nothing, knows nothing, and finds nothing wrong with that."""

    def dump(self, source: Source) -> Iterable[Artifact]:
        del source
        return ()


class Raising(Strange):
    """Raises what no plugin should."""

    def dump(self, source: Source) -> Iterable[Artifact]:
        raise ZeroDivisionError(f"one by none in {source.volume.key}")


class Mute(Strange):
    """Fails to tell what makes its volume again."""

    def regenerated_by(self, options: object) -> str:
        raise ZeroDivisionError(f"{options} by none")


class Leaving(Strange):
    """Ends the process, and calls that a success."""

    def dump(self, source: Source) -> Iterable[Artifact]:
        del source
        sys.exit(0)


class LeavingHalfWay(Strange):
    """Does so when half of its artifact is out."""

    def dump(self, source: Source) -> Iterable[Artifact]:
        yield Artifact(source.file_name("first", ".bin"), "application/octet-stream", self._half())

    def _half(self) -> Iterator[bytes]:
        yield b"half of"
        sys.exit(0)


class LeavingFacts(Strange):
    """Does so when everything is stored already."""

    def facts(self, source: Source) -> Mapping[str, Any]:
        del source
        sys.exit(0)


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


class Restored(Strange):
    """While it is read, somebody wants to restore it."""

    refused: ClassVar[str] = ""
    state: ClassVar[Path]

    def dump(self, source: Source) -> Iterable[Artifact]:
        try:
            with JournalFile(self.state).held("volops restore"):
                pass
        except Locked as error:
            type(self).refused = error.message
        yield from super().dump(source)


class Endless(Strange):
    """Streams without end."""

    def dump(self, source: Source) -> Iterable[Artifact]:
        stream = source.tree().stream("cat", "/dev/urandom")
        yield Artifact(source.file_name("endless", ".bin"), "application/octet-stream", stream)
