"""Commands as a plugin gives them: one that works, one group, and one that goes wrong."""

from __future__ import annotations

from collections.abc import Iterable

import click

from volops import Call, InvalidUse, hookimpl

VOLOPS_INTERFACE = 1


@click.command("tally")
@click.option("--as", "title", default="volumes", help="What to call them.")
@click.pass_obj
def tally(call: Call, title: str) -> None:
    """Count the volumes of the stack."""
    count = len(call.stack.named_volumes)
    call.output.document({"tally": count})
    call.output.table(("WHAT", "COUNT"), [(title, str(count))])
    call.output.note("counted")


@click.group("chores")
def chores() -> None:
    """What has to be done now and then."""


@chores.command("nightly")
@click.pass_obj
def nightly(call: Call) -> int:
    """Back up and verify."""
    code = call.volops("backup")
    call.output.line(f"the backup ended with {code}")
    return code or call.volops("verify", "latest")


@chores.command("break")
@click.argument("how")
def break_(how: str) -> None:
    """Go wrong."""
    if how == "politely":
        raise InvalidUse("nothing can be broken here", next_step="do something else")
    raise ZeroDivisionError("a number by nothing")


@hookimpl
def volops_commands() -> Iterable[click.Command]:
    return [tally, chores]
