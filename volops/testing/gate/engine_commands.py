"""What the gate asks of the engine's command line, as a person would."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential

from volops.errors import EngineFailed

GRACE_S = 30.0
"""How long a program that was asked to stop may take."""

patiently = retry(
    retry=retry_if_exception_type(EngineFailed),
    stop=stop_after_attempt(5),
    wait=wait_exponential(multiplier=0.2, max=4),
    reraise=True,
)
"""For what may well succeed a moment later: something that was listed is gone when it is looked at, or
something is still in use."""


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
    typed: str | None = None,
) -> Said:
    """Run a program to its end in a session of its own, so that Ctrl-C reaches it through us alone: it is
    asked to stop, and waited for, before the interrupt goes on. Nothing that it started outlives it then.
    With `typed` its input is a terminal, and somebody types that line there."""
    started = time.monotonic()
    with _terminal(typed) as its_input:
        process = subprocess.Popen(
            list(argv),
            cwd=directory,
            env=environment and dict(environment),
            stdin=its_input,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        return _ended(process, shown, started)


@contextlib.contextmanager
def _terminal(typed: str | None) -> Iterator[int]:
    """The input of a program: a terminal on which a line waits to be read, or nothing."""
    if typed is None:
        yield subprocess.DEVNULL
        return
    # A module of POSIX alone, as is the terminal.
    import pty

    ours, its = pty.openpty()
    try:
        os.write(ours, f"{typed}\n".encode())
        yield its
    finally:
        os.close(its)
        os.close(ours)


def _ended(process: subprocess.Popen[bytes], shown: str, started: float) -> Said:
    try:
        out, err = process.communicate()
    except BaseException:
        with undisturbed():
            _end(process)
        raise
    seconds = time.monotonic() - started
    return Said(shown, process.returncode, _text(out), _text(err), seconds)


def docker(*argv: str) -> str:
    """What `docker ARGV…` prints. Raises EngineFailed when it fails, which is not finding nothing."""
    doing = f"`docker {' '.join(argv[:2])}`"
    try:
        done = subprocess.run(
            ["docker", *argv],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            start_new_session=True,
            check=False,
        )
    except OSError as error:
        raise EngineFailed(f"{doing} cannot be run: {error}") from error
    if done.returncode != 0:
        said = _text(done.stderr).strip().splitlines() or [f"exit code {done.returncode}"]
        raise EngineFailed(f"{doing} failed: {said[-1]}")
    return _text(done.stdout).strip()


def listed(*argv: str) -> list[str]:
    """The words that `docker ARGV…` prints. Raises EngineFailed."""
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
    """Ask it to stop, as Ctrl-C would, and kill what is left of its session: `docker compose` is a program
    that `docker` starts, and would go on making containers."""
    process.send_signal(signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=GRACE_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
