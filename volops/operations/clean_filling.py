"""What an image puts into a new volume: the engine does it once, when it finds the volume empty, so it is
done here for one that is emptied."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import PurePosixPath

from volops.engine import HelperSpec
from volops.errors import EngineFailed
from volops.gnu_tar import unpacking
from volops.plugins import Assignment
from volops.source import Surroundings
from volops.source.shells import NEEDS_IMAGE, Shells, owner
from volops.staging import AREA

_NEW = "/volops-new"
_ASIDE = "/volops-old"
_CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "MKNOD", "SETFCAP")
_COPY = f"""
[ -d "$1" ] || exit 0
for each in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if [ -e "$each" ] || [ -L "$each" ]; then exec cp -a "$1/." {_NEW}/; fi
done
"""
_NOTHING_THERE = "Could not find the file"
"""How the engine says that a container has no such path (moby, daemon/archive_unix.go)."""


def fill_from_image(around: Surroundings, given: Assignment) -> None:
    """Copy what the image of the volume's own service has at the mount's place into the staging area.

    That is what the engine does for an empty volume (Docker, "Volumes", "Mounting a volume over existing
    data"), unless the mount says `nocopy`. Raises EngineFailed, ProducerFailed, HelperLost: what is there
    and cannot be copied would be missing in a volume that counts as new.
    """
    mounts = tuple(each for each in given.volume.mounts if not each.nocopy and not each.subpath)
    filled = replace(given.volume, mounts=mounts)
    if given.type is None or (mount := owner(filled, given.type.cls())) is None:
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
            _fill_by_engine(around, shells, given.volume.name, image, mount.target)
        else:
            shell.run("/bin/sh", "-c", _COPY, "copying from the image", mount.target)


def _fill_by_engine(around: Surroundings, shells: Shells, volume: str, image: str, place: str) -> None:
    """The same for an image without a shell: the engine archives what is there, and another image unpacks."""
    container = around.engine.create_idle(image, volume, _ASIDE)
    try:
        archive = around.engine.get_archive(container, place)
        try:
            first = next(archive, b"")
        except EngineFailed as error:
            if _NOTHING_THERE in error.message:
                return
            raise
        found = shells.with_tar("unpack", (f"{volume}/{AREA}", "/volume", True), _CAPABILITIES)
        if found is None or not found.version:
            raise EngineFailed("no local image has GNU tar, to fill the volume anew", next_step=NEEDS_IMAGE)
        found.shell.feed(
            itertools.chain([first], archive), *unpacking("/volume", below=PurePosixPath(place).name)
        )
    finally:
        around.engine.remove_container(container)
