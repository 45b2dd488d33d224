"""The audit log: a line for each command that took data away, or put other data in its place.

A line is written when its command has ended. Until then a note lies beside the log, written before anything
is touched and locked while the command lives; of one that was killed the next such command makes the line.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import socket
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from volops.errors import StoreUnavailable, VolopsError
from volops.store.durable import make_private, storage
from volops.store.local import STATE
from volops.store.locks import FileLock, holder
from volops.workspace import Workspace

LOG = "audit.jsonl"
_NOTE = "audit-{}.pending"
_NOTE_BYTES = 4000
_NOTES = "audit-*.pending"
_NAMES = 20


@dataclass
class Deed:
    """What a command has done so far: names of what is gone or was replaced, and the bytes freed."""

    touched: list[str] = field(default_factory=list)
    freed: int = 0
    failed: list[str] = field(default_factory=list)


@contextlib.contextmanager
def audited(
    workspace: Workspace, command: str, volumes: Sequence[str] = (), *, backup: str | None = None
) -> Iterator[Deed]:
    """Have the command in the log of the backups directory, whatever becomes of it.

    To be entered before anything is touched: raises StoreUnavailable or StoreFull when the log cannot be
    written. Secrets must be neither in the names nor in errors.
    """
    directory = workspace.records
    make_private(directory)
    make_private(directory / STATE)
    begun = _who() | {
        "command": command,
        "project": workspace.stack.project,
        "volumes": list(volumes),
        "backup": backup,
    }
    with _noted(directory, begun), _opened(directory) as log:
        _take_up(directory, log)
        deed = Deed()
        try:
            yield deed
        except BaseException as error:
            _end(directory, log, begun, deed, *_outcome(error))
            raise
        _end(directory, log, begun, deed, "partly" if deed.failed else "done", "; ".join(deed.failed))


def _who() -> dict[str, Any]:
    uid = os.getuid()
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    return {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "user": user,
        "uid": uid,
        "sudo_user": os.environ.get("SUDO_USER"),
        "host": socket.gethostname(),
        "version": version("volops"),
    }


def _outcome(error: BaseException) -> tuple[str, str]:
    if isinstance(error, VolopsError):
        return "failed", error.message
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", ""
    return "failed", f"unexpected {type(error).__name__}"


@contextlib.contextmanager
def _noted(directory: Path, begun: dict[str, Any]) -> Iterator[None]:
    """The note of a command that goes on. It stays only when its line could not be written."""
    note = _own_note(directory / STATE)
    try:
        note.write(_short(begun))
        yield
    except _Unwritten as error:
        note.release(remove=False)
        raise error.cause from error
    except BaseException:
        note.release(remove=True)
        raise
    note.release(remove=True)


def _own_note(state: Path) -> FileLock:
    """A command that takes up the notes of killed ones may find ours between its making and its locking."""
    for _ in range(_NAMES):
        note = FileLock.take(state / _NOTE.format(uuid.uuid4().hex))
        if note is not None:
            return note
    raise StoreUnavailable(f"the notes of the audit log in {state} are locked by others")


def _short(begun: dict[str, Any]) -> str:
    """As JSON, with so many volumes as fit into a note."""
    volumes = list(begun["volumes"])
    while len(text := json.dumps(begun | {"volumes": volumes})) > _NOTE_BYTES and volumes:
        volumes.pop()
    return text


class _Unwritten(Exception):
    """What had been done could not be written down."""

    def __init__(self, cause: VolopsError) -> None:
        super().__init__(str(cause))
        self.cause = cause


@contextlib.contextmanager
def _opened(directory: Path) -> Iterator[int]:
    with storage(directory / LOG):
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        log = os.open(directory / LOG, flags, 0o600)
    try:
        yield log
    finally:
        os.close(log)


def _take_up(directory: Path, log: int) -> None:
    """Write the lines of commands that were killed."""
    for path in sorted((directory / STATE).glob(_NOTES)):
        lock = FileLock.take(path)
        if lock is None:
            continue
        try:
            begun = json.loads(holder(path))
        except ValueError:
            # It was never whole: nothing had been touched yet.
            begun = None
        if begun:
            _end(directory, log, begun, None, "cut off", "the process ended before its command did")
        lock.release(remove=True)


def _end(
    directory: Path, log: int, begun: dict[str, Any], deed: Deed | None, outcome: str, error: str
) -> None:
    line = begun | {
        "ended": datetime.now(UTC).isoformat(timespec="milliseconds") if deed else None,
        "touched": deed.touched if deed else None,
        "freed": deed.freed if deed else None,
        "outcome": outcome,
        "error": error or None,
    }
    data = json.dumps(line, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
    try:
        with storage(directory / LOG):
            # One write, so that lines of two commands do not mix (open(2), O_APPEND).
            if os.write(log, data) != len(data):
                raise OSError(28, "no space left for the audit log")
            os.fsync(log)
    except VolopsError as unwritten:
        raise _Unwritten(unwritten) from unwritten
