"""A plugin as it should be."""

from __future__ import annotations

from collections.abc import Iterable

from volops import Criticality, Event, FileTree, Volume, VolumeType, hookimpl

VOLOPS_INTERFACE = 1


class Mongo(FileTree):
    name = "mongo"
    stem = "mongo"
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
    return [Mongo]


seen: list[Event] = []


@hookimpl
def volops_event(event: Event) -> None:
    seen.append(event)
