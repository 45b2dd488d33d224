"""Read a backup to its end and say whether it is what its manifest claims. Nothing of it is changed."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import pwd
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from volops.catalog import Catalog, Entry, Verification
from volops.errors import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_PARTIAL,
    ArtifactCorrupt,
    StoreFull,
    StoreUnavailable,
    VolopsError,
)
from volops.events import Progress, RunFinished, RunStarted, VolumeFinished, VolumeStarted, Warned
from volops.file_tree import TAR
from volops.manifest import ArtifactRecord, BackupKind, Manifest, VolumeRecord
from volops.model import Artifact, Outcome, OutcomeStatus
from volops.operations.volume_dump import Emit
from volops.pipeline import observed, opened
from volops.plugins import RegisteredType, Registry, blaming
from volops.tar import check_tar
from volops.tar_screen import screened

COMPOSE_FILES = "compose files"
_PROGRESS_S = 0.1
_MISSING = (OutcomeStatus.FAILED, OutcomeStatus.SKIPPED)


def verify(catalog: Catalog, registry: Registry, entry: Entry, emit: Emit) -> tuple[Outcome, ...]:
    """Check every artifact of `entry`: stored and plain digests, and what its volume type knows of it.

    Each file is read once, in bounded memory. The outcomes are those of the volumes, in the manifest's
    order, and of the run's own files; FAILED is what is not as it should be, SKIPPED what the backup never
    held. A volume whose type is not installed has a warning that only its digests were checked. The result
    is remembered in the catalog. Raises ArtifactCorrupt when there is no manifest to go by.
    """
    manifest = entry.manifest
    if manifest is None:
        raise ArtifactCorrupt(f"{entry.name} cannot be verified: {entry.problem}")
    emit(RunStarted("verify", entry.name, tuple(volume.key for volume in manifest.volumes)))
    outcomes = []
    for outcome in _outcomes(catalog, registry, entry, manifest, emit):
        emit(VolumeFinished(outcome))
        outcomes.append(outcome)
    problems = tuple(
        f"{each.volume}: {each.reason}" for each in outcomes if each.status is OutcomeStatus.FAILED
    )
    remember(catalog, entry, problems, emit, proven=entry.verified.proven if entry.verified else None)
    whole = EXIT_PARTIAL if manifest.kind is BackupKind.PARTIAL else EXIT_DONE
    emit(RunFinished("verify", entry.name, tuple(outcomes), EXIT_FAILED if problems else whole))
    return tuple(outcomes)


def _outcomes(
    catalog: Catalog, registry: Registry, entry: Entry, manifest: Manifest, emit: Emit
) -> Iterator[Outcome]:
    for volume in manifest.volumes:
        if volume.status in _MISSING:
            reason = f"not in this backup: {volume.reason}"
            yield Outcome(volume.key, volume.type, OutcomeStatus.SKIPPED, reason)
        elif volume.status is OutcomeStatus.RECIPE:
            yield Outcome(volume.key, volume.type, OutcomeStatus.RECIPE)
        else:
            known = registry.types.get(volume.type)
            part = _Part(volume.key, volume.type, volume.artifacts, known, _unchecked(volume, known))
            yield _read(catalog, entry, part, emit)
    if manifest.artifacts:
        yield _read(catalog, entry, _Part(COMPOSE_FILES, "", manifest.artifacts), emit)
    named = {artifact.file for artifact in manifest.every_artifact} | {entry.manifest_file}
    if strangers := sorted(catalog.files(entry).keys() - named):
        yield Outcome(
            volume=entry.name,
            type="",
            status=OutcomeStatus.FAILED,
            reason=f"{', '.join(strangers)}: there, but not in the manifest",
            next_step="move it elsewhere if it is yours",
        )


@dataclass(frozen=True, slots=True)
class _Part:
    """Artifacts that belong together, and the type that knows what they should be, if it is installed."""

    name: str
    type: str
    artifacts: tuple[ArtifactRecord, ...]
    known: RegisteredType | None = None
    warnings: tuple[str, ...] = ()


def _unchecked(volume: VolumeRecord, known: RegisteredType | None) -> tuple[str, ...]:
    if known:
        return ()
    origin = volume.plugin and f"plugin {volume.plugin.name} of {volume.plugin.distribution}"
    return (
        f"only its digests were checked, not its content: volume type {volume.type!r} "
        f"({origin or 'its plugin is not recorded'}) cannot be used here, see `volops plugins`",
    )


def _read(catalog: Catalog, entry: Entry, part: _Part, emit: Emit) -> Outcome:
    """Check a part's artifacts, one after the other; the reason tells all that is wrong with any."""
    emit(VolumeStarted(part.name, part.type, sum(each.plain.size for each in part.artifacts)))
    start, passed = time.monotonic(), _Passed(part.name, emit)
    problems = []
    for artifact in part.artifacts:
        stored = catalog.open(entry, artifact.file)
        plain = opened(artifact.file, stored, artifact.codecs, artifact.stored.digest, artifact.plain.digest)
        if entry.outside and artifact.media_type == TAR:
            # What a restore refuses, whoever trusts it, is not good.
            plain = screened(artifact.file, plain, trusted=True)
        try:
            _check(Artifact(artifact.name, artifact.media_type, observed(plain, passed)), part.known)
        except VolopsError as error:
            problems.append(error.message)
    return Outcome(
        volume=part.name,
        type=part.type,
        status=OutcomeStatus.FAILED if problems else OutcomeStatus.DONE,
        reason="; ".join(problems),
        next_step="do not rely on this backup: take another" if problems else "",
        size=passed.size,
        stored_size=sum(each.stored.size for each in part.artifacts),
        seconds=round(time.monotonic() - start, 3),
        warnings=part.warnings,
    )


