"""One database comes back beside the live one, on the server that goes on serving."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import run, run_on_terminal
from tests.cli.test_json import compare, documented
from tests.operations.papers import interrupted_at
from tests.plugins.databases import NEW, OLD, Shop
from tests.plugins.project import eventually
from volops.errors import (
    EXIT_FAILED,
    CheckFailed,
    InvalidUse,
    RestoreFailed,
    RestoreRefused,
    VolopsError,
)
from volops.journal import Journal, JournalFile, Step
from volops.manifest import Manifest
from volops.manifest.document import manifest_bytes

_BEGINNING = """
import os, signal, sys
from volops import journal
from volops.compose import ComposeOptions
from volops.operations.dumps import dump_of
from volops.operations.kept_databases import kept_database, rollback_database
from volops.operations.restore_database import restore_database
from volops.source import look_around
from volops.workspace import open_workspace

file, project, when, *more = sys.argv[1:]
write = journal.JournalFile.write
def write_or_die(self, noted):
    if when == f"before {noted.step}":
        os.kill(os.getpid(), signal.SIGKILL)
    write(self, noted)
    if when == f"after {noted.step}":
        os.kill(os.getpid(), signal.SIGKILL)
journal.JournalFile.write = write_or_die

workspace = open_workspace(ComposeOptions(files=(file,), project=project))
around = look_around(workspace.engine, workspace.stack, "")
"""
RESTORING = (
    _BEGINNING
    + """
name, database = (*more, None)[:2]
dump = dump_of(workspace.catalog, workspace.catalog.find(name), None, database)
print("begun", flush=True)
restore_database(workspace, around, dump, None, database, lambda event: None)
"""
)
TURNING_BACK = (
    _BEGINNING + 'rollback_database(workspace, around, kept_database(workspace, around, None, "shop"))\n'
)
STEPS = [
    f"{when} {step}" for step in ("staging", "swapping", "starting", "keep") for when in ("before", "after")
]
KILLS = 12
BUSY = "while :; do psql -c 'SELECT count(*), pg_sleep(0.2) FROM orders'; done >/dev/null 2>&1"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    project = Shop(tmp_path_factory.mktemp("shop"), f"dbr-{uuid.uuid4().hex[:8]}")
    try:
        project.start()
        yield project
    finally:
        project.gone()


@pytest.fixture
def shop(servers: Shop) -> Iterator[Shop]:
    """The sample database as it was, well, and no backup."""
    servers.fill()
    servers.compose("up", "--detach")
    # A test may have left the reader without its database, and `up --wait` does not wait for the unhealthy.
    eventually(lambda: servers.compose("ps", "--format", "{{.Health}}").split() == ["healthy", "healthy"])
    yield servers
    subprocess.run(["rm", "-rf", str(servers.directory / "backups")], check=True)
    servers.warnings.clear()


@contextlib.contextmanager
def other_servers(directory: Path, tag: str) -> Iterator[Shop]:
    project = Shop(directory, f"dbr-{uuid.uuid4().hex[:8]}")
    try:
        project.start(tag)
        yield project
    finally:
        project.gone()


def lie(dump: Path, old: str, new: str) -> None:
    """Have the dump's manifest say something else, as if that had been recorded."""
    path = dump.with_suffix(".manifest.json")
    said = Manifest.model_validate_json(path.read_text(), strict=True).model_dump_json()
    assert old in said
    path.write_bytes(manifest_bytes(Manifest.model_validate_json(said.replace(old, new), strict=True)))


def started(shop: Shop) -> str:
    return shop.psql("SELECT pg_postmaster_start_time()", "postgres")


def test_everything_comes_back_while_the_server_serves(shop: Shop) -> None:
    contents, properties, start = shop.contents(), shop.properties(), started(shop)
    dump = shop.dump()
    shop.spoil()
    done = shop.put_back(dump.name)
    assert shop.contents() == contents
    assert shop.properties() == properties
    assert started(shop) == start
    assert "3 tables with 5301 rows" in done.proven
    assert "as recorded" in done.proven
    assert set(done.well) == {"db", "reader"}
    assert shop.psql("SELECT count(*) > 0 FROM pg_stats WHERE tablename = 'orders'") == "t"
    (kept,) = shop.kept()
    assert shop.spoilt(kept)
    assert shop.databases() == ["shop", kept]


