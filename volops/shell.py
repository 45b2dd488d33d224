"""A place in which programs run: what the core gives a volume type to do its work with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Output:
    """What a short program left behind."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """Standard output as text, undecodable bytes replaced, without the last newline."""
        return self.stdout.decode("utf-8", "replace").rstrip("\n")


class Shell(Protocol):
    """A place in which programs can be run: a service's container, or a helper beside it."""

    def run(
        self,
        *argv: str,
        input: bytes = b"",
        user: str = "",
        ok: Collection[int] = (0,),
    ) -> Output:
        """Run a short program to its end and return what it printed (at most a few MiB).

        Raises ProducerFailed, with the end of its standard error, when its exit code is not in `ok`;
        HelperLost when the container ended under it. Secrets must not be in `argv`.
        """
        ...

    def stream(
        self,
        *argv: str,
        ok: Collection[int] = (0,),
        on_stderr: Callable[[str], None] | None = None,
    ) -> Iterator[bytes]:
        """Yield the standard output of a long program as it comes; memory stays bounded. Takes /bin/sh.
        The program begins with the call, and waits when more than about 1 MiB has not been read.

        At its end raises ProducerFailed when the exit code is not in `ok`, HelperLost when the container
        ended under it. `on_stderr` gets the whole standard error (cut to its last 1 MiB) once, at the end.
        Closing the iterator early, read or not, ends the program, in a helper at the latest when it writes.
        """
        ...

    def feed(
        self,
        chunks: Iterable[bytes],
        *argv: str,
        user: str = "",
        ok: Collection[int] = (0,),
    ) -> Output:
        """Run a program with `chunks` as its standard input; return the last MiB of what it printed.

        All of `chunks` is taken even when the program stops reading, and what they raise is raised: the
        program then saw an early end of its input. Otherwise raises as `run` does.
        """
        ...
