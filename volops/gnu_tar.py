"""How GNU tar is asked to archive and unpack, and what its answers say; and single files out of archives."""

from __future__ import annotations

import io
import posixpath
import re
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass

OWN = ".volops"
"""The directory in a volume's root in which volops keeps what is not, or no longer, the volume's data."""
FIDELITY = "--xattrs --xattrs-include='*' --acls --numeric-owner"
"""What GNU tar leaves out of an archive, and does not unpack, unless told so (manual, "Extended File
Attributes")."""
UNPACK = f"tar --extract --preserve-permissions --same-owner {FIDELITY}"
"""Shell words that unpack with all that `command` archives."""
ENTRIES = "entries "
_MOST_WARNINGS = 50
_MOST_BYTES = 64 << 20
_FLAGS = (
    f"--create --format=posix --sort=name {FIDELITY} --sparse "
    "--pax-option=delete=atime,delete=ctime,exthdr.name=%d/PaxHeaders/%f "
    f"--anchored --no-wildcards --exclude=./{OWN} --verbose --index-file=/dev/fd/3 --blocking-factor=512"
)
"""Blocks of 256 KiB, not of 10: a third less processor time for tar, and half for whoever reads the pipe."""
_SCRIPT = f"""
exec 4>&1
count=$({{
    : &
    before=$(($! / 128 * 128 + 127))
    until [ "$!" -ge "$before" ]; do : & done
    LC_ALL=C.UTF-8 tar {_FLAGS} --directory=/volume -- "$@" 3>&1 >&4
    echo $? >/tmp/code
}} | wc -l 4>&-)
read -r code </tmp/code
[ "$code" -gt 1 ] || echo "{ENTRIES}$count" >&2
exit "$code"
"""
"""The names go through a pipe of their own, not into a file: a volume may hold millions.

GNU tar writes its process id into the headers of sparse files (sparse.c, "GNUSparseFile.%p"), so it gets
the same one, 128, every time: else the same tree would not give the same archive.
"""
VERSION = ("/bin/sh", "-c", "tar --version 2>&1", "tar")
_GNU = re.compile(r"\(GNU tar\) (\S+)")


def command(paths: Iterable[str]) -> tuple[str, ...]:
    """The command that writes an archive of /volume, or of `paths` in it, to its standard output.

    Its exit code is tar's: 0, 1 when files changed meanwhile, 2 when some could not be read (GNU tar
    manual, "Return Values"). What it says on standard error is for `report`.
    """
    chosen = [f"./{path.lstrip('/')}" for path in paths] or ["."]
    return ("/bin/sh", "-c", _SCRIPT, "tar", *chosen)


def unpacking(directory: str, *, below: str = "", flags: str = "") -> tuple[str, ...]:
    """The command that unpacks an archive from its standard input into `directory`, the archive's root, or
    its directory `below`, giving that its own owner, mode and times. `flags` are more of tar's."""
    # Names of members and of hard links change (flags r and h), what symbolic links say does not (no s).
    named = f" --transform='flags=rh;s,^{below}\\(/\\|$\\),./,'" if below else ""
    script = (
        f'LC_ALL=C.UTF-8 exec {UNPACK} {flags} --delay-directory-restore{named} --directory="$1" --file=-'
    )
    return ("/bin/sh", "-c", script, "tar", directory)


def gnu_version(said: str) -> str:
    """The version of GNU tar out of what `VERSION` printed; empty for any other tar, and for none."""
    found = _GNU.search(said)
    return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Report:
    """What tar said: how many entries it archived (None if it failed), and of which something is odd."""

    entries: int | None
    warnings: tuple[str, ...]


def report(text: str) -> Report:
    """What the command said on its standard error."""
    lines = [line.removeprefix("tar: ") for line in text.splitlines() if line]
    entries = None
    if lines and lines[-1].startswith(ENTRIES):
        entries = int(lines.pop().removeprefix(ENTRIES))
    lines = [line for line in lines if not line.startswith("Exiting with failure status")]
    if len(lines) > _MOST_WARNINGS:
        more = f"and {len(lines) - _MOST_WARNINGS} more warnings of this kind"
        lines = [*lines[:_MOST_WARNINGS], more]
    return Report(entries, tuple(lines))


def single_file(path: str, chunks: Iterable[bytes]) -> tuple[bytes | None, str]:
    """The content of the one file in an archive of `path`, and where it points to if it is a link.

    Neither, when it is something else or larger than 64 MiB.
    """
    archive = bytearray()
    for chunk in chunks:
        archive += chunk
        if len(archive) > _MOST_BYTES:
            return None, ""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        member = tar.next()
        if member is None or not (member.isfile() or member.issym()):
            return None, ""
        if member.issym():
            return None, posixpath.normpath(posixpath.join(posixpath.dirname(path), member.linkname))
        file = tar.extractfile(member)
        return (file.read() if file else None), ""
