"""Whether the disks have room for what is about to be unpacked; asked before anything is touched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from volops.errors import RestoreRefused
from volops.operations.staged import Work

_MARGIN = 1.05
_SPARE_BYTES = 16 << 20
"""For each volume: directories, and what a new and empty database takes."""
_SPARE_FILES = 100


@dataclass(frozen=True, slots=True)
class _Need:
    """What one volume will take, and what its disk has."""

    key: str
    size: int
    files: int
    disk: Mapping[str, int]


def require_room(works: Sequence[Work]) -> None:
    """Raise RestoreRefused, with figures, unless all of them fit beside what is there: the live data stays
    until the new has taken its place. Volumes on one file system share its room."""
    disks: dict[int, list[_Need]] = defaultdict(list)
    for work in works:
        need = _need(work)
        disks[need.disk["device"]].append(need)
    for needs in disks.values():
        _require(needs)


def _need(work: Work) -> _Need:
    return _Need(
        key=work.item.record.key,
        size=int(work.size * _MARGIN) + _SPARE_BYTES,
        files=work.files + _SPARE_FILES,
        disk=work.area.swap().sizes(),
    )


def _require(needs: Sequence[_Need]) -> None:
    disk = needs[0].disk
    size, files = sum(need.size for need in needs), sum(need.files for need in needs)
    if size > disk["free"]:
        wanted, there = f"about {_megabytes(size)}", _megabytes(disk["free"])
    elif files > disk.get("files", files):
        wanted, there = f"about {files} files", f"room for {disk['files']}"
    else:
        return
    names = ", ".join(repr(need.key) for need in needs)
    kept = sum(need.disk.get("previous", 0) for need in needs)
    raise RestoreRefused(
        f"there is not enough room to restore {names}: the new data needs {wanted} beside the live data, and "
        f"the file system has {there}",
        next_step=f"`volops commit` frees {_megabytes(kept)} of data kept from before an earlier restore"
        if kept
        else "free some space there, or restore fewer volumes at a time",
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
