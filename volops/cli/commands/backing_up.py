"""backup, backup-db."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from volops.cli import completing
from volops.cli.documents import entry_document, plain_size
from volops.cli.output import shown_path
from volops.cli.reporter import Reporter
from volops.cli.units import count, duration, size
from volops.cli.verb import verb
from volops.errors import (
    EXIT_LOCKED,
    EXIT_NO_BACKUP,
    EXIT_PARTIAL,
    EXIT_ROLLBACK_FAILED,
    InvalidUse,
)

if TYPE_CHECKING:
    from volops.catalog import Entry
    from volops.cli.invocation import Invocation
    from volops.manifest import Manifest

_ALL = (
    "Include what is left out by default, and archive what could be made again. Inactive profiles, "
    "`backup: false` and bind mounts that nobody names stay out."
)
_EXITS = (EXIT_NO_BACKUP, EXIT_LOCKED, EXIT_ROLLBACK_FAILED)


@verb(
    "backup",
    backups=True,
    exits=(*_EXITS, EXIT_PARTIAL),
    examples=["volops backup", "volops backup postgres-data ./backend/logs", "volops backup --all"],
)
@click.option("--all", "everything", is_flag=True, help=_ALL)
@click.argument("volumes", nargs=-1, metavar="[VOLUME]...", shell_complete=completing.volumes)
def backup(invocation: Invocation, volumes: tuple[str, ...], everything: bool) -> int:
    """Back up the stack, or some of its volumes.

    VOLUME is a name from the compose file or from the engine, or the path of a bind mount. The backup
    appears under its name only when it is complete on disk. If a volume fails, or is gone, the others are
    kept as partial_... and the exit code is 3.
    """
    if volumes and everything:
        raise InvalidUse("--all and VOLUME exclude each other", next_step="name volumes, or say --all")
    # Compose is asked first: while it thinks the rest is imported.
    workspace = invocation.workspace
    from volops.operations.backup import Selection
    from volops.operations.backup import backup as back_up

    with Reporter(invocation.output, workspace.registry) as reporter:
        selection = Selection(volumes, everything)
        manifest = back_up(workspace, selection, reporter, estimate=reporter.live)
    entry = workspace.catalog.find(manifest.name)
    invocation.output.note(_closing(manifest, entry), "bold")
    invocation.output.document({"backup": entry_document(entry)})
    return reporter.exit_code


def _closing(manifest: Manifest, entry: Entry) -> str:
    kept = [volume for volume in manifest.volumes if volume.status in ("done", "recipe")]
    wanted = [volume for volume in manifest.volumes if volume.status != "skipped"]
    partial = manifest.kind == "partial"
    volumes = f"{len(kept)} of {count(len(wanted), 'volume')}" if partial else count(len(kept), "volume")
    took = duration((manifest.finished - manifest.created).total_seconds())
    return (
        f"{manifest.name} {'PARTIAL' if partial else 'complete'}: {volumes}, "
        f"{size(plain_size(manifest.volumes))} in {took}, {size(entry.size)} stored → "
        f"{shown_path(entry.path)}"
    )


@verb(
    "backup-db",
    backups=True,
    exits=_EXITS,
    examples=["volops backup-db", "volops backup-db --database orders postgres-data"],
)
@click.option("-d", "--database", metavar="NAME", help="Another database than the service's own.")
@click.argument("volume", required=False, shell_complete=completing.databases)
def backup_db(invocation: Invocation, volume: str | None, database: str | None) -> None:
    """Dump one database to a plain SQL file.

    Its manifest lies beside it. VOLUME is needed only where the stack has several database volumes.
    """
    workspace = invocation.workspace
    from volops.operations.backup_database import backup_database

    with Reporter(invocation.output, workspace.registry) as reporter:
        place = backup_database(workspace, volume, database, reporter, estimate=reporter.live)
    entry = workspace.catalog.find(place)
    seconds = entry_document(entry)["seconds"] or 0.0
    done = f"{Path(place).name} complete: {size(entry.size)} in {duration(seconds)}"
    invocation.output.note(f"{done} → {shown_path(place)}", "bold")
    invocation.output.document({"backup": entry_document(entry)})
