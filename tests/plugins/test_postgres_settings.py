"""What is read out of a compose file and a container's environment, without any server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest
from volops_plugins._postgres.complaints import why
from volops_plugins._postgres.credentials import Credentials, credentials
from volops_plugins._postgres.server import Database, Options, Server, read_contents, read_description
from volops_plugins._postgres.session import reason
from volops_plugins.postgres import Postgres, volops_volume_types

from volops import AccessRefused, InvalidUse, Mount, Output, ProducerFailed, Service, Volume


def mounted(image: str, target: str, environment: dict[str, str], *, read_only: bool = False) -> Volume:
    service = Service("db", image, environment=environment)
    return Volume("data", "app-data", mounts=(Mount(service, target, read_only=read_only),))


def test_it_is_registered() -> None:
    assert list(volops_volume_types()) == [Postgres]


@pytest.mark.parametrize(
    ("image", "target", "environment"),
    [
        ("postgres:17", "/var/lib/postgresql/data", {}),
        ("postgres:17", "/var/lib/postgresql/data/", {}),
        ("postgres:18", "/var/lib/postgresql", {}),
        ("postgres:18", "/var/lib/postgresql", {"PGDATA": "/var/lib/postgresql/18/docker"}),
        ("shop-database", "/var/lib/postgresql/data", {}),
        ("timescale/timescaledb-ha:pg17", "/home/postgres/pgdata", {}),
        ("bitnami/postgresql:17", "/bitnami/postgresql", {}),
        ("debian", "/var/lib/postgresql/15/main", {}),
        ("postgis/postgis", "/data", {"PGDATA": "/data/pg"}),
        ("postgres:17", "/var/lib/postgresql/data", {"PGDATA": "/var/lib/postgresql/data/pgdata"}),
    ],
)
def test_a_volume_where_a_cluster_lies_is_detected(
    image: str, target: str, environment: dict[str, str]
) -> None:
    assert Postgres().detect(mounted(image, target, environment))


@pytest.mark.parametrize(
    ("image", "target", "environment"),
    [
        ("postgres:17", "/backups", {}),
        ("postgres:17", "/var/lib/postgresql/archive", {}),
        ("postgres:17", "/var/lib/postgresql/data/pg_wal", {}),
        ("postgres:17", "/docker-entrypoint-initdb.d", {}),
        ("postgres:17", "/var/lib/postgresql/data", {"PGDATA": "/elsewhere/pgdata"}),
        ("dpage/pgadmin4", "/var/lib/pgadmin", {}),
    ],
)
def test_other_volumes_of_such_services_are_not(image: str, target: str, environment: dict[str, str]) -> None:
    assert not Postgres().detect(mounted(image, target, environment))


def test_a_service_that_only_reads_the_volume_is_no_server() -> None:
    assert not Postgres().detect(mounted("archiver", "/var/lib/postgresql/data", {}, read_only=True))


def test_credentials_of_the_official_image() -> None:
    told = credentials({"POSTGRES_PASSWORD": "secret"}, lambda _: None)
    assert (told.user, told.main, told.port, told.password) == ("postgres", "postgres", "", "secret")
    told = credentials({"POSTGRES_USER": "boss"}, lambda _: None)
    assert (told.user, told.main, told.password) == ("boss", "boss", "")


def test_credentials_in_files_lose_only_the_last_newline() -> None:
    files = {"/run/secrets/pw": b" with spaces \n", "/run/secrets/db": "größe\n".encode()}
    environment = {"POSTGRES_PASSWORD_FILE": "/run/secrets/pw", "POSTGRES_DB_FILE": "/run/secrets/db"}
    told = credentials(environment, files.get)
    assert (told.main, told.password) == ("größe", " with spaces ")


def test_a_secret_file_that_is_not_there_is_named() -> None:
    with pytest.raises(AccessRefused, match="no file /gone, which POSTGRES_PASSWORD_FILE names"):
        credentials({"POSTGRES_PASSWORD_FILE": "/gone"}, lambda _: None)


def test_a_password_is_in_no_representation() -> None:
    told = Credentials("u", "d", "", "hush")
    assert "hush" not in f"{told} {told!r} {told.settings(1)}"


def test_a_password_file_is_escaped_as_libpq_wants_it() -> None:
    assert Credentials("u", "d", "", r"a:b\c'd").pgpass() == [r"*:*:*:*:a\:b\\c'd"]
    assert Credentials("u", "d", "", "").pgpass() == []


def test_settings_survive_the_shell() -> None:
    assert Credentials("it's", "$(a)", "", "x").settings(3) == [
        "user='it'\"'\"'s'",
        "main='$(a)'",
        "port=''",
        "wait_s=3",
    ]


def server(
    main: str = "app", pristine: tuple[str, ...] = ("postgres", "template1"), **changes: Any
) -> Server:
    def database(
        name: str, template: bool = False, connectable: bool = True, invalid: bool = False
    ) -> Database:
        return Database(name, template, connectable, invalid, {})

    databases = (
        database("app"),
        database("broken", invalid=True),
        database("house", template=True),
        database("postgres"),
        database("template0", template=True, connectable=False),
        database("template1", template=True),
    )
    values: dict[str, Any] = {
        "facts": {"data_directory": "/data/pg"},
        "main": main,
        "place": PurePosixPath("pg"),
        "reads_passwords": True,
        "databases": databases,
        "pristine": frozenset(pristine),
    }
    return Server(**(values | changes))


def chosen(among: Server, **options: Any) -> tuple[list[str], list[str]]:
    warnings: list[str] = []
    names = [entry.name for entry in among.chosen(Options(**options), warnings.append)]
    return names, warnings


def test_by_default_every_database_that_holds_something_and_can_be_read() -> None:
    names, warnings = chosen(server())
    assert names == ["app", "house"]
    assert warnings == ["database 'broken' is not in the backup: its removal was interrupted"]


def test_a_database_that_takes_no_connections_is_left_out_only_on_purpose() -> None:
    shut = Database("shut", template=False, connectable=False, invalid=False, facts={})
    among = replace(server(), databases=(*server().databases, shut))
    for options in ({}, {"databases": ("app", "shut")}):
        with pytest.raises(ProducerFailed, match="'shut' takes no connections"):
            chosen(among, **options)
    assert chosen(among, exclude_databases=("shut",)) == chosen(server())
    assert chosen(among, databases=("app",)) == (["app"], [])


def test_databases_of_initdb_are_dumped_when_used_or_the_main_one() -> None:
    assert chosen(server(pristine=()))[0] == ["app", "house", "postgres", "template1"]
    assert chosen(server(main="postgres"))[0] == ["postgres", "app", "house"]


def test_a_database_of_initdb_that_could_not_be_asked_is_neither_dumped_nor_left_out() -> None:
    full = server(pristine=("template1",), unasked={"postgres": "too many connections"})
    with pytest.raises(ProducerFailed, match="'postgres' holds anything: too many connections"):
        chosen(full)
    assert chosen(full, exclude_databases=("postgres",))[0] == ["app", "house"]
    assert chosen(full, databases=("postgres",))[0] == ["postgres"]
    assert chosen(server(main="postgres", unasked=full.unasked))[0] == ["postgres", "app", "house"]


def test_a_list_of_databases_is_taken_at_its_word() -> None:
    assert chosen(server(), databases=("template1", "app", "template1"))[0] == ["app", "template1"]
    with pytest.raises(InvalidUse, match="no database 'nope'"):
        chosen(server(), databases=("nope",))


def test_an_exclusion_that_leaves_nothing_is_an_error() -> None:
    assert chosen(server(), exclude_databases=("house",))[0] == ["app"]
    with pytest.raises(InvalidUse, match="leave no database"):
        chosen(server(), exclude_databases=("app", "house", "broken"))


def test_settings_files_inside_and_outside() -> None:
    among = server(
        files=("/data/pg/x.conf", "/data/pg/../y", "server.key", "/etc/z.conf"), own_files=("x.conf",)
    )
    assert among.settings_files() == (["server.key", "x.conf"], ["/data/y", "/etc/z.conf"])


def test_a_user_who_may_not_know_the_data_directory_gets_the_files_that_lie_there() -> None:
    among = server(facts={"data_directory": None}, own_files=("pg_hba.conf",))
    assert among.settings_files() == (["pg_hba.conf"], [])


def test_descriptions_and_contents_are_read() -> None:
    described = read_description(
        [
            '{"server": {"main": "app", "place": "/c", "reads_passwords": false, "data_directory": "/d/c",'
            ' "roomy": false}}',
            '{"database": {"name": "app", "template": false, "connectable": true, "invalid": false,'
            ' "facts": {}}}',
            '{"file": "/d/c/postgresql.conf"}',
            '{"pristine": "postgres"}',
            "! template1 it is full",
            "./pg_hba.conf",
        ]
    )
    assert (described.main, described.place, described.own_files) == (
        "app",
        PurePosixPath("c"),
        ("pg_hba.conf",),
    )
    assert described.pristine == {"postgres"}
    assert (described.unasked, described.roomy) == ({"template1": "it is full"}, False)
    contents = read_contents(
        [
            '{"rows": "a.b", "count": 3}',
            '{"sequence": "a.s", "value": null}',
            '{"large_objects": 2}',
            '{"all": true}',
        ]
    )
    assert contents == {"extensions": {}, "rows": {"a.b": 3}, "sequences": {"a.s": None}, "large_objects": 2}


def test_counts_that_end_too_early_are_no_counts() -> None:
    for told in ([], ['{"large_objects": 0}']):
        with pytest.raises(ProducerFailed, match="only in part"):
            read_contents(told)


@pytest.mark.parametrize(
    ("stderr", "expected"),
    [
        ("", ""),
        (
            "pg_dump: error: query failed: ERROR:  x\npg_dump: detail: Query was: y\n",
            "query failed: ERROR:  x",
        ),
        ("psql: error: connection to server failed: FATAL:  no\n", "connection to server failed: FATAL:  no"),
        ("pg_dump: last built-in OID is 16383\nkilled\n", "killed"),
        (
            "pg_dump: error: reading failed.\npg_dump: detail: Error message from server: gone\n",
            "reading failed: gone",
        ),
    ],
)
def test_the_reason_is_one_line_of_what_a_program_said(stderr: str, expected: str) -> None:
    assert reason(stderr) == expected


@pytest.mark.parametrize(
    ("said", "logged", "expected"),
    [
        (b"it takes too long\n", "LOG:  starting\n", "it takes too long"),
        (b"it takes too long\n", "FATAL:  first\nPANIC:  last\nLOG:  so\n", "it takes too long: last"),
        (
            b"",
            'LOG:  syntax error in file "x" line 1\nFATAL:  errors in x\n',
            'syntax error in file "x" line 1',
        ),
        (b"", "no room for it\n", "no room for it"),
        (b"", "", "it said nothing"),
    ],
)
def test_why_a_server_does_not_start_or_stop(said: bytes, logged: str, expected: str) -> None:
    assert why(Output(1, said, logged)) == expected
