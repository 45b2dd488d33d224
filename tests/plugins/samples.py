"""Samples of the bundled types, small: the kit backs each up and restores it a few times."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from volops import Shell
from volops.testing.conformance import Sample

RECORDED = Path(__file__).parents[1] / "data" / "recorded"
"""By type, backups of these samples from earlier versions: `pytest --volops-record tests/data/recorded`."""
_OFTEN = {"interval": "1s", "timeout": "5s", "retries": 60, "start_period": "60s", "start_interval": "250ms"}


class Files(Sample):
    """A few files of all kinds."""

    image = "debian:trixie-slim"
    service: ClassVar[Mapping[str, Any]] = {
        "command": ["sleep", "infinity"],
        "init": True,
        "healthcheck": {"test": ["CMD", "true"], **_OFTEN},
    }

    def fill(self, service: Shell) -> None:
        script = (
            'cd "$1" && find . -mindepth 1 -not -path "./.volops*" -delete && mkdir -p deep/er && '
            'printf one >a.txt && printf ü >"deep/er/naïve name.txt" && ln -s a.txt link && '
            "ln a.txt deep/hard && chown 33:34 a.txt && chmod 4750 a.txt && truncate -s 1M sparse && "
            "touch -d 2001-02-03 deep"
        )
        service.run("sh", "-c", script, "fill", self.target)

    def change(self, service: Shell) -> None:
        service.run("sh", "-c", 'cd "$1" && printf two >a.txt && rm link && printf n >new', "x", self.target)

    def contents(self, service: Shell) -> object:
        script = (
            'cd "$1" && find . -mindepth 1 -not -path "./.volops*" '
            '-printf "%P %y %m %U:%G %s %T@ %l\\n" -type f -exec sha256sum {} \\; | sort'
        )
        return service.run("sh", "-c", script, "contents", self.target).text.splitlines()


class Uploads(Files):
    recorded = RECORDED / "media"
    target = "/app/media"


class Assets(Files):
    recorded = RECORDED / "static"
    target = "/app/staticfiles"
    options: ClassVar[Mapping[str, Any]] = {"regenerate": "true"}


class LogFiles(Files):
    recorded = RECORDED / "logs"
    target = "/var/log/nginx"
    everything = True


class SomeFiles(Files):
    recorded = RECORDED / "files"
    target = "/srv/anything"


class Packages(Files):
    """Archived, as under --all: a recipe has tests of its own."""

    recorded = RECORDED / "node_modules"
    target = "/app/node_modules"
    everything = True


class Cluster(Sample):
    """A PostgreSQL server with one table and one role."""

    recorded = RECORDED / "postgres"
    image = "volops-sample-postgres:1"
    target = "/var/lib/postgresql/data"
    secrets = ("Kit-Postgres-5ecret",)
    service: ClassVar[Mapping[str, Any]] = {
        "environment": {"POSTGRES_PASSWORD": "Kit-Postgres-5ecret", "POSTGRES_DB": "shop"},
        "healthcheck": {"test": ["CMD", "pg_isready", "-q", "-h", "127.0.0.1"], **_OFTEN},
    }

    def fill(self, service: Shell) -> None:
        self._ask(
            service,
            "DROP TABLE IF EXISTS orders; DROP ROLE IF EXISTS clerk; CREATE ROLE clerk;"
            "CREATE TABLE orders (id serial PRIMARY KEY, note text); GRANT SELECT ON orders TO clerk;"
            "INSERT INTO orders (note) SELECT 'nöte ' || n FROM generate_series(1, 50) n",
        )

    def change(self, service: Shell) -> None:
        self._ask(service, "INSERT INTO orders (note) VALUES ('later')")

    def contents(self, service: Shell) -> object:
        return self._ask(
            service,
            "SELECT * FROM orders ORDER BY id; SELECT nextval('orders_id_seq') > 50;"
            "SELECT has_table_privilege('clerk', 'orders', 'SELECT')",
        )

    def _ask(self, service: Shell, statements: str) -> list[str]:
        argv = ("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "shop")
        return service.run(*argv, input=statements.encode()).text.splitlines()


class Cache(Sample):
    """A Redis server with a few keys."""

    recorded = RECORDED / "redis"
    image = "volops-sample-redis:1"
    target = "/data"
    secrets = ("Kit-Redis-5ecret",)
    service: ClassVar[Mapping[str, Any]] = {
        "command": ["redis-server", "--appendonly", "yes"],
        "environment": {"REDIS_PASSWORD": "Kit-Redis-5ecret"},
        "healthcheck": {"test": ["CMD", "redis-ready"], **_OFTEN},
    }

    def fill(self, service: Shell) -> None:
        self._ask(service, "FLUSHALL", "SET one 1", "RPUSH list x y z", "HSET hash a 1 b 2")

    def change(self, service: Shell) -> None:
        self._ask(service, "SET two 2")

    def contents(self, service: Shell) -> object:
        return self._ask(service, "DBSIZE", "GET one", "LRANGE list 0 -1", "HGETALL hash", "GET two")

    def _ask(self, service: Shell, *commands: str) -> list[str]:
        script = "REDISCLI_AUTH=$REDIS_PASSWORD exec redis-cli"
        return service.run("sh", "-c", script, input="\n".join(commands).encode()).text.splitlines()
