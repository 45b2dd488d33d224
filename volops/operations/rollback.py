"""Putting back the data from before the last restore, or letting it go."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from volops.errors import InvalidUse, NoSuchBackup, NotWell, VolopsError
from volops.gnu_tar import OWN
from volops.journal import Journal, JournalFile, Step, Touched
from volops.model import Volume, VolumeKind
from volops.operations.audit import audited
from volops.operations.swapping import exchange, take_back
from volops.operations.telling import told_as_run, unheard
from volops.operations.volume_dump import Emit
from volops.source import Surroundings
from volops.staging import Swap
from volops.staging_area import open_swap
from volops.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Kept:
    """A volume that keeps the data from before its last restore, and how many bytes that is."""

    volume: Volume
    size: int


def kept(workspace: Workspace, around: Surroundings, names: Sequence[str]) -> tuple[Kept, ...]:
    """The volumes (of those named, or of all, bind mounts too) that keep earlier data.

    Raises UnknownVolume, and NoSuchBackup when one that is named keeps none.
    """
    chosen = (
        [workspace.assignment(name).volume for name in names]
        if names
        else [given.volume for given in workspace.assignments if _may_keep(given.volume)]
    )
    existing = around.engine.volumes([volume.name for volume in chosen])
    found = []
    for volume in chosen:
        if volume.kind is VolumeKind.BIND or volume.name in existing:
            with open_swap(around, volume) as swap:
                sizes = swap.sizes()
            if "previous" in sizes:
                found.append(Kept(volume, sizes["previous"]))
            elif names:
                raise NoSuchBackup(
                    f"volume {volume.key!r} keeps no earlier data", next_step="restore a backup instead"
                )
    return tuple(found)


def _may_keep(volume: Volume) -> bool:
    """False for a bind mount that certainly keeps nothing: a helper for each would take its time, and a file
    or a socket cannot be looked into."""
    if volume.kind is not VolumeKind.BIND:
        return True
    try:
        return Path(volume.name, OWN).is_dir()
    except PermissionError:
        return True


def rollback(
    workspace: Workspace,
    around: Surroundings,
    chosen: Sequence[Kept],
    emit: Emit = unheard,
    *,
    patience: float = 180,
    anyway: Callable[[NotWell], None] | None = None,
) -> dict[str, float]:
    """Make the kept data live again, and keep what is live now in its stead; return the seconds each service
    was down. Raises as `restore` does; InvalidUse when nothing is kept.

    A service that does not get well on the old data, which may be what it was restored for, undoes the
    roll-back: NotWell. With `anyway` it stands, and that is called instead.
    """
    _require(chosen)
    journals = JournalFile(workspace.state)
    touched = tuple(Touched(each.volume.key, each.volume.name) for each in chosen)
    journal = Journal("rollback", "the last restore", Step.STAGING, touched)
    keys = [each.volume.key for each in chosen]
    with (
        workspace.catalog.lock("volops rollback"),
        journals.held("volops rollback"),
        audited(workspace, "rollback", keys) as deed,
        told_as_run(emit, "rollback", workspace.stack.project, keys),
        contextlib.ExitStack() as stack,
    ):
        try:
            swaps = [stack.enter_context(open_swap(around, each.volume)) for each in chosen]
            journals.write(journal)
            downtime = exchange(around, journals, journal, swaps, Swap.turn, patience, anyway)
        except NotWell as error:
            again = f"`volops rollback --anyway {shlex.join(keys)}`"
            way = f"{error.next_step}; {again} has the old data stay"
            take_back(around, journals, NotWell(error.message, next_step=way))
        except (VolopsError, KeyboardInterrupt) as error:
            take_back(around, journals, error)
        deed.touched += keys
        return downtime


def commit(workspace: Workspace, around: Surroundings, chosen: Sequence[Kept], emit: Emit = unheard) -> int:
    """Delete the kept data of these volumes; return the bytes freed. Raises InvalidUse when there is none."""
    _require(chosen)
    keys = [each.volume.key for each in chosen]
    with (
        JournalFile(workspace.state).held("volops commit"),
        audited(workspace, "commit", keys) as deed,
        told_as_run(emit, "commit", workspace.stack.project, keys),
    ):
        for each in chosen:
            with open_swap(around, each.volume) as swap:
                swap.drop()
            deed.touched.append(each.volume.key)
            deed.freed += each.size
    return sum(each.size for each in chosen)


def _require(chosen: Sequence[Kept]) -> None:
    if not chosen:
        raise InvalidUse("no volume keeps data from before a restore", next_step="see `volops list`")
