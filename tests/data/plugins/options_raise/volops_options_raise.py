"""A plugin whose options raise what no options should."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from volops import Criticality, FileTree, Volume, VolumeType, hookimpl


@dataclass(frozen=True)
class LookedUp:
    region: str = "here"

    def __post_init__(self) -> None:
        {"here": 1, "there": 2}[self.region]


class Regional(FileTree):
    name = "regional"
    stem = "regional"
    summary = "A document database"
    data_included = ("Documents",)
    criticality = Criticality.CRITICAL
    typical_size = "Varies"
    backup_priority = "HIGHEST"
    guarantees = ()
    Options = LookedUp

    def detect(self, volume: Volume) -> bool:
        return "/data/db" in volume.targets


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    return [Regional]
