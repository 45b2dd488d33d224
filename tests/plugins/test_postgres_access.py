"""How a PostgreSQL server is reached, and what is said when it cannot be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from volops_plugins._postgres.server import Options
from volops_plugins.postgres import Postgres

from tests.plugins.conftest import SCRAM, Postgresql, access_rules
from tests.plugins.project import STAMP, Project, eventually
from volops import AccessRefused, ProducerFailed, ServiceNotReady, ServiceNotRunning


def only_main(db: Postgresql) -> Options:
    return Options(databases=(db.main,))


@pytest.fixture
def demanding(db: Postgresql) -> Iterator[Postgresql]:
    """The server, demanding a password of everybody."""
    with access_rules(db, *SCRAM):
        yield db


def test_the_password_comes_from_the_environment_or_a_secret_file(demanding: Postgresql) -> None:
    dumped = demanding.project.dump(demanding.volume, Postgres(), only_main(demanding))
    assert dumped.facts["databases"][demanding.main]["rows"]["public.customers"] == 500


def test_a_password_that_no_longer_fits_is_one_line_and_a_next_step(demanding: Postgresql) -> None:
    change = f"ALTER ROLE {demanding.user} PASSWORD '{{}}'"
    demanding.psql(change.format("changed since"))
    try:
        with (
            pytest.raises(AccessRefused) as refused,
            demanding.project.source(demanding.volume, Postgres()) as source,
        ):
            list(Postgres().dump(source))
    finally:
        demanding.psql(change.format(demanding.password.replace("'", "''")), password="changed since")
    error = refused.value
    assert f'password authentication failed for user "{demanding.user}"' in error.message
    assert demanding.service in error.message
    assert "POSTGRES_PASSWORD" in error.next_step
    assert "\n" not in str(error)
    assert demanding.password not in str(error)


def test_a_server_without_tcp_is_said_to_lack_it(db15: Postgresql) -> None:
    db15.psql("ALTER SYSTEM SET listen_addresses = ''")
    db15.project.compose("restart", "db15")
    try:
        eventually(lambda: db15.psql("SELECT 1", check=False) == "1")
        with pytest.raises(ServiceNotReady, match="nothing listens on port 5432") as error:
            db15.project.dump("pg15", Postgres(), Options(ready_timeout_s=0))
    finally:
        db15.psql("ALTER SYSTEM RESET listen_addresses")
        db15.restart()
    assert "listen_addresses" in error.value.next_step


def test_a_server_that_listens_on_one_address_only_is_reached(db15: Postgresql) -> None:
    address = db15.project.sh("db15", "hostname -i")
    db15.psql(f"ALTER SYSTEM SET listen_addresses = '{address}'")
    db15.project.compose("restart", "db15")
    try:
        eventually(lambda: db15.psql("SELECT 1", check=False) == "1")
        dumped = db15.project.dump("pg15", Postgres(), only_main(db15))
    finally:
        db15.psql("ALTER SYSTEM RESET listen_addresses")
        db15.restart()
    assert dumped.facts["databases"]["backend_db"]["rows"]["public.customers"] == 500


def test_a_user_who_is_no_superuser_gets_all_but_the_password_hashes(
    db: Postgresql, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the container's environment names an ordinary user."""
    clerk = {"POSTGRES_USER": "clerk", "POSTGRES_PASSWORD": "clerk's own", "POSTGRES_DB": "modest"}
    warnings: list[str] = []
    db.psql("CREATE DATABASE modest OWNER clerk")
    db.psql("SET ROLE clerk; CREATE TABLE public.one AS SELECT 1", "modest")
    try:
        options = Options(databases=("modest",))
        with (
            access_rules(db, *SCRAM),
            db.project.source(db.volume, Postgres(), options, warnings) as source,
        ):
            monkeypatch.setattr(source, "environment", lambda: clerk)
            dumped = {artifact.name: b"".join(artifact.stream) for artifact in Postgres().dump(source)}
            facts = Postgres().facts(source)
            with pytest.raises(ProducerFailed, match="permission denied for table"):
                b"".join(Postgres().dump_database(source, db.main).stream)
    finally:
        db.psql("DROP DATABASE modest")
    warning = "database user 'clerk' may not read password hashes: roles come back without passwords"
    assert warnings == [warning]
    roles = dumped[f"db_globals_{STAMP}.sql"]
    assert b"CREATE ROLE clerk" in roles
    assert b"SCRAM-SHA-256" not in roles
    assert facts["databases"]["modest"]["rows"] == {"public.one": 1}


def test_a_server_whose_first_start_has_not_ended_is_not_dumped(project: Project) -> None:
    project.compose("up", "--detach", "unfinished")
    eventually(
        lambda: "sleep infinity" in project.sh("unfinished", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    )
    try:
        with pytest.raises(ServiceNotReady) as error:
            project.dump("unfinished", Postgres(), Options(ready_timeout_s=1))
    finally:
        project.compose("rm", "--stop", "--force", "unfinished")
    assert "'unfinished' is not ready: nothing listens on port 5432" in error.value.message
    assert "docker compose ps unfinished" in error.value.next_step


def test_a_stopped_server_says_how_to_start_it(db15: Postgresql) -> None:
    db15.project.compose("stop", "db15")
    try:
        with pytest.raises(ServiceNotRunning) as error:
            db15.project.dump("pg15", Postgres())
    finally:
        db15.project.up("db15")
    assert str(error.value) == "database is not running: start it with `volops start db15`"
