"""restore, rollback, commit."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from volops.cli import completing
from volops.cli.commands.cloning import restore_into
from volops.cli.reporter import Reporter
from volops.cli.units import age, duration, size
from volops.cli.verb import verb
from volops.errors import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_LOCKED,
    EXIT_NO_BACKUP,
    EXIT_RESTORE_FAILED,
    EXIT_ROLLBACK_FAILED,
    InvalidUse,
)

if TYPE_CHECKING:
    from volops.cli.invocation import Invocation
    from volops.cli.output import Output
    from volops.operations.restore import Restored
    from volops.operations.restore_plan import RestorePlan

_EXITS = (EXIT_NO_BACKUP, EXIT_LOCKED, EXIT_RESTORE_FAILED, EXIT_ROLLBACK_FAILED)
_SWAP_S = 5
"""About what stopping, renaming and starting take, for the estimate that is shown before; measured after."""

_yes = click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
_database = click.option("--database", metavar="NAME", help="What restores of this database alone have kept.")


@verb(
    "restore",
    backups=True,
    exits=_EXITS,
    examples=[
        "volops restore latest",
        "volops restore full_backup_20251025_143022 backend-media --yes",
        "volops restore db_backup_20251025_160000.sql --database backend_db_before_migration",
        "volops restore latest postgres-data --table public.auth_user",
        "volops restore latest --into rehearsal",
    ],
)
@_yes
@click.option(
    "--database", metavar="NAME", help="One database only: of this name, whatever the dump was made of."
)
@click.option("--table", metavar="[SCHEMA.]NAME", help="One table only, beside the live one: NAME_restored.")
@click.option("--as", "copy", metavar="NAME", help="What the restored table is called instead.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and whether it can be.")
@click.option(
    "--patience",
    default=180,
    show_default=True,
    metavar="SECONDS",
    help="How long services may take to get well.",
)
@click.option("--trust", is_flag=True, help="Take what a bundle of your own holds, devices and setuid too.")
@click.option(
    "--into",
    metavar="PROJECT",
    help="Restore into new volumes, for a copy of this project under that name; touch nothing live.",
)
@click.argument("backup", required=False, shell_complete=completing.backups)
@click.argument("volumes", nargs=-1, metavar="[VOLUME]...")
def restore(
    invocation: Invocation,
    backup: str | None,
    volumes: tuple[str, ...],
    yes: bool,
    database: str | None,
    table: str | None,
    copy: str | None,
    dry_run: bool,
    patience: int,
    trust: bool,
    into: str | None,
) -> int:
    """Put volumes back as they are in a backup.

    Everything is made anew and proven beside the live data first. Then the services that use it stop, old
    and new change places, and they start again; if one does not get well, the old data comes back. What was
    live before is kept until `volops commit` or the next restore, and `volops rollback` puts it back.

    A dump of one database, `db_backup_….sql`, is loaded beside the live one on its own server, which goes on
    serving, and then takes its name; the live one is kept under another. One table (--table) comes beside the
    live one, and nothing is replaced.

    BACKUP is a name, the beginning of one, `latest`, or a path, also of a bundle, or of an archive that holds
    a dump, uploads and static files; without it the backups are listed.
    """
    from volops.bundle import looks_like_an_archive
    from volops.cli.commands.restoring_archives import restore_old_archive
    from volops.cli.commands.restoring_databases import restore_dump
    from volops.cli.commands.restoring_tables import restore_one_table
    from volops.operations.dumps import dump_of
    from volops.operations.opening import opened_for_restore
    from volops.operations.restore import restore as put_back
    from volops.operations.restore_plan import plan_restore
    from volops.source import look_around

    if backup is None:
        return _list_first(invocation)
    if into is not None:
        return restore_into(invocation, backup, volumes, into, dry_run=dry_run)
    workspace, output = invocation.workspace, invocation.output
    found = workspace.catalog.find(backup)
    if looks_like_an_archive(found):
        agreed = None if yes else _agreed
        return restore_old_archive(
            invocation, found, volumes, agreed=agreed, dry_run=dry_run, patience=patience, trust=trust
        )
    entry = click.get_current_context().with_resource(opened_for_restore(workspace, found))
    if table is not None:
        return restore_one_table(invocation, entry, volumes, database, table, copy, dry_run=dry_run)
    if copy is not None:
        raise InvalidUse("--as says what one table is to be called", next_step="name it with --table")
    if dump := dump_of(workspace.catalog, entry, volumes[0] if volumes else None, database):
        agreed = None if yes else _agreed
        return restore_dump(
            invocation, entry, dump, volumes, database, agreed=agreed, dry_run=dry_run, patience=patience
        )
    around = look_around(workspace.engine, workspace.stack, "", workspace.settings.helper_image)
    plan = plan_restore(workspace, around, entry, volumes)
    _describe(output, plan)
    if dry_run:
        output.note("nothing was done (--dry-run)")
        output.document({"plan": _plan_document(plan)})
        return EXIT_DONE
    if not yes and not _agreed(output):
        return EXIT_FAILED
    with Reporter(output, workspace.registry) as reporter:
        done = put_back(workspace, around, plan, reporter, patience=patience, trust=trust)
    _tell(output, done)
    output.document({"restore": _restored_document(done)})
    return reporter.exit_code


def _list_first(invocation: Invocation) -> int:
    from volops.cli.commands.backups import list_backups

    invocation.output.line("which backup? choose one of these and call `volops restore NAME`")
    click.get_current_context().invoke(list_backups)
    return EXIT_FAILED


def _describe(output: Output, plan: RestorePlan) -> None:
    now = datetime.now(UTC)
    output.note(f"backup    {plan.entry.name}, {age(plan.entry.created, now)}, {plan.manifest.kind.value}")
    for item in plan.items:
        gone = " (the volume is gone and will be created)" if item.missing else ""
        output.note(f"restores  {item.record.key}: {item.record.type}, {size(item.size)}{gone}")
    if plan.left_out:
        output.note(f"leaves    {', '.join(plan.left_out)}")
    if plan.stops:
        output.note(f"stops     {', '.join(plan.stops)}, for about {duration(_SWAP_S)}, once all is ready")
    if plan.starts:
        output.note(f"starts    {', '.join(plan.starts)}")


def _agreed(output: Output) -> bool:
    if not sys.stdin.isatty():
        raise InvalidUse("a restore replaces live data and nobody can be asked", next_step="say --yes")
    answer: str = click.prompt("Type yes to replace the live data", default="", show_default=False, err=True)
    if answer.strip().lower() == "yes":
        return True
    output.note("nothing was changed")
    return False


def _tell(output: Output, done: Restored) -> None:
    for service, seconds in done.downtime.items():
        output.note(f"{service} was down for {duration(seconds)}")
    kept = {key: bytes_ for key, bytes_ in done.kept.items() if bytes_}
    if kept:
        output.note(
            f"the data from before is kept ({size(sum(kept.values()))}): `volops rollback` puts it back,"
        )
        output.note("`volops commit` deletes it")
    if done.started:
        output.note(f"started: {', '.join(done.started)}")
    output.note(
        f"restored from {done.plan.entry.name}: {', '.join(item.record.key for item in done.plan.items)}"
    )
    output.note("if the application keeps data in memory, `volops restart` makes it read anew")


def _plan_document(plan: RestorePlan) -> dict[str, object]:
    return {
        "backup": plan.entry.name,
        "volumes": [
            {"volume": item.record.key, "type": item.record.type, "size": item.size, "missing": item.missing}
            for item in plan.items
        ],
        "stops": list(plan.stops),
        "starts": list(plan.starts),
        "left_out": list(plan.left_out),
    }


def _restored_document(done: Restored) -> dict[str, object]:
    plan = done.plan
    volumes = [
        {
            "volume": item.record.key,
            "type": item.record.type,
            "size": item.size,
            "missing": item.missing,
            "seconds": outcome.seconds,
            "kept": done.kept.get(item.volume.key, 0),
            "warnings": list(outcome.warnings),
        }
        for item, outcome in zip(plan.items, done.outcomes, strict=True)
    ]
    return {
        "backup": plan.entry.name,
        "volumes": volumes,
        "stopped": _stopped_document(done.downtime),
        "started": list(done.started),
        "left_out": list(plan.left_out),
    }


def _stopped_document(downtime: Mapping[str, float]) -> list[dict[str, object]]:
    return [{"service": service, "seconds": round(seconds, 3)} for service, seconds in downtime.items()]


@verb(
    "rollback",
    backups=True,
    exits=_EXITS,
    examples=[
        "volops rollback",
        "volops rollback postgres-data --yes",
        "volops rollback postgres-data --database backend_db",
    ],
)
@_yes
@click.option(
    "--patience",
    default=180,
    show_default=True,
    metavar="SECONDS",
    help="How long services may take to get well.",
)
@_database
@click.argument("volumes", nargs=-1, metavar="[VOLUME]...", shell_complete=completing.volumes)
def rollback(
    invocation: Invocation, volumes: tuple[str, ...], yes: bool, patience: int, database: str | None
) -> int:
    """Put the data from before the last restore back.

    What is live now is kept in its stead, so a rollback can be undone by another.
    """
    if database is not None:
        from volops.cli.commands.restoring_databases import rollback_of

        agreed = None if yes else _agreed
        return rollback_of(invocation, volumes, database, agreed=agreed, patience=patience)
    from volops.operations.rollback import kept
    from volops.operations.rollback import rollback as turn_back
    from volops.source import look_around

    workspace, output = invocation.workspace, invocation.output
    around = look_around(workspace.engine, workspace.stack, "", workspace.settings.helper_image)
    chosen = kept(workspace, around, volumes)
    for each in chosen:
        output.note(f"brings back  {each.volume.key}, {size(each.size)}")
    if chosen and not yes and not _agreed(output):
        return EXIT_FAILED
    downtime = turn_back(workspace, around, chosen, patience=patience)
    for service, seconds in downtime.items():
        output.note(f"{service} was down for {duration(seconds)}")
    output.note(f"rolled back: {', '.join(each.volume.key for each in chosen)}")
    output.document(
        {
            "rollback": {
                "volumes": [each.volume.key for each in chosen],
                "stopped": _stopped_document(downtime),
            }
        }
    )
    return EXIT_DONE


@verb("commit", backups=True, exits=_EXITS, examples=["volops commit", "volops commit backend-media --yes"])
@_yes
@_database
@click.argument("volumes", nargs=-1, metavar="[VOLUME]...", shell_complete=completing.volumes)
def commit(invocation: Invocation, volumes: tuple[str, ...], yes: bool, database: str | None) -> int:
    """Delete what the last restore put aside.

    Its space is free afterwards; `volops rollback` can no longer bring it back.
    """
    if database is not None:
        from volops.cli.commands.restoring_databases import commit_of

        return commit_of(invocation, volumes, database, agreed=None if yes else _agreed)
    from volops.operations.rollback import commit as let_go
    from volops.operations.rollback import kept
    from volops.source import look_around

    workspace, output = invocation.workspace, invocation.output
    around = look_around(workspace.engine, workspace.stack, "", workspace.settings.helper_image)
    chosen = kept(workspace, around, volumes)
    for each in chosen:
        output.note(f"deletes  {each.volume.key} from before its last restore, {size(each.size)}")
    if chosen and not yes and not _agreed(output):
        return EXIT_FAILED
    freed = let_go(workspace, around, chosen)
    output.note(f"freed {size(freed)}")
    output.document({"commit": {"volumes": [each.volume.key for each in chosen], "freed": freed}})
    return EXIT_DONE
