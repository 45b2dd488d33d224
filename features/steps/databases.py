"""Steps about single databases and tables: what is printed for going on, and which databases there are."""

from __future__ import annotations

import re

from pytest_bdd import parsers, then, when

from features.world import postgres
from features.world.commands import Run
from features.world.project import Project
from volops.testing.report.records import Recorder

_SQL = re.compile(r"^(?:ALTER|SELECT|INSERT|DROP) .*;$", re.MULTILINE)


@when(parsers.parse('I run the "{command}" that it printed'), target_fixture="run")
def run_printed(command: str, run: Run, printed: dict[str, str], project: Project) -> Run:
    printed.update({line.partition(" --")[0]: line for line in re.findall(r"`(volops [^`]*)`", run.output)})
    line = next(line for line in printed.values() if line.startswith(command))
    return project.run(f"{line} --yes")


@when(parsers.parse('I run the SQL that it printed in "{database}"'))
def run_sql(database: str, run: Run, project: Project) -> None:
    statements = "\n".join(_SQL.findall(run.stdout))
    assert statements
    postgres.server_of(project, "db").query(statements, database)


@when(parsers.parse("the snapshot loses its last {count:d} bytes"))
def cut_short(count: int, project: Project) -> None:
    file = next(project.backups.glob("*.sql"))
    file.write_bytes(file.read_bytes()[:-count])


@then(parsers.parse('the database "{database}" has {count:d} entries now'))
def so_many_entries(database: str, count: int, project: Project) -> None:
    found = postgres.server_of(project, "db").value("SELECT count(*) FROM entry", database)
    assert found == str(count)


@then(parsers.parse('the server has no other database than "{name}"'))
def only_database(name: str, project: Project, recorder: Recorder) -> None:
    found = postgres.server_of(project, "db").databases
    recorder.table("databases", ["name"], [[each] for each in found])
    assert found == [name]
