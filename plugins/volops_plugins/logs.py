"""Volumes of log files: left out unless everything is asked for."""

from __future__ import annotations

from collections.abc import Iterable

from volops import Criticality, FileTree, Volume, VolumeType, hookimpl
from volops_plugins._places import Place, place_of

VOLOPS_INTERFACE = 1


class Logs(FileTree):
    """Access and error logs of servers."""

    name = "logs"
    stem = "logs"
    summary = "Access and error logs"
    icon = "📝"
    data_included = ("HTTP request logs", "Error logs", "Access patterns")
    criticality = Criticality.OPTIONAL
    typical_size = "10 MB to 1 GB"
    backup_priority = "LOW: logs are typically sent to external aggregation systems"
    guarantees = ("Survives restarts of containers", "Typically rotated and archived separately")
    by_default = False

    def detect(self, volume: Volume) -> bool:
        """By a mount path below /var/log, or one that is called log or logs and holds no program's state."""
        return place_of(volume) is Place.LOGS


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    """The type of logs."""
    return [Logs]
