"""A stranger's plugin, complete: a type that keeps receipts as files, and is used when it is asked for."""

from collections.abc import Iterable

from volops import Criticality, FileTree, Volume, VolumeType, hookimpl


class Receipts(FileTree):
    name = "receipts-by-name"
    stem = "receipts"
    summary = "Receipts"
    data_included = ("Receipts",)
    criticality = Criticality.CRITICAL
    typical_size = "Varies"
    backup_priority = "HIGHEST"
    guarantees = ("survives container restarts",)

    def detect(self, volume: Volume) -> bool:
        del volume
        return False


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    return [Receipts]
