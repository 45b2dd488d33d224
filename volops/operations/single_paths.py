"""Single paths out of a volume's archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from volops.catalog import Catalog, Entry
from volops.errors import InvalidUse
from volops.file_tree import TAR, FileTree, archive_root
from volops.manifest import VolumeRecord
from volops.operations.restore_plan import RestoreItem, RestorePlan
from volops.pipeline import opened
from volops.tar_selection import Chosen, choose, matches, near_names


def with_paths(catalog: Catalog, plan: RestorePlan, patterns: Sequence[str]) -> RestorePlan:
    """The plan for these paths only; see `choose_paths`. Raises InvalidUse unless it is for one volume."""
    if len(plan.items) != 1:
        raise InvalidUse("single paths are of one volume", next_step="name one volume beside --path")
    return replace(plan, chosen=choose_paths(catalog, plan.entry, plan.items[0], patterns))


def choose_paths(catalog: Catalog, entry: Entry, item: RestoreItem, patterns: Sequence[str]) -> Chosen:
    """What the patterns mean in the item's archive; all of it without any. A pattern may begin with a path at
    which a service mounts the volume.

    Raises InvalidUse when the volume is not backed up as files, and, with names near by, when a pattern
    matches nothing.
    """
    record = item.record
    if not issubclass(item.type.cls, FileTree) or not any(a.media_type == TAR for a in record.artifacts):
        how = "as a recipe" if not record.artifacts else "not as files"
        raise InvalidUse(
            f"volume {record.key!r} of type {record.type!r} is backed up {how}: it has no single paths",
            next_step="restore the whole volume",
        )
    (artifact,) = record.artifacts
    below = archive_root(record.facts)

    def read() -> Iterator[bytes]:
        stored = catalog.open(entry, artifact.file)
        return opened(artifact.file, stored, artifact.codecs, artifact.stored.digest, artifact.plain.digest)

    wanted = [_inside(record, pattern) for pattern in patterns]
    chosen = choose(artifact.name, read, wanted, below)
    for pattern in wanted:
        if not any(matches(name, pattern) for name in chosen.names):
            near = near_names(artifact.name, read(), pattern, below)
            raise InvalidUse(
                f"nothing in the backup of {record.key!r} matches {pattern!r}",
                next_step=f"near it are: {', '.join(near)}" if near else "the volume was empty",
            )
    return chosen


def _inside(record: VolumeRecord, pattern: str) -> str:
    for target in record.targets:
        if pattern.startswith(target.rstrip("/") + "/"):
            return pattern.removeprefix(target).strip("/")
    return pattern.removeprefix("./").strip("/")
