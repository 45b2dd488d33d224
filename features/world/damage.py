"""What can happen to a backup on disk. Each function does it and returns the name of what it was done to."""

from __future__ import annotations

import re
from pathlib import Path

from features.world.backup import Backup


def dump(backup: Backup) -> Path:
    """The stored file of the database."""
    return next(path for path in backup.path.iterdir() if re.match(r"db_backup_", path.name))


def archive(backup: Backup) -> Path:
    """The stored file of the media."""
    return next(path for path in backup.path.iterdir() if re.match(r"media_backup_", path.name))


def flip_bit(path: Path) -> str:
    """One bit, in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    return path.name


def cut_short(path: Path) -> str:
    """The last third is gone."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    return path.name


def empty(path: Path) -> str:
    """All of it is gone but the name."""
    path.write_bytes(b"")
    return path.name


def remove(path: Path) -> str:
    """The file is gone."""
    path.unlink()
    return path.name


def add(path: Path) -> str:
    """A file appears that the manifest does not know."""
    path.write_bytes(b"who am I?")
    return path.name


def edit(path: Path) -> str:
    """A word is replaced; what remains is as good JSON as before."""
    text = path.read_text("utf-8")
    assert '"done"' in text
    path.write_text(text.replace('"done"', '"skipped"', 1), "utf-8")
    return path.name


def exchange(backup: Backup) -> str:
    """Two files change their names."""
    first, second = dump(backup), archive(backup)
    contents = first.read_bytes(), second.read_bytes()
    first.write_bytes(contents[1])
    second.write_bytes(contents[0])
    return first.name
