"""Back up the volumes of a stack, each by its type's strategy; say when the backup is not complete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from volops.errors import EXIT_DONE, EXIT_PARTIAL, EngineFailed
from volops.manifest import ArtifactRecord, BackupKind, Manifest
from volops.model import Outcome, OutcomeStatus, RunFinished, RunStarted, Volume, VolumeKind
from volops.operations.run_record import compose_files, describe_run, free_stamp
from volops.operations.volume_dump import (
    Dumping,
    Emit,
    VolumeDump,
    dump_volume,
    skipped_volume,
    store_artifact,
)
from volops.plugins import Assignment
from volops.source import look_around
from volops.workspace import Workspace

_KEPT = (OutcomeStatus.DONE, OutcomeStatus.RECIPE)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which volumes: those named, or, without names, all that are backed up by default; or `everything`."""

    names: tuple[str, ...] = ()
    everything: bool = False


@dataclass(frozen=True, slots=True)
class _Job:
    """One volume of the run; `skip` says why nothing is to be done with it."""

    given: Assignment
    skip: str = ""


def backup(workspace: Workspace, selection: Selection, emit: Emit, *, estimate: bool = False) -> Manifest:
    """Take a backup and return its manifest once it is complete on disk.

    A volume that fails does not end the run: the backup is then kept as partial. When nothing at all could
    be backed up, the first error is raised and nothing is left behind; so it is when the store is full or
    gone, and on an interrupt. With `estimate`, volume sizes are asked for, for a progress bar.
    Raises UnknownVolume before anything is done, Locked while another run has the backups.
    """
    jobs = _choose(workspace, selection)
    kind = BackupKind.SELECTED if selection.names else BackupKind.FULL
    with workspace.catalog.lock("volops backup"):
        stamp = free_stamp(workspace.catalog, f"{kind}_backup")
        name = f"{kind}_backup_{stamp}"
        emit(RunStarted("backup", name, tuple(job.given.volume.key for job in jobs)))
        manifest, outcomes = _carry_out(workspace, selection, jobs, kind, stamp, emit, estimate=estimate)
    code = EXIT_PARTIAL if manifest.kind is BackupKind.PARTIAL else EXIT_DONE
    emit(RunFinished("backup", manifest.name, outcomes, code))
    return manifest


def _choose(workspace: Workspace, selection: Selection) -> list[_Job]:
    if selection.names:
        chosen = {given.volume.key: given for given in map(workspace.assignment, selection.names)}
        return [_Job(given) for given in chosen.values()]
    return [
        _Job(given, reason_to_skip(given, selection))
        for given in workspace.assignments
        if given.volume.kind is not VolumeKind.BIND or given.backup
    ]


def reason_to_skip(given: Assignment, selection: Selection) -> str:
    """Why a run that is not told to leaves an existing volume out; empty when it does not."""
    if given.backup is False:
        return "left out by x-volops"
    if not given.volume.active:
        profiles = sorted({name for mount in given.volume.mounts for name in mount.service.profiles})
        return f"its profile is not active ({', '.join(profiles)})"
    by_default = given.type is None or given.type.cls.by_default
    if not (by_default or given.backup or selection.everything):
        return "left out by default, --all includes it"
    return ""


def _carry_out(
    workspace: Workspace,
    selection: Selection,
    jobs: Sequence[_Job],
    kind: BackupKind,
    stamp: str,
    emit: Emit,
    *,
    estimate: bool,
) -> tuple[Manifest, tuple[Outcome, ...]]:
    started, name = datetime.now(UTC), f"{kind}_backup_{stamp}"
    around = look_around(workspace.engine, workspace.stack, stamp, workspace.settings.helper_image)
    draft = workspace.catalog.begin(name)
    with ThreadPoolExecutor(1) as pool:
        try:
            run = Dumping(
                around=around,
                state=workspace.state,
                draft=draft,
                emit=emit,
                volumes=around.engine.volumes([given.volume.name for given in workspace.assignments]),
                everything=selection.everything,
                sizes=pool.submit(workspace.engine.volume_sizes) if estimate else None,
            )
            dumps = _dump_all(run, jobs)
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


def _dump_all(run: Dumping, jobs: Sequence[_Job]) -> list[VolumeDump]:
    """Dump one volume after the other: one stream already keeps two processors busy.

    Raises the first error when nothing at all could be stored.
    """
    types = Counter(job.given.type.cls.name for job in jobs if job.given.type)
    dumps = []
    for job in jobs:
        if skip := job.skip or _missing(run, job.given.volume):
            dumps.append(skipped_volume(run, job.given, skip))
        else:
            alone = job.given.type is None or types[job.given.type.cls.name] == 1
            dumps.append(dump_volume(run, job.given, alone=alone))
    if not any(dump.outcome.status in _KEPT for dump in dumps):
        errors = (dump.error for dump in dumps if dump.error)
        raise next(errors, None) or EngineFailed(
            "no volume of this stack exists yet", next_step="create them with `volops start`"
        )
    return dumps


def _missing(run: Dumping, volume: Volume) -> str:
    """Nothing is lost by skipping a volume that the engine does not have; it is never created here."""
    exists = volume.kind is VolumeKind.BIND or volume.name in run.volumes
    return "" if exists else "not created yet"


def _compose_files(workspace: Workspace, run: Dumping) -> tuple[ArtifactRecord, ...]:
    if not workspace.settings.include_compose_files:
        return ()
    artifact = compose_files(run.around.stack, run.around.stamp)
    return (ArtifactRecord.of(store_artifact(run.draft, artifact, lambda _: None)),)
