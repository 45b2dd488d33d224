"""Dumps that pg_dump itself makes so that they do not load: their rows can be had all the same."""

from __future__ import annotations

import re
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins.databases import Shop
from tests.plugins.test_postgres_restore import NEW, OLD, Database
from volops.errors import EXIT_RESTORE_FAILED, RestoreFailed
from volops.manifest import BackupKind

HEADING = "A dump that does not load"
# Rows of "places" come before those of "zones", which its CHECK looks into by a name without schema.
CHECKED = """
CREATE TABLE zones (id int PRIMARY KEY);
INSERT INTO zones VALUES (1), (2);
CREATE FUNCTION known(int) RETURNS bool LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM zones WHERE id = $1)';
CREATE TABLE places (zone int CHECK (known(zone)));
INSERT INTO places VALUES (1), (2), (2);
"""
ORPHANS = """
CREATE TABLE roots (id int PRIMARY KEY);
CREATE TABLE leaves (root int REFERENCES roots);
SET session_replication_role = replica;
INSERT INTO leaves VALUES (99);
"""


@pytest.fixture
def project_of_one(tmp_path: Path) -> Iterator[Database]:
    """A project that is gone after the test."""
    made = Database(tmp_path)
    yield made
    made.gone()


@pytest.mark.parametrize("tag", [NEW, OLD])
@pytest.mark.parametrize("contents", [CHECKED, ORPHANS], ids=["checked", "orphans"])
def test_what_does_not_load_leaves_the_live_data_and_names_another_way(
    project_of_one: Database, tag: str, contents: str
) -> None:
    db = project_of_one
    db.start(tag)
    db.psql(contents)
    assert db.backup().kind is BackupKind.FULL
    db.psql("CREATE TABLE later AS SELECT 1")
    with pytest.raises(RestoreFailed, match="'shop' cannot be loaded") as failed:
        db.restore()
    assert failed.value.exit_code == EXIT_RESTORE_FAILED
    assert HEADING in failed.value.next_step
    assert db.psql("SELECT count(*) FROM later") == "1"


def test_the_rows_can_be_had_by_hand(project_of_one: Database) -> None:
    """By the commands of the manual, as they are printed, on a server of this test's own."""
    db = project_of_one
    db.start(NEW)
    db.psql(CHECKED + ORPHANS)
    backup = db.backup().name
    page = (Path(__file__).parents[2] / "docs" / "recovery.md").read_text("utf-8")
    section = page.partition(f"\n## {HEADING}\n")[2].partition("\n## ")[0]
    script = "".join(re.findall(r"^```bash\n(.*?)^```$", section, re.M | re.S))
    own = f"by-hand-{uuid.uuid4().hex[:8]}"
    stamp = backup.removeprefix("full_backup_")
    for printed, here in {
        "20251025_143022": stamp,
        "by-hand": own,
        "postgres:17": f"volops-sample-postgres:{NEW}",
        r"public\.orders": r"public\.places",
        "backend_db": "shop",
    }.items():
        assert printed in script
        script = script.replace(printed, here)
    try:
        subprocess.run(["bash", "-eu", "-o", "pipefail", "-c", script], cwd=db.directory, check=True)
        count = (
            "SELECT (SELECT count(*) FROM zones), (SELECT count(*) FROM places), (SELECT root FROM leaves)"
        )
        asked = ["docker", "exec", own, "psql", "-XAtq", "-U", "postgres", "-d", "shop", "-c", count]
        assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout == "2|3|99\n"
    finally:
        subprocess.run(["docker", "rm", "-f", "-v", own], capture_output=True, check=True)


def test_one_database_that_does_not_load_names_another_way(tmp_path: Path) -> None:
    shop = Shop(tmp_path, f"dbr-{uuid.uuid4().hex[:8]}")
    try:
        shop.start()
        shop.psql(CHECKED)
        dump = shop.dump()
        shop.spoil()
        with pytest.raises(RestoreFailed, match="cannot be loaded") as failed:
            shop.put_back(dump.name)
        assert HEADING in failed.value.next_step
        assert shop.spoilt()
    finally:
        shop.gone()
