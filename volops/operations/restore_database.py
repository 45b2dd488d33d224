"""Restore one database: made and proven beside the live one on its own server, then put in its place."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from volops.errors import (
    EXIT_DONE,
    ArtifactCorrupt,
    PluginBroken,
    RestoreFailed,
    RestoreRefused,
    RollbackFailed,
    VolopsError,
)
from volops.journal import Journal, JournalFile, Step, Touched
from volops.model import (
    Artifact,
    DatabaseTarget,
    Exchange,
    Outcome,
    OutcomeStatus,
    RunFinished,
    RunStarted,
    VolumeFinished,
    VolumeStarted,
)
from volops.operations.audit import audited
from volops.operations.database_volume import database_volume
from volops.operations.dumps import Dump
from volops.operations.failing import fail
from volops.operations.volume_dump import Emit, Told
from volops.pipeline import observed
from volops.plugins import Assignment, RegisteredType
from volops.services import relying_on, wait_until_well
from volops.source import Surroundings
from volops.unfinished import bring_to_its_end
from volops.unfinished_database import RESTORE, conclude_database, databases_of
from volops.workspace import Workspace

SQL = "application/sql"
_HEAD_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class DatabasePlan:
    """What restoring a dump would do. `size` is the dump's in bytes; `services` are those that rely on the
    server, it among them, and are well now: they must be so afterwards."""

    dump: Dump
    given: Assignment
    target: DatabaseTarget
    size: int
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DatabaseRestored:
    """What was done. `proven` says what the new database was held against; `well` after how many seconds each
    service was seen to be well on it."""

    plan: DatabasePlan
    outcome: Outcome
    proven: str
    well: dict[str, float]


def plan_database(
    workspace: Workspace, around: Surroundings, dump: Dump, volume: str | None, database: str | None
) -> DatabasePlan:
    """What restoring `dump` would do: into the database of that name, by default the one it was made of.

    The dump is read to its end. Without `volume` it is the one that the dump was made of, or the only one of
    the stack that holds databases. Raises InvalidUse, ServiceNotRunning, and RestoreRefused when the dump is
    not whole or the server cannot take it.
    """
    given = database_volume(workspace, volume or _recorded_volume(workspace, dump))
    with databases_of(around, given) as (volume_type, source):
        head, size, problem = _read_through(given, dump)
        target = volume_type.aim(source, database, head, dump.facts)
    if problem is not None:
        raise RestoreRefused(problem.message, next_step="restore another backup, see `volops list`")
    return DatabasePlan(dump, given, target, size, services_well(around, given))


def restore_database(
    workspace: Workspace,
    around: Surroundings,
    dump: Dump,
    volume: str | None,
    database: str | None,
    emit: Emit,
    *,
    patience: float = 180,
) -> DatabaseRestored:
    """Restore `dump` (see `plan_database`) and let the database from before stay under another name.

    The live database is as before when this raises RestoreFailed; RollbackFailed is raised when that could
    not be brought about. Services that do not get well within `patience` seconds get the old one back.
    """
    journals = JournalFile(workspace.state)
    with (
        workspace.catalog.lock(f"volops {RESTORE}"),
        journals.held(f"volops {RESTORE}"),
        audited(workspace, RESTORE, backup=dump.name) as deed,
    ):
        settle(around, journals, workspace)
        plan = plan_database(workspace, around, dump, volume, database)
        emit(RunStarted(RESTORE, dump.name, (plan.given.volume.key,)))
        journal = begun(RESTORE, dump.name, plan.given, plan.target.exchange)
        try:
            done = _carry_out(around, plan, journals, journal, emit, patience)
        except (VolopsError, KeyboardInterrupt) as error:
            undo(around, journals, workspace, error)
        deed.touched.append(f"{plan.given.volume.key}/{plan.target.exchange.live}")
    emit(RunFinished(RESTORE, dump.name, (done.outcome,), EXIT_DONE))
    return done


def begun(operation: str, name: str, given: Assignment, exchange: Exchange) -> Journal:
    """The journal of an operation on databases, before its first step."""
    touched = Touched(given.volume.key, given.volume.name)
    return Journal(operation, name, Step.STAGING, (touched,), exchange=exchange)


def settle(around: Surroundings, journals: JournalFile, workspace: Workspace) -> None:
    """Undo what an earlier operation left and nobody could undo until now. Raises RollbackFailed."""
    if journals.exists and (journal := journals.read()).exchange is not None:
        bring_to_its_end(around, journals, journal, workspace.assignments)


def services_well(around: Surroundings, given: Assignment) -> tuple[str, ...]:
    """The services that rely on the volume's server and are well now."""
    well = {each.service for each in around.containers if each.running and each.health in ("", "healthy")}
    return tuple(name for name in relying_on(around.stack, given.volume.services) if name in well)


