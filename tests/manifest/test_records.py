"""What a manifest may say of a backup, and what would be a contradiction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from tests.samples import artifact_record, manifest, volume_record
from volops.manifest import ArtifactRecord, BackupKind, json_facts
from volops.model import Digest, OutcomeStatus, StoredArtifact


def test_a_complete_backup_cannot_have_a_failed_volume() -> None:
    failed = volume_record(status=OutcomeStatus.FAILED, artifacts=(), reason="pg_dump was killed")
    with pytest.raises(ValidationError, match="cannot have a failed volume"):
        manifest(volumes=(failed,))
    assert manifest(kind=BackupKind.PARTIAL, volumes=(failed,)).volumes == (failed,)


def test_a_volume_without_an_artifact_is_not_done() -> None:
    with pytest.raises(ValidationError, match="has no artifact"):
        volume_record(artifacts=())
    assert volume_record(status=OutcomeStatus.RECIPE, artifacts=()).artifacts == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"volumes": (volume_record("db"), volume_record("db"))}, "volume 'db' is there twice"),
        (
            {"artifacts": (artifact_record("db_backup_20251025_143022.sql", name="other"),)},
            "file 'db_backup_20251025_143022.sql' is there twice",
        ),
        (
            {"artifacts": (artifact_record("x", name="db_backup_20251025_143022.sql"),)},
            "artifact 'db_backup_20251025_143022.sql' is there twice",
        ),
    ],
)
def test_names_in_a_backup_are_unique(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        manifest(**changes)


@pytest.mark.parametrize("name", ["", "..", "a/b", "-rf", ".hidden", "a b", "x\n"])
def test_a_backup_name_is_a_plain_word(name: str) -> None:
    with pytest.raises(ValidationError):
        manifest(name=name)


def test_a_control_character_is_refused_in_a_key_and_blanked_in_a_message() -> None:
    with pytest.raises(ValidationError, match="control character"):
        volume_record(key="db\x1b[2J")
    assert volume_record(reason="line\nbreak\x1b[2J").reason == "line break [2J"


@pytest.mark.parametrize(
    "value",
    [datetime.now(UTC), float("nan"), float("inf"), b"bytes", {1, 2}, {1: 2}, object()],
    ids=lambda value: type(value).__name__ + str(value)[:3],
)
def test_facts_that_are_not_json_are_refused_with_their_place(value: object) -> None:
    with pytest.raises(ValidationError):
        volume_record(facts={"tables": {"orders": value}})
    with pytest.raises(ValueError, match=r"^facts\.tables.* is not a JSON value$"):
        json_facts({"tables": {"orders": value}})


def test_facts_that_are_json_are_kept() -> None:
    facts = {"rows": 5, "ratio": 0.5, "names": ["a", None], "deep": {"er": True}}
    assert json_facts(facts) == facts


def test_times_are_kept_in_utc() -> None:
    local = datetime(2025, 10, 25, 16, 30, 22, tzinfo=timezone(timedelta(hours=2)))
    assert manifest(created=local).created == datetime(2025, 10, 25, 14, 30, 22, tzinfo=UTC)
    assert manifest(created=local).created.utcoffset() == timedelta(0)
    with pytest.raises(ValidationError):
        manifest(created=local.replace(tzinfo=None), name="full_backup_20251025_143022")


def test_a_stored_artifact_becomes_its_record() -> None:
    stored = StoredArtifact(
        name="db.sql",
        file="db.sql.zst",
        media_type="application/sql",
        codecs=("zstd",),
        plain=Digest(10, "ab" * 32),
        stored=Digest(4, "cd" * 32),
    )
    record = ArtifactRecord.of(stored)
    assert (record.name, record.file, record.codecs) == ("db.sql", "db.sql.zst", ("zstd",))
    assert (record.plain.digest, record.stored.digest) == (stored.plain, stored.stored)


def test_size_and_artifacts_cover_the_volumes_and_the_run() -> None:
    compose_files = artifact_record("compose_20251025_143022.tar", b"x" * 100)
    backup = manifest(artifacts=(compose_files,))
    assert [each.file for each in backup.every_artifact] == [
        "db_backup_20251025_143022.sql",
        "compose_20251025_143022.tar",
    ]
    assert backup.stored_size == len(b"content") + 100
    assert backup.volume("db") is backup.volumes[0]
    assert backup.volume("media") is None
