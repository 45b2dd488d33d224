"""PostgreSQL volumes come back as they were: on real servers, through the operations that users have."""

from __future__ import annotations

import contextlib
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins.restoring import Restorable
from tests.tampering import tamper
from volops.errors import EXIT_RESTORE_FAILED, CheckFailed, RestoreFailed, RestoreRefused
from volops.manifest import Manifest
from volops.manifest.document import manifest_bytes
from volops.model import OutcomeStatus

COMPOSE = """
services:
  db:
    image: volops-sample-postgres:{tag}
    environment:
      POSTGRES_PASSWORD: very secret
      POSTGRES_USER: boss
      POSTGRES_DB: shop
      PGDATA: {data}
    volumes: [db:/var/lib/postgresql/data]
    healthcheck:
      test: ["CMD-SHELL", "psql -h 127.0.0.1 -U boss -d shop -c 'SELECT 1'"]
      start_period: 60s
      start_interval: 250ms
      interval: 10s
volumes:
  db: {{}}
x-volops:
  backups: ./backups
"""
PARENT = "/var/lib/postgresql"
DATA = f"{PARENT}/data"
NEW, OLD = "1", "1-bookworm"
SAMPLE = r"""
CREATE ROLE clerk LOGIN PASSWORD 'clerk pass';
CREATE ROLE "Reader-Group" NOLOGIN;
GRANT "Reader-Group" TO clerk;
CREATE TABLE orders (id bigserial PRIMARY KEY, note text, at timestamptz DEFAULT now());
INSERT INTO orders (note) SELECT 'note ' || n FROM generate_series(1, 5000) n;
CREATE INDEX ON orders (note);
CREATE TABLE lines (id int GENERATED ALWAYS AS IDENTITY, orders_id bigint REFERENCES orders, body text);
INSERT INTO lines (orders_id, body)
SELECT n, E'\\connect elsewhere\n\\.\n' || n FROM generate_series(1, 300) n;
CREATE SEQUENCE countdown INCREMENT -1;
SELECT nextval('countdown'), nextval('countdown'), nextval('orders_id_seq');
GRANT SELECT ON orders TO "Reader-Group";
CREATE EXTENSION pgcrypto;
SELECT lo_from_bytea(4711, 'large'), lo_from_bytea(4712, 'object');
CREATE FUNCTION trap() RETURNS text LANGUAGE sql AS $$SELECT '
\connect nowhere
-- Name: x; Type: TABLE; Schema: -
'::text$$;
ALTER DATABASE shop SET work_mem = '7MB';
ALTER DATABASE shop SET default_transaction_read_only = 'off';
COMMENT ON DATABASE shop IS 'the shop';
CREATE DATABASE "second 'one'" TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' OWNER clerk;
"""
SECOND = "second 'one'"
IN_SECOND = (
    "CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 42); ALTER TABLE t OWNER TO clerk;"
)
IN_POSTGRES = "CREATE TABLE kept (a int); INSERT INTO kept VALUES (1), (2);"


