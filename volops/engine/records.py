"""What an engine tells of what it has, and what it is told to start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

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
