"""A plugin whose type lacks a column of the inventory."""

from __future__ import annotations

from collections.abc import Iterable

from volops import Criticality, FileTree, Volume, VolumeType, hookimpl


class Column(FileTree):
    name = "column"
    stem = "column"
    data_included = ("Documents",)
    criticality = Criticality.CRITICAL
    typical_size = "Varies"
    backup_priority = "HIGHEST"
    guarantees = ()

    def detect(self, volume: Volume) -> bool:
        return "/data/db" in volume.targets


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    return [Column]