class Database(Restorable):
    """A project of one PostgreSQL server."""

    def start(self, tag: str, data: str = DATA) -> None:
        """A server of that image runs."""
        self.write(COMPOSE.format(tag=tag, data=data))
        self.up()

    def filled(self, tag: str, data: str = DATA) -> Database:
        """With sample data, and settings of its own."""
        self.start(tag, data)
        self.psql(SAMPLE)
        self.psql(IN_SECOND, SECOND)
        self.psql(IN_POSTGRES, "postgres")
        self.sh("db", f"echo 'work_mem = 5MB' >>{data}/postgresql.conf")
        self.psql("ALTER SYSTEM SET log_min_duration_statement = 4321")
        self.psql("SELECT pg_reload_conf()")
        return self

    def psql(self, statements: str, database: str = "shop", user: str = "boss", password: str = "") -> str:
        """What psql prints, unaligned; with a password it comes over the network's address, as clients do."""
        host = ["-h", "127.0.0.1"] if not password else ["-h", self.sh("db", "hostname -i").split()[0]]
        words = ["exec", "-T", "-e", f"PGPASSWORD={password}", "db", "psql", "-XAtq", "-v", "ON_ERROR_STOP=1"]
        return self.compose(*words, *host, "-U", user, "-d", database, input=statements)

    def state(self) -> dict[str, str]:
        """All that a restored server must show again."""
        shop = {
            "orders": "SELECT count(*), md5(string_agg(o::text, ',' ORDER BY id)) FROM orders o",
            "lines": "SELECT count(*), md5(string_agg(l::text, ',' ORDER BY id)) FROM lines l",
            "sequences": "SELECT last_value FROM orders_id_seq UNION ALL SELECT last_value FROM countdown",
            "large objects": "SELECT loid, data FROM pg_largeobject ORDER BY 1",
            "grants": "SELECT relacl::text LIKE '%Reader%=r/boss%' FROM pg_class WHERE relname = 'orders'",
            "roles": "SELECT rolname, rolsuper, rolcanlogin, rolpassword FROM pg_authid"
            " WHERE rolname !~ '^pg_' ORDER BY 1",
            "members": "SELECT roleid::regrole, member::regrole FROM pg_auth_members WHERE roleid >= 16384",
            "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
            "constraints": "SELECT conname, convalidated FROM pg_constraint"
            " WHERE conrelid = 'lines'::regclass AND contype = 'f'",
            "function": "SELECT trap()",
            "extensions": "SELECT extname FROM pg_extension ORDER BY 1",
            "settings": "SELECT current_setting('work_mem'), current_setting('log_min_duration_statement')",
            "databases": "SELECT datname, datdba::regrole, pg_encoding_to_char(encoding), datcollate,"
            " shobj_description(oid, 'pg_database') FROM pg_database ORDER BY 1",
            "checksums": "SHOW data_checksums",
        }
        seen = {name: self.psql(query) for name, query in shop.items()}
        seen["second"] = self.psql("SELECT count(*), sum(a) FROM t", SECOND)
        seen["postgres"] = self.psql("SELECT a, current_setting('work_mem') FROM kept", "postgres")
        seen["clerk"] = self.psql("SELECT count(*) FROM orders", "shop", "clerk", "clerk pass")
        return seen

    def marked(self) -> bool:
        """Whether the row is there that was written after the backup."""
        return self.psql("SELECT count(*) FROM orders WHERE note = 'later'") == "1"


