"""restore."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from volops.cli import completing
from volops.cli.commands.cloning import restore_into
from volops.cli.commands.unpacking import restore_to
from volops.cli.reporter import Reporter
from volops.cli.units import age, count, duration, size
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

EXITS = (EXIT_NO_BACKUP, EXIT_LOCKED, EXIT_RESTORE_FAILED, EXIT_ROLLBACK_FAILED)
_SWAP_S = 5
"""About what stopping, renaming and starting take, for the estimate that is shown before; measured after."""

yes_option = click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")


@verb(
    "restore",
    backups=True,
    exits=EXITS,
    examples=[
        "volops restore latest",
        "volops restore full_backup_20251025_143022 backend-media --yes",
        "volops restore latest --into rehearsal",
        "volops restore latest backend-media --path 'uploads/2025/*'",
        "volops restore latest backend-media --path uploads/logo.png --to /tmp/found",
    ],
)
@yes_option
@click.option("--dry-run", is_flag=True, help="Show what would be done, and whether it can be.")
@click.option(
    "--patience",
    default=180,
    show_default=True,
    metavar="SECONDS",
    help="How long services may take to get well.",
)
@click.option(
    "--into",
    metavar="PROJECT",
    help="Restore into new volumes, for a copy of this project under that name; touch nothing live.",
)
@click.option(
    "--path",
    "paths",
    multiple=True,
    metavar="GLOB",
    help="Only these paths of the one volume, all below them included (repeatable).",
)
@click.option(
    "--to",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Unpack the files of the one volume into a directory of this machine; touch nothing live.",
)
@click.argument("backup", required=False, shell_complete=completing.backups)
@click.argument("volumes", nargs=-1, metavar="[VOLUME]...")
def restore(
    invocation: Invocation,
    backup: str | None,
    volumes: tuple[str, ...],
    yes: bool,
    dry_run: bool,
    patience: int,
    into: str | None,
    paths: tuple[str, ...],
    directory: Path | None,
) -> int:
    """Put volumes back as they are in a backup.

    Everything is made anew and proven beside the live data first. Then the services that use it stop, old
    and new change places, and they start again; if one does not get well, the old data comes back. What was
    live before is kept until `volops commit` or the next restore, and `volops rollback` puts it back.

    BACKUP is a name, the beginning of one, `latest`, or a path; without it the backups are listed.
    """
    from volops.operations.restore import restore as put_back
    from volops.operations.restore_plan import plan_restore
    from volops.operations.single_paths import with_paths
    from volops.source import look_around

    if backup is None:
        return _list_first(invocation)
    if into is not None and (paths or directory):
        raise InvalidUse("--into restores whole volumes", next_step="leave out --path and --to")
    if directory is not None:
        return restore_to(invocation, backup, volumes, paths, directory)
    if into is not None:
        return restore_into(invocation, backup, volumes, into, dry_run=dry_run)
    workspace, output = invocation.workspace, invocation.output
    entry = workspace.catalog.find(backup)
    around = look_around(workspace.engine, workspace.stack, "", workspace.settings.helper_image)
    plan = plan_restore(workspace, around, entry, volumes)
    if paths:
        plan = with_paths(workspace.catalog, plan, paths)
    _describe(output, plan)
    if dry_run:
        output.note("nothing was done (--dry-run)")
        output.document({"plan": _plan_document(plan)})
        return EXIT_DONE
    if not yes and not agreed(output):
        return EXIT_FAILED
    with Reporter(output, workspace.registry) as reporter:
        done = put_back(workspace, around, plan, reporter, patience=patience)
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
    if plan.chosen is not None:
        chosen = plan.chosen
        output.note(
            f"paths     {count(len(chosen.names), 'path')}, {size(chosen.size)}; all others stay as they are"
        )
        for name in chosen.also:
            output.note(f"          {name} is the same file as one of them, and comes back, too")
    if plan.left_out and plan.chosen is None:
        output.note(f"leaves    {', '.join(plan.left_out)}")
    if plan.stops:
        output.note(f"stops     {', '.join(plan.stops)}, for about {duration(_SWAP_S)}, once all is ready")
    for each in plan.regenerates:
        output.note(f"makes     {each.volume} again: {each.command} (in {each.service})")
    if plan.starts:
        output.note(f"starts    {', '.join(plan.starts)}")


def agreed(output: Output) -> bool:
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
        "paths": len(plan.chosen.names) if plan.chosen else None,
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
        "paths": len(plan.chosen.names) if plan.chosen else None,
        "stopped": stopped_document(done.downtime),
        "started": list(done.started),
        "regenerated": list(done.regenerated),
        "left_out": list(plan.left_out),
    }


def stopped_document(downtime: Mapping[str, float]) -> list[dict[str, object]]:
    return [{"service": service, "seconds": round(seconds, 3)} for service, seconds in downtime.items()]
