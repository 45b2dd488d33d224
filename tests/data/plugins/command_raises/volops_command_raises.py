"""A plugin that goes wrong: command raises."""

from volops import hookimpl


@hookimpl
def volops_commands() -> object:
    raise LookupError("no chores today")
