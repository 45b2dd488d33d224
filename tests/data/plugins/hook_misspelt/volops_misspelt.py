"""A plugin whose only hook is misspelt."""

from __future__ import annotations

from collections.abc import Iterable

from volops import VolumeType, hookimpl


@hookimpl
def volops_volume_typs() -> Iterable[type[VolumeType]]:
    return []
