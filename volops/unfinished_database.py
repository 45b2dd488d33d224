"""Bringing a restore of one database to an end that was cut off; one volume's databases, opened for it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from volops.database_type import DatabaseType
from volops.errors import RollbackFailed, VolopsError
from volops.journal import Journal, JournalFile, Step
from volops.model import Exchange
from volops.plugins import Assignment, blaming
from volops.source import LiveSource, Surroundings

RESTORE = "restore"
"""The operation whose incoming database was made for it, and goes with it."""


@contextlib.contextmanager
def databases_of(
    around: Surroundings, given: Assignment, on_warning: Callable[[str], None] = lambda _: None
) -> Iterator[tuple[DatabaseType, LiveSource]]:
    """The type of a volume that holds databases, and the volume as that sees it; what the type raises names
    its plugin."""
    registered = given.type
    volume_type = registered.cls() if registered else None
    if registered is None or volume_type is None or not isinstance(volume_type, DatabaseType):
        raise RollbackFailed(f"volume {given.volume.key!r} holds no databases any more")
    opened = LiveSource(around, given.volume, volume_type, given.options, on_warning=on_warning)
    with opened as source, blaming(registered):
        yield volume_type, source


def conclude_database(
    around: Surroundings, journals: JournalFile, journal: Journal, assignments: Sequence[Assignment]
) -> str:
    """Undo the restore that the journal tells of, or finish it when it was known to work; return a line that
    says which. To be called with the journal held; may be repeated until it returns.

    Raises RollbackFailed when it cannot be done now: the server does not run, or does not answer.
    """
    names = journal.exchange
    if names is not None and journal.step is not Step.KEEP:
        try:
            given = next(
                each for each in assignments if each.volume.name in {one.name for one in journal.volumes}
            )
            with databases_of(around, given) as (volume_type, source):
                _undo(volume_type, source, journal, names)
        except StopIteration:
            raise RollbackFailed(
                f"a {journal.operation} of database {names.live!r} was cut off, and volume "
                f"{journal.volumes[0].name!r}, which it was on, is not in this stack any more",
                next_step="run this with the compose file that has it",
            ) from None
        except VolopsError as error:
            raise _stuck(journal, names, error) from error
    journals.remove()
    if journal.step is Step.KEEP:
        return f"the {journal.operation} of {journal.backup} was finished"
    return f"the unfinished {journal.operation} of {journal.backup} was undone: the data is as it was"


def _undo(volume_type: DatabaseType, source: LiveSource, journal: Journal, names: Exchange) -> None:
    """Bring the old names back if the new ones are there, and delete what was made."""
    there = volume_type.databases(source)
    begun = journal.step is not Step.STAGING
    if begun and names.kept and names.kept in there:
        volume_type.exchange(source, Exchange(names.live, names.kept, names.incoming))
    elif begun and not names.kept and names.live in there and names.incoming not in there:
        # There was none of that name: what is there now was made by us.
        volume_type.discard(source, names.live)
    if journal.operation == RESTORE:
        volume_type.discard(source, names.incoming)


def _stuck(journal: Journal, names: Exchange, error: VolopsError) -> RollbackFailed:
    if journal.step is Step.STAGING:
        state = f"database {names.incoming!r}, which was being made, could not be removed"
    else:
        state = (
            f"the names of databases {names.live!r} and {names.kept or names.incoming!r} could not be put "
            "back as they were"
        )
    return RollbackFailed(
        f"{state}: {error.message}",
        next_step=(error.next_step or "see that the database server runs")
        + "; then run any volops command again",
    )
