"""The strategy that all volumes of plain files share: one GNU tar stream with full fidelity."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from volops.chunks import ahead
from volops.errors import CheckFailed
from volops.gnu_tar import command
from volops.model import Artifact, Criticality, Volume
from volops.tree_comparison import differences
from volops.tree_entries import TreeEntry, tree_entries
from volops.volume_access import Source, Staging
from volops.volume_type import VolumeType

TAR = "application/x-tar"
NAMES = "names"
"""What is known of an archive that came without a manifest: how many names are in it."""
ROOTED = "rooted"
"""Whether that archive holds the volume's own directory, too."""
_MARKER = "/volume/.volops-marker-"


class FileTree(VolumeType):
    """Base of file-like types: subclasses give the inventory's columns, `stem` and `detect`."""

    proof = "every file's content, owner, mode, times and attributes"
    """As in VolumeType."""
    stem: ClassVar[str]
    """First word of the artifact's name: `media` gives media_backup_20251025_143022.tar."""

    def dump(self, source: Source) -> Iterable[Artifact]:
        """One tar archive of the whole volume, its root included."""
        yield Artifact(source.file_name(f"{self.stem}_backup", ".tar"), TAR, source.tar())

    def facts(self, source: Source) -> Mapping[str, Any]:
        """Number of entries, version of GNU tar, and digest of the archive. Of an archive that a subclass has
        made of its own, without `source.tar`: the digest of the last one.

        The same tree gives the same archive again, so a restored one is checked by archiving it, and the
        live data is read only once. That another archive comes out proves nothing yet: versions of tar fill
        unused header fields differently (1.34 and 1.35 do), ext4 lists extended attributes in an order that
        depends on their history, and other file systems round holes to other sizes.
        """
        facts = {key: source.notes[key] for key in ("entries", "layout", "tar") if key in source.notes}
        if source.artifacts and facts.get("layout", "tree") == "tree":
            facts["tree_sha256"] = source.artifacts[-1].plain.sha256
        return facts

    def load(self, staging: Staging, artifacts: Iterator[Artifact]) -> None:
        """Unpack the archive, its root included."""
        for artifact in artifacts:
            staging.untar(artifact.stream, below=archive_root(staging.facts))

    def check(self, staging: Staging) -> None:
        """Archive the new tree again: the digest must be the recorded one, or else every member must be as
        it is in the backup, whatever the two archives look like. Of an archive of which nothing is recorded,
        as many names must have come as are in it."""
        if NAMES in staging.facts:
            _count(staging)
        if _same_archive(staging):
            return

        def found() -> Iterator[TreeEntry]:
            made = tree_entries("the archive of the new tree", staging.tree().stream(*command(())))
            return (entry for entry in made if rooted or entry.name != b".")

        rooted = staging.facts.get(ROOTED, True)

        if told := differences(lambda: _backed_up(staging), found):
            raise CheckFailed(
                f"volume {staging.volume.key!r} is not as it was backed up: {'; '.join(told)}",
                next_step="restore another backup, see `volops list`",
            )

    def plant(self, source: Source, token: str) -> None:
        """Write a file at the volume's root."""
        source.writable_tree().run("sh", "-c", 'printf %s "$1" >"$2"', "sh", token, _MARKER + token)

    def found(self, source: Source, token: str) -> bool:
        """True when that file is there and holds its token."""
        shown = source.tree().run("cat", _MARKER + token, ok=(0, 1))
        return shown.code == 0 and shown.text == token


def _count(staging: Staging) -> None:
    """As many names must have been unpacked as the archive holds; nothing else is known of it."""
    found = int(staging.tree().run("sh", "-c", "find /volume -printf x | wc -c").text)
    if found != staging.facts[NAMES]:
        raise CheckFailed(
            f"volume {staging.volume.key!r}: {found} names were unpacked, and the archive holds "
            f"{staging.facts[NAMES]}"
        )


def archive_root(facts: Mapping[str, Any]) -> str:
    """The directory of the archive that is the volume's root: the engine's own archive of /volume has it."""
    return "volume" if facts.get("layout") == "engine" else ""


def _backed_up(staging: Staging) -> Iterator[TreeEntry]:
    """What the stored archive holds. Raises CheckFailed when it is not the one that was recorded."""
    digest = hashlib.sha256()
    for artifact in staging.artifacts():
        digest = hashlib.sha256()
        yield from tree_entries(
            artifact.name, _through(digest.update, artifact.stream), archive_root(staging.facts)
        )
    if digest.hexdigest() != staging.facts.get("tree_sha256", digest.hexdigest()):
        raise CheckFailed(
            f"volume {staging.volume.key!r}: its archive is not the one whose digest was recorded",
            next_step="restore another backup, see `volops list`",
        )


def _through(seen: Callable[[bytes], None], chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        seen(chunk)
        yield chunk


def _same_archive(staging: Staging) -> bool:
    """Whether the new tree gives the very archive that was stored; not tried where another tar made it."""
    wanted, shell = staging.facts.get("tree_sha256"), staging.tree()
    if wanted is None or staging.notes["tar"] != staging.facts.get("tar"):
        return False
    digest = hashlib.sha256()
    for chunk in ahead(shell.stream(*command(()))):
        digest.update(chunk)
    return bool(digest.hexdigest() == wanted)


class PlainFiles(FileTree):
    """What a volume is taken for when no type claims it."""

    name = "files"
    stem = "files"
    summary = "Plain files"
    icon = "📁"
    data_included = ("Whatever the volume holds",)
    criticality = Criticality.CRITICAL
    typical_size = "Varies"
    backup_priority = "HIGHEST - nothing is known of it, so it is treated as irreplaceable"
    guarantees = ("survives container restarts", "survives container rebuilds")

    def detect(self, volume: Volume) -> bool:  # noqa: ARG002 - the signature is VolumeType's
        """Never: it is the core that falls back on this type, and says so."""
        return False