def test_the_way_back_stays_open_until_it_is_closed(shop: Shop) -> None:
    dump = shop.dump()
    shop.spoil()
    shop.put_back(dump.name)
    shop.turn_back()
    assert shop.spoilt()
    (kept,) = shop.kept()
    assert not shop.spoilt(kept)
    shop.turn_back()
    assert not shop.spoilt()
    assert shop.let_go() > 1_000_000
    assert shop.databases() == ["shop"]
    with pytest.raises(InvalidUse, match="nothing is kept"):
        shop.turn_back()


def test_into_another_database_that_is_not_there_yet(shop: Shop) -> None:
    contents = shop.contents()
    dump = shop.dump()
    shop.spoil()
    done = shop.put_back(dump.name, 'shop\'s "copy"')
    assert shop.psql("SELECT count(*) FROM public.lines", 'shop\'s "copy"') == "300"
    assert done.plan.target.size is None
    shop.psql('ALTER DATABASE "shop\'s ""copy""" RENAME TO copy', "postgres")
    assert shop.contents("copy") == contents
    assert shop.spoilt()
    assert shop.kept() == []


def test_into_another_database_that_is_there(shop: Shop) -> None:
    shop.psql("CREATE DATABASE trial OWNER clerk", "postgres")
    dump = shop.dump()
    shop.put_back(dump.name, "trial")
    assert shop.psql("SELECT count(*) FROM public.orders", "trial") == "5000"
    assert shop.psql("SELECT datdba::regrole FROM pg_database WHERE datname = 'trial'", "postgres") == "clerk"
    assert len(shop.kept("trial")) == 1


def test_one_database_out_of_a_full_backup(shop: Shop) -> None:
    shop.psql("CREATE DATABASE \"Sec ond\" TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'", "postgres")
    shop.psql("CREATE TABLE t AS SELECT generate_series(1, 42) AS n", "Sec ond")
    backup = shop.backup()
    shop.psql("DELETE FROM t", "Sec ond")
    shop.spoil()
    shop.put_back(backup.name, "Sec ond")
    assert shop.psql("SELECT count(*) FROM t", "Sec ond") == "42"
    assert shop.psql("SHOW server_encoding", "Sec ond") == "LATIN1"
    assert shop.spoilt()


def test_clients_that_never_stop_coming_do_not_keep_it_from_its_place(shop: Shop) -> None:
    dump = shop.dump()
    shop.spoil()
    clients = [["exec", "-T", "--detach", "reader", "sh", "-c", BUSY] for _ in range(3)]
    for client in clients:
        shop.compose(*client)
    try:
        shop.put_back(dump.name)
    finally:
        shop.compose("restart", "--timeout", "0", "reader")
    assert not shop.spoilt()


def test_a_dump_that_cannot_be_loaded_leaves_the_live_database_alone(shop: Shop) -> None:
    # Of a table that restores, but not with these rows: the function does not find the table by itself.
    shop.psql(
        "CREATE TABLE limits (n int); INSERT INTO limits VALUES (9);"
        "CREATE FUNCTION below(int) RETURNS bool LANGUAGE sql IMMUTABLE"
        " AS 'SELECT $1 < (SELECT max(n) FROM limits)';"
        "CREATE TABLE limited (n int CHECK (below(n))); INSERT INTO limited VALUES (1);"
    )
    dump = shop.dump()
    shop.spoil()
    with pytest.raises(RestoreFailed, match="limits"):
        shop.put_back(dump.name)
    assert shop.spoilt()
    assert shop.databases() == ["shop"]
    assert not (shop.directory / "backups" / ".volops" / "restore.json").exists()


def test_a_database_that_is_not_as_recorded_does_not_take_its_place(shop: Shop) -> None:
    dump = shop.dump()
    lie(dump, '"public.orders":5000', '"public.orders":5001')
    shop.spoil()
    with pytest.raises(CheckFailed, match=r"public.orders has 5000 rows, had 5001"):
        shop.put_back(dump.name)
    assert shop.spoilt()
    assert shop.databases() == ["shop"]


