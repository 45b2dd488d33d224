"""Steps about the command itself: what is typed, what it says, and how it ends."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

from pytest_bdd import given, parsers, then, when

from features.world.backup import Backup, backups_of, leftovers, only_backup, written_so_far
from features.world.commands import Background, Run
from features.world.project import Project
from features.world.waiting import wait_for
from volops.testing.report.records import Recorder

_ESCAPE = "\x1b"
_CONTROL = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")
_QUOTED = re.compile(r'"([^"]*)"')


@given("a backup of it", target_fixture="backup")
def backed_up(project: Project) -> Backup:
    run = project.run("volops backup")
    assert run.code == 0, run.output
    return only_backup(project)


@given("a Docker configuration of my own")
def docker_configuration(project: Project) -> None:
    project.variables["DOCKER_CONFIG"] = str(project.directory.parent / "docker-config")


@when(parsers.re(r'I run "(?P<line>[^"]*)"$'), target_fixture="run")
def run_line(line: str, project: Project) -> Run:
    return project.run(line)


@when(parsers.parse('I run "{line}" with the snapshot'), target_fixture="run")
def run_with_snapshot(line: str, project: Project) -> Run:
    return project.run(f"{line} {next(project.backups.glob('*.sql')).name}")


@when("I run the document's command with that file", target_fixture="run")
def run_documented(docstring: str, project: Project) -> Run:
    file = next(project.backups.glob("db_backup_*.sql")).name
    return project.run(re.sub(r"db_backup_\d+_\d+\.sql", file, docstring))


@when(parsers.parse('I run "{line}" on a terminal'), target_fixture="run")
def run_on_terminal(line: str, project: Project) -> Run:
    return project.run(f"TERM=xterm-256color script --quiet --return --command {shlex.quote(line)} /dev/null")


@when(parsers.parse('I run "{line}" meanwhile'), target_fixture="second")
def run_meanwhile(line: str, project: Project) -> Run:
    return project.run(line)


@then("it succeeds")
def succeeds(run: Run) -> None:
    assert run.code == 0, f"exit code {run.code}: {run.output[-1500:]}"


@then(parsers.parse("it ends with exit code {code:d}"))
def ends_with(code: int, run: Run) -> None:
    assert run.code == code, f"exit code {run.code}, not {code}: {run.output[-1500:]}"


@then(parsers.parse("the second run ends with exit code {code:d}"))
def second_ends_with(code: int, second: Run) -> None:
    assert second.code == code, f"exit code {second.code}, not {code}: {second.output[-1500:]}"


@then("the second run names the process of the first")
def names_process(second: Run, job: Background) -> None:
    assert str(job.pid) in second.output


@then("the first run goes on and succeeds", target_fixture="run")
def first_goes_on(job: Background, recorder: Recorder) -> Run:
    job.proceed()
    run = job.finish()
    recorder.show(run.exhibit())
    assert run.code == 0, run.output
    return run


@then(parsers.re(r'it (?P<negation>does not say|says) (?P<wanted>(in one line )?"[^"]*"( and "[^"]*")*)$'))
def says(negation: str, wanted: str, run: Run) -> None:
    for text in _QUOTED.findall(wanted):
        assert (text in run.output) == (negation == "says"), f"{text!r} in: {run.output[-1500:]}"
    if wanted.startswith("in one line"):
        lines = run.output.strip().splitlines()
        assert len(lines) == 1, run.output
        assert lines[0].startswith("volops: error: ")


@then("it says nothing at all")
def says_nothing(run: Run) -> None:
    assert run.output == ""


@then('its last line says "complete", a size, a time, and where the backup is')
def closing_line(run: Run, project: Project) -> None:
    last = run.stdout.splitlines()[-1]
    where = f"./backups/{only_backup(project).name}"
    assert re.search(r"complete: .*\d+(\.\d+)? [kMG]?B.* in \d+(\.\d+)? (ms|s)\b", last), last
    assert last.endswith(where), last


@then("it holds no escape sequences and no carriage returns")
def plain_lines(run: Run) -> None:
    assert _ESCAPE not in run.output
    assert "\r" not in run.output


@then("it holds escape sequences")
def colourful(run: Run) -> None:
    assert _ESCAPE in run.output


@then("a bar showed how much of how much, how fast, and the time left")
def bar_shown(run: Run, recorder: Recorder) -> None:
    shown = re.search(
        r"━+ +[1-9][\d.]*/[1-9][\d.]* MB +[1-9][\d.]* [MG]B/s +0:00:\d\d left", _CONTROL.sub("", run.output)
    )
    assert shown, run.output[-1500:]
    recorder.table("the bar, once", ["shown"], [[shown[0]]])


@then(parsers.parse('its standard output is one JSON object with "{key}"'))
def one_object(key: str, run: Run) -> None:
    assert key in _json(run)


@then(parsers.parse('the JSON says when "{key}" was last backed up'))
def dated(key: str, run: Run) -> None:
    assert re.match(r"\d{4}-\d\d-\d\dT", _listed(run, key)["last_good"])


@then(parsers.parse('the JSON says that "{key}" never was'))
def undated(key: str, run: Run) -> None:
    assert _listed(run, key)["last_good"] is None


def _json(run: Run) -> dict[str, Any]:
    document = json.loads(run.stdout)
    assert isinstance(document, dict)
    return document


def _listed(run: Run, key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in _json(run)["volumes"] if one["volume"] == key)
    return found


@then("it lists these volumes")
def lists_volumes(datatable: list[list[str]], run: Run) -> None:
    lines = run.stdout.splitlines()
    for words in datatable:
        assert any(all(word in re.split(r"\s+|/", line) for word in words) for line in lines), (
            f"no line with {words}:\n{run.stdout}"
        )


@then(parsers.parse('it lists "{names}" as ok'))
def lists_plugins(names: str, run: Run) -> None:
    listed = [line.split() for line in run.stdout.splitlines()]
    for name in names.split(", "):
        assert any(words[0] == name and words[-1] == "ok" for words in listed), f"{name} in:\n{run.stdout}"


@then("nothing is left behind")
def nothing_left(project: Project, recorder: Recorder) -> None:
    wait_for(lambda: not project.helpers, "all helper containers to be gone", seconds=5)
    now = project.snapshot()
    recorder.table(
        "after the run: containers, then volumes",
        ["name", "state"],
        [[one[1], f"{one[2]} {one[3]}"] for one in now.containers.values()]
        + [[name, f"made {made}"] for name, made in sorted(now.volumes.items())],
    )
    assert leftovers(project) == []
    assert now.containers.keys() == project.before.containers.keys()
    assert now.volumes == project.before.volumes
    assert not any(one[2] == "paused" for one in now.containers.values())


@then("no unfinished backup is left")
def nothing_unfinished(project: Project) -> None:
    assert written_so_far(project) == 0
    assert project.helpers == []


@then("there is no backup")
def no_backup(project: Project) -> None:
    names = [path.name for path in project.backups.glob("*")]
    assert [name for name in names if not name.startswith(".")] == []


@then(parsers.parse("there are {count:d} backups"))
def so_many_backups(count: int, project: Project) -> None:
    assert len(backups_of(project)) == count
