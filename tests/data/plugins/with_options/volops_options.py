"""A plugin whose type has options."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from volops import Criticality, FileTree, Volume, VolumeType, hookimpl


@dataclass(frozen=True, slots=True)
class TunableOptions:
    jobs: int = 1
    exclude: tuple[str, ...] = ()
    database: str | None = None

    def __post_init__(self) -> None:
        if self.jobs < 1:
            raise ValueError("must be at least 1 job")


class Tunable(FileTree):
    name = "tunable"
    stem = "tunable"
    summary = "A document database"
    data_included = ("Documents",)
    criticality = Criticality.CRITICAL
    typical_size = "Varies"
    backup_priority = "HIGHEST"
    guarantees = ()
    Options = TunableOptions

    def detect(self, volume: Volume) -> bool:
        return "/data/db" in volume.targets


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    return [Tunable]
