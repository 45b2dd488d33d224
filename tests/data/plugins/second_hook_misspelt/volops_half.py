"""A plugin one of whose hooks is misspelt: its type is known, and withdrawn."""

from __future__ import annotations

from collections.abc import Iterable

from volops import Criticality, Event, FileTree, Volume, VolumeType, hookimpl


class Half(FileTree):
    name = "half"
    stem = "half"
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
    return [Half]


@hookimpl
def volops_events(event: Event) -> None:
    raise AssertionError(f"nobody calls it with {event}")
