"""Damage that no digest shows: a backup is changed, and its manifest made to match."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from features.world import damage
from features.world.backup import Backup, plain
from features.world.commands import tell

_LAST_LINES = b"--\n-- PostgreSQL database dump complete"
_END_OF_ROWS = b"\n\\.\n"


def without_a_table(backup: Backup) -> str:
    """The dump makes the table `entry` under another name."""
    return _changed(backup, damage.dump(backup), lambda sql: sql.replace(b"public.entry", b"public.entri"))


def with_a_row_less(backup: Backup) -> str:
    """The last row of the dump is gone."""
    return _changed(backup, damage.dump(backup), _without_last_row)


def with_an_error(backup: Backup) -> str:
    """A statement of the dump cannot be carried out."""
    broken = b"ALTER TABLE public.no_such_table ADD PRIMARY KEY (id);\n\n" + _LAST_LINES
    return _changed(backup, damage.dump(backup), lambda sql: sql.replace(_LAST_LINES, broken))


def without_a_file(backup: Backup) -> str:
    """The archive ends one file early, in good order."""
    return _changed(backup, damage.archive(backup), _without_last_member)


def _without_last_row(sql: bytes) -> bytes:
    head, end, tail = sql.rpartition(_END_OF_ROWS)
    rows, _, _ = head.rpartition(b"\n")
    return rows + end + tail


def _without_last_member(archive: bytes) -> bytes:
    last = tell("tar", "--list", "--file", "-", data=archive).decode().splitlines()[-1]
    file = Path("/tmp") / f"features-{hashlib.sha256(archive).hexdigest()}.tar"
    try:
        file.write_bytes(archive)
        tell("tar", "--delete", "--file", str(file), last)
        return file.read_bytes()
    finally:
        file.unlink()


def _changed(backup: Backup, file: Path, change: Callable[[bytes], bytes]) -> str:
    """Change the plain bytes of a stored file, and tell the manifest so."""
    before = plain(file)
    after = change(before)
    assert after != before
    file.write_bytes(tell("zstd", "-q", "-c", data=after))
    manifest = backup.manifest
    (artifact,) = [
        each for volume in manifest["volumes"] for each in volume["artifacts"] if each["file"] == file.name
    ]
    artifact["plain"] = _digest(after)
    artifact["stored"] = _digest(file.read_bytes())
    (backup.path / "manifest.json").write_bytes(_sealed(manifest))
    return file.name


def _digest(data: bytes) -> dict[str, Any]:
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _sealed(manifest: dict[str, Any]) -> bytes:
    """As docs/design.md has it: the last member is the digest of all, with zeros in its own place."""
    seal = manifest.pop("seal")
    zeros = "0" * len(seal)
    text = json.dumps({**manifest, "seal": zeros}, indent=2, ensure_ascii=False) + "\n"
    digest = hashlib.sha256(text.encode()).hexdigest()
    return text.replace(f'"seal": "{zeros}"', f'"seal": "{digest}"').encode()
