"""A restore that fails, or that somebody stops, waits for nothing that goes on beside it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from volops_plugins._postgres.throwaway import Throwaway

from tests.plugins.project import docker
from tests.plugins.test_postgres_restore import NEW, RESTORING, Database
from volops import RestoreFailed

SOON_S = 60
# An hour for each row, once anybody looks who is not loading it.
ENDLESS = """
CREATE FUNCTION endless(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    IF current_query() LIKE 'ANALYZE%' THEN PERFORM pg_sleep(3600); END IF;
    RETURN n;
END $$;
CREATE TABLE t AS SELECT 1 AS n;
CREATE INDEX ON t (endless(n));
"""
WAITING = """
from volops_plugins._postgres import analysing
wait = analysing.Analysing.wait
def telling(self):
    print("waiting", flush=True)
    wait(self)
analysing.Analysing.wait = telling
"""
PROVING = """
import threading
from volops_plugins._postgres import proof

class Server:
    home = "/nowhere"
    def ask(self, statements, database, *options):
        if database == "shop":
            print("waiting", flush=True)
            threading.Event().wait()
        return ['{"server": {"main": "/", "place": null, "reads_passwords": true, "roles": [], '
                '"data_checksums": false, "roomy": true}}',
                '{"database": {"name": "shop", "template": false, "connectable": true, "invalid": false, '
                '"facts": {"owner": "boss"}}}']

facts = {"server": {"roles": [], "data_checksums": False}, "databases": {"shop": {"owner": "boss"}}}
proof.prove(Server(), facts, print)
"""


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A project that is gone after the test."""
    project = Database(tmp_path)
    yield project
    project.gone()


def stopped(script: str, *arguments: str) -> str:
    """What a script prints on standard error that gets Ctrl-C as soon as it says that it waits."""
    argv = [sys.executable, "-c", script, *arguments]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while process.stdout.readline() not in ("waiting\n", ""):
            pass
        process.send_signal(signal.SIGINT)
        try:
            _, said = process.communicate(timeout=SOON_S)
        finally:
            process.kill()
    return said


def test_a_restore_is_stopped_while_statistics_are_made(db: Database) -> None:
    db.start(NEW)
    db.psql(ENDLESS)
    db.backup()
    db.psql("INSERT INTO t VALUES (2)")
    said = stopped(WAITING + RESTORING, str(db.directory / "compose.yaml"), db.name)
    assert said.splitlines()[-1].startswith("volops.errors.RestoreFailed: interrupted")
    assert docker("ps", "-aq", "--filter", "label=volops.helper", "--filter", f"volume={db.name}_db") == ""
    assert db.psql("SELECT count(*) FROM t") == "2"


def test_a_proof_is_stopped_while_rows_are_counted() -> None:
    assert stopped(PROVING).splitlines()[-1] == "KeyboardInterrupt"


@pytest.mark.timeout(120)
def test_a_restore_that_cannot_tell_the_other_session_fails(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise RestoreFailed("there is no room")

    db.start(NEW)
    db.psql("CREATE TABLE t AS SELECT 1 AS n")
    db.backup()
    db.psql("INSERT INTO t VALUES (2)")
    monkeypatch.setattr(Throwaway, "append", full)
    with pytest.raises(RestoreFailed, match="there is no room"):
        db.restore()
    assert db.psql("SELECT count(*) FROM t") == "2"
