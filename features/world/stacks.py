"""Stacks that scenarios work on: the sample of this repository, and small ones from features/stacks."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from features.world.commands import environment, tell
from features.world.engine import ROOT, docker
from features.world.project import LABEL, Project, new_name
from volops.testing.report.records import Recorder

SAMPLE = "sample"
_IMAGES = tuple(f"volops-sample-{name}" for name in ("postgres", "redis", "backend", "frontend", "proxy"))
_SECRETS = ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "DJANGO_SECRET_KEY")


class Stack:
    """One compose project on the engine. Scenarios see it from directories of their own, so that each has
    its own compose file and its own `backups`, while containers and volumes may be shared. Its images have a
    tag of their own, so that nobody else's are touched when it is built again."""

    def __init__(self, kind: str, home: Path, recorder: Recorder) -> None:
        self.kind = kind
        self.name = new_name(kind)
        self.passwords = {name: secrets.token_hex(16) for name in _SECRETS}
        self._recorder = recorder
        self._logs = home / "backend-logs"
        self._logs.mkdir(parents=True)
        self._logs.chmod(0o777)
        self.project = self.workplace(home)

    def workplace(self, home: Path) -> Project:
        """The project as seen from a fresh directory below `home`."""
        directory = home / "project"
        directory.mkdir(parents=True)
        for source in _files(self.kind):
            if source.is_dir():
                ignored = shutil.ignore_patterns("node_modules", "__pycache__", ".*_cache")
                shutil.copytree(source, directory / source.name, ignore=ignored)
            else:
                shutil.copy2(source, directory)
        named = {"VOLUME_PREFIX": self.name, "PROXY_PORT": "0", "BACKEND_LOGS": str(self._logs)}
        settings = {"COMPOSE_PROJECT_NAME": self.name, "STACK_TAG": self.name, **named, **self.passwords}
        lines = [f"{name}={value}" for name, value in settings.items()]
        (directory / ".env").write_text("\n".join(lines) + "\n")
        project = Project(self.name, directory, self._recorder, self.passwords)
        project.variables.update(named)
        return project

    @property
    def images(self) -> list[str]:
        """Its own names of the sample's images."""
        return [f"{image}:{self.name}" for image in _IMAGES]

    def ensure(self) -> None:
        """Start it unless all of it runs; what an earlier scenario left stopped is started again."""
        states = {(one.state, one.health) for one in self.project.containers if one.state != "created"}
        if not states:
            self._first_start()
        elif not states <= {("running", ""), ("running", "healthy")}:
            self.project.up()

    def _first_start(self) -> None:
        for volume in self.project.config.get("volumes", {}).values():
            if volume.get("external"):
                docker("volume", "create", "--label", f"{LABEL}={self.name}", volume["name"])
        if self.kind == SAMPLE:
            for image, own in zip(_IMAGES, self.images, strict=True):
                docker("tag", f"{image}:1", own)
        self.project.up()
        self.fill()

    def fill(self) -> None:
        """Put in the sample's data that is missing."""
        if self.kind == SAMPLE:
            directory = self.project.directory
            line = f'cd "{directory}" && exec "{directory}/stack/seed.sh" --small'
            tell("sh", "-c", line, env=environment())

    def remove(self) -> None:
        """Take away all that was made on the engine."""
        self.project.remove()
        tagged = docker("images", "--quiet", "--filter", f"reference=*:{self.name}")
        if tagged:
            docker("rmi", "--force", *self.images)


def _files(kind: str) -> list[Path]:
    if kind == SAMPLE:
        return [ROOT / "docker-compose.yml", ROOT / "docker-dev.sh", ROOT / "stack"]
    return [ROOT / "docker-dev.sh", *sorted((ROOT / "features" / "stacks" / kind).iterdir())]
