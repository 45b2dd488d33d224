"""Prints the SQL of a shop of about 600 MB: short rows, long text, JSON, numbers, and indexes on them.

Usage: python3 -m tools.database | psql DATABASE

The same call prints the same rows; the last thing made is the table bench_complete.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from .prose import Prose

SEED = 20251025
CUSTOMERS, ARTICLES, PURCHASES, EVENTS = 180_000, 135_000, 1_100_000, 600_000
BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)
TABLES = """
CREATE TABLE customer (id int, name text, email text, password text, joined timestamptz);
CREATE TABLE article (id int, author int, title text, body text, tags text[]);
CREATE TABLE purchase (id int, customer int, placed timestamptz, total numeric(10, 2), state text, note text);
CREATE TABLE event (id uuid, at timestamptz, payload jsonb);
"""
KEYS = """
ALTER TABLE customer ADD PRIMARY KEY (id), ADD UNIQUE (email);
ALTER TABLE article ADD PRIMARY KEY (id), ADD FOREIGN KEY (author) REFERENCES customer;
ALTER TABLE purchase ADD PRIMARY KEY (id), ADD FOREIGN KEY (customer) REFERENCES customer;
ALTER TABLE event ADD PRIMARY KEY (id);
CREATE INDEX ON purchase (customer, placed);
CREATE INDEX ON event (at);
VACUUM ANALYZE;
CREATE TABLE bench_complete ();
"""

Row = tuple[object, ...]


def skewed(prose: Prose, most: int) -> int:
    """A number from 1 to `most`, small ones being commoner."""
    return 1 + int(most * prose.dice.random() ** 2)


def customers(prose: Prose) -> Iterator[Row]:
    """People, with a digest for a password."""
    for number in range(1, CUSTOMERS + 1):
        joined = BEGINNING + timedelta(minutes=5 * number)
        name = prose.sentence(2).title()
        yield number, name, f"customer{number}@example.org", prose.dice.randbytes(32).hex(), joined


def articles(prose: Prose) -> Iterator[Row]:
    """Texts of 40 to 400 words."""
    for number in range(1, ARTICLES + 1):
        body, tags = prose.sentence(40 + number % 360), "{" + ",".join(prose.words(4)) + "}"
        yield number, skewed(prose, CUSTOMERS), prose.sentence(6).capitalize(), body, tags


def purchases(prose: Prose) -> Iterator[Row]:
    """Numbers, mostly."""
    states = ("sent", "paid", "open", "returned")
    for number in range(1, PURCHASES + 1):
        placed = BEGINNING + timedelta(seconds=40 * number, milliseconds=prose.dice.randrange(1000))
        note = prose.sentence(12) if number % 5 == 0 else "\\N"
        state = states[skewed(prose, 4) - 1]
        yield number, skewed(prose, CUSTOMERS), placed, f"{prose.dice.random() * 400:.2f}", state, note


def events(prose: Prose) -> Iterator[Row]:
    """JSON documents; sessions have several events."""
    kinds = ("view", "click", "search", "buy")
    session = ""
    for number in range(1, EVENTS + 1):
        if number % 9 == 1:
            session = prose.dice.randbytes(16).hex()
        payload = {
            "kind": kinds[skewed(prose, 4) - 1],
            "customer": skewed(prose, CUSTOMERS),
            "path": f"/articles/{skewed(prose, ARTICLES)}",
            "seconds": round(prose.dice.random() * 90, 3),
            "session": session,
            "query": prose.sentence(3),
        }
        yield (
            UUID(bytes=prose.dice.randbytes(16)),
            BEGINNING + timedelta(seconds=45 * number),
            json.dumps(payload),
        )


def copied(table: str, rows: Iterable[Row]) -> Iterator[str]:
    """A COPY command and its data."""
    yield f"COPY {table} FROM STDIN;\n"
    for row in rows:
        yield "\t".join(map(str, row)) + "\n"
    yield "\\.\n"


def main() -> None:
    """Tables first, keys and indexes when the rows are in."""
    prose = Prose(SEED)
    sys.stdout.write("\\set ON_ERROR_STOP on\nSET synchronous_commit = off;\n" + TABLES)
    for table, rows in (
        ("customer", customers(prose)),
        ("article", articles(prose)),
        ("purchase", purchases(prose)),
        ("event", events(prose)),
    ):
        sys.stdout.writelines(copied(table, rows))
    sys.stdout.write(KEYS)


if __name__ == "__main__":
    main()
