"""One table of a backup comes beside the live one, and nothing else changes."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator

import pytest

from tests.plugins.databases import Shop
from volops.cli.output import plain
from volops.errors import InvalidUse, RestoreFailed, RestoreRefused
from volops.model import TableCopied

MORE = r"""
CREATE TABLE "Odd ""Table" (
    "select" int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, amount numeric CHECK (amount > 0) DEFAULT 1,
    twice numeric GENERATED ALWAYS AS (amount * 2) STORED, people int REFERENCES app.people
);
INSERT INTO "Odd ""Table" (amount, people) SELECT n, 1 FROM generate_series(1, 40) n;
COMMENT ON COLUMN "Odd ""Table".amount IS 'in cents';
CREATE TRIGGER same BEFORE UPDATE ON "Odd ""Table" FOR EACH ROW
EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TABLE visits (day date NOT NULL, who text, PRIMARY KEY (day, who)) PARTITION BY RANGE (day);
CREATE TABLE visits_2024 PARTITION OF visits FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE visits_2025 PARTITION OF visits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO visits SELECT date '2024-12-01' + n, E'a\tb\\' || n FROM generate_series(1, 60) n;
GRANT UPDATE (note) ON orders TO clerk;
ALTER TABLE orders OWNER TO clerk;
CREATE TABLE keyless (a int, b text);
INSERT INTO keyless VALUES (1, 'one'), (2, NULL), (2, NULL);
CREATE TABLE nullable (LIKE keyless);
INSERT INTO nullable TABLE keyless;
CREATE UNIQUE INDEX ON nullable (b);
CREATE TABLE documents (body json);
INSERT INTO documents VALUES ('{"a": 1}'), ('{"a": 1}');
CREATE TABLE u&"odd\005C\0009'table" (id serial PRIMARY KEY, u&"two\000Alines \005C ""quoted"" so" text);
INSERT INTO u&"odd\005C\0009'table" (u&"two\000Alines \005C ""quoted"" so") VALUES ('x'), ('y');
"""
ODD = r"""u&"odd\005C\0009'table" """
SAME = "SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {} t"
ROWS = "(SELECT id, note FROM {})"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Backed up once, with all its tables."""
    project = Shop(tmp_path_factory.mktemp("shop"), f"tbr-{uuid.uuid4().hex[:8]}")
    try:
        project.start()
        project.psql(MORE)
        project.backup()
        yield project
    finally:
        project.gone()


@pytest.fixture
def shop(servers: Shop) -> Shop:
    """The live database is as it was backed up."""
    servers.fill()
    servers.psql(MORE)
    servers.warnings.clear()
    return servers


def untouched(shop: Shop) -> list[str]:
    """What is in the live database, and since when its containers run."""
    tables = shop.psql(
        "SELECT oid::regclass FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace >= 2200"
    )
    counts = [f"{table} {shop.psql(SAME.format(table))}" for table in sorted(tables.splitlines())]
    return [
        *counts,
        shop.compose("ps", "--format", "{{.ID}}"),
        shop.psql("SELECT pg_postmaster_start_time()"),
    ]


def test_a_table_comes_beside_the_live_one_with_its_rows_and_rights(shop: Shop) -> None:
    good = shop.psql(SAME.format(ROWS.format("orders")))
    shop.psql("UPDATE orders SET note = 'spoilt'; DELETE FROM orders WHERE id > 1000")
    spoilt = shop.psql(SAME.format(ROWS.format("orders")))
    copied = shop.table("public.orders")
    assert (copied.name, copied.rows) == ("public.orders_restored", 5000)
    assert shop.psql(SAME.format(ROWS.format("orders_restored"))) == good
    assert shop.psql(SAME.format(ROWS.format("orders"))) == spoilt
    rights = "SELECT relowner::regrole, relacl::text FROM pg_class WHERE relname = '{}'"
    assert shop.psql(rights.format("orders_restored")) == shop.psql(rights.format("orders"))
    column = "SELECT attacl FROM pg_attribute WHERE attrelid = '{}'::regclass AND attname = 'note'"
    assert shop.psql(column.format("orders_restored")) == shop.psql(column.format("orders"))
    indexes = shop.psql("SELECT indexname FROM pg_indexes WHERE tablename = 'orders_restored' ORDER BY 1")
    assert indexes.splitlines() == ["orders_restored_note_idx", "orders_restored_pkey"]
    defaults = "SELECT column_default FROM information_schema.columns WHERE table_name = 'orders_restored'"
    assert shop.psql(f"{defaults} AND column_name = 'id'") == ""
    assert shop.psql(f"{defaults} AND column_name = 'at'") == "now()"
    shop.psql("\n".join(copied.statements))
    assert shop.psql("SELECT count(*) FROM orders") == "5000"
    assert shop.psql("SELECT count(*) FROM orders WHERE note = 'spoilt'") == "1000"
    assert shop.psql("SELECT to_regclass('orders_restored') IS NULL") == "t"


