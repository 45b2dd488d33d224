"""A plugin that goes wrong: command none."""

from volops import hookimpl


@hookimpl
def volops_commands() -> object:
    return ["tidy"]
