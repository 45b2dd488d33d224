"""A second database in the cluster, and a role that may only read."""

import datetime as dt
import random
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings
from psycopg import sql

from config.environment import secret
from seeding.randomness import source

DATABASE = "analytics"
ROLE = "reporting"
VIEWS = 6000
BEGIN = dt.datetime(2025, 9, 1, tzinfo=dt.UTC)
PATHS = ["/", "/sightings", "/members", "/uploads", "/about", "/places", "/species"]

SCHEMA = """
CREATE TABLE page_views (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seen_at timestamptz NOT NULL,
    path text NOT NULL,
    visitor uuid NOT NULL,
    milliseconds integer NOT NULL CHECK (milliseconds >= 0)
);
CREATE INDEX page_views_by_day ON page_views (seen_at);
CREATE MATERIALIZED VIEW daily AS
    SELECT seen_at::date AS day, count(*) AS views, count(DISTINCT visitor) AS visitors
    FROM page_views GROUP BY 1;
CREATE FUNCTION busiest_day() RETURNS date LANGUAGE sql STABLE
    AS 'SELECT day FROM daily ORDER BY views DESC, day LIMIT 1';
COMMENT ON TABLE page_views IS 'One row for each page that a visitor opened';
"""


@contextmanager
def _connected(database: str) -> Iterator[psycopg.Connection]:
    main = settings.DATABASES["default"]
    with psycopg.connect(
        host=main["HOST"],
        port=main["PORT"],
        user=main["USER"],
        password=main["PASSWORD"],
        dbname=database,
        autocommit=True,
    ) as connection:
        yield connection


def _add_role(connection: psycopg.Connection) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
    if found:
        return
    password = secret("REPORTING_PASSWORD", "reporting-dev-only")
    connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(ROLE), password))
    connection.execute(f"ALTER ROLE {ROLE} SET statement_timeout = '30s'")


def _add_database(connection: psycopg.Connection) -> None:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
    if not found:
        connection.execute(f"CREATE DATABASE {DATABASE}")
        connection.execute(f"ALTER DATABASE {DATABASE} SET timezone = 'UTC'")


def _allow_reading(connection: psycopg.Connection, database: str) -> None:
    connection.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(database), sql.Identifier(ROLE))
    )
    connection.execute(f"GRANT USAGE ON SCHEMA public TO {ROLE}")


def _views(rng: random.Random) -> Iterator[tuple]:
    visitors = [rng.randbytes(16).hex() for _ in range(900)]
    for _ in range(VIEWS):
        when = BEGIN + dt.timedelta(seconds=rng.randrange(55 * 86400))
        yield when, rng.choice(PATHS), rng.choice(visitors), int(rng.expovariate(0.02))


def _fill(connection: psycopg.Connection, seed: int) -> int:
    if connection.execute("SELECT to_regclass('page_views')").fetchone()[0]:
        return 0
    with connection.transaction():
        connection.execute(SCHEMA)
        columns = "seen_at, path, visitor, milliseconds"
        with connection.cursor().copy(f"COPY page_views ({columns}) FROM STDIN") as copy:
            for row in _views(source(seed, "analytics")):
                copy.write_row(row)
        connection.execute("REFRESH MATERIALIZED VIEW daily")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {ROLE}")
    return VIEWS


def add_analytics(seed: int) -> int:
    """Create the role, the database and its table, each where missing; the number of rows added."""
    main = settings.DATABASES["default"]["NAME"]
    with _connected(main) as connection:
        _add_role(connection)
        _add_database(connection)
        _allow_reading(connection, main)
        connection.execute(
            f"GRANT SELECT ON fieldnotes_sighting, fieldnotes_species, fieldnotes_place TO {ROLE}"
        )
    with _connected(DATABASE) as connection:
        _allow_reading(connection, DATABASE)
        return _fill(connection, seed)
