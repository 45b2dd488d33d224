"""Volumes of log files: left out unless everything is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from volops import Criticality, FileTree, Mount, Removal, Removing, Source, Volume, VolumeType, hookimpl
from volops_plugins._places import Place, place_of

VOLOPS_INTERFACE = 1
# GNU find tells sizes by itself; where it is another one, a program a file does.
_LIST = """
cd /volume
files() { find . -name .volops -prune -o -type f ! -name '.git*' ! -name .keep "$@"; }
files -printf '%s %p\\0' 2>/dev/null ||
    files -exec sh -c 'for each do printf "%s %s\\0" "$(stat -c %s "$each")" "$each"; done' sh {} +
"""
_PACKED = re.compile(r"\.(gz|bz2|xz|zst|lz4|Z)$")
"""What rotation has packed is written to by nobody."""
_NGINX = "! command -v nginx >/dev/null || nginx -s reopen"
"""nginx opens its log files anew (nginx.org, "Controlling nginx": USR1, "re-opening log files")."""


@dataclass(frozen=True, slots=True)
class Options:
    """`reopen` is the shell command that has a running service open its log files anew after they were
    cleaned; nginx needs none."""

    reopen: str = ""


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
    role = "logs"
    by_default = False
    Options: ClassVar[type[Any]] = Options

    def detect(self, volume: Volume) -> bool:
        """By a mount path below /var/log, or one that is called log or logs and holds no program's state."""
        return place_of(volume) is Place.LOGS

    def clean(self, source: Source) -> Iterable[Removal]:
        """The files, emptied where they are: who writes them goes on in the file that one sees, told of it
        or not. What rotation has packed is deleted. Files that keep a directory in git stay."""
        found = _files(source)
        packed = {path: size for path, size in found.items() if _PACKED.search(path)}
        plain = {path: size for path, size in found.items() if path not in packed}
        then = source.options.reopen or (_NGINX if any(map(_is_nginx, source.volume.mounts)) else "")
        if sum(plain.values()):
            what = f"what is in {_counted(len(plain), 'log file')}"
            yield Removal(what, Removing.FILES, sum(plain.values()), tuple(plain), then)
        if packed:
            what = _counted(len(packed), "packed log file")
            yield Removal(what, Removing.DELETE, sum(packed.values()), tuple(packed))


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    """The type of logs."""
    return [Logs]


def _files(source: Source) -> dict[str, int]:
    """Sizes by path of the plain files; links, pipes and sockets are no log files."""
    said = source.tree().run("/bin/sh", "-c", _LIST, "find").stdout.decode("utf-8", "surrogateescape")
    sizes = (line.split(" ", 1) for line in said.split("\0") if line)
    return {path.removeprefix("./"): int(size) for size, path in sizes}


def _is_nginx(mount: Mount) -> bool:
    image = mount.service.image.rsplit("@", 1)[0].rsplit("/", 1)[-1]
    return not mount.read_only and ("nginx" in image or "nginx" in mount.target)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
