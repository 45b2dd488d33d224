"""Running programs as a person would from a shell, and keeping what they said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from volops.testing.report.records import Exhibit

PATIENCE_S = 240
_OURS = ("COMPOSE_", "VOLOPS_", "POSTGRES_", "REDIS_", "VOLUME_PREFIX", "PROXY_PORT", "BACKEND_LOGS")


@dataclass(frozen=True, slots=True)
class Run:
    """A command line that ended: its exit code, what it said, and how long it took."""

    line: str
    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def output(self) -> str:
        """All it said, standard output first."""
        return self.stdout + self.stderr

    def exhibit(self) -> Exhibit:
        """The command as evidence."""
        return Exhibit(f"$ {self.line}   → exit {self.code}, {self.seconds:.1f} s", self.output.rstrip())


def environment(**more: str) -> dict[str, str]:
    """That of this process, with the programs of its virtual environment first, and without what would
    send compose or volops to another project."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    kept["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return {**kept, **more}


def shell(
    line: str, directory: Path, env: Mapping[str, str], *, stdin: str = "", around: Sequence[str] = ()
) -> Run:
    """Run a command line as typed into a shell in `directory`; `around` is put before the shell."""
    started = time.monotonic()
    done = subprocess.run(
        [*around, "sh", "-c", line],
        cwd=directory,
        env=dict(env),
        input=stdin.encode(),
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    seconds = time.monotonic() - started
    return Run(line, done.returncode, _text(done.stdout), _text(done.stderr), seconds)


def tell(*argv: str, data: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
    """Run a program that must succeed, and return its standard output. Raises AssertionError."""
    done = subprocess.run(
        argv, input=data, capture_output=True, check=False, timeout=PATIENCE_S, env=env and dict(env)
    )
    said = _text(done.stderr)[-2000:]
    assert done.returncode == 0, f"`{' '.join(argv)}` failed with exit code {done.returncode}:\n{said}"
    return done.stdout


class Background:
    """A command line that goes on while the scenario does, in a process group of its own."""

    def __init__(self, line: str, directory: Path, env: Mapping[str, str]) -> None:
        self.line = line
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            ["sh", "-c", f"exec {line}"],
            cwd=directory,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Process id, which is the group's id too."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """True until it ended."""
        return self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the whole group, as the terminal does for Ctrl-C."""
        os.killpg(self.pid, number)

    def hold(self) -> None:
        """Stop it in the middle of what it does, until `proceed`."""
        self.send(signal.SIGSTOP)

    def proceed(self) -> None:
        """Let it go on; fine when it ended."""
        if self.running:
            self.send(signal.SIGCONT)

    def finish(self) -> Run:
        """Wait for its end."""
        out, err = self._process.communicate(timeout=PATIENCE_S)
        seconds = time.monotonic() - self._started
        return Run(self.line, self._process.returncode, _text(out), _text(err), seconds)

    def close(self) -> None:
        """End it if it still runs."""
        if self.running:
            self.send(signal.SIGCONT)
            self.send(signal.SIGKILL)
            self._process.communicate()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
