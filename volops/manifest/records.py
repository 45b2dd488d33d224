"""What a manifest holds, as frozen pydantic models: one class for each object in `manifest.json`."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from volops.manifest.fields import BackupName, FileName, Line, Prose, Public, Sha256, Utc
from volops.model import Digest, OutcomeStatus, StoredArtifact, VolumeKind

UNSEALED = "0" * 64


class BackupKind(enum.StrEnum):
    """What a backup was asked to hold, or `partial` when it misses something of that."""

    FULL = "full"
    SELECTED = "selected"
    DATABASE = "database"
    PARTIAL = "partial"


class Record(BaseModel):
    """Base of everything in a manifest: immutable, and unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ToolRecord(Record):
    """The program that wrote the backup."""

    name: Line = "volops"
    version: Line


class FileRecord(Record):
    """A compose file of the project: its path as compose was given it, and its content's SHA-256."""

    path: Line
    sha256: Sha256


class ServiceRecord(Record):
    """A service, and which image it ran: `image_id` and `digests` are empty when not known."""

    name: Line
    image: Line
    image_id: Line = ""
    digests: tuple[Line, ...] = ()


class StackRecord(Record):
    """The compose project. Environments are left out: they hold secrets."""

    project: Line
    files: tuple[FileRecord, ...] = ()
    services: tuple[ServiceRecord, ...] = ()


class EngineRecord(Record):
    """The container engine."""

    name: Line
    version: Line
    api_version: Line
    operating_system: Line = ""


class PluginRecord(Record):
    """Where a volume type came from."""

    name: Line
    distribution: Line
    version: Line


class DigestRecord(Record):
    """Size in bytes and SHA-256 of a byte stream."""

    size: int = Field(ge=0)
    sha256: Sha256

    @classmethod
    def of(cls, digest: Digest) -> Self:
        """The record of a digest."""
        return cls(size=digest.size, sha256=digest.sha256)

    @property
    def digest(self) -> Digest:
        """The digest that the record holds."""
        return Digest(self.size, self.sha256)


class ArtifactRecord(Record):
    """One file of the backup. `codecs` were applied in this order; `plain` is before, `stored` after."""

    name: FileName
    file: FileName
    media_type: Line
    codecs: tuple[Line, ...] = ()
    plain: DigestRecord
    stored: DigestRecord

    @classmethod
    def of(cls, artifact: StoredArtifact) -> Self:
        """The record of an artifact that was just stored."""
        return cls(
            name=artifact.name,
            file=artifact.file,
            media_type=artifact.media_type,
            codecs=artifact.codecs,
            plain=DigestRecord.of(artifact.plain),
            stored=DigestRecord.of(artifact.stored),
        )

    @property
    def artifact(self) -> StoredArtifact:
        """The artifact that the record describes."""
        return StoredArtifact(
            self.name, self.file, self.media_type, self.codecs, self.plain.digest, self.stored.digest
        )


class VolumeRecord(Record):
    """What the run did with one volume, and what a restore of it must show again (`facts`)."""

    key: Line
    name: Line
    kind: VolumeKind = VolumeKind.NAMED
    type: Line
    plugin: PluginRecord | None = None
    driver: Line = "local"
    driver_options: Public = {}
    labels: Public = {}
    external: bool = False
    services: tuple[Line, ...] = ()
    targets: tuple[Line, ...] = ()
    status: OutcomeStatus
    reason: Prose = ""
    artifacts: tuple[ArtifactRecord, ...] = ()
    facts: dict[str, JsonValue] = {}
    warnings: tuple[Prose, ...] = ()
    seconds: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _done_means_stored(self) -> Self:
        if self.status is OutcomeStatus.DONE and not self.artifacts:
            raise ValueError(f"volume {self.key!r} is done but has no artifact")
        return self


def json_facts(facts: Mapping[str, Any]) -> dict[str, JsonValue]:
    """What a volume type gave as facts, if it can be kept as JSON and is the same when read back.

    Raises ValueError, naming the place, when it cannot: a date, a set, bytes, a number that is not finite.
    """
    try:
        return VolumeRecord(key="", name="", type="", status=OutcomeStatus.RECIPE, facts=dict(facts)).facts
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ValueError(f"{place} is not a JSON value") from error


class Manifest(Record):
    """Everything that is known of one backup. `artifacts` are those of the run itself (compose files).

    `seal` is the SHA-256 of the file with 64 zeros in its place; a manifest that was not read from a
    file has the zeros.
    """

    format: int = Field(default=1, ge=1, le=1)
    name: BackupName
    kind: BackupKind
    created: Utc
    finished: Utc
    tool: ToolRecord
    host: Line
    stack: StackRecord
    engine: EngineRecord
    volumes: tuple[VolumeRecord, ...] = ()
    artifacts: tuple[ArtifactRecord, ...] = ()
    warnings: tuple[Prose, ...] = ()
    seal: Sha256 = UNSEALED

    @property
    def every_artifact(self) -> Iterator[ArtifactRecord]:
        """The artifacts of all volumes and of the run, in the order they were written."""
        for volume in self.volumes:
            yield from volume.artifacts
        yield from self.artifacts

    @property
    def stored_size(self) -> int:
        """Bytes of all artifacts as they lie in the store."""
        return sum(artifact.stored.size for artifact in self.every_artifact)

    def volume(self, key: str) -> VolumeRecord | None:
        """The record of the volume with that key, or None."""
        return next((volume for volume in self.volumes if volume.key == key), None)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _unique("volume", (volume.key for volume in self.volumes))
        _unique("file", (artifact.file for artifact in self.every_artifact))
        _unique("artifact", (artifact.name for artifact in self.every_artifact))
        failed = [each.key for each in self.volumes if each.status is OutcomeStatus.FAILED]
        if failed and self.kind is not BackupKind.PARTIAL:
            raise ValueError(f"a {self.kind} backup cannot have a failed volume ({failed[0]!r})")
        return self


def _unique(what: str, names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"{what} {twice[0]!r} is there twice")
