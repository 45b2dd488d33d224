"""restore, rollback and commit of one database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from volops.cli.commands.afterwards import offer_restart
from volops.cli.reporter import Reporter
from volops.cli.units import age, duration, size
from volops.errors import EXIT_DONE, EXIT_FAILED, InvalidUse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from volops.catalog import Entry
    from volops.cli.commands.restoring import How
    from volops.cli.invocation import Invocation
    from volops.cli.output import Output
    from volops.operations.dumps import Dump
    from volops.operations.restore_database import DatabasePlan, DatabaseRestored

Agreed = Callable[["Output"], bool]
"""Asks for `yes`."""


def restore_dump(
    invocation: Invocation,
    entry: Entry,
    dump: Dump,
    volumes: Sequence[str],
    database: str | None,
    how: How,
) -> int:
    """Show what would be done, ask, do it, tell of it; return the exit code."""
    from volops.operations.restore_database import plan_database, restore_database
    from volops.source import look_around

    workspace, output, volume = invocation.workspace, invocation.output, only(volumes)
    around = look_around(workspace.engine, workspace.stack, "", workspace.settings.helper_image)
    plan = plan_database(workspace, around, dump, volume, database)
    _describe(output, entry, plan)
    if (code := how.ends(output, _plan_document(plan))) is not None:
        return code
    with Reporter(output, workspace.registry) as reporter:
        done = restore_database(workspace, around, dump, volume, database, reporter, patience=how.patience)
    _tell(output, done)
    output.document({"restore": _restored_document(done)})
    offer_restart(invocation, plan.given.volume.services, again=plan.given.volume.services, ask=how.asks)
    return reporter.exit_code


def rollback_of(
    invocation: Invocation,
    volumes: Sequence[str],
    database: str,
    *,
    agreed: Agreed | None,
    patience: int,
) -> int:
    """Bring back what the last restore of the database kept."""
    from volops.operations.kept_databases import kept_database, rollback_database
    from volops.source import look_around

    workspace, output = invocation.workspace, invocation.output
    around = look_around(workspace.engine, workspace.stack, "", workspace.settings.helper_image)
    kept = kept_database(workspace, around, only(volumes), database)
    exchange = kept.target.exchange
    output.note(f"brings back  {exchange.incoming} as {database}, {size(kept.earlier[exchange.incoming])}")
    if exchange.kept:
        output.note(f"keeps        what is {database} now as {exchange.kept}")
    if agreed is not None and not agreed(output):
        return EXIT_FAILED
    with Reporter(output, workspace.registry) as reporter:
        well = rollback_database(workspace, around, kept, reporter, patience=patience)
    _tell_well(output, well)
    output.note(f"rolled back: database {database} of {kept.given.volume.key}")
    document = {"volume": kept.given.volume.key, "database": database, "kept": exchange.kept or None}
    output.document({"rollback": document | {"well": _well_document(well)}})
    return EXIT_DONE


def commit_of(invocation: Invocation, volumes: Sequence[str], database: str, *, agreed: Agreed | None) -> int:
    """Delete what restores of the database have kept."""
    from volops.operations.kept_databases import commit_database, kept_database
    from volops.source import look_around

    workspace, output = invocation.workspace, invocation.output
    around = look_around(workspace.engine, workspace.stack, "", workspace.settings.helper_image)
    kept = kept_database(workspace, around, only(volumes), database)
    for name, bytes_ in kept.earlier.items():
        output.note(f"deletes  database {name}, {size(bytes_)}")
    if agreed is not None and not agreed(output):
        return EXIT_FAILED
    with Reporter(output, workspace.registry) as reporter:
        freed = commit_database(workspace, around, kept, reporter)
    output.note(f"freed {size(freed)}")
    document = {"volume": kept.given.volume.key, "database": database, "deleted": list(kept.earlier)}
    output.document({"commit": document | {"freed": freed}})
    return EXIT_DONE


def only(volumes: Sequence[str]) -> str | None:
    """The one volume that was named, if any. Raises InvalidUse when there are more."""
    if len(volumes) > 1:
        raise InvalidUse("one database is of one volume", next_step="name one volume")
    return volumes[0] if volumes else None


def _describe(output: Output, entry: Entry, plan: DatabasePlan) -> None:
    target, exchange = plan.target, plan.target.exchange
    kind = "database" if plan.dump.facts else "a dump without manifest"
    output.note(f"backup    {plan.dump.name}, {age(entry.created, datetime.now(UTC))}, {kind}")
    output.note(f"restores  database {exchange.live} of {plan.given.volume.key}, {size(plan.size)} of SQL")
    if exchange.kept:
        output.note(
            f"replaces  database {exchange.live}, {size(target.size or 0)}, which is kept under another name"
        )
    else:
        output.note(f"creates   database {exchange.live}")
    if target.sessions:
        plural = "s" if target.sessions > 1 else ""
        output.note(
            f"ends      {target.sessions} connection{plural} to it, once all is ready; nothing is stopped"
        )
    for name, bytes_ in target.earlier.items():
        output.note(f"leaves    {name}, {size(bytes_)}, from before an earlier restore")


def _tell(output: Output, done: DatabaseRestored) -> None:
    plan, exchange = done.plan, done.plan.target.exchange
    output.note(f"proven: {done.proven}")
    _tell_well(output, done.well)
    if exchange.kept:
        where = f"{plan.given.volume.key} --database {_shown(exchange.live)}"
        output.note(f"the database from before is kept as {exchange.kept} ({size(plan.target.size or 0)}):")
        output.note(f"`volops rollback {where}` puts it back, `volops commit {where}` deletes it")
    output.note(f"restored database {exchange.live} from {plan.dump.name}")


def _tell_well(output: Output, well: dict[str, float]) -> None:
    for service, seconds in well.items():
        output.note(f"{service} was seen to be well on it after {duration(seconds)}")


def _shown(name: str) -> str:
    from shlex import quote

    return quote(name)


def _plan_document(plan: DatabasePlan) -> dict[str, object]:
    exchange = plan.target.exchange
    return {
        "backup": plan.dump.name,
        "volume": plan.given.volume.key,
        "database": exchange.live,
        "size": plan.size,
        "replaces": plan.target.size,
        "connections": plan.target.sessions,
        "earlier": [{"database": name, "size": bytes_} for name, bytes_ in plan.target.earlier.items()],
    }


def _restored_document(done: DatabaseRestored) -> dict[str, object]:
    return _plan_document(done.plan) | {
        "kept": done.plan.target.exchange.kept or None,
        "seconds": done.outcome.seconds,
        "proven": done.proven,
        "warnings": list(done.outcome.warnings),
        "well": _well_document(done.well),
    }


def _well_document(well: dict[str, float]) -> list[dict[str, object]]:
    return [{"service": service, "seconds": round(seconds, 3)} for service, seconds in well.items()]
