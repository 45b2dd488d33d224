"""Loose files without a manifest beside them: bundles, which begin with theirs, and what others left."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from volops.catalog.entry import MANIFEST_LIMIT, Entry, EntryState, foreign
from volops.catalog.verification import read_verification
from volops.chunks import ChunkReader
from volops.errors import ArtifactCorrupt, ManifestInvalid, StoreUnavailable
from volops.gzip_stream import gunzip
from volops.manifest import MANIFEST_FILE, Manifest, read_manifest
from volops.store import LOOSE, Store
from volops.tar import next_member
from volops.tar_headers import padded

_FILE = (b"0", b"\0")
_GZIP = b"\x1f\x8b"
"""What every gzip file begins with (RFC 1952, section 2.3.1)."""


def read_loose_file(store: Store, file: str, size: int) -> Entry:
    """The entry of a bundle, or else of a foreign file. What is wrong with it is in the entry, not raised.

    Of a bundle only the beginning is read.
    """
    found = foreign(store, file, size)
    try:
        stored = store.open(LOOSE, file)
        first = next(stored, b"")
    except (ArtifactCorrupt, StoreUnavailable):
        return found
    if not first.startswith(_GZIP):
        return found
    plain = gunzip(chain([first], stored), file)
    try:
        begin = next(plain, b"")
    except ArtifactCorrupt as error:
        return replace(found, state=EntryState.BROKEN, problem=error.message)
    try:
        manifest = bundled_manifest(ChunkReader(chain([begin], plain)), found.path)
    except ArtifactCorrupt:
        return found
    except ManifestInvalid as error:
        return replace(found, state=EntryState.BROKEN, problem=error.message)
    if manifest is None:
        return found
    return replace(
        found,
        state=EntryState.BUNDLE,
        created=manifest.created,
        manifest=manifest,
        problem="",
        verified=read_verification(store, file, manifest),
        outside=True,
    )


def bundled_manifest(stream: ChunkReader, origin: str) -> Manifest | None:
    """The manifest that an unpacked bundle begins with; the stream is left at the next member. None when
    something else comes first.

    Raises ArtifactCorrupt when it is no tar archive at all, ManifestInvalid when the manifest is damaged.
    """
    member = next_member(origin, stream)
    if member is None or member.name != MANIFEST_FILE.encode() or member.kind not in _FILE:
        return None
    if member.size > MANIFEST_LIMIT:
        raise ManifestInvalid(f"{origin} begins with a manifest that is larger than any")
    try:
        data = stream.take(member.size)
        stream.skip(padded(member.size) - member.size)
    except ArtifactCorrupt as error:
        raise ManifestInvalid(f"{origin} is damaged inside its manifest") from error
    return read_manifest(data, f"{MANIFEST_FILE} of {origin}")
