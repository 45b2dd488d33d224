"""A plugin that gives what is no volume type."""

from __future__ import annotations

from collections.abc import Iterable

from volops import hookimpl


@hookimpl
def volops_volume_types() -> Iterable[object]:
    return [dict]
