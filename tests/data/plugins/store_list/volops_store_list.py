"""A plugin that goes wrong: store list."""

from volops import hookimpl


@hookimpl
def volops_stores() -> object:
    return ["s3"]
