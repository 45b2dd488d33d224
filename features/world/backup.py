"""Backups on disk, read with standard tools only: ls, zstd, tar, and a JSON parser."""

from __future__ import annotations

import contextlib
import json
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.world.commands import tell
from features.world.project import Project

STATE = ".volops"
UNFINISHED = ".incoming"


@dataclass(frozen=True, slots=True)
class Backup:
    """A directory with a manifest."""

    path: Path

    @property
    def name(self) -> str:
        """Its directory's name."""
        return self.path.name

    @property
    def manifest(self) -> dict[str, Any]:
        """What its manifest says."""
        said: dict[str, Any] = json.loads((self.path / "manifest.json").read_text("utf-8"))
        return said

    def volume(self, key: str) -> dict[str, Any]:
        """What its manifest says of one volume."""
        found = [volume for volume in self.manifest["volumes"] if volume["key"] == key]
        assert found, f"the manifest of {self.name} does not mention {key}"
        record: dict[str, Any] = found[0]
        return record

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """What its manifest says of the volumes of one type."""
        return [volume for volume in self.manifest["volumes"] if volume["type"] == kind]

    def files(self, key: str, ending: str = "") -> list[Path]:
        """The stored files of a volume whose name, before compression, has that ending."""
        artifacts = self.volume(key)["artifacts"]
        return [self.path / one["file"] for one in artifacts if one["name"].endswith(ending)]


def names_in(text: str) -> list[str]:
    """The names of a list as prose has it."""
    return text.split(", ")


def plain(file: Path) -> bytes:
    """The bytes of a stored file before it was compressed."""
    return tell("zstd", "-dc", str(file)) if file.suffix == ".zst" else file.read_bytes()


def backups_of(project: Project) -> list[Backup]:
    """What is called a backup, oldest first. What volops keeps for itself begins with a dot."""
    if not project.backups.exists():
        return []
    found = sorted(project.backups.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    return [Backup(path) for path in found if not path.name.startswith(".") and path.is_dir()]


def files_of(project: Project) -> list[Path]:
    """The archives in one file, by the time in their names."""
    return sorted(project.backups.glob("full_backup_*.tar.gz"))


def newest(project: Project) -> Backup:
    """The backup that was made last."""
    found = backups_of(project)
    assert found, "there is no backup"
    return found[-1]


def only_backup(project: Project) -> Backup:
    """The one backup that there must be."""
    found = backups_of(project)
    assert len(found) == 1, f"expected one backup, found {[backup.name for backup in found]}"
    return found[0]


def written_so_far(project: Project) -> int:
    """How many bytes the runs that have not committed have on disk."""
    size = 0
    for path in (project.backups / UNFINISHED).rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            size += path.stat().st_size
    return size


def leftovers(project: Project) -> list[str]:
    """Unfinished files and directories, and temporary files of the commands."""
    directory = project.backups / UNFINISHED
    begun = list(directory.iterdir()) if directory.is_dir() else []
    return [str(path) for path in [*begun, *project.scratch.iterdir()]]


def modes(directory: Path) -> dict[str, str]:
    """The permissions of everything below, as `ls` shows them, the directory itself included."""
    return {
        str(path.relative_to(directory.parent)): stat.filemode(path.lstat().st_mode)
        for path in [directory, *sorted(directory.rglob("*"))]
    }
