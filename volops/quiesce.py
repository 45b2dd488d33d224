"""Holding still the containers that use a volume while it is read, and always letting them go again.

What is held is written down before it is touched, so that the next command can let it go when this process
is killed in between.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from volops.engine import ContainerInfo, Engine
from volops.errors import EngineFailed, Locked
from volops.model import Quiesce, Stack, Volume
from volops.store.durable import make_private, sync_directory, write_file
from volops.store.locks import FileLock

_JOURNAL = "held.json"
_LOCK = "held.lock"


@contextlib.contextmanager
def held(engine: Engine, state: Path, stack: Stack, volume: Volume, how: Quiesce) -> Iterator[None]:
    """Pause or stop the running containers of the stack that mount `volume`; undo it on the way out.

    Containers that were not running stay as they are. Services that depend on others are held first and
    let go last. `state` is the project's private directory for what must outlive this process.
    Raises Locked when another run holds containers of this project.
    """
    if how is Quiesce.NONE:
        yield
        return
    users = [
        container
        for container in engine.containers_using(volume.name)
        if container.running and container.project == stack.project
    ]
    order = stack.dependencies_first()
    users.sort(key=lambda user: order.index(user.service) if user.service in order else len(order))
    make_private(state)
    lock = FileLock.take(state / _LOCK)
    if lock is None:
        raise Locked("another run holds containers of this stack", next_step="wait until it has ended")
    try:
        _note(state, how, users)
        try:
            for container in reversed(users):
                engine.pause(container.id) if how is Quiesce.PAUSE else engine.stop(container.id)
            yield
        finally:
            _undo(engine, state, how, [container.id for container in users])
    finally:
        lock.release(remove=True)


def recover(engine: Engine, state: Path) -> tuple[str, ...]:
    """Let go what a killed run still holds; return the containers' names. Leaves a live run alone."""
    if not (state / _JOURNAL).exists():
        return ()
    lock = FileLock.take(state / _LOCK)
    if lock is None:
        return ()
    try:
        noted = json.loads((state / _JOURNAL).read_text("utf-8"))
        _undo(engine, state, Quiesce(noted["how"]), [each["id"] for each in noted["containers"]])
        return tuple(each["name"] for each in noted["containers"])
    finally:
        lock.release(remove=True)


def _note(state: Path, how: Quiesce, users: Sequence[ContainerInfo]) -> None:
    noted = {"how": how.value, "containers": [{"id": user.id, "name": user.name} for user in users]}
    write_file(state, _JOURNAL, [json.dumps(noted).encode()])
    sync_directory(state)


def _undo(engine: Engine, state: Path, how: Quiesce, containers: Sequence[str]) -> None:
    """Let go all of them, and only then heed somebody who wants to stop meanwhile."""
    try:
        _release(engine, how, containers)
        (state / _JOURNAL).unlink()
    except KeyboardInterrupt:
        # Nobody knows how far it came, and each step may be repeated.
        _release(engine, how, containers)
        (state / _JOURNAL).unlink(missing_ok=True)
        raise


def _release(engine: Engine, how: Quiesce, containers: Sequence[str]) -> None:
    """Let go each of them, even when one cannot be; then raise for that one."""
    failed: EngineFailed | None = None
    for container in containers:
        try:
            engine.unpause(container) if how is Quiesce.PAUSE else engine.start(container)
        except EngineFailed as error:
            failed = error
    if failed is not None:
        raise failed
