"""A plugin that states its interface in words."""

from __future__ import annotations

from collections.abc import Iterable

from volops import Criticality, FileTree, Volume, VolumeType, hookimpl

VOLOPS_INTERFACE = "one"


class Wordy(FileTree):
    name = "wordy"
    stem = "wordy"
    summary = "Words"
    data_included = ("Files",)
    criticality = Criticality.CRITICAL
    typical_size = "Varies"
    backup_priority = "HIGHEST"
    guarantees = ()

    def detect(self, volume: Volume) -> bool:
        return "/srv/uploads" in volume.targets


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    return [Wordy]