def test_a_dropped_table_is_there_again_by_the_sql_that_is_given(shop: Shop) -> None:
    good = shop.psql(SAME.format(ROWS.format("orders")))
    shop.psql("DROP TABLE orders CASCADE")
    copied = shop.table("orders")
    shop.psql("\n".join(copied.statements))
    assert shop.psql(SAME.format(ROWS.format("orders"))) == good
    assert shop.psql("INSERT INTO orders (note) VALUES ('new') RETURNING id") == "5001"


def test_names_generated_and_identity_columns(shop: Shop) -> None:
    good = shop.psql(SAME.format('"Odd ""Table"'))
    shop.psql('DELETE FROM "Odd ""Table" WHERE "select" > 3')
    copied = shop.table('public."Odd ""Table"', 'Copy of "it"')
    assert copied.name == 'public."Copy of ""it"""'
    assert shop.psql(SAME.format('"Copy of ""it"""')) == good
    described = shop.psql(
        "SELECT attname, attidentity, attgenerated, col_description(attrelid, attnum) FROM pg_attribute"
        ' WHERE attrelid = \'"Copy of ""it"""\'::regclass AND attnum > 0 ORDER BY attnum'
    )
    assert described.splitlines() == ["select|||", "amount|||in cents", "twice||s|", "people|||"]
    constraints = (
        'SELECT contype FROM pg_constraint WHERE conrelid = \'"Copy of ""it"""\'::regclass ORDER BY 1'
    )
    assert set(shop.psql(constraints).split()) - {"n"} == {"c", "p"}
    assert shop.psql('SELECT count(*) FROM pg_trigger WHERE tgrelid = \'"Copy of ""it"""\'::regclass') == "0"
    shop.psql("\n".join(copied.statements))
    assert shop.psql(SAME.format('"Odd ""Table"')) == good


def as_printed(copied: TableCopied) -> str:
    return "\n".join(plain(statement) for statement in copied.statements)


@pytest.mark.parametrize("table", ["keyless", "nullable"])
def test_rows_without_a_key_are_not_doubled(shop: Shop, table: str) -> None:
    good = shop.psql(SAME.format(table))
    printed = as_printed(shop.table(table))
    assert "no unique key" in printed
    shop.psql(printed)
    assert shop.psql(SAME.format(table)) == good
    shop.psql(f"DELETE FROM {table} WHERE ctid = (SELECT max(ctid) FROM {table})")  # noqa: S608
    shop.psql(f"INSERT INTO {table} VALUES (3, 'later')")  # noqa: S608
    printed = as_printed(shop.table(table))
    shop.psql(printed)
    shop.psql(f"DELETE FROM {table} WHERE a = 3")  # noqa: S608
    assert shop.psql(SAME.format(table)) == good


def test_rows_that_cannot_be_compared_are_put_back_by_whoever_decides_so(shop: Shop) -> None:
    good = shop.psql(SAME.format("documents"))
    printed = as_printed(shop.table("documents"))
    assert "no unique key" in printed
    shop.psql(printed)
    assert shop.psql(SAME.format("documents")) == good
    shop.psql("""INSERT INTO documents VALUES ('{"b": 2}')""")
    shop.psql("\n".join(line.removeprefix("-- ") for line in printed.splitlines()[1:]))
    assert shop.psql(SAME.format("documents")) == good
    assert shop.psql("SELECT to_regclass('documents_restored') IS NULL") == "t"