def test_a_damaged_dump_is_refused_before_anything_is_begun(shop: Shop) -> None:
    dump = shop.dump()
    data = bytearray(dump.read_bytes())
    data[len(data) // 2] ^= 1
    dump.write_bytes(data)
    with pytest.raises(RestoreRefused, match="SHA-256"):
        shop.put_back(dump.name)
    assert shop.databases() == ["shop"]


def test_a_role_that_is_missing_is_named_with_the_way_to_make_it(shop: Shop) -> None:
    dump = shop.dump()
    shop.psql('DROP OWNED BY clerk, "Reader-Group"; DROP ROLE "Reader-Group"')
    with pytest.raises(RestoreFailed, match="Reader-Group") as failed:
        shop.put_back(dump.name)
    _, _, command = failed.value.next_step.partition("run again: ")
    subprocess.run(shlex.split(command), cwd=shop.directory, check=True, capture_output=True)
    shop.put_back(dump.name)


def test_services_that_do_not_get_well_get_the_old_database_back(shop: Shop) -> None:
    shop.psql("CREATE DATABASE bare", "postgres")
    shop.psql("CREATE TABLE other_orders (n int)", "bare")
    file = shop.directory / "bare.sql"
    file.write_text(pg_dump(shop, "bare"))
    with pytest.raises(RestoreFailed, match="reader"):
        shop.put_back(str(file), patience=6)
    assert shop.psql("SELECT count(*) FROM orders") == "5000"
    assert shop.databases() == ["bare", "shop"]
    eventually(lambda: "(healthy)" in shop.compose("ps", "reader"))


def test_a_user_without_rights_is_refused_with_what_it_needs(tmp_path: Path) -> None:
    with other_servers(tmp_path, NEW) as shop:
        shop.psql("CREATE ROLE app LOGIN PASSWORD 'very secret'", "postgres")
        shop.psql("CREATE TABLE t AS SELECT 1 AS n; GRANT pg_read_all_data TO app", "postgres")
        shop.psql("CREATE DATABASE own", "postgres")
        shop.psql("CREATE TABLE t (n int); INSERT INTO t VALUES (7); ALTER TABLE t OWNER TO app", "own")
        compose = shop.directory / "compose.yaml"
        compose.write_text(compose.read_text().replace("POSTGRES_USER: boss", "POSTGRES_USER: app"))
        shop.compose("up", "--detach", "--wait", "db")
        dump = shop.dump("own")
        with pytest.raises(RestoreRefused, match="may not create databases") as refused:
            shop.put_back(dump.name)
        shop.psql(refused.value.next_step.partition(": ")[2], "postgres")
        with pytest.raises(RestoreRefused, match="may not rename") as refused:
            shop.put_back(dump.name)
        shop.psql("ALTER DATABASE own OWNER TO app; ALTER SCHEMA public OWNER TO app", "own")
        shop.psql("UPDATE t SET n = 8", "own")
        shop.put_back(shop.dump("own").name)
        assert shop.psql("SELECT n FROM t", "own") == "8"
        assert len(shop.kept("own")) == 1


def pg_dump(shop: Shop, database: str, *options: str) -> str:
    words = ["exec", "-T", "db", "pg_dump", "-h", "127.0.0.1", "-U", "boss", "-d", database, *options]
    return shop.compose(*words) + "\n"


@pytest.mark.parametrize("options", [(), ("--create",), ("--clean", "--if-exists"), ("--inserts",)])
def test_a_stranger_s_dump_comes_back_too(shop: Shop, options: tuple[str, ...]) -> None:
    contents = shop.contents()
    file = shop.directory / "mine.sql"
    file.write_text(pg_dump(shop, "shop", *options))
    shop.spoil()
    done = shop.put_back(str(file))
    assert shop.contents() == contents
    assert "no manifest" in done.proven


def test_a_packed_dump_comes_back_too_unless_it_is_cut_off(shop: Shop) -> None:
    file = shop.directory / "mine.sql.gz"
    packed = gzip.compress(pg_dump(shop, "shop").encode())
    file.write_bytes(packed[:-100])
    shop.spoil()
    with pytest.raises(RestoreRefused, match="cut off"):
        shop.put_back(str(file))
    file.write_bytes(packed)
    shop.put_back(str(file))
    assert not shop.spoilt()


@pytest.mark.parametrize(
    ("options", "program", "match"),
    [(("-Fc",), "pg_dump", "archive of pg_dump"), ((), "pg_dumpall", "whole server")],
)
def test_what_is_no_dump_of_one_database_is_refused(
    shop: Shop, options: tuple[str, ...], program: str, match: str
) -> None:
    script = f"{program} -h 127.0.0.1 -U boss {'-d shop ' if program == 'pg_dump' else ''}{' '.join(options)}"
    packed = subprocess.run(
        ["docker", "compose", "exec", "-T", "db", *script.split()], cwd=shop.directory, capture_output=True,
        check=True,
    ).stdout  # fmt: skip
    file = shop.directory / "other.sql"
    file.write_bytes(packed)
    with pytest.raises(RestoreRefused, match=match):
        shop.put_back(str(file))
    assert shop.databases() == ["shop"]


def test_a_dump_that_ends_too_early_is_refused(shop: Shop) -> None:
    file = shop.directory / "mine.sql"
    file.write_text(pg_dump(shop, "shop")[:-400])
    with pytest.raises(RestoreRefused, match="last line is missing"):
        shop.put_back(str(file))


@pytest.mark.parametrize("command", [r"\connect postgres", r"\! touch /tmp/owned"])
def test_a_dump_cannot_tell_psql_to_do_anything_else(shop: Shop, command: str) -> None:
    file = shop.directory / "mine.sql"
    ending = "--\n-- PostgreSQL database dump complete\n--\n\n"
    file.write_text(f"CREATE TABLE orders (n int);\n{command}\nCREATE TABLE owned (n int);\n{ending}")
    with pytest.raises(RestoreFailed, match="restricted"):
        shop.put_back(str(file))
    assert shop.psql("SELECT to_regclass('owned') IS NULL", "postgres") == "t"
    assert shop.databases() == ["shop"]


def test_an_older_server_s_dump_comes_into_a_newer_one_and_not_the_other_way(
    shop: Shop, tmp_path: Path
) -> None:
    with other_servers(tmp_path, OLD) as old:
        dump, contents = old.dump(), old.contents()
        mine = shop.dump()
        shop.spoil()
        shop.put_back(str(dump))
        there = shop.contents()
        assert [there[0], *there[2:4]] == [contents[0], *contents[2:4]]
        with pytest.raises(RestoreRefused, match="PostgreSQL 17"):
            old.put_back(str(mine))
        assert old.databases() == ["shop"]
        old.put_back(dump.name)
        assert old.contents() == contents


def printed(shop: Shop, *words: str) -> dict[str, Any]:
    """The JSON that the installed program prints in the project."""
    done = run(*words, "--json", cwd=shop.directory)
    assert done.code == 0, done.err
    document: dict[str, Any] = json.loads(done.out)
    return document


def test_the_program_shows_asks_does_and_tells(shop: Shop) -> None:
    dump = shop.dump()
    shop.spoil()
    planned = run("restore", dump.name, "--dry-run", cwd=shop.directory)
    assert "restores  database shop of db" in planned.out
    assert "which is kept under another name" in planned.out
    assert planned.out.splitlines()[-1] == "nothing was done (--dry-run)"
    asked = run_on_terminal("restore", dump.name, cwd=shop.directory, typed="no\n")
    assert (asked.code, shop.spoilt(), shop.databases()) == (1, True, ["shop"])
    assert run("restore", dump.name, cwd=shop.directory).error_line.endswith("nobody can be asked: say --yes")
    done = run("restore", dump.name, "db", "--yes", cwd=shop.directory)
    assert (done.code, done.err) == (0, "")
    back = re.findall("`volops (rollback [^`]*)`", done.out)
    assert run(*back[0].split(), "--yes", cwd=shop.directory).code == 0
    assert shop.spoilt()


def test_what_is_printed_as_json_is_what_is_documented(shop: Shop) -> None:
    dump = shop.dump()
    printed(shop, "restore", dump.name, "--yes")
    shop.compose("up", "--detach", "--wait")
    restored = printed(shop, "restore", str(dump), "db", "--yes")
    compare(restored, documented()["`volops restore` of one database"])
    copied = printed(shop, "restore", dump.name, "--table", "app.people")
    compare(copied, documented()["`volops restore` of one table"])
    turned = printed(shop, "rollback", "--database", "shop", "--yes")["rollback"]
    assert turned.keys() == {"volume", "database", "kept", "well"}
    freed = printed(shop, "commit", "--database", "shop", "--yes")["commit"]
    assert freed.keys() == {"volume", "database", "deleted", "freed"}
    assert len(freed["deleted"]) == 2
    assert shop.databases() == ["shop"]


def restoring(shop: Shop, when: str, *names: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", RESTORING, str(shop.directory / "compose.yaml"), shop.name, when, *names]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


@pytest.mark.parametrize("when", STEPS)
def test_killed_at_each_step_the_next_command_brings_it_to_an_end(shop: Shop, when: str) -> None:
    contents = shop.contents()
    dump = shop.dump()
    shop.spoil()
    with restoring(shop, when, dump.name) as process:
        process.wait(120)
    assert process.returncode == -signal.SIGKILL
    shop.open()
    finished = when == "after keep"
    assert shop.spoilt() is not finished
    assert len(shop.databases()) == (2 if finished else 1)
    shop.put_back(dump.name)
    assert shop.contents() == contents


def test_an_interrupt_at_the_very_end_says_that_the_restore_stands(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump = shop.dump()
    shop.spoil()
    write = JournalFile.write

    def interrupted(self: JournalFile, journal: Journal) -> None:
        write(self, journal)
        if journal.step is Step.KEEP:
            raise KeyboardInterrupt

    monkeypatch.setattr(JournalFile, "write", interrupted)
    with pytest.raises(VolopsError, match="stands") as told:
        shop.put_back(dump.name)
    assert told.value.exit_code == EXIT_FAILED
    assert not shop.spoilt()


@pytest.mark.parametrize("when", ["after swapping", "before starting", "before keep"])
def test_killed_while_a_new_database_gets_its_name(shop: Shop, when: str) -> None:
    dump = shop.dump()
    with restoring(shop, when, dump.name, "other") as process:
        process.wait(120)
    assert process.returncode == -signal.SIGKILL
    shop.open()
    assert shop.databases() == ["shop"]


@pytest.mark.parametrize("when", ["before starting", "after starting"])
def test_a_roll_back_that_was_killed_never_costs_the_database_that_was_kept(shop: Shop, when: str) -> None:
    """The live one was dropped: what is kept is the only copy."""
    dump = shop.dump()
    shop.spoil()
    shop.put_back(dump.name)
    (kept,) = shop.kept()
    shop.psql("DROP DATABASE shop WITH (FORCE)", "postgres")
    argv = [sys.executable, "-c", TURNING_BACK, str(shop.directory / "compose.yaml"), shop.name, when]
    assert subprocess.run(argv, stderr=subprocess.DEVNULL, check=False).returncode == -signal.SIGKILL
    shop.open()
    assert shop.databases() == [kept]
    assert shop.spoilt(kept)
    shop.turn_back()
    assert shop.databases() == ["shop"]
    assert shop.spoilt()


def test_a_roll_back_that_is_interrupted_gives_the_name_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump = shop.dump()
    shop.put_back(dump.name)
    (kept,) = shop.kept()
    shop.psql("DROP DATABASE shop WITH (FORCE)", "postgres")
    interrupted_at(Step.STARTING, monkeypatch)
    with pytest.raises(RestoreFailed, match="interrupted"):
        shop.turn_back()
    assert shop.databases() == [kept]
    assert shop.psql("SELECT count(*) FROM orders", kept) == "5000"


@pytest.mark.timeout(900)
def test_killed_at_any_instant_the_next_command_brings_it_to_an_end(shop: Shop) -> None:
    """The delays are drawn anew each time; a failure names its own."""
    new = shop.contents()
    dump = shop.dump()
    shop.spoil()
    chance = random.Random()  # noqa: S311 - no secret depends on it
    for _ in range(KILLS):
        delay = chance.uniform(0, 5)
        with restoring(shop, "never", dump.name) as process:
            assert process.stdout is not None
            process.stdout.readline()
            try:
                process.wait(delay)
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
        shop.open()
        assert shop.spoilt() or shop.contents() == new, f"killed after {delay} s"
        assert not [name for name in shop.databases() if "incoming" in name], f"killed after {delay} s"
    shop.put_back(dump.name)
    assert shop.contents() == new
