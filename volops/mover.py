"""Byte streams out of containers: a helper container, a named pipe to this process, and the ways without one.

A helper lives as long as we hold its standard input open, so it ends by itself when this process dies.
Programs are started in it one after the other. Where the engine shares this machine's kernel their output
comes through a named pipe in a private directory, which no stream of the Docker API comes near in speed;
elsewhere through the API.
"""

from __future__ import annotations

import collections
import contextlib
import fcntl
import os
import select
import shutil
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from volops.engine import Engine, Exec, HelperSpec
from volops.errors import EngineFailed, HelperLost, ProducerFailed
from volops.volume_type import Output

PIPE_BYTES = 1 << 20
"""The most an unprivileged process may ask for (pipe(7), /proc/sys/fs/pipe-max-size)."""
_POLL_MS = 250
_STDERR_BYTES = 1 << 20
_PIPES = "/volops"
_HOLD = ("/bin/sh", "-c", "exec cat >/dev/null")
_PROBE = "shared"


class Helper:
    """A running helper container and the private directory it shares with this process; a context manager."""

    def __init__(self, engine: Engine, spec: HelperSpec, *, local: bool) -> None:
        """Start it. Raises EngineFailed or EngineUnavailable; nothing is left then."""
        self._engine = engine
        self._scratch = Path(tempfile.mkdtemp(prefix="volops-")) if local else None
        try:
            binds = spec.binds
            if self._scratch is not None:
                binds = (*binds, (str(self._make_shared(self._scratch)), _PIPES, False))
            self.container = engine.start_helper(
                HelperSpec(
                    image=spec.image,
                    argv=_HOLD,
                    binds=binds,
                    join=spec.join,
                    capabilities=spec.capabilities,
                    environment=spec.environment,
                    run=spec.run,
                )
            )
        except BaseException:
            self._remove_scratch()
            raise
        try:
            self.pipes = self._pipes_work()
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _make_shared(scratch: Path) -> Path:
        """The directory inside our private one that the helper sees, whatever its user is mapped to."""
        shared = scratch / "pipes"
        shared.mkdir()
        shared.chmod(0o711)
        (shared / _PROBE).write_text(_PROBE)
        (shared / _PROBE).chmod(0o444)
        return shared

    def _pipes_work(self) -> Path | None:
        if self._scratch is None:
            return None
        seen = self._engine.run(self.container, ["cat", f"{_PIPES}/{_PROBE}"])
        return self._scratch / "pipes" if seen.text == _PROBE else None

    def close(self) -> None:
        """End the helper and everything in it; fine when it ended already."""
        try:
            self._engine.remove_container(self.container)
        finally:
            self._remove_scratch()

    def _remove_scratch(self) -> None:
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> Helper:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class ContainerShell:
    """`volops.volume_type.Shell` in a container that runs already; output comes through the engine's API."""

    def __init__(self, engine: Engine, container: str) -> None:
        self._engine, self._container = engine, container

    def run(self, *argv: str, input: bytes = b"", user: str = "", ok: Collection[int] = (0,)) -> Output:
        output = self._engine.run(self._container, argv, user=user, input=input or None)
        if output.code not in ok:
            raise self._failure(argv[0], output.code, output.stderr or output.text)
        return output

    def stream(
        self,
        *argv: str,
        ok: Collection[int] = (0,),
        on_stderr: Callable[[str], None] | None = None,
    ) -> Iterator[bytes]:
        program = self._engine.exec(self._container, argv)
        tail = Tail()
        for channel, chunk in program.output():
            if channel == 1:
                yield chunk
            else:
                tail.add(chunk)
        self._finish(program, argv[0], ok, tail, on_stderr)

    def _finish(
        self,
        program: Exec,
        name: str,
        ok: Collection[int],
        tail: Tail,
        on_stderr: Callable[[str], None] | None,
    ) -> None:
        code = program.exit_code()
        if on_stderr is not None:
            on_stderr(tail.text())
        if code not in ok:
            raise self._failure(name, code, tail.text())

    def _failure(self, name: str, code: int | None, stderr: str) -> ProducerFailed | HelperLost:
        if code in (None, -1) or not self._engine.running(self._container):
            return HelperLost(
                f"the container in which {name} ran ended under it",
                next_step="see what stopped it (`docker events`, memory limits), then run again",
            )
        if code == 137:
            return ProducerFailed(f"{name} was killed", next_step="see memory limits, run again")
        lines = [line.strip() for line in stderr.splitlines() if line.strip()]
        said = "; ".join(lines[-3:]) or "it said nothing"
        return ProducerFailed(f"{name} failed with exit code {code}: {said}")


class HelperShell(ContainerShell):
    """`volops.volume_type.Shell` in a helper; long output comes through a named pipe where that works."""

    def __init__(self, engine: Engine, helper: Helper) -> None:
        super().__init__(engine, helper.container)
        self._pipes = helper.pipes
        self._streams = 0

    def stream(
        self,
        *argv: str,
        ok: Collection[int] = (0,),
        on_stderr: Callable[[str], None] | None = None,
    ) -> Iterator[bytes]:
        if self._pipes is None:
            yield from super().stream(*argv, ok=ok, on_stderr=on_stderr)
            return
        self._streams += 1
        pipe = self._pipes / f"stream-{self._streams}"
        os.mkfifo(pipe)
        pipe.chmod(0o622)
        script = f'exec "$@" >{_PIPES}/{pipe.name}'
        descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        try:
            with contextlib.suppress(PermissionError):
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            program = self._engine.exec(self._container, ["/bin/sh", "-c", script, "sh", *argv])
            watch = _Watch(program)
            yield from _drain(descriptor, watch)
        finally:
            os.close(descriptor)
            pipe.unlink(missing_ok=True)
        watch.join()
        self._finish(program, argv[0], ok, watch.tail, on_stderr)


def _drain(descriptor: int, watch: _Watch) -> Iterator[bytes]:
    """Yield what comes through the pipe until its last writer closed it, or until the program ended
    without ever opening it. A pipe that nobody has opened yet shows no hang-up (poll(2))."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while True:
        ended = not watch.is_alive()
        ready = poll.poll(0 if ended else _POLL_MS)
        if ready and ready[0][1] & select.POLLIN:
            yield os.read(descriptor, PIPE_BYTES)
        elif ready or ended:
            return


class _Watch(threading.Thread):
    """Reads what a program says beside its main output; ends when the program does."""

    def __init__(self, program: Exec) -> None:
        super().__init__(daemon=True)
        self._program = program
        self.tail = Tail()
        self.start()

    def run(self) -> None:
        # A lost connection is seen again, and raised, when the exit code is asked for.
        with contextlib.suppress(EngineFailed, OSError):
            for _, chunk in self._program.output():
                self.tail.add(chunk)


class Tail:
    """The last MiB of what a program wrote to its standard error."""

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
