"""A backup is called good only if every byte of it is read, is what it was, and is whole of its kind."""

from __future__ import annotations

import contextlib
import hashlib
import io
import tarfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.disks import read_only
from tests.samples import manifest, volume_record
from volops.catalog import Catalog, Draft
from volops.errors import ArtifactCorrupt
from volops.events import Event, Progress, RunFinished, RunStarted, VolumeFinished, VolumeStarted, Warned
from volops.file_tree import FileTree, PlainFiles
from volops.manifest import ArtifactRecord, BackupKind, VolumeRecord
from volops.model import Artifact, Outcome, OutcomeStatus
from volops.operations.verify import verify
from volops.operations.volume_dump import store_artifact
from volops.plugins import RegisteredType, Registry
from volops.store import LocalStore

NAME = "full_backup_20251025_143022"
DONE, FAILED, SKIPPED = OutcomeStatus.DONE, OutcomeStatus.FAILED, OutcomeStatus.SKIPPED


class Dumps(FileTree):
    """A type whose dumps end with a line that says so."""

    name = "dumps"

    def detect(self, volume: object) -> bool:
        return bool(volume)

    def verify(self, artifact: Artifact) -> None:
        if not b"".join(artifact.stream).endswith(b"-- complete\n"):
            raise ArtifactCorrupt(f"{artifact.name} has no last line")


class Hasty(Dumps):
    """A type that looks at the first bytes only."""

    def verify(self, artifact: Artifact) -> None:
        next(artifact.stream)


class Careless(Dumps):
    """A type that thinks nothing of errors."""

    def verify(self, artifact: Artifact) -> None:
        with contextlib.suppress(ArtifactCorrupt):
            for _ in artifact.stream:
                pass


class Crashing(Dumps):
    """A type with a mistake in it."""

    def verify(self, artifact: Artifact) -> None:
        raise KeyError(artifact.name)


def registry_with(dumps: type[Dumps] | None = Dumps) -> Registry:
    types = [PlainFiles] + ([dumps] if dumps else [])
    return Registry((), {each.name: RegisteredType(each, "sample", "volops-sample", "1") for each in types})


