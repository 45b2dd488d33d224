"""exec, logs, shell, db-shell: this process becomes compose's, so that all of it is the program's own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from volops.cli import completing
from volops.cli.verb import verb

if TYPE_CHECKING:
    from volops.cli.invocation import Invocation

_BEST_SHELL = "if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi"
_OWN = "Once the program runs, the exit code is the program's own."

_user = click.option("-u", "--user", default="", metavar="USER", help="Run as this user of the container.")
# Compose takes these two as well, out of the habits of `docker exec`; they say what is so without them.
_interactive = click.option("-i", "--interactive", is_flag=True, expose_value=False, hidden=True)
_tty = click.option("-t", "--tty", is_flag=True, expose_value=False, hidden=True)
_service = click.argument("service", shell_complete=completing.services)


@verb(
    "exec",
    json=False,
    exit_note=_OWN,
    examples=["volops exec backend python3 manage.py showmigrations"],
    context_settings={"allow_interspersed_args": False},
)
@_user
@click.option("-T", "--no-TTY", "no_terminal", is_flag=True, help="No terminal, even where there is one.")
@_interactive
@_tty
@_service
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_command(
    invocation: Invocation, service: str, command: tuple[str, ...], user: str, no_terminal: bool
) -> None:
    """Run a program in a running service.

    Standard input, the terminal and the exit code are the program's own.
    """
    program = command[1:] if command[0] == "--" else command
    terminal = _on_terminal() and not no_terminal
    invocation.compose.become_exec(service, *program, terminal=terminal, user=user)


@verb("shell", json=False, exit_note=_OWN, examples=["volops shell backend", "volops shell -u root db"])
@_user
@_service
def shell(invocation: Invocation, service: str, user: str) -> None:
    """Open a shell in a running service.

    Bash where the image has it, else sh.
    """
    invocation.compose.become_exec(service, "sh", "-c", _BEST_SHELL, terminal=_on_terminal(), user=user)


@verb(
    "logs",
    json=False,
    exit_note="Once compose runs, the exit code is compose's own.",
    examples=["volops logs --follow db", "volops logs --tail 100"],
)
@click.option("-f", "--follow", is_flag=True, help="Go on as more is printed.")
@click.option("-n", "--tail", metavar="LINES", help="Only the last LINES of each container.")
@click.option("--since", metavar="TIME", help="Only what is younger: 2025-10-25T14:30:00 or 15m.")
@click.option("-t", "--timestamps", is_flag=True, help="Show when each line was printed.")
@click.argument("services", nargs=-1, metavar="[SERVICE]...", shell_complete=completing.services)
def logs(
    invocation: Invocation,
    services: tuple[str, ...],
    follow: bool,
    tail: str | None,
    since: str | None,
    timestamps: bool,
) -> None:
    """Show what services print."""
    options = ["--follow"] if follow else []
    options += ["--timestamps"] if timestamps else []
    options += ["--tail", tail] if tail else []
    options += ["--since", since] if since else []
    invocation.compose.become_logs(services, *options)


@verb(
    "db-shell",
    json=False,
    exit_note=_OWN,
    examples=["volops db-shell", "volops db-shell db -d orders -- -c '\\dt'"],
)
@click.option("-d", "--database", default="", metavar="NAME", help="Another database than the service's.")
@click.argument("service", required=False, shell_complete=completing.services)
@click.argument("arguments", nargs=-1, metavar="[-- ARGUMENT...]", type=click.UNPROCESSED)
def db_shell(invocation: Invocation, service: str | None, database: str, arguments: tuple[str, ...]) -> None:
    """Open the client of a running database service.

    That is psql for PostgreSQL, and for others what their volume's type has it be. User, password and
    database are the ones in the container's own environment; the password is read there and never leaves it.
    SERVICE is needed only where the stack has several database services.
    """
    from volops.cli.databases import console

    if service and service.startswith("-"):
        arguments, service = (service, *arguments), None
    name, command = console(invocation, service, database, arguments)
    invocation.compose.become_exec(name, *command, terminal=_on_terminal())


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
