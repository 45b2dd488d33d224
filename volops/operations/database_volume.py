"""Which volume of a stack holds the databases that are meant."""

from __future__ import annotations

from typing import Any

from volops.database_type import DatabaseType, DumpType
from volops.errors import InvalidUse
from volops.plugins import Assignment
from volops.workspace import Workspace


def database_volume(workspace: Workspace, volume: str | None, wanted: type[Any] = DatabaseType) -> Assignment:
    """The volume of that name, or the only one that holds databases, of a type that can dump one alone, or do
    what else is `wanted` of it. Raises InvalidUse when it has none, or several do; UnknownVolume; and what is
    wrong with it."""
    if volume is not None:
        given = workspace.assignment(volume)
        if given.problem is not None:
            raise given.problem
        if not _can(given, wanted):
            what = "restored" if _can(given, DumpType) else "dumped or restored"
            raise InvalidUse(
                f"volume {given.volume.key!r} holds no database that could be {what} alone",
                next_step=f"name the whole of it: `volops backup {given.volume.key}`",
            )
        return given
    found = [given for given in workspace.assignments if _can(given, wanted)]
    if len(found) == 1:
        return found[0]
    keys = ", ".join(given.volume.key for given in found)
    raise InvalidUse(
        f"{len(found)} volumes of this stack hold databases" if found else "no volume holds a database",
        next_step=f"name one of: {keys}" if found else "see `volops volumes`",
    )


def _can(given: Assignment, wanted: type[Any]) -> bool:
    return given.type is not None and issubclass(given.type.cls, wanted)
