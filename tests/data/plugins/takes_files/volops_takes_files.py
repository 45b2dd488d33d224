"""A plugin whose type has the name of the core's own."""

from __future__ import annotations

from collections.abc import Iterable

from volops import Criticality, FileTree, Volume, VolumeType, hookimpl


class Files(FileTree):
    name = "files"
    stem = "files"
    summary = "A document database"
    data_included = ("Documents",)
    criticality = Criticality.CRITICAL
    typical_size = "Varies"
    backup_priority = "HIGHEST"
    guarantees = ()

    def detect(self, volume: Volume) -> bool:
        return "/data/db" in volume.targets


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    return [Files]
