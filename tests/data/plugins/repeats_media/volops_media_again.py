"""A plugin whose type has the name of a bundled one."""

from __future__ import annotations

from collections.abc import Iterable

from volops import Criticality, FileTree, Volume, VolumeType, hookimpl

VOLOPS_INTERFACE = 1


class Media(FileTree):
    name = "media"
    stem = "media"
    summary = "Uploads, once more"
    data_included = ("Files",)
    criticality = Criticality.CRITICAL
    typical_size = "Varies"
    backup_priority = "HIGHEST"
    guarantees = ()

    def detect(self, volume: Volume) -> bool:
        return "/srv/pictures" in volume.targets


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    return [Media]
