"""The real engine and the fake one do the same."""

from __future__ import annotations

import contextlib
import io
import subprocess
import tarfile
import uuid
from collections.abc import Iterator, Mapping

import pytest

from tests.live import docker
from volops.docker import connect
from volops.engine import Engine, MountInfo
from volops.testing.engine_conformance import EngineConformance
from volops.testing.fake_engine import FakeEngine


class DockerSite:
    """The engine of this machine, set up with the `docker` command."""

    image = "debian:trixie-slim"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._volumes: list[str] = []
        self._containers: list[str] = []
        self._networks: list[str] = []

    def volume(self, files: Mapping[str, bytes]) -> str:
        name = f"ec-{uuid.uuid4().hex[:12]}"
        docker("volume", "create", name)
        self._volumes.append(name)
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for path, content in files.items():
                member = tarfile.TarInfo(path)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        unpack = ("run", "--rm", "-i", "--network=none", f"--volume={name}:/v", self.image)
        docker(*unpack, "tar", "--extract", "--directory=/v", stdin=buffer.getvalue())
        return name

    def container(
        self, volume: str, target: str, *, project: str, service: str, environment: Mapping[str, str]
    ) -> str:
        words = {"project": project, "service": service, "config-hash": "made-by-hand"}
        labels = {f"com.docker.compose.{key}": value for key, value in words.items()}
        options = [f"--label={key}={value}" for key, value in labels.items()]
        options += [f"--env={key}={value}" for key, value in environment.items()]
        options += ["--init", "--network=none", f"--volume={volume}:{target}"]
        found = docker("run", "--detach", *options, self.image, "sleep", "infinity").decode().strip()
        self._containers.append(found)
        return found

    def network(self, *, project: str) -> str:
        name = f"{project}_default"
        docker("network", "create", f"--label=com.docker.compose.project={project}", name)
        self._networks.append(name)
        return name

    def close(self) -> None:
        mine = ["ps", "--all", "--quiet"]
        for name in self._volumes:
            self._containers += docker(*mine, f"--filter=volume={name}").decode().split()
        subprocess.run(["docker", "rm", "--force", *self._containers], capture_output=True, check=False)
        if self._volumes:
            docker("volume", "rm", "--force", *self._volumes)
        if self._networks:
            subprocess.run(["docker", "network", "rm", *self._networks], capture_output=True, check=False)


class FakeSite:
    """The engine in memory."""

    image = "debian:trixie-slim"

    def __init__(self) -> None:
        self.fake = FakeEngine()
        self.engine: Engine = self.fake
        self.fake.add_image(self.image)

    def volume(self, files: Mapping[str, bytes]) -> str:
        self.fake.add_volume("sample", files)
        return "sample"

    def network(self, *, project: str) -> str:
        self.fake.add_network("sample", project)
        return "sample"

    def container(
        self, volume: str, target: str, *, project: str, service: str, environment: Mapping[str, str]
    ) -> str:
        mount = MountInfo("volume", volume, target)
        return self.fake.add_container(
            f"{project}-{service}-1",
            self.image,
            (mount,),
            project=project,
            service=service,
            environment=environment,
        )


class TestDockerEngine(EngineConformance):
    @pytest.fixture
    def site(self) -> Iterator[DockerSite]:
        with contextlib.closing(connect()) as engine, contextlib.closing(DockerSite(engine)) as site:
            yield site


class TestFakeEngine(EngineConformance):
    @pytest.fixture
    def site(self) -> FakeSite:
        return FakeSite()
