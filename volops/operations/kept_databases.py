"""What restores of one database have kept on its server: putting it back, or letting it go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from volops.errors import VolopsError
from volops.journal import JournalFile
from volops.model import DatabaseTarget
from volops.operations.audit import audited
from volops.operations.database_volume import database_volume
from volops.operations.restore_database import begun, put_in_place, services_well, settle, undo
from volops.operations.telling import told_as_run, unheard
from volops.operations.volume_dump import Emit
from volops.plugins import Assignment
from volops.source import Surroundings
from volops.unfinished_database import databases_of
from volops.workspace import Workspace

_ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class KeptDatabase:
    """A database, and what is kept of it from before its restores: `target.earlier` has the names and sizes,
    `target.exchange` would bring the newest back and keep the live one in its stead."""

    given: Assignment
    target: DatabaseTarget

    @property
    def earlier(self) -> Mapping[str, int]:
        """Names and sizes in bytes, the newest first."""
        return self.target.earlier


def kept_database(
    workspace: Workspace, around: Surroundings, volume: str | None, database: str
) -> KeptDatabase:
    """What is kept of that database. Raises InvalidUse when nothing is."""
    given = database_volume(workspace, volume)
    with databases_of(around, given) as (volume_type, source):
        return KeptDatabase(given, volume_type.earlier(source, database))


def rollback_database(
    workspace: Workspace,
    around: Surroundings,
    kept: KeptDatabase,
    emit: Emit = unheard,
    *,
    patience: float = 180,
) -> dict[str, float]:
    """Bring the newest back; return after how many seconds each service was well on it. Raises as
    `restore_database` does."""
    journals = JournalFile(workspace.state)
    exchange = kept.target.exchange
    name = _called(kept)
    with (
        workspace.catalog.lock(f"volops {_ROLLBACK}"),
        journals.held(f"volops {_ROLLBACK}"),
        audited(workspace, _ROLLBACK, [name]) as deed,
        told_as_run(emit, _ROLLBACK, workspace.stack.project, [kept.given.volume.key]),
    ):
        settle(around, journals, workspace)
        journal = begun(_ROLLBACK, f"database {exchange.live}", kept.given, exchange)
        services = services_well(around, kept.given)
        try:
            well = put_in_place(around, kept.given, exchange, journals, journal, services, patience)
        except (VolopsError, KeyboardInterrupt) as error:
            undo(around, journals, workspace, error)
        deed.touched.append(name)
        return well


def commit_database(
    workspace: Workspace, around: Surroundings, kept: KeptDatabase, emit: Emit = unheard
) -> int:
    """Delete all that is kept of the database; return the bytes freed."""
    with (
        JournalFile(workspace.state).held("volops commit"),
        audited(workspace, "commit", [_called(kept)]) as deed,
        told_as_run(emit, "commit", workspace.stack.project, [kept.given.volume.key]),
        databases_of(around, kept.given) as (volume_type, source),
    ):
        for name, size in kept.earlier.items():
            volume_type.discard(source, name)
            deed.touched.append(f"{kept.given.volume.key}/{name}")
            deed.freed += size
    return sum(kept.earlier.values())


def _called(kept: KeptDatabase) -> str:
    return f"{kept.given.volume.key}/{kept.target.exchange.live}"
