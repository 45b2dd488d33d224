"""The strategy that all volumes of plain files share: one GNU tar stream with full fidelity."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from volops.errors import CheckFailed
from volops.gnu_tar import command
from volops.model import Artifact, Criticality, Volume
from volops.volume_access import Source, Staging
from volops.volume_type import VolumeType

TAR = "application/x-tar"
NAMES = "names"
"""The one fact that is known of an archive which came without a manifest: how many names are in it."""
_MARKER = "/volume/.volops-marker-"


class FileTree(VolumeType):
    """Base of file-like types: subclasses give the inventory's columns, `stem` and `detect`."""

    stem: ClassVar[str]
    """First word of the artifact's name: `media` gives media_backup_20251025_143022.tar."""

    def dump(self, source: Source) -> Iterable[Artifact]:
        """One tar archive of the whole volume, its root included."""
        yield Artifact(source.file_name(f"{self.stem}_backup", ".tar"), TAR, source.tar())

    def facts(self, source: Source) -> Mapping[str, Any]:
        """Number of entries, version of GNU tar, and digest of the archive.

        The same tree gives the same archive again, so a restored one is checked by archiving it, and the
        live data is read only once. That another archive comes out proves nothing yet: versions of tar fill
        unused header fields differently (1.34 and 1.35 do), ext4 lists extended attributes in an order that
        depends on their history, and other file systems round holes to other sizes.
        """
        facts = {key: source.notes[key] for key in ("entries", "layout", "tar") if key in source.notes}
        if source.artifacts and facts.get("layout") == "tree":
            facts["tree_sha256"] = source.artifacts[-1].plain.sha256
        return facts

    def load(self, staging: Staging, artifacts: Iterator[Artifact]) -> None:
        """Unpack the archive, its root included."""
        for artifact in artifacts:
            staging.untar(artifact.stream)

    def check(self, staging: Staging) -> None:
        """Archive the new tree again: the digest must be the recorded one."""
        wanted = staging.facts.get("tree_sha256")
        if wanted is None and NAMES in staging.facts:
            _count(staging)
            return
        if wanted is None:
            staging.warn("the backup has no tree digest: what was unpacked is not compared with it")
            return
        digest = hashlib.sha256()
        for chunk in staging.tree().stream(*command(())):
            digest.update(chunk)
        if digest.hexdigest() != wanted:
            raise CheckFailed(
                f"volume {staging.volume.key!r}: the unpacked tree is not the one that was backed up"
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
