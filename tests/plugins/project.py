"""A compose project of real database servers, and what tests do with them."""

from __future__ import annotations

import contextlib
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from volops.compose import ComposeOptions, load_stack
from volops.docker import DockerEngine, connect
from volops.model import Artifact, Stack
from volops.source import LiveSource, look_around
from volops.volume_type import VolumeType

STAMP = "20251025_143022"
PATIENCE_S = 60


def docker(*argv: str, input: bytes = b"", check: bool = True) -> str:
    """What `docker ARGV…` prints."""
    done = subprocess.run(["docker", *argv], input=input, capture_output=True, check=False)
    if check and done.returncode:
        raise AssertionError(f"docker {argv}: {done.stderr.decode()}")
    return done.stdout.decode().rstrip("\n")


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until the condition holds; fail after a minute."""
    until = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until, f"{holds} did not come true"
        time.sleep(0.05)


@dataclass(frozen=True)
class Dumped:
    """A volume as a run would have stored it: artifacts by name."""

    artifacts: dict[str, bytes]
    facts: Mapping[str, Any]
    warnings: list[str]

    def only(self, stem: str) -> bytes:
        """The one artifact whose name begins so and has no part after the stamp."""
        return next(data for name, data in self.artifacts.items() if name.startswith(f"{stem}_{STAMP}."))


@dataclass(frozen=True)
class Project:
    """A compose project in a directory of its own; volumes and containers bear its name."""

    directory: Path
    name: str = field(default_factory=lambda: f"dbt-{uuid.uuid4().hex[:8]}")
    _containers: dict[str, str] = field(default_factory=dict, compare=False)
    _stacks: list[Stack] = field(default_factory=list, compare=False)

    @property
    def _file(self) -> Path:
        return self.directory / "compose.yaml"

    def compose(self, *argv: str, input: bytes = b"", check: bool = True) -> str:
        """What `docker compose ARGV…` prints in this project."""
        return docker("compose", "-f", str(self._file), "-p", self.name, *argv, input=input, check=check)

    def up(self, *services: str) -> None:
        """Start services and wait until they are healthy."""
        self.compose("up", "--detach", "--wait", "--quiet-pull", *services)

    def container(self, service: str) -> str:
        """The id of the service's container."""
        return self.compose("ps", "--all", "--quiet", service)

    def adopting(self, container: str) -> Project:
        """The same project, which takes another container for a service of that name."""
        return replace(self, _containers={**self._containers, container: container})

    def exec(self, service: str, *options: str, then: list[str], input: str = "", check: bool = True) -> str:
        """What a program prints in the service's container."""
        if service not in self._containers:
            self._containers[service] = self.container(service)
        argv = ["exec", "-i", *options, self._containers[service], *then]
        return docker(*argv, input=input.encode(), check=check)

    def sh(self, service: str, script: str, *, check: bool = True) -> str:
        """What a shell script prints in the service's container, as root."""
        return self.exec(service, "-u", "0", then=["sh", "-c", script], check=check)

    def helpers(self) -> list[str]:
        """Ids of helper containers that share a container of this project."""
        mine = {f"container:{container}" for container in self.compose("ps", "-aq").split()}
        found = docker("ps", "-q", "--no-trunc", "--filter", "label=volops.helper").split()
        # Those of other runs come and go meanwhile.
        network = ("inspect", "-f", "{{.HostConfig.NetworkMode}}")
        return [one for one in found if docker(*network, one, check=False) in mine]

    @contextlib.contextmanager
    def source(
        self,
        key: str,
        volume_type: VolumeType,
        options: object = None,
        warnings: list[str] | None = None,
    ) -> Iterator[LiveSource]:
        """The volume as its type sees it in a run."""
        if not self._stacks:
            self._stacks.append(load_stack(ComposeOptions(files=(str(self._file),), project=self.name)))
        (stack,) = self._stacks
        volume = next(volume for volume in stack.volumes if volume.key == key)
        engine: DockerEngine = connect()
        heard = warnings if warnings is not None else []
        chosen = options or volume_type.Options()
        around = look_around(engine, stack, STAMP)
        with (
            contextlib.closing(engine),
            LiveSource(around, volume, volume_type, chosen, on_warning=heard.append) as source,
        ):
            yield source

    def dump(self, key: str, volume_type: VolumeType, options: object = None) -> Dumped:
        """Dump the volume as a run would, into memory."""
        warnings: list[str] = []
        with self.source(key, volume_type, options, warnings) as source:
            artifacts = {artifact.name: b"".join(artifact.stream) for artifact in volume_type.dump(source)}
            facts = volume_type.facts(source)
        return Dumped(artifacts, facts, warnings)


def verify(volume_type: VolumeType, name: str, media_type: str, data: bytes, chunk: int = 65536) -> None:
    """Have the type verify these bytes, given in chunks."""
    chunks = (data[start : start + chunk] for start in range(0, len(data), chunk))
    volume_type.verify(Artifact(name, media_type, chunks))
