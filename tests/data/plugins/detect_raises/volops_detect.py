"""A plugin whose type raises when it looks at a volume."""

from __future__ import annotations

from collections.abc import Iterable

from volops import Criticality, FileTree, Volume, VolumeType, hookimpl


class Detect(FileTree):
    name = "detect"
    stem = "detect"
    summary = "A document database"
    data_included = ("Documents",)
    criticality = Criticality.CRITICAL
    typical_size = "Varies"
    backup_priority = "HIGHEST"
    guarantees = ()

    def detect(self, volume: Volume) -> bool:
        return bool(volume.labels["com.example.document"])


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    return [Detect]
