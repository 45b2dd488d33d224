"""bundle."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from volops.cli import completing
from volops.cli.output import shown_path
from volops.cli.reporter import Reporter
from volops.cli.units import count, duration, size
from volops.cli.verb import verb
from volops.errors import EXIT_DONE, EXIT_NO_BACKUP

if TYPE_CHECKING:
    from volops.cli.invocation import Invocation


@verb(
    "bundle",
    backups=True,
    exits=[EXIT_NO_BACKUP],
    examples=["volops bundle latest", "volops bundle full_backup_20251025_143022 --output /media/stick/"],
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File or directory to write to; default: beside the backup.",
)
@click.option("--partial", is_flag=True, help="Also of a backup in which volumes are missing.")
@click.argument("backup", shell_complete=completing.backups)
def bundle(invocation: Invocation, backup: str, output: Path | None, partial: bool) -> int:
    """Write a backup as one file to carry about.

    \b
    full_backup_20251025_143022.tar.gz
      manifest.json                           what is in it, sizes and digests
      db_backup_20251025_143022.sql           and all other dumps, as they are
      media_backup_20251025_143022.tar.gz     and all other archives, gzip'd

    `tar xzf` unpacks it, and `volops restore FILE` restores from it, on another machine too. Every byte
    is compared with the manifest meanwhile. A file of that name is never overwritten.
    """
    from volops.operations.bundle import bundle as write_bundle
    from volops.plugins import discover

    registry, shown = discover(), invocation.output
    entry = invocation.backup(backup)
    with Reporter(shown, registry) as reporter:
        start = time.monotonic()
        done = write_bundle(invocation.catalog, entry, output, reporter, partial=partial)
    files = [artifact.file for artifact in done.manifest.every_artifact]
    shown.note(
        f"{entry.name} bundled: {count(len(files), 'file')}, {size(done.size)} in "
        f"{duration(time.monotonic() - start)} → {shown_path(done.path)}",
        "bold",
    )
    shown.document(
        {"bundle": {"backup": entry.name, "path": str(done.path), "size": done.size, "files": files}}
    )
    return EXIT_DONE
