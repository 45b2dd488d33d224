"""What cron gives to the commands it runs: a bare environment, no terminal, and somebody else's directory."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from features.world.commands import Run, shell
from features.world.private_mounts import instead_of
from features.world.project import Project

OLD = "full_backup_20251025_143022.tar.gz"
_PATH = "/usr/bin:/bin"
"""See crontab(5)."""


def install(project: Project) -> None:
    """Have volops where `make setup` puts it, since cron's PATH names no virtual environment."""
    program = shutil.which("volops", path=project.environment["PATH"])
    assert program
    place = project.directory / ".venv" / "bin"
    place.mkdir(parents=True)
    (place / "volops").symlink_to(program)
    _logs(project).mkdir()


def age_a_backup(project: Project, days: int) -> None:
    """Leave an archive that was made so many days ago."""
    project.backups.mkdir(mode=0o700, exist_ok=True)
    path = project.backups / OLD
    path.write_bytes(b"as good as any: nobody reads it")
    then = time.time() - days * 86_400
    os.utime(path, (then, then))


def run(command: str, project: Project) -> Run:
    """Run a command as cron does; what it writes below /var/log comes to a directory of the scenario."""
    docker = shutil.which("docker")
    assert docker
    given = {"HOME": str(project.scratch), "PATH": f"{_PATH}:{Path(docker).parent}", "SHELL": "/bin/sh"}
    # Where the tree under test lies, when it is not the one that is installed.
    given |= {name: os.environ[name] for name in ("PYTHONPATH", "DOCKER_HOST") if name in os.environ}
    return shell(command, project.scratch, given, around=instead_of(Path("/var/log"), _logs(project)))


def log_of(project: Project) -> str:
    """What was written to /var/log/backup.log."""
    return (_logs(project) / "backup.log").read_text("utf-8")


def _logs(project: Project) -> Path:
    return project.directory.parent / "var-log"
