"""The compose projects that are backed up and looked at, and the data in them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.rounds import CommandFailed, failure

ROOT = Path(__file__).resolve().parent.parent
VOLOPS = str(Path(sys.executable).parent / "volops")
_MARK = ".complete"


class Project:
    """A compose project of the benchmark's own, and the environment in which it is the current one."""

    def __init__(self, name: str, file: Path, **environment: str) -> None:
        self.name = name
        self.environment = {
            **os.environ,
            "COMPOSE_PROJECT_NAME": name,
            "COMPOSE_FILE": str(file),
            **environment,
        }

    def run(self, *argv: str) -> str:
        """Run a program to its end; return what it printed. Raises CommandFailed."""
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=ROOT,
            check=False,
        )
        if done.returncode != 0:
            raise CommandFailed(failure(argv, done.returncode, done.stderr or done.stdout))
        return done.stdout

    def sh(self, script: str) -> str:
        """Run a shell script on this machine."""
        return self.run("sh", "-ec", script)

    def compose(self, *argv: str) -> str:
        """Run `docker compose` on the project."""
        return self.run("docker", "compose", *argv)

    def remove(self) -> None:
        """Containers, networks and volumes."""
        self.compose("--profile", "*", "down", "--volumes", "--timeout", "2")


class Volumes(Project):
    """The project whose volumes are backed up: benchmarks/compose.yaml."""

    def __init__(self, space: Path) -> None:
        super().__init__(
            "bench-volumes",
            ROOT / "benchmarks" / "compose.yaml",
            BENCH_SPACE=str(space),
            VOLOPS_BACKUPS=str(space / "volops"),
        )

    def sh(self, script: str) -> str:
        """Run a shell script in the container of tools."""
        return self.compose("exec", "-T", "tools", "sh", "-ec", script)

    def start(self) -> None:
        """Build what is missing and start the services."""
        self.compose("build", "--quiet", "db", "tools")
        self.compose("up", "--detach", "--wait")

    def fill(self, key: str) -> None:
        """Make the data of one volume, unless it is there already."""
        if key == "database":
            self._fill_database()
            return
        if self.sh(f"[ -e /volumes/{key}/{_MARK} ] && echo yes || true"):
            return
        self.sh(f"find /volumes/{key} -mindepth 1 -delete")
        if key == "modules":
            self.compose("build", "--quiet", "modules")
            self.compose("run", "--rm", "modules")
        else:
            self.sh(f"python3 -m tools.{key} /volumes/{key}")
        self.sh(f"touch /volumes/{key}/{_MARK}")

    def _fill_database(self) -> None:
        psql = "psql --quiet --host db --username postgres"
        done = f"{psql} --tuples-only --command \"SELECT to_regclass('bench_complete')\" shop"
        if self.sh(done).strip():
            return
        self.sh(f"{psql} --command 'DROP DATABASE shop' --command 'CREATE DATABASE shop'")
        self.sh(f"python3 -m tools.database | {psql} --file - shop")

    def container(self, service: str) -> str:
        """The id of a service's container."""
        return self.compose("ps", "--quiet", service).strip()

    def empty_space(self) -> None:
        """Remove every backup; root in the container made some of them."""
        self.sh("find /backup -mindepth 1 -delete")


class Sample(Project):
    """A copy of the sample stack, filled with its data."""

    def __init__(self, space: Path) -> None:
        self._logs = space / "backend-logs"
        super().__init__(
            "bench-sample",
            ROOT / "docker-compose.yml",
            VOLUME_PREFIX="bench-sample",
            PROXY_PORT="0",
            BACKEND_LOGS=str(self._logs),
            VOLOPS_BACKUPS=str(space / "sample-backups"),
        )

    def start(self) -> None:
        """Build the images, start the services, fill them."""
        self._logs.mkdir(exist_ok=True)
        self.run("scripts/build-images")
        self.compose("up", "--detach", "--wait")
        self.run("stack/seed.sh")


@contextlib.contextmanager
def space_for_backups(directory: str, *, keep: bool) -> Iterator[Path]:
    """An empty directory below `directory`, always of the same name: a stack that is kept has it mounted."""
    space = Path(directory) / "bench-space"
    space.mkdir(exist_ok=True)
    try:
        yield space
    finally:
        if not keep:
            shutil.rmtree(space, ignore_errors=True)


def versions(project: Volumes) -> Sequence[str]:
    """What took part, with versions."""
    tools = project.sh(
        "tar --version | head -n 1; gzip --version | head -n 1; restic version; borg --version"
    )
    return [
        project.run(VOLOPS, "--version").strip(),
        "Docker Engine " + project.run("docker", "version", "--format", "{{.Server.Version}}").strip(),
        *tools.splitlines(),
    ]
