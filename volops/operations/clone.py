"""Restoring beside the live stack: into volumes of another name, for a copy of the project."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from volops.errors import EXIT_DONE, RestoreFailed, VolopsError
from volops.events import RunFinished, RunStarted
from volops.model import Outcome
from volops.operations.clone_plan import ClonePlan
from volops.operations.room import require_room
from volops.operations.staged import look_ahead, stage, working
from volops.operations.stored import check_stored
from volops.operations.volume_dump import Emit
from volops.provisional import provisional
from volops.source import Surroundings
from volops.staging_area import open_swap
from volops.store.durable import write_file
from volops.workspace import Workspace

_DOING = "restore"


@dataclass(frozen=True, slots=True)
class Cloned:
    """What was restored where. `command` starts the copy of the project."""

    plan: ClonePlan
    outcomes: tuple[Outcome, ...]
    command: str


def clone(
    workspace: Workspace, around: Surroundings, plan: ClonePlan, emit: Emit, *, trust: bool = False
) -> Cloned:
    """Carry out a plan. Nothing of the stack is touched, and nothing is stopped or started. `trust` is that
    of `restore`. What is made is for the images and settings that the compose file names now: the command
    starts those.

    When this raises RestoreFailed, the volumes that it made are gone, and those that were there are empty.
    """
    around = replace(around, anew=True)
    with workspace.catalog.lock(f"volops {_DOING}"):
        emit(RunStarted(_DOING, plan.entry.name, tuple(each.item.record.key for each in plan.items)))
        check_stored(workspace.catalog, plan.entry, [each.item for each in plan.items])
        try:
            outcomes = _carry_out(workspace, around, plan, emit, trust=trust)
        except RestoreFailed:
            raise
        except VolopsError as error:
            raise RestoreFailed(error.message, next_step=error.next_step) from error
        except KeyboardInterrupt as error:
            raise RestoreFailed("interrupted: the volumes that were made are removed") from error
    emit(RunFinished(_DOING, plan.entry.name, outcomes, EXIT_DONE))
    return Cloned(plan, outcomes, workspace.compose.up_command(plan.clone, _overriding(workspace, plan)))


def _carry_out(
    workspace: Workspace, around: Surroundings, plan: ClonePlan, emit: Emit, *, trust: bool
) -> tuple[Outcome, ...]:
    with provisional(workspace.engine, workspace.state) as volumes, contextlib.ExitStack() as stack:
        for each in plan.items:
            if not each.exists:
                volumes.create(each.name, each.labels)
        works = [
            stack.enter_context(
                working(around, workspace.catalog, plan.entry, each.item, emit, name=each.name, trust=trust)
            )
            for each in plan.items
        ]
        for work in works:
            look_ahead(work)
        require_room(works)
        begun = False
        try:
            outcomes = tuple(stage(work, emit) for work in works)
            begun = True
            for work in works:
                work.area.swap().swap()
        except BaseException:
            # What an interrupt left at work ends with its helper.
            stack.close()
            for each in plan.items:
                if each.exists:
                    with open_swap(around, replace(each.item.volume, name=each.name)) as swap:
                        swap.undo() if begun else swap.unstage()
            raise
        for work in works:
            work.area.swap().keep()
            work.area.swap().drop()
        volumes.keep()
    return outcomes


def _overriding(workspace: Workspace, plan: ClonePlan) -> Path | None:
    """A compose file that gives the volumes their new names where the project's own files cannot."""
    fixed = {each.item.volume.key: {"name": each.name} for each in plan.items if each.fixed}
    if not fixed:
        return None
    name = f"volumes-of-{plan.clone.project}.yaml"
    # JSON is YAML (YAML 1.2, section 1.2).
    write_file(workspace.state, name, [json.dumps({"volumes": fixed}, indent=2).encode() + b"\n"])
    return workspace.state / name
