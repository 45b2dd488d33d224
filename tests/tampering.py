"""A backup that was changed by somebody who knew how to make its digests fit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import zstandard

from volops.manifest import Manifest
from volops.manifest.document import manifest_bytes


def tamper(backup: Path, artifact: str, edit: Callable[[bytes], bytes]) -> None:
    """Change the content of the one artifact whose name begins so; digests, sizes and seal are those of what
    it holds then, everything else in the manifest stays."""
    manifest = Manifest.model_validate_json((backup / "manifest.json").read_bytes(), strict=True)
    (record,) = [each for each in manifest.every_artifact if each.name.startswith(artifact)]
    plain = zstandard.ZstdDecompressor().decompressobj().decompress((backup / record.file).read_bytes())
    changed = edit(plain)
    assert changed != plain
    stored = zstandard.ZstdCompressor().compress(changed)
    (backup / record.file).write_bytes(stored)
    said = manifest.model_dump_json()
    for before, content in ((record.plain, changed), (record.stored, stored)):
        digest = hashlib.sha256(content).hexdigest()
        said = said.replace(
            f'"size":{before.size},"sha256":"{before.sha256}"', f'"size":{len(content)},"sha256":"{digest}"'
        )
    fitting = Manifest.model_validate_json(said, strict=True)
    assert fitting != manifest
    (backup / "manifest.json").write_bytes(manifest_bytes(fitting))
