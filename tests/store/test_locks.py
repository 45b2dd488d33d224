"""A lock lives as long as its process, and says whose it is."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from volops.errors import Locked
from volops.store import LocalStore
from volops.store.locks import FileLock


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    first = FileLock.take(tmp_path / "lock")
    assert first is not None
    assert FileLock.take(tmp_path / "lock") is None
    first.release(remove=False)
    second = FileLock.take(tmp_path / "lock")
    assert second is not None
    second.release(remove=True)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_whose_file_was_removed_meanwhile_is_no_lock(tmp_path: Path) -> None:
    first = FileLock.take(tmp_path / "lock")
    assert first is not None
    (tmp_path / "lock").unlink()
    second = FileLock.take(tmp_path / "lock")
    assert second is not None, "the file of that name is a new one"
    first.release(remove=False)
    assert FileLock.take(tmp_path / "lock") is None
    second.release(remove=True)


def test_another_process_is_refused_and_told_who_holds_the_store(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "backups")
    with store.lock("backup of app"):
        with pytest.raises(Locked) as caught, LocalStore(tmp_path / "backups").lock("clean"):
            pytest.fail("two hold the lock")
        assert f"is in use by process {os.getpid()} (backup of app, since " in caught.value.message
        assert caught.value.exit_code == 11
    with store.lock("backup again"):
        pass


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with LocalStore(tmp_path).lock("a run that will be killed"):
            os.write(writer, b"locked")
            signal.pause()
        os._exit(0)
    assert os.read(reader, 6) == b"locked"
    with pytest.raises(Locked, match=f"process {child} "), LocalStore(tmp_path).lock("next"):
        pytest.fail("two hold the lock")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with LocalStore(tmp_path).lock("next"):
        pass
