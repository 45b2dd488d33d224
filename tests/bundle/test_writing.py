"""A bundle has the document's layout, is whole or not there, and comes of whole backups alone."""

from __future__ import annotations

import contextlib
import io
import shutil
import stat
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bundle.sample import NAME, SQL, TREE, backup, parts_of
from volops.bundle import unpacked, write_bundle
from volops.catalog import Catalog, EntryState
from volops.errors import ArtifactCorrupt, InvalidUse, NoSuchBackup, StoreUnavailable, VolopsError
from volops.manifest import BackupKind, Manifest, read_manifest
from volops.store import LocalStore


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def test_it_holds_what_the_document_says_and_the_manifest_first(backups: Path) -> None:
    done = write_bundle(backup(backups), backups / f"{NAME}.tar.gz", backups)
    parts = parts_of(done.path)
    assert [name for name, _ in parts] == [
        "manifest.json",
        "db_backup_20251025_143022.sql",
        "media_backup_20251025_143022.tar.gz",
        "compose_20251025_143022.tar.gz",
    ]
    assert dict(parts)["db_backup_20251025_143022.sql"] == SQL
    inner = read_manifest(parts[0][1], "the bundle")
    assert inner == done.manifest
    for record in inner.every_artifact:
        assert record.stored.size == len(dict(parts)[record.file])
        assert record.codecs == (() if record.file.endswith(".sql") else ("gzip",))
    assert done.size == done.path.stat().st_size


def test_the_commands_of_the_document_unpack_it(backups: Path, tmp_path: Path) -> None:
    done = write_bundle(backup(backups), backups / f"{NAME}.tar.gz", backups)
    subprocess.run(["tar", "xzf", str(done.path), "-C", str(tmp_path)], check=True)
    (tmp_path / "data").mkdir()
    media = tmp_path / "media_backup_20251025_143022.tar.gz"
    subprocess.run(["tar", "xzf", str(media), "-C", str(tmp_path / "data")], check=True)
    with tarfile.open(fileobj=io.BytesIO(TREE)) as tar:
        photo = tar.extractfile("./photo.jpg")
        assert photo is not None
        assert (tmp_path / "data" / "photo.jpg").read_bytes() == photo.read()
    assert (tmp_path / "db_backup_20251025_143022.sql").read_bytes() == SQL


def test_only_its_owner_reads_it_and_nothing_else_is_left(backups: Path) -> None:
    write_bundle(backup(backups), backups / f"{NAME}.tar.gz", backups)
    assert stat.S_IMODE((backups / f"{NAME}.tar.gz").stat().st_mode) == 0o600
    assert list((backups / ".incoming").iterdir()) == []
    assert sorted(path.name for path in backups.iterdir()) == [".incoming", NAME, f"{NAME}.tar.gz"]


def test_the_same_backup_gives_the_same_bundle(backups: Path) -> None:
    entry = backup(backups)
    one = write_bundle(entry, backups / "one.tar.gz", backups)
    two = write_bundle(entry, backups / "two.tar.gz", backups)
    assert one.path.read_bytes() == two.path.read_bytes()


@pytest.mark.parametrize("there", ["file", "link"])
def test_what_is_there_is_never_overwritten(backups: Path, there: str) -> None:
    entry, target = backup(backups), backups / f"{NAME}.tar.gz"
    if there == "file":
        target.write_bytes(b"precious")
    else:
        target.symlink_to("nowhere")
    with pytest.raises(InvalidUse, match="is there already"):
        write_bundle(entry, target, backups)
    assert target.is_symlink() or target.read_bytes() == b"precious"


def test_what_turns_up_meanwhile_is_not_overwritten_either(backups: Path) -> None:
    entry, target = backup(backups), backups / f"{NAME}.tar.gz"

    def appear(count: int) -> None:
        del count
        target.write_bytes(b"precious")

    with pytest.raises(InvalidUse, match="is there already"):
        write_bundle(entry, target, backups, on_bytes=appear)
    assert target.read_bytes() == b"precious"
    assert list((backups / ".incoming").iterdir()) == []


