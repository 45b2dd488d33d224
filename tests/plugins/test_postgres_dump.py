"""What is in a PostgreSQL backup: everything that was in the cluster, as of one moment."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest
from volops_plugins._postgres.server import Options
from volops_plugins.postgres import Postgres

from tests.plugins.conftest import SECOND, SECOND_CONNINFO, Postgresql
from tests.plugins.project import STAMP, Dumped, docker, eventually, verify
from volops import ArtifactCorrupt, InvalidUse, ProducerFailed

# Every row of every table, as text, in one digest each; sequences; large objects; the database's properties.
CONTENT = """
SELECT format('SELECT %L, md5(string_agg(t::text, E''\\n'' ORDER BY t::text)), count(*) FROM ONLY %s t',
              c.oid::regclass, c.oid::regclass)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'm') AND nspname !~ '^(pg_|information_schema)' ORDER BY c.oid::regclass::text
\\gexec
SELECT schemaname, sequencename, last_value, start_value, increment_by FROM pg_sequences ORDER BY 1, 2;
SELECT oid, encode(lo_get(oid), 'escape') FROM pg_largeobject_metadata ORDER BY oid;
SELECT relname, relpersistence, replace(relacl::text, 'tm/', 't/') FROM pg_class
JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^(pg_|information_schema)' ORDER BY 1;
SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate,
       shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database();
SHOW work_mem;
SELECT extname FROM pg_extension ORDER BY 1;
"""
MORE_SETTINGS = """
cd {data}
mkdir conf.d
echo 'work_mem = 4MB' >conf.d/more.conf
echo 'maintenance_work_mem = 64MB' >/etc/elsewhere.conf
echo "include_dir 'conf.d'" >>postgresql.conf
echo "include '/etc/elsewhere.conf'" >>postgresql.conf
chown -R postgres: conf.d
chmod 644 /etc/elsewhere.conf
"""
MOVE = """
WITH gone AS (DELETE FROM left_one WHERE n IN (SELECT n FROM left_one LIMIT 10) RETURNING n)
INSERT INTO right_one SELECT n FROM gone
\\watch 0.02
"""
ROLE = "SELECT rolcanlogin, rolconnlimit, {password} FROM pg_authid WHERE rolname = 'clerk'"


@pytest.fixture(scope="session")
def dumps() -> dict[str, Dumped]:
    return {}


@pytest.fixture
def dumped(db: Postgresql, dumps: dict[str, Dumped]) -> Dumped:
    """One dump of each server is enough for the tests that only look at it."""
    if db.service not in dumps:
        dumps[db.service] = db.project.dump(db.volume, Postgres())
    return dumps[db.service]


@pytest.fixture
def restored(db: Postgresql, dumped: Dumped, scratch: Postgresql) -> Iterator[Postgresql]:
    """The dump loaded by psql into an empty server, as a person would: roles first, then each database."""
    scratch.psql(dumped.only("db_globals").decode(), "postgres", "-v", "ON_ERROR_STOP=0")
    backups = [data for name, data in dumped.artifacts.items() if name.startswith("db_backup")]
    for backup in backups:
        loaded = scratch.project.compose(
            "exec", "-T", "scratch", "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-U", "postgres", input=backup
        )
        assert "ERROR" not in loaded
    yield scratch
    scratch.psql(
        f'DROP DATABASE {db.main}; DROP DATABASE "{SECOND}"; DROP ROLE clerk; DROP ROLE IF EXISTS boss'
    )


def test_a_person_with_psql_gets_everything_back(db: Postgresql, restored: Postgresql) -> None:
    for database in (db.main, SECOND_CONNINFO):
        assert restored.psql(CONTENT, database) == db.psql(CONTENT, database)
    secret = ROLE.format(password="rolpassword")
    assert restored.psql(secret) == db.psql(secret)
    assert restored.psql("SHOW work_mem", db.main) == "5MB"


def test_facts_are_what_a_restored_cluster_shows(
    dumped: Dumped, restored: Postgresql, db: Postgresql
) -> None:
    facts = dumped.facts["databases"][db.main]
    assert len(facts["rows"]) >= 5
    for table, rows in facts["rows"].items():
        assert restored.count(table, db.main) == rows
    for sequence, value in facts["sequences"].items():
        name = sequence.replace("'", "''")
        shown = restored.psql(f"SELECT pg_sequence_last_value('{name}')", db.main)
        assert shown == ("" if value is None else str(value))
    assert facts["large_objects"] == 1
    assert facts["extensions"]["pgcrypto"] == restored.psql(
        "SELECT extversion FROM pg_extension WHERE extname = 'pgcrypto'", db.main
    )


def test_facts_describe_server_and_databases(db: Postgresql, dumped: Dumped) -> None:
    server = dumped.facts["server"]
    assert server["version_num"] // 10000 == db.major
    assert server["version"].startswith(f"{db.major}.")
    assert server["data_checksums"] is (db.psql("SHOW data_checksums") == "on")
    assert server["data_directory"] == db.data
    assert server["roles"] == sorted(["clerk", db.user])
    assert set(dumped.facts["databases"]) == {db.main, SECOND}
    second = dumped.facts["databases"][SECOND]
    assert (second["encoding"], second["owner"], second["main"]) == ("LATIN1", "clerk", False)
    main = dumped.facts["databases"][db.main]
    assert main["main"] is True
    assert main["rows"]["public.orders_2024"] + main["rows"]["public.orders_2025"] == 5000
    assert main["rows"]['"Odd ""Schema"""."größe; DROP"'] == 3
    assert "public.orders" not in main["rows"]
    assert main["sequences"]["public.customers_id_seq"] == 900
    assert main["sequences"]["public.never_used"] is None
    assert main["bytes"] > 1_000_000


