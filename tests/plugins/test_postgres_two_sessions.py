"""A large database is loaded by two sessions; each table's rows by one of them, all of them once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from volops_plugins._postgres.freezing import Dump, freezing, made_tables
from volops_plugins._postgres.two_sessions import TwoSessions, suits

from tests.plugins.test_postgres_restore import NEW, OLD, Database
from tests.tampering import tamper
from volops.errors import RestoreFailed

SETTINGS = b"SET client_encoding = 'UTF8';\nSELECT pg_catalog.set_config('search_path', '', false);\n"
MADE = b"--\n-- Name: t%d; Type: TABLE; Schema: public; Owner: me\n--\n\nCREATE TABLE public.t%d (a int);\n\n"
ROWS = (
    b"--\n-- Data for Name: t%d; Type: TABLE DATA; Schema: public; Owner: me\n--\n\n"
    b"COPY public.t%d (a) FROM stdin;\n%s\\.\n\n\n"
)
REST = b"--\n-- Name: t0 i; Type: INDEX; Schema: public; Owner: me\n--\n\nCREATE INDEX i ON public.t0 (a);\n"


def dump_of(sizes: list[int]) -> bytes:
    """A dump of so many tables, each with so many rows."""
    head = SETTINGS + b"".join(MADE % (number, number) for number in range(len(sizes)))
    rows = (
        ROWS % (number, number, b"".join(b"%d-%d\n" % (number, row) for row in range(size)))
        for number, size in enumerate(sizes)
    )
    return head + b"".join(rows) + REST


def cut(text: bytes, size: int) -> Iterator[bytes]:
    return (text[start : start + size] for start in range(0, len(text), size))


class Sessions:
    """What each session is given to load, in place of psql."""

    def __init__(self) -> None:
        self.said: list[bytes] = []

    def feed(self, sql: Iterable[bytes]) -> None:
        self.said.append(b"".join(sql))


@given(st.lists(st.integers(0, 300), min_size=1, max_size=8), st.integers(0, 2000), st.integers(7, 5000))
def test_every_row_is_loaded_once_and_the_rest_comes_after_all_rows(
    sizes: list[int], apart: int, size: int
) -> None:
    text, sessions = dump_of(sizes), Sessions()
    parts = Dump(cut(text, size))
    assert suits(parts)
    TwoSessions(sessions.feed, apart).load(parts, cut(text, size), b"SET x = 1;\n")
    loaded = b"".join(sessions.said)
    wanted = sorted(re.findall(rb"^\d+-\d+$", text, re.MULTILINE))
    assert sorted(re.findall(rb"^\d+-\d+$", loaded, re.MULTILINE)) == wanted
    for number in range(len(sizes)):
        frozen = b"TRUNCATE TABLE ONLY public.t%d;\n" % number
        assert loaded.count(frozen) == 1
        assert loaded.count(b"COPY public.t%d (a) FROM stdin WITH (FREEZE);\n" % number) == 1
    # Who ends last is the first session, which waits for the other before it goes on.
    assert sessions.said[-1].endswith(REST + b"\nCOMMIT;\n")
    assert all(said.startswith(b"SET x = 1;\n") for said in sessions.said)
    assert all(said.count(b"SET client_encoding") == 1 for said in sessions.said)


def test_a_small_database_needs_no_second_session() -> None:
    text, sessions = dump_of([30, 30, 30]), Sessions()
    TwoSessions(sessions.feed).load(Dump([text]), [text], b"")
    assert len(sessions.said) == 1


def test_tables_that_an_extension_made_are_not_emptied() -> None:
    text = dump_of([3, 3]).replace(MADE % (1, 1), b"CREATE EXTENSION with_a_table;\n")
    sessions = Sessions()
    TwoSessions(sessions.feed).load(Dump([text]), [text], b"")
    assert b"TRUNCATE TABLE ONLY public.t0" in sessions.said[0]
    assert b"TRUNCATE TABLE ONLY public.t1" not in sessions.said[0]
    assert b"COPY public.t1 (a) FROM stdin;\n" in sessions.said[0]


def test_what_only_text_says_of_a_table_does_not_make_one() -> None:
    trap = b"CREATE FUNCTION f() AS $$\n%s$$;\n" % (MADE % (7, 7))
    assert made_tables(trap + MADE % (1, 1)) == frozenset(
        {b"public.t1", b'"public".t1', b'public."t1"', b'"public"."t1"'}
    )


@pytest.mark.parametrize("judge", [b"CONSTRAINT c CHECK (f(a))", b"b int GENERATED ALWAYS AS (f(a)) STORED"])
def test_functions_that_judge_rows_find_the_tables_filled_in_order(judge: bytes) -> None:
    text = dump_of([3, 3]).replace(b"(a int)", b"(a int, %s)" % judge)
    assert suits(Dump([text]))
    assert not suits(Dump([SETTINGS + b"CREATE FUNCTION f(int) AS $$SELECT 1$$;\n" + text]))


def test_a_dump_is_read_in_parts_as_it_is() -> None:
    text = dump_of([3, 0, 2])
    parts = Dump(cut(text, 11))
    tables = [(table.name, table.opening + b"".join(table.rows)) for table in parts.tables()]
    assert [name for name, _ in tables] == [b"public.t0", b"public.t1", b"public.t2"]
    assert parts.head + b"".join(rows for _, rows in tables) + b"".join(parts.rest()) == text
    passed_over = Dump(cut(text, 11))
    assert [table.name for table in passed_over.tables()] == [name for name, _ in tables]
    assert passed_over.head + b"".join(passed_over.rest()) == text.replace(
        b"".join(rows for _, rows in tables), b""
    )
    assert b"".join(freezing(cut(text, 11))).replace(b" WITH (FREEZE)", b"") == text


class Broken(Exception):
    """What a session raises."""


@pytest.mark.parametrize("which", [0, 1])
def test_what_a_session_raises_ends_both(which: int) -> None:
    text = dump_of([50, 50, 50])
    begun: list[int] = []

    def feed(sql: Iterable[bytes]) -> None:
        begun.append(len(begun))
        mine = begun[-1]
        for chunk in sql:
            if mine == which and chunk:
                raise Broken

    with pytest.raises(Broken):
        TwoSessions(feed, apart=0).load(Dump(cut(text, 50)), cut(text, 50), b"")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A project that is gone after the test."""
    project = Database(tmp_path)
    yield project
    project.gone()


