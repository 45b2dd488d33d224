"""One volume into a draft: its artifacts, its facts, and how it came out."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from volops.catalog import Draft
from volops.engine import VolumeInfo
from volops.errors import PluginBroken, StoreFull, StoreUnavailable, VolopsError
from volops.events import Event, Progress, VolumeFinished, VolumeStarted, Warned
from volops.manifest import ArtifactRecord, PluginRecord, VolumeRecord, json_facts
from volops.model import Artifact, Digest, Outcome, OutcomeStatus, StoredArtifact
from volops.operations.closing import Closing
from volops.operations.expecting import Expected
from volops.pipeline import PLAIN_AHEAD, SUFFIXES, ZSTD, Tally, behind, compress, observed
from volops.plugins import Assignment, RegisteredType, blaming
from volops.quiesce import held
from volops.source import LiveSource, Surroundings
from volops.volume_access import Source
from volops.volume_type import VolumeType

Emit = Callable[[Event], None]
_PROGRESS_S = 0.1


@dataclass(frozen=True, slots=True)
class Dumping:
    """What dumping any volume of a run needs. `expected`, if given, tells how many bytes will pass of a
    volume; `names` tells which volume has which artifact name, empty for what is the run's own; `closing`, if
    given, closes what was opened for a volume while the run goes on."""

    around: Surroundings
    state: Path
    draft: Draft
    emit: Emit
    volumes: Mapping[str, VolumeInfo]
    everything: bool = False
    expected: Expected | None = None
    names: dict[str, str] = field(default_factory=dict)
    closing: Closing | None = None


@dataclass(slots=True)
class Told:
    """What is told while a volume is worked on: its warnings, and how many bytes have passed, of how many."""

    volume: str
    emit: Emit
    expected: Callable[[], int | None] = lambda: None
    warnings: list[str] = field(default_factory=list)
    size: int = 0
    _next: float = 0.0

    def warn(self, message: str) -> None:
        self.warnings.append(message)
        self.emit(Warned(self.volume, message))

    def passed(self, count: int) -> None:
        self.size += count
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _PROGRESS_S
            self.emit(Progress(self.volume, self.size, self.expected()))


@dataclass(frozen=True, slots=True)
class VolumeDump:
    """How one volume came out: the manifest's record, the outcome, and what made it fail, if anything."""

    record: VolumeRecord
    outcome: Outcome
    error: VolopsError | None = None


Dump = Callable[[VolumeType, Source], Iterable[Artifact]]


def whole(volume_type: VolumeType, source: Source) -> Iterable[Artifact]:
    """All that the type dumps of its volume."""
    return volume_type.dump(source)


def dump_volume(
    run: Dumping, given: Assignment, *, alone: bool, dump: Dump = whole, plain: bool = False
) -> VolumeDump:
    """Dump the volume, or what `dump` chooses of it, into the run's draft; uncompressed if `plain`.

    Only what is wrong with the store is raised: no other volume could be stored either. Of a failed volume
    no artifact stays. `alone` tells that no other volume of the run is of its type.
    """
    volume = given.volume
    kind = given.type.cls.name if given.type else ""
    told, start = Told(volume.key, run.emit, lambda: _expected(run, given)), time.monotonic()
    run.emit(VolumeStarted(volume.key, kind, told.expected()))
    stored: list[StoredArtifact] = []
    facts: Mapping[str, Any] = {}
    error: VolopsError | None = None
    try:
        with _opened(run, given, told, alone=alone) as (volume_type, source):
            for artifact in dump(volume_type, source):
                stored.append(store_artifact(run.draft, artifact, told.passed, plain=plain))
                source.artifacts = tuple(stored)
            facts = json_facts(volume_type.facts(source))
            if not stored and not facts:
                raise PluginBroken(f"{_called(given.type)} gave neither an artifact nor facts")
        status = OutcomeStatus.DONE if stored else OutcomeStatus.RECIPE
    except (StoreFull, StoreUnavailable):
        raise
    except VolopsError as raised:
        for kept in stored:
            run.draft.remove(kept.file)
        stored, status, error = [], OutcomeStatus.FAILED, raised
    seconds = round(time.monotonic() - start, 3)
    outcome = Outcome(
        volume=volume.key,
        type=kind,
        status=status,
        reason=error.message if error else "",
        next_step=error.next_step if error else "",
        size=sum(artifact.plain.size for artifact in stored),
        stored_size=sum(artifact.stored.size for artifact in stored),
        seconds=seconds,
        warnings=tuple(told.warnings),
    )
    run.emit(VolumeFinished(outcome))
    record = _record(given, run.volumes, outcome, artifacts=tuple(stored), facts=facts)
    return VolumeDump(record, outcome, error)