def test_artifacts_are_named_as_documented(dumped: Dumped) -> None:
    names = list(dumped.artifacts)
    assert names[:2] == [f"db_globals_{STAMP}.sql", f"db_backup_{STAMP}.sql"]
    assert names[2].startswith(f"db_backup_{STAMP}.a_b__c__d")
    assert names[3:] == [f"db_config_{STAMP}.tar"]
    listed = {facts["artifact"] for facts in dumped.facts["databases"].values()}
    assert listed == set(names[1:3])
    json.dumps(dumped.facts)


def test_nothing_is_odd_about_them(dumped: Dumped) -> None:
    assert dumped.warnings == []


def test_a_database_that_takes_no_connections_fails_the_backup_unless_it_is_left_out(db: Postgresql) -> None:
    db.psql("CREATE DATABASE sealed ALLOW_CONNECTIONS false")
    try:
        with pytest.raises(ProducerFailed, match="'sealed' takes no connections") as failed:
            db.project.dump(db.volume, Postgres())
        dumped = db.project.dump(db.volume, Postgres(), Options(exclude_databases=("sealed",)))
        assert set(dumped.facts["databases"]) == {db.main, SECOND}
        db.psql(failed.value.next_step.partition(", or")[0])
        assert "sealed" in db.project.dump(db.volume, Postgres()).facts["databases"]
    finally:
        db.psql("DROP DATABASE sealed")


def test_configuration_files_are_there_and_those_elsewhere_are_named(db: Postgresql) -> None:
    db.project.sh(db.service, MORE_SETTINGS.format(data=db.data))
    dumped = db.project.dump(db.volume, Postgres(), Options(databases=(db.main,)))
    config = dumped.facts["config"]
    wanted = {"postgresql.conf", "postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf", "conf.d/more.conf"}
    assert set(config["files"]) == wanted
    assert config["outside"] == ["/etc/elsewhere.conf"]
    place = db.data.removeprefix("/var/lib/postgresql/data").strip("/")
    assert config["directory"] == (place or ".")
    inside = f"./{place}/" if place else "./"
    with tarfile.open(fileobj=io.BytesIO(dumped.only("db_config"))) as archive:
        assert set(archive.getnames()) == {inside + name for name in wanted}
        more = archive.extractfile(f"{inside}conf.d/more.conf")
        assert more is not None
        assert more.read() == b"work_mem = 4MB\n"