def alter(db: Database, manifest: Manifest, old: str, new: str) -> None:
    """Have the backup's manifest say something else, as if that had been recorded."""
    path = db.directory / "backups" / manifest.name / "manifest.json"
    said = Manifest.model_validate_json(path.read_text(), strict=True).model_dump_json()
    assert old in said
    path.write_bytes(manifest_bytes(Manifest.model_validate_json(said.replace(old, new), strict=True)))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A project that is gone after the test."""
    project = Database(tmp_path)
    yield project
    project.gone()


@pytest.mark.parametrize(("tag", "data"), [(NEW, DATA), (OLD, f"{DATA}/deep/er")])
def test_everything_comes_back_and_the_way_back_stays_open(db: Database, tag: str, data: str) -> None:
    db.filled(tag, data)
    before = db.state()
    db.backup()
    db.psql("INSERT INTO orders (note) VALUES ('later'); DROP TABLE lines; DROP OWNED BY clerk;")
    db.psql("DROP TABLE kept", "postgres")
    db.psql("DROP DATABASE \"second 'one'\"", "postgres")
    db.psql("DROP ROLE clerk; ALTER SYSTEM RESET ALL")
    db.restore()
    assert db.state() == before
    assert not db.marked()
    assert db.psql("SELECT count(*) > 0 FROM pg_stats WHERE tablename = 'orders'") == "t"
    db.rollback()
    assert db.marked()
    assert db.psql("SELECT count(*) FROM pg_roles WHERE rolname = 'clerk'") == "0"


def test_an_older_server_s_backup_comes_into_a_newer_one(db: Database) -> None:
    db.filled(OLD)
    before = db.state()
    db.backup()
    db.gone()
    db.write(COMPOSE.format(tag=NEW, data=DATA))
    db.restore()
    assert db.psql("SHOW server_version_num").startswith("17")
    assert db.state() == before
    assert any("that is fine" in told for told in db.warnings)


def test_settings_that_a_newer_server_does_not_know_lie_beside_its_own(db: Database) -> None:
    db.filled(OLD)
    db.sh("db", f"echo 'old_snapshot_threshold = 60' >>{DATA}/postgresql.conf")
    db.backup()
    db.gone()
    db.write(COMPOSE.format(tag=NEW, data=DATA))
    db.restore()
    assert db.psql("SELECT count(*) FROM orders") == "5000"
    assert "old_snapshot_threshold" in db.sh("db", f"cat {DATA}/postgresql.conf.from-15")
    assert any("old_snapshot_threshold" in told for told in db.warnings)


def test_a_newer_server_s_backup_is_refused_by_an_older_one(db: Database) -> None:
    db.filled(NEW)
    db.backup()
    db.gone()
    db.start(OLD)
    with pytest.raises(RestoreRefused, match="17"):
        db.restore()
    assert db.psql("SHOW server_version_num").startswith("15")


def test_a_dump_that_cannot_be_loaded_leaves_the_live_server_alone(db: Database) -> None:
    db.filled(NEW)
    # Of a table that restores, but not with these rows: the function does not find the table by itself.
    db.psql(
        "CREATE TABLE limits (n int); INSERT INTO limits VALUES (9);"
        "CREATE FUNCTION below(int) RETURNS bool LANGUAGE sql IMMUTABLE"
        " AS 'SELECT $1 < (SELECT max(n) FROM limits)';"
        "CREATE TABLE limited (n int CHECK (below(n))); INSERT INTO limited VALUES (1);"
    )
    db.backup()
    db.psql("INSERT INTO orders (note) VALUES ('later')")
    started = db.compose("ps", "--format", "{{.ID}} {{.CreatedAt}}")
    with pytest.raises(RestoreFailed, match="limits"):
        db.restore()
    assert db.marked()
    assert db.compose("ps", "--format", "{{.ID}} {{.CreatedAt}}") == started
    assert db.sh("db", f"ls -A {DATA}/.volops 2>/dev/null || true") == ""


def test_data_that_is_not_what_was_recorded_is_not_swapped_in(db: Database) -> None:
    db.filled(NEW)
    db.lie(db.backup(), '"public.orders":', 5001)
    db.psql("INSERT INTO orders (note) VALUES ('later')")
    with pytest.raises(CheckFailed, match=r"public.orders has 5000 rows, had 5001"):
        db.restore()
    assert db.marked()


def test_a_row_that_was_taken_from_a_dump_is_found_by_restoring_it(db: Database) -> None:
    db.filled(NEW)
    manifest = db.backup()
    assert {outcome.status for outcome in db.prove()} == {OutcomeStatus.DONE}
    started = db.compose("ps", "--format", "{{.ID}} {{.CreatedAt}}")
    db.psql("INSERT INTO orders (note) VALUES ('later')")

    def without_a_row(dump: bytes) -> bytes:
        return re.sub(rb"(?m)^4017\tnote 4017\t.*\n", b"", dump)

    tamper(db.directory / "backups" / manifest.name, f"db_backup_{manifest.name[-15:]}.sql", without_a_row)
    (outcome,) = db.prove()
    assert outcome.status is OutcomeStatus.FAILED
    assert "public.orders has 4999 rows, had 5000" in outcome.reason
    assert db.marked()
    assert db.compose("ps", "--format", "{{.ID}} {{.CreatedAt}}") == started
    db.compose("down")
    (outcome,) = db.prove()
    assert "public.orders has 4999 rows, had 5000" in outcome.reason


@contextlib.contextmanager
def image_made(db: Database, *lines: str) -> Iterator[str]:
    """The name of an image that is the sample server's, changed, while the block lasts; then the project is
    gone, too."""
    image = f"{db.name}-other"
    dockerfile = "\n".join(["FROM volops-sample-postgres:1", *lines, ""])
    subprocess.run(
        ["docker", "build", "-qt", image, "-"], input=dockerfile.encode(), check=True, capture_output=True
    )
    try:
        yield image
    finally:
        db.gone()
        subprocess.run(["docker", "rmi", "-f", image], check=False, capture_output=True)


def test_missing_extensions_are_named_before_anything_is_touched(db: Database) -> None:
    db.filled(NEW)
    db.backup()
    with image_made(db, "RUN rm /usr/share/postgresql/17/extension/pgcrypto.control") as image:
        db.write(COMPOSE.replace("volops-sample-postgres:{tag}", image).format(data=DATA))
        db.up()
        with pytest.raises(RestoreRefused, match="pgcrypto"):
            db.restore()


def test_a_server_that_does_not_start_beside_the_live_one_leaves_that_alone(db: Database) -> None:
    db.filled(NEW)
    db.backup()
    script = (
        '#!/bin/sh\\ncase "$*" in *volops-restore*) echo no room for it >&2; exit 1 ;; esac\\n'
        'exec "$0.real" "$@"\\n'
    )
    program = "/usr/lib/postgresql/17/bin/postgres"
    broken = f"RUN mv {program} {program}.real && printf '{script}' >{program} && chmod 755 {program}"
    with image_made(db, broken) as image:
        db.write(COMPOSE.replace("volops-sample-postgres:{tag}", image).format(data=DATA))
        db.up()
        db.psql("INSERT INTO orders (note) VALUES ('later')")
        started = db.compose("ps", "--format", "{{.ID}} {{.CreatedAt}}")
        with pytest.raises(RestoreFailed, match="does not start: no room for it") as failed:
            db.restore()
        assert failed.value.exit_code == EXIT_RESTORE_FAILED
        assert db.marked()
        assert db.compose("ps", "--format", "{{.ID}} {{.CreatedAt}}") == started


def test_a_server_that_does_not_stop_cleanly_is_said_to(db: Database) -> None:
    """The server itself has nothing to complain of, and its log is never empty."""
    db.filled(NEW)
    db.backup()
    program = "/usr/lib/postgresql/17/bin/pg_controldata"
    lying = f"RUN printf '#!/bin/sh\\necho Database cluster state: in production\\n' >{program}"
    with image_made(db, lying) as image:
        db.write(COMPOSE.replace("volops-sample-postgres:{tag}", image).format(data=DATA))
        db.up()
        with pytest.raises(RestoreFailed, match=r"does not stop: it did not stop cleanly$"):
            db.restore()


def test_an_image_that_cannot_tell_whether_a_server_stopped_cleanly_is_refused(db: Database) -> None:
    db.filled(NEW)
    db.backup()
    with image_made(db, "RUN rm /usr/lib/postgresql/17/bin/pg_controldata") as image:
        db.write(COMPOSE.replace("volops-sample-postgres:{tag}", image).format(data=DATA))
        db.up()
        with pytest.raises(RestoreRefused, match="it has no pg_controldata beside its server"):
            db.restore()


def test_a_volume_that_the_image_covers_with_one_of_its_own_is_not_filled(db: Database) -> None:
    """PostgreSQL 18's image and compose files that still mount at the old place are such a pair."""
    db.filled(NEW)
    db.backup()
    with image_made(db, f"VOLUME {DATA}") as image:
        compose = COMPOSE.replace("volops-sample-postgres:{tag}", image).replace(f"db:{DATA}", f"db:{PARENT}")
        db.write(compose.format(data=DATA))
        db.up()
        with pytest.raises(RestoreRefused, match="anonymous volume of its own over volume 'db'") as refused:
            db.restore()
        assert refused.value.next_step == f"mount the volume at {DATA}"


