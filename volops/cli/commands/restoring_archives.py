"""restore, of an archive that the shell script made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from volops.cli.commands.afterwards import offer_restart, tell_of_kept
from volops.cli.commands.restoring_volumes import SWAP_S
from volops.cli.reporter import Reporter
from volops.cli.units import age, duration, size

if TYPE_CHECKING:
    from volops.catalog import Entry
    from volops.cli.commands.restoring import How
    from volops.cli.invocation import Invocation
    from volops.cli.output import Output
    from volops.operations.archive_plan import ArchivePlan
    from volops.operations.restore_archive import ArchiveRestored
    from volops.operations.restore_database import DatabasePlan
    from volops.operations.restore_plan import RestoreItem

Agreed = Callable[["Output"], bool]
"""Asks for `yes`."""


def restore_old_archive(
    invocation: Invocation,
    entry: Entry,
    volumes: Sequence[str],
    database: str | None,
    how: How,
) -> int:
    """Show what would be done, ask, do it, tell of it; return the exit code."""
    from volops.operations.archive_plan import opened_old_archive, plan_archive
    from volops.operations.restore_archive import restore_archive
    from volops.source import look_around

    workspace, output = invocation.workspace, invocation.output
    archive = click.get_current_context().with_resource(opened_old_archive(workspace, entry, trust=how.trust))
    around = look_around(workspace.engine, workspace.stack, "", workspace.settings.helper_image)
    plan = plan_archive(workspace, around, archive, volumes, database)
    _describe(output, plan)
    if (code := how.ends(output, _plan_document(plan))) is not None:
        return code
    with Reporter(output, workspace.registry) as reporter:
        done = restore_archive(workspace, around, plan, reporter, patience=how.patience, trust=how.trust)
    _tell(output, done)
    output.document({"restore": _restored_document(done)})
    servers = plan.database.given.volume.services if plan.database else ()
    again = {*servers, *(done.trees.downtime if done.trees else ())}
    offer_restart(invocation, _touched(plan), again=again, ask=how.asks)
    return reporter.exit_code


def _describe(output: Output, plan: ArchivePlan) -> None:
    entry, made = plan.archive.entry, plan.archive.made
    output.note(f"backup    {entry.name}, {age(made, datetime.now(UTC))}, an archive without manifest")
    if plan.database:
        target = plan.database.target.exchange
        key = plan.database.given.volume.key
        output.note(f"restores  database {target.live} of {key}, {size(plan.database.size)} of SQL")
        if target.kept:
            output.note(f"replaces  database {target.live}, kept as {target.kept}")
    for item in plan.trees.items if plan.trees else ():
        gone = " (the volume is gone and will be created)" if item.missing else ""
        output.note(f"restores  {item.record.key}: {item.record.type}, {size(item.size)}{gone}")
    if plan.trees and plan.trees.stops:
        stops = ", ".join(plan.trees.stops)
        output.note(f"stops     {stops}, for about {duration(SWAP_S)}, once all is ready")


def _tell(output: Output, done: ArchiveRestored) -> None:
    if done.database:
        exchange, key = done.database.plan.target.exchange, done.database.plan.given.volume.key
        output.note(f"proven: {done.database.proven}")
        if exchange.kept:
            output.note(f"the database from before is kept as {exchange.kept}:")
            output.note(f"`volops rollback {key} --database {exchange.live}` puts it back")
    if done.trees:
        for service, seconds in done.trees.downtime.items():
            output.note(f"{service} was down for {duration(seconds)}")
        tell_of_kept(output, done.trees.kept)
    output.note(f"restored from {done.plan.archive.entry.name}: {', '.join(_restored(done.plan))}")


def _touched(plan: ArchivePlan) -> set[str]:
    items = plan.trees.items if plan.trees else ()
    volumes = [item.volume for item in items] + ([plan.database.given.volume] if plan.database else [])
    return {service for volume in volumes for service in volume.services}


def _restored(plan: ArchivePlan) -> list[str]:
    database = [f"database {plan.database.target.exchange.live}"] if plan.database else []
    return database + [item.record.key for item in (plan.trees.items if plan.trees else ())]


def _plan_document(plan: ArchivePlan) -> dict[str, object]:
    trees = plan.trees
    return {
        "backup": plan.archive.entry.name,
        "made": plan.archive.made,
        "database": _database_document(plan.database) if plan.database else None,
        "volumes": [_volume_document(item) for item in (trees.items if trees else ())],
        "stops": list(trees.stops) if trees else [],
    }


def _restored_document(done: ArchiveRestored) -> dict[str, object]:
    from volops.operations.archive_plan import warnings_of

    document = _plan_document(done.plan)
    del document["stops"]
    if done.database:
        document["database"] = _database_document(done.database.plan) | {"proven": done.database.proven}
    trees = done.trees
    document["volumes"] = (
        [
            _volume_document(item)
            | {
                "seconds": outcome.seconds,
                "kept": trees.kept.get(item.volume.key, 0),
                "warnings": [*warnings_of(item), *outcome.warnings],
            }
            for item, outcome in zip(trees.plan.items, trees.outcomes, strict=True)
        ]
        if trees
        else []
    )
    downtime = trees.downtime if trees else {}
    document["stopped"] = [
        {"service": service, "seconds": round(seconds, 3)} for service, seconds in downtime.items()
    ]
    return document


def _database_document(plan: DatabasePlan) -> dict[str, object]:
    exchange = plan.target.exchange
    return {
        "volume": plan.given.volume.key,
        "database": exchange.live,
        "size": plan.size,
        "kept": exchange.kept or None,
    }


def _volume_document(item: RestoreItem) -> dict[str, object]:
    return {
        "volume": item.record.key,
        "type": item.record.type,
        "size": item.size,
        "missing": item.missing,
    }
