"""A PostgreSQL server whose databases are restored one by one, and a service that relies on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tests.plugins.restoring import Restorable
from volops.model import TableCopied
from volops.operations.backup_database import backup_database
from volops.operations.dumps import dump_of, dump_within
from volops.operations.kept_databases import commit_database, kept_database, rollback_database
from volops.operations.restore_database import DatabaseRestored, restore_database
from volops.operations.restore_table import plan_table, restore_table
from volops.source import look_around

COMPOSE = """
name: {project}
x-service: &service
  image: volops-sample-postgres:{tag}
  stop_grace_period: 2s
services:
  db:
    <<: *service
    environment: {{POSTGRES_PASSWORD: very secret, POSTGRES_USER: boss, POSTGRES_DB: shop}}
    volumes: ["db:/var/lib/postgresql/data"]
    healthcheck: &often
      test: ["CMD-SHELL", "psql -h 127.0.0.1 -U boss -d postgres -c 'SELECT 1'"]
      start_period: 60s
      start_interval: 250ms
      interval: 1s
      retries: 2
  # Well as long as it can read the orders.
  reader:
    <<: *service
    entrypoint: [sleep, infinity]
    init: true
    depends_on: [db]
    environment: {{PGPASSWORD: very secret, PGHOST: db, PGUSER: boss, PGDATABASE: shop}}
    healthcheck:
      <<: *often
      test: ["CMD-SHELL", "psql -c 'SELECT count(*) FROM orders'"]
volumes:
  db: {{}}
x-volops:
  backups: ./backups
"""
NEW, OLD = "1", "1-bookworm"
SHOP = r"""
CREATE ROLE clerk LOGIN PASSWORD 'clerk pass';
CREATE ROLE "Reader-Group" NOLOGIN;
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
COMMENT ON EXTENSION pgcrypto IS 'for digests';
SELECT lo_from_bytea(4711, 'large'), lo_from_bytea(4712, 'object');
CREATE FUNCTION trap() RETURNS text LANGUAGE sql AS $$SELECT '
\connect nowhere
-- Name: x; Type: TABLE; Schema: -
CREATE OR REPLACE VIEW nothing AS SELECT 1;
'::text$$;
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('good', 'bad');
CREATE TABLE app.people (id int PRIMARY KEY, name text, mood app.mood);
INSERT INTO app.people VALUES (1, 'Zoë', 'good');
-- It relies on the primary key, which comes later: pg_dump --clean makes a dummy of it.
CREATE VIEW app.grouped AS
SELECT p.*, count(*) AS n FROM app.people p JOIN orders o ON o.id = p.id GROUP BY p.id;
ALTER DATABASE shop SET work_mem = '7MB';
ALTER DATABASE shop SET search_path = "$user", public, 'app';
ALTER DATABASE shop SET default_transaction_read_only = 'off';
ALTER ROLE clerk IN DATABASE shop SET statement_timeout = '5min';
ALTER DATABASE shop CONNECTION LIMIT 90;
COMMENT ON DATABASE shop IS 'the shop''s';
REVOKE ALL ON DATABASE shop FROM PUBLIC;
GRANT CONNECT ON DATABASE shop TO clerk WITH GRANT OPTION;
"""
CLEAN = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname NOT IN ('postgres', 'template1');
SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database
WHERE datname !~ '^(postgres|template.)$'
\\gexec
SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname !~ '^(pg_.*|boss)$'
\\gexec
CREATE DATABASE shop;
"""
PROPERTIES = """
SELECT datdba::regrole, pg_encoding_to_char(encoding), datcollate, datctype, datconnlimit, datacl::text,
       shobj_description(d.oid, 'pg_database'),
       (SELECT string_agg(setrole::text || setconfig::text, ' ' ORDER BY setrole) FROM pg_db_role_setting
        WHERE setdatabase = d.oid)
FROM pg_database d WHERE datname = 'NAME'
"""
CONTENTS = (
    "SELECT count(*), md5(string_agg(o::text, ',' ORDER BY id)) FROM public.orders o",
    "SELECT count(*), md5(string_agg(l::text, ',' ORDER BY id)) FROM public.lines l",
    "SELECT last_value FROM public.orders_id_seq UNION ALL SELECT last_value FROM public.countdown",
    "SELECT loid, data FROM pg_largeobject ORDER BY 1",
    "SELECT relname, relacl::text, relowner::regrole FROM pg_class"
    " WHERE relnamespace IN ('public'::regnamespace, 'app'::regnamespace) ORDER BY 1",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "SELECT conname, convalidated FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1",
    "SELECT public.trap(), * FROM app.grouped",
    "SELECT extname, extversion, obj_description(oid, 'pg_extension') FROM pg_extension ORDER BY 1",
)