OTHER_SORTS = """
CREATE DATABASE german TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' LOCALE 'C.UTF-8';
CREATE DATABASE plain TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8';
"""
SORTED = "SELECT datname, datlocprovider, datlocale, datcollate FROM pg_database ORDER BY 1"


def test_databases_sorted_by_icu_or_by_the_server_itself_come_back_so(db: Database) -> None:
    db.start(NEW, DATA)
    db.psql(OTHER_SORTS, "postgres")
    for name in ("german", "plain"):
        db.psql("CREATE TABLE words (word text); INSERT INTO words VALUES ('Zug'), ('Ärger'), ('Arm')", name)
    before = db.psql(SORTED)
    manifest = db.backup()
    db.psql("DROP DATABASE german", "postgres")
    db.restore()
    assert db.psql(SORTED) == before
    assert db.psql("SELECT string_agg(word, ' ' ORDER BY word) FROM words", "german") == "Ärger Arm Zug"
    assert db.psql("SELECT string_agg(word, ' ' ORDER BY word) FROM words", "plain") == "Arm Zug Ärger"
    assert not [told for told in db.warnings if "sorted" in told]
    recorded = db.psql("SELECT datcollversion FROM pg_database WHERE datname = 'german'")
    alter(db, manifest, f'"collation_version":"{recorded}"', '"collation_version":"1.2"')
    db.restore()
    assert any("'german' was sorted by version 1.2 of its collation" in told for told in db.warnings)
    alter(db, manifest, '"provider":"icu"', '"ctype":"xx_YY.utf8","provider":"icu"')
    with pytest.raises(RestoreRefused, match=r"no locale 'xx_YY.utf8', which database 'german' needs"):
        db.restore()


