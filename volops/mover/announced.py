"""Programs that tell their process group first, so that they can be killed with all they started.

The engine lets a program run on whose output nobody takes, and has no call that ends one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence

from volops.engine import Exec
from volops.errors import EngineFailed, EngineUnavailable
from volops.mover.pipe import Tail

_ANNOUNCE = 'read -r _ _ _ _ group _ </proc/$$/stat; echo "$group" >&2; exec "$@"'
"""Its process group is the first line of its standard error (proc(5))."""


def announcing(argv: Sequence[str]) -> list[str]:
    """The command line of a program that is to be `Announced`. Takes /bin/sh."""
    return ["/bin/sh", "-c", _ANNOUNCE, "sh", *argv]


class Announced:
    """A program that was started as `announcing` says."""

    def __init__(self, program: Exec) -> None:
        self._said = _Said()
        self._output = _known(program, self._said)

    def output(self) -> Iterator[bytes]:
        """Its standard output, to be read once."""
        next(self._output, None)
        yield from self._output

    def stderr(self) -> str:
        """What it said itself, cut to its last MiB; whole after its output."""
        return self._said.text()

    def hang_up(self) -> str:
        """Read no more; its process group, which is waited for if need be. Empty when it told none."""
        with contextlib.suppress(EngineFailed, EngineUnavailable):
            # Of a program that nobody has read yet, that line has not been read either.
            if not self._said.announced:
                next(self._output, None)
            self._output.close()
        return self._said.group


def _known(program: Exec, said: _Said) -> Generator[bytes, None, None]:
    """Yields something empty once the program's group is known, and only then its standard output: the two
    outputs do not arrive in the order in which they were written."""
    output = program.output()
    early: list[bytes] = []
    for channel, chunk in output:
        if channel == 1:
            early.append(chunk)
        else:
            said.add(chunk)
        if said.announced:
            break
    yield b""
    yield from early
    early.clear()
    for channel, chunk in output:
        if channel == 1:
            yield chunk
        else:
            said.add(chunk)


class _Said:
    """The standard error of an announced program: its process group, and what it says itself."""

    def __init__(self) -> None:
        self.group = ""
        self._first = ""
        self._tail = Tail()
        self._start: bytes | None = b""

    def add(self, chunk: bytes) -> None:
        self._tail.add(chunk)
        if self._start is not None:
            self._start += chunk
            line, newline, _ = self._start.partition(b"\n")
            if newline:
                self.group = line.decode() if line.isdigit() and int(line) > 1 else ""
                self._first = f"{line.decode('utf-8', 'replace')}\n"
                self._start = None

    @property
    def announced(self) -> bool:
        return self._start is None

    def text(self) -> str:
        return self._tail.text().removeprefix(self._first)
