"""A local directory as a store."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.disks import read_only
from volops.errors import ArtifactCorrupt, StoreUnavailable
from volops.store import LOOSE, LocalStore


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "backups")


def test_a_store_that_is_not_there_is_empty_and_is_not_made_by_looking(store: LocalStore) -> None:
    assert store.groups() == ()
    assert store.files(LOOSE) == {}
    assert store.note("x") is None
    assert store.modified("x") == 0.0
    assert not store.directory.exists()


def test_it_is_made_when_something_is_begun(store: LocalStore) -> None:
    store.directory = store.directory / "deep" / "down"
    store.begin("x").discard()
    assert store.directory.stat().st_mode & 0o777 == 0o700


def test_an_upload_is_seen_when_published_and_not_before(store: LocalStore) -> None:
    upload = store.begin("x")
    upload.write("a.sql", [b"dump"])
    assert store.groups() == ()
    assert upload.files == {"a.sql": 4}
    assert upload.publish("x", b"{}") == str(store.directory / "x")
    assert store.groups() == ("x",)
    assert store.files("x") == {"a.sql": 4, "manifest.json": 2}
    assert b"".join(store.open("x", "a.sql")) == b"dump"
    assert (store.directory / "x").stat().st_mode & 0o777 == 0o700
    assert list((store.directory / ".incoming").iterdir()) == []


def test_a_loose_upload_is_a_file_and_its_manifest(store: LocalStore) -> None:
    upload = store.begin("x")
    upload.write("x.sql", [b"dump"])
    assert upload.publish_loose(b"{}") == str(store.directory / "x.sql")
    assert store.files(LOOSE) == {"x.manifest.json": 2, "x.sql": 4}
    assert store.groups() == ()
    assert list((store.directory / ".incoming").iterdir()) == []


def test_what_is_discarded_is_gone(store: LocalStore) -> None:
    upload = store.begin("x")
    upload.write("a.sql", [b"dump"])
    upload.discard()
    upload.discard()
    assert [path.name for path in store.directory.rglob("*")] == [".incoming"]


def test_nothing_is_overwritten(store: LocalStore) -> None:
    store.begin("x").publish("x", b"{}")
    with pytest.raises(StoreUnavailable, match="x is already there"):
        store.begin("x")
    upload = store.begin("y")
    (store.directory / "y").mkdir()
    with pytest.raises(StoreUnavailable, match="y is already there"):
        upload.publish("y", b"{}")
    upload.discard()


def test_two_runs_do_not_write_one_upload(store: LocalStore) -> None:
    upload = store.begin("x")
    with pytest.raises(StoreUnavailable, match="another run is writing x"):
        store.begin("x")
    other = store.begin("y")
    assert upload.write("a.sql", [b"still here"]).size == 10
    other.discard()
    upload.discard()


@pytest.mark.parametrize("kind", ["link", "directory", "fifo", "nothing"])
def test_what_is_no_plain_file_is_not_opened(store: LocalStore, kind: str) -> None:
    group = store.directory / "x"
    group.mkdir(parents=True)
    if kind == "link":
        (group / "a.sql").symlink_to("/etc/passwd")
    elif kind == "directory":
        (group / "a.sql").mkdir()
    elif kind == "fifo":
        os.mkfifo(group / "a.sql")
    with pytest.raises(ArtifactCorrupt, match=r"a\.sql"):
        list(store.open("x", "a.sql"))
    assert ("a.sql" in store.files("x")) == (kind != "nothing")


def test_a_store_that_can_only_be_read_can_be_read(store: LocalStore) -> None:
    store.begin("x").publish("x", b"{}")
    with read_only(store.directory):
        assert store.groups() == ("x",)
        assert b"".join(store.open("x", "manifest.json")) == b"{}"
        with pytest.raises(StoreUnavailable, match="Read-only"):
            store.begin("y")
        with pytest.raises(StoreUnavailable, match="Read-only"), store.lock("backup"):
            pytest.fail("the lock was taken")


def test_a_store_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("I am a file")
    with pytest.raises(StoreUnavailable, match="cannot be used: Not a directory"):
        LocalStore(tmp_path / "backups").groups()


def test_a_note_replaces_the_one_before(store: LocalStore) -> None:
    store.set_note("x", b"one")
    store.set_note("x", b"two")
    assert store.note("x") == b"two"
    assert store.note("y") is None
