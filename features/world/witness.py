"""A witness who writes down every process of the machine and every helper container of the engine."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import threading
from pathlib import Path

from features.world.commands import environment
from features.world.engine import HELPERS


class Witness:
    """Looks on from its making until `stop`.

    `processes` are command lines; `helpers` what `docker inspect` says of each helper as soon as it is
    there; `executed` what was started in one: the engine's own record of that, and the scripts that are given
    to a shell in it.
    """

    def __init__(self) -> None:
        self.processes: set[str] = set()
        self.helpers: dict[str, str] = {}
        self.executed: set[str] = set()
        self._over = threading.Event()
        argv = ["docker", "events", "--filter", f"label={HELPERS}", "--format", "{{json .}}"]
        self._events = subprocess.Popen(argv, stdout=subprocess.PIPE, env=environment())
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._look_on, self._listen)]
        for thread in self._threads:
            thread.start()

    def _look_on(self) -> None:
        scripts = Path(tempfile.gettempdir())
        while not self._over.wait(0.01):
            for script in scripts.glob("volops-*/pipes/program-*"):
                with contextlib.suppress(OSError):
                    if script.is_file():
                        self.executed.add(script.read_text())
            for process in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    self.processes.add((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())

    def _listen(self) -> None:
        assert self._events.stdout is not None
        for line in self._events.stdout:
            event = json.loads(line)
            if event["Action"].startswith("exec_create"):
                self.executed.add(event["Action"])
            elif event["Action"] in ("create", "start"):
                said = subprocess.run(["docker", "inspect", event["id"]], capture_output=True, check=False)
                self.helpers[event["id"]] = said.stdout.decode()

    def stop(self) -> None:
        """End it; fine when it ended before."""
        self._over.set()
        self._events.terminate()
        self._events.wait()
        for thread in self._threads:
            thread.join()
