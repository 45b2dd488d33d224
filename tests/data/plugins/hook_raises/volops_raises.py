"""A plugin whose hook raises."""

from __future__ import annotations

from collections.abc import Iterable

from volops import VolumeType, hookimpl


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    raise RuntimeError("no licence key found")
