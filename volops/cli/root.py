"""The command `volops`: its global options, and its verbs, each loaded only when it is called."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import click

from volops.cli import completing, plugged
from volops.cli.invocation import Invocation
from volops.cli.verb import Verb


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where a verb is defined, and the line that describes it in the list of verbs."""

    module: str
    attribute: str
    summary: str


_SECTIONS: dict[str, dict[str, _Entry]] = {
    "Look": {
        "volumes": _Entry("inventory", "volumes", "List the volumes of the stack."),
        "status": _Entry("inventory", "status", "Show services, volumes and the last backup."),
        "plugins": _Entry("extending", "plugins", "List plugins and their volume types."),
    },
    "Back up": {
        "backup": _Entry("backing_up", "backup", "Back up the stack, or some of its volumes."),
        "backup-db": _Entry("backing_up", "backup_db", "Dump one database to a plain SQL file."),
        "list": _Entry("backups", "list_backups", "List the backups, newest first."),
        "show": _Entry("backups", "show", "Show what a backup holds."),
        "verify": _Entry("backups", "verify", "Read a backup to its end and prove it whole."),
        "bundle": _Entry("bundling", "bundle", "Write a backup as one file to carry about."),
    },
    "Restore": {
        "restore": _Entry("restoring", "restore", "Put volumes back as they are in a backup."),
        "rollback": _Entry("reverting", "rollback", "Put the data back that restores have kept."),
        "commit": _Entry("reverting", "commit", "Delete the data that restores have kept."),
    },
    "Run": {
        "start": _Entry("lifecycle", "start", "Start services and wait until they are healthy."),
        "stop": _Entry("lifecycle", "stop", "Stop services; containers and data stay."),
        "restart": _Entry("lifecycle", "restart", "Restart services and wait until they are healthy."),
        "rebuild": _Entry("lifecycle", "rebuild", "Build images anew and recreate their services."),
        "exec": _Entry("entering", "exec_command", "Run a program in a running service."),
        "logs": _Entry("entering", "logs", "Show what services print."),
        "shell": _Entry("entering", "shell", "Open a shell in a running service."),
        "db-shell": _Entry("entering", "db_shell", "Open the client of a running database service."),
    },
    "Clean": {
        "clean": _Entry("cleaning", "clean", "Remove containers and networks, or the data of volumes."),
        "clean-containers": _Entry(
            "cleaning", "clean_containers", "Remove containers and networks; every volume stays."
        ),
        "clean-logs": _Entry("cleaning", "clean_logs", "Empty the log files in volumes and bind mounts."),
        "clean-cache": _Entry("cleaning", "clean_cache", "Empty the caches, and run them again."),
        "clean-all": _Entry(
            "cleaning_all", "clean_all", "Delete the project's containers, networks and volumes."
        ),
    },
    "Install": {
        "plugin": _Entry("plugin", "plugin", "Make a new plugin with a volume type of that name."),
        "completion": _Entry("extending", "completion", "Print a completion script for a shell."),
        "docker-plugin": _Entry("extending", "docker_plugin", "Make `docker volops` work."),
    },
}
_ENTRIES = {name: entry for section in _SECTIONS.values() for name, entry in section.items()}


class Root(click.Group):
    """The group of all verbs; listing them imports none but what plugins give."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all verbs."""
        del ctx
        return [*_ENTRIES, *plugged.summaries()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a verb; None when there is no such verb."""
        del ctx
        if cmd_name not in _ENTRIES:
            return plugged.command(cmd_name)
        entry = _ENTRIES[cmd_name]
        module = importlib.import_module(f"volops.cli.commands.{entry.module}")
        command: Verb = getattr(module, entry.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs by section."""
        del ctx
        for title, entries in _SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, entry.summary) for name, entry in entries.items()])
        if given := plugged.summaries():
            with formatter.section("Of plugins"):
                formatter.write_dl(list(given.items()))


def summary_of(name: str) -> str:
    """The line that describes a verb in the list."""
    return _ENTRIES[name].summary if name in _ENTRIES else plugged.summaries()[name]


def _version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    del parameter
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import version

    click.echo(f"volops {version('volops')}")
    ctx.exit()


@click.group(
    cls=Root,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`volops VERB --help` lists a verb's options, exit codes and an example.",
)
@click.option(
    "-f",
    "--file",
    "files",
    multiple=True,
    type=click.Path(allow_dash=True),
    metavar="FILE",
    help="Compose file (repeatable).",
)
@click.option("-p", "--project-name", "project", default="", metavar="NAME", help="Project name.")
@click.option(
    "--project-directory",
    default="",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Project directory.",
)
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="NAME",
    shell_complete=completing.profiles,
    help="Profile (repeatable).",
)
@click.option(
    "--env-file",
    "env_files",
    multiple=True,
    type=click.Path(),
    metavar="FILE",
    help="Environment file (repeatable).",
)
@click.option(
    "--backups",
    default="",
    envvar="VOLOPS_BACKUPS",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Where backups are kept: a directory, or SCHEME://… of a plugin's store "
    "[VOLOPS_BACKUPS; default: backups beside the compose file].",
)
@click.option("--json", is_flag=True, help="Print one JSON object; docs/json.md describes it.")
@click.option("-q", "--quiet", is_flag=True, help="Print results, warnings and errors only.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Print the version.",
)
@click.pass_context
def root(ctx: click.Context, /, **options: Any) -> None:
    """Back up the volumes of a compose stack, and prove that the backups restore.

    The first five options, .env and COMPOSE_* variables mean what they mean to `docker compose`.
    """
    invocation: Invocation = ctx.obj
    invocation.adopt(options)


def invocation_of(options: dict[str, Any]) -> Invocation:
    """An Invocation of these global options, for the completion of what follows them."""
    invocation = Invocation()
    invocation.adopt({**options, "quiet": True})
    return invocation
