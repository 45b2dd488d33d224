"""Bringing a restore to an end that was cut off: undone when it was not proven to work, else finished."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence

from volops.engine import LABEL_RUN
from volops.errors import (
    CleanDisturbed,
    EngineFailed,
    Locked,
    RollbackFailed,
    StoreFull,
    StoreUnavailable,
    VolopsError,
)
from volops.journal import Journal, JournalFile, Step, Touched
from volops.model import Volume
from volops.plugins import Assignment
from volops.services import PATIENCE_S, lacking, start_all, stop_all, stopping, wait_until_well
from volops.source import Surroundings
from volops.staging_area import open_swap
from volops.unfinished_database import conclude_database

_AGAIN = 'stop what uses it and run any volops command again; see docs/recovery.md, "By hand"'


def recover(around: Surroundings, journals: JournalFile, assignments: Sequence[Assignment]) -> str:
    """As `settle`, unless an operation is under way: that is left alone."""
    try:
        with journals.held():
            return settle(around, journals, assignments)
    except Locked:
        return ""


def settle(around: Surroundings, journals: JournalFile, assignments: Sequence[Assignment]) -> str:
    """Finish or undo what an operation left that was cut off, and return a line that says so; empty if there
    is nothing. To be called with the journal held, before another operation writes its own.

    Leaves a database that was only being made on a server that does not answer now. Raises RollbackFailed
    when the old data cannot be put back.
    """
    journal = journals.read() if journals.exists else None
    if journal is None:
        return ""
    try:
        return bring_to_its_end(around, journals, journal, assignments)
    except RollbackFailed:
        if journal.exchange is None or journal.step is not Step.STAGING:
            raise
        return ""


def bring_to_its_end(
    around: Surroundings, journals: JournalFile, journal: Journal, assignments: Sequence[Assignment]
) -> str:
    """As `conclude`, be it an operation on volumes, on a database, or on both."""
    if journal.exchange is None:
        return conclude(around, journals, journal)
    if journal.server is None:
        return conclude_database(around, journals, journal, assignments)
    volumes, database = journal.parted()
    if journal.step is Step.KEEP:
        return conclude(around, journals, volumes)
    stuck: RollbackFailed | None = None
    try:
        conclude_database(around, journals.leaving(volumes), database, assignments)
    except RollbackFailed as error:
        stuck = error
    try:
        # A server that does not answer is no reason to leave the files, and the services that stopped.
        line = conclude(around, journals.leaving(database) if stuck else journals, volumes)
    except RollbackFailed as error:
        if stuck is None:
            raise
        raise RollbackFailed(f"{error.message}; {stuck.message}", next_step=stuck.next_step) from error
    # Its server may have been among the services that stopped.
    return conclude_database(around, journals, database, assignments) if stuck else line


def conclude(around: Surroundings, journals: JournalFile, journal: Journal) -> str:
    """Bring an operation on volumes to its end, from whatever step; return a line that says to which. To be
    called with the journal held, and when nothing works on it any more; may be repeated until it returns.

    Raises RollbackFailed when the old data, or what ran on it, could not be brought back.
    """
    if journal.step is Step.KEEP:
        return _finish(around, journals, journal)
    return _undo(around, journals, journal)


def _finish(around: Surroundings, journals: JournalFile, journal: Journal) -> str:
    try:
        _end_helpers(around, journal)
        for touched in _existing(around, journal):
            with open_swap(around, Volume(touched.key, touched.name)) as swap:
                swap.keep()
                if journal.discards or touched.made:
                    swap.drop()
        if journal.discards:
            _start_without(around, journals, journal)
        journals.remove()
    except CleanDisturbed:
        raise
    except VolopsError as error:
        raise VolopsError(
            f"the {journal.operation} of {journal.backup} stands, but its end was disturbed: {error.message}",
            next_step="run any volops command again",
        ) from error
    return f"the {journal.operation} of {journal.backup} was finished"


def _undo(around: Surroundings, journals: JournalFile, journal: Journal) -> str:
    begun = journal.step is not Step.STAGING
    done = f"the {journal.operation} of {journal.backup} could not be undone"
    with _failing_as(done, _AGAIN):
        _end_helpers(around, journal)
        if begun:
            journal = _halted(around, journals, journal)
        there = _existing(around, journal)
    for touched in there:
        with (
            _failing_as(f"volume {touched.name!r} could not be put back as it was", _AGAIN),
            open_swap(around, Volume(touched.key, touched.name)) as swap,
        ):
            swap.undo() if begun else swap.unstage()
    names = " ".join(dict.fromkeys(each.service for each in journal.stopped))
    by_hand = f"start them with `volops start {names}`"
    started: tuple[str, ...] = ()
    if begun:
        with _failing_as("the old data is back, but not all services could be started", by_hand):
            started = start_all(around.engine, around.stack, journal.stopped, gone_is_fine=True)
    with _failing_as("the old data is back, but not all is done", "run any volops command again"):
        journals.remove()
    # The journal is gone by now: a service that does not get well is no reason to stop all of them again.
    with _failing_as("the old data is back, but", by_hand, joint=" "):
        lame = lacking(around.stack, around.engine.containers(around.stack.project))
        well = [name for name in journal.well if name in started and name not in lame]
        wait_until_well(around.engine, around.stack, well, PATIENCE_S, since=time.monotonic())
    return f"the unfinished {journal.operation} of {journal.backup} was undone: the data is as it was"


@contextlib.contextmanager
def _failing_as(what: str, next_step: str, *, joint: str = ": ") -> Iterator[None]:
    """Whatever goes wrong within is a RollbackFailed that says `what` did not come about."""
    try:
        yield
    except VolopsError as error:
        raise RollbackFailed(f"{what}{joint}{error.message}", next_step=next_step) from error


def _halted(around: Surroundings, journals: JournalFile, journal: Journal) -> Journal:
    """Stop whoever uses the volumes by now; the journal that tells of all of them."""
    names = [touched.name for touched in journal.volumes]
    stopped = stopping(around.engine, around.stack, journal.stopped, names)
    if stopped != journal.stopped:
        journal = journal.at(journal.step, stopped=stopped)
        # A disk that takes no more must not keep the old data from coming back.
        with contextlib.suppress(StoreFull, StoreUnavailable):
            journals.write(journal)
    stop_all(around.engine, stopped)
    return journal


def _end_helpers(around: Surroundings, journal: Journal) -> None:
    """End the helpers of the run: where it was killed or interrupted a program may go on in one."""
    for helper in around.engine.helpers():
        if journal.run and helper.labels.get(LABEL_RUN) == journal.run:
            around.engine.remove_container(helper.id)


def _existing(around: Surroundings, journal: Journal) -> list[Touched]:
    there = around.engine.volumes([touched.name for touched in journal.volumes])
    return [touched for touched in journal.volumes if touched.name in there or touched.name.startswith("/")]


def _start_without(around: Surroundings, journals: JournalFile, journal: Journal) -> None:
    """Start what stopped for data that is deleted now. There is no way back, so it is tried just once."""
    try:
        start_all(around.engine, around.stack, journal.stopped, gone_is_fine=True)
    except EngineFailed as error:
        journals.remove()
        names = " ".join(each.service for each in journal.stopped)
        raise CleanDisturbed(
            f"the data of {journal.backup} is deleted, but services could not be started: {error.message}",
            next_step=f"start them with `volops start {names}`",
        ) from error
