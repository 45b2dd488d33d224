"""PostgreSQL servers, asked with their own psql."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from features.world.commands import environment
from features.world.engine import docker
from features.world.project import LABEL, Project
from features.world.waiting import wait_for

_CONTENTS = """
SELECT CASE c.relkind WHEN 'm' THEN 'materialized view ' ELSE '' END
           || format('%I.%I', n.nspname, c.relname),
       (xpath('/row/rows/text()', x))[1]::text, (xpath('/row/digest/text()', x))[1]::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
LATERAL query_to_xml(format('SELECT count(*) AS rows, '
    'md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '''')) AS digest FROM %I.%I t',
    n.nspname, c.relname), false, true, '') x
WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server in a container."""

    container: str
    user: str = "postgres"
    password: str = ""

    def query(
        self, sql: str, database: str = "postgres", *, strict: bool = True, **values: str
    ) -> list[list[str]]:
        """The rows that it gives. With `strict`, an error ends it and fails. `values` are psql's variables:
        `:table` in the statement is replaced by the value as it is, `:'name'` by a literal."""
        argv = ["exec", "-i", "--env", "PGPASSWORD", self.container, "psql", "-X", "-q", "-A", "-t"]
        argv += ["-F", "\t", "-v", f"ON_ERROR_STOP={int(strict)}", "-U", self.user, "-d", database]
        argv += [word for name, value in values.items() for word in ("-v", f"{name}={value}")]
        said = docker(*argv, data=sql.encode(), secrets={"PGPASSWORD": self.password}).decode(
            "utf-8", "replace"
        )
        return [line.split("\t") for line in said.splitlines()]

    def value(self, sql: str, database: str = "postgres", **values: str) -> str:
        """The first column of the first row."""
        return self.query(sql, database, strict=True, **values)[0][0]

    @property
    def databases(self) -> list[str]:
        """All databases but the templates and an untouched `postgres`."""
        rows = self.query("SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1")
        return [name for (name,) in rows if name != "postgres"]

    def contents(self, database: str) -> dict[str, tuple[int, str]]:
        """For each table, and each materialized view: how many rows, and a digest of them all, sorted."""
        rows = self.query(_CONTENTS, database)
        return {table: (int(count), digest) for table, count, digest in rows}

    @property
    def roles(self) -> list[str]:
        """Roles that somebody made."""
        rows = self.query("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1")
        return [name for (name,) in rows]


def server_of(project: Project, service: str) -> Postgres:
    """The server that a service runs, with the credentials its container was given."""
    container = project.container(service)
    given = dict(entry.split("=", 1) for entry in container.inspected["Config"]["Env"])
    password = project.passwords["POSTGRES_PASSWORD"]
    return Postgres(container.id, given.get("POSTGRES_USER", "postgres"), password)


@contextmanager
def scratch_server(project: Project, image: str) -> Iterator[Postgres]:
    """An empty server of that image, in memory and without a network."""
    argv = ["run", "--detach", "--rm", "--network", "none", "--label", f"{LABEL}={project.name}"]
    argv += ["--tmpfs", "/var/lib/postgresql/data", "--env", "POSTGRES_HOST_AUTH_METHOD=trust"]
    container = docker(*argv, image, "postgres", "-c", "fsync=off").decode().strip()
    try:
        wait_for(lambda: _answers(container), "the scratch PostgreSQL server")
        yield Postgres(container)
    finally:
        docker("rm", "--force", "--volumes", container)


def _answers(container: str) -> bool:
    # Over TCP: while the cluster is being made, the server listens on its socket only.
    argv = ["docker", "exec", container, "pg_isready", "--quiet", "-h", "127.0.0.1", "-U", "postgres"]
    return subprocess.run(argv, env=environment(), capture_output=True, check=False).returncode == 0
