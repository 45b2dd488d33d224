"""What a restore is about to do, written down before it does it, so that any later command can undo it."""

from __future__ import annotations

import contextlib
import enum
import errno
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from volops.errors import Locked, RollbackFailed, StoreFull, StoreUnavailable
from volops.model import Exchange
from volops.store.durable import make_private, storage, sync_directory, write_file
from volops.store.locks import FileLock, holder

_FILE = "restore.json"
_LOCK = "restore.lock"
_NOTHING_MADE = {errno.EROFS, errno.ENOSPC, errno.EDQUOT}


class Step(enum.StrEnum):
    """How far a restore has come. Until `KEEP` it is undone by whoever finds it; from then on finished."""

    STAGING = "staging"
    SWAPPING = "swapping"
    STARTING = "starting"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Touched:
    """A volume that the restore works on: its key in the compose file, and its name on the engine. One that
    it had `made` itself keeps nothing from before: that is no data."""

    key: str
    name: str
    made: bool = False


@dataclass(frozen=True, slots=True)
class Stopped:
    """A container that the restore stops: its id, and the service it is of, should it be made anew."""

    container: str
    service: str


@dataclass(frozen=True, slots=True)
class Journal:
    """`stopped` are the containers to start again, in the order of their dependencies, and `well` those of
    their services that were well. Of a restore of one database `exchange` are the names it is about, on the
    server whose volume is the only one; of one of volumes and a database, which stand or fall together, that
    server's volume is `server` and no other is. `discards` tells that from `KEEP` on the data from before is
    deleted, and only then the services start. `run` is on the helpers that work for it."""

    operation: str
    backup: str
    step: Step
    volumes: tuple[Touched, ...]
    stopped: tuple[Stopped, ...] = ()
    exchange: Exchange | None = None
    discards: bool = False
    well: tuple[str, ...] = ()
    run: str = ""
    server: Touched | None = None

    def at(self, step: Step, **changes: Any) -> Journal:
        """The journal at another step."""
        return replace(self, step=step, **changes)

    def parted(self) -> tuple[Journal, Journal]:
        """Of a restore of volumes and a database: what the journal of either alone would be."""
        volumes = replace(self, exchange=None, server=None)
        server = (self.server,) if self.server else ()
        return volumes, replace(self, volumes=server, stopped=(), server=None)


@contextlib.contextmanager
def _tidied(state: Path) -> Iterator[None]:
    """Afterwards the directory and its parent go again, if they were not there and nothing is in them."""
    parent_there, there = state.parent.exists(), state.exists()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if not there:
                state.rmdir()
            if not parent_there:
                state.parent.rmdir()


class JournalFile:
    """The journal of a project, in its state directory."""

    def __init__(self, state: Path) -> None:
        self._state = state

    @contextlib.contextmanager
    def held(self, purpose: str = "a run of volops") -> Iterator[None]:
        """Have the project's volumes for oneself, wherever the backups are. Raises Locked, naming who has
        them."""
        with _tidied(self._state):
            lock = self._take()
            if lock is None:
                who = holder(self._state / _LOCK) or "another run of volops"
                raise Locked(
                    f"the volumes of this stack are in use by {who}",
                    next_step="wait until it has ended",
                )
            try:
                lock.sign(purpose)
                yield
            finally:
                lock.release(remove=True)

    @contextlib.contextmanager
    def held_to_read(self, purpose: str) -> Iterator[None]:
        """As `held`, for a run that changes no volume and keeps nothing here. Where the lock's file cannot
        even be made there is nothing to hold: whoever changes volumes needs it, too.

        Raises Locked also where a run was cut off, since this one began, with live data half moved.
        """
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(self.held(purpose))
            except (StoreUnavailable, StoreFull) as error:
                cause = error.__cause__
                unwritable = isinstance(cause, OSError) and cause.errno in _NOTHING_MADE
                if self._state.exists() and not unwritable:
                    raise
            if self.exists and self.read().step is not Step.STAGING:
                raise Locked(
                    "a restore or cleaning of this stack was cut off just now",
                    next_step="run this again: volops first brings that to its end",
                )
            yield

    def _take(self) -> FileLock | None:
        """Again when the directory has gone in between, with the run that had made it."""
        while True:
            make_private(self._state)
            try:
                return FileLock.take(self._state / _LOCK)
            except StoreUnavailable:
                if self._state.exists():
                    raise

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
                server=Touched(**found["server"]) if found.get("server") else None,
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

    def leaving(self, rest: Journal) -> JournalFile:
        """The same file for whoever brings one half to its end: it is not removed then, but tells of the
        `rest` alone."""
        return _Crossed(self._state, rest)


class _Crossed(JournalFile):
    def __init__(self, state: Path, rest: Journal) -> None:
        super().__init__(state)
        self._rest = rest

    def write(self, journal: Journal) -> None:
        volumes, database = (self._rest, journal) if journal.exchange else (journal, self._rest)
        super().write(replace(volumes, exchange=database.exchange, server=database.volumes[0]))

    def remove(self) -> None:
        super().write(self._rest)
