"""What the engine itself says, by its own command line: the witness for everything volops claims."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from features.world.commands import environment, tell

ROOT = Path(__file__).parents[2]
HELPERS = "volops.helper"
IMAGES = (
    "volops-sample-postgres:1",
    "volops-sample-postgres:1-bookworm",
    "volops-sample-redis:1",
    "volops-sample-redis:1-bookworm",
    "volops-sample-backend:1",
    "volops-sample-frontend:1",
    "volops-sample-proxy:1",
)


@dataclass(frozen=True, slots=True)
class Container:
    """A container as the engine describes it."""

    id: str
    name: str
    state: str
    health: str
    started: str
    labels: dict[str, str]
    inspected: dict[str, Any]

    @property
    def service(self) -> str:
        """Its compose service."""
        return self.labels.get("com.docker.compose.service", "")

    @property
    def sources(self) -> set[str]:
        """Volume names and host paths that it mounts."""
        return {mount.get("Name") or mount["Source"] for mount in self.inspected["Mounts"]}

    @property
    def joined(self) -> str:
        """The id of the container whose network it shares, or nothing."""
        mode = str(self.inspected["HostConfig"]["NetworkMode"])
        return mode.removeprefix("container:") if mode.startswith("container:") else ""


def docker(*argv: str, data: bytes = b"", secrets: Mapping[str, str] | None = None) -> bytes:
    """Run a `docker` command that must succeed. `secrets` go into its environment, never into `argv`."""
    return tell("docker", *argv, data=data, env=environment(**(secrets or {})))


def image_exists(name: str) -> bool:
    """Whether the engine has an image of that name."""
    said = subprocess.run(["docker", "image", "inspect", name], capture_output=True, check=False)
    return said.returncode == 0


def processes(container: str) -> str:
    """The processes of a container, nothing when it has ended."""
    said = subprocess.run(["docker", "top", container], capture_output=True, check=False)
    return said.stdout.decode("utf-8", "replace")


def containers(*filters: str) -> list[Container]:
    """All containers, running or not, that match the filters of `docker ps`."""
    options = [option for each in filters for option in ("--filter", each)]
    ids = docker("ps", "--all", "--quiet", "--no-trunc", *options).decode().split()
    return inspect(ids)


def inspect(ids: Sequence[str]) -> list[Container]:
    """Those of the containers that are still there."""
    if not ids:
        return []
    said = subprocess.run(["docker", "inspect", *ids], capture_output=True, check=False)
    return [_container(record) for record in json.loads(said.stdout or b"[]")]


def _container(record: dict[str, Any]) -> Container:
    state = record["State"]
    return Container(
        id=record["Id"],
        name=record["Name"].lstrip("/"),
        state=state["Status"],
        health=(state.get("Health") or {}).get("Status", ""),
        started=state["StartedAt"],
        labels=record["Config"].get("Labels") or {},
        inspected=record,
    )


def logs(container: str, lines: int) -> str:
    """The last lines that a container printed, or why they cannot be had."""
    argv = ["docker", "logs", "--timestamps", "--tail", str(lines), container]
    said = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return said.stdout.decode("utf-8", "replace")


def volumes() -> dict[str, str]:
    """All volumes of the engine by name, each with its labels as `docker volume ls` prints them."""
    lines = docker("volume", "ls", "--format", "{{.Name}}\t{{.Labels}}").decode().splitlines()
    return dict(line.split("\t", 1) for line in lines)


def now() -> str:
    """The time of the engine's machine, as `docker events` takes it."""
    return docker("info", "--format", "{{.SystemTime}}").decode().strip()


def created(names: Collection[str]) -> dict[str, str]:
    """When each of the volumes was made, for those that exist."""
    if not names:
        return {}
    said = subprocess.run(["docker", "volume", "inspect", *names], capture_output=True, check=False)
    records = json.loads(said.stdout or b"[]")
    return {record["Name"]: record["CreatedAt"] for record in records}


def require() -> None:
    """End the run with a message unless an engine and compose answer; build images that are missing."""
    if shutil.which("docker") is None:
        pytest.exit("The features need the `docker` command. `make setup` installs it.", returncode=1)
    said = subprocess.run(["docker", "version"], capture_output=True, text=True, check=False)
    if said.returncode != 0:
        where = os.environ.get("DOCKER_HOST", "the default address")
        reason = said.stderr.strip().splitlines()[-1:] or ["it says nothing"]
        pytest.exit(
            f"The features need a container engine, and none answers at {where}: {reason[0]}\n"
            "`make setup` installs or starts one.",
            returncode=1,
        )
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode:
        pytest.exit("The features need docker compose v2. `make setup` installs it.", returncode=1)
    present = subprocess.run(["docker", "image", "inspect", *IMAGES], capture_output=True, check=False)
    if present.returncode != 0:
        built = subprocess.run([ROOT / "scripts" / "build-images", "--with-versions"], check=False)
        if built.returncode != 0:
            pytest.exit("The images of the sample stack cannot be built: see above.", returncode=1)
