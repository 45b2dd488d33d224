"""restore of one table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from volops.cli.commands.restoring_databases import only
from volops.cli.reporter import Reporter
from volops.cli.units import age, duration
from volops.errors import EXIT_DONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from volops.catalog import Entry
    from volops.cli.invocation import Invocation
    from volops.operations.restore_table import TablePlan


def restore_one_table(
    invocation: Invocation,
    entry: Entry,
    volumes: Sequence[str],
    database: str | None,
    table: str,
    copy: str | None,
    *,
    dry_run: bool,
) -> int:
    """Copy a table of the backup beside the live one; return the exit code. Nobody is asked: nothing that is
    there is changed."""
    from volops.operations.dumps import dump_within
    from volops.operations.restore_table import plan_table, restore_table
    from volops.source import look_around

    workspace, output, volume = invocation.workspace, invocation.output, only(volumes)
    around = look_around(workspace.engine, workspace.stack, "", workspace.settings.helper_image)
    dump = dump_within(workspace.catalog, entry, volume, database)
    plan = plan_table(workspace, around, dump, volume, table, copy)
    target = plan.target
    output.note(f"backup    {entry.name}, {age(entry.created, datetime.now(UTC))}")
    output.note(f"copies    table {target.table} of schema {target.schema}, database {target.database}")
    output.note(f"as        {target.copy}, into the live database; nothing is stopped or replaced")
    if dry_run:
        output.note("nothing was done (--dry-run)")
        output.document({"plan": _document(plan)})
        return EXIT_DONE
    with Reporter(output, workspace.registry) as reporter:
        done = restore_table(workspace, around, plan, reporter)
    output.note(f"restored {done.copied.name}: {done.copied.rows} rows in {duration(done.seconds)}")
    output.note("it has no foreign keys and no triggers; to go on, for instance (`volops db-shell`):")
    for statement in done.copied.statements:
        output.line(statement)
    copied = {"name": done.copied.name, "rows": done.copied.rows, "statements": list(done.copied.statements)}
    told = {"seconds": done.seconds, "warnings": list(done.warnings)}
    output.document({"restore": _document(plan) | copied | told})
    return EXIT_DONE


def _document(plan: TablePlan) -> dict[str, object]:
    target = plan.target
    return {
        "backup": plan.dump.name,
        "volume": plan.given.volume.key,
        "database": target.database,
        "schema": target.schema,
        "table": target.table,
        "copy": target.copy,
    }
