"""Named pipes between a program in a helper and this process, in either direction."""

from __future__ import annotations

import collections
import contextlib
import errno
import fcntl
import os
import select
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from volops.engine import Exec
from volops.errors import EngineFailed, EngineUnavailable

PIPE_BYTES = 1 << 20
"""The most an unprivileged process may ask for (pipe(7), /proc/sys/fs/pipe-max-size)."""
_POLL_MS = 250
_LITTLE_BYTES = 256 << 10
_PAUSE_S = 0.002
"""A writer of small pieces, as pg_dump is one (4 KiB), wakes a reader who waits for each of them, which costs
both more than the bytes do. The pipe has room for what comes in such a pause."""
_OPEN_S = 0.01
_STDERR_BYTES = 1 << 20


class Pipe:
    """A named pipe, open for reading before anybody writes; a context manager that removes it."""

    def __init__(self, path: Path, mode: int = 0o622) -> None:
        os.mkfifo(path)
        # The helper's root may be nobody here: whoever sees the private directory may write.
        path.chmod(mode)
        self._path = path
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with contextlib.suppress(PermissionError):
            fcntl.fcntl(self._descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def __enter__(self) -> Pipe:
        return self

    def __exit__(self, *_: object) -> None:
        # A program that comes late must find no pipe: it would wait for a reader.
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def read(self, program: Watch | None, patience_s: float | None = None) -> Iterator[bytes]:
        """Yield what comes until the last writer closed the pipe, until the program (if one is given) ended
        without ever opening it, or until nothing at all came for `patience_s`.

        A pipe that nobody has opened yet shows no hang-up (poll(2)).
        """
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        until = None if patience_s is None else time.monotonic() + patience_s
        while until is None or time.monotonic() < until:
            ended = program is not None and not program.is_alive()
            ready = poll.poll(0 if ended else _POLL_MS)
            if ready and ready[0][1] & select.POLLIN:
                chunk = os.read(self._descriptor, PIPE_BYTES)
                yield chunk
                until = None
                if len(chunk) < _LITTLE_BYTES:
                    time.sleep(_PAUSE_S)
            elif ready or ended:
                return


class Outlet:
    """A named pipe that this process writes; a context manager that removes it."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        path.chmod(0o644)
        self._path = path

    def __enter__(self) -> Outlet:
        return self

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)

    def pour(self, chunks: Iterable[bytes], program: Watch) -> None:
        """Write all of `chunks`, then end the program's input. When the program stops reading, the rest is
        still taken: only at their end do `chunks` tell whether they were whole."""
        descriptor = self._open(program)
        try:
            for chunk in chunks:
                if descriptor is not None and not written(descriptor, chunk):
                    os.close(descriptor)
                    descriptor = None
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _open(self, program: Watch) -> int | None:
        """The pipe, once the program has opened it for reading (fifo(7): ENXIO until then); None if the
        program ended without."""
        while True:
            ended = not program.is_alive()
            try:
                descriptor = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                if ended:
                    return None
                program.join(_OPEN_S)
                continue
            with contextlib.suppress(PermissionError):
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            os.set_blocking(descriptor, True)
            return descriptor


def written(descriptor: int, chunk: bytes) -> bool:
    """Write all of `chunk`; False when nobody reads it any more."""
    view = memoryview(chunk)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except BrokenPipeError:
        return False
    return True


class Watch(threading.Thread):
    """Reads what a program says beside its main output; ends when the program does."""

    def __init__(self, program: Exec) -> None:
        super().__init__(daemon=True)
        self._program = program
        self.output, self.tail = Tail(), Tail()
        self.start()

    def run(self) -> None:
        # A lost connection is seen again, and raised, when the exit code is asked for.
        with contextlib.suppress(EngineFailed, EngineUnavailable, OSError):
            for channel, chunk in self._program.output():
                (self.output if channel == 1 else self.tail).add(chunk)


class Tail:
    """The last MiB of what a program wrote."""

    def __init__(self) -> None:
        self._chunks: collections.deque[bytes] = collections.deque()
        self._size = 0

    def add(self, chunk: bytes) -> None:
        """Append, and forget the oldest chunks beyond the limit."""
        self._chunks.append(chunk)
        self._size += len(chunk)
        while self._size > _STDERR_BYTES and len(self._chunks) > 1:
            self._size -= len(self._chunks.popleft())

    def text(self) -> str:
        """All that is kept, as text."""
        return b"".join(self._chunks).decode("utf-8", "replace")
