"""Volumes that are file systems in memory: they last as long as a container holds them, and no longer.

`docker volume create --opt type=tmpfs`: mounted for the first container, unmounted after the last one.
"""

from __future__ import annotations

from volops.engine import LABEL_HELPER, Engine, VolumeInfo
from volops.services import ACTIVE

_IN_MEMORY = ("tmpfs", "ramfs")
UNHELD = "it is a file system in memory, and empty while no container that runs holds it"


def unheld(engine: Engine, info: VolumeInfo | None) -> bool:
    """Whether a volume of the engine is such a file system that nobody holds: there is nothing in it, and
    what were put into it now would be gone with whoever put it there."""
    if info is None or info.driver != "local" or info.options.get("type") not in _IN_MEMORY:
        return False
    return not any(
        container.state in ACTIVE and LABEL_HELPER not in container.labels
        for container in engine.containers_using(info.name)
    )
