"""What a restore is about to do, written down before it does it, so that any later command can undo it."""

from __future__ import annotations

import contextlib
import enum
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from volops.errors import Locked, RollbackFailed
from volops.model import Exchange
from volops.store.durable import make_private, storage, sync_directory, write_file
from volops.store.locks import FileLock

_FILE = "restore.json"
_LOCK = "restore.lock"


class Step(enum.StrEnum):
    """How far a restore has come. Until `KEEP` it is undone by whoever finds it; from then on finished."""

    STAGING = "staging"
    SWAPPING = "swapping"
    STARTING = "starting"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Touched:
    """A volume that the restore works on: its key in the compose file, and its name on the engine."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """A container that the restore stops: its id, and the service it is of, should it be made anew."""

    container: str
    service: str


@dataclass(frozen=True, slots=True)
class Journal:
    """`stopped` are the containers to start again, in the order of their dependencies, and `well` those of
    their services that were well. Of a restore of one database `exchange` are the names it is about, on the
    server whose volume is the only one. `discards` tells that from `KEEP` on the data from before is deleted,
    and only then the services start. `run` is on the helpers that work for it."""

    operation: str
    backup: str
    step: Step
    volumes: tuple[Touched, ...]
    stopped: tuple[Stopped, ...] = ()
    exchange: Exchange | None = None
    discards: bool = False
    well: tuple[str, ...] = ()
    run: str = ""

    def at(self, step: Step, **changes: Any) -> Journal:
        """The journal at another step."""
        return replace(self, step=step, **changes)


class JournalFile:
    """The journal of a project, in its state directory."""

    def __init__(self, state: Path) -> None:
        self._state = state

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep other restores of the project away. Raises Locked."""
        make_private(self._state)
        lock = FileLock.take(self._state / _LOCK)
        if lock is None:
            raise Locked("another restore of this stack is under way", next_step="wait until it has ended")
        try:
            yield
        finally:
            lock.release(remove=False)

    @property
    def exists(self) -> bool:
        """True when a restore is under way, or was cut off."""
        return (self._state / _FILE).exists()

    def write(self, journal: Journal) -> None:
        """Have it on the disk before the step is taken. Raises StoreFull, StoreUnavailable."""
        write_file(self._state, _FILE, [json.dumps(asdict(journal), indent=1).encode()])
        with storage(self._state):
            sync_directory(self._state)

    def read(self) -> Journal:
        """The journal that a restore left. Raises RollbackFailed when it cannot be read."""
        path = self._state / _FILE
        try:
            found = json.loads(path.read_text("utf-8"))
            return Journal(
                operation=found["operation"],
                backup=found["backup"],
                step=Step(found["step"]),
                volumes=tuple(Touched(**each) for each in found["volumes"]),
                stopped=tuple(Stopped(**each) for each in found["stopped"]),
                exchange=Exchange(**found["exchange"]) if found.get("exchange") else None,
                discards=bool(found.get("discards")),
                well=tuple(found.get("well", ())),
                run=found.get("run", ""),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RollbackFailed(
                f"the journal {path} of an unfinished restore cannot be read: {error}",
                next_step='see docs/recovery.md, "An unreadable journal"',
            ) from error

    def remove(self) -> None:
        """The restore has ended, one way or the other. Raises StoreUnavailable."""
        with storage(self._state):
            (self._state / _FILE).unlink(missing_ok=True)
            sync_directory(self._state)
