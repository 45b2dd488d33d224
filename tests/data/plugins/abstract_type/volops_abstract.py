"""A plugin whose type lacks methods."""

from __future__ import annotations

from collections.abc import Iterable

from volops import VolumeType, hookimpl


class Half(VolumeType):
    name = "half"


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    return [Half]
