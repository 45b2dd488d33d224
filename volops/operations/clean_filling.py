"""What an image puts into a new volume: the engine does it once, when it finds the volume empty, so it is
is done here for one that is emptied."""

from __future__ import annotations

from volops.engine import HelperSpec
from volops.errors import EngineFailed
from volops.plugins import Assignment
from volops.source import Surroundings
from volops.source.shells import Shells, owner
from volops.staging import AREA

_NEW = "/volops-new"
_CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "MKNOD", "SETFCAP")
_COPY = f'if [ -n "$(ls -A "$1" 2>/dev/null)" ]; then cp -a "$1/." {_NEW}/; fi'


def fill_from_image(around: Surroundings, given: Assignment) -> None:
    """Copy what the image of the volume's own service has at the mount's place into the staging area.

    That is what the engine does for an empty volume (Docker, "Volumes", "Mounting a volume over existing
    data"). An image without a shell has nothing to copy with, and is taken to have nothing there.
    """
    if given.type is None or (mount := owner(given.volume, given.type.cls())) is None or mount.subpath:
        return
    container = around.container(mount.service.name)
    image = container.image_id if container else around.engine.image_id(mount.service.image)
    if image is None:
        return
    spec = HelperSpec(image, (), ((f"{given.volume.name}/{AREA}", _NEW, True),), capabilities=_CAPABILITIES)
    with Shells(around, given.volume) as shells:
        try:
            shell = shells.open("fill", spec)
        except EngineFailed:
            return
        shell.run("/bin/sh", "-c", _COPY, "copying from the image", mount.target)
