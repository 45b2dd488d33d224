"""Restore an archive of the shell script that came before volops: a database, uploads and static files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from volops.errors import RestoreFailed
from volops.journal import Journal, JournalFile, Touched
from volops.model import Outcome, Warned
from volops.operations.archive_plan import ArchivePlan, warnings_of
from volops.operations.restore import Restored, restore
from volops.operations.restore_database import (
    DatabasePlan,
    DatabaseRestored,
    make_beside,
    plan_database,
    restore_database,
    settle,
)
from volops.operations.volume_dump import Emit
from volops.source import Surroundings
from volops.unfinished_database import databases_of
from volops.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ArchiveRestored:
    """What was done of a plan."""

    plan: ArchivePlan
    database: DatabaseRestored | None
    trees: Restored | None


def restore_archive(
    workspace: Workspace,
    around: Surroundings,
    plan: ArchivePlan,
    emit: Emit,
    *,
    patience: float = 180,
    trust: bool = False,
) -> ArchiveRestored:
    """Carry out a plan. Database and trees are made and proven beside what is live, and take its place
    together: when this raises RestoreFailed, all of it is as it was. Raises RollbackFailed when that could
    not be brought about.
    """
    for item in plan.trees.items if plan.trees else ():
        for told in warnings_of(item):
            emit(Warned(item.record.key, told))
    wanted = plan.database
    if plan.trees:
        beside = _Database(workspace, around, wanted, emit) if wanted else None
        trees = restore(workspace, around, plan.trees, emit, patience=patience, trust=trust, beside=beside)
        return ArchiveRestored(plan, beside.restored if beside else None, trees)
    database = None
    if wanted:
        key, name = wanted.given.volume.key, wanted.target.exchange.live
        database = restore_database(workspace, around, wanted.dump, key, name, emit, patience=patience)
    return ArchiveRestored(plan, database, None)


class _Database:
    """`volops.operations.swapping.Beside`: the database of an archive beside its trees."""

    def __init__(self, workspace: Workspace, around: Surroundings, plan: DatabasePlan, emit: Emit) -> None:
        self._workspace = workspace
        self._around = around
        self._plan = plan
        self._emit = emit
        self._outcome: Outcome | None = None
        self._proven = ""
        self._well: Mapping[str, float] = {}

    @property
    def key(self) -> str:
        return self._plan.given.volume.key

    @property
    def name(self) -> str:
        return f"{self.key}/{self._plan.target.exchange.live}"

    @property
    def services(self) -> Sequence[str]:
        return self._plan.services

    @property
    def outcomes(self) -> Sequence[Outcome]:
        return [self._outcome] if self._outcome else []

    @property
    def restored(self) -> DatabaseRestored:
        """What was done. Raises RestoreFailed when it was not."""
        if self._outcome is None:
            raise RestoreFailed(f"database {self.name} was not restored")
        return DatabaseRestored(self._plan, self._outcome, self._proven, dict(self._well))

    def noted(self, journal: Journal) -> Journal:
        settle(self._around, JournalFile(self._workspace.state), self._workspace)
        # Somebody may have thought about the plan for long: the names are to be those of now.
        dump, database = self._plan.dump, self._plan.target.exchange.live
        self._plan = plan_database(self._workspace, self._around, dump, self.key, database)
        volume = self._plan.given.volume
        exchange = self._plan.target.exchange
        return replace(journal, exchange=exchange, server=Touched(volume.key, volume.name))

    def make(self) -> None:
        self._outcome, self._proven = make_beside(self._around, self._plan, self._emit)

    def turn(self) -> datetime:
        with databases_of(self._around, self._plan.given) as (volume_type, source):
            volume_type.exchange(source, self._plan.target.exchange)
        return datetime.now(UTC)

    def stands(self, well: Mapping[str, float]) -> None:
        self._well = well
