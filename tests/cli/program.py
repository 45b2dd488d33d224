"""The installed program as a process, with and without a terminal, and a compose file for it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from struct import pack
from termios import TIOCSWINSZ

PROGRAM = str(Path(sys.executable).parent / "volops")
IMAGE = "debian:trixie-slim"
COMPOSE = f"""
x-service: &service {{image: '{IMAGE}', init: true, stop_grace_period: 1s}}
services:
  web:
    <<: *service
    command: sleep infinity
    environment: {{SECRET: open-sesame}}
    volumes: ['uploads:/srv/uploads', './logs:/srv/logs', /scratch]
    ports: ['127.0.0.1:0:80']
    healthcheck: {{test: [CMD, test, -d, /srv], interval: 10s, start_period: 60s, start_interval: 200ms}}
  job: {{<<: *service, command: echo done}}
  extra: {{<<: *service, command: sleep infinity, profiles: [extra], volumes: ['spare:/spare']}}
volumes: {{uploads: , spare: }}
x-volops:
  volumes:
    uploads: {{type: files}}
    spare: {{type: files}}
    web:/scratch: {{type: files}}
    ./logs: {{type: files}}
"""
FAILING = (
    "x-volops: {volumes: {uploads: {type: nonesuch}, spare: {type: files}, 'web:/scratch': {type: files}}}"
)
"""Settings under which one volume of the project cannot be backed up. They replace the others: compose does
not merge what it does not know."""


def environment(**more: str) -> dict[str, str]:
    """This process's, without what would change how a project is found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COMPOSE_", "VOLOPS_"))}
    return kept | more


@dataclass(frozen=True)
class Done:
    """How a run of the program ended."""

    code: int
    out: str
    err: str

    @property
    def error_line(self) -> str:
        """The one line of standard error; fails when there are more."""
        (line,) = self.err.splitlines()
        return line


def run(*arguments: str, cwd: Path, given: str = "", program: str = PROGRAM, **more: str) -> Done:
    """Run the program without a terminal."""
    done = subprocess.run(
        [program, *arguments], cwd=cwd, env=environment(**more), input=given, capture_output=True, text=True
    )
    return Done(done.returncode, done.stdout, done.stderr)


def run_on_terminal(*arguments: str, cwd: Path, columns: int = 100, typed: str = "") -> Done:
    """Run the program on a terminal of that width, which is also its standard error; `typed` is waiting
    there to be read."""
    ours, its = pty.openpty()
    ioctl(its, TIOCSWINSZ, pack("HHHH", 40, columns, 0, 0))
    env = environment(TERM="xterm-256color")
    with subprocess.Popen(
        [PROGRAM, *arguments], cwd=cwd, env=env, stdin=its, stdout=its, stderr=its, start_new_session=True
    ) as process:
        os.close(its)
        os.write(ours, typed.encode())
        shown = b"".join(_until_closed(ours))
        code = process.wait()
    os.close(ours)
    return Done(code, shown.decode().replace("\r\n", "\n"), "")


def _until_closed(terminal: int) -> Iterator[bytes]:
    """Reading a terminal whose other side is closed is an error on Linux."""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            return
        if not chunk:
            return
        yield chunk


def in_web(project: Path, script: str) -> str:
    """What a script prints in the running service."""
    argv = ["docker", "compose", "exec", "-T", "web", "sh", "-c", script]
    return subprocess.run(argv, cwd=project, capture_output=True, text=True, check=True).stdout.strip()
