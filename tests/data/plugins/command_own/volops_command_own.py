"""A plugin that goes wrong: command own."""

import click

from volops import hookimpl


@hookimpl
def volops_commands() -> object:
    return [click.Command("restore")]