def test_rows_counted_and_rows_dumped_are_of_the_same_moment(db: Postgresql, scratch: Postgresql) -> None:
    """While a client moves rows from table to table, no backup holds one of them twice or not at all."""
    db.psql("CREATE DATABASE busy")
    db.psql(
        "CREATE TABLE left_one AS SELECT generate_series(1, 20000) n; CREATE TABLE right_one (n int)", "busy"
    )
    login = ["-e", f"PGPASSWORD={db.password}", db.project.container(db.service)]
    client = f"printf '%s\\n' \"$0\" | psql -q -p {db.port} -U {db.user} busy"
    docker("exec", "-d", *login, "sh", "-c", client, MOVE)
    eventually(lambda: db.count("right_one", "busy") > 0)
    dumped = db.project.dump(db.volume, Postgres(), Options(databases=("busy",)))
    moving = db.count("left_one", "busy")
    db.psql("DROP DATABASE busy WITH (FORCE)", "postgres")
    assert moving < 20000
    rows = dumped.facts["databases"]["busy"]["rows"]
    assert rows["public.left_one"] + rows["public.right_one"] == 20000
    loaded = next(data for name, data in dumped.artifacts.items() if ".busy." in name)
    scratch.psql("CREATE ROLE boss", check=False)
    scratch.psql(loaded.decode())
    for table, count in rows.items():
        assert scratch.count(table, "busy") == count
    scratch.psql("DROP DATABASE busy; DROP ROLE IF EXISTS boss")


def test_databases_can_be_chosen(db15: Postgresql) -> None:
    def held(**options: Any) -> set[str]:
        return set(db15.project.dump("pg15", Postgres(), Options(**options)).facts["databases"])

    assert held(databases=("template1", SECOND)) == {"template1", SECOND}
    assert held(exclude_databases=(SECOND,)) == {"backend_db"}
    with pytest.raises(InvalidUse, match=r"no database 'backend'.*choose one of: .*backend_db"):
        held(databases=("backend",))
    db15.psql("CREATE TABLE used (n int)", "postgres")
    try:
        assert held() == {"backend_db", SECOND, "postgres"}
    finally:
        db15.psql("DROP TABLE used", "postgres")


def test_a_database_dump_replaces_what_is_there(db: Postgresql) -> None:
    before = db.psql(CONTENT)
    with db.project.source(db.volume, Postgres()) as source:
        artifact = Postgres().dump_database(source, None)
        data = b"".join(artifact.stream)
        facts = Postgres().facts(source)
    assert artifact.name == f"db_backup_{STAMP}.sql"
    assert facts["databases"][db.main]["rows"]["public.customers"] == 500
    db.psql("DELETE FROM orders; UPDATE customers SET name = 'nobody'; DROP TABLE scores")
    # As the document does it: without ON_ERROR_STOP. pg_dump --clean also drops the inherited primary keys of
    # partitions, which PostgreSQL refuses, and then the partitions themselves.
    db.psql(data.decode(), "", "-v", "ON_ERROR_STOP=0")
    assert db.psql(CONTENT) == before


def test_only_a_whole_dump_verifies(dumped: Dumped) -> None:
    for name, data in dumped.artifacts.items():
        if name.endswith(".sql"):
            for chunk in (1 << 20, 7):
                verify(Postgres(), name, "application/sql", data, chunk)
            for length in (0, 100, len(data) // 2, len(data) - 150):
                with pytest.raises(ArtifactCorrupt, match="no whole dump"):
                    verify(Postgres(), name, "application/sql", data[:length])
    name, data = next((name, data) for name, data in dumped.artifacts.items() if name.endswith(".tar"))
    verify(Postgres(), name, "application/x-tar", data)
    with pytest.raises(ArtifactCorrupt):
        verify(Postgres(), name, "application/x-tar", data[: data.rindex(b"#") + 1])


def test_a_marker_is_found_where_it_was_planted(db: Postgresql) -> None:
    with db.project.source(db.volume, Postgres()) as source:
        assert not Postgres().found(source, "abc123")
        Postgres().plant(source, "abc123")
        assert Postgres().found(source, "abc123")
        assert not Postgres().found(source, "abc12")
    assert db.psql("SELECT token FROM volops.marker") == "abc123"
    db.psql("DROP SCHEMA volops CASCADE")
