"""The few programs that run in a container of the fake engine, each as small as its real model allows."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

STDOUT, STDERR = 1, 2
NOT_FOUND = 127
_READ_ONLY = "Read-only file system"


class Files(Protocol):
    """The files that a program sees."""

    def read(self, path: str) -> bytes:
        """Raises FileNotFoundError."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Raises PermissionError where nothing can be written."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One start of a program. `ended` is set when its container ends.

    `input` is its whole standard input; None means that it is held open for as long as the container runs.
    """

    argv: tuple[str, ...]
    input: bytes | None
    user: str
    environment: Mapping[str, str]
    files: Files
    ended: threading.Event


Running = Generator[tuple[int, bytes], None, int]
"""Yields (1, chunk) and (2, chunk) as Exec.output does; returns the exit code."""
Program = Callable[[Call], Running]


def run(call: Call, programs: Mapping[str, Program]) -> Running:
    """Run the program that `call` names; as a container's runtime does, end with 127 when there is none."""
    program = programs.get(call.argv[0].rpartition("/")[2])
    if program is None:
        yield STDERR, f"{call.argv[0]}: executable file not found in $PATH\n".encode()
        return NOT_FOUND
    return (yield from program(call))


def _true(_: Call) -> Running:
    yield from ()
    return 0


def _false(_: Call) -> Running:
    yield from ()
    return 1


def _echo(call: Call) -> Running:
    yield STDOUT, " ".join(call.argv[1:]).encode() + b"\n"
    return 0


def _printenv(call: Call) -> Running:
    value = call.environment.get(call.argv[1])
    if value is None:
        return 1
    yield STDOUT, value.encode() + b"\n"
    return 0


def _id(call: Call) -> Running:
    """`id -u`"""
    yield STDOUT, (call.user or "0").encode() + b"\n"
    return 0


def _cat(call: Call) -> Running:
    if not call.argv[1:]:
        if call.input is None:
            call.ended.wait()
        yield STDOUT, call.input or b""
        return 0
    code = 0
    for path in call.argv[1:]:
        try:
            yield STDOUT, call.files.read(path)
        except FileNotFoundError:
            yield STDERR, f"cat: {path}: No such file or directory\n".encode()
            code = 1
    return code


def _touch(call: Call) -> Running:
    for path in call.argv[1:]:
        try:
            call.files.write(path, b"")
        except PermissionError:
            yield STDERR, f"touch: cannot touch '{path}': {_READ_ONLY}\n".encode()
            return 1
    return 0


def _sleep(call: Call) -> Running:
    call.ended.wait(None if call.argv[1] == "infinity" else float(call.argv[1]))
    yield from ()
    return 0


PROGRAMS: Mapping[str, Program] = {
    "cat": _cat,
    "echo": _echo,
    "false": _false,
    "id": _id,
    "printenv": _printenv,
    "sleep": _sleep,
    "touch": _touch,
    "true": _true,
}


def shell(programs: Mapping[str, Program]) -> Program:
    """`sh -c SCRIPT`, for simple commands parted by `;`, with `exec`, `exit N`, `>&2` and `>/dev/null`."""

    def sh(call: Call) -> Running:
        code = 0
        for command in call.argv[2].split(";"):
            said, _, target = command.partition(">")
            words = tuple(shlex.split(said.strip().removeprefix("exec ")))
            if words[0] == "exit":
                return int(words[1])
            channels = {STDOUT: _CHANNELS[target.strip()], STDERR: STDERR}
            code = yield from _redirected(run(replace(call, argv=words), programs), channels)
        return code

    return sh


_CHANNELS = {"": STDOUT, "&2": STDERR, "/dev/null": 0}


def _redirected(running: Running, channels: Mapping[int, int]) -> Running:
    while True:
        try:
            channel, chunk = next(running)
        except StopIteration as end:
            return int(end.value)
        if channels[channel]:
            yield channels[channel], chunk
