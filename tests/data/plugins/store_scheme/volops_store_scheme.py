"""A plugin that goes wrong: store scheme."""

from volops import hookimpl


@hookimpl
def volops_stores() -> object:
    return {"S3 of mine": print}