def test_a_server_without_icu_is_refused_what_is_sorted_by_it(db: Database) -> None:
    db.start(NEW, DATA)
    db.psql(OTHER_SORTS, "postgres")
    db.backup()
    without = (
        "RUN printf '#!/bin/sh\\necho --without-icu\\n' >/usr/lib/postgresql/17/bin/pg_config; "
        "chmod 755 /usr/lib/postgresql/17/bin/pg_config"
    )
    with image_made(db, without) as image:
        db.write(COMPOSE.replace("volops-sample-postgres:{tag}", image).format(data=DATA))
        db.up()
        with pytest.raises(RestoreRefused, match="without ICU, by which database 'german' is sorted"):
            db.restore()


RESTORING = """
import sys
from volops.compose import ComposeOptions
from volops.operations.restore import restore
from volops.operations.restore_plan import plan_restore
from volops.source import look_around
from volops.workspace import open_workspace

workspace = open_workspace(ComposeOptions(files=(sys.argv[1],), project=sys.argv[2]))
around = look_around(workspace.engine, workspace.stack, "")
plan = plan_restore(workspace, around, workspace.catalog.find("latest"), ())
print("begun", flush=True)
restore(workspace, around, plan, lambda event: None)
"""
KILLS = 5


@pytest.mark.timeout(600)
def test_killed_at_any_instant_either_server_is_there_as_it_was(db: Database) -> None:
    """The delays are drawn anew each time; a failure names its own."""
    db.filled(NEW)
    new = db.state()
    db.backup()
    db.psql("INSERT INTO orders (note) VALUES ('later'); DROP TABLE lines")
    chance = random.Random()  # noqa: S311 - no secret depends on it
    for _ in range(KILLS):
        delay = chance.uniform(2, 10)
        argv = [sys.executable, "-c", RESTORING, str(db.directory / "compose.yaml"), db.name]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            process.stdout.readline()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(delay)
            process.kill()
        db.open()
        db.up()
        assert db.marked() or db.state() == new, f"killed after {delay} s"
        assert db.sh("db", f"ls -A {DATA}/.volops 2>/dev/null || true") in ("", "previous"), delay
    db.restore()
    assert db.state() == new


def test_a_volume_that_the_server_does_not_use_is_not_filled(db: Database) -> None:
    db.filled(NEW)
    db.backup()
    db.write(COMPOSE.format(tag=NEW, data="/srv/elsewhere"))
    db.compose("up", "--detach", "--wait")
    with pytest.raises(RestoreRefused, match="not on volume"):
        db.restore()


def test_a_dump_of_one_database_is_refused_with_the_way_to_load_it(db: Database) -> None:
    db.filled(NEW)
    dump = db.backup_database()
    db.psql("INSERT INTO orders (note) VALUES ('later')")
    with pytest.raises(RestoreRefused, match="needs the whole server") as refused:
        db.restore()
    assert refused.value.next_step == f"volops restore {dump.name} db"
    assert db.marked()