def _check(artifact: Artifact, known: RegisteredType | None) -> None:
    """Have the type verify the artifact, and see to it that all of it is read, whatever the type does."""
    stream = _Watched(artifact.stream)
    watched = Artifact(artifact.name, artifact.media_type, stream)
    try:
        if known:
            with blaming(known):
                known.cls().verify(watched)
        elif artifact.media_type == TAR:
            check_tar(artifact.name, stream)
    finally:
        # Damage of the bytes explains more than what is therefore missing in the content; and a type
        # must not be able to hide it, by ending early or by catching it.
        stream.end()


class _Watched(Iterator[bytes]):
    """A stream that cannot be left before its end, and whose error cannot be lost."""

    def __init__(self, stream: Iterator[bytes]) -> None:
        self._stream = stream
        self._error: VolopsError | None = None

    def __next__(self) -> bytes:
        try:
            return next(self._stream)
        except VolopsError as error:
            self._error = error
            raise

    def end(self) -> None:
        """Read the rest, and raise the stream's error if it ever had one."""
        if self._error is None:
            for _ in self:
                pass
        if self._error is not None:
            raise self._error


class _Passed:
    """Counts bytes and tells of them, but not too often."""

    def __init__(self, volume: str, emit: Emit) -> None:
        self._volume = volume
        self._emit = emit
        self._next = 0.0
        self.size = 0

    def __call__(self, count: int) -> None:
        self.size += count
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _PROGRESS_S
            self._emit(Progress(self._volume, self.size))


def remember(
    catalog: Catalog,
    entry: Entry,
    problems: tuple[str, ...],
    emit: Emit,
    *,
    proven: datetime | None = None,
) -> None:
    """Keep in the catalog what was found now; a backup with problems is no longer proven. What cannot be
    kept is a warning."""
    verification = Verification(
        at=datetime.now(UTC),
        problems=problems,
        host=platform.node(),
        user=_user(),
        version=importlib.metadata.version("volops"),
        proven=None if problems else proven,
    )
    try:
        catalog.record(entry, verification)
    except (StoreUnavailable, StoreFull) as error:
        emit(Warned("", f"the result of this verification is not remembered: {error.message}"))


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
