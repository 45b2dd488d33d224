"""Rows are loaded frozen, and all else of a dump is loaded as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from volops_plugins._postgres.freezing import freezing

from tests.plugins.test_postgres_restore import NEW, OLD, Database

FREEZE = b" WITH (FREEZE)"
HEADER = b"--\n-- Data for Name: %s; Type: TABLE DATA; Schema: %s; Owner: me\n--\n\n"
FALSE = HEADER % (b"t", b"public") + b"COPY public.t (a) FROM stdin;\n1\n\\.\n"
TABLE = b"CREATE TABLE public.t (\n    a text\n);\n\n"
POST = b"\n\n--\n-- Name: t t_pkey; Type: CONSTRAINT; Schema: public; Owner: me\n--\n\nALTER TABLE t;\n"

SCHEMAS = st.sampled_from(["t", "Odd Name", 'a"b', "(a) FROM stdin", "ü", "a.b"])
NAMES = SCHEMAS | st.just("x; Type: TABLE DATA; Schema: y")
ROWS = st.lists(
    st.sampled_from(
        [b"", b"1\t\\N", rb"\\.", b"--", b"-- Data for Name: t; Type: TABLE DATA", b";", b"$$", b"'"]
    )
    | st.sampled_from([b"COPY public.t (a) FROM stdin;", FALSE.splitlines()[1], b"x" * 3000])
)
TEXTS = st.sampled_from(
    [
        TABLE,
        b"CREATE FUNCTION f() LANGUAGE sql AS $$SELECT '%s'$$;\n" % FALSE.replace(b"COPY", b"copy"),
        b"CREATE FUNCTION f() AS $_$ it's $$ \n" + HEADER % (b"t", b"public") + b"$_$;\n",
        b"COMMENT ON TABLE t IS 'it''s \n" + HEADER % (b"t", b"public") + b"';\n",
        rb"ALTER TABLE t ADD CHECK (a <> E'\' -- ');" + b"\n",
        b'CREATE TABLE "it\'s $$ --" (a$$b integer);\n',
        b"-- it's\n",
    ]
)
AFTER = st.sampled_from([b"", POST, FALSE[3:], b"BEGIN;\n" + FALSE])


def quoted(name: str) -> bytes:
    plain = name.isascii() and name.isalpha() and name.islower()
    return (name if plain else '"' + name.replace('"', '""') + '"').encode()


@st.composite
def blocks(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A table's rows in a dump, and as they are to be loaded."""
    name, schema, rows = draw(NAMES), draw(SCHEMAS), draw(ROWS)
    header = HEADER % (name.encode(), schema.encode())
    columns = draw(st.sampled_from([b"(a, b)", b""]))
    copy = b"COPY %s.%s %s FROM stdin" % (quoted(schema), quoted(name), columns)
    rest = b";\n" + b"".join(row + b"\n" for row in rows) + b"\\.\n\n\n"
    return header + copy + rest, header + copy + FREEZE + rest


def cut(text: bytes, size: int) -> Iterator[bytes]:
    return (text[start : start + size] for start in range(0, len(text), size))


def frozen(text: bytes, size: int = 1000) -> bytes:
    return b"".join(freezing(cut(text, size)))


@given(st.lists(TEXTS), st.lists(blocks()), AFTER, st.integers(1, 999))
def test_rows_are_frozen_and_all_else_is_as_it_was(
    before: list[bytes], tables: list[tuple[bytes, bytes]], after: bytes, size: int
) -> None:
    after = b"SELECT 1;\n" + after
    head = b"SET x = 1;\n\n" + b"".join(before)
    dump = head + b"".join(plain for plain, _ in tables) + (after if tables else b"")
    loaded = head + b"".join(changed for _, changed in tables) + (after if tables else b"")
    assert frozen(dump, size) == loaded


