"""Real servers for the tests of the database plugins: one compose project for all of them."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.plugins.project import Project, eventually

HERE = Path(__file__).parent
DATABASE_SECRET = "p w\"17'$x\\\\y"
SCRAM = ("local all all scram-sha-256", "host all all all scram-sha-256")
CACHE_SECRET = "s3cret \"with\" 'quotes' \\ und ß"
SECOND = "a=b 'c' d"
SECOND_CONNINFO = r"dbname='a=b \'c\' d'"
CONFIGURED_SECRET = 'quo"ted \\ one'


@dataclass(frozen=True)
class Postgresql:
    """One of the servers with sample data."""

    project: Project
    service: str
    volume: str
    user: str
    main: str
    password: str
    data: str
    major: int
    port: int = 5432

    def psql(
        self, statements: str, database: str = "", *options: str, password: str = "", check: bool = True
    ) -> str:
        """What psql prints, unaligned, connected through the socket."""
        login = ["-e", f"PGPASSWORD={password or self.password}", "-e", "PGCLIENTENCODING=UTF8"]
        argv = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-p", str(self.port), "-U", self.user]
        where = ["-d", database or self.main, *options]
        return self.project.exec(self.service, *login, then=[*argv, *where], input=statements, check=check)

    def count(self, table: str, database: str = "") -> int:
        """How many rows a table has, named as SQL wants it."""
        return int(self.psql(f"SELECT count(*) FROM ONLY {table}", database))  # noqa: S608

    def connections(self) -> int:
        """How many sessions of volops or pg_dump the server has."""
        count = "SELECT count(*) FROM pg_stat_activity WHERE application_name IN ('volops', 'pg_dump')"
        return int(self.psql(count))

    def restart(self) -> None:
        """Stop it if it runs, start it, wait until it is healthy."""
        self.project.compose("restart", self.service)
        self.project.up(self.service)


@dataclass(frozen=True)
class RedisServer:
    """One of the Redis servers."""

    project: Project
    service: str
    volume: str
    password: str
    port: int = 6379

    def ask(self, *words: str) -> str:
        """The answer to one command."""
        return self.pipe(" ".join(words))

    def pipe(self, commands: str) -> str:
        """The answers to commands, one a line."""
        login = 'IFS= read -r word; [ -z "$word" ] || export REDISCLI_AUTH="$word"'
        script = f'{login}; exec redis-cli -p "$0" 2>&1'
        text = f"{self.password}\n{commands}\n"
        return self.project.exec(self.service, then=["sh", "-c", script, str(self.port)], input=text)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The project with all its servers healthy; gone afterwards."""
    directory = tmp_path_factory.mktemp("servers")
    shutil.copy(HERE / "compose.yaml", directory)
    (directory / "database-secret").write_text(f"{DATABASE_SECRET}\n")
    (directory / "cache-secret").write_text(f"{CACHE_SECRET}\n")
    (directory / "never-ends.sh").write_text("sleep infinity\n")
    quoted = CONFIGURED_SECRET.replace("\\", "\\\\").replace('"', '\\"')
    (directory / "cache.conf").write_text(
        f'requirepass "{quoted}"\nrename-command CONFIG ""\ndir /data\nenable-debug-command local\n'
    )
    made = Project(directory)
    try:
        made.up()
        yield made
    finally:
        made.compose("--profile", "*", "down", "--volumes", "--timeout", "1", check=False)


@pytest.fixture
def cache7(project: Project) -> Iterator[RedisServer]:
    """Redis 7.0, empty."""
    server = RedisServer(project, "cache7", "redis7", "first pass")
    server.ask("FLUSHALL")
    yield server
    server.ask("FLUSHALL")


@pytest.fixture
def cache8(project: Project) -> Iterator[RedisServer]:
    """Redis 8.0 with an append-only file, empty."""
    server = RedisServer(project, "cache8", "redis8", CACHE_SECRET, 7777)
    server.ask("FLUSHALL")
    yield server
    server.ask("FLUSHALL")


@pytest.fixture(scope="session")
def db15(project: Project) -> Postgresql:
    """PostgreSQL 15 with sample data."""
    server = Postgresql(
        project, "db15", "pg15", "postgres", "backend_db", "first pass", "/var/lib/postgresql/data", 15
    )
    return _filled(server)


@pytest.fixture(scope="session")
def db17(project: Project) -> Postgresql:
    """PostgreSQL 17 with sample data."""
    data = "/var/lib/postgresql/data/cluster"
    return _filled(Postgresql(project, "db17", "pg17", "boss", "shop", DATABASE_SECRET, data, 17, 5544))


@pytest.fixture(params=["db15", "db17"])
def db(request: pytest.FixtureRequest) -> Postgresql:
    """Each of the two PostgreSQL servers with sample data."""
    server: Postgresql = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="session")
def scratch(project: Project) -> Postgresql:
    """An empty PostgreSQL 17 to restore into."""
    data = "/var/lib/postgresql/data"
    return Postgresql(project, "scratch", "scratch", "postgres", "postgres", "", data, 17)


@contextlib.contextmanager
def access_rules(db: Postgresql, *rules: str) -> Iterator[None]:
    """Have the server go by these lines of pg_hba.conf."""
    hba = f"{db.data}/pg_hba.conf"
    lines = "\\n".join(rules)
    with_rules = f"cp -p {hba} {hba}.before; printf '{lines}\\n' >{hba}"
    _reloaded(db, with_rules)
    try:
        yield
    finally:
        _reloaded(db, f"mv {hba}.before {hba}")


def _reloaded(db: Postgresql, change: str) -> None:
    """Make the change and wait until the server has read its configuration again."""
    loaded = "SELECT pg_conf_load_time()"
    before = db.psql(loaded)
    db.project.sh(db.service, f"{change}; kill -HUP $(head -n 1 {db.data}/postmaster.pid)")
    eventually(lambda: db.psql(loaded) != before)


def _filled(server: Postgresql) -> Postgresql:
    server.psql((HERE / "sample.sql").read_text(), server.main, "-v", f"main={server.main}")
    server.psql((HERE / "sample_latin1.sql").read_text(), SECOND_CONNINFO)
    return server
