"""Volumes that are file systems in memory: they last as long as a container holds them, and no longer.

`docker volume create --opt type=tmpfs`: mounted for the first container, unmounted after the last one.
"""

from __future__ import annotations

from collections.abc import Mapping

from volops.engine import LABEL_HELPER, Engine, VolumeInfo
from volops.services import ACTIVE

_IN_MEMORY = ("tmpfs", "ramfs")
UNHELD = "it is a file system in memory, and empty while no container that runs holds it"


def in_memory(driver: str, options: Mapping[str, str]) -> bool:
    """Whether volumes of that driver, made with these options, are such file systems."""
    return driver == "local" and options.get("type") in _IN_MEMORY


def unheld(engine: Engine, info: VolumeInfo | None) -> bool:
    """Whether a volume of the engine is such a file system that nobody holds: there is nothing in it, and
    what were put into it now would be gone with whoever put it there."""
    if info is None or not in_memory(info.driver, info.options):
        return False
    return not any(
        container.state in ACTIVE and LABEL_HELPER not in container.labels
        for container in engine.containers_using(info.name)
    )
