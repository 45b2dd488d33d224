"""Proving a backup: every volume of it is restored into a volume of its own, checked there, and removed."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime

from volops.catalog import Entry
from volops.engine import LABEL_HELPER, LABEL_PROJECT
from volops.errors import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_PARTIAL,
    ArtifactCorrupt,
    DiskFull,
    ProducerFailed,
    RestoreFailed,
    RestoreRefused,
    VolopsError,
)
from volops.events import RunFinished, RunStarted, VolumeFinished
from volops.manifest import BackupKind, VolumeRecord
from volops.model import Outcome, OutcomeStatus
from volops.operations.restore_plan import RESTORABLE, manifest_of, restore_item
from volops.operations.room import require_room
from volops.operations.staged import look_ahead, stage, working
from volops.operations.verify import remember
from volops.operations.volume_dump import Emit
from volops.provisional import Provisional, provisional
from volops.source import Surroundings
from volops.workspace import Workspace

PROVING = "prove"
_BAD = (ArtifactCorrupt, ProducerFailed, RestoreFailed)
"""What tells of the backup itself; any other error tells of this machine."""


def prove(workspace: Workspace, around: Surroundings, entry: Entry, emit: Emit) -> tuple[Outcome, ...]:
    """Restore every volume that `entry` holds beside the live ones, one after the other, and check it.

    Nothing live is touched, nor need anything run: images suffice. Of the outcomes FAILED is what did not
    come out as recorded, or could not be tried here, as its reason says; SKIPPED what the backup does not
    hold, or a recipe that cannot be carried out here. The catalog remembers when all of it was proven, and
    what was found wrong; what could not be tried says nothing of the backup. Raises NoSuchBackup without a
    manifest, Locked while another such run of this project goes on.
    """
    manifest = manifest_of(entry)
    emit(RunStarted(PROVING, entry.name, tuple(volume.key for volume in manifest.volumes)))
    outcomes, problems = [], []
    with provisional(workspace.engine, workspace.state) as volumes:
        for record in manifest.volumes:
            outcome, bad = _prove(workspace, around, volumes, entry, record, emit)
            outcomes.append(outcome)
            problems += [f"{record.key}: {outcome.reason}"] if bad else []
    failed = any(outcome.status is OutcomeStatus.FAILED for outcome in outcomes)
    if problems or not failed:
        remember(workspace.catalog, entry, tuple(problems), emit, proven=datetime.now(UTC))
    whole = EXIT_PARTIAL if manifest.kind is BackupKind.PARTIAL else EXIT_DONE
    emit(RunFinished(PROVING, entry.name, tuple(outcomes), EXIT_FAILED if failed else whole))
    return tuple(outcomes)


def _prove(
    workspace: Workspace,
    around: Surroundings,
    volumes: Provisional,
    entry: Entry,
    record: VolumeRecord,
    emit: Emit,
) -> tuple[Outcome, bool]:
    """How one volume came out, and whether that tells of the backup."""
    if record.status not in RESTORABLE:
        outcome = Outcome(
            record.key, record.type, OutcomeStatus.SKIPPED, f"not in this backup: {record.reason}"
        )
        emit(VolumeFinished(outcome))
        return outcome, False
    start = time.monotonic()
    try:
        return _staged(workspace, around, volumes, entry, record, emit), False
    except VolopsError as error:
        bad = isinstance(error, _BAD) and not isinstance(error, RestoreRefused | DiskFull)
        recipe = record.status is OutcomeStatus.RECIPE and not bad
        outcome = Outcome(
            volume=record.key,
            type=record.type,
            status=OutcomeStatus.SKIPPED if recipe else OutcomeStatus.FAILED,
            reason=error.message if bad else f"cannot be tried here: {error.message}",
            next_step="do not rely on this backup: take another" if bad else error.next_step,
            seconds=round(time.monotonic() - start, 3),
        )
        emit(VolumeFinished(outcome))
        return outcome, bad


def _staged(
    workspace: Workspace,
    around: Surroundings,
    volumes: Provisional,
    entry: Entry,
    record: VolumeRecord,
    emit: Emit,
) -> Outcome:
    item = restore_item(workspace, record, ())
    name = f"volops-proof-{uuid.uuid4().hex[:16]}"
    volumes.create(name, {LABEL_HELPER: PROVING, LABEL_PROJECT: workspace.stack.project})
    try:
        with working(around, workspace.catalog, entry, item, emit, name=name) as work:
            look_ahead(work)
            require_room([work])
            return stage(work, emit, lasting=False)
    finally:
        volumes.remove(name)