def make_beside(around: Surroundings, plan: DatabasePlan, emit: Emit) -> tuple[Outcome, str]:
    """Load the dump beside the live database and prove it; return how that came out, and what was proven. The
    journal must tell of it already."""
    key, dump = plan.given.volume.key, plan.dump
    told, start = Told(key, emit), time.monotonic()
    kind = _type(plan.given).cls.name
    with databases_of(around, plan.given, told.warn) as (volume_type, source):
        emit(VolumeStarted(key, kind, plan.size))
        stream = observed(dump.open(), told.passed)
        proven = volume_type.load_database(source, plan.target, stream, dump.facts)
    outcome = Outcome(
        volume=key,
        type=kind,
        status=OutcomeStatus.DONE,
        size=told.size,
        stored_size=plan.size,
        seconds=round(time.monotonic() - start, 3),
        warnings=tuple(told.warnings),
    )
    emit(VolumeFinished(outcome))
    return outcome, proven


def put_in_place(
    around: Surroundings,
    given: Assignment,
    exchange: Exchange,
    journals: JournalFile,
    journal: Journal,
    services: tuple[str, ...],
    patience: float,
) -> dict[str, float]:
    """Have the names change, and see that services get well: for each the seconds until it was.

    When this raises, the journal tells how to undo what was done.
    """
    with databases_of(around, given) as (volume_type, source):
        journals.write(journal.at(Step.SWAPPING))
        start = time.monotonic()
        volume_type.exchange(source, exchange)
        changed = datetime.now(UTC)
        journals.write(journal.at(Step.STARTING))
    well = wait_until_well(around.engine, around.stack, services, patience, since=start, changed=changed)
    journals.write(journal.at(Step.KEEP))
    journals.remove()
    return well


def undo(around: Surroundings, journals: JournalFile, workspace: Workspace, error: BaseException) -> NoReturn:
    """Undo what the journal tells of, then raise `error` as a RestoreFailed. Raises RollbackFailed when the
    names could not be put back. When the services were well on the new names already, these stand, and what
    is raised says so."""
    journal = journals.read() if journals.exists else None
    if journal is not None:
        try:
            conclude_database(around, journals, journal, workspace.assignments)
        except RollbackFailed as stuck:
            if journal.step is not Step.STAGING:
                raise
            told = getattr(error, "message", "interrupted")
            raise RestoreFailed(f"{told}; {stuck.message}", next_step=stuck.next_step) from error
    fail(journal, error)


def _carry_out(
    around: Surroundings,
    plan: DatabasePlan,
    journals: JournalFile,
    journal: Journal,
    emit: Emit,
    patience: float,
) -> DatabaseRestored:
    journals.write(journal)
    outcome, proven = make_beside(around, plan, emit)
    exchange = plan.target.exchange
    well = put_in_place(around, plan.given, exchange, journals, journal, plan.services, patience)
    return DatabaseRestored(plan, outcome, proven, well)


def _recorded_volume(workspace: Workspace, dump: Dump) -> str | None:
    known = {given.volume.key for given in workspace.assignments}
    return dump.volume if dump.volume in known else None


def _read_through(given: Assignment, dump: Dump) -> tuple[bytes, int, ArtifactCorrupt | None]:
    """How the dump begins, its size, and why it is not whole: what it is at all is told before that."""
    head, size = bytearray(), 0

    def passing() -> Iterator[bytes]:
        nonlocal size
        for chunk in dump.open():
            size += len(chunk)
            if len(head) < _HEAD_BYTES:
                head.extend(chunk)
            yield chunk

    stream = passing()
    try:
        _type(given).cls().verify(Artifact(dump.name, SQL, stream))
        for _ in stream:
            pass
    except ArtifactCorrupt as error:
        return bytes(head), size, error
    return bytes(head), size, None


def _type(given: Assignment) -> RegisteredType:
    if given.type is None:
        raise PluginBroken(f"volume {given.volume.key!r} has no type")
    return given.type
