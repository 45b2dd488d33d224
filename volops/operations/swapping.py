"""Changing live data for other data, with everything that must stop and start around it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NoReturn, Protocol

from volops.errors import NotWell, RestoreFailed, RollbackFailed
from volops.journal import Journal, JournalFile, Step, Stopped
from volops.model import Outcome
from volops.operations.failing import fail
from volops.operations.strangers import refuse_strangers
from volops.plugins import Assignment
from volops.services import lacking, start_all, stop_all, users, wait_until_well
from volops.source import Surroundings
from volops.staging import Swap
from volops.unfinished import bring_to_its_end


class Beside(Protocol):
    """What takes its place together with volumes or not at all, while the services it concerns go on."""

    @property
    def key(self) -> str:
        """The volume that it is on."""
        ...

    @property
    def name(self) -> str:
        """What the audit log calls it."""
        ...

    @property
    def services(self) -> Sequence[str]:
        """Those that are well now, and must be so afterwards."""
        ...

    @property
    def outcomes(self) -> Sequence[Outcome]:
        """How it came out, once it is made."""
        ...

    def noted(self, journal: Journal) -> Journal:
        """The journal that tells of it, too. Called first, with the journal held."""
        ...

    def make(self) -> None:
        """Make and prove it. Nothing live is touched."""
        ...

    def turn(self) -> datetime:
        """Have it take its place; return when it had."""
        ...

    def stands(self, well: Mapping[str, float]) -> None:
        """Told, once all is known to work, after how many seconds each of the services was well."""
        ...


def exchange(
    around: Surroundings,
    journals: JournalFile,
    journal: Journal,
    swaps: Sequence[Swap],
    turn: Callable[[Swap], None],
    patience: float,
    anyway: Callable[[NotWell], None] | None = None,
    beside: Beside | None = None,
) -> dict[str, float]:
    """Stop who uses the journal's volumes, `turn` the swap of each, start them again, and see that they get
    well.

    Returns the seconds each service was down. Only services that were well before must be so afterwards, or
    `anyway` is told of each that is not; and only those that do not need one which was stopped, and stays so.
    What is `beside` takes its place first. Raises RestoreRefused when a container outside the stack uses a
    volume by now. When this raises, the journal tells how to undo what was done.
    """
    start = time.monotonic()
    journal = _noted(around, journals, journal)
    # It may be on a server that is about to stop.
    changed = beside.turn() if beside else None
    _stop(around, journal)
    for swap in swaps:
        turn(swap)
    journal = journal.at(Step.STARTING)
    journals.write(journal)
    start_all(around.engine, around.stack, journal.stopped, patience)
    unwell: list[NotWell] = []
    seconds = wait_until_well(
        around.engine,
        around.stack,
        list(dict.fromkeys([*journal.well, *(beside.services if beside else ())])),
        patience,
        since=start,
        changed=changed,
        unwell=None if anyway is None else unwell,
    )
    journals.write(journal.at(Step.KEEP))
    for touched, swap in zip(journal.volumes, swaps, strict=True):
        swap.keep()
        if touched.made:
            swap.drop()
    journals.remove()
    if anyway:
        for error in unwell:
            anyway(error)
    if beside:
        beside.stands({name: seconds[name] for name in beside.services})
    return {name: seconds[name] for name in journal.well if name in seconds}


def discard(
    around: Surroundings,
    journals: JournalFile,
    journal: Journal,
    swaps: Sequence[Swap],
    on_gone: Callable[[], None],
) -> list[str]:
    """Stop who uses the journal's volumes, have what is staged take the place of the data, delete that, and
    start them again: they find a volume that holds nothing else. Returns the services that were well before.

    `on_gone` is called once there is no way back. When this raises, the journal tells what there is to undo,
    or to finish.
    """
    journal = _noted(around, journals, journal)
    _stop(around, journal)
    for swap in swaps:
        swap.vacate()
    journals.write(journal.at(Step.KEEP))
    on_gone()
    for swap in swaps:
        swap.keep()
        swap.drop()
    start_all(around.engine, around.stack, journal.stopped)
    journals.remove()
    return list(journal.well)


def _noted(around: Surroundings, journals: JournalFile, journal: Journal) -> Journal:
    """The journal, on the disk, with who uses the volumes and must stop. Raises RestoreRefused."""
    refuse_strangers(around, [touched.name for touched in journal.volumes])
    stopped, well = _using(around, journal)
    journal = journal.at(Step.SWAPPING, stopped=stopped, well=well)
    journals.write(journal)
    return journal


def _stop(around: Surroundings, journal: Journal) -> None:
    stop_all(around.engine, journal.stopped)
    # It may have taken minutes.
    refuse_strangers(around, [touched.name for touched in journal.volumes])


def _using(around: Surroundings, journal: Journal) -> tuple[tuple[Stopped, ...], tuple[str, ...]]:
    """The containers that must stop, in the order of dependencies, and which of their services are well, and
    will be so again: one that needs another, which is stopped, may merely not have noticed yet, and one that
    others wait for to end will end."""
    containers = users(around.engine, around.stack, [touched.name for touched in journal.volumes])
    lame = lacking(around.stack, around.engine.containers(around.stack.project))
    jobs = {job for service in around.stack.services for job in service.jobs}
    well = {
        each.service: None
        for each in containers
        if each.running and each.health in ("", "healthy") and each.service not in {*lame, *jobs}
    }
    return tuple(Stopped(each.id, each.service) for each in containers), tuple(well)


def take_back(
    around: Surroundings,
    journals: JournalFile,
    error: BaseException,
    assignments: Sequence[Assignment] = (),
) -> NoReturn:
    """Undo whatever the journal tells of, then raise `error` as a RestoreFailed: the live data is as it was.

    Raises RollbackFailed when it cannot be undone. When the new data had been proven already, the swap is
    finished instead, and what is raised says that it stands. `assignments` are needed where a database is
    beside the volumes.
    """
    journal = journals.read() if journals.exists else None
    if journal is not None:
        try:
            bring_to_its_end(around, journals, journal, assignments)
        except RollbackFailed as stuck:
            if journal.exchange is None or journal.step is not Step.STAGING:
                raise
            told = getattr(error, "message", "interrupted")
            raise RestoreFailed(f"{told}; {stuck.message}", next_step=stuck.next_step) from error
    fail(journal, error)
