"""A container engine of our own, in a container of the machine's: one that may be stopped and started."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from features.world.commands import environment, tell
from features.world.engine import ROOT, docker
from features.world.project import LABEL
from features.world.waiting import wait_for

INNER_PORT = 8080
"""Of the machine that the private engine thinks it is on."""
_IMAGE = "volops-features-engine:1"
_PATIENCE_S = 120


@dataclass(frozen=True, slots=True)
class PrivateEngine:
    """Its socket's address, the container that it runs in, where of our machine INNER_PORT is, and the
    environment in which `docker` means the machine's engine."""

    host: str
    container: str
    port: str
    outside: Mapping[str, str] = field(repr=False)

    def load(self, images: Sequence[str]) -> None:
        """Give it images of the machine's engine."""
        with subprocess.Popen(
            ["docker", "save", *images], stdout=subprocess.PIPE, env=environment()
        ) as saved:
            loading = ["docker", "--host", self.host, "load", "--quiet"]
            done = subprocess.run(loading, stdin=saved.stdout, capture_output=True, check=False)
        assert (saved.returncode, done.returncode) == (0, 0), done.stderr.decode("utf-8", "replace")

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """What is asked of the engine meanwhile is asked of this one."""
        before = os.environ.get("DOCKER_HOST")
        os.environ["DOCKER_HOST"] = self.host
        try:
            yield
        finally:
            del os.environ["DOCKER_HOST"]
            if before is not None:
                os.environ["DOCKER_HOST"] = before

    def restart(self) -> None:
        """Stop it as a machine that shuts down does, and start it again."""
        tell("docker", "restart", "--time", str(_PATIENCE_S), self.container, env=self.outside)
        self.wait()

    def wait(self) -> None:
        """Return when it answers."""
        argv = ["docker", "--host", self.host, "version"]
        wait_for(
            lambda: subprocess.run(argv, capture_output=True, check=False).returncode == 0,
            "the private engine",
            seconds=_PATIENCE_S,
        )


@contextmanager
def private_engine(owner: str) -> Iterator[PrivateEngine]:
    """Start one, labelled as made for `owner`; it is gone after the block, with all that it holds."""
    docker("build", "--quiet", "--tag", _IMAGE, str(ROOT / "features" / "images" / "engine"))
    # In a directory with a short name: the address of a socket has 107 bytes at most.
    place = Path(tempfile.mkdtemp(prefix="engine-"))
    options = ["--detach", "--privileged", "--label", f"{LABEL}={owner}", "--tmpfs", "/run"]
    options += ["--volume", f"{place}:/engine", "--publish", f"127.0.0.1::{INNER_PORT}"]
    container = docker("run", *options, _IMAGE).decode().strip()
    try:
        published = docker("port", container, str(INNER_PORT)).decode()
        port = published.strip().rpartition(":")[2]
        engine = PrivateEngine(f"unix://{place}/docker.sock", container, port, environment())
        engine.wait()
        yield engine
    finally:
        docker("rm", "--force", "--volumes", container)
        shutil.rmtree(place)
