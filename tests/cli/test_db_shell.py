"""db-shell: psql as the service's own user, in its own database, the password never shown."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Done, run
from volops.compose import ComposeOptions

PASSWORD = "open-sesame"
COMPOSE = """
name: {name}
x-database: &database
  image: volops-sample-postgres:1
  stop_grace_period: 1s
  environment: {{POSTGRES_USER: owner, POSTGRES_DB: shop, POSTGRES_PASSWORD_FILE: /run/secrets/password}}
  secrets: [password]
  healthcheck: {{test: pg_isready -h 127.0.0.1, interval: 5s, start_period: 60s, start_interval: 200ms}}
services:
  db: {{<<: *database, volumes: ['pg:/var/lib/postgresql/data']}}
  stats: {{<<: *database, profiles: [stats], volumes: ['pg-stats:/var/lib/postgresql/data']}}
  sidecar: {{image: 'debian:trixie-slim', command: 'true', volumes: ['pg:/backup:ro']}}
volumes: {{pg: , pg-stats: }}
secrets: {{password: {{file: password.txt}}}}
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory of a project with a PostgreSQL service that runs and wants its password."""
    directory = tmp_path_factory.mktemp("database")
    (directory / "password.txt").write_text(PASSWORD)
    (directory / "password.txt").chmod(0o644)
    (directory / "compose.yaml").write_text(COMPOSE.format(name=f"cliw-{uuid.uuid4().hex[:8]}"))
    options = ComposeOptions(files=(str(directory / "compose.yaml"),))
    subprocess.run(options.argv("up", "--detach", "--wait", "db"), check=True, capture_output=True)
    demand = (
        "f=$(psql -U owner -d shop -Atc 'show hba_file') && echo 'local all all scram-sha-256' >$f && "
        "echo 'host all all all scram-sha-256' >>$f && psql -U owner -d shop -c 'select pg_reload_conf()'"
    )
    subprocess.run(options.argv("exec", "-T", "db", "sh", "-c", demand), check=True, capture_output=True)
    yield directory
    subprocess.run(options.argv("down", "-v", every_profile=True), check=True, capture_output=True)


def db_shell(database: Path, *arguments: str, given: str = "", before: tuple[str, ...] = ()) -> Done:
    return run(*before, "db-shell", *arguments, cwd=database, given=given)


def test_it_is_the_services_own_user_and_database(database: Path) -> None:
    done = db_shell(database, "--", "-Atc", "select current_user, current_database()")
    assert (done.code, done.out, done.err) == (0, "owner|shop\n", "")


def test_a_script_on_standard_input(database: Path) -> None:
    done = db_shell(database, "db", given="\\pset format unaligned\n\\pset tuples_only\nselect 6 * 7;\n")
    assert done.code == 0
    assert done.out.splitlines()[-1] == "42"


def test_another_database(database: Path) -> None:
    done = db_shell(database, "-d", "postgres", "db", "--", "-Atc", "select current_database()")
    assert (done.code, done.out) == (0, "postgres\n")


def test_psqls_exit_code_is_its_own(database: Path) -> None:
    done = db_shell(database, "--", "-c", "select nonsense")
    assert done.code == 1
    assert 'column "nonsense" does not exist' in done.err


def test_the_password_is_in_no_command_line(database: Path) -> None:
    done = db_shell(database, "--", "-c", "\\! cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    assert "psql" in done.out
    assert PASSWORD not in done.out


def test_of_several_services_one_must_be_named(database: Path) -> None:
    done = db_shell(database, before=("--profile", "stats"))
    assert done.code == 2
    assert done.error_line == (
        "volops: error: this stack has several database services: name one of: db, stats"
    )


def test_a_service_that_is_not_running(database: Path) -> None:
    done = db_shell(database, "stats", before=("--profile", "stats"))
    assert done.code == 1
    assert done.error_line.endswith("start it with `volops start stats`")


def test_a_stack_without_a_database(project: Path) -> None:
    done = db_shell(project)
    assert done.code == 2
    assert done.error_line.startswith("volops: error: no database service was recognised in this stack")
