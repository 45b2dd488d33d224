"""Removing single files of a volume while services may go on writing to them."""

from __future__ import annotations

from volops.engine import HelperSpec
from volops.errors import EngineFailed
from volops.model import Volume
from volops.mover import HelperShell
from volops.removal import Removal, Removing
from volops.services import ACTIVE
from volops.source import Surroundings
from volops.source.shells import NEEDS_IMAGE, Shells

_CAPABILITIES = ("DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER")
# Of a name that is no plain file any more nothing is touched, and no new file is made.
_EMPTY = """
cd /volume
xargs -0 sh -euc 'for each do
    if [ -f "$each" ] && [ ! -L "$each" ]; then truncate -c -s 0 -- "$each"; fi
done' sh
"""
_DELETE = """
cd /volume
xargs -0 sh -euc 'for each do
    if [ -f "$each" ] && [ ! -L "$each" ]; then rm -f -- "$each"; fi
done' sh
"""


def remove_files(around: Surroundings, volume: Volume, removal: Removal) -> int:
    """Carry out a removal of single files; return how many bytes they had. Raises ProducerFailed when one of
    them cannot be removed."""
    script = _DELETE if removal.how is Removing.DELETE or not _in_use(around, volume) else _EMPTY
    names = b"".join(f"./{path}".encode("utf-8", "surrogateescape") + b"\0" for path in removal.paths)
    with Shells(around, volume) as shells:
        _writable(around, shells, volume).run("/bin/sh", "-euc", script, "clean", input=names)
    return removal.size or 0


def _in_use(around: Surroundings, volume: Volume) -> bool:
    """Whether a container that may have the files open runs, or is paused."""
    return any(
        container.state in ACTIVE and any(mount.source == volume.name for mount in container.mounts)
        for container in around.engine.containers(around.stack.project)
    )


def _writable(around: Surroundings, shells: Shells, volume: Volume) -> HelperShell:
    for image in around.images_for(volume):
        try:
            spec = HelperSpec(image, (), ((volume.name, "/volume", True),), capabilities=_CAPABILITIES)
            return shells.open("clean", spec)
        except EngineFailed:
            continue
    raise EngineFailed("no local image can be used for a helper container", next_step=NEEDS_IMAGE)
