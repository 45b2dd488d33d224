"""A plugin that wants every volume at /app/media, as one that comes with volops does."""

from collections.abc import Iterable

from volops import Criticality, FileTree, Volume, VolumeType, hookimpl


class RivalMedia(FileTree):
    name = "rival-media"
    stem = "rival"
    summary = "Media, seen by a rival"
    data_included = ("Uploads",)
    criticality = Criticality.CRITICAL
    typical_size = "Varies"
    backup_priority = "HIGHEST"
    guarantees = ("survives container restarts",)

    def detect(self, volume: Volume) -> bool:
        return "/app/media" in volume.targets


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    return [RivalMedia]
