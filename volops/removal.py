"""What a volume type would have removed when its volume is cleaned: a plan, which the core carries out."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Removing(enum.StrEnum):
    """How the core carries a removal out."""

    ALL = "all"
    """Everything in the volume: the services that use it stop, find it as a new one is, and run again. When
    one does not get well on it, the data comes back."""
    FILES = "files"
    """The `paths`, while services go on running: each is emptied where it is, so that whoever has it open to
    append to it goes on in the file that one sees. Where no service runs they are deleted."""
    DELETE = "delete"
    """The `paths` are deleted, though services run: files that none of them writes to any more."""


@dataclass(frozen=True, slots=True)
class Removal:
    """One thing that goes. `what` says it to a person; `size` is in bytes, None where only the core knows.

    `paths` are relative to the volume's root, of plain files. `then` is a shell command for each running
    service that may write to the volume, once this is done: to open its files anew, or to make them again.
    """

    what: str
    how: Removing = Removing.ALL
    size: int | None = None
    paths: tuple[str, ...] = ()
    then: str = ""
