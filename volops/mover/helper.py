"""A helper container and the private directory it shares with this process."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from volops.engine import Engine, HelperSpec
from volops.errors import EngineFailed
from volops.mover.pipe import Pipe, Watch
from volops.mover.starting import COMMANDS, LOOP, OPEN, PIPES, Starter

_HOLD = ("/bin/sh", "-c", "exec cat >/dev/null")
_PROBE = "through"
_GREETING = f"""
if [ -p {PIPES}/probe ]; then
    {OPEN}
    {LOOP}
    {{ echo {_PROBE}; tar --version 2>&1; }} 1<>{PIPES}/probe
fi
exec cat >/dev/null 4<&-
"""
"""Says at once that pipes work, and which tar there is: two programs less to start for whoever needs both.
From then on it starts programs itself.

Opened for reading, too, a pipe keeps nobody waiting where there is no other end (fifo(7)), as in a virtual
machine: who waits there would not end with this process. Nor is a process left that nobody waits for.
"""
_GREETING_S = 1.0
_PATIENCE_S = 5.0


class Helper:
    """A running helper container; a context manager. `pipes` is the directory of the named pipes, or None
    where the engine's containers and this process cannot share one; `starter` has programs started without
    the engine, or is None where that does not work. `tar` is what its tar says of its version, None where it
    has not said so by itself."""

    def __init__(self, engine: Engine, spec: HelperSpec, *, local: bool) -> None:
        """Start it. Raises EngineFailed or EngineUnavailable; nothing is left then."""
        self._engine = engine
        self._scratch = _private_directory() if local else None
        self.container = ""
        self.pipes: Path | None = None
        self.starter: Starter | None = None
        self.tar: str | None = None
        try:
            self._start(spec)
        except BaseException:
            self.close()
            raise

    def _start(self, spec: HelperSpec) -> None:
        if self._scratch is None:
            self.container = self._engine.start_helper(replace(spec, argv=_HOLD))
            return
        # The directory above stays closed to others; this one the helper sees whoever its root is here.
        pipes = self._scratch / "pipes"
        pipes.mkdir()
        pipes.chmod(0o711)
        os.mkfifo(pipes / COMMANDS)
        (pipes / COMMANDS).chmod(0o666)
        # Its first program opens that for reading, too.
        with Pipe(pipes / "probe", mode=0o666) as probe:
            try:
                # Read-only: where a pipe is gone again, a late program cannot make a file in its place.
                binds = (*spec.binds, (str(pipes), PIPES, False))
                greeting = ("/bin/sh", "-c", _GREETING)
                self.container = self._engine.start_helper(replace(spec, argv=greeting, binds=binds))
            except EngineFailed:
                # Perhaps the engine, in a machine or a mount namespace of its own, has no such directory.
                self.container = self._engine.start_helper(replace(spec, argv=_HOLD))
                return
            if self._greets(probe):
                self.pipes, self.starter = pipes, Starter(pipes)
            elif self._pipes_work(probe):
                self.pipes = pipes

    def _greets(self, probe: Pipe) -> bool:
        """Whether its first program has written to us."""
        said = b"".join(probe.read(None, _GREETING_S)).decode("utf-8", "replace")
        if not said.startswith(f"{_PROBE}\n"):
            return False
        self.tar = said.removeprefix(f"{_PROBE}\n")
        return True

    def _pipes_work(self, probe: Pipe) -> bool:
        """Whether a program in the helper can write to us: a directory may be shared with a virtual machine,
        but no pipe leads out of one. Its first program may only be late."""
        script = f"[ -p {PIPES}/probe ] && echo {_PROBE} >{PIPES}/probe"
        program = Watch(self._engine.exec(self.container, ["/bin/sh", "-c", script]))
        return b"".join(probe.read(program, _PATIENCE_S)).startswith(f"{_PROBE}\n".encode())

    def close(self) -> None:
        """End the helper and everything in it; fine when it ended already."""
        try:
            if self.container:
                self._engine.remove_container(self.container)
        finally:
            if self._scratch is not None:
                shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> Helper:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _private_directory() -> Path | None:
    with contextlib.suppress(OSError):
        return Path(tempfile.mkdtemp(prefix="volops-"))
    return None
