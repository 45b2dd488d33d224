"""A helper container and the private directory it shares with this process."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from volops.engine import Engine, HelperSpec
from volops.errors import EngineFailed
from volops.mover.pipe import Pipe, Watch

PIPES = "/volops"
"""Where a helper sees the directory of the pipes."""
_HOLD = ("/bin/sh", "-c", "exec cat >/dev/null")
_PROBE = "through"
_PATIENCE_S = 5.0


class Helper:
    """A running helper container; a context manager. `pipes` is the directory of the named pipes, or None
    where the engine's containers and this process cannot share one."""

    def __init__(self, engine: Engine, spec: HelperSpec, *, local: bool) -> None:
        """Start it. Raises EngineFailed or EngineUnavailable; nothing is left then."""
        self._engine = engine
        self._scratch = _private_directory() if local else None
        self.container = ""
        self.pipes: Path | None = None
        try:
            self._start(replace(spec, argv=_HOLD))
        except BaseException:
            self.close()
            raise

    def _start(self, spec: HelperSpec) -> None:
        if self._scratch is None:
            self.container = self._engine.start_helper(spec)
            return
        # The directory above stays closed to others; this one the helper sees whoever its root is here.
        pipes = self._scratch / "pipes"
        pipes.mkdir()
        pipes.chmod(0o711)
        try:
            shared = replace(spec, binds=(*spec.binds, (str(pipes), PIPES, False)))
            self.container = self._engine.start_helper(shared)
        except EngineFailed:
            # Perhaps the engine, in a machine or a mount namespace of its own, has no such directory.
            self.container = self._engine.start_helper(spec)
        else:
            self.pipes = pipes if self._pipes_work(pipes) else None

    def _pipes_work(self, pipes: Path) -> bool:
        """Whether a program in the helper can write to us: a directory may be shared with a virtual machine,
        but no pipe leads out of one."""
        with Pipe(pipes / "probe") as pipe:
            script = f"[ -p {PIPES}/probe ] && echo {_PROBE} >{PIPES}/probe"
            program = Watch(self._engine.exec(self.container, ["/bin/sh", "-c", script]))
            return b"".join(pipe.read(program, _PATIENCE_S)).strip() == _PROBE.encode()

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
