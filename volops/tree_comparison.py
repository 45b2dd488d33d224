"""Whether two archives hold the same tree, in whatever order and by whatever version of tar."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping

from volops.tree_entries import LINK, TreeEntry

Read = Callable[[], Iterator[TreeEntry]]
"""Reads an archive, from its beginning each time."""

_BUCKETS = 1024
_TOLD_BUCKETS = 3
_TOLD = 5
_SIZE = 16
_LIMIT = 1 << 8 * _SIZE


class _Summary:
    """The sum of the digests of all entries in each bucket of names: it does not depend on their order."""

    def __init__(self, entries: Iterable[TreeEntry]) -> None:
        self.sums = [0] * _BUCKETS
        self.links: dict[bytes, bytes] = {}
        for entry in entries:
            digest = hashlib.blake2b(repr(tuple(entry)).encode(), digest_size=_SIZE).digest()
            bucket = _bucket(entry.name)
            self.sums[bucket] = (self.sums[bucket] + int.from_bytes(digest, "big")) % _LIMIT
            if entry.kind == LINK:
                self.links[entry.name] = entry.link


def differences(wanted: Read, found: Read) -> list[str]:
    """What is not in `found` as it is in `wanted`: the first few, in words, each with the member's name.
    Empty when it is the same tree.

    Both are read once when they are the same, and again when they are not. Memory is bounded by a small part
    of the members, and by the hard links. Raises what reading raises.
    """
    first, second = _Summary(wanted()), _Summary(found())
    if first.sums == second.sums:
        return []
    if first.links or second.links:
        # Which of its names a file with several comes under depends on the order of the archive.
        names, others = _first_names(first.links), _first_names(second.links)
        wanted, found = _renamed(wanted, names), _renamed(found, others)
        first, second = _Summary(wanted()), _Summary(found())
    different = [at for at in range(_BUCKETS) if first.sums[at] != second.sums[at]][:_TOLD_BUCKETS]
    return _told(wanted, found, set(different)) if different else []


def _told(wanted: Read, found: Read, buckets: set[int]) -> list[str]:
    left = {entry.name: entry for entry in wanted() if _bucket(entry.name) in buckets}
    told = []
    for entry in found():
        if _bucket(entry.name) not in buckets:
            continue
        should_be = left.pop(entry.name, None)
        if should_be is None:
            told.append(f"{_shown(entry.name)}: not in the backup")
        elif entry != should_be:
            told.append(f"{_shown(entry.name)}: {entry.told(should_be)}")
    told += [f"{_shown(name)}: missing" for name in left]
    return sorted(told)[:_TOLD]


def _bucket(name: bytes) -> int:
    return zlib.crc32(name) % _BUCKETS


def _shown(name: bytes) -> str:
    return repr(name.decode("utf-8", "backslashreplace"))


def _first_names(links: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """For each name of a file with several, the least of them."""
    groups: dict[bytes, list[bytes]] = {}
    for name, target in links.items():
        groups.setdefault(target, [target]).append(name)
    return {name: min(names) for names in groups.values() for name in names}


def _renamed(read: Read, names: Mapping[bytes, bytes]) -> Read:
    """The same archive, as if each file with several names had come under the least of them."""

    def entries() -> Iterator[TreeEntry]:
        for entry in read():
            first = names.get(entry.name)
            if first is None:
                yield entry
                continue
            if entry.kind != LINK:
                yield entry._replace(name=first)
            if entry.name != first:
                yield TreeEntry(entry.name, LINK, link=first)

    return entries
