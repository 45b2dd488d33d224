"""clean, clean-containers, clean-logs, clean-cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from volops.cli import completing
from volops.cli.commands.cleaning_shown import (
    REMOVED_EXITS,
    VOLUME_EXITS,
    agreed,
    describe,
    describe_project,
    ends,
    plan_document,
    project_document,
    report_project,
    tell,
)
from volops.cli.commands.restoring import patience_option
from volops.cli.reporter import Reporter
from volops.cli.verb import verb
from volops.errors import EXIT_DONE, InvalidUse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from volops.cli.invocation import Invocation
    from volops.operations.clean_plan import Left
    from volops.plugins import Assignment

yes_option = click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would be done; do nothing.")


@verb(
    "clean",
    backups=True,
    exits=VOLUME_EXITS,
    examples=["volops clean", "volops clean redis-data", "volops clean --type static --yes"],
)
@yes_option
@dry_run_option
@patience_option
@click.option(
    "--type",
    "type_name",
    metavar="TYPE",
    shell_complete=completing.types,
    help="All volumes of this type; see `volops plugins`.",
)
@click.argument("volumes", nargs=-1, metavar="[VOLUME]...", shell_complete=completing.volumes)
def clean(
    invocation: Invocation,
    volumes: tuple[str, ...],
    type_name: str | None,
    yes: bool,
    dry_run: bool,
    patience: int,
) -> int:
    """Remove containers and networks, or the data of volumes.

    Without VOLUME and --type the containers and networks of the project go, and every volume stays: `volops
    start` brings the stack back with its data. With them the data of these volumes goes, by the plan of each
    volume's type: services that use it stop, find it as a new one is, and run again.

    VOLUME is a name from the compose file or from the engine, or the path of a bind mount. External volumes
    and bind mounts are cleaned only when they are named.
    """
    if volumes and type_name:
        raise InvalidUse("--type and VOLUME exclude each other", next_step="name volumes, or a type")
    if not volumes and not type_name:
        return _clean_containers(invocation, "clean", dry_run=dry_run)
    from volops.operations.clean_plan import choose_by_type, choose_named

    workspace = invocation.workspace
    if type_name:
        chosen, left = choose_by_type(workspace, type_name, binds=False)
    else:
        chosen, left = choose_named(workspace, volumes), ()
    return _clean_volumes(invocation, "clean", chosen, left, yes=yes, dry_run=dry_run, patience=patience)


@verb(
    "clean-containers",
    backups=True,
    exits=REMOVED_EXITS,
    examples=["volops clean-containers", "volops clean-containers --dry-run"],
)
@click.option("--yes", is_flag=True, help="Nothing is asked: no data is lost.")
@dry_run_option
def clean_containers(invocation: Invocation, yes: bool, dry_run: bool) -> int:
    """Remove containers and networks; every volume stays.

    All containers of the project go, stopped ones, those of one-off runs and of services that are no longer
    in the compose file too. `volops start` brings the stack back with its data.
    """
    del yes
    return _clean_containers(invocation, "clean-containers", dry_run=dry_run)


@verb(
    "clean-logs",
    backups=True,
    exits=VOLUME_EXITS,
    examples=["volops clean-logs", "volops clean-logs --yes"],
)
@yes_option
@dry_run_option
@patience_option
def clean_logs(invocation: Invocation, yes: bool, dry_run: bool, patience: int) -> int:
    """Empty the log files in volumes and bind mounts.

    Volumes of the type logs and of other types for logs, and bind mounts of directories of logs
    (`./backend/logs:/app/logs`). Services go on running and logging: their files are emptied where they are;
    nginx is told to open its files anew, and others are if `x-volops` says how (`reopen: COMMAND`). Where no
    service runs the files are deleted.
    """
    chosen, left = _choose_by_role(invocation, "logs", binds=True)
    return _clean_volumes(invocation, "clean-logs", chosen, left, yes=yes, dry_run=dry_run, patience=patience)


@verb(
    "clean-cache",
    backups=True,
    exits=VOLUME_EXITS,
    examples=["volops clean-cache", "volops clean-cache --yes"],
)
@yes_option
@dry_run_option
@patience_option
def clean_cache(invocation: Invocation, yes: bool, dry_run: bool, patience: int) -> int:
    """Empty the caches, and run them again.

    All volumes of the type redis, append-only files included, and of other types for caches. The services
    that use them stop and, if they ran, run again on an empty cache.
    """
    chosen, left = _choose_by_role(invocation, "cache", binds=False)
    return _clean_volumes(
        invocation, "clean-cache", chosen, left, yes=yes, dry_run=dry_run, patience=patience
    )


def _choose_by_role(
    invocation: Invocation, role: str, *, binds: bool
) -> tuple[tuple[Assignment, ...], tuple[Left, ...]]:
    """All volumes of the types for that, and those that must be named to be cleaned."""
    from volops.operations.clean_plan import choose_by_type

    workspace = invocation.workspace
    names = [name for name, each in workspace.registry.types.items() if each.cls.role == role]
    if not names:
        raise InvalidUse(f"there is no volume type for {role}", next_step="see `volops plugins`")
    found = [choose_by_type(workspace, name, binds=binds) for name in names]
    chosen = [given for of_type, _ in found for given in of_type]
    left = [each for _, staying in found for each in staying]
    return tuple(chosen), tuple(left)


def _clean_containers(invocation: Invocation, command: str, *, dry_run: bool) -> int:
    from volops.operations.clean_project import plan_containers
    from volops.operations.clean_removing import remove

    workspace, output = invocation.workspace, invocation.output
    plan = plan_containers(workspace)
    if plan.nothing:
        output.note("nothing to clean")
        output.document({"plan" if dry_run else "clean": project_document(plan, None)})
        return EXIT_DONE
    describe_project(output, plan)
    if dry_run:
        output.note("nothing was done (--dry-run)")
        output.document({"plan": project_document(plan, None)})
        return EXIT_DONE
    with Reporter(output, workspace.registry) as reporter:
        done = remove(workspace, plan, reporter, command=command)
    return report_project(output, plan, done)


def _clean_volumes(
    invocation: Invocation,
    command: str,
    chosen: Sequence[Assignment],
    left: Sequence[Left],
    *,
    yes: bool,
    dry_run: bool,
    patience: int,
) -> int:
    """Show the plan, ask, carry it out, tell what was freed."""
    from volops.cli.commands.afterwards import offer_restart
    from volops.operations.clean_plan import plan_clean
    from volops.operations.clean_volumes import clean_volumes
    from volops.source import look_around

    workspace, output = invocation.workspace, invocation.output
    around = look_around(workspace.engine, workspace.stack, "", workspace.settings.helper_image)
    plan = plan_clean(workspace, around, chosen, left)
    describe(output, plan, asking=not (yes or dry_run))
    if (code := ends(output, plan, dry_run=dry_run)) is not None:
        return code
    if not yes and (code := agreed(output)) is not None:
        return code
    with Reporter(output, workspace.registry) as reporter:
        done = clean_volumes(workspace, around, plan, reporter, command=command, patience=patience)
    tell(output, done)
    output.document({"clean": plan_document(plan, done)})
    touched = {name for item in plan.items if item.stops for name in item.volume.services}
    if touched:
        offer_restart(invocation, touched, again=set(done.downtime), ask=not yes)
    return EXIT_DONE
