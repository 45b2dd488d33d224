"""What the gate asks of the engine's command line, as a person would."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_GRACE_S = 30.0


@dataclass(frozen=True, slots=True)
class Said:
    """A command that ended: what it was, its exit code, what it said, and for how many seconds it ran."""

    line: str
    code: int = 0
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0

    @property
    def output(self) -> str:
        """All it said, standard output first."""
        return self.stdout + self.stderr


def run(
    argv: Sequence[str],
    *,
    shown: str,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Said:
    """Run a program to its end in a session of its own, so that Ctrl-C reaches it through us alone: it is
    asked to stop, and waited for, before the interrupt goes on."""
    started = time.monotonic()
    process = subprocess.Popen(
        list(argv),
        cwd=directory,
        env=environment and dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, err = process.communicate()
    except BaseException:
        with undisturbed():
            _end(process)
        raise
    seconds = time.monotonic() - started
    return Said(shown, process.returncode, _text(out), _text(err), seconds)


def docker(*argv: str) -> str:
    """What `docker ARGV…` prints; nothing when it fails."""
    done = subprocess.run(
        ["docker", *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        check=False,
    )
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""


def listed(*argv: str) -> list[str]:
    """The words that `docker ARGV…` prints."""
    return docker(*argv).split()


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Signals to stop wait until this is over; what they would interrupt is the clearing away."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    try:
        before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    except ValueError:
        # Only the main thread may; in another one no signal arrives either (Python's `signal`).
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
