"""rollback, commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from volops.cli import completing
from volops.cli.commands.restoring import EXITS, agreed, patience_option, yes_option
from volops.cli.commands.restoring_volumes import stopped_document
from volops.cli.reporter import Reporter
from volops.cli.units import duration, size
from volops.cli.verb import verb
from volops.errors import EXIT_DONE, EXIT_FAILED, InvalidUse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from volops.cli.invocation import Invocation
    from volops.cli.output import Output
    from volops.errors import NotWell


_database = click.option("--database", metavar="NAME", help="What restores of this database alone have kept.")


@verb(
    "rollback",
    backups=True,
    exits=EXITS,
    examples=[
        "volops rollback postgres-data backend-media --yes",
        "volops rollback",
        "volops rollback postgres-data --database backend_db",
    ],
)
@yes_option
@patience_option
@click.option(
    "--anyway",
    is_flag=True,
    help="Have the old data stay even if services do not get well on it (exit code 1 then).",
)
@_database
@click.argument("volumes", nargs=-1, metavar="[VOLUME]...", shell_complete=completing.volumes)
def rollback(
    invocation: Invocation,
    volumes: tuple[str, ...],
    yes: bool,
    patience: int,
    anyway: bool,
    database: str | None,
) -> int:
    """Put the data back that restores have kept.

    Of the volumes that are named, or of every volume that keeps some, bind mounts too, whichever restore it
    is from: they are shown first. What is live now is kept in its stead, so a rollback can be undone by
    another.
    """
    if database is not None:
        from volops.cli.commands.restoring_databases import rollback_of

        if anyway:
            raise InvalidUse("--anyway is for volumes", next_step="leave it out beside --database")
        asking = None if yes else agreed
        return rollback_of(invocation, volumes, database, agreed=asking, patience=patience)
    from volops.operations.rollback import kept
    from volops.operations.rollback import rollback as turn_back
    from volops.source import look_around

    workspace, output = invocation.workspace, invocation.output
    around = look_around(workspace.engine, workspace.stack, "", workspace.settings.helper_image)
    chosen = kept(workspace, around, volumes)
    for each in chosen:
        output.note(f"brings back  {each.volume.key}, {size(each.size)}")
    if chosen and not yes and not agreed(output):
        return EXIT_FAILED
    unwell: list[NotWell] = []
    with Reporter(output, workspace.registry) as reporter:
        downtime = turn_back(
            workspace, around, chosen, reporter, patience=patience, anyway=unwell.append if anyway else None
        )
    _tell_rolled_back(output, [each.volume.key for each in chosen], downtime, unwell)
    return EXIT_FAILED if unwell else EXIT_DONE


def _tell_rolled_back(
    output: Output, keys: Sequence[str], downtime: Mapping[str, float], unwell: Sequence[NotWell]
) -> None:
    for error in unwell:
        output.error(str(error))
    for service, seconds in downtime.items():
        output.note(f"{service} was down for {duration(seconds)}")
    output.note(f"rolled back: {', '.join(keys)}")
    output.document(
        {
            "rollback": {
                "volumes": list(keys),
                "stopped": stopped_document(downtime),
                "unwell": [{"service": error.service, "reason": error.message} for error in unwell],
            }
        }
    )


@verb("commit", backups=True, exits=EXITS, examples=["volops commit", "volops commit backend-media --yes"])
@yes_option
@_database
@click.argument("volumes", nargs=-1, metavar="[VOLUME]...", shell_complete=completing.volumes)
def commit(invocation: Invocation, volumes: tuple[str, ...], yes: bool, database: str | None) -> int:
    """Delete the data that restores have kept.

    Of the volumes that are named, or of every volume that keeps some, bind mounts too, whichever restore it
    is from: they are shown first. Its space is free afterwards, and `volops rollback` can no longer bring it
    back.
    """
    if database is not None:
        from volops.cli.commands.restoring_databases import commit_of

        return commit_of(invocation, volumes, database, agreed=None if yes else agreed)
    from volops.operations.rollback import commit as let_go
    from volops.operations.rollback import kept
    from volops.source import look_around

    workspace, output = invocation.workspace, invocation.output
    around = look_around(workspace.engine, workspace.stack, "", workspace.settings.helper_image)
    chosen = kept(workspace, around, volumes)
    for each in chosen:
        output.note(f"deletes  {each.volume.key} from before its last restore, {size(each.size)}")
    if chosen and not yes and not agreed(output):
        return EXIT_FAILED
    with Reporter(output, workspace.registry) as reporter:
        freed = let_go(workspace, around, chosen, reporter)
    output.note(f"freed {size(freed)}")
    output.document({"commit": {"volumes": [each.volume.key for each in chosen], "freed": freed}})
    return EXIT_DONE
