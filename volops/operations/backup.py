"""Back up the volumes of a stack, each by its type's strategy; say when the backup is not complete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from volops.errors import EXIT_DONE, EXIT_PARTIAL, EngineFailed
from volops.events import RunFinished, RunStarted, Warned
from volops.in_memory import UNHELD, unheld
from volops.journal import JournalFile
from volops.manifest import ArtifactRecord, BackupKind, Manifest
from volops.model import Outcome, OutcomeStatus
from volops.operations.backup_choice import (
    NOT_CREATED,
    Job,
    Selection,
    absent,
    choose,
    lost,
    meant_for_nothing,
    nothing_stored,
)
from volops.operations.closing import Closing
from volops.operations.expecting import Expected
from volops.operations.run_record import compose_files, compose_files_name, describe_run, free_stamp
from volops.operations.volume_dump import (
    Dumping,
    Emit,
    VolumeDump,
    dump_volume,
    failed_volume,
    skipped_volume,
    store_artifact,
)
from volops.source import look_around
from volops.workspace import Workspace

__all__ = ["Selection", "backup"]

_DOING = "volops backup"
_KEPT = (OutcomeStatus.DONE, OutcomeStatus.RECIPE)


def backup(workspace: Workspace, selection: Selection, emit: Emit, *, estimate: bool = False) -> Manifest:
    """Take a backup and return its manifest once it is complete on disk.

    A volume that fails, or is gone, does not end the run: the backup is then kept as partial. When nothing at
    all could be backed up, the first error is raised and nothing is left behind; so it is when the store is
    full or gone, and on an interrupt. With `estimate` events tell how much is expected, for a progress bar.
    Raises UnknownVolume before anything is done, InvalidUse when there is nothing to back up, Locked while
    another run has the backups or the volumes.
    """
    jobs = choose(workspace, selection)
    kind = BackupKind.SELECTED if selection.names else BackupKind.FULL
    held = JournalFile(workspace.state).held_to_read(_DOING)
    with workspace.catalog.lock(_DOING), held:
        stamp = free_stamp(workspace.catalog, f"{kind}_backup")
        name = f"{kind}_backup_{stamp}"
        emit(RunStarted("backup", name, tuple(job.given.volume.key for job in jobs)))
        for key in () if selection.names else meant_for_nothing(workspace, jobs):
            emit(Warned(key, "x-volops says something of it, and nothing of the stack has such a volume"))
        manifest, outcomes = _carry_out(workspace, selection, jobs, kind, stamp, emit, estimate=estimate)
    code = EXIT_PARTIAL if manifest.kind is BackupKind.PARTIAL else EXIT_DONE
    emit(RunFinished("backup", manifest.name, outcomes, code))
    return manifest


def _carry_out(
    workspace: Workspace,
    selection: Selection,
    jobs: Sequence[Job],
    kind: BackupKind,
    stamp: str,
    emit: Emit,
    *,
    estimate: bool,
) -> tuple[Manifest, tuple[Outcome, ...]]:
    started, name = datetime.now(UTC), f"{kind}_backup_{stamp}"
    around = look_around(workspace.engine, workspace.stack, stamp, workspace.settings.helper_image)
    draft = workspace.catalog.begin(name)
    try:
        with Closing(emit) as closing:
            run = Dumping(
                around=around,
                state=workspace.state,
                draft=draft,
                emit=emit,
                volumes=around.engine.volumes(_names(workspace, jobs)),
                everything=selection.everything,
                expected=Expected(workspace) if estimate else None,
                names={compose_files_name(stamp): ""},
                closing=closing,
            )
            dumps = _dump_all(workspace, run, jobs)
            if any(dump.error for dump in dumps):
                kind, name = BackupKind.PARTIAL, f"partial_{name}"
            records = tuple(dump.record for dump in dumps)
            artifacts = _compose_files(workspace, run)
            manifest = describe_run(around, name, kind, started, records, artifacts)
        draft.commit(manifest)
    except BaseException:
        draft.discard()
        raise
    return manifest, tuple(dump.outcome for dump in dumps)


def _names(workspace: Workspace, jobs: Sequence[Job]) -> list[str]:
    given = (*workspace.assignments, *(job.given for job in jobs))
    return list(dict.fromkeys(each.volume.name for each in given))


def _dump_all(workspace: Workspace, run: Dumping, jobs: Sequence[Job]) -> list[VolumeDump]:
    """Dump one volume after the other: one stream already keeps two processors busy.

    Raises the first error when nothing at all could be stored.
    """
    types = Counter(job.given.type.cls.name for job in jobs if job.given.type)
    dumps = []
    for job in jobs:
        if job.skip:
            dumps.append(skipped_volume(run, job.given, job.skip, loud=job.loud))
        elif absent(job, run.volumes):
            dumps.append(_absent_volume(workspace, run, job))
        elif unheld(workspace.engine, run.volumes.get(job.given.volume.name)):
            dumps.append(_unheld_volume(run, job))
        else:
            alone = job.given.type is None or types[job.given.type.cls.name] == 1
            dumps.append(dump_volume(run, job.given, alone=alone))
    if not any(dump.outcome.status in _KEPT for dump in dumps):
        errors = (dump.error for dump in dumps if dump.error)
        skipped = [(dump.outcome.volume, dump.outcome.reason) for dump in dumps]
        raise next(errors, None) or nothing_stored(workspace, run.volumes, skipped)
    return dumps


def _absent_volume(workspace: Workspace, run: Dumping, job: Job) -> VolumeDump:
    """Data that was backed up once, or is asked for by name, is missing when it is not there."""
    error = lost(job, workspace.catalog.last_good_entries().get(job.given.volume.key))
    if error is None:
        return skipped_volume(run, job.given, NOT_CREATED)
    return failed_volume(run, job.given, error)


def _unheld_volume(run: Dumping, job: Job) -> VolumeDump:
    """Not a backup of nothing, which the next restore would take for what was there."""
    if not job.named:
        return skipped_volume(run, job.given, UNHELD)
    volume = job.given.volume
    error = EngineFailed(
        f"volume {volume.name!r} has no data: {UNHELD}",
        next_step=f"start what uses it: `volops start {' '.join(volume.services)}`",
    )
    return failed_volume(run, job.given, error)


def _compose_files(workspace: Workspace, run: Dumping) -> tuple[ArtifactRecord, ...]:
    if not workspace.settings.include_compose_files:
        return ()
    stack = run.around.stack
    artifact = compose_files(stack, workspace.compose.referred_files(), run.around.stamp)
    return (ArtifactRecord.of(store_artifact(run.draft, artifact, lambda _: None)),)