def skipped_volume(run: Dumping, given: Assignment, reason: str, *, loud: bool = False) -> VolumeDump:
    """A volume that the run leaves out on purpose, as a dump; if `loud`, with a warning that it does."""
    kind, told = given.type.cls.name if given.type else "", Told(given.volume.key, run.emit)
    if loud:
        told.warn(f"it is not in the backup: {reason}")
    warnings = tuple(told.warnings)
    outcome = Outcome(given.volume.key, kind, OutcomeStatus.SKIPPED, reason, warnings=warnings)
    run.emit(VolumeFinished(outcome))
    return VolumeDump(_record(given, run.volumes, outcome), outcome)


def failed_volume(run: Dumping, given: Assignment, error: VolopsError) -> VolumeDump:
    """A volume that the run cannot even begin with, as a dump."""
    kind = given.type.cls.name if given.type else ""
    outcome = Outcome(given.volume.key, kind, OutcomeStatus.FAILED, error.message, error.next_step)
    run.emit(VolumeFinished(outcome))
    return VolumeDump(_record(given, run.volumes, outcome), outcome, error)


@contextlib.contextmanager
def _opened(
    run: Dumping, given: Assignment, told: Told, *, alone: bool
) -> Iterator[tuple[VolumeType, LiveSource]]:
    """The volume's type and its source, the containers that use it held as the type wants."""
    if given.problem is not None:
        raise given.problem
    if given.type is None:
        raise PluginBroken(f"volume {given.volume.key!r} has no type")
    if not given.detected and not given.explicit:
        told.warn("no type is known for it: taken as plain files (x-volops can say otherwise)")
    volume_type = given.type.cls()
    source = LiveSource(
        run.around,
        given.volume,
        volume_type,
        given.options,
        everything=run.everything,
        alone=alone,
        names=run.names,
        on_warning=told.warn,
    )
    how = given.quiesce or volume_type.quiesce
    with contextlib.ExitStack() as opened:
        opened.enter_context(held(run.around.engine, run.state, run.around.stack, given.volume, how))
        if run.closing:
            opened.callback(run.closing.close, given.volume.key, source)
        else:
            opened.callback(source.close)
        opened.enter_context(blaming(given.type))
        yield volume_type, source


def store_artifact(
    draft: Draft, artifact: Artifact, on_bytes: Callable[[int], None], *, plain: bool = False
) -> StoredArtifact:
    """Write one artifact, compressed unless it is to stay `plain`; its stream has ended well when this
    returns."""
    tally = Tally()
    stream = tally.passing(observed(artifact.stream, on_bytes))
    codecs = () if plain else (ZSTD,)
    file = artifact.name + "".join(SUFFIXES[codec] for codec in codecs)

    def store(chunks: Iterator[bytes]) -> Digest:
        return draft.write(file, chunks)

    if plain:
        stored = behind(stream, store)
    else:
        # Reading and digesting, compressing, writing: each in a thread of its own.
        stored = behind(stream, lambda chunks: behind(compress(chunks), store), PLAIN_AHEAD)
    return StoredArtifact(artifact.name, file, artifact.media_type, codecs, tally.digest(), stored)


def _record(
    given: Assignment,
    volumes: Mapping[str, VolumeInfo],
    outcome: Outcome,
    *,
    artifacts: tuple[StoredArtifact, ...] = (),
    facts: Mapping[str, Any] | None = None,
) -> VolumeRecord:
    volume, known = given.volume, volumes.get(given.volume.name)
    plugin = _plugin(given.type) if given.type else None
    return VolumeRecord(
        key=volume.key,
        name=volume.name,
        kind=volume.kind,
        type=outcome.type,
        plugin=plugin,
        driver=known.driver if known else volume.driver,
        driver_options=dict(known.options if known else volume.driver_options),
        labels=dict(known.labels if known else volume.labels),
        external=volume.external,
        services=volume.services,
        targets=volume.targets,
        status=outcome.status,
        reason=outcome.reason,
        artifacts=tuple(map(ArtifactRecord.of, artifacts)),
        facts=dict(facts or {}),
        warnings=outcome.warnings,
        seconds=outcome.seconds,
    )


def _plugin(found: RegisteredType) -> PluginRecord:
    return PluginRecord(name=found.plugin, distribution=found.distribution, version=found.version)


def _called(found: RegisteredType | None) -> str:
    return f"plugin {found.plugin} ({found.distribution} {found.version})" if found else "nothing"


def _expected(run: Dumping, given: Assignment) -> int | None:
    return run.expected.bytes_of(given) if run.expected else None
