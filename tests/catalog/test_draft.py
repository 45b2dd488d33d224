"""A backup becomes visible when it is whole, and not before."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.disks import small_disk
from tests.dying import killed_before_step
from tests.samples import artifact_record, digest_of, manifest, volume_record
from volops.catalog import Catalog, EntryState
from volops.errors import ArtifactCorrupt, PluginBroken, StoreFull
from volops.manifest import BackupKind, Manifest
from volops.store import LocalStore

NAME = "full_backup_20251025_143022"
FILES = {"db_backup_20251025_143022.sql": b"dump" * 500, "media_backup_20251025_143022.tar": b"tree" * 900}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def catalog(root: Path) -> Catalog:
    return Catalog(LocalStore(root))


def full_manifest(**changes: object) -> Manifest:
    volumes = tuple(
        volume_record(file.partition("_")[0], artifacts=(artifact_record(file, content),))
        for file, content in FILES.items()
    )
    return manifest(**({"volumes": volumes} | changes))


def database_manifest() -> Manifest:
    artifact = artifact_record("db_backup_20251025_143022.sql", FILES["db_backup_20251025_143022.sql"])
    return manifest(
        name="db_backup_20251025_143022",
        kind=BackupKind.DATABASE,
        volumes=(volume_record(artifacts=(artifact,)),),
    )


def back_up(root: Path) -> None:
    with Catalog(LocalStore(root)).begin(NAME) as draft:
        for file, content in FILES.items():
            assert draft.write(file, [content[:100], content[100:]]) == digest_of(content)
        draft.commit(full_manifest())


def back_up_database(root: Path) -> None:
    with Catalog(LocalStore(root)).begin("db_backup_20251025_143022") as draft:
        draft.write("db_backup_20251025_143022.sql", [FILES["db_backup_20251025_143022.sql"]])
        draft.commit(database_manifest())


def fill(disk: Path) -> None:
    with contextlib.suppress(OSError), (disk / "something else").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


def left_behind(root: Path) -> list[str]:
    """All that lies in the store, but for what is always there."""
    found = {str(path.relative_to(root)) for path in root.rglob("*")}
    return sorted(found - {".incoming", ".volops"})


def test_a_committed_backup_is_in_the_catalog(root: Path, catalog: Catalog) -> None:
    back_up(root)
    (entry,) = catalog.entries()
    assert (entry.name, entry.state, entry.path) == (NAME, EntryState.COMPLETE, str(root / NAME))
    assert catalog.files(entry).keys() == {"manifest.json", *FILES}
    for file, content in FILES.items():
        assert b"".join(catalog.open(entry, file)) == content
    assert left_behind(root / ".incoming") == []


def test_a_database_backup_is_a_plain_file_beside_its_manifest(root: Path, catalog: Catalog) -> None:
    back_up_database(root)
    assert left_behind(root) == ["db_backup_20251025_143022.manifest.json", "db_backup_20251025_143022.sql"]
    (entry,) = catalog.entries()
    assert entry.path == str(root / "db_backup_20251025_143022.sql")
    assert b"".join(catalog.open(entry, "db_backup_20251025_143022.sql")) == b"dump" * 500


def test_a_partial_backup_is_named_so(root: Path, catalog: Catalog) -> None:
    with catalog.begin(NAME) as draft:
        path = draft.commit(manifest(name=f"partial_{NAME}", kind=BackupKind.PARTIAL, volumes=()))
    assert path == str(root / f"partial_{NAME}")
    assert catalog.entries()[0].state is EntryState.PARTIAL


def test_a_partial_backup_cannot_take_the_name_of_a_whole_one(catalog: Catalog) -> None:
    with catalog.begin(NAME) as draft, pytest.raises(ValueError, match="is partial_full_backup"):
        draft.commit(manifest(kind=BackupKind.PARTIAL, volumes=()))


def test_a_manifest_that_names_what_is_not_there_is_not_committed(root: Path, catalog: Catalog) -> None:
    with catalog.begin(NAME) as draft:
        draft.write("db_backup_20251025_143022.sql", [b"dump"])
        with pytest.raises(ArtifactCorrupt, match="has 4 bytes, not 2000"):
            draft.commit(full_manifest())
    with catalog.begin(NAME) as draft, pytest.raises(ArtifactCorrupt, match="has 0 bytes, not 2000"):
        draft.commit(full_manifest())
    assert left_behind(root) == []


def test_what_the_manifest_does_not_name_is_not_part_of_the_backup(catalog: Catalog) -> None:
    with catalog.begin(NAME) as draft:
        for file, content in FILES.items():
            draft.write(file, [content])
        draft.write("of_a_volume_that_failed.tar", [b"half"])
        draft.commit(full_manifest())
    assert catalog.files(catalog.find("latest")).keys() == {"manifest.json", *FILES}


def test_a_file_can_be_removed_from_a_draft(catalog: Catalog) -> None:
    with catalog.begin(NAME) as draft:
        draft.write("a.sql", [b"half"])
        draft.remove("a.sql")
        draft.remove("a.sql")
        assert draft.write("a.sql", [b"whole"]).size == 5


@pytest.mark.parametrize("file", ["../outside.sql", "/outside.sql", "manifest.json", "a\nb.sql", ".lock"])
def test_a_plugin_cannot_write_outside_its_backup(root: Path, catalog: Catalog, file: str) -> None:
    with catalog.begin(NAME) as draft, pytest.raises(PluginBroken, match="cannot be called that"):
        draft.write(file, [b"x"])
    assert left_behind(root) == []


def test_two_artifacts_cannot_share_a_file(catalog: Catalog) -> None:
    with catalog.begin(NAME) as draft:
        draft.write("a.sql", [b"first"])
        with pytest.raises(PluginBroken, match=r"two artifacts of one backup are called a\.sql"):
            draft.write("a.sql", [b"second"])


def test_an_error_leaves_nothing(root: Path, catalog: Catalog) -> None:
    def dump() -> Iterator[bytes]:
        yield b"x"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), catalog.begin(NAME) as draft:
        draft.write("a.sql", dump())
    assert left_behind(root) == []


def test_a_disk_that_fills_up_leaves_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        catalog = Catalog(LocalStore(disk / "backups"))
        with catalog.begin(NAME) as draft:
            draft.write("first.tar", [b"x" * (1 << 20)])
            with pytest.raises(StoreFull, match=rf"no space left in {disk}/backups \(\d MiB free\)"):
                draft.write("second.tar", (b"x" * (1 << 20) for _ in range(10)))
        assert left_behind(disk / "backups") == []
        back_up(disk / "backups")
        assert catalog.find("latest").name == NAME


def test_a_disk_that_is_full_at_the_manifest_leaves_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        catalog = Catalog(LocalStore(disk / "backups"))
        with catalog.begin(NAME) as draft:
            for file, content in FILES.items():
                draft.write(file, [content])
            fill(disk)
            with pytest.raises(StoreFull):
                draft.commit(full_manifest())
        assert left_behind(disk / "backups") == []


def test_a_run_killed_while_it_writes_leaves_an_orphan_that_the_next_removes(
    root: Path, catalog: Catalog
) -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:

        def dump() -> Iterator[bytes]:
            yield b"x" * 4096
            os.write(writer, b"writing")
            signal.pause()

        with Catalog(LocalStore(root)).begin(NAME) as draft:
            draft.write("db_backup_20251025_143022.sql", dump())
        os._exit(0)
    assert os.read(reader, 7) == b"writing"
    # While it lives another run leaves it alone.
    catalog.begin("full_backup_20251025_150000").discard()
    assert (root / ".incoming" / NAME).is_dir()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert catalog.entries() == []
    catalog.begin("full_backup_20251025_150000").discard()
    assert left_behind(root) == []


@pytest.mark.parametrize("work", [back_up, back_up_database], ids=["full", "database"])
def test_a_run_killed_at_any_step_leaves_a_whole_backup_or_none(
    tmp_path: Path, work: Callable[[Path], None]
) -> None:
    step = 0
    seen = set()
    while True:
        step += 1
        root = tmp_path / str(step)
        if not killed_before_step(step, root, partial(work, root)):
            break
        catalog = Catalog(LocalStore(root))
        if root.is_dir():
            catalog.begin("full_backup_20300101_000000").discard()
        entries = catalog.entries()
        seen.add(len(entries))
        for entry in entries:
            assert entry.state is EntryState.COMPLETE
            assert entry.manifest is not None
            for artifact in entry.manifest.every_artifact:
                assert digest_of(b"".join(catalog.open(entry, artifact.file))) == artifact.stored.digest
        if not entries:
            assert left_behind(root) == []
    assert step > 15
    assert seen == {0, 1}, "it was killed before and after the backup became visible"
