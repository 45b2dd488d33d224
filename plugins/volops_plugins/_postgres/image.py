"""What a server made of a service's image would be, asked before anything is touched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from volops import ProducerFailed, RestoreRefused, Shell, Staging
from volops_plugins._beside import read_text

_NOTE = "image"


@dataclass(frozen=True, slots=True)
class Image:
    """The PostgreSQL of an image. `user` is uid:gid of its servers; `data` its PGDATA, empty where it has
    none; `root` is owner and mode of the directory that the volume is mounted over; `mounts` are where it
    keeps volumes of its own; `memory_kib` is what the machine has to spare."""

    binaries: PurePosixPath
    version: str
    user: str
    data: str
    root: tuple[str, str]
    mounts: frozenset[str]
    memory_kib: int
    extensions: frozenset[str]
    libraries: frozenset[str]
    locales: frozenset[str]
    libc: str

    @property
    def major(self) -> int:
        """Of the version; before 10 there were two numbers in it, and such servers are not supported."""
        return int(re.match(r"\d+", self.version)[0])  # type: ignore[index]

    def program(self, name: str) -> str:
        """The path of one of its programs."""
        return str(self.binaries / name)

    def knows_locale(self, name: str) -> bool:
        """False when its C library says which locales it has, and this one is not among them."""
        if not self.locales or name in ("", "C", "POSIX"):
            return True
        return _plain(name) in {_plain(each) for each in self.locales}


def inspect(staging: Staging) -> Image:
    """What the service's image is, asked once a restore. Raises RestoreRefused when it can run no server."""
    if _NOTE not in staging.notes:
        staging.notes[_NOTE] = _inspect(staging.image(), staging.target)
    found: Image = staging.notes[_NOTE]
    return found


def _inspect(shell: Shell, target: PurePosixPath) -> Image:
    """What `image.sh` says in a helper of the image."""
    script = read_text(__package__, "image.sh").encode()
    try:
        said = shell.run("sh", "-s", str(target), input=script).text
    except ProducerFailed as failed:
        raise RestoreRefused(
            f"the image of the service cannot run PostgreSQL: {failed.message.partition(': ')[2]}",
            next_step="give the service the image that it had when the backup was made",
        ) from failed
    lines: dict[str, list[str]] = {}
    for line in said.splitlines():
        name, _, value = line.partition(" ")
        lines.setdefault(name, []).append(value)
    owner, mode = lines["root"][0].split()
    return Image(
        binaries=PurePosixPath(lines["binaries"][0]),
        version=lines["version"][0].split()[0],
        user=lines["user"][0],
        data=lines["data"][0],
        root=(owner, mode),
        mounts=frozenset(lines.get("mount", ())),
        memory_kib=int(lines.get("memory", ["0"])[0]),
        extensions=frozenset(lines.get("extension", ())),
        libraries=frozenset(lines.get("library", ())),
        locales=frozenset(lines.get("locale", ())),
        libc=lines.get("libc", [""])[0],
    )


def data_directory(staging: Staging, image: Image) -> PurePosixPath:
    """Where the service will look for its cluster. Raises RestoreRefused when that is not on the volume."""
    environment: Mapping[str, str] = staging.environment()
    named = environment.get("PGDATA") or image.data or str(staging.target)
    path = PurePosixPath(named)
    if not path.is_relative_to(staging.target):
        raise RestoreRefused(
            f"the service keeps its database in {path}, which is not on volume {staging.volume.key!r}, "
            f"mounted at {staging.target}",
            next_step=f"mount the volume so that it holds {path}, or set PGDATA to a directory on it",
        )
    between = [place for place in (path, *path.parents) if place.is_relative_to(staging.target)]
    hidden = [place for place in between if str(place) in image.mounts and place != staging.target]
    if hidden:
        raise RestoreRefused(
            f"the service keeps its database in {path}, where the image puts an anonymous volume of its own "
            f"over volume {staging.volume.key!r}",
            next_step=f"mount the volume at {hidden[0]}",
        )
    return path


def _plain(locale: str) -> str:
    """A locale's name without the ways of writing its encoding: en_US.UTF-8 is en_US.utf8."""
    language, dot, encoding = locale.partition(".")
    return language + dot + encoding.lower().replace("-", "")
