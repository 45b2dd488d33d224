"""A restored database has its planner's statistics; those of large tables while others load."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from volops_plugins._postgres.freezing import freezing

from tests.plugins.test_postgres_freezing import FREEZE, HEADER, POST, TABLE, cut
from tests.plugins.test_postgres_restore import NEW, OLD, Database
from volops import RestoreFailed

ODD = '"It\'s ""large"""'
LARGE = """
CREATE TABLE first (n int PRIMARY KEY, note text);
CREATE TABLE ODD (n int REFERENCES first, note text);
CREATE TABLE parent (n int);
CREATE TABLE child () INHERITS (parent);
CREATE TABLE pairs (a int, b int);
CREATE UNLOGGED TABLE unlogged (n int);
CREATE TABLE few (n int);
CREATE TABLE nothing (n int);
INSERT INTO first SELECT n, md5(n::text) FROM generate_series(1, 60000) n;
INSERT INTO ODD SELECT 60001 - n, 'Note ' || n FROM generate_series(1, 60000) n;
INSERT INTO parent SELECT generate_series(1, 60000);
INSERT INTO child SELECT generate_series(60001, 120000);
INSERT INTO pairs SELECT n, n / 10 FROM generate_series(1, 60000) n;
INSERT INTO unlogged SELECT generate_series(1, 60000);
INSERT INTO few VALUES (1), (2);
ALTER TABLE child ADD PRIMARY KEY (n);
ALTER TABLE parent ADD PRIMARY KEY (n);
CREATE INDEX lowered ON ODD (lower(note));
CREATE STATISTICS together (dependencies) ON a, b FROM pairs;
CREATE MATERIALIZED VIEW summary AS SELECT n % 10 AS digit, count(*) FROM first GROUP BY 1;
""".replace("ODD", ODD)
WITHOUT = """
SELECT relname FROM pg_class c WHERE relkind IN ('r', 'm') AND relnamespace = 'public'::regnamespace
AND NOT EXISTS (SELECT FROM pg_statistic s WHERE s.starelid = c.oid) ORDER BY 1
"""
# The last pages of a table may be made, and not in use yet.
UNFROZEN = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
AND reltuples >= 50000 AND relallvisible < 0.9 * relpages
"""
PLAIN = b"SET x = 1;\n\n" + TABLE


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A project that is gone after the test."""
    project = Database(tmp_path)
    yield project
    project.gone()


@pytest.mark.parametrize("tag", [NEW, OLD])
def test_all_that_the_planner_can_know_it_knows_after_a_restore(db: Database, tag: str) -> None:
    db.start(tag)
    db.psql(LARGE)
    db.backup()
    db.psql(f"DROP MATERIALIZED VIEW summary; DROP TABLE {ODD}, first, child, parent, pairs, unlogged")
    db.restore()
    assert db.psql(WITHOUT) == "nothing"
    assert db.psql(UNFROZEN) == ""
    assert db.psql("SELECT count(*) FROM pg_stats WHERE tablename = 'lowered'") == "1"
    of_all = "SELECT max(n) > 100000 FROM pg_stats, unnest(histogram_bounds::text::int[]) n WHERE inherited"
    assert db.psql(f"{of_all} AND tablename = 'parent'") == "t"
    assert db.psql("SELECT count(*) FROM pg_statistic_ext_data") == "1"
    assert db.psql("SELECT n FROM ODD LIMIT 2".replace("ODD", ODD)).split() == ["60000", "59999"]
    assert db.psql("SELECT count(*), sum(n) FROM ONLY parent") == "60000|1800030000"


def test_two_sessions_that_want_each_other_s_tables_do_not_fail_a_restore(db: Database) -> None:
    """Keys lock the child, then want the parent, which is being analysed, and which wants its child then."""
    db.start(NEW)
    db.psql(
        """
        CREATE TABLE parent (n int, a text, b text, c text);
        ALTER TABLE parent ALTER a SET STATISTICS 10000, ALTER b SET STATISTICS 10000;
        CREATE TABLE child () INHERITS (parent);
        CREATE TABLE before AS SELECT n FROM generate_series(1, 60000) n;
        INSERT INTO parent SELECT n, md5(n::text), md5((-n)::text), md5((2 * n)::text)
        FROM generate_series(1, 200000) n;
        INSERT INTO child SELECT n, md5(n::text) FROM generate_series(200001, 249000) n;
        ALTER TABLE child ADD PRIMARY KEY (n), ADD UNIQUE (a), ADD UNIQUE (a, n);
        ALTER TABLE parent ADD PRIMARY KEY (n);
        """
    )
    db.backup()
    db.psql("DROP TABLE child, parent")
    db.restore()
    assert db.psql("SELECT count(*) FROM parent") == "249000"
    assert db.psql(WITHOUT) == ""


def test_statistics_that_cannot_be_made_leave_the_live_data_as_it_was(db: Database) -> None:
    """An index on what a function makes of a row, which breaks off as soon as anybody but a COPY asks."""
    db.start(NEW)
    db.psql(
        """
        CREATE TABLE judged (n int);
        INSERT INTO judged SELECT generate_series(1, 100);
        CREATE FUNCTION judge(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
        BEGIN
            IF current_query() LIKE 'ANALYZE%' THEN RAISE 'nobody counts me'; END IF;
            RETURN n;
        END $$;
        CREATE INDEX ON judged (judge(n));
        """
    )
    db.backup()
    db.psql("INSERT INTO judged VALUES (101)")
    with pytest.raises(RestoreFailed, match=r"ANALYZE failed: .*nobody counts me"):
        db.restore()
    assert db.psql("SELECT count(*) FROM judged") == "101"


def test_a_large_table_ends_the_transaction_and_is_told_of() -> None:
    def block(name: str, freeze: bytes = b"") -> bytes:
        header = HEADER % (name.encode(), b"public")
        return header + b"COPY public.%s (a) FROM stdin" % name.encode() + freeze + b";\n1\n\\.\n"

    def told(name: bytes) -> bytes:
        return b"\\! echo %s\n" % name

    dump = PLAIN + block("a") + block("big") + block("b") + block("huge") + POST
    ended, begun = b"COMMIT;\n\\! echo public.%s\n", b"BEGIN;\nTRUNCATE TABLE ONLY public.huge;\n"
    loaded = (
        PLAIN + block("a", FREEZE) + block("big", FREEZE) + ended % b"big"
        + block("b") + begun + block("huge", FREEZE) + ended % b"huge" + b"BEGIN;\n" + POST
    )  # fmt: skip
    large = {b"public.big", b"public.huge", b"public.else"}
    for size in (1, 7, 1000):
        assert b"".join(freezing(cut(dump, size), large, told)) == loaded
