"""A screen before GNU tar, which what would leave the directory to unpack into never passes."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator

from volops import gnu_tar
from volops.chunks import ChunkReader
from volops.errors import HostileArchive
from volops.tar import Member, shown, steps

OWN = gnu_tar.OWN.encode()
TRUST = "unpack it with --trust if you made it yourself"
_FILES = (b"0", b"\0", b"7")
_HARD, _SOFT, _DIRECTORY, _PIPE = b"1", b"2", b"5", b"6"
_DEVICES = (b"3", b"4")
_KNOWN = {*_FILES, _HARD, _SOFT, _DIRECTORY, _PIPE, *_DEVICES}
_SET_ID = 0o6000
_NAMED = ("has an absolute name", "has `..` in its name")
_LINKED = ("links to an absolute name", "links to a name with `..`")
_CAPABILITY = b"SCHILY.xattr.security.capability"
_OF_GNU = b"GNU."
_MAJOR, _MINOR, _REALSIZE = b"GNU.sparse.major", b"GNU.sparse.minor", b"GNU.sparse.realsize"
_SPARSE = {_MAJOR, _MINOR, b"GNU.sparse.name", _REALSIZE}
"""What GNU tar writes of a sparse file in its format 1.0, whose map `volops.tar` checks. A size without the
rest would already change how much of an archive it passes over."""


def screened(name: str, chunks: Iterable[bytes], *, trusted: bool, below: str = "") -> Iterator[bytes]:
    """Pass the archive called `name` through, unchanged; raise before a hostile member's header goes on.
    `below` is the directory of the archive that will be taken for its root.

    Always refused, with HostileArchive: absolute names, names and targets of hard links with `..`, what
    would be written through a link of the same archive, and kinds of members that nobody needs. Unless
    `trusted` also links that lead outside, device nodes, and files that give their owner's rights or
    capabilities to whoever runs them. Raises ArtifactCorrupt where readers of tar could differ, see
    `volops.tar.walk`.
    """
    held: collections.deque[bytes] = collections.deque()

    def taken() -> Iterator[bytes]:
        for chunk in chunks:
            held.append(chunk)
            yield chunk

    screen = Screen(name, trusted=trusted, below=below)
    for member in steps(name, ChunkReader(taken())):
        if member:
            screen.judge(member)
        while len(held) > 1:
            yield held.popleft()
    yield from held


class Screen:
    """What is known of the members of one archive so far: which of them are links."""

    def __init__(self, name: str, *, trusted: bool, below: str = "") -> None:
        self._name = name
        self._below = below.encode()
        self._trusted = trusted
        self._links: dict[bytes, bytes] = {}
        self._clear = b""

    def judge(self, member: Member) -> None:
        """Raise HostileArchive unless the member may be unpacked after those that were judged before."""
        kind = member.kind
        if kind not in _KNOWN:
            self._refuse(member, f"is of the unknown kind {kind.decode('latin-1')!r}")
        self._require_one_meaning(member)
        path = self._place(member, member.name)
        if path == OWN or path.startswith(OWN + b"/"):
            self._refuse(
                member,
                "is of the directory in which volops keeps what is its own",
                "make it after `volops commit`, which empties that, or unpack it by hand without it",
            )
        if self._links:
            self._require_no_link_above(member, path)
        if kind == _HARD:
            self._judge_hard_link(member, path)
        elif kind == _SOFT:
            self._add(member, path, member.link)
        if not self._trusted:
            self._judge_privileges(member)

    def _require_one_meaning(self, member: Member) -> None:
        """GNU tar takes a file whose name ends in a slash for a directory, which has no data, and passes over
        none; what other keywords of its own make it do is no part of any format."""
        if member.size and member.name[-1:] == b"/":
            self._refuse(member, "is a directory with data")
        of_gnu = {key: value for key, value in member.records.items() if key.startswith(_OF_GNU)}
        if not of_gnu:
            return
        sparse = of_gnu.keys() == _SPARSE and of_gnu[_MAJOR] + of_gnu[_MINOR] == b"10"
        if not sparse or member.kind not in _FILES or not of_gnu[_REALSIZE].isdigit():
            self._refuse(member, f"has the header {shown(min(of_gnu))}, which is not of format 1.0")

    def _place(self, member: Member, name: bytes, words: tuple[str, str] = _NAMED) -> bytes:
        """The name without what means nothing in it: `./`, doubled and trailing slashes."""
        if name[:1] == b"/":
            self._refuse(member, words[0])
        if self._below and (name == self._below or name.startswith(self._below + b"/")):
            name = name[len(self._below) :]
        parts = [part for part in name.split(b"/") if part and part != b"."]
        if b".." in parts:
            self._refuse(member, words[1])
        return b"/".join(parts)

    def _require_no_link_above(self, member: Member, path: bytes) -> None:
        if path in self._links:
            self._refuse(member, "is in it twice, first as a link")
        above = path.rpartition(b"/")[0]
        if above == self._clear:
            return
        if link := self._link_above(path):
            self._refuse(member, f"would be written through the link {shown(link)}")
        self._clear = above

    def _link_above(self, path: bytes) -> bytes:
        """The innermost link that the path goes through; empty when there is none."""
        above = path.rpartition(b"/")[0]
        while above and above not in self._links:
            above = above.rpartition(b"/")[0]
        return above

    def _judge_hard_link(self, member: Member, path: bytes) -> None:
        target = self._place(member, member.link, _LINKED)
        if not target:
            self._refuse(member, "links to the directory itself")
        if link := self._link_above(target):
            self._refuse(member, f"is linked through the link {shown(link)}")
        if target in self._links:
            self._add(member, path, self._links[target])

    def _add(self, member: Member, path: bytes, target: bytes) -> None:
        """Note a symbolic link, and, of a stranger's archive, require that it leads to somewhere inside."""
        if not path:
            self._refuse(member, "would put a link in place of the directory itself")
        if not self._trusted and _leads_outside(path, target):
            self._refuse(member, f"is a link that leads outside, to {shown(target)}", TRUST)
        self._links[path] = target
        self._clear = b""

    def _judge_privileges(self, member: Member) -> None:
        if member.kind in _DEVICES:
            self._refuse(member, "is a device node", TRUST)
        if member.kind == _DIRECTORY:
            return
        if member.mode & _SET_ID and member.kind != _SOFT:
            self._refuse(member, "runs with the rights of its owner or group (setuid, setgid)", TRUST)
        if _CAPABILITY in member.records:
            self._refuse(member, "has capabilities of its own", TRUST)

    def _refuse(self, member: Member, why: str, next_step: str = "") -> None:
        raise HostileArchive(
            f"{self._name} is refused: {shown(member.name)} {why}",
            next_step=next_step or "do not use this archive: it would write where it must not",
        )


def _leads_outside(path: bytes, target: bytes) -> bool:
    """True unless the target is some `..`, no more than the link is deep, and then names alone.

    Such a link leads inside whatever the names are: the directories above it are no links, and what the names
    pass through has been found to lead inside, too. `a/..` is not clear: `a` may be a link.
    """
    parts = [part for part in target.split(b"/") if part and part != b"."]
    up = 0
    while up < len(parts) and parts[up] == b"..":
        up += 1
    return target[:1] == b"/" or not target or up > path.count(b"/") or b".." in parts[up:]
