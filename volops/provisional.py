"""Volumes that one run makes for itself: gone when it ends, unless it says that they are to stay.

They are written down before they are made, so that the next command removes them when the run was killed.
Only a volume that bears the run's own label is removed: whatever else has the name is somebody else's.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from volops.engine import LABEL_HELPER, LABEL_RUN, Engine
from volops.errors import EngineFailed, Locked
from volops.store.durable import make_private, sync_directory, write_file
from volops.store.locks import FileLock

_NOTE = "provisional.json"
_LOCK = "provisional.lock"


class Provisional:
    """The volumes of one run."""

    def __init__(self, engine: Engine, state: Path) -> None:
        self._engine, self._state = engine, state
        self._run = uuid.uuid4().hex
        self._names: list[str] = []

    def create(self, name: str, labels: Mapping[str, str]) -> None:
        """Make an empty volume. Raises EngineFailed when there is one of that name."""
        if name in self._engine.volumes([name]):
            raise EngineFailed(f"volume {name!r} exists already")
        self._names.append(name)
        self._note()
        self._engine.create_volume(name, {**labels, LABEL_RUN: self._run})

    def remove(self, name: str) -> None:
        """Remove one of them, with all that is in it."""
        _remove(self._engine, name, self._run)
        self._names.remove(name)
        self._note()

    def keep(self) -> None:
        """Let them stay for good."""
        self._names.clear()
        self._note()

    def remove_all(self) -> None:
        """Remove those that are not to stay."""
        while self._names:
            self.remove(self._names[-1])

    def _note(self) -> None:
        if self._names:
            noted = {"run": self._run, "volumes": self._names}
            write_file(self._state, _NOTE, [json.dumps(noted).encode()])
        else:
            (self._state / _NOTE).unlink(missing_ok=True)
        sync_directory(self._state)


@contextlib.contextmanager
def provisional(engine: Engine, state: Path) -> Iterator[Provisional]:
    """Volumes for the time of a run. `state` is the project's private directory for what must outlive a
    process. Raises Locked when another run of this project has such volumes."""
    make_private(state)
    lock = FileLock.take(state / _LOCK)
    if lock is None:
        raise Locked(
            "another run of this stack restores into volumes of its own", next_step="wait until it has ended"
        )
    try:
        _clear(engine, state)
        made = Provisional(engine, state)
        try:
            yield made
        finally:
            made.remove_all()
    finally:
        lock.release(remove=False)


def recover(engine: Engine, state: Path) -> None:
    """Remove the volumes of a killed run. Leaves a live run alone, and for a later command what cannot be
    removed now."""
    if not (state / _NOTE).exists():
        return
    lock = FileLock.take(state / _LOCK)
    if lock is None:
        return
    try:
        with contextlib.suppress(EngineFailed):
            _clear(engine, state)
    finally:
        lock.release(remove=False)


def _clear(engine: Engine, state: Path) -> None:
    try:
        noted = json.loads((state / _NOTE).read_text("utf-8"))
        run, names = str(noted["run"]), [str(name) for name in noted["volumes"]]
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError):
        # It was never whole: nothing had been made yet when its run was killed.
        names, run = [], ""
    for name in names:
        _remove(engine, name, run)
    (state / _NOTE).unlink()
    sync_directory(state)


def _remove(engine: Engine, name: str, run: str) -> None:
    found = engine.volumes([name]).get(name)
    if found is None or found.labels.get(LABEL_RUN) != run:
        return
    for container in engine.containers_using(name):
        if LABEL_HELPER in container.labels:
            engine.remove_container(container.id)
    engine.remove_volume(name)
