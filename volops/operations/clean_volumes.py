"""Cleaning volumes by their plan: who uses what goes is stopped, started again and seen to be well."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from volops.errors import (
    EXIT_DONE,
    CleanDisturbed,
    CleanFailed,
    EngineFailed,
    HelperLost,
    NotWell,
    ProducerFailed,
    RollbackFailed,
    VolopsError,
)
from volops.events import RunFinished, RunStarted, Warned
from volops.journal import Journal, JournalFile, Step, Touched
from volops.model import VolumeKind
from volops.mover import ContainerShell
from volops.operations.audit import audited
from volops.operations.clean_files import remove_files
from volops.operations.clean_filling import fill_from_image
from volops.operations.clean_plan import CleanItem, CleanPlan
from volops.operations.clean_refusals import require_ours
from volops.operations.swapping import discard, take_back
from volops.operations.volume_dump import Emit
from volops.services import wait_until_well
from volops.source import Surroundings
from volops.staging_area import open_swap
from volops.unfinished import settle
from volops.workspace import Workspace

_DOING = "clean"
_SEE = "see `volops status`"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was done. `freed` is bytes per volume; `downtime` the seconds each stopped service was down."""

    plan: CleanPlan
    freed: dict[str, int]
    downtime: dict[str, float]


def clean_volumes(
    workspace: Workspace,
    around: Surroundings,
    plan: CleanPlan,
    emit: Emit,
    *,
    command: str = _DOING,
    patience: float = 180,
) -> Cleaned:
    """Carry out a plan, and note it in the audit log.

    Volumes whose services stop come first, all together: when this raises CleanFailed all data is as it was.
    Raises CleanDisturbed when it is gone and a service that was well is not so within `patience` seconds;
    VolumeInUse when somebody else uses a volume by now; RollbackFailed when data could not be put back.
    """
    keys = [item.volume.key for item in plan.items]
    journals = JournalFile(workspace.state)
    with (
        workspace.catalog.lock(f"volops {command}"),
        journals.held(f"volops {command}"),
        audited(workspace, command, keys) as deed,
    ):
        if told := settle(around, journals, workspace.assignments):
            # What was to go is not what was seen when the plan was made.
            raise CleanFailed(f"{told}; nothing was cleaned", next_step=_SEE)
        require_ours(around.engine, workspace.stack, [item.volume for item in plan.items])
        emit(RunStarted(command, workspace.stack.project, tuple(keys)))
        freed: dict[str, int] = {}
        emptied = [item for item in plan.items if item.stops]
        gone: list[str] = []
        start = time.monotonic()
        try:
            well, new = _empty(workspace, around, emptied, gone) if emptied else ([], {})
        finally:
            deed.touched += gone
        for item in emptied:
            freed[item.volume.key] = max(0, (item.size or 0) - new[item.volume.key])
            deed.freed += freed[item.volume.key]
        unwell: list[NotWell] = []
        downtime = wait_until_well(around.engine, workspace.stack, well, patience, since=start, unwell=unwell)
        for item in plan.items:
            if not item.stops:
                freed[item.volume.key] = _remove(around, item)
                deed.touched.append(item.volume.key)
                deed.freed += freed[item.volume.key]
            _afterwards(around, item, emit)
        deed.failed += [each.message for each in unwell]
    if unwell:
        raise _disturbed(unwell)
    emit(RunFinished(command, workspace.stack.project, (), EXIT_DONE))
    return Cleaned(plan, freed, downtime)


def _disturbed(unwell: Sequence[NotWell]) -> CleanDisturbed:
    told = "; ".join(each.message for each in unwell)
    names = " ".join(each.service for each in unwell)
    return CleanDisturbed(f"the data is deleted, but {told}", next_step=f"see `volops logs {names}`")


def _empty(
    workspace: Workspace, around: Surroundings, items: Sequence[CleanItem], gone: list[str]
) -> tuple[list[str], dict[str, int]]:
    """The services that ran well before, and the bytes that its image put into each volume anew. Once there
    is no way back `gone` has the volumes' keys."""
    journals = JournalFile(workspace.state)
    keys = [item.volume.key for item in items]
    touched = tuple(Touched(item.volume.key, item.volume.name) for item in items)
    journal = Journal(_DOING, ", ".join(keys), Step.STAGING, touched, discards=True, run=around.run)
    try:
        with contextlib.ExitStack() as stack:
            swaps = [stack.enter_context(open_swap(around, item.volume)) for item in items]
            journals.write(journal)
            for swap in swaps:
                swap.prepare()
            for item in items:
                if item.volume.kind is not VolumeKind.BIND:
                    fill_from_image(around, item.given)
            new = [swap.sizes().get("incoming", 0) for swap in swaps]
            well = discard(around, journals, journal, swaps, lambda: gone.extend(keys))
        return well, dict(zip(keys, new, strict=True))
    except (VolopsError, KeyboardInterrupt) as error:
        if journals.exists and journals.read().step is Step.KEEP:
            gone[:] = keys
        _undo(around, journals, error, gone=bool(gone))


def _undo(around: Surroundings, journals: JournalFile, error: BaseException, *, gone: bool) -> NoReturn:
    """Undo or finish what the journal tells of. Raises CleanFailed when the data is as it was, CleanDisturbed
    when it is gone, RollbackFailed."""
    try:
        take_back(around, journals, error)
    except (RollbackFailed, CleanDisturbed):
        raise
    except VolopsError as failed:
        told = getattr(error, "message", "") or "interrupted"
        if gone:
            raise CleanDisturbed(f"the data is deleted, but then: {told}", next_step=_SEE) from error
        message = f"nothing was cleaned, the data is as it was: {told}"
        raise CleanFailed(message, next_step=failed.next_step) from error


def _remove(around: Surroundings, item: CleanItem) -> int:
    """Remove the files, and what is kept from before a restore; the bytes freed."""
    freed = sum(remove_files(around, item.volume, removal) for removal in item.removals)
    if item.kept:
        with open_swap(around, item.volume) as swap:
            swap.drop()
    return freed + item.kept


def _afterwards(around: Surroundings, item: CleanItem, emit: Emit) -> None:
    """Run what the plan has running services do. What went is gone whether they can or not: a warning."""
    writing = {mount.service.name for mount in item.volume.mounts if not mount.read_only}
    commands = dict.fromkeys(removal.then for removal in item.removals if removal.then)
    running = [
        container
        for container in around.engine.containers(around.stack.project)
        if container.running and container.service in writing
    ]
    for command in commands:
        for container in running:
            try:
                ContainerShell(around.engine, container.id).run("/bin/sh", "-c", command, "afterwards")
            except (ProducerFailed, HelperLost, EngineFailed) as error:
                told = f"`{command}` failed in {container.service}: {error.message}"
                emit(Warned(item.volume.key, f"{told}; try `volops restart {container.service}`"))
