"""Listing and finding backups, with all that can lie in a directory of backups."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.disks import read_only
from tests.samples import CREATED, artifact_record, manifest, volume_record
from volops.catalog import Catalog, Entry, EntryState, Verification
from volops.errors import InvalidUse, NoSuchBackup, StoreUnavailable
from volops.manifest import BackupKind, StackRecord
from volops.model import OutcomeStatus
from volops.store import LocalStore

PREFIXES = {
    BackupKind.FULL: "full",
    BackupKind.SELECTED: "selected",
    BackupKind.PARTIAL: "full",
    BackupKind.DATABASE: "db",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def catalog(root: Path) -> Catalog:
    return Catalog(LocalStore(root))


def add(
    root: Path,
    hours: int = 0,
    kind: BackupKind = BackupKind.FULL,
    project: str = "app",
    keys: tuple[str, ...] = ("db",),
    status: OutcomeStatus = OutcomeStatus.DONE,
) -> str:
    """Make a backup that many hours after the first; return its name."""
    created = CREATED + timedelta(hours=hours)
    name = f"{PREFIXES[kind]}_backup_{created:%Y%m%d_%H%M%S}"
    with Catalog(LocalStore(root)).begin(name) as draft:
        volumes = []
        for key in keys:
            file = f"{key}_backup_{created:%Y%m%d_%H%M%S}.sql"
            artifacts = (artifact_record(file),) if status is OutcomeStatus.DONE else ()
            if artifacts:
                draft.write(file, [b"content"])
            volumes.append(volume_record(key, artifacts=artifacts, status=status))
        final = f"partial_{name}" if kind is BackupKind.PARTIAL else name
        draft.commit(
            manifest(
                name=final,
                kind=kind,
                created=created,
                volumes=tuple(volumes),
                stack=StackRecord(project=project),
            )
        )
    return final


def states(catalog: Catalog) -> dict[str, EntryState]:
    return {entry.name: entry.state for entry in catalog.entries()}


def only(catalog: Catalog) -> Entry:
    (entry,) = catalog.entries()
    return entry


def test_no_directory_is_no_backups(catalog: Catalog) -> None:
    assert catalog.entries() == []
    with pytest.raises(NoSuchBackup, match="make one with `volops backup`"):
        catalog.find("latest")
    with pytest.raises(NoSuchBackup, match="make one with `volops backup`"):
        catalog.find("full_backup_20251025_143022")


def test_backups_are_listed_newest_first(root: Path, catalog: Catalog) -> None:
    names = [add(root, hours) for hours in (5, 1, 3)]
    assert [entry.name for entry in catalog.entries()] == [names[0], names[2], names[1]]


def test_latest_is_the_newest_complete_full_backup(root: Path, catalog: Catalog) -> None:
    add(root, 1)
    wanted = add(root, 2)
    add(root, 3, BackupKind.PARTIAL)
    add(root, 4, BackupKind.SELECTED)
    add(root, 5, BackupKind.DATABASE)
    broken = add(root, 6)
    (root / broken / "manifest.json").write_text("{")
    assert catalog.find("latest").name == wanted


def test_latest_is_not_one_that_is_known_to_be_bad_while_there_is_another(
    root: Path, catalog: Catalog
) -> None:
    good, bad = add(root, 1), add(root, 2)
    found = Verification(CREATED, ("db: damaged",))
    catalog.record(catalog.find(bad), found)
    assert catalog.find("latest").name == good
    assert [entry.name for entry in catalog.passed_over()] == [bad]
    catalog.record(catalog.find(good), found)
    assert catalog.find("latest").name == bad, "of two that are bad the newer one is meant"
    assert catalog.passed_over() == ()
    newer = add(root, 3)
    assert catalog.find("latest").name == newer
    assert catalog.passed_over() == ()


def test_latest_is_not_another_projects(root: Path) -> None:
    mine = add(root, 1, project="mine")
    theirs = add(root, 2, project="theirs")
    assert Catalog(LocalStore(root), "mine").find("latest").name == mine
    assert Catalog(LocalStore(root)).find("latest").name == theirs
    with pytest.raises(NoSuchBackup, match="no complete full backup of project nobodys") as caught:
        Catalog(LocalStore(root), "nobodys").find("latest")
    assert theirs in caught.value.next_step


def test_a_backup_is_found_by_name_beginning_and_path(
    root: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = add(root, 1)
    add(root, 2, BackupKind.SELECTED)
    database = add(root, 3, BackupKind.DATABASE)
    monkeypatch.chdir(root)
    for reference in (
        name,
        "full",
        str(root / name),
        f"./{name}",
        f"{root / name}/",
        f"./{name}/manifest.json",
    ):
        assert catalog.find(reference).name == name, reference
    for reference in (
        database,
        f"{database}.sql",
        "db",
        f"./{database}.sql",
        str(root / f"{database}.manifest.json"),
    ):
        assert catalog.find(reference).name == database, reference


def test_a_backup_that_was_carried_elsewhere_is_found_by_its_path(root: Path, tmp_path: Path) -> None:
    name = add(root)
    shutil.move(root / name, tmp_path / "before the upgrade")
    catalog = Catalog(LocalStore(root))
    entry = catalog.find(str(tmp_path / "before the upgrade"))
    assert entry.state is EntryState.COMPLETE
    assert b"".join(catalog.open(entry, "db_backup_20251025_143022.sql")) == b"content"


def test_a_beginning_of_several_names_is_refused_with_the_candidates(root: Path, catalog: Catalog) -> None:
    names = [add(root, hours) for hours in range(8)]
    with pytest.raises(InvalidUse, match="is the beginning of 8 backups") as caught:
        catalog.find("full_backup")
    assert names[-1] in caught.value.next_step
    assert "or 3 more" in caught.value.next_step


def test_a_whole_name_wins_over_longer_ones(root: Path, catalog: Catalog) -> None:
    name = add(root)
    (root / f"{name}.tar.gz").write_bytes(b"old")
    assert catalog.find(name).name == name
    assert catalog.find(f"{name}.tar.gz").state is EntryState.FOREIGN


@pytest.mark.parametrize("reference", ["nothing", "", "/no/such/path", "./nothing", "latest.tar.gz"])
def test_what_is_not_there_is_not_found(root: Path, catalog: Catalog, reference: str) -> None:
    add(root)
    with pytest.raises(NoSuchBackup) as caught:
        catalog.find(reference)
    assert caught.value.exit_code == 10
    assert caught.value.next_step


def test_archives_of_the_old_script_are_listed_as_foreign(root: Path, catalog: Catalog) -> None:
    root.mkdir()
    (root / "full_backup_20240101_020000.tar.gz").write_bytes(b"archive")
    (root / "db_backup_20240101_020000.sql").write_bytes(b"dump")
    (root / "notes.txt").write_text("mine")
    (root / "pictures").mkdir()
    assert states(catalog) == {
        "full_backup_20240101_020000.tar.gz": EntryState.FOREIGN,
        "db_backup_20240101_020000.sql": EntryState.FOREIGN,
    }
    entry = catalog.find("full_backup_20240101_020000.tar.gz")
    assert (entry.size, entry.manifest) == (7, None)
    assert "cannot be verified" in entry.problem
    assert b"".join(catalog.open(entry, entry.name)) == b"archive"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is not JSON"),
        (b"\x00\xff" * 100, "is not JSON"),
        (b'{"format": 9}', "newer volops"),
        (None, "manifest.json is missing from"),
    ],
)
def test_a_backup_with_a_bad_manifest_is_listed_with_its_problem(
    root: Path, catalog: Catalog, content: bytes | None, problem: str
) -> None:
    good, bad = add(root, 1), add(root, 2)
    file = root / bad / "manifest.json"
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    assert states(catalog) == {good: EntryState.COMPLETE, bad: EntryState.BROKEN}
    assert problem in catalog.find(bad).problem
    assert catalog.find("latest").name == good


def test_a_manifest_that_is_no_file_is_a_problem_of_that_backup_only(root: Path, catalog: Catalog) -> None:
    good, bad = add(root, 1), add(root, 2)
    (root / bad / "manifest.json").unlink()
    (root / bad / "manifest.json").symlink_to("/dev/zero")
    assert states(catalog) == {good: EntryState.COMPLETE, bad: EntryState.BROKEN}


def test_an_endless_manifest_is_not_read(root: Path, catalog: Catalog) -> None:
    bad = add(root, 2)
    with (root / bad / "manifest.json").open("wb") as file:
        file.truncate(1 << 40)
    assert only(catalog).problem.endswith("is larger than any manifest")


def test_a_database_manifest_without_its_dump_is_broken(root: Path, catalog: Catalog) -> None:
    name = add(root, kind=BackupKind.DATABASE)
    (root / f"{name}.sql").unlink()
    entry = only(catalog)
    assert (entry.name, entry.state) == (name, EntryState.BROKEN)
    assert f"{name}.sql is missing" in entry.problem


def test_a_dump_whose_manifest_is_damaged_is_broken_and_listed_once(root: Path, catalog: Catalog) -> None:
    name = add(root, kind=BackupKind.DATABASE)
    (root / f"{name}.manifest.json").write_text("{")
    entry = only(catalog)
    assert (entry.name, entry.state, entry.size) == (name, EntryState.BROKEN, len(b"content") + 1)


def test_a_dump_without_its_manifest_is_foreign(root: Path, catalog: Catalog) -> None:
    name = add(root, kind=BackupKind.DATABASE)
    (root / f"{name}.manifest.json").unlink()
    assert states(catalog) == {f"{name}.sql": EntryState.FOREIGN}


def test_a_manifest_of_another_kind_of_backup_is_broken_where_it_lies(root: Path, catalog: Catalog) -> None:
    name = add(root)
    shutil.copy(root / name / "manifest.json", root / "x.manifest.json")
    assert states(catalog) == {name: EntryState.COMPLETE, "x": EntryState.BROKEN}
    database = add(root, 1, BackupKind.DATABASE)
    shutil.copy(root / f"{database}.manifest.json", root / name / "manifest.json")
    assert states(catalog)[name] is EntryState.BROKEN


def test_the_last_good_backup_of_a_volume(root: Path, catalog: Catalog) -> None:
    add(root, 1, keys=("db", "media"))
    add(root, 2, BackupKind.SELECTED, keys=("media",))
    add(root, 3, BackupKind.PARTIAL, keys=("cache",))
    add(root, 4, BackupKind.PARTIAL, keys=("media",), status=OutcomeStatus.FAILED)
    add(root, 5, BackupKind.SELECTED, keys=("media",), status=OutcomeStatus.SKIPPED)
    add(root, 6, BackupKind.DATABASE, keys=("db",))
    add(root, 7, BackupKind.SELECTED, keys=("node_modules",), status=OutcomeStatus.RECIPE)
    assert catalog.last_goods() == {
        "db": CREATED + timedelta(hours=1),
        "media": CREATED + timedelta(hours=2),
        "cache": CREATED + timedelta(hours=3),
        "node_modules": CREATED + timedelta(hours=7),
    }
    assert catalog.last_good("media") == CREATED + timedelta(hours=2)
    assert catalog.last_good("logs") is None


def test_a_backup_known_to_be_bad_is_not_the_last_good_one(root: Path, catalog: Catalog) -> None:
    add(root, 1)
    bad = add(root, 2)
    catalog.record(catalog.find(bad), Verification(datetime.now(UTC), ("db.sql is damaged",)))
    assert catalog.last_good("db") == CREATED + timedelta(hours=1)


def test_a_verification_is_remembered_without_touching_the_backup(root: Path, catalog: Catalog) -> None:
    name = add(root)
    before = {path: path.read_bytes() for path in (root / name).iterdir()}
    assert only(catalog).verified is None
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    verification = Verification(when, (), host="workstation", user="me", version="0.1.0")
    catalog.record(only(catalog), verification)
    assert only(catalog).verified == verification
    assert {path: path.read_bytes() for path in (root / name).iterdir()} == before


def test_a_verification_of_another_backup_of_that_name_does_not_count(root: Path, catalog: Catalog) -> None:
    name = add(root)
    catalog.record(only(catalog), Verification(datetime.now(UTC)))
    shutil.rmtree(root / name)
    add(root, project="another")
    assert only(catalog).name == name
    assert only(catalog).verified is None


@pytest.mark.parametrize("note", [b"", b"null", b"{", b"\xff", b'{"seal": 1}'])
def test_a_damaged_note_is_no_verification(root: Path, catalog: Catalog, note: bytes) -> None:
    name = add(root)
    LocalStore(root).set_note(name, note)
    assert only(catalog).verified is None


def test_a_store_that_can_only_be_read_is_listed(root: Path, catalog: Catalog) -> None:
    name = add(root)
    with read_only(root):
        assert catalog.find("latest").name == name
        with pytest.raises(StoreUnavailable):
            catalog.record(catalog.find(name), Verification(datetime.now(UTC)))


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "-x", "x" * 300])
def test_a_backup_cannot_be_begun_under_a_name_that_leads_elsewhere(catalog: Catalog, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be called"):
        catalog.begin(name)
