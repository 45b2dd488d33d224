"""Restore one table beside the live one: nothing is stopped, nothing is replaced."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from volops.database_type import TableType
from volops.errors import InvalidUse, RestoreFailed, VolopsError
from volops.journal import Journal, JournalFile, Step, Touched
from volops.model import TableCopied, TableTarget
from volops.operations.database_volume import database_volume
from volops.operations.dumps import Dump
from volops.operations.restore_database import settle
from volops.operations.swapping import take_back
from volops.operations.telling import told_as_run
from volops.operations.volume_dump import Emit, Told
from volops.pipeline import observed
from volops.plugins import Assignment, RegisteredType, blaming
from volops.source import LiveSource, Surroundings
from volops.staging_area import StagingArea
from volops.workspace import Workspace

_DOING = "restore"


@dataclass(frozen=True, slots=True)
class TablePlan:
    """What would be copied, out of which dump, into the server of which volume."""

    dump: Dump
    given: Assignment
    type: RegisteredType
    target: TableTarget


@dataclass(frozen=True, slots=True)
class TableRestored:
    """The copy that was made, in how many seconds, and what was odd."""

    plan: TablePlan
    copied: TableCopied
    seconds: float
    warnings: tuple[str, ...]


def plan_table(
    workspace: Workspace, around: Surroundings, dump: Dump, volume: str | None, table: str, copy: str | None
) -> TablePlan:
    """What restoring `table` of a dump that has facts would do; the copy is called `copy`, or NAME_restored.

    Raises InvalidUse, naming the nearest tables, when there is none of that name; RestoreRefused when the
    live database has no room for the copy; ServiceNotRunning.
    """
    known = {given.volume.key for given in workspace.assignments}
    given = database_volume(workspace, volume or (dump.volume if dump.volume in known else None))
    registered = given.type
    if registered is None or not issubclass(registered.cls, TableType):
        raise InvalidUse(
            f"of volume {given.volume.key!r} no table can be restored alone",
            next_step="restore the whole database: leave --table away",
        )
    with _opened(around, given, registered) as (volume_type, source), blaming(registered):
        target = volume_type.aim_table(source, table, copy, dump.open, dump.facts)
    return TablePlan(dump, given, registered, target)


def restore_table(workspace: Workspace, around: Surroundings, plan: TablePlan, emit: Emit) -> TableRestored:
    """Carry out a plan: load the dump into a throwaway server in the volume's staging area, which is gone
    afterwards, prove the table there, and copy it into the live database in one transaction.

    Raises RestoreFailed; the live database is then as it was.
    """
    journals = JournalFile(workspace.state)
    volume = plan.given.volume
    told, start = Told(volume.key, emit), time.monotonic()
    with (
        workspace.catalog.lock(f"volops {_DOING}"),
        journals.held(f"volops {_DOING}"),
        told_as_run(emit, _DOING, plan.dump.name, [volume.key]),
    ):
        settle(around, journals, workspace)
        touched = (Touched(volume.key, volume.name),)
        journals.write(Journal(_DOING, plan.dump.name, Step.STAGING, touched))
        try:
            copied = _carry_out(around, plan, told)
        except (VolopsError, KeyboardInterrupt) as error:
            take_back(around, journals, error)
        journals.remove()
    return TableRestored(plan, copied, round(time.monotonic() - start, 3), tuple(told.warnings))


def _carry_out(around: Surroundings, plan: TablePlan, told: Told) -> TableCopied:
    given, registered = plan.given, plan.type
    staging = StagingArea(
        around,
        given.volume,
        registered.cls(),
        given.options,
        plan.dump.facts,
        on_warning=told.warn,
    )
    with staging as area, _opened(around, given, registered, told) as (volume_type, source):
        area.swap().prepare()
        dump = observed(plan.dump.open(), told.passed)
        with blaming(registered):
            copied = volume_type.copy_table(area, source, plan.target, dump)
        area.release()
        area.swap().undo()
    return copied


@contextmanager
def _opened(
    around: Surroundings, given: Assignment, registered: RegisteredType, told: Told | None = None
) -> Iterator[tuple[TableType, LiveSource]]:
    volume_type = registered.cls()
    if not isinstance(volume_type, TableType):
        raise RestoreFailed(f"type {registered.cls.name!r} cannot restore tables")
    warn = told.warn if told else lambda _: None
    with LiveSource(around, given.volume, volume_type, given.options, on_warning=warn) as source:
        yield volume_type, source
