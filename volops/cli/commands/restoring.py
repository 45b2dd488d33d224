"""restore."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from volops.cli import completing
from volops.cli.commands.restoring_options import require_compatible
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
    from volops.catalog import Entry
    from volops.cli.invocation import Invocation
    from volops.cli.output import Output

    Agreed = Callable[[Output], bool]

EXITS = (EXIT_NO_BACKUP, EXIT_LOCKED, EXIT_RESTORE_FAILED, EXIT_ROLLBACK_FAILED)

yes_option = click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
patience_option = click.option(
    "--patience",
    default=180,
    show_default=True,
    metavar="SECONDS",
    help="How long services may take to get well.",
)


@dataclass(frozen=True, slots=True)
class How:
    """How a restore is to go about it. `agreed` asks the user, and is None when nobody is to be asked."""

    dry_run: bool
    patience: int
    trust: bool
    agreed: Agreed | None

    @property
    def asks(self) -> bool:
        """Whether somebody is there to be asked."""
        return self.agreed is not None

    def ends(self, output: Output, plan: Mapping[str, object]) -> int | None:
        """The exit code to end with now that the plan has been shown; None when it is to be carried out."""
        if self.dry_run:
            output.note("nothing was done (--dry-run)")
            output.document({"plan": plan})
            return EXIT_DONE
        if self.agreed is not None and not self.agreed(output):
            return EXIT_FAILED
        return None


@verb(
    "restore",
    backups=True,
    exits=EXITS,
    examples=[
        "volops restore latest",
        "volops restore full_backup_20251025_143022 backend-media --yes",
        "volops restore db_backup_20251025_160000.sql --database backend_db_before_migration",
        "volops restore latest postgres-data --table public.auth_user",
        "volops restore latest --into rehearsal",
        "volops restore latest backend-media --path 'uploads/2025/*'",
        "volops restore latest backend-media --path uploads/logo.png --to /tmp/found",
    ],
)
@yes_option
@click.option(
    "--database", metavar="NAME", help="One database only: of this name, whatever the dump was made of."
)
@click.option("--table", metavar="[SCHEMA.]NAME", help="One table only, beside the live one: NAME_restored.")
@click.option("--as", "copy", metavar="NAME", help="What the restored table is called instead.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and whether it can be.")
@patience_option
@click.option("--trust", is_flag=True, help="Take what a bundle of your own holds, devices and setuid too.")
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
@click.argument("volumes", nargs=-1, metavar="[VOLUME]...", shell_complete=completing.volumes_of_backup)
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
    paths: tuple[str, ...],
    directory: Path | None,
) -> int:
    """Put volumes back as they are in a backup.

    Everything is made anew and proven beside the live data first. Then the services that use it stop, old
    and new change places, and they start again; if one does not get well, the old data comes back. What was
    live before is kept until the next restore of that volume: `volops rollback VOLUME` puts it back, `volops
    commit VOLUME` deletes it.

    A dump of one database, `db_backup_….sql`, is loaded beside the live one on its own server, which goes on
    serving, and then takes its name; the live one is kept under another. One table (--table) comes beside the
    live one, and nothing is replaced.

    BACKUP is a name, the beginning of one, `latest`, or a path, also of a bundle, or of an archive that holds
    a dump, uploads and static files; without it the backups are listed.
    """
    if backup is None:
        return _list_first(invocation)
    said = {"--into": into, "--to": directory, "--path": paths, "--database": database}
    said |= {"--table": table, "--as": copy}
    require_compatible({option for option, value in said.items() if value not in (None, ())})
    how = How(dry_run=dry_run, patience=patience, trust=trust, agreed=None if yes else agreed)
    found = invocation.backup(backup, invocation.workspace.catalog)
    if into is not None or directory is not None:
        return _elsewhere(invocation, found, volumes, into, paths, directory, how)
    return _in_place(invocation, found, volumes, paths, database, table, copy, how)


def _elsewhere(
    invocation: Invocation,
    found: Entry,
    volumes: tuple[str, ...],
    into: str | None,
    paths: tuple[str, ...],
    directory: Path | None,
    how: How,
) -> int:
    """Into the volumes of another project, or into a directory of this machine."""
    from volops.cli.commands.cloning import restore_into
    from volops.cli.commands.unpacking import restore_to
    from volops.operations.opening import opened_for_restore

    entry = click.get_current_context().with_resource(opened_for_restore(invocation.workspace, found))
    if directory is not None:
        return restore_to(invocation, entry, volumes, paths, directory, dry_run=how.dry_run, trust=how.trust)
    return restore_into(invocation, entry, volumes, into or "", dry_run=how.dry_run, trust=how.trust)


def _in_place(
    invocation: Invocation,
    found: Entry,
    volumes: tuple[str, ...],
    paths: tuple[str, ...],
    database: str | None,
    table: str | None,
    copy: str | None,
    how: How,
) -> int:
    """One table, one database, an archive that holds a dump, or volumes: what of it is meant."""
    from volops.bundle import looks_like_an_archive
    from volops.cli.commands.restoring_archives import restore_old_archive
    from volops.cli.commands.restoring_databases import restore_dump
    from volops.cli.commands.restoring_tables import restore_one_table
    from volops.cli.commands.restoring_volumes import restore_volumes
    from volops.operations.dumps import dump_of
    from volops.operations.opening import opened_for_restore

    if paths and looks_like_an_archive(found):
        raise InvalidUse(
            f"{found.name} has no manifest: single paths cannot be chosen from it",
            next_step="restore a whole volume by naming it, without --path",
        )
    if looks_like_an_archive(found) and table is None:
        return restore_old_archive(invocation, found, volumes, database, how)
    catalog = invocation.workspace.catalog
    entry = click.get_current_context().with_resource(opened_for_restore(invocation.workspace, found))
    if table is not None:
        return restore_one_table(invocation, entry, volumes, database, table, copy, dry_run=how.dry_run)
    if dump := dump_of(catalog, entry, volumes[0] if volumes else None, database):
        if paths:
            raise InvalidUse(
                f"--path chooses files of a volume, and {entry.name} is the dump of a database",
                next_step="leave out --path, or choose one table with --table",
            )
        return restore_dump(invocation, entry, dump, volumes, database, how)
    return restore_volumes(invocation, entry, volumes, paths, how)


def _list_first(invocation: Invocation) -> int:
    from volops.cli.commands.backups import list_backups

    invocation.output.line("which backup? choose one of these and call `volops restore NAME`")
    click.get_current_context().invoke(list_backups)
    return EXIT_FAILED


def agreed(output: Output) -> bool:
    if not sys.stdin.isatty():
        raise InvalidUse("a restore replaces live data and nobody can be asked", next_step="say --yes")
    answer: str = click.prompt("Type yes to replace the live data", default="", show_default=False, err=True)
    if answer.strip().lower() == "yes":
        return True
    output.note("nothing was changed")
    return False
