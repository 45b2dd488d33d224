"""A restored database has its planner's statistics; those of large tables while others load."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Semaphore
from typing import Any

import pytest
from volops_plugins._beside import read_text
from volops_plugins._postgres.analysing import Analysing
from volops_plugins._postgres.freezing import freezing

from tests.plugins.project import eventually
from tests.plugins.test_postgres_freezing import FREEZE, HEADER, POST, TABLE, cut
from tests.plugins.test_postgres_restore import NEW, OLD, Database
from volops import Output, RestoreFailed

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


def test_what_a_shell_would_make_of_a_name_hides_no_table(db: Database) -> None:
    """The `echo` of dash stops at \\c, within the line: the quotes stay open, and psql takes in the rest."""
    db.start(NEW)
    db.psql(r'CREATE TABLE "odd\cname" AS SELECT n FROM generate_series(1, 60000) n')
    db.psql("CREATE TABLE plain AS SELECT n FROM generate_series(1, 10) n")
    db.backup()
    db.psql(r'DROP TABLE "odd\cname"')
    db.restore()
    assert db.psql(r'SELECT count(*) FROM "odd\cname"') == "60000"
    assert db.psql(WITHOUT) == ""


class Deaf:
    """A server whose psql ends well, and says nothing."""

    def follow(self, *_: str) -> Output:
        return Output(0, b"", "")

    def append(self, *_: str) -> None:
        pass


def test_a_session_that_ends_without_a_word_has_not_analysed() -> None:
    server: Any = Deaf()
    analysing = Analysing(server, "shop", Semaphore())
    analysing.end()
    with pytest.raises(RestoreFailed, match="did not come to its end"):
        analysing.wait()


def test_a_line_that_is_still_being_written_is_followed_whole(tmp_path: Path) -> None:
    told = tmp_path / "told"
    told.write_bytes(b"one\ntw")
    script = read_text("volops_plugins._postgres", "follow.sh")
    argv = ["sh", "-c", script, "follow.sh", str(told), "end", "cat"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, start_new_session=True) as following:
        try:
            for written in (b"o\nth", b"ree\nend", b"less\nen", b"d\n"):
                eventually(lambda: read_to(told) == told.stat().st_size)
                with told.open("ab") as file:
                    file.write(written)
            said, _ = following.communicate(timeout=60)
            assert said == b"one\ntwo\nthree\nendless\n"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(following.pid, signal.SIGKILL)


def read_to(file: Path) -> int:
    """How much of a file has been read by whoever has it open (proc(5))."""
    for link in Path("/proc").glob("[0-9]*/fd/0"):
        try:
            if link.readlink() == file:
                text = (link.parents[1] / "fdinfo/0").read_text()
                return int(text.split()[1])
        except OSError:
            continue
    return -1


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
