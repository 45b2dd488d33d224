"""Calling code of plugins: whatever it raises comes out as an error that names the plugin."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

from volops.errors import PluginBroken, VolopsError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def isolated(
    what: str, call: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Call code of a plugin. Whatever it raises comes out as one line of PluginBroken, begun by `what`."""
    try:
        return call(*args, **kwargs)
    except (Exception, SystemExit) as error:
        raise PluginBroken(described(what, error)) from error


@contextlib.contextmanager
def answered_for(what: str, kind: type[VolopsError] = PluginBroken) -> Iterator[None]:
    """Code of a plugin runs within, and may raise what is a VolopsError; all else comes out as one line of
    `kind`, begun by `what`."""
    try:
        yield
    except VolopsError:
        raise
    except (Exception, SystemExit) as error:
        raise kind(described(what, error)) from error


def described(what: str, error: BaseException) -> str:
    """What failed and how, on one line."""
    said = " ".join(str(error).split())
    return f"{what}: {type(error).__name__}{f': {said}' if said else ''}"
