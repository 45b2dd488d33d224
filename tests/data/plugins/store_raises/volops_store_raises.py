"""A plugin that goes wrong: store raises."""

from volops import hookimpl


def opened(location: str) -> object:
    raise ConnectionError(f"nobody answers at {location}")


@hookimpl
def volops_stores() -> object:
    return {"far": opened}
