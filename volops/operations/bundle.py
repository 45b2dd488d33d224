"""Write a backup as one file to carry about."""

from __future__ import annotations

import time
from pathlib import Path

from volops.bundle import Bundled, beside, default_name, write_bundle
from volops.catalog import Catalog, Entry
from volops.errors import EXIT_DONE
from volops.events import RunFinished, RunStarted, VolumeFinished, VolumeStarted
from volops.model import Outcome, OutcomeStatus
from volops.operations.volume_dump import Emit, Told


def bundle(
    catalog: Catalog, entry: Entry, output: Path | None, emit: Emit, *, partial: bool = False
) -> Bundled:
    """Write the bundle of `entry` to `output`, into it when it is a directory, and without it beside the
    backups; `partial` allows one of a backup in which volumes are missing.

    Raises what `write_bundle` raises.
    """
    backups = beside(catalog.store)
    target = (output or backups).absolute()
    if output is None or target.is_dir():
        target /= default_name(entry)
    artifacts = list(entry.manifest.every_artifact) if entry.manifest else []
    told, start = Told(target.name, emit), time.monotonic()
    emit(RunStarted("bundle", entry.name, (target.name,)))
    emit(VolumeStarted(target.name, "", sum(artifact.plain.size for artifact in artifacts)))
    done = write_bundle(entry, target, backups, incomplete=partial, on_bytes=told.passed)
    outcome = Outcome(
        volume=target.name,
        type="",
        status=OutcomeStatus.DONE,
        size=told.size,
        stored_size=done.size,
        seconds=round(time.monotonic() - start, 3),
    )
    emit(VolumeFinished(outcome))
    emit(RunFinished("bundle", entry.name, (outcome,), EXIT_DONE))
    return done
