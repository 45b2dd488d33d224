"""A plugin that claims what a bundled type recognises, too."""

from __future__ import annotations

from collections.abc import Iterable

from volops import Criticality, FileTree, Volume, VolumeType, hookimpl

VOLOPS_INTERFACE = 1


class Rival(FileTree):
    name = "rival"
    stem = "rival"
    summary = "Uploads, seen by a rival"
    data_included = ("Files",)
    criticality = Criticality.CRITICAL
    typical_size = "Varies"
    backup_priority = "HIGHEST"
    guarantees = ()

    def detect(self, volume: Volume) -> bool:
        return "/srv/uploads" in volume.targets


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    return [Rival]
