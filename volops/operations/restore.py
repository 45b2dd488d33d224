"""Restore volumes: all is made and proven beside the live data, which is touched only to be swapped."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from volops.errors import (
    EXIT_DONE,
    EngineFailed,
    HelperLost,
    ProducerFailed,
    ServiceNotRunning,
    VolopsError,
)
from volops.events import RunFinished, RunStarted, Warned
from volops.journal import Journal, JournalFile, Step, Touched
from volops.model import Outcome
from volops.mover import ContainerShell
from volops.operations.audit import audited
from volops.operations.failing import fail
from volops.operations.missing_volumes import create_missing
from volops.operations.restore_plan import Regeneration, RestoreItem, RestorePlan
from volops.operations.room import require_room
from volops.operations.staged import Work, look_ahead, stage, working
from volops.operations.stored import StoredCheck, check_stored
from volops.operations.swapping import Beside, exchange, take_back
from volops.operations.volume_dump import Emit
from volops.source import Surroundings
from volops.staging import Swap
from volops.unfinished import settle
from volops.workspace import Workspace

_DOING = "restore"


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did. `downtime` is, per service that was stopped, the seconds until it was well again;
    `kept` the bytes of the earlier data per volume, `regenerated` the volumes that were made again."""

    plan: RestorePlan
    outcomes: tuple[Outcome, ...]
    downtime: dict[str, float]
    kept: dict[str, int]
    started: tuple[str, ...]
    regenerated: tuple[str, ...]


def restore(
    workspace: Workspace,
    around: Surroundings,
    plan: RestorePlan,
    emit: Emit,
    *,
    patience: float = 180,
    trust: bool = False,
    beside: Beside | None = None,
) -> Restored:
    """Carry out a plan. The live data is as before, and what ran runs, when this raises RestoreFailed;
    RollbackFailed is raised when that could not be brought about. That holds of what is `beside` as well.

    Services that do not get well on the new data within `patience` seconds get the old data back. What came
    from outside may not hold device nodes, setuid files or links that lead outside, unless `trust` is said.
    """
    journals = JournalFile(workspace.state)
    items = tuple(item.record.key for item in plan.items)
    keys = (beside.key, *items) if beside else items
    with (
        workspace.catalog.lock(f"volops {_DOING}"),
        journals.held(f"volops {_DOING}"),
        audited(workspace, _DOING, keys, backup=plan.entry.name) as deed,
    ):
        emit(RunStarted(_DOING, plan.entry.name, keys))
        journal = Journal(_DOING, plan.entry.name, Step.STAGING, _touched(plan), run=around.run)
        if told := settle(around, journals, workspace.assignments):
            emit(Warned("", told))
        if beside:
            journal = beside.noted(journal)
        standing: list[Step] = []
        try:
            with StoredCheck(workspace.catalog, plan.entry, plan.items) as check:
                done = _carry_out(
                    workspace, around, plan, journals, journal, emit, patience, trust, check, standing, beside
                )
        except (VolopsError, KeyboardInterrupt) as error:
            if standing:
                # The new data is live and known to work: to say that nothing was changed would be wrong.
                fail(journal.at(Step.KEEP), error)
            take_back(around, journals, error, workspace.assignments)
        deed.touched += (beside.name, *items) if beside else items
    outcomes = (*(beside.outcomes if beside else ()), *done.outcomes)
    emit(RunFinished(_DOING, plan.entry.name, outcomes, EXIT_DONE))
    return done


def try_out(
    workspace: Workspace, around: Surroundings, plan: RestorePlan, emit: Emit, *, trust: bool = False
) -> None:
    """Raise RestoreFailed when the plan cannot be carried out, as far as that can be known with nothing
    touched: by the backup's bytes, what each type says, and the room on the disks. Of a volume that is gone
    the room is not known."""
    check_stored(workspace.catalog, plan.entry, plan.items)
    with contextlib.ExitStack() as stack:
        works = _opened(workspace, around, plan, emit, stack, trust=trust)
        for work in works:
            look_ahead(work)
        require_room([work for work in works if not work.item.missing])


def _opened(
    workspace: Workspace,
    around: Surroundings,
    plan: RestorePlan,
    emit: Emit,
    stack: contextlib.ExitStack,
    *,
    trust: bool,
    check: StoredCheck | None = None,
    before: Sequence[Work | None] = (),
) -> list[Work]:
    """The work on each item; that of `before` where the volume is called the same."""

    def opened(item: RestoreItem, earlier: Work | None) -> Work:
        if earlier and earlier.item is item:
            return earlier
        work = working(
            around,
            workspace.catalog,
            plan.entry,
            item,
            emit,
            chosen=plan.chosen,
            trust=trust,
            check=check,
            after=earlier,
        )
        return stack.enter_context(work)

    return list(map(opened, plan.items, before or [None] * len(plan.items)))


def _carry_out(
    workspace: Workspace,
    around: Surroundings,
    plan: RestorePlan,
    journals: JournalFile,
    journal: Journal,
    emit: Emit,
    patience: float,
    trust: bool,
    check: StoredCheck,
    standing: list[Step],
    beside: Beside | None,
) -> Restored:
    """`standing` is no longer empty once the new data is there to stay."""
    with contextlib.ExitStack() as stack:
        works = _opened(workspace, around, plan, emit, stack, trust=trust, check=check)
        for work in works:
            look_ahead(work)
        plan, made = create_missing(workspace, around, plan, check)
        works = _opened(workspace, around, plan, emit, stack, trust=trust, check=check, before=works)
        require_room(works)
        journal = replace(journal, volumes=_touched(plan, made))
        journals.write(journal)
        if beside:
            beside.make()
        outcomes = tuple(stage(work, emit) for work in works)
        swaps = [work.area.swap() for work in works]
        downtime = exchange(around, journals, journal, swaps, _turn(plan), patience, beside=beside)
        standing.append(Step.KEEP)
        kept = {work.item.volume.key: work.area.swap().sizes().get("previous", 0) for work in works}
    started = workspace.compose.start(plan.starts, show=False, timeout=patience) if plan.starts else ()
    regenerated = tuple(each.volume for each in plan.regenerates if _regenerate(around, each, emit))
    services = tuple(state.service for state in started)
    return Restored(plan, outcomes, downtime, kept, services, regenerated)


def _touched(plan: RestorePlan, made: Collection[str] = ()) -> tuple[Touched, ...]:
    volumes = [item.volume for item in plan.items]
    return tuple(Touched(each.key, each.name, made=each.name in made) for each in volumes)


def _regenerate(around: Surroundings, wanted: Regeneration, emit: Emit) -> bool:
    """Run the command in the service; whether it did its work. The restore stands in any case."""
    if wanted.problem:
        emit(Warned(wanted.volume, f"it is lost, and not in the backup: {wanted.problem}"))
        return False
    found = around.engine.containers(around.stack.project)
    running = [each for each in found if each.service == wanted.service and each.running]
    try:
        if not running:
            raise ServiceNotRunning(wanted.service)
        ContainerShell(around.engine, running[0].id).run("/bin/sh", "-c", wanted.command, "regenerate")
    except (ProducerFailed, HelperLost, EngineFailed, ServiceNotRunning) as error:
        again = f"`docker compose exec {wanted.service} {wanted.command}`"
        emit(Warned(wanted.volume, f"it could not be made again: {error.message}; try {again}"))
        return False
    return True


def _turn(plan: RestorePlan) -> Callable[[Swap], None]:
    chosen = plan.chosen
    return Swap.swap if chosen is None else lambda swap: swap.graft(sorted(chosen.parents - {"."}))
