"""A plugin with a type of caches."""

from __future__ import annotations

from collections.abc import Iterable

from volops import Criticality, FileTree, Volume, VolumeType, hookimpl


class Caching(FileTree):
    name = stem = "caching"
    role = "cache"
    summary = "A document database"
    data_included = ("Documents",)
    criticality = Criticality.REGENERABLE
    typical_size = "Varies"
    backup_priority = "HIGHEST"
    guarantees = ()

    def detect(self, volume: Volume) -> bool:
        return "/var/cache/pages" in volume.targets


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    return [Caching]