@dataclass
class Shop(Restorable):
    """The project; `shop` is its main database."""

    directory: Path
    name: str = ""
    told: list[str] = field(default_factory=list)

    def start(self, tag: str = NEW) -> None:
        """Servers of that image run, and are healthy."""
        self.write(COMPOSE.format(project=self.name, tag=tag))
        self.compose("up", "--detach", "--wait", "db")
        self.fill()
        self.compose("up", "--detach", "--wait")

    def fill(self) -> None:
        """Only the sample database is there, as at first."""
        self.psql(CLEAN, "postgres")
        self.psql(SHOP)

    def psql(self, statements: str, database: str = "shop", user: str = "boss", *, check: bool = True) -> str:
        """What psql prints, unaligned, in the server's container."""
        words = ["exec", "-T", "db", "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", user]
        return self.compose(*words, "-d", database, input=statements, check=check)

    def contents(self, database: str = "shop") -> list[str]:
        """All that a restored database must hold again."""
        return [self.psql(query, database) for query in CONTENTS]

    def properties(self, database: str = "shop") -> str:
        """What belongs to a database beside its contents."""
        return self.psql(PROPERTIES.replace("NAME", database), "postgres").replace(database, "NAME")

    def databases(self) -> list[str]:
        """Names of the databases that somebody made."""
        query = "SELECT datname FROM pg_database WHERE datname !~ '^(postgres|template.)$' ORDER BY 1"
        return self.psql(query, "postgres").splitlines()

    def kept(self, database: str = "shop") -> list[str]:
        """Names of the databases that are kept of that one."""
        return [name for name in self.databases() if name.startswith(f"{database}_before_")]

    def spoil(self) -> None:
        """Rows are changed, added, deleted with their table, and the time from before is gone."""
        self.psql(
            "DROP TABLE public.lines; UPDATE public.orders SET note = 'changed' WHERE id < 9;"
            "INSERT INTO public.orders (note) VALUES ('later');"
        )

    def spoilt(self, database: str = "shop") -> bool:
        """Whether that is what is live."""
        return self.psql("SELECT count(*) FROM public.orders WHERE note = 'later'", database) == "1"

    def dump(self, database: str | None = None) -> Path:
        """`volops backup-db`."""
        with self._workspace() as workspace:
            return Path(backup_database(workspace, None, database, self._hear))

    def put_back(
        self, reference: str, database: str | None = None, *, patience: float = 30
    ) -> DatabaseRestored:
        """`volops restore REFERENCE --database DATABASE`."""
        with self._workspace() as workspace:
            around = look_around(workspace.engine, workspace.stack, "")
            entry = workspace.catalog.find(reference)
            dump = dump_of(workspace.catalog, entry, None, database)
            assert dump is not None
            return restore_database(workspace, around, dump, None, database, self._hear, patience=patience)

    def turn_back(self, database: str = "shop") -> None:
        """`volops rollback --database DATABASE`."""
        with self._workspace() as workspace:
            around = look_around(workspace.engine, workspace.stack, "")
            rollback_database(
                workspace, around, kept_database(workspace, around, None, database), patience=30
            )

    def let_go(self, database: str = "shop") -> int:
        """`volops commit --database DATABASE`."""
        with self._workspace() as workspace:
            around = look_around(workspace.engine, workspace.stack, "")
            return commit_database(workspace, around, kept_database(workspace, around, None, database))

    def table(
        self, table: str, copy: str | None = None, reference: str = "latest", database: str | None = None
    ) -> TableCopied:
        """`volops restore REFERENCE --table TABLE --as COPY --database DATABASE`."""
        with self._workspace() as workspace:
            around = look_around(workspace.engine, workspace.stack, "")
            dump = dump_within(workspace.catalog, workspace.catalog.find(reference), None, database)
            plan = plan_table(workspace, around, dump, None, table, copy)
            return restore_table(workspace, around, plan, self._hear).copied
