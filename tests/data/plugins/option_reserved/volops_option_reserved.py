"""A plugin with an option that the core takes for itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from volops import Criticality, FileTree, Volume, VolumeType, hookimpl


@dataclass(frozen=True)
class Wanted:
    quiesce: str = "never"


class Odd(FileTree):
    name = "odd"
    stem = "odd"
    summary = "A document database"
    data_included = ("Documents",)
    criticality = Criticality.CRITICAL
    typical_size = "Varies"
    backup_priority = "HIGHEST"
    guarantees = ()
    Options = Wanted

    def detect(self, volume: Volume) -> bool:
        return "/data/db" in volume.targets


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    return [Odd]
