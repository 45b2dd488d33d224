"""clean-all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from volops.cli.commands.cleaning import dry_run_option
from volops.cli.commands.cleaning_shown import (
    REMOVED_EXITS,
    backed_up,
    criticality,
    describe_project,
    left_line,
    project_document,
    report_project,
    warn_of_risks,
)
from volops.cli.reporter import Reporter
from volops.cli.units import count, size
from volops.cli.verb import verb
from volops.errors import EXIT_DONE, EXIT_FAILED, InvalidUse

if TYPE_CHECKING:
    from volops.cli.invocation import Invocation
    from volops.cli.output import Output
    from volops.operations.clean_project import ProjectPlan

PHRASE = "DELETE EVERYTHING"
_WIDTH = 72


@verb(
    "clean-all",
    backups=True,
    exits=REMOVED_EXITS,
    examples=["volops clean-all", "volops clean-all --backup-first", "volops clean-all --dry-run"],
)
@click.option(
    "--yes-delete-everything", "sure", is_flag=True, help="Do not ask for the phrase; for programs."
)
@click.option(
    "--backup-first",
    is_flag=True,
    help="Take a backup; unless it holds all that is critical or important, nothing is deleted.",
)
@dry_run_option
def clean_all(invocation: Invocation, sure: bool, backup_first: bool, dry_run: bool) -> int:
    """Delete the project's containers, networks and volumes.

    Shows everything that will be lost and asks for the phrase DELETE EVERYTHING; anything else cancels.
    External volumes, bind mounts and what belongs to other projects stay, and so do the backups. A volume
    that a container outside the project uses is refused before anything is removed.
    """
    from volops.operations.clean_everything import back_up_first, require_held
    from volops.operations.clean_project import plan_everything
    from volops.operations.clean_removing import remove

    workspace, output = invocation.workspace, invocation.output
    plan = plan_everything(workspace)
    if plan.nothing:
        output.note("nothing to clean")
        output.document({"plan" if dry_run else "clean": project_document(plan, None)})
        return EXIT_DONE
    _show(output, workspace.stack.project, plan, backup_first=backup_first)
    if backup_first:
        require_held(plan)
    if dry_run:
        output.note("nothing was done (--dry-run)")
        output.document({"plan": project_document(plan, None)})
        return EXIT_DONE
    if not sure and not _confirmed(output):
        output.line("cancelled: nothing was changed")
        return EXIT_FAILED
    backup = None
    if backup_first:
        with Reporter(output, workspace.registry) as reporter:
            backup = back_up_first(workspace, plan, reporter)
        output.note(f"{backup} complete")
    with Reporter(output, workspace.registry) as reporter:
        done = remove(workspace, plan, reporter, command="clean-all")
    return report_project(output, plan, done, backup=backup)


def _show(output: Output, project: str, plan: ProjectPlan, *, backup_first: bool) -> None:
    output.line("=" * _WIDTH, "bold red")
    output.line(
        f"WARNING: this deletes EVERYTHING of project {project}, for good".center(_WIDTH).rstrip(), "bold red"
    )
    output.line("=" * _WIDTH, "bold red")
    describe_project(output, plan)
    lost = [volume for volume in plan.volumes if not volume.elsewhere]
    if lost:
        output.line("All data in these volumes will be lost:")
        output.table(
            ("VOLUME", "TYPE", "SIZE", "CRITICAL", "BACKUP"),
            [
                (
                    volume.name,
                    volume.given.type.cls.name if volume.given and volume.given.type else "?",
                    size(volume.size),
                    criticality(volume.given),
                    backed_up(volume.last_good),
                )
                for volume in lost
            ],
            right="SIZE",
        )
        output.line(f"{count(len(lost), 'volume')}, {size(plan.size)}")
    for left in plan.left:
        output.line(left_line(left))
    warn_of_risks(output, plan.volumes)
    if backup_first:
        output.line("A backup is taken first. If it is not complete, nothing is deleted.")
    elif lost:
        output.line("To keep a copy: `volops backup`, or `volops clean-all --backup-first`.")


def _confirmed(output: Output) -> bool:
    if output.json or not sys.stdin.isatty():
        raise InvalidUse(
            "this deletes everything and nobody can be asked", next_step="say --yes-delete-everything"
        )
    try:
        typed: str = click.prompt(
            f"Type '{PHRASE}' to confirm", default="", show_default=False, err=True, prompt_suffix=": "
        )
    except click.Abort:
        click.echo(err=True)
        return False
    return typed == PHRASE
