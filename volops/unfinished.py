"""Bringing a restore to an end that was cut off: undone when it was not proven to work, else finished."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from volops.errors import CleanDisturbed, EngineFailed, HelperLost, Locked, ProducerFailed, RollbackFailed
from volops.journal import Journal, JournalFile, Step, Touched
from volops.model import Volume
from volops.plugins import Assignment
from volops.services import start_all, stop_all
from volops.source import Surroundings
from volops.staging import Swap
from volops.staging_area import open_swap
from volops.unfinished_database import conclude_database


def recover(around: Surroundings, journals: JournalFile, assignments: Sequence[Assignment]) -> str:
    """Finish or undo what the journal tells of, and return a line that says so; empty if there is nothing.

    Leaves a live restore alone, and a database that was only being made on a server that does not answer now.
    Raises RollbackFailed when the old data cannot be put back.
    """
    try:
        with journals.held():
            journal = journals.read() if journals.exists else None
            if journal is None:
                return ""
            try:
                return bring_to_its_end(around, journals, journal, assignments)
            except RollbackFailed:
                if journal.step is not Step.STAGING or journal.exchange is None:
                    raise
                return ""
    except Locked:
        return ""


def conclude(around: Surroundings, journals: JournalFile, journal: Journal) -> str:
    """Bring the restore to its end, from whatever step; return a line that says to which. To be called with
    the journal held. May be repeated until it returns. Raises RollbackFailed."""
    if journal.step is Step.KEEP:
        for touched in journal.volumes:
            _each(around, touched, "drop" if journal.discards else "keep")
        if journal.discards:
            _start_without(around, journals, journal)
        journals.remove()
        return f"the {journal.operation} of {journal.backup} was finished"
    if journal.step is not Step.STAGING:
        stop_all(around.engine, journal.stopped)
    for touched in journal.volumes:
        _each(around, touched, "undo")
    _start(around, journal)
    journals.remove()
    return f"the unfinished {journal.operation} of {journal.backup} was undone: the data is as it was"


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


def _each(around: Surroundings, touched: Touched, verb: str) -> None:
    if not touched.name.startswith("/") and touched.name not in around.engine.volumes([touched.name]):
        return
    try:
        with open_swap(around, Volume(touched.key, touched.name)) as swap:
            _END[verb](swap)
    except (ProducerFailed, HelperLost, EngineFailed) as error:
        raise RollbackFailed(
            f"volume {touched.name!r} could not be put back as it was: {error.message}",
            next_step='stop what uses it and run any volops command again; see docs/recovery.md, "By hand"',
        ) from error


def _keep_then_drop(swap: Swap) -> None:
    swap.keep()
    swap.drop()


_END: Mapping[str, Callable[[Swap], None]] = {
    "undo": Swap.undo,
    "keep": Swap.keep,
    "drop": _keep_then_drop,
}


def _start_without(around: Surroundings, journals: JournalFile, journal: Journal) -> None:
    """Start what stopped for data that is deleted now. There is no way back, so it is tried just once."""
    try:
        start_all(around.engine, around.stack, journal.stopped)
    except EngineFailed as error:
        journals.remove()
        names = " ".join(each.service for each in journal.stopped)
        raise CleanDisturbed(
            f"the data of {journal.backup} is deleted, but services could not be started: {error.message}",
            next_step=f"start them with `volops start {names}`",
        ) from error


def _start(around: Surroundings, journal: Journal) -> None:
    if journal.step is Step.STAGING:
        return
    try:
        start_all(around.engine, around.stack, journal.stopped)
    except EngineFailed as error:
        names = ", ".join(each.service for each in journal.stopped)
        raise RollbackFailed(
            f"the old data is back, but not all services could be started: {error.message}",
            next_step=f"start them with `volops start {names}`",
        ) from error