class Reported:
    """The events of one verification."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    @property
    def exit_code(self) -> int:
        (finished,) = [event for event in self.events if isinstance(event, RunFinished)]
        return finished.exit_code


def archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


TREE = archive({"photo.jpg": hashlib.shake_256(b"photo").digest(300_000), "größe.txt": b"text\n" * 1000})
DUMP = b"INSERT INTO orders VALUES (1);\n" * 20_000 + b"-- complete\n"


def stored(draft: Draft, name: str, media_type: str, content: bytes) -> ArtifactRecord:
    chunks = (content[at : at + 65536] for at in range(0, len(content), 65536))
    return ArtifactRecord.of(store_artifact(draft, Artifact(name, media_type, chunks), lambda _: None))


def back_up(
    catalog: Catalog, *, tree: bytes = TREE, dump: bytes = DUMP, more: tuple[VolumeRecord, ...] = ()
) -> Path:
    with catalog.begin(NAME) as draft:
        media = stored(draft, "media.tar", "application/x-tar", tree)
        sql = stored(draft, "db.sql", "application/sql", dump)
        compose = stored(draft, "compose.tar", "application/x-tar", archive({"compose.yaml": b"{}"}))
        volumes = (
            volume_record("media", type="files", artifacts=(media,)),
            volume_record("db", type="dumps", artifacts=(sql,)),
            *more,
        )
        partial = any(volume.status is FAILED for volume in more)
        place = draft.commit(
            manifest(
                name=f"partial_{NAME}" if partial else NAME,
                kind=BackupKind.PARTIAL if partial else BackupKind.FULL,
                volumes=volumes,
                artifacts=(compose,),
            )
        )
    return Path(place)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(LocalStore(tmp_path / "backups"))


def verified(
    catalog: Catalog, registry: Registry | None = None, emit: Reported | None = None, name: str = NAME
) -> dict[str, Outcome]:
    outcomes = verify(catalog, registry or registry_with(), catalog.find(name), emit or Reported())
    return {outcome.volume: outcome for outcome in outcomes}


def statuses(outcomes: dict[str, Outcome]) -> dict[str, OutcomeStatus]:
    return {volume: outcome.status for volume, outcome in outcomes.items()}


def test_a_good_backup_is_good_and_that_is_remembered(catalog: Catalog) -> None:
    path = back_up(catalog)
    before = {file: file.read_bytes() for file in path.iterdir()}
    report = Reported()
    outcomes = verified(catalog, emit=report)
    assert statuses(outcomes) == {"media": DONE, "db": DONE, "compose files": DONE}
    assert outcomes["media"].size == len(TREE)
    assert outcomes["media"].stored_size == (path / "media.tar.zst").stat().st_size
    assert report.exit_code == 0
    remembered = catalog.find(NAME).verified
    assert remembered is not None
    assert remembered.ok
    assert remembered.host
    assert remembered.user
    assert {file: file.read_bytes() for file in path.iterdir()} == before


def test_events_tell_what_is_read(catalog: Catalog) -> None:
    back_up(catalog)
    report = Reported()
    outcomes = tuple(verified(catalog, emit=report).values())
    first, *between, last = report.events
    assert first == RunStarted("verify", NAME, ("media", "db"))
    assert last == RunFinished("verify", NAME, outcomes, 0)
    started = [event for event in between if isinstance(event, VolumeStarted)]
    assert started[0] == VolumeStarted("media", "files", len(TREE))
    assert [event.outcome for event in between if isinstance(event, VolumeFinished)] == list(outcomes)
    assert any(isinstance(event, Progress) for event in between)


FILES = {"media.tar.zst": "media", "db.sql.zst": "db", "compose.tar.zst": "compose files"}


def expect_failure(catalog: Catalog, file: str, reason: str = "", registry: Registry | None = None) -> None:
    """That very part fails, naming the file; the others are good; the failure is remembered."""
    report = Reported()
    outcomes = verified(catalog, registry, emit=report)
    part = FILES[file]
    assert {volume for volume, outcome in outcomes.items() if outcome.status is FAILED} == {part}
    assert file.removesuffix(".zst") in outcomes[part].reason
    assert reason in outcomes[part].reason
    assert outcomes[part].next_step
    assert report.exit_code == 1
    remembered = catalog.find(NAME).verified
    assert remembered is not None
    assert not remembered.ok
    assert remembered.problems[0].startswith(f"{part}: ")


@pytest.fixture
def good(catalog: Catalog) -> Path:
    return back_up(catalog)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("file", FILES)
def test_one_flipped_bit_is_found(catalog: Catalog, good: Path, file: str, data: st.DataObject) -> None:
    whole = (good / file).read_bytes()
    content = bytearray(whole)
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    (good / file).write_bytes(content)
    try:
        expect_failure(catalog, file)
    finally:
        (good / file).write_bytes(whole)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("kept", [slice(0), slice(1), slice(50), slice(-1)], ids=str)
def test_a_truncated_file_is_found(catalog: Catalog, file: str, kept: slice) -> None:
    target = back_up(catalog) / file
    target.write_bytes(target.read_bytes()[kept])
    expect_failure(catalog, file)


@pytest.mark.parametrize("file", FILES)
def test_bytes_after_the_end_are_found(catalog: Catalog, file: str) -> None:
    with (back_up(catalog) / file).open("ab") as target:
        target.write(b"\0")
    expect_failure(catalog, file)


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_found(catalog: Catalog, file: str) -> None:
    (back_up(catalog) / file).unlink()
    expect_failure(catalog, file, "is missing from")


def test_a_file_that_became_a_link_is_found(catalog: Catalog, tmp_path: Path) -> None:
    target = back_up(catalog) / "db.sql.zst"
    target.rename(tmp_path / "elsewhere")
    target.symlink_to(tmp_path / "elsewhere")
    expect_failure(catalog, "db.sql.zst", "is a link")


def test_a_whole_file_with_other_content_is_found(catalog: Catalog, tmp_path: Path) -> None:
    target = back_up(catalog) / "db.sql.zst"
    other = back_up(Catalog(LocalStore(tmp_path / "other")), dump=DUMP[31:]) / "db.sql.zst"
    target.write_bytes(other.read_bytes())
    expect_failure(catalog, "db.sql.zst", "stored bytes")


def test_a_file_that_the_manifest_does_not_name_is_found(catalog: Catalog) -> None:
    (back_up(catalog) / "notes.txt").write_text("mine")
    outcomes = verified(catalog)
    assert statuses(outcomes) == {"media": DONE, "db": DONE, "compose files": DONE, NAME: FAILED}
    assert outcomes[NAME].reason == "notes.txt: there, but not in the manifest"


@pytest.mark.parametrize("cut", [1024, 1500, 100_000])
def test_an_archive_that_was_stored_cut_off_is_found(catalog: Catalog, cut: int) -> None:
    whole = TREE.rstrip(b"\0") + bytes(1024)
    back_up(catalog, tree=whole[:-cut])
    expect_failure(catalog, "media.tar.zst", "no whole tar archive")


def test_a_dump_that_was_stored_cut_off_is_found(catalog: Catalog) -> None:
    back_up(catalog, dump=DUMP[:-5])
    expect_failure(catalog, "db.sql.zst", "db.sql has no last line")


@pytest.mark.parametrize("type_", [Hasty, Careless])
def test_a_type_cannot_hide_damage(catalog: Catalog, type_: type[Dumps]) -> None:
    target = back_up(catalog) / "db.sql.zst"
    assert statuses(verified(catalog, registry_with(type_)))["db"] is DONE
    content = bytearray(target.read_bytes())
    content[-1] ^= 1
    target.write_bytes(content)
    expect_failure(catalog, "db.sql.zst", registry=registry_with(type_))


def test_a_type_that_crashes_is_blamed_and_the_rest_is_still_verified(catalog: Catalog) -> None:
    back_up(catalog)
    expect_failure(
        catalog, "db.sql.zst", "plugin sample (volops-sample 1) raised KeyError", registry_with(Crashing)
    )


def test_without_the_plugin_the_digests_are_checked_and_it_is_said_what_was_not(catalog: Catalog) -> None:
    target = back_up(catalog) / "db.sql.zst"
    outcome = verified(catalog, registry_with(None))["db"]
    assert outcome.status is DONE
    (warning,) = outcome.warnings
    assert "only its digests were checked" in warning
    assert "'dumps' (plugin postgres of volops)" in warning
    target.write_bytes(target.read_bytes()[:-1])
    expect_failure(catalog, "db.sql.zst", registry=registry_with(None))


def test_what_was_never_stored_is_no_failure_of_the_backup_but_it_is_not_whole(catalog: Catalog) -> None:
    lost = volume_record("cache", status=FAILED, artifacts=(), reason="redis is not running")
    left_out = volume_record("logs", status=SKIPPED, artifacts=(), reason="left out by default")
    recipe = volume_record("node_modules", status=OutcomeStatus.RECIPE, artifacts=())
    back_up(catalog, more=(lost, left_out, recipe))
    report = Reported()
    outcomes = verified(catalog, emit=report, name=f"partial_{NAME}")
    assert statuses(outcomes)["cache"] is SKIPPED
    assert outcomes["cache"].reason == "not in this backup: redis is not running"
    assert statuses(outcomes)["logs"] is SKIPPED
    assert statuses(outcomes)["node_modules"] is OutcomeStatus.RECIPE
    assert report.exit_code == 3


def test_a_database_backup_is_verified_where_it_lies(catalog: Catalog, tmp_path: Path) -> None:
    name = "db_backup_20251025_143022"
    with catalog.begin(name) as draft:
        artifact = Artifact(f"{name}.sql", "application/sql", iter([DUMP]))
        record = ArtifactRecord.of(store_artifact(draft, artifact, lambda _: None, plain=True))
        volumes = (volume_record(type="dumps", artifacts=(record,)),)
        path = draft.commit(manifest(name=name, kind=BackupKind.DATABASE, volumes=volumes))
    (tmp_path / "backups" / "notes.txt").write_text("mine")
    assert statuses(verified(catalog, name=name)) == {"db": DONE}
    Path(path).write_bytes(DUMP[:-1] + b"?")
    outcome = verified(catalog, name=name)["db"]
    assert outcome.status is FAILED
    assert f"{name}.sql" in outcome.reason


def test_what_has_no_manifest_cannot_be_verified(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "full_backup_20240101_020000.tar.gz").write_bytes(b"archive")
    with pytest.raises(ArtifactCorrupt, match=r"cannot be verified: it has no manifest"):
        verified(catalog, name="full_backup_20240101_020000.tar.gz")


def test_a_backup_that_can_only_be_read_is_verified_and_it_is_said_that_this_is_forgotten(
    catalog: Catalog, tmp_path: Path
) -> None:
    back_up(catalog)
    report = Reported()
    with read_only(tmp_path / "backups"):
        assert statuses(verified(catalog, emit=report))["db"] is DONE
    assert report.exit_code == 0
    (warning,) = [event for event in report.events if isinstance(event, Warned)]
    assert "is not remembered" in warning.message


def test_memory_does_not_grow_with_the_backup(catalog: Catalog) -> None:
    def tree() -> Iterator[bytes]:
        member = tarfile.TarInfo("zeros")
        member.size = 256 << 20
        yield member.tobuf(tarfile.PAX_FORMAT)
        for _ in range(256):
            yield bytes(1 << 20)
        yield bytes(1024)

    with catalog.begin(NAME) as draft:
        artifact = store_artifact(draft, Artifact("media.tar", "application/x-tar", tree()), lambda _: None)
        record = volume_record("media", type="files", artifacts=(ArtifactRecord.of(artifact),))
        draft.commit(manifest(volumes=(record,)))
    tracemalloc.start()
    try:
        assert statuses(verified(catalog)) == {"media": DONE}
        assert tracemalloc.get_traced_memory()[1] < 24 << 20
    finally:
        tracemalloc.stop()
