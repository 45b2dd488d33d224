"""Which volumes a backup is of; of those that are left out, why, and of those that are gone, what to do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from volops.catalog import Entry
from volops.errors import EngineFailed, InvalidUse, VolopsError
from volops.model import VolumeKind
from volops.plugins import Assignment
from volops.workspace import Workspace

NOT_CREATED = "not created yet"
UNDECLARED = (
    "no `volumes:` entry of the compose file covers it: it is lost with its container, and saved only when "
    "it is named"
)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which volumes: those named, or, without names, all that are backed up by default; or `everything`."""

    names: tuple[str, ...] = ()
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """One volume of the run; `skip` says why nothing is to be done with it, `loud` that nobody has decided
    so. `named` tells that somebody asked for this very volume."""

    given: Assignment
    skip: str = ""
    named: bool = False
    loud: bool = False


def choose(workspace: Workspace, selection: Selection) -> list[Job]:
    """The volumes that the run is about. Raises UnknownVolume."""
    if selection.names:
        chosen = {given.volume.key: given for given in map(workspace.assignment, selection.names)}
        return [Job(given, named=True) for given in chosen.values()]
    jobs = [
        Job(given, reason_to_skip(given, selection))
        for given in workspace.assignments
        if given.volume.kind is not VolumeKind.BIND or given.backup
    ]
    for given in workspace.undeclared():
        undecided = given.backup is None
        jobs.append(Job(given, UNDECLARED if undecided else reason_to_skip(given, selection), loud=undecided))
    return jobs


def reason_to_skip(given: Assignment, selection: Selection) -> str:
    """Why a run that is not told to leaves an existing volume out; empty when it does not."""
    if given.backup is False:
        return "left out by x-volops"
    if not given.volume.active:
        profiles = sorted({name for mount in given.volume.mounts for name in mount.service.profiles})
        return f"its profile is not active ({', '.join(profiles)})"
    by_default = given.type is None or given.type.cls.by_default
    if not (by_default or given.backup or selection.everything):
        return "left out by default, --all includes it"
    return ""


def meant_for_nothing(workspace: Workspace, jobs: Sequence[Job]) -> list[str]:
    """Keys of which `x-volops` speaks, and that no volume of the stack has, declared or not."""
    known = {given.volume.key for given in (*workspace.assignments, *(job.given for job in jobs))}
    return sorted(workspace.settings.volumes.keys() - known)


def absent(job: Job, existing: Collection[str]) -> bool:
    """Whether the engine does not have the volume. It is never created here."""
    volume = job.given.volume
    return volume.declared and volume.kind is not VolumeKind.BIND and volume.name not in existing


def lost(job: Job, last_good: Entry | None) -> VolopsError | None:
    """What is wrong with a volume that is absent; None when nothing is lost by leaving it out, since there
    has never been anything in it, as far as is known: `last_good` is the newest good backup that holds it."""
    volume = job.given.volume
    name = volume.name or volume.key
    if last_good is not None:
        return EngineFailed(
            f"volume {name!r} is gone, and {last_good.name} holds it",
            next_step=f"bring it back with `volops restore {last_good.name} {volume.key}`, or say "
            "`backup: false` of it in x-volops",
        )
    if job.named:
        return EngineFailed(f"volume {name!r} does not exist", next_step="create it with `volops start`")
    return None


def nothing_stored(
    workspace: Workspace, existing: Collection[str], skipped: Sequence[tuple[str, str]]
) -> VolopsError:
    """The error of a run that had nothing to store and in which nothing failed: what is true of each volume,
    by key and reason."""
    if not skipped:
        binds = bool(workspace.stack.binds)
        return InvalidUse(
            "this stack has no volumes" + (" but bind mounts" if binds else ""),
            next_step="name those that are to be backed up, see `volops volumes --binds`" if binds else "",
        )
    creating = "create them with `volops start`"
    if not existing:
        return EngineFailed("no volume of this stack exists yet", next_step=creating)
    told = ", ".join(f"{key} ({reason})" for key, reason in skipped)
    absent_ones = any(reason == NOT_CREATED for _, reason in skipped)
    return InvalidUse(
        f"nothing is left to back up: {told}",
        next_step=creating if absent_ones else "name what you want all the same",
    )
