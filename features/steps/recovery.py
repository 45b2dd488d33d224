"""Steps about data that comes back without volops, compared with what is live."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_bdd import parsers, then, when

from features.world import postgres, redis
from features.world.backup import names_in, newest, plain
from features.world.commands import Run
from features.world.engine import ROOT
from features.world.project import Project
from features.world.recovery import Recovered, load_dumps, snapshot_rows
from volops.testing.report.records import Recorder


@when("its SQL files are loaded with psql into an empty server", target_fixture="recovered")
def load_all(project: Project, recorder: Recorder) -> Recovered:
    (volume,) = newest(project).of_type("postgres")
    return load_dumps(project, newest(project), volume["key"], recorder)


@when(
    parsers.parse('the SQL files of "{key}" are loaded with psql into an empty server'),
    target_fixture="recovered",
)
def load_of(key: str, project: Project, recorder: Recorder) -> Recovered:
    return load_dumps(project, newest(project), key, recorder)


@then(parsers.parse('the databases "{names}" hold the same rows as the running ones'))
def same_as_running(names: str, project: Project, recovered: Recovered, recorder: Recorder) -> None:
    (volume,) = newest(project).of_type("postgres")
    same_as(names, volume["services"][0], project, recovered, recorder)


@then(parsers.parse('the databases "{names}" hold the same rows as those of "{service}"'))
def same_as(names: str, service: str, project: Project, recovered: Recovered, recorder: Recorder) -> None:
    live = postgres.server_of(project, service)
    assert sorted(recovered.tables) == names_in(names)
    for database in names_in(names):
        running = live.contents(database)
        rows = [
            [table, count, recovered.tables[database].get(table, ("none", ""))[0], digest]
            for table, (count, digest) in running.items()
        ]
        recorder.table(f"rows of {database}", ["table", "running", "from the backup", "digest"], rows)
        assert recovered.tables[database] == running


@then("the manifest gives the number of rows in each of their tables")
def manifest_rows(project: Project, recovered: Recovered) -> None:
    said = newest(project).volume(recovered.key)["facts"]["databases"]
    for database, tables in recovered.tables.items():
        counted = {table: count for table, (count, _) in tables.items() if " view " not in table}
        assert said[database]["rows"] == counted


@then(parsers.parse('the roles "{names}" are there'))
def roles(names: str, recovered: Recovered) -> None:
    assert recovered.roles == names_in(names)


@then("the next user gets an id that nobody had")
def next_user(recovered: Recovered) -> None:
    assert recovered.next_user > recovered.last_user > 0


@then(parsers.parse('the table "{table}" of the snapshot has as many rows as the running one'))
def snapshot_as_running(table: str, project: Project) -> None:
    database = "analytics" if "page_views" in table else "backend_db"
    live = postgres.server_of(project, "db").value("SELECT count(*) FROM :table", database, table=table)
    assert snapshot_rows(project, table) == int(live) > 0


@then(parsers.parse('the table "{table}" of the snapshot has {count:d} rows'))
def snapshot_count(table: str, count: int, project: Project) -> None:
    assert snapshot_rows(project, table) == count


@then("the snapshot is plain SQL that ends as a complete dump does")
def complete_sql(project: Project) -> None:
    text = next(project.backups.glob("*.sql")).read_text("utf-8")
    assert "-- PostgreSQL database dump complete" in text[-300:]


@when("a Redis server is started with the saved file", target_fixture="keys")
def start_redis(project: Project, home: Path) -> dict[int, dict[str, str]]:
    backup = newest(project)
    (volume,) = backup.of_type("redis")
    (file,) = backup.files(volume["key"], ".rdb")
    copy = home / "dump.rdb"
    copy.write_bytes(plain(file))
    copy.chmod(0o644)
    with redis.server_with(project, "volops-sample-redis:1", copy) as server:
        return server.databases


@then("it holds the same keys and values as the running one")
def same_keys(keys: dict[int, dict[str, str]], project: Project, recorder: Recorder) -> None:
    live = redis.server_of(project, "cache").databases
    counts = [[number, len(live[number]), len(keys.get(number, {}))] for number in live]
    recorder.table("keys", ["database", "running", "from the backup"], counts)
    for number, held in live.items():
        differing = sorted(held.items() ^ keys.get(number, {}).items())
        recorder.table(f"differing keys of database {number}", ["key", "kind and digest"], differing)
    assert sum(map(len, live.values())) > 200
    assert keys == live


@then("the manifest gives the number of keys in each Redis database")
def manifest_keys(keys: dict[int, dict[str, str]], project: Project) -> None:
    (volume,) = newest(project).of_type("redis")
    assert volume["facts"]["keys"] == sum(map(len, keys.values()))


@when(parsers.parse('I run the commands of "{document}" under "{heading}"'), target_fixture="run")
def run_manual(document: str, heading: str, project: Project) -> Run:
    """As printed, one after the other in one shell that ends at the first error; names are of this stack."""
    text = (ROOT / document).read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    script = "\n".join(re.findall(r"^```bash\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    assert script, f"{document} has no commands under {heading!r}"
    backup = newest(project).name
    script = script.replace("full_backup_20251025_143022", backup)
    for dump in project.backups.glob("db_backup_*.sql"):
        script = script.replace("db_backup_20251025_160000.sql", dump.name)
    for name, value in re.findall(r"^(\w+)=app-([\w-]+)$", script, re.MULTILINE):
        script = script.replace(f"{name}=app-{value}", f"{name}={project.volume(value)}")
    assert "20251025" not in script
    assert "app-" not in script
    (project.directory / "recover.sh").write_text(f"set -eu -o pipefail\n{script}")
    return project.run("bash recover.sh")
