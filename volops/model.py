"""What volops talks about: stacks, services, volumes, artifacts. No I/O, only look-ups."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MANIFEST_FILE = "manifest.json"
"""The file that makes a group of files in a store a backup."""


class Criticality(enum.StrEnum):
    """How much it hurts to lose a volume; the column "Critical" of the inventory."""

    CRITICAL = "critical"
    IMPORTANT = "important"
    REGENERABLE = "regenerable"
    OPTIONAL = "optional"


class Quiesce(enum.StrEnum):
    """What the core does to the containers that use a volume while it is dumped, and always undoes."""

    NONE = "none"
    PAUSE = "pause"
    STOP = "stop"


class VolumeKind(enum.StrEnum):
    """Where the bytes of a volume live."""

    NAMED = "named"
    BIND = "bind"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Service:
    """One service of the compose file, as `docker compose config` resolves it. Of the services in
    `depends_on` those in `jobs` have to end well before it starts, and those in `healthy` to be healthy; the
    others have to run.

    `environment` and `command` (with the entrypoint before it) may hold secrets: they are left out of repr;
    never log or store them.
    """

    name: str
    image: str
    active: bool = True
    profiles: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    healthy: tuple[str, ...] = ()
    command: tuple[str, ...] = field(default=(), repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Mount:
    """Where one service sees a volume. `target` is the path inside its container. With `nocopy` a new volume
    does not begin with what the image has there."""

    service: Service
    target: str
    read_only: bool = False
    subpath: str = ""
    nocopy: bool = False


@dataclass(frozen=True, slots=True)
class Volume:
    """A named volume of the stack, or a bind mount of a service.

    `key` is the name the compose file uses (for a bind mount: the host path); `name` is what the
    engine calls it (for a bind mount: the host path again). `declared` is False for one that only a container
    tells of: no entry of the compose file covers it.
    """

    key: str
    name: str
    kind: VolumeKind = VolumeKind.NAMED
    external: bool = False
    driver: str = "local"
    driver_options: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    declared: bool = True

    @property
    def active(self) -> bool:
        """True when a service of an active profile uses it, or no service at all."""
        return not self.mounts or any(mount.service.active for mount in self.mounts)

    @property
    def services(self) -> tuple[str, ...]:
        """Names of the services that mount it, in the order of the compose file, each once."""
        return tuple(dict.fromkeys(mount.service.name for mount in self.mounts))

    @property
    def targets(self) -> tuple[str, ...]:
        """Paths at which services mount it, each once."""
        return tuple(dict.fromkeys(mount.target.rstrip("/") or "/" for mount in self.mounts))


@dataclass(frozen=True, slots=True)
class Stack:
    """A compose project: what its files say, independent of what runs.

    `files` are the compose files in the order compose merges them, `env_files` where it takes variables from,
    whether they are there or not. `extension` is the top-level
    `x-volops` mapping, not yet validated. `warnings` are what compose said of a project it accepted;
    `complete` is False when the services of inactive profiles could not be read.
    """

    project: str
    directory: Path
    files: tuple[Path, ...]
    services: tuple[Service, ...]
    volumes: tuple[Volume, ...]
    extension: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    complete: bool = True
    env_files: tuple[Path, ...] = ()

    def service(self, name: str) -> Service | None:
        """The service of that name, or None."""
        return next((service for service in self.services if service.name == name), None)

    def dependencies_first(self) -> tuple[str, ...]:
        """Names of all services, each after those that it depends on."""
        ordered: dict[str, None] = {}

        def visit(name: str) -> None:
            service = self.service(name)
            if service is None or name in ordered:
                return
            for needed in service.depends_on:
                visit(needed)
            ordered[name] = None

        for service in self.services:
            visit(service.name)
        return tuple(ordered)

    @property
    def named_volumes(self) -> tuple[Volume, ...]:
        """The volumes a plain `volops backup` considers: all but bind mounts."""
        return tuple(volume for volume in self.volumes if volume.kind is not VolumeKind.BIND)

    @property
    def binds(self) -> tuple[Volume, ...]:
        """The bind mounts of services; backed up only when named."""
        return tuple(volume for volume in self.volumes if volume.kind is VolumeKind.BIND)


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of a backup while it is being made or read.

    `name` has no codec suffix (`db_backup_20251025_143022.sql`). `stream` raises a VolopsError at
    its end if the producer failed: whoever reads it to the end without an error has all of it.
    """

    name: str
    media_type: str
    stream: Iterator[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Digest:
    """Size in bytes and SHA-256 (hex) of a byte stream."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StoredArtifact:
    """One file of a backup as it lies in the store: `plain` before the codecs, `stored` after them."""

    name: str
    file: str
    media_type: str
    codecs: tuple[str, ...]
    plain: Digest
    stored: Digest


@dataclass(frozen=True, slots=True)
class Exchange:
    """Databases of one server that change names, all at once: `incoming` becomes `live`, and what was `live`
    becomes `kept`, which is empty when no database has that name yet."""

    live: str
    incoming: str
    kept: str


@dataclass(frozen=True, slots=True)
class DatabaseTarget:
    """What a dump of one database would replace. `size` is in bytes, None when there is nothing yet or it
    cannot be told; `sessions` are connections that would be ended; `earlier` are databases kept from before
    other restores, with their sizes, the newest first."""

    exchange: Exchange
    size: int | None
    sessions: int
    earlier: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TableTarget:
    """A table of a backup that is to be copied beside the live one, as `copy` in the same schema; names are
    as they are, without quotes."""

    database: str
    schema: str
    table: str
    copy: str


@dataclass(frozen=True, slots=True)
class TableCopied:
    """A copy that was made: its quoted name, how many rows it has, and SQL that a person may go on with, a
    statement a line."""

    name: str
    rows: int
    statements: tuple[str, ...]


class OutcomeStatus(enum.StrEnum):
    """How one volume came out of a run."""

    DONE = "done"
    RECIPE = "recipe"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did with one volume. `reason` says why it was skipped or failed; `checking` is how many of
    the `seconds` went into proving what was restored."""

    volume: str
    type: str
    status: OutcomeStatus
    reason: str = ""
    next_step: str = ""
    size: int = 0
    stored_size: int = 0
    seconds: float = 0.0
    checking: float = 0.0
    warnings: tuple[str, ...] = ()
