"""A compose project that belongs to the features alone, worked on from a private directory."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from features.world import engine
from features.world.commands import Background, Run, environment, shell, tell
from features.world.engine import Container, docker
from volops.testing.report.records import Exhibit, Recorder

PREFIX_VARIABLE = "FEATURES_PREFIX"
LABEL = "volops.features"
_LOG_LINES = 60


def new_name(what: str) -> str:
    """A project name that no other run on this engine has. FEATURES_PREFIX tells one run from another."""
    return f"{os.environ.get(PREFIX_VARIABLE, 'feat')}-{secrets.token_hex(4)}-{what}"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What there is of a project on the engine, by id and by name, with what must not change."""

    containers: dict[str, tuple[str, ...]]
    volumes: dict[str, str]


class Project:
    """A compose project as a person in `directory` sees it.

    `variables` are in the environment of every command, `around` before it, and `cwd` is where it runs;
    scenarios change them. `passwords` are the secrets of its services, by their names in its `.env`.
    `recorder` gets what commands say, as evidence.
    """

    def __init__(
        self, name: str, directory: Path, recorder: Recorder, passwords: dict[str, str] | None = None
    ) -> None:
        self.name = name
        self.directory = self.cwd = directory
        self.passwords = passwords or {}
        self.variables: dict[str, str] = {}
        self.around: tuple[str, ...] = ()
        self.before = Snapshot({}, {})
        self.recorder = recorder
        self._jobs: list[Background] = []
        self.scratch = directory.parent / "tmp"
        self.scratch.mkdir(exist_ok=True)

    @property
    def backups(self) -> Path:
        """Where volops keeps backups unless told otherwise."""
        return self.directory / "backups"

    @property
    def environment(self) -> dict[str, str]:
        """That of every command of a scenario."""
        return environment(**{"TMPDIR": str(self.scratch), **self.variables})

    def run(self, line: str, stdin: str = "") -> Run:
        """Run a command line as a person would here, and keep it as evidence."""
        self.look_around()
        run = shell(line, self.cwd, self.environment, stdin=stdin, around=self.around)
        self.recorder.show(run.exhibit())
        return run

    def start(self, line: str) -> Background:
        """Run a command line beside the scenario."""
        self.look_around()
        job = Background(line, self.cwd, self.environment)
        self._jobs.append(job)
        return job

    def look_around(self) -> None:
        """Keep how everything is before the first command of a scenario."""
        if not self.before.containers:
            self.before = self.snapshot()

    def snapshot(self) -> Snapshot:
        """How everything is now."""
        found = self.containers
        containers: dict[str, tuple[str, ...]] = {
            one.id: (one.service, one.name, one.state, one.health, one.started) for one in found
        }
        return Snapshot(containers, engine.created(self._volumes_with(found)))

    def end_jobs(self) -> None:
        """End what `start` began and still goes on."""
        while self._jobs:
            self._jobs.pop().close()

    def compose(self, *argv: str) -> bytes:
        """A `docker compose` command that must succeed."""
        where = ("--project-directory", str(self.directory))
        return tell("docker", "compose", *where, "--progress", "plain", *argv, env=environment())

    @cached_property
    def config(self) -> dict[str, Any]:
        """The project as compose resolves it, with every profile."""
        resolved: dict[str, Any] = json.loads(self.compose("--profile", "*", "config", "--format", "json"))
        return resolved

    def volume(self, key: str) -> str:
        """What the engine calls the volume that the compose file calls `key`."""
        return str(self.config["volumes"][key]["name"])

    @property
    def containers(self) -> list[Container]:
        """All containers of the project. An image that compose built labels whatever is made of it; only
        what compose itself made has a hash of its configuration."""
        project = f"label=com.docker.compose.project={self.name}"
        return engine.containers(project, "label=com.docker.compose.config-hash")

    def container(self, service: str) -> Container:
        """The container of a service."""
        found = [one for one in self.containers if one.service == service]
        assert found, f"{self.name} has no container of {service}"
        return found[0]

    def exec(self, service: str, *argv: str, data: bytes = b"") -> bytes:
        """Run a program in the container of a service; it must succeed."""
        return docker("exec", "-i", self.container(service).id, *argv, data=data)

    @property
    def volumes(self) -> set[str]:
        """The volumes of the project that exist, with those that bear its name only."""
        return self._volumes_with(self.containers)

    def _volumes_with(self, containers: list[Container]) -> set[str]:
        mounts = [mount for container in containers for mount in container.inspected["Mounts"]]
        anonymous = {mount["Name"] for mount in mounts if mount.get("Name")}
        return anonymous | {
            name
            for name, labels in engine.volumes().items()
            if self.name in name or f"com.docker.compose.project={self.name}" in labels.split(",")
        }

    @property
    def helpers(self) -> list[Container]:
        """Helper containers of volops that work on this project; others' are none of our business."""
        helpers = engine.containers(f"label={engine.HELPERS}")
        if not helpers:
            return []
        containers = self.containers
        own, ids = self._volumes_with(containers), {container.id for container in containers}
        binds = str(self.directory.parent)
        return [
            helper
            for helper in helpers
            if helper.joined in ids
            or any(source in own or source.startswith(binds) for source in helper.sources)
        ]

    def service_logs(self) -> Sequence[Exhibit]:
        """The last lines that each service printed, for a failure."""
        return [
            Exhibit(f"logs of {one.service}", engine.logs(one.id, _LOG_LINES), wanted=False)
            for one in self.containers
        ]

    def up(self, *options: str) -> None:
        """Start it and wait until it is healthy."""
        self.compose("up", "--detach", "--wait", *options)

    def remove(self) -> None:
        """Take away every container, network and volume of the project, in whatever state it is."""
        self.end_jobs()
        labels = (f"label=com.docker.compose.project={self.name}", f"label={LABEL}={self.name}")
        helpers = [helper.id for helper in self.helpers]
        own = [container.id for label in labels for container in engine.containers(label)]
        volumes = self.volumes
        if own or helpers:
            docker("rm", "--force", "--volumes", *own, *helpers)
        networks = docker("network", "ls", "--quiet", "--filter", labels[0]).decode().split()
        if networks:
            docker("network", "rm", *networks)
        present = volumes & engine.volumes().keys()
        if present:
            docker("volume", "rm", "--force", *present)
        built = docker(
            "images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={self.name}-*"
        )
        if built:
            docker("rmi", "--force", *built.decode().split())
