"""Cleaning volumes by their plan: what stops is stopped, emptied, started and seen to be well; or all is as
it was."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from volops.errors import (
    EXIT_DONE,
    CleanFailed,
    EngineFailed,
    HelperLost,
    ProducerFailed,
    RestoreFailed,
    VolopsError,
)
from volops.journal import Journal, JournalFile, Step, Touched
from volops.model import RunFinished, RunStarted, VolumeKind, Warned
from volops.mover import ContainerShell
from volops.operations.audit import audited
from volops.operations.clean_files import remove_files
from volops.operations.clean_filling import fill_from_image
from volops.operations.clean_plan import CleanItem, CleanPlan
from volops.operations.clean_refusals import require_ours
from volops.operations.swapping import exchange, take_back
from volops.operations.volume_dump import Emit
from volops.source import Surroundings
from volops.staging import Swap
from volops.staging_area import open_swap
from volops.workspace import Workspace

_DOING = "clean"


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

    Volumes whose services stop come first, all together: when this raises CleanFailed, or is interrupted by
    then, their data is as it was. Raises VolumeInUse when somebody else uses a volume by now, RollbackFailed
    when data could not be put back, Locked.
    """
    keys = [item.volume.key for item in plan.items]
    with (
        workspace.catalog.lock(f"volops {command}"),
        JournalFile(workspace.state).held(),
        audited(workspace, command, keys) as deed,
    ):
        require_ours(around.engine, workspace.stack, [item.volume for item in plan.items])
        emit(RunStarted(command, workspace.stack.project, tuple(keys)))
        freed: dict[str, int] = {}
        downtime: dict[str, float] = {}
        emptied = [item for item in plan.items if item.stops]
        if emptied:
            downtime, new = _empty(workspace, around, emptied, patience)
            for item in emptied:
                freed[item.volume.key] = max(0, (item.size or 0) - new[item.volume.key])
                deed.touched.append(item.volume.key)
                deed.freed += freed[item.volume.key]
        for item in plan.items:
            if not item.stops:
                freed[item.volume.key] = _remove(around, item)
                deed.touched.append(item.volume.key)
                deed.freed += freed[item.volume.key]
            _afterwards(around, item, emit)
    emit(RunFinished(command, workspace.stack.project, (), EXIT_DONE))
    return Cleaned(plan, freed, downtime)


def _empty(
    workspace: Workspace, around: Surroundings, items: Sequence[CleanItem], patience: float
) -> tuple[dict[str, float], dict[str, int]]:
    """The seconds each service was down, and the bytes that its image put into each volume anew."""
    journals = JournalFile(workspace.state)
    touched = tuple(Touched(item.volume.key, item.volume.name) for item in items)
    what = ", ".join(item.volume.key for item in items)
    journal = Journal(_DOING, what, Step.STAGING, touched, discards=True)
    try:
        with contextlib.ExitStack() as stack:
            swaps = [stack.enter_context(open_swap(around, item.volume)) for item in items]
            journals.write(journal)
            for swap in swaps:
                swap.prepare()
            for item in items:
                if item.volume.kind is not VolumeKind.BIND:
                    fill_from_image(around, item.given)
            new = {
                item.volume.key: swap.sizes().get("incoming", 0)
                for item, swap in zip(items, swaps, strict=True)
            }
            return exchange(around, journals, journal, swaps, Swap.vacate, patience), new
    except (VolopsError, KeyboardInterrupt) as error:
        try:
            take_back(around, journals, error)
        except RestoreFailed as failed:
            if isinstance(error, KeyboardInterrupt):
                raise CleanFailed(failed.message) from error
            message = f"nothing was cleaned, the data is as it was: {failed.message}"
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
