"""Restore volumes: all is made and proven beside the live data, which is touched only to be swapped."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from volops.catalog import Catalog, Entry
from volops.errors import EXIT_DONE, RestoreFailed, VolopsError
from volops.journal import Journal, JournalFile, Step, Touched
from volops.model import (
    Artifact,
    Outcome,
    OutcomeStatus,
    RunFinished,
    RunStarted,
    VolumeFinished,
    VolumeStarted,
)
from volops.operations.restore_plan import RestoreItem, RestorePlan
from volops.operations.swapping import exchange, take_back
from volops.operations.volume_dump import Emit, Told, blaming
from volops.pipeline import observed, opened
from volops.source import Surroundings
from volops.staging import Swap
from volops.staging_area import StagingArea
from volops.workspace import Workspace

_DOING = "restore"


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did. `downtime` is, per service that was stopped, the seconds until it was well again;
    `kept` the bytes of the earlier data per volume."""

    plan: RestorePlan
    outcomes: tuple[Outcome, ...]
    downtime: dict[str, float]
    kept: dict[str, int]
    started: tuple[str, ...]


def restore(
    workspace: Workspace,
    around: Surroundings,
    plan: RestorePlan,
    emit: Emit,
    *,
    patience: float = 180,
    trust: bool = False,
) -> Restored:
    """Carry out a plan. The live data is as before, and what ran runs, when this raises RestoreFailed;
    RollbackFailed is raised when that could not be brought about.

    Services that do not get well on the new data within `patience` seconds get the old data back. What came
    from outside may not hold device nodes, setuid files or links that lead outside, unless `trust` is said.
    """
    journals = JournalFile(workspace.state)
    with workspace.catalog.lock(f"volops {_DOING}"), journals.held():
        emit(RunStarted(_DOING, plan.entry.name, tuple(item.record.key for item in plan.items)))
        touched = tuple(Touched(item.volume.key, item.volume.name) for item in plan.items)
        journal = Journal(_DOING, plan.entry.name, Step.STAGING, touched)
        try:
            _check_stored(workspace.catalog, plan)
            _create_missing(workspace, plan)
            done = _carry_out(workspace, around, plan, journals, journal, emit, patience, trust)
        except (VolopsError, KeyboardInterrupt) as error:
            take_back(around, journals, error)
    emit(RunFinished(_DOING, plan.entry.name, done.outcomes, EXIT_DONE))
    return done


def _check_stored(catalog: Catalog, plan: RestorePlan) -> None:
    """Every byte of the backup that will be used is what its manifest says, before anything is begun."""
    for item in plan.items:
        for artifact in item.record.artifacts:
            digest, size = hashlib.sha256(), 0
            for chunk in catalog.open(plan.entry, artifact.file):
                digest.update(chunk)
                size += len(chunk)
            if (size, digest.hexdigest()) != (artifact.stored.size, artifact.stored.sha256):
                raise RestoreFailed(
                    f"{artifact.file} of {plan.entry.name} is damaged: it is not what the manifest says",
                    next_step="restore another backup, see `volops list`",
                )


def _create_missing(workspace: Workspace, plan: RestorePlan) -> None:
    """Compose itself makes the volumes that are gone, so that they have the labels it expects."""
    services = {name for item in plan.items if item.missing for name in item.volume.services}
    active = [name for name in workspace.stack.dependencies_first() if name in services]
    if active:
        workspace.compose.create(active)


@dataclass(frozen=True, slots=True)
class _Work:
    """One volume under restore."""

    item: RestoreItem
    area: StagingArea
    told: Told


def _carry_out(
    workspace: Workspace,
    around: Surroundings,
    plan: RestorePlan,
    journals: JournalFile,
    journal: Journal,
    emit: Emit,
    patience: float,
    trust: bool,
) -> Restored:
    trusted = trust or not plan.entry.outside
    with contextlib.ExitStack() as stack:
        works = [_open(around, item, emit, stack, trusted=trusted) for item in plan.items]
        for work in works:
            with blaming(work.item.type):
                artifacts = tuple(record.artifact for record in work.item.record.artifacts)
                work.item.type.cls().preflight(work.area, artifacts)
        journals.write(journal)
        outcomes = tuple(_stage(workspace, plan.entry, work, emit) for work in works)
        for work in works:
            work.area.swap().settle()
        swaps = [work.area.swap() for work in works]
        downtime = exchange(around, journals, journal, swaps, Swap.swap, patience)
        kept = {work.item.volume.key: work.area.swap().sizes().get("previous", 0) for work in works}
    started = workspace.compose.start(plan.starts, show=False, timeout=patience) if plan.starts else ()
    return Restored(plan, outcomes, downtime, kept, tuple(state.service for state in started))


def _open(
    around: Surroundings, item: RestoreItem, emit: Emit, stack: contextlib.ExitStack, *, trusted: bool
) -> _Work:
    told = Told(item.record.key, emit)
    area = StagingArea(
        around,
        item.volume,
        item.type.cls(),
        item.options,
        item.record.facts,
        trusted=trusted,
        on_warning=told.warn,
    )
    return _Work(item, stack.enter_context(area), told)


def _stage(workspace: Workspace, entry: Entry, work: _Work, emit: Emit) -> Outcome:
    """Make the volume anew in its staging area, and have its type prove it."""
    item, area, told = work.item, work.area, work.told
    emit(VolumeStarted(item.record.key, item.record.type, item.size))
    start = time.monotonic()
    area.swap().prepare()
    volume_type = item.type.cls()
    with blaming(item.type):
        volume_type.load(area, artifacts_of(workspace.catalog, entry, item, told))
        volume_type.check(area)
    area.release()
    outcome = Outcome(
        volume=item.record.key,
        type=item.record.type,
        status=OutcomeStatus.DONE,
        size=told.size,
        stored_size=sum(artifact.stored.size for artifact in item.record.artifacts),
        seconds=round(time.monotonic() - start, 3),
        warnings=tuple(told.warnings),
    )
    emit(VolumeFinished(outcome))
    return outcome


def artifacts_of(catalog: Catalog, entry: Entry, item: RestoreItem, told: Told) -> Iterator[Artifact]:
    """The item's artifacts, plain. What a type leaves unread is read before the next, so that no damage
    goes unseen."""
    for record in item.record.artifacts:
        stored = catalog.open(entry, record.file)
        plain = opened(record.file, stored, record.codecs, record.stored.digest, record.plain.digest)
        stream = observed(plain, told.passed)
        yield Artifact(record.name, record.media_type, stream)
        for _ in stream:
            pass
