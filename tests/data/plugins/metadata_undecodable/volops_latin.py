"""A plugin whose distribution names its author in Latin-1."""

from __future__ import annotations

from collections.abc import Iterable

from volops import VolumeType, hookimpl


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    return []
