"""A program inside a container, and what a short one leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from volops.shell import Output


class Exec(Protocol):
    """A program that was started inside a running container."""

    def output(self) -> Iterator[tuple[int, bytes]]:
        """Yield (1, chunk) for standard output and (2, chunk) for standard error until both end."""
        ...

    def write(self, data: bytes) -> bool:
        """Write to its standard input; False when it no longer reads. Only if started with `reading`."""
        ...

    def end_input(self) -> None:
        """Let it see the end of its standard input."""
        ...

    def exit_code(self) -> int | None:
        """Its exit code once it ended; None while it runs or when its container is gone."""
        ...


def collect(program: Exec) -> Output:
    """Read a short program's output to its end; exit code -1 when its container was lost."""
    out, err = bytearray(), bytearray()
    for channel, chunk in program.output():
        (out if channel == 1 else err).extend(chunk)
    code = program.exit_code()
    return Output(-1 if code is None else code, bytes(out), err.decode("utf-8", "replace"))
