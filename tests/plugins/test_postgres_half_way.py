"""A dump half way: it shows no secret; cut short by whatever cause, it fails and leaves nothing behind."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from volops_plugins._postgres.server import Options
from volops_plugins.postgres import Postgres

from tests.plugins.conftest import DATABASE_SECRET, SCRAM, Postgresql, access_rules
from tests.plugins.project import docker, eventually
from volops import HelperLost, ProducerFailed

BULK = "CREATE TABLE bulk AS SELECT n, repeat(md5(n::text), 30) AS text FROM generate_series(1, 60000) n"
"""60 MB: more than pipes and buffers on the way to us hold, so that pg_dump still runs while we act."""
HALF = 30_000_000
OPTIONS = Options(databases=("bulky",), lock_timeout_s=1)
TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {}"
KILL = """
for process in /proc/[0-9]*; do
    if [ "$(cat $process/comm 2>/dev/null)" = "$0" ]; then kill -9 "${process#/proc/}"; fi
done
"""


@pytest.fixture(scope="module", autouse=True)
def bulky(db15: Postgresql, db17: Postgresql) -> Iterator[None]:
    """Both servers, with a database that takes a while to dump."""
    for db in (db15, db17):
        db.psql("CREATE DATABASE bulky")
        db.psql(BULK, "bulky")
    yield
    for db in (db15, db17):
        db.psql("DROP DATABASE bulky WITH (FORCE)")


@contextlib.contextmanager
def half_read(db: Postgresql) -> Iterator[Iterator[bytes]]:
    """The stream of a dump, of which the first half has come."""
    with db.project.source(db.volume, Postgres(), OPTIONS) as source:
        artifacts = iter(Postgres().dump(source))
        b"".join(next(artifacts).stream)
        stream = next(artifacts).stream
        read = 0
        while read < HALF:
            read += len(next(stream))
        yield stream
    assert db.project.helpers() == []


def in_helper(db: Postgresql, script: str, *arguments: str) -> str:
    """What a shell script prints in the one helper beside the server."""
    (helper,) = db.project.helpers()
    return docker("exec", helper, "sh", "-c", script, *arguments)


def drain(stream: Iterator[bytes]) -> None:
    for _ in stream:
        pass


def test_nobody_sees_the_password(db17: Postgresql) -> None:
    """No command line, no environment, no description of a container and no output holds it."""
    with access_rules(db17, *SCRAM), half_read(db17) as stream:
        arguments = in_helper(db17, "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '")
        # One that ends meanwhile cannot be read any more.
        environments = in_helper(db17, "cat /proc/[0-9]*/environ 2>/dev/null || :")
        described = docker("inspect", *db17.project.helpers())
        output = b"".join(stream).decode()
    assert "pg_dump -w --snapshot=" in arguments
    assert "PGPASSFILE=" in environments
    for seen in (arguments, environments, described, output):
        assert DATABASE_SECRET not in seen


def test_pg_dump_killed(db: Postgresql) -> None:
    with half_read(db) as stream:
        in_helper(db, KILL, "pg_dump")
        with pytest.raises(ProducerFailed, match=r"pg_dump of database 'bulky' failed.*killed by signal 9"):
            drain(stream)
        eventually(lambda: db.connections() == 0)


def test_the_session_that_holds_the_snapshot_killed(db17: Postgresql) -> None:
    with half_read(db17) as stream:
        in_helper(db17, KILL, "psql")
        with pytest.raises(ProducerFailed, match="the session that held the snapshot was killed"):
            drain(stream)
        eventually(lambda: db17.connections() == 0)


def test_the_session_terminated_by_the_server(db15: Postgresql) -> None:
    with half_read(db15) as stream:
        db15.psql(TERMINATE.format("application_name = 'volops' AND query LIKE 'COPY %'"))
        with pytest.raises(ProducerFailed, match="pg_dump of database 'bulky' failed"):
            drain(stream)
        eventually(lambda: db15.connections() == 0)


def test_the_helper_killed(db17: Postgresql) -> None:
    with half_read(db17) as stream:
        docker("kill", *db17.project.helpers())
        with pytest.raises(HelperLost):
            drain(stream)
    eventually(lambda: db17.connections() == 0)


def test_the_server_stopped(db15: Postgresql) -> None:
    with half_read(db15) as stream:
        db15.project.compose("kill", "db15")
        with pytest.raises(ProducerFailed, match=r"'bulky' failed: .*: server closed the connection"):
            drain(stream)
    db15.project.up("db15")
    assert db15.connections() == 0


def test_a_reader_that_stops_reading(db: Postgresql) -> None:
    with half_read(db) as stream:
        assert db.connections() == 2
    eventually(lambda: db.connections() == 0)
    stream.close()  # type: ignore[attr-defined]  # it is a generator


def test_the_server_never_notices_how_a_helper_ends(db: Postgresql) -> None:
    """A postmaster takes the death of a foreign child for a crash, and throws all its clients out."""
    since = db.psql("SELECT pg_postmaster_start_time()")
    client = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"
    before = db.psql(client)
    with half_read(db):
        docker("kill", *db.project.helpers())
    assert db.psql("SELECT pg_postmaster_start_time()") == since
    assert db.psql(client) == before


def test_a_lock_that_is_not_given_up_is_named(db: Postgresql) -> None:
    lock = "BEGIN; LOCK TABLE bulk; SELECT pg_sleep(600);"
    login = ["-e", f"PGPASSWORD={db.password}", "-e", "PGAPPNAME=a migration"]
    psql = ["psql", "-p", str(db.port), "-U", db.user, "-d", "bulky", "-c", lock]
    docker("exec", "-d", *login, db.project.container(db.service), *psql)
    held = "SELECT count(*) FROM pg_locks WHERE relation = 'bulk'::regclass AND granted"
    eventually(lambda: db.psql(held, "bulky") == "1")
    try:
        with pytest.raises(ProducerFailed) as failed:
            db.project.dump(db.volume, Postgres(), OPTIONS)
        assert "public.bulk locked for more than 1 s by a migration, pid" in failed.value.message
        assert "lock_timeout_s" in failed.value.next_step
        eventually(lambda: db.connections() == 0)
    finally:
        db.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'a migration'"
        )