@given(st.binary(max_size=400), st.lists(blocks(), max_size=2), st.integers(1, 500))
def test_nothing_else_is_ever_added(noise: bytes, tables: list[tuple[bytes, bytes]], size: int) -> None:
    dump = noise + b"".join(plain for plain, _ in tables) + noise
    assert frozen(dump, size).replace(FREEZE, b"") == dump.replace(FREEZE, b"")


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(b"COPY t (a) FROM stdin;\n'\n\\.\n", id="rows without a header"),
        pytest.param(b"COMMIT;\n", id="the end of the transaction"),
        pytest.param(b"SET default_table_access_method = columnar;\n", id="an extension's storage"),
        pytest.param(b"COMMENT ON TABLE t IS 'no end\n", id="text without an end"),
    ],
)
def test_what_is_unusual_is_left_alone(before: bytes) -> None:
    assert frozen(before + FALSE) == before + FALSE


def test_the_rows_of_a_partition_that_go_through_its_parent_are_not_frozen() -> None:
    through = (HEADER % (b"part", b"public")) + b"COPY public.whole (a) FROM stdin;\n1\n\\.\n\n\n"
    assert frozen(through + FALSE) == through + FALSE.replace(b" stdin", b" stdin" + FREEZE)


def test_a_large_beginning_is_no_reason_to_hold_it() -> None:
    many = b"COMMENT ON TABLE t IS 'x';\n" * 100
    pieces = (many for _ in range(20_000))
    taken = freezing(pieces)
    assert len(next(taken)) < 20 << 20


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A project that is gone after the test."""
    project = Database(tmp_path)
    yield project
    project.gone()


@pytest.mark.parametrize("tag", [NEW, OLD])
def test_a_restored_server_has_nothing_left_to_do_for_its_rows(db: Database, tag: str) -> None:
    db.start(tag)
    trap = HEADER.decode() % ("prose", "public") + "copy public.prose (body) FROM stdin;\n"
    db.psql(f"CREATE FUNCTION trap() RETURNS text LANGUAGE sql AS $$SELECT '\n{trap}'::text$$")
    db.psql(
        """
        CREATE TYPE colour AS ENUM ('red', 'blue');
        CREATE TABLE "Odd ""Name" (n int) PARTITION BY HASH (n);
        CREATE TABLE hashed (c colour) PARTITION BY HASH (c);
        CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 1, REMAINDER 0);
        CREATE TABLE "Odd ""Leaf" PARTITION OF "Odd ""Name" FOR VALUES WITH (MODULUS 1, REMAINDER 0);
        CREATE TABLE nothing ();
        CREATE TABLE prose (body text);
        CREATE TABLE chosen (body text COMPRESSION pglz);
        CREATE UNLOGGED TABLE scores (n int);
        INSERT INTO hashed SELECT 'red' FROM generate_series(1, 50);
        INSERT INTO "Odd ""Name" SELECT generate_series(1, 5000);
        INSERT INTO prose SELECT string_agg(md5((n % 9)::text), ' ') FROM generate_series(1, 999) n;
        INSERT INTO chosen SELECT body FROM prose;
        INSERT INTO scores SELECT generate_series(1, 5000);
        SELECT lo_from_bytea(4711, 'large');
        """
    )
    db.backup()
    db.psql("DROP TABLE prose, chosen, scores, nothing, hashed")
    db.restore()
    leaves = "SELECT relname, relallvisible > 0 FROM pg_class WHERE relkind = 'r' AND relpages > 0"
    user = " AND relnamespace = 'public'::regnamespace AND relname <> 'hashed_0' ORDER BY 1"
    assert db.psql(leaves + user).splitlines() == ['Odd "Leaf|t', "chosen|t", "prose|t", "scores|t"]
    assert db.psql("SELECT count(*) FROM hashed") == "50"
    assert db.psql("SELECT trap()") == "\n" + trap.rstrip("\n")
    assert db.psql("SELECT pg_column_compression(body) FROM prose") == "lz4"
    assert db.psql("SELECT pg_column_compression(body) FROM chosen") == "pglz"
