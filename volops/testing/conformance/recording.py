"""Backups that are kept so that later versions of a type are held to them."""

from __future__ import annotations

import shutil
from pathlib import Path

from volops.catalog import Entry
from volops.manifest import StackRecord
from volops.manifest.document import manifest_bytes
from volops.model import MANIFEST_FILE

HOST = PROJECT = "volops-kit"


def keep(entry: Entry, directory: Path) -> None:
    """Copy the backup to where a sample's `recorded` may lead, without what tells of this machine: its name,
    paths, images, and the compose file, which has the sample's secrets."""
    assert entry.manifest is not None, entry.problem
    place = directory / entry.name
    place.mkdir(parents=True)
    for volume in entry.manifest.volumes:
        for artifact in volume.artifacts:
            shutil.copyfile(Path(entry.path) / artifact.file, place / artifact.file)
    stack = StackRecord(project=PROJECT)
    told = entry.manifest.model_copy(update={"host": HOST, "stack": stack, "artifacts": ()})
    (place / MANIFEST_FILE).write_bytes(manifest_bytes(told))
