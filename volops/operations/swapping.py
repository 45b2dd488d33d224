"""Changing live data for other data, with everything that must stop and start around it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NoReturn

from volops.errors import NotWell
from volops.journal import Journal, JournalFile, Step, Stopped
from volops.operations.failing import fail
from volops.services import start_all, stop_all, users, wait_until_well
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
    `anyway` is told which is not.
    When this raises, the journal tells how to undo what was done.
    """
    containers = users(around.engine, around.stack, [touched.name for touched in journal.volumes])
    well = [each.service for each in containers if each.running and each.health in ("", "healthy")]
    stopped = tuple(Stopped(each.id, each.service) for each in containers)
    journal = journal.at(Step.SWAPPING, stopped=stopped)
    journals.write(journal)
    start = time.monotonic()
    stop_all(around.engine, stopped)
    for swap in swaps:
        turn(swap)
    journal = journal.at(Step.STARTING)
    journals.write(journal)
    start_all(around.engine, around.stack, stopped)
    downtime: dict[str, float] = {}
    try:
        downtime = wait_until_well(around.engine, around.stack, well, patience, since=start)
    except NotWell as error:
        if anyway is None:
            raise
        anyway(error)
    journals.write(journal.at(Step.KEEP))
    for swap in swaps:
        swap.keep()
        if journal.discards:
            swap.drop()
    journals.remove()
    return downtime


def take_back(around: Surroundings, journals: JournalFile, error: BaseException) -> NoReturn:
    """Undo whatever the journal tells of, then raise `error` as a RestoreFailed: the live data is as it was.

    Raises RollbackFailed when it cannot be undone. When the new data had been proven already, the swap is
    finished instead, and what is raised says that it stands.
    """
    journal = journals.read() if journals.exists else None
    if journal is not None:
        conclude(around, journals, journal)
    fail(journal, error)
