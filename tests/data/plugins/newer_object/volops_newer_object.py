"""A plugin for a volops that is yet to come, as an object in a module."""

from __future__ import annotations

from collections.abc import Iterable

from volops import VolumeType, hookimpl

VOLOPS_INTERFACE = 8


class Plugin:
    @hookimpl
    def volops_volume_types(self) -> Iterable[type[VolumeType]]:
        return []


plugin = Plugin()
