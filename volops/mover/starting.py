"""Programs that a shell in a helper starts for us, instead of the engine.

The engine takes 30 to 40 ms to start a program in a container, and nearly as much of a processor: for each
it makes a process from outside, with namespaces, capabilities and a seccomp filter of its own. A shell that
is in there already needs two. It is told through a named pipe what to start; output, errors and the exit code
come back through others.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import select
import shlex
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from volops.errors import EngineFailed
from volops.mover.pipe import written

PIPES = "/volops"
"""Where a helper sees the directory of the pipes."""
COMMANDS = "commands"
OPEN = f"exec 4<>{PIPES}/{COMMANDS}"
LOOP = f'while read -r each <&4; do {{ (. "{PIPES}/$each") || : 1<>"{PIPES}/$each.end"; }} 4<&- & done &'
"""What a helper's first program has running beside it, once the pipe is open: runs each script that is
named to it, and is the only one then that has that pipe open. What it starts ignores SIGINT and SIGQUIT,
unless it says itself what these are to do (POSIX, "Signals and Error Handling").

Where a script failed, perhaps before it opened its pipes, we see its end hang up once that was opened: for
reading too, which keeps nobody waiting, and nothing is written that could be taken for the script's word.
"""
_READ_BYTES = 1 << 16
_LOOK_MS = 500
_USER = re.compile(r"(\d+):(\d+)")
_DROPS = (("setpriv", "--reuid", "0", "--regid", "0", "--clear-groups"), ("gosu", "0:0"), ("su-exec", "0:0"))
_WAYS = {
    "setpriv": "setpriv --reuid {user} --regid {group} --clear-groups",
    "gosu": "gosu {user}:{group}",
    "su-exec": "su-exec {user}:{group}",
}
"""Programs that images have for becoming another user; each is tried before it is trusted."""


class Starter:
    """Has programs started in one helper. Several threads may use it at once."""

    def __init__(self, pipes: Path) -> None:
        """`pipes` is the directory that the helper sees as /volops, with the pipe that its LOOP reads."""
        self._pipes = pipes
        self._numbers = itertools.count(1)
        self._become: str | None = None

    def start(self, argv: Sequence[str], user: str = "", data: bytes | None = None) -> Started | None:
        """Start a program, with `data` as its standard input. None when it cannot become that user (uid:gid),
        or this machine has no room for its pipes: the engine can start it then.

        Raises EngineFailed when nobody is there any more who would start it.
        """
        command = shlex.join(argv)
        if user:
            become = self._becoming(user)
            if become is None:
                return None
            command = f"{become} {command}"
        return self._started(command, data)

    def _started(self, command: str, data: bytes | None) -> Started | None:
        program = Started(self._pipes, f"program-{next(self._numbers)}", data)
        try:
            program.prepare(command)
        except OSError:
            program.close()
            return None
        try:
            commands = os.open(self._pipes / COMMANDS, os.O_WRONLY | os.O_NONBLOCK)
            try:
                os.write(commands, f"{program.name}\n".encode())
            finally:
                os.close(commands)
        except OSError as error:
            program.close()
            raise EngineFailed(f"a helper takes no commands any more: {error.strerror}") from error
        return program

    def _becoming(self, user: str) -> str | None:
        found = _USER.fullmatch(user)
        if found is None:
            return None
        if self._become is None:
            tries = (f"{shlex.join(words)} true 2>/dev/null && exec echo {words[0]}" for words in _DROPS)
            program = self._started(f"sh -c {shlex.quote('; '.join([*tries, 'echo none']))}", None)
            if program is None:
                return None
            said = b"".join(chunk for channel, chunk in program.output() if channel == 1)
            self._become = said.decode().strip()
        way = _WAYS.get(self._become)
        return way and way.format(user=found[1], group=found[2])


class Started:
    """`volops.engine.Exec` of a program that a helper's own shell has started."""

    def __init__(self, pipes: Path, name: str, data: bytes | None) -> None:
        self.name = name
        self._pipes, self._data = pipes, data
        self._ended = b""
        self._open: dict[str, int] = {}

    def prepare(self, command: str) -> None:
        """Lay out its pipes, and the script that is to run. Raises OSError."""
        for each in ("end", "out", "err"):
            self._open[each] = self._pipe(each, 0o622, os.O_RDONLY)
        source = "/dev/null"
        if self._data is not None:
            # Held at both ends until the program has it open, so that neither waits for the other.
            self._open["in"] = self._pipe("in", 0o644, os.O_RDWR)
            source = f"{PIPES}/{self.name}.in"
        there = f"{PIPES}/{self.name}"
        # With `exec` a program runs and none of the shell's own commands, as if the engine started it.
        script = (
            f"exec 3>{there}.end >{there}.out 2>{there}.err <{source}\necho >&3\n"
            f"(exec {command} 3>&-)\necho $? >&3\n"
        )
        path = self._pipes / self.name
        path.write_bytes(script.encode("utf-8", "surrogateescape"))
        path.chmod(0o644)

    def _pipe(self, kind: str, mode: int, flags: int) -> int:
        path = self._pipes / f"{self.name}.{kind}"
        os.mkfifo(path)
        # The helper's root may be nobody here: whoever sees the private directory may use it.
        path.chmod(mode)
        return os.open(path, flags | os.O_NONBLOCK)

    def output(self) -> Iterator[tuple[int, bytes]]:
        """See Exec. Ends with the program, even if something that it leaves behind holds its output open."""
        poll, end = select.poll(), self._open["end"]
        channels = {self._open[each]: number for number, each in enumerate(("end", "out", "err"))}
        for descriptor in channels:
            poll.register(descriptor, select.POLLIN)
        try:
            while end in channels and not self._code:
                ready = poll.poll(_LOOK_MS)
                if not ready and not self._ended and not self._listening():
                    return
                for descriptor, event in ready:
                    chunk = os.read(descriptor, _READ_BYTES) if event & select.POLLIN else b""
                    if not chunk:
                        poll.unregister(descriptor)
                        del channels[descriptor]
                    elif channels[descriptor]:
                        yield channels[descriptor], chunk
                    else:
                        self._heard(chunk)
            # What it has written is in the pipes by now.
            for descriptor in (each for each, number in channels.items() if number):
                with contextlib.suppress(BlockingIOError):
                    while chunk := os.read(descriptor, _READ_BYTES):
                        yield channels[descriptor], chunk
        finally:
            self.close()

    def _heard(self, chunk: bytes) -> None:
        if not self._ended and self._data is not None:
            threading.Thread(target=self._feed, args=(self._data,), daemon=True).start()
        self._ended += chunk

    def _feed(self, data: bytes) -> None:
        """Give the program, which has its input open, all of it."""
        with contextlib.suppress(OSError):
            descriptor = os.open(self._pipes / f"{self.name}.in", os.O_WRONLY | os.O_NONBLOCK)
            try:
                self._close("in")
                os.set_blocking(descriptor, True)
                written(descriptor, data)
            finally:
                os.close(descriptor)

    def _listening(self) -> bool:
        """Whether the shell that was told to start it is there."""
        try:
            os.close(os.open(self._pipes / COMMANDS, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    @property
    def _code(self) -> str:
        """Its exit code, once the whole line is there: the second, after the one that it has begun."""
        lines = self._ended.split(b"\n")
        return lines[1].decode() if len(lines) > 2 else ""

    def write(self, data: bytes) -> bool:
        """It reads nothing but what it was given."""
        del data
        return False

    def end_input(self) -> None:
        """Its input ends by itself."""

    def exit_code(self) -> int | None:
        """See Exec."""
        return int(self._code) if self._code else None

    def close(self) -> None:
        """Forget it, and remove its pipes; fine when that was done."""
        # A program that comes late must find no pipe: it would wait for a reader.
        for each in ("", ".end", ".out", ".err", ".in"):
            (self._pipes / f"{self.name}{each}").unlink(missing_ok=True)
        for each in tuple(self._open):
            self._close(each)

    def _close(self, kind: str) -> None:
        # Two threads may want to: one of them finds it.
        if (descriptor := self._open.pop(kind, None)) is not None:
            os.close(descriptor)
