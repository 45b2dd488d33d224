"""Event triggers of a database write into it neither while it is dumped nor while it is restored."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins.databases import Shop
from tests.plugins.test_postgres_restore import NEW, OLD, Database
from volops.manifest import BackupKind

LOGINS = """
CREATE TABLE logins (who text);
INSERT INTO logins VALUES ('somebody');
CREATE FUNCTION on_login() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO public.logins VALUES (current_setting('application_name')); END $$;
CREATE EVENT TRIGGER on_login ON login EXECUTE FUNCTION on_login();
ALTER EVENT TRIGGER on_login ENABLE ALWAYS;
"""
COMMANDS = """
CREATE TABLE commands (tag text);
CREATE FUNCTION on_command() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO public.commands VALUES (tg_tag); END $$;
CREATE EVENT TRIGGER on_command ON ddl_command_end EXECUTE FUNCTION on_command();
CREATE MATERIALIZED VIEW few AS SELECT 1 AS one;
"""
ENABLED = "SELECT string_agg(evtname || evtenabled::text, ' ' ORDER BY evtname) FROM pg_event_trigger"


@pytest.fixture
def project_of_one(tmp_path: Path) -> Iterator[Database]:
    """A project that is gone after the test."""
    made = Database(tmp_path)
    yield made
    made.gone()


@pytest.mark.parametrize(
    ("tag", "triggers", "table", "enabled"),
    [
        pytest.param(NEW, LOGINS, "logins", "on_loginA", id="login"),
        pytest.param(NEW, COMMANDS, "commands", "on_commandO", id="commands"),
        pytest.param(OLD, COMMANDS, "commands", "on_commandO", id="older"),
    ],
)
def test_a_server_comes_back_whose_event_triggers_write(
    project_of_one: Database, tag: str, triggers: str, table: str, enabled: str
) -> None:
    db = project_of_one
    db.start(tag)
    db.psql(triggers)
    db.psql("CREATE TABLE good AS SELECT 1")
    held = db.psql(f"TABLE {table} LIMIT 1")
    assert db.backup().kind is BackupKind.FULL
    assert "pg_dump" not in db.psql(f"TABLE {table}")
    db.psql(f"DROP TABLE good; TRUNCATE {table}")
    db.restore()
    assert db.psql("SELECT count(*) FROM good") == "1"
    assert db.psql(f"TABLE {table} LIMIT 1") == held
    assert db.psql(ENABLED) == enabled


def test_one_database_comes_back_whose_event_triggers_write(tmp_path: Path) -> None:
    shop = Shop(tmp_path, f"dbr-{uuid.uuid4().hex[:8]}")
    with contextlib.ExitStack() as stack:
        stack.callback(shop.gone)
        shop.start(NEW)
        shop.psql(LOGINS)
        shop.psql(COMMANDS)
        dump = shop.dump()
        shop.spoil()
        shop.put_back(dump.name)
        assert not shop.spoilt()
        assert shop.psql(ENABLED) == "on_commandO on_loginA"
        assert shop.table("commands", "again", dump.name).rows == 1