LARGE = """
CREATE TABLE many (id bigserial PRIMARY KEY, body text);
INSERT INTO many (body) SELECT repeat(md5(n::text), 8) FROM generate_series(1, 90000) n;
CREATE TABLE "More of ""them" (id int PRIMARY KEY REFERENCES many, body xml);
INSERT INTO "More of ""them" SELECT n, ('<a>' || repeat(md5(n::text), 8) || '</a>')::xml
FROM generate_series(1, 90000) n;
CREATE TABLE parts (n int, body text) PARTITION BY RANGE (n);
CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (50000);
CREATE TABLE parts_high PARTITION OF parts FOR VALUES FROM (50000) TO (100000);
INSERT INTO parts SELECT n, repeat('x', 90) FROM generate_series(1, 90000) n;
CREATE INDEX ON parts (n);
SELECT lo_from_bytea(4711, 'large');
"""
STATE = (
    "SELECT count(*), sum(hashtext(m::text)) FROM many m",
    'SELECT count(*), sum(hashtext(m::text)) FROM "More of ""them" m',
    "SELECT tableoid::regclass::text, count(*), sum(hashtext(p::text)) FROM parts p GROUP BY 1 ORDER BY 1",
    "SELECT last_value FROM many_id_seq",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "SELECT conname, convalidated FROM pg_constraint WHERE contype IN ('f', 'p') ORDER BY 1",
    "SELECT loid, data FROM pg_largeobject",
)


@pytest.mark.parametrize("tag", [NEW, OLD])
def test_a_large_database_comes_back_as_it_was_and_frozen(db: Database, tag: str) -> None:
    db.start(tag)
    db.psql(LARGE)
    before = [db.psql(query) for query in STATE]
    manifest = db.backup()
    db.psql('DROP TABLE parts; DELETE FROM "More of ""them"; SELECT lo_unlink(4711)')
    db.restore()
    assert [db.psql(query) for query in STATE] == before
    # A server extends a table by up to 64 pages at once, the last of which may stay empty.
    unfrozen = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relpages > relallvisible + 64"
    assert db.psql(f"{unfrozen} AND relnamespace = 'public'::regnamespace") == ""

    def with_a_broken_row(dump: bytes) -> bytes:
        return re.sub(rb"(?m)^(78901\t)<a>", rb"\1<b>", dump, count=1)

    tamper(
        db.directory / "backups" / manifest.name, f"db_backup_{manifest.name[-15:]}.sql", with_a_broken_row
    )
    db.psql("INSERT INTO many (body) VALUES ('later')")
    with pytest.raises(RestoreFailed, match="invalid XML content"):
        db.restore()
    assert db.psql("SELECT count(*) FROM many WHERE body = 'later'") == "1"
