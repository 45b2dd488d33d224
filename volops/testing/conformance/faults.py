"""A source whose producers fail, each in its turn."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from volops.errors import ProducerFailed
from volops.shell import Output, Shell
from volops.volume_access import Source


class Faults:
    """Counts what is produced, and fails the one whose turn it is: half of it comes, then it raises."""

    def __init__(self, turn: int | None = None) -> None:
        self._turn = turn
        self.count = 0

    def passing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The chunks, or half of them."""
        mine, self.count = self.count, self.count + 1
        if mine != self._turn:
            yield from chunks
            return
        data = b"".join(chunks)
        yield data[: len(data) // 2]
        raise ProducerFailed("the kit let this producer fail with exit code 3")


class FaultySource:
    """A source that does all that the true one does, with faults in what comes out of it as a stream; where
    nothing does, in programs that are run."""

    def __init__(self, source: Source, faults: Faults, *, runs: bool) -> None:
        self._source, self._faults, self._runs = source, faults, runs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def tar(self, *paths: str) -> Iterator[bytes]:
        if self._runs:
            return self._source.tar(*paths)
        return self._faults.passing(self._source.tar(*paths))

    def service(self) -> Shell:
        return self._faulty(self._source.service())

    def beside(self) -> Shell:
        return self._faulty(self._source.beside())

    def tree(self) -> Shell:
        return self._faulty(self._source.tree())

    def _faulty(self, shell: Shell) -> Shell:
        return _FaultyShell(shell, self._faults, runs=self._runs)


class _FaultyShell:
    def __init__(self, shell: Shell, faults: Faults, *, runs: bool) -> None:
        self._shell, self._faults, self._runs = shell, faults, runs

    def run(self, *argv: str, input: bytes = b"", user: str = "", ok: Collection[int] = (0,)) -> Output:
        output = self._shell.run(*argv, input=input, user=user, ok=ok)
        if self._runs:
            for _ in self._faults.passing([output.stdout]):
                pass
        return output

    def stream(
        self,
        *argv: str,
        ok: Collection[int] = (0,),
        on_stderr: Callable[[str], None] | None = None,
    ) -> Iterator[bytes]:
        chunks = self._shell.stream(*argv, ok=ok, on_stderr=on_stderr)
        return chunks if self._runs else self._faults.passing(chunks)

    def feed(self, chunks: Iterable[bytes], *argv: str, user: str = "", ok: Collection[int] = (0,)) -> Output:
        return self._shell.feed(chunks, *argv, user=user, ok=ok)
