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
            _undo(engine, state, stack.project, how, [container.id for container in users])
    finally:
        lock.release(remove=True)


def recover(engine: Engine, state: Path, project: str) -> tuple[str, ...]:
    """Let go what a killed run still holds of the project; return the containers' names. Leaves a live run
    alone."""
    if not (state / _JOURNAL).exists():
        return ()
    lock = FileLock.take(state / _LOCK)
    if lock is None:
        return ()
    try:
        noted = json.loads((state / _JOURNAL).read_text("utf-8"))
        held = {each["id"]: each["name"] for each in noted["containers"]}
        there = _undo(engine, state, project, Quiesce(noted["how"]), list(held))
        return tuple(held[container] for container in there)
    finally:
        lock.release(remove=True)


def _note(state: Path, how: Quiesce, users: Sequence[ContainerInfo]) -> None:
    noted = {"how": how.value, "containers": [{"id": user.id, "name": user.name} for user in users]}
    write_file(state, _JOURNAL, [json.dumps(noted).encode()])
    sync_directory(state)


def _undo(engine: Engine, state: Path, project: str, how: Quiesce, containers: Sequence[str]) -> list[str]:
    """Let go all of them, and only then heed somebody who wants to stop meanwhile. Returns those that are
    there."""
    try:
        there = _release(engine, project, how, containers)
        (state / _JOURNAL).unlink()
    except KeyboardInterrupt:
        # Nobody knows how far it came, and each step may be repeated.
        _release(engine, project, how, containers)
        (state / _JOURNAL).unlink(missing_ok=True)
        raise
    return there


def _release(engine: Engine, project: str, how: Quiesce, containers: Sequence[str]) -> list[str]:
    """Let go each of them, even when one cannot be; then raise for that one. One that is gone holds nothing
    still any more. Returns those that are there."""
    failed: EngineFailed | None = None
    existing = {container.id for container in engine.containers(project)}
    there = [container for container in containers if container in existing]
    for container in there:
        try:
            engine.unpause(container) if how is Quiesce.PAUSE else engine.start(container)
        except EngineFailed as error:
            failed = error
    if failed is not None:
        raise failed
    return there