@pytest.mark.parametrize(
    "file", ["db_backup_20251025_143022.sql.zst", "media_backup_20251025_143022.tar.zst"]
)
def test_a_damaged_backup_gives_no_bundle(backups: Path, file: str) -> None:
    entry = backup(backups)
    data = bytearray((backups / NAME / file).read_bytes())
    data[len(data) // 2] ^= 1
    (backups / NAME / file).write_bytes(data)
    with pytest.raises(ArtifactCorrupt, match=file):
        write_bundle(entry, backups / "some.tar.gz", backups)
    assert not (backups / "some.tar.gz").exists()
    assert list((backups / ".incoming").iterdir()) == []


def test_an_interrupt_leaves_nothing(backups: Path) -> None:
    entry = backup(backups)

    def interrupt(count: int) -> None:
        del count
        raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        write_bundle(entry, backups / "some.tar.gz", backups, on_bytes=interrupt)
    assert sorted(path.name for path in backups.iterdir()) == [".incoming", NAME]
    assert list((backups / ".incoming").iterdir()) == []


def test_a_partial_backup_is_bundled_only_when_asked_to(backups: Path) -> None:
    entry = backup(backups, kind=BackupKind.PARTIAL)
    with pytest.raises(InvalidUse, match="partial") as refused:
        write_bundle(entry, backups / "some.tar.gz", backups)
    assert "--partial" in refused.value.next_step
    assert write_bundle(entry, backups / "some.tar.gz", backups, incomplete=True).path.exists()


def test_no_bundle_of_a_bundle_or_of_nothing(backups: Path) -> None:
    write_bundle(backup(backups), backups / f"{NAME}.tar.gz", backups)
    catalog = Catalog(LocalStore(backups))
    with pytest.raises(InvalidUse, match="one file already"):
        write_bundle(catalog.find(f"{NAME}.tar.gz"), backups / "some.tar.gz", backups)
    (backups / NAME / "manifest.json").unlink()
    with pytest.raises(VolopsError, match="no manifest"):
        write_bundle(catalog.find(NAME), backups / "some.tar.gz", backups)


def test_another_directory_must_be_there(backups: Path) -> None:
    with pytest.raises(InvalidUse, match="no directory"):
        write_bundle(backup(backups), backups / "no" / "some.tar.gz", backups)


def test_the_list_of_backups_knows_it(backups: Path) -> None:
    write_bundle(backup(backups), backups / f"{NAME}.tar.gz", backups)
    catalog = Catalog(LocalStore(backups), "app")
    states = {entry.name: entry.state for entry in catalog.entries()}
    assert states == {NAME: EntryState.COMPLETE, f"{NAME}.tar.gz": EntryState.BUNDLE}
    assert catalog.find("latest").name == NAME
    assert catalog.find("full_backup_2025").name == NAME
    assert catalog.find(f"{NAME}.tar.gz").state is EntryState.BUNDLE


def test_a_bundle_alone_is_a_backup_but_not_the_latest(backups: Path) -> None:
    write_bundle(backup(backups), backups / f"{NAME}.tar.gz", backups)
    shutil.rmtree(backups / NAME)
    catalog = Catalog(LocalStore(backups), "app")
    assert catalog.last_goods().keys() == {"db", "uploads"}
    assert catalog.find("full_backup_2025").state is EntryState.BUNDLE
    with pytest.raises(NoSuchBackup, match="no complete full backup") as caught:
        catalog.find("latest")
    assert caught.value.next_step == f"choose one of: {NAME}.tar.gz"


def test_a_long_name_does_no_harm(backups: Path) -> None:
    entry = backup(backups)
    target = backups / f"{'ü' * 120}.tar.gz"
    write_bundle(entry, target, backups)
    with unpacked(Catalog(LocalStore(backups)).find(str(target)), backups) as opened:
        assert opened.manifest == parts_manifest(target)


def parts_manifest(target: Path) -> Manifest:
    return read_manifest(parts_of(target)[0][1], "the bundle")


def test_an_archive_that_cannot_be_read_is_listed_all_the_same(backups: Path) -> None:
    """Root may read everything: an error of the disk is what it can meet."""

    class Failing(LocalStore):
        def open(self, group: str, file: str) -> Iterator[bytes]:
            if file == "other.tar.gz":
                raise StoreUnavailable("the store cannot be used: Input/output error")
            return super().open(group, file)

    backup(backups)
    (backups / "other.tar.gz").write_bytes(b"x")
    states = {entry.name: entry.state for entry in Catalog(Failing(backups)).entries()}
    assert states == {NAME: EntryState.COMPLETE, "other.tar.gz": EntryState.FOREIGN}
