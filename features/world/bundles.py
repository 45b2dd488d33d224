"""Bundles as a stranger could make them, and archives as people made them before: without volops."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import Any

from features.world.project import Project

_SCRIPT = """
set -eu
stamp=$1
docker compose exec -T db pg_dump -U postgres backend_db >"db_backup_$stamp.sql"
docker compose exec -T backend tar czf - -C /app/media . >"media_backup_$stamp.tar.gz"
docker compose exec -T backend tar czf - -C /app/staticfiles . >"static_backup_$stamp.tar.gz"
set -- "db_backup_$stamp.sql" "media_backup_$stamp.tar.gz" "static_backup_$stamp.tar.gz"
tar czf "full_backup_$stamp.tar.gz" "$@"
rm "$@"
"""
"""The process that the document describes."""
_ZEROS = "0" * 64
_SEAL = re.compile(rb'("seal": ")[0-9a-f]{64}(")')
Parts = dict[str, bytes]


def flip_bit(path: Path) -> None:
    """One bit, in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def stow_away(path: Path) -> None:
    """One file more."""
    parts = _parts(path)
    parts["stowaway.sql"] = b"DROP TABLE entry;\n"
    _write(path, parts)


def elsewhere(path: Path) -> None:
    """A member above the directory that is unpacked into."""
    info = tarfile.TarInfo("../../escaped")
    info.size = 1
    _with_receipt(path, lambda tar: tar.addfile(info, io.BytesIO(b"x")))


def link_to_the_machine(path: Path) -> None:
    """A symbolic link to a file of whoever unpacks it."""
    info = tarfile.TarInfo("./passwords")
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/shadow"
    _with_receipt(path, lambda tar: tar.addfile(info))


def _with_receipt(path: Path, add: Callable[[tarfile.TarFile], None]) -> None:
    """One member more in the archive of the receipts, and a manifest that says that all is in order."""
    parts = _parts(path)
    file = next(name for name in parts if name.startswith("media_backup_"))
    plain = io.BytesIO(gzip.decompress(parts[file]))
    with tarfile.open(fileobj=plain, mode="a") as tar:
        add(tar)
    parts[file] = gzip.compress(plain.getvalue())
    manifest = json.loads(parts["manifest.json"])
    for volume in manifest["volumes"]:
        for artifact in volume["artifacts"]:
            if artifact["file"] == file:
                artifact["plain"] = _digest(plain.getvalue())
                artifact["stored"] = _digest(parts[file])
                volume["facts"].pop("tree_sha256", None)
    parts["manifest.json"] = _sealed(manifest)
    _write(path, parts)


def _digest(content: bytes) -> dict[str, Any]:
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _sealed(manifest: dict[str, Any]) -> bytes:
    """As docs/design.md says: the digest of the file with zeros in the seal's place."""
    data = json.dumps(manifest | {"seal": _ZEROS}, indent=2, ensure_ascii=False).encode() + b"\n"
    return _SEAL.sub(rb"\g<1>" + hashlib.sha256(data).hexdigest().encode() + rb"\g<2>", data)


def _parts(path: Path) -> Parts:
    with tarfile.open(path) as tar:
        return {info.name: file.read() for info in tar if (file := tar.extractfile(info))}


def _write(path: Path, parts: Parts) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def archive_of(project: Project, name: str) -> None:
    """Make the archive as the script of old did; `name` is `full_backup_` and a time."""
    stamp = name.removeprefix("full_backup_").removesuffix(".tar.gz")
    run = project.run(f"sh -c {quote(_SCRIPT)} sh {stamp}")
    assert run.code == 0, run.output
