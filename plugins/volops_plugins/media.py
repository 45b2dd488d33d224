"""Volumes of uploads: files that users gave and that exist nowhere else."""

from __future__ import annotations

from collections.abc import Iterable

from volops import Criticality, FileTree, Volume, VolumeType, hookimpl
from volops_plugins._places import Place, place_of

VOLOPS_INTERFACE = 1


class Media(FileTree):
    """Uploads and generated files, archived with all that their file system knows of them."""

    name = "media"
    stem = "media"
    summary = "User-uploaded files and media"
    data_included = (
        "Profile images",
        "Document uploads",
        "Generated reports",
        "Any user-submitted content",
    )
    criticality = Criticality.CRITICAL
    typical_size = "Varies"
    backup_priority = "HIGHEST: must be backed up before any destructive operation"
    guarantees = (
        "Survives restarts and rebuilds of containers",
        "Cannot be regenerated: lost for good if deleted",
    )

    def detect(self, volume: Volume) -> bool:
        """By a mount path that ends as those of uploads do: media, uploads, user-files, attachments."""
        return place_of(volume) is Place.MEDIA


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    """The type of uploads."""
    return [Media]