def test_whether_there_is_a_key_the_live_table_decides(shop: Shop) -> None:
    shop.psql("ALTER TABLE visits DROP CONSTRAINT visits_pkey; DELETE FROM visits WHERE day = '2024-12-05'")
    shop.psql(as_printed(shop.table("visits")))
    assert shop.psql("SELECT count(*) FROM visits") == "60"


def test_names_that_need_more_than_a_line(shop: Shop) -> None:
    good = shop.psql(SAME.format(ODD))
    shop.psql(f"DELETE FROM {ODD} WHERE id = 1")  # noqa: S608
    name = "odd\\\t'table"
    shop.psql(as_printed(shop.table(f'public."{name}"')))
    assert shop.psql(SAME.format(ODD)) == good
    shop.psql(f"DROP TABLE {ODD}")
    shop.psql(as_printed(shop.table(f'public."{name}"')))
    assert shop.psql(SAME.format(ODD)) == good
    assert shop.psql(f"INSERT INTO {ODD} DEFAULT VALUES RETURNING id") == "3"  # noqa: S608


def test_a_partitioned_table_comes_as_a_plain_one(shop: Shop) -> None:
    good = shop.psql(SAME.format("visits"))
    shop.psql("DROP TABLE visits_2024")
    assert shop.table("visits").rows == 60
    assert shop.psql(SAME.format("visits_restored")) == good
    assert shop.psql("SELECT relkind FROM pg_class WHERE relname = 'visits_restored'") == "r"


def test_an_unknown_table_names_the_nearest(shop: Shop) -> None:
    with pytest.raises(InvalidUse, match=r"no table 'public\.order'") as error:
        shop.table("public.order")
    assert "public.orders" in error.value.next_step
    with pytest.raises(InvalidUse, match=r"no table 'other\.orders'"):
        shop.table("other.orders")


def test_a_copy_that_is_there_already_is_not_touched(shop: Shop) -> None:
    shop.psql("CREATE TABLE orders_restored AS SELECT 1 AS one")
    with pytest.raises(RestoreRefused, match="is there already") as refused:
        shop.table("orders")
    assert shop.psql("SELECT one FROM orders_restored") == "1"
    shop.psql(refused.value.next_step.partition("or: ")[2])
    shop.table("orders")


def test_a_type_that_is_missing_leaves_the_live_database_as_it_was(shop: Shop) -> None:
    shop.psql("DROP TYPE app.mood CASCADE")
    before = untouched(shop)
    with pytest.raises(RestoreFailed, match=r'type "app\.mood" does not exist'):
        shop.table("app.people")
    assert untouched(shop) == before


def test_a_schema_that_is_missing_is_named(shop: Shop) -> None:
    shop.psql("DROP SCHEMA app CASCADE")
    with pytest.raises(RestoreRefused, match="no schema 'app'"):
        shop.table("people")


def test_rows_that_are_not_as_recorded_are_not_copied(shop: Shop) -> None:
    manifest = next((shop.directory / "backups").glob("full_backup_*/manifest.json"))
    good = manifest.read_bytes()
    try:
        with shop._workspace() as workspace:
            entry = workspace.catalog.find("latest")
            assert entry.manifest is not None
            shop.lie(entry.manifest, '"public.orders":', 4999)
        before = untouched(shop)
        with pytest.raises(RestoreFailed, match="5000 rows in the backup, had 4999"):
            shop.table("orders")
        assert untouched(shop) == before
    finally:
        manifest.write_bytes(good)


def test_out_of_a_dump_of_one_database_and_nothing_is_left_behind(shop: Shop) -> None:
    dump = shop.dump()
    before = untouched(shop)
    try:
        assert shop.table("lines", reference=dump.name).rows == 300
    finally:
        dump.unlink()
        dump.with_suffix(".manifest.json").unlink()
    shop.psql("DROP TABLE lines_restored")
    assert untouched(shop) == before
    volume = f"{shop.name}_db"
    listed = ["docker", "run", "--rm", "-v", f"{volume}:/v", "debian:trixie-slim", "ls", "-A", "/v"]
    assert ".volops" not in subprocess.run(listed, capture_output=True, text=True, check=True).stdout
    helpers = ["docker", "ps", "-q", "--filter", "label=volops.helper", "--filter", f"volume={volume}"]
    assert subprocess.run(helpers, capture_output=True, text=True, check=True).stdout == ""
    assert not (shop.directory / "backups" / ".volops" / "restore.json").exists()
