"""What databases and roles limit their sessions by keeps volops neither from a backup nor from a restore."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from volops_plugins._postgres.server import Options
from volops_plugins.postgres import Postgres

from tests.plugins.conftest import SCRAM, SECOND, Postgresql, access_rules
from tests.plugins.databases import Shop
from tests.plugins.project import STAMP, eventually
from tests.plugins.test_postgres_analysing import WITHOUT
from tests.plugins.test_postgres_restore import NEW, OLD, Database
from volops import ProducerFailed
from volops.manifest import BackupKind

# To build the index, and to analyse the table, takes a second, in which others are idle.
SLOW = """
CREATE FUNCTION slow(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(0.01); RETURN n; END $$;
CREATE TABLE slowly (n int);
INSERT INTO slowly SELECT generate_series(1, 100);
CREATE INDEX ON slowly (slow(n));
"""
IDLE = {"idle_session_timeout": "250ms", "idle_in_transaction_session_timeout": "250ms"}
BUSY = {"statement_timeout": "200ms", "lock_timeout": "200ms"}
NEWEST = {"transaction_timeout": "200ms"}
READ_ONLY = {"default_transaction_read_only": "on"}


def limiting(what: str, limits: dict[str, str]) -> str:
    return "".join(f"ALTER {what} SET {name} = '{value}';" for name, value in limits.items())


@pytest.fixture
def project_of_one(tmp_path: Path) -> Iterator[Database]:
    """A project that is gone after the test."""
    made = Database(tmp_path)
    yield made
    made.gone()


@pytest.mark.parametrize(
    ("tag", "whose", "limits"),
    [
        pytest.param(NEW, "DATABASE shop", IDLE, id="idle"),
        pytest.param(NEW, "DATABASE shop", BUSY, id="busy"),
        pytest.param(NEW, "DATABASE shop", NEWEST, id="newest"),
        pytest.param(NEW, "ROLE boss", IDLE | BUSY | NEWEST | READ_ONLY, id="role"),
        pytest.param(OLD, "DATABASE shop", IDLE | BUSY | READ_ONLY, id="older"),
    ],
)
def test_a_database_comes_back_whatever_its_sessions_are_limited_by(
    project_of_one: Database, tag: str, whose: str, limits: dict[str, str]
) -> None:
    db = project_of_one
    db.start(tag)
    db.psql("CREATE TABLE first AS SELECT n, md5(n::text) FROM generate_series(1, 60000) n")
    db.psql("CREATE TABLE second AS SELECT n, md5(n::text) FROM generate_series(1, 60000) n")
    db.psql(SLOW)
    db.psql(limiting(whose, limits), "postgres")
    db.backup()
    off = "SET default_transaction_read_only = off; SET statement_timeout = 0;"
    db.psql(f"{off} DROP TABLE first, slowly; ALTER {whose} RESET ALL")
    db.restore()
    assert db.psql("SELECT count(*) FROM first") == "60000"
    assert db.psql(WITHOUT) == ""
    shown = "SELECT cardinality(setconfig) FROM pg_db_role_setting"
    assert db.psql(shown) == str(len(limits))


@pytest.mark.parametrize("tag", [NEW, OLD])
def test_one_database_comes_back_whatever_its_user_is_limited_by(tmp_path: Path, tag: str) -> None:
    shop = Shop(tmp_path, f"dbr-{uuid.uuid4().hex[:8]}")
    with contextlib.ExitStack() as stack:
        stack.callback(shop.gone)
        shop.start(tag)
        shop.psql(SLOW)
        dump = shop.dump()
        shop.spoil()
        limits = IDLE | BUSY | READ_ONLY | (NEWEST if tag == NEW else {})
        shop.psql(limiting("ROLE boss", limits), "postgres")
        shop.put_back(dump.name)
        assert not shop.spoilt()
        shop.table("orders", "again", dump.name)
        assert shop.psql("SELECT count(*) FROM again") == "5000"


AT_ONCE = {"statement_timeout": "1ms", "lock_timeout": "1ms"}


@pytest.mark.parametrize(
    ("tag", "whose", "limits"),
    [
        pytest.param(NEW, "DATABASE shop", AT_ONCE | {"transaction_timeout": "1ms"}, id="database"),
        pytest.param(NEW, "ROLE boss", AT_ONCE | {"transaction_timeout": "1ms"}, id="role"),
        pytest.param(OLD, "ROLE boss", AT_ONCE, id="older"),
    ],
)
def test_a_backup_is_made_whatever_sessions_are_limited_by(
    project_of_one: Database, tag: str, whose: str, limits: dict[str, str]
) -> None:
    db = project_of_one
    db.start(tag)
    db.psql("".join(f"CREATE TABLE t{n} (n int PRIMARY KEY);" for n in range(200)))
    db.psql(limiting(whose, limits), "postgres")
    manifest = db.backup()
    assert manifest.kind is BackupKind.FULL
    facts: Any = manifest.volumes[0].facts
    assert len(facts["databases"]["shop"]["rows"]) == 200


@contextlib.contextmanager
def modest(db: Postgresql, limit: int) -> Iterator[dict[str, str]]:
    """The environment of a container whose user is no superuser, and may have so many sessions at once."""
    db.psql("CREATE DATABASE modest OWNER clerk")
    db.psql("SET ROLE clerk; CREATE TABLE public.one AS SELECT 1", "modest")
    was = db.psql("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'clerk'")
    db.psql(f"ALTER ROLE clerk CONNECTION LIMIT {limit}")
    try:
        with access_rules(db, *SCRAM):
            yield {"POSTGRES_USER": "clerk", "POSTGRES_PASSWORD": "clerk's own", "POSTGRES_DB": "modest"}
    finally:
        db.psql(f"ALTER ROLE clerk CONNECTION LIMIT {was}")
        db.psql("DROP DATABASE modest WITH (FORCE)")


def test_two_connections_at_once_are_enough_for_a_backup(
    db: Postgresql, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = Options(exclude_databases=(db.main, SECOND))
    with modest(db, 2) as clerk, db.project.source(db.volume, Postgres(), options) as source:
        monkeypatch.setattr(source, "environment", lambda: clerk)
        dumped = {artifact.name: b"".join(artifact.stream) for artifact in Postgres().dump(source)}
    assert list(dumped)[:2] == [f"db_globals_{STAMP}.sql", f"db_backup_{STAMP}.sql"]
    assert b"CREATE ROLE clerk" in dumped[f"db_globals_{STAMP}.sql"]
    assert not [name for name in dumped if "postgres" in name or "template1" in name]


def test_a_database_that_refuses_to_be_looked_at_is_no_used_one(
    db15: Postgresql, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All connections to it are taken."""
    options = Options(exclude_databases=(db15.main, SECOND))
    db15.psql("ALTER DATABASE postgres CONNECTION LIMIT 0")
    try:
        with modest(db15, -1) as clerk, db15.project.source(db15.volume, Postgres(), options) as source:
            monkeypatch.setattr(source, "environment", lambda: clerk)
            with pytest.raises(ProducerFailed, match=r"'postgres' holds anything: .*too many connections"):
                list(Postgres().dump(source))
    finally:
        db15.psql("ALTER DATABASE postgres CONNECTION LIMIT -1")
    eventually(lambda: db15.connections() == 0)
