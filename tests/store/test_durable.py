"""A file of a store is whole or not there, and a refusal of the disk is told in the store's words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.disks import read_only, small_disk
from tests.samples import digest_of
from volops.errors import ProducerFailed, StoreFull, StoreUnavailable
from volops.store.durable import make_private, sync_directory, write_file

MEBIBYTE = b"x" * (1 << 20)


def test_a_file_is_written_privately_and_its_digest_returned(tmp_path: Path) -> None:
    content = [b"one", b"", b"two" * 1000]
    assert write_file(tmp_path, "a.sql", content) == digest_of(b"".join(content))
    assert (tmp_path / "a.sql").read_bytes() == b"".join(content)
    assert (tmp_path / "a.sql").stat().st_mode & 0o777 == 0o600


def test_the_mode_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_private(tmp_path / "backups")
        write_file(tmp_path / "backups", "a.sql", [b"x"])
    finally:
        os.umask(before)
    assert (tmp_path / "backups").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "backups" / "a.sql").stat().st_mode & 0o777 == 0o600


def test_a_producer_that_fails_leaves_nothing_and_its_own_error(tmp_path: Path) -> None:
    def dump() -> Iterator[bytes]:
        yield MEBIBYTE
        raise ProducerFailed("pg_dump ended with exit code 1")

    with pytest.raises(ProducerFailed, match="pg_dump ended"):
        write_file(tmp_path, "a.sql", dump())
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_producers_disk_is_not_called_the_stores(tmp_path: Path) -> None:
    def dump() -> Iterator[bytes]:
        yield MEBIBYTE
        raise PermissionError(13, "the pipe refused")

    with pytest.raises(PermissionError, match="the pipe refused"):
        write_file(tmp_path, "a.sql", dump())
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_stays_when_the_new_one_fails(tmp_path: Path) -> None:
    def dump() -> Iterator[bytes]:
        yield b"new"
        raise ProducerFailed("no")

    write_file(tmp_path, "note", [b"old"])
    with pytest.raises(ProducerFailed):
        write_file(tmp_path, "note", dump())
    assert (tmp_path / "note").read_bytes() == b"old"


def test_a_full_disk_is_told_with_the_directory_and_the_room_there_was(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        write_file(disk, "first", [MEBIBYTE] * 2)
        with pytest.raises(StoreFull) as caught:
            write_file(disk, "second", [MEBIBYTE] * 20)
        assert caught.value.message == f"no space left in {disk} (6 MiB free)"
        assert "free some space" in caught.value.next_step
        assert [path.name for path in disk.iterdir()] == ["first"]


def test_a_disk_that_cannot_be_written_is_told_with_the_directory(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    with read_only(tmp_path / "disk") as disk:
        with pytest.raises(StoreUnavailable, match=f"{disk} cannot be used: Read-only file system"):
            write_file(disk, "a.sql", [b"x"])
        with pytest.raises(StoreUnavailable, match="Read-only file system"):
            make_private(disk / "backups")


def test_a_file_where_the_directory_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("I am a file")
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        make_private(tmp_path / "backups")


def test_a_file_system_that_cannot_sync_a_directory_is_borne() -> None:
    sync_directory(Path("/proc"))
    with pytest.raises(FileNotFoundError):
        sync_directory(Path("/proc/no such directory"))
