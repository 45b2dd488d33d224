"""The few things volops needs of a container engine, as a Protocol; `volops.docker` is the real one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from volops.shell import Output

LABEL_HELPER = "volops.helper"
LABEL_RUN = "volops.run"
LABEL_PROJECT = "volops.project"
"""The project for which volops made a volume."""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Which engine answers."""

    name: str
    version: str
    api_version: str
    operating_system: str
    local: bool


@dataclass(frozen=True, slots=True)
class MountInfo:
    """A mount of an existing container.

    `kind` is volume, bind or tmpfs; `source` a volume name or a host path.
    """

    kind: str
    source: str
    target: str
    writable: bool = True


@dataclass(frozen=True, slots=True)
class ContainerInfo:
    """An existing container. `state` is the engine's word (running, paused, exited …); `health` may be empty.
    `checked` is when the last health check that has ended began, `failing` how many failed since one did not.

    `environment` may hold secrets: left out of repr.
    """

    id: str
    name: str
    service: str
    project: str
    image: str
    image_id: str
    state: str
    health: str = ""
    status: str = ""
    one_off: bool = False
    mounts: tuple[MountInfo, ...] = ()
    ports: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    checked: datetime | None = None
    failing: int = 0

    @property
    def running(self) -> bool:
        """True when its processes run (not paused, not restarting)."""
        return self.state == "running"


@dataclass(frozen=True, slots=True)
class VolumeInfo:
    """An existing volume of the engine."""

    name: str
    driver: str
    mountpoint: str
    labels: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NetworkInfo:
    """An existing network. `attached` are the names of the running containers that are on it."""

    id: str
    name: str
    attached: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HelperSpec:
    """A container that volops starts beside the stack for its own work and that nobody misses later.

    `binds` are (source, target, writable): a source that begins with a slash is a host path, any other a
    volume's name, which may be followed by a slash and a directory in it that alone is mounted and must
    exist. `join` is the id of a container whose network it shares; without it there is no network at all.
    It never shares processes: those of a helper that is killed would become children of the container's
    first process, and a postmaster takes the death of a child by SIGKILL for a crash of its own and restarts
    (PostgreSQL, postmaster.c, CleanupBackend). The helper runs as root with no capability but those in
    `capabilities`, its log driver is none, and it is removed by the engine, with its anonymous volumes, when
    `argv` ends.
    """

    image: str
    argv: tuple[str, ...]
    binds: tuple[tuple[str, str, bool], ...] = ()
    join: str = ""
    capabilities: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    run: str = ""


class Exec(Protocol):
    """A program that was started inside a running container."""

    def output(self) -> Iterator[tuple[int, bytes]]:
        """Yield (1, chunk) for standard output and (2, chunk) for standard error until both end."""
        ...

    def write(self, data: bytes) -> bool:
        """Write to its standard input; False when it no longer reads. Only if started with `reading`."""
        ...

    def end_input(self) -> None:
        """Let it see the end of its standard input."""
        ...

    def exit_code(self) -> int | None:
        """Its exit code once it ended; None while it runs or when its container is gone."""
        ...


def collect(program: Exec) -> Output:
    """Read a short program's output to its end; exit code -1 when its container was lost."""
    out, err = bytearray(), bytearray()
    for channel, chunk in program.output():
        (out if channel == 1 else err).extend(chunk)
    code = program.exit_code()
    return Output(-1 if code is None else code, bytes(out), err.decode("utf-8", "replace"))


class Engine(Protocol):
    """What volops asks of an engine. Every method may raise EngineFailed or EngineUnavailable."""

    def info(self) -> EngineInfo:
        """Which engine this is. Raises EngineUnavailable, EngineTooOld."""
        ...

    def containers(self, project: str) -> list[ContainerInfo]:
        """All containers that compose made for a project, running or not, inspected in full; none that has
        only inherited the project's label from an image."""
        ...

    def containers_using(self, volume: str) -> list[ContainerInfo]:
        """All containers, of whatever project, that mount the named volume."""
        ...

    def volumes(self, names: Collection[str]) -> dict[str, VolumeInfo]:
        """Those of the named volumes that exist."""
        ...

    def project_volumes(self, project: str) -> dict[str, VolumeInfo]:
        """All volumes that compose made for a project, by its label."""
        ...

    def volume_sizes(self) -> dict[str, int]:
        """Apparent size in bytes of every volume of the engine that can tell."""
        ...

    def create_volume(self, name: str, labels: Mapping[str, str]) -> None:
        """Create an empty volume of the engine's own driver. Raises EngineFailed when it exists already."""
        ...

    def remove_volume(self, name: str) -> None:
        """Remove a volume with all that is in it; fine when it is gone already. Raises EngineFailed while a
        container mounts it."""
        ...

    def image_id(self, reference: str) -> str | None:
        """The id of a local image, or None. Never pulls."""
        ...

    def image_digests(self, reference: str) -> tuple[str, ...]:
        """The repository digests of a local image; empty for one built here."""
        ...

    def start_helper(self, spec: HelperSpec) -> str:
        """Create and start a helper; return its container id. Never creates a named volume: a bind whose
        source is a volume that does not exist raises EngineFailed."""
        ...

    def remove_container(self, container: str, *, keep_volumes: bool = False) -> None:
        """Kill and remove a container, with its anonymous volumes unless told; fine when it is gone."""
        ...

    def networks(self, project: str) -> list[NetworkInfo]:
        """All networks that compose made for a project, by its label."""
        ...

    def remove_network(self, network: str) -> None:
        """Remove a network by its id; fine when it is gone. Raises EngineFailed when it is in use."""
        ...

    def running(self, container: str) -> bool:
        """True while the container runs; False when it ended or is gone."""
        ...

    def helpers(self) -> list[ContainerInfo]:
        """All helper containers of volops on this engine, whoever started them."""
        ...

    def exec(
        self,
        container: str,
        argv: Sequence[str],
        *,
        user: str = "",
        input: bytes | None = None,
        reading: bool = False,
    ) -> Exec:
        """Start a program in a running container. `input`, if not None, is its whole standard input; with
        `reading` it is what will be written."""
        ...

    def run(
        self,
        container: str,
        argv: Sequence[str],
        *,
        user: str = "",
        input: bytes | None = None,
    ) -> Output:
        """Run a short program in a running container to its end."""
        ...

    def get_archive(self, container: str, path: str) -> Iterator[bytes]:
        """A tar stream of a path in a container, running or not (no xattrs, no ACLs, whole seconds)."""
        ...

    def create_idle(self, image: str, volume: str, target: str) -> str:
        """Create, never start, a labelled container with `volume` read-only at `target`; return its id."""
        ...

    def pause(self, container: str) -> None:
        """Freeze a running container."""
        ...

    def unpause(self, container: str) -> None:
        """Thaw a paused container; fine when it is not paused."""
        ...

    def stop(self, container: str) -> None:
        """Stop a container with its own stop signal and grace period; fine when it is stopped."""
        ...

    def start(self, container: str) -> None:
        """Start a stopped container; fine when it runs."""
        ...
