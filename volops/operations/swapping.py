"""Changing live data for other data, with everything that must stop and start around it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NoReturn

from volops.errors import NotWell
from volops.journal import Journal, JournalFile, Step, Stopped
from volops.operations.failing import fail
from volops.operations.strangers import refuse_strangers
from volops.services import lacking, start_all, stop_all, users, wait_until_well
from volops.source import Surroundings
from volops.staging import Swap
from volops.unfinished import conclude


def exchange(
    around: Surroundings,
    journals: JournalFile,
    journal: Journal,
    swaps: Sequence[Swap],
    turn: Callable[[Swap], None],
    patience: float,
    anyway: Callable[[NotWell], None] | None = None,
) -> dict[str, float]:
    """Stop who uses the journal's volumes, `turn` each swap, start them again, and see that they get well.

    Returns the seconds each service was down. Only services that were well before must be so afterwards, or
    `anyway` is told which is not; and only those that do not need one which was stopped, and stays so.
    Raises RestoreRefused when a container outside the stack uses a volume by now. When this raises, the
    journal tells how to undo what was done.
    """
    start = time.monotonic()
    journal = _stopped(around, journals, journal)
    for swap in swaps:
        turn(swap)
    journal = journal.at(Step.STARTING)
    journals.write(journal)
    start_all(around.engine, around.stack, journal.stopped, patience)
    downtime: dict[str, float] = {}
    try:
        downtime = wait_until_well(around.engine, around.stack, journal.well, patience, since=start)
    except NotWell as error:
        if anyway is None:
            raise
        anyway(error)
    journals.write(journal.at(Step.KEEP))
    for swap in swaps:
        swap.keep()
    journals.remove()
    return downtime


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
    journal = _stopped(around, journals, journal)
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


def _stopped(around: Surroundings, journals: JournalFile, journal: Journal) -> Journal:
    """Stop who uses the volumes; the journal, which tells of it. Nobody else uses them then."""
    names = [touched.name for touched in journal.volumes]
    refuse_strangers(around, names)
    stopped, well = _using(around, journal)
    journal = journal.at(Step.SWAPPING, stopped=stopped, well=well)
    journals.write(journal)
    stop_all(around.engine, stopped)
    # It may have taken minutes.
    refuse_strangers(around, names)
    return journal


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


def take_back(around: Surroundings, journals: JournalFile, error: BaseException) -> NoReturn:
    """Undo whatever the journal tells of, then raise `error` as a RestoreFailed: the live data is as it was.

    Raises RollbackFailed when it cannot be undone. When the new data had been proven already, the swap is
    finished instead, and what is raised says that it stands.
    """
    journal = journals.read() if journals.exists else None
    if journal is not None:
        conclude(around, journals, journal)
    fail(journal, error)
