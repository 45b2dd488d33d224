"""What a directory tree holds, described by find, sha256sum, getfattr and getfacl inside a container."""

from __future__ import annotations

from dataclasses import dataclass

from features.world.engine import docker
from features.world.project import Project

_IMAGE = "volops-sample-redis:1"
_SCRIPT = r"""
cd /tree || exit 1
find . -path ./.volops -prune -o -printf '%P\t%y %m %U:%G %T@ %n %i %l\0'
printf '\036'
find . -path ./.volops -prune -o -type f -print0 | sort -z | xargs -0 --no-run-if-empty sha256sum -z
printf '\036'
find . -path ./.volops -prune -o -print0 | sort -z |
    xargs -0 getfattr --no-dereference --dump --match=- --encoding=hex 2>/dev/null
printf '\036'
find . -path ./.volops -prune -o ! -type l -print0 | sort -z | xargs -0 getfacl --numeric --absolute-names
"""
_UNPACK = "tar --extract --file=- --xattrs --xattrs-include='*' --acls --numeric-owner --directory=/tree"


@dataclass(frozen=True, slots=True)
class Tree:
    """Everything that a faithful copy of a tree has in common with it.

    `entries` gives for each path its kind, mode, owner, time to the nanosecond, number of names, the first
    path with the same inode, and where a link points. `digests` is by path.
    """

    entries: dict[str, str]
    digests: dict[str, str]
    attributes: str
    access: str

    def rows(self) -> list[list[str]]:
        """For a table of evidence."""
        return [[path or ".", what, self.digests.get(path, "")[:16]] for path, what in self.entries.items()]


def live_tree(project: Project, volume: str) -> Tree:
    """That of a volume, by its key."""
    name = project.volume(volume)
    mounted = ("--mount", f"type=volume,source={name},target=/tree,readonly")
    return _described(docker("run", "--rm", "--network", "none", *mounted, _IMAGE, "sh", "-c", _SCRIPT))


def archived_tree(archive: bytes) -> Tree:
    """That which GNU tar makes of an archive."""
    script = f"{_UNPACK} && exec </dev/null; {_SCRIPT}"
    argv = ("run", "--rm", "--interactive", "--network", "none", "--volume", "/tree")
    return _described(docker(*argv, _IMAGE, "sh", "-c", script, data=archive))


def _described(output: bytes) -> Tree:
    found, digests, attributes, access = output.decode("utf-8", "surrogateescape").split("\036")
    names: dict[str, str] = {}
    entries = {}
    for record in sorted(filter(None, found.split("\0"))):
        path, _, what = record.partition("\t")
        kind, mode, owner, time, links, inode, target = what.split(" ", 6)
        same = names.setdefault(inode, path)
        linked = "" if kind == "d" or links == "1" else f"{links} names, as {same}"
        entries[path] = " ".join(filter(None, (kind, mode, owner, time, linked, target)))
    return Tree(entries, dict(_digest(line) for line in digests.split("\0") if line), attributes, access)


def _digest(line: str) -> tuple[str, str]:
    digest, _, path = line.partition("  ")
    return path.removeprefix("./"), digest
