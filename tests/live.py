"""What tests of the real engine share: the engine, images, volumes of their own, and waiting."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from volops.docker import DockerEngine, connect
from volops.engine import Engine, HelperSpec
from volops.file_tree import FileTree, PlainFiles
from volops.model import Mount, Service, Stack, Volume
from volops.pipeline import Tally, compress
from volops.source import LiveSource, Surroundings, look_around

HERE = Path(__file__).parent
STAMP = "20251025_143022"
PATIENCE_S = 60
HOLD = ("/bin/sh", "-c", "exec cat >/dev/null")
"""What a helper does until nobody holds it any more."""
_LABEL = "volops.test"


def docker(*argv: str, stdin: bytes = b"", ok: Collection[int] = (0,)) -> bytes:
    """What `docker ARGV…` prints."""
    done = subprocess.run(["docker", *argv], input=stdin, capture_output=True, check=False)
    assert done.returncode in ok, f"docker {argv}: {done.stderr.decode()}"
    return done.stdout


@contextlib.contextmanager
def helper(engine: Engine, spec: HelperSpec) -> Iterator[str]:
    """A helper container, gone after the block."""
    container = engine.start_helper(spec)
    try:
        yield container
    finally:
        engine.remove_container(container)


def eventually(what: str, holds: Callable[[], bool]) -> None:
    """Wait until the condition holds; fail after a minute."""
    until = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until, f"it did not come true that {what}"
        time.sleep(0.02)


def peak_kibibytes() -> int:
    """The most memory this process has held at once. What getrusage says counts its parent's, too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def volume_names() -> set[str]:
    """Names of all volumes of the engine."""
    return set(docker("volume", "ls", "-q").decode().split())


@dataclass(frozen=True)
class LiveVolume:
    """A named volume of the test's own, and a look into it that shares nothing with volops."""

    name: str
    tools: str

    def sh(self, script: str, *arguments: str, stdin: bytes = b"") -> bytes:
        """What a shell script prints that runs as root with the volume at /volume."""
        return self._run("sh", "-c", script, "sh", *arguments, stdin=stdin)

    def python(self, script: Path, *arguments: str) -> bytes:
        """What a Python script prints that runs as root with the volume at /volume."""
        return self._run("python3", "-", *arguments, stdin=script.read_bytes())

    def fill(self) -> None:
        """Put everything into it that a file system may hold."""
        self.python(HERE / "trees" / "fill.py")

    def listing(self) -> dict[str, Any]:
        """Everything the kernel tells of each entry, by path."""
        listed: dict[str, Any] = json.loads(self.python(HERE / "trees" / "listing.py"))
        return listed

    def restore(self, packed: Path) -> None:
        """Unpack an archive as the manual tells a person to, with no volops at hand."""
        flags = "--xattrs --xattrs-include='*' --acls --numeric-owner --warning=no-timestamp"
        script = f"zstd --decompress --stdout | tar --extract --same-permissions {flags} --directory=/volume"
        self.sh(script, stdin=packed.read_bytes())

    def _run(self, *argv: str, stdin: bytes) -> bytes:
        options = ("--rm", "-i", "--log-driver=none", "--network=none", "--cap-add=SYS_ADMIN")
        return docker("run", *options, f"--volume={self.name}:/volume", self.tools, *argv, stdin=stdin)


@dataclass
class Opened:
    """A volume as a run sees it, and what it was warned of."""

    source: LiveSource
    type: FileTree
    warnings: list[str] = field(default_factory=list)

    def archive(self) -> bytes:
        """Its one artifact, in memory."""
        (artifact,) = self.type.dump(self.source)
        return b"".join(artifact.stream)

    def pack(self, target: Path) -> Tally:
        """Its one artifact, compressed into a file; the digest of the plain bytes."""
        tally = Tally()
        (artifact,) = self.type.dump(self.source)
        with target.open("wb") as file:
            file.writelines(compress(tally.passing(artifact.stream)))
        return tally


def surroundings(engine: Engine, image: str | None = None, *services: Service) -> Surroundings:
    """Those of a stack that has at most these services, none running."""
    stack = Stack(f"ft-{uuid.uuid4().hex[:8]}", Path("/nowhere"), (), services, ())
    return look_around(engine, stack, STAMP, image)


@contextlib.contextmanager
def opened(
    around: Surroundings,
    volume: Volume,
    volume_type: FileTree | None = None,
    options: object = None,
    *,
    everything: bool = False,
) -> Iterator[Opened]:
    """A volume, opened as a run opens it."""
    chosen, warnings = volume_type or PlainFiles(), list[str]()
    with LiveSource(
        around, volume, chosen, options, everything=everything, on_warning=warnings.append
    ) as source:
        yield Opened(source, chosen, warnings)


def mounted(
    target: str,
    *,
    name: str = "some-volume",
    image: str = "",
    command: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
    read_only: bool = False,
) -> Volume:
    """A volume that one service mounts at `target`."""
    service = Service("app", image, command=command, environment=environment or {})
    return Volume(name, name, mounts=(Mount(service, target, read_only),))


@pytest.fixture(scope="session")
def engine() -> Iterator[DockerEngine]:
    """The engine of this machine."""
    with contextlib.closing(connect()) as connected:
        yield connected


@pytest.fixture(scope="session")
def image() -> Callable[[str], str]:
    """Builds, once a session, an image that tests/images/Dockerfile describes; gives its name."""
    built: dict[str, str] = {}

    def build(target: str) -> str:
        if target not in built:
            name, dockerfile = f"volops-test-{target}:1", (HERE / "images" / "Dockerfile").read_bytes()
            docker("build", "--quiet", f"--target={target}", f"--tag={name}", "-", stdin=dockerfile)
            built[target] = name
        return built[target]

    return build


@pytest.fixture
def new_volume(image: Callable[[str], str]) -> Iterator[Callable[[], LiveVolume]]:
    """Makes empty volumes, which are gone after the test."""
    made: list[str] = []

    def make() -> LiveVolume:
        name = f"ft-{uuid.uuid4().hex[:12]}"
        docker("volume", "create", f"--label={_LABEL}=1", name)
        made.append(name)
        return LiveVolume(name, image("tools"))

    yield make
    for name in made:
        docker("volume", "rm", "--force", name)


@pytest.fixture
def volume(new_volume: Callable[[], LiveVolume]) -> LiveVolume:
    """An empty volume, which is gone after the test."""
    return new_volume()
