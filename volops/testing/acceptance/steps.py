"""The steps of the scenarios for any stack."""

from __future__ import annotations

import json
import secrets
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd import given, parsers, then, when

from volops.testing.acceptance.bystanders import Bystanders
from volops.testing.gate import Planted, StackCopy, StackNotWell, find, kept_files, plant, plantable
from volops.testing.gate.engine_commands import Said
from volops.testing.report.plugin import FeatureReport
from volops.testing.report.records import Recorder

_LOSING = ("--volumes", "clean-all")


@dataclass
class Judged:
    """What a scenario knows of the copy: the keys of the volumes it is about, how all its volumes were, and
    what the last command said."""

    copy: StackCopy
    token: str
    keys: Sequence[str]
    before: dict[str, str] = field(default_factory=dict)
    said: Said = field(default_factory=lambda: Said("nothing"))


@pytest.fixture(scope="session")
def volops_recorder(request: pytest.FixtureRequest) -> Recorder:
    """Where evidence goes."""
    report = request.config.pluginmanager.get_plugin("volops-feature-report")
    assert isinstance(report, FeatureReport)
    return report.recorder


@pytest.fixture
def others(volops_stack: StackCopy) -> Iterator[Bystanders]:
    """What belongs to others, of which the names are almost those of the copy; gone after the scenario."""
    bystanders = Bystanders(volops_stack, secrets.token_hex(4))
    try:
        yield bystanders
    finally:
        bystanders.remove()


@pytest.fixture(scope="session")
def volops_asked(volops_stack: StackCopy) -> tuple[list[str], dict[str, str]]:
    """Keys of the volumes that the scenarios are about; the others, each with the reason."""
    asked, others = plantable(volops_stack.open())
    return [given.volume.key for given in asked], others


@given("a copy of the stack, running, with a datum planted in every volume", target_fixture="judged")
def running(
    volops_stack: StackCopy,
    volops_token: str,
    volops_asked: tuple[list[str], dict[str, str]],
    volops_recorder: Recorder,
) -> Judged:
    """What an earlier scenario took away comes back first."""
    _settle(volops_stack, start=True)
    found = find(volops_stack, volops_token)
    if not all(one.found for one in found):
        found = plant(volops_stack, volops_token)
    _show(volops_recorder, "planted", found)
    keys, others = volops_asked
    if others:
        volops_recorder.table("not asked about", ["volume", "why"], sorted(others.items()))
    assert found, "this stack has no volume that could lose anything"
    _require(found)
    before = volops_stack.volumes()
    volops_recorder.table("volumes before", ["volume", "made"], sorted(before.items()))
    return Judged(volops_stack, volops_token, keys, before)


@given("a backup of it")
def a_backup(judged: Judged) -> None:
    """One that is there is as good as a new one: what is planted is in every one."""
    if not judged.copy.backup_names():
        backed_up(judged)
        _succeeds(judged)


@given("containers, volumes and networks of others, called almost the same")
def with_others(others: Bystanders, volops_recorder: Recorder) -> None:
    others.make()
    volops_recorder.table(
        "of others", ["what", "when it was made or started"], sorted(others.state().items())
    )


@when(parsers.re(r'I run "(?P<commands>[^"]*)"$'))
def command(commands: str, judged: Judged) -> None:
    for line in commands.split(" && "):
        program, *verb = shlex.split(line)
        judged.said = judged.copy.volops(*verb) if program == "volops" else judged.copy.compose(*verb[1:])
        if judged.said.code != 0:
            return
    if any(word in commands for word in _LOSING):
        judged.copy.lose_binds()


@when(parsers.re(r'I run "volops (?P<verb>[^"]*)" and type "(?P<line>[^"]*)"$'))
def typed(verb: str, line: str, judged: Judged) -> None:
    judged.said = judged.copy.volops(*shlex.split(verb), typed=line)
    if judged.said.code == 0 and any(word in verb for word in _LOSING):
        judged.copy.lose_binds()


@when("every container is killed")
def killed(judged: Judged) -> None:
    judged.copy.crash()


@when("it is backed up")
def backed_up(judged: Judged) -> None:
    """Directories of the host are backed up when they are named, and then nothing else is."""
    keys = judged.keys
    binds = [key for key in keys if Path(key).is_absolute()]
    runs = [["--all"]] if len(binds) < len(keys) else []
    for what in [*runs, binds] if binds else runs:
        judged.said = judged.copy.volops("backup", *what)
        if judged.said.code != 0:
            return


@when("the backup is restored where nobody looks")
def rehearsed(judged: Judged) -> None:
    _each_backup(judged, "verify", "--restore")


@when("it is restored")
def restored(judged: Judged) -> None:
    _each_backup(judged, "restore", "--yes")


@then("it succeeds")
def _succeeds(judged: Judged) -> None:
    assert judged.said.code == 0, f"`{judged.said.line}` ended with {judged.said.code}:\n{judged.said.output}"


@then(parsers.parse("it ends with exit code {code:d}"))
def ends_with(code: int, judged: Judged) -> None:
    assert judged.said.code == code, judged.said.output


@then(parsers.parse('it says "{text}"'))
def says(text: str, judged: Judged) -> None:
    assert text in judged.said.output, judged.said.output


@then("every service is well")
def well(judged: Judged, volops_recorder: Recorder) -> None:
    assert judged.said.code == 0, f"`{judged.said.line}` ended with {judged.said.code}:\n{judged.said.output}"
    states = _settle(judged.copy, start=False)
    volops_recorder.table("services", ["service", "state"], states)


@then("the datum in every volume is found")
def found(judged: Judged, volops_recorder: Recorder) -> None:
    looked = find(judged.copy, judged.token)
    _show(volops_recorder, "looked for", looked)
    _require(looked)


@then("the datum in every volume of files is found")
def files_found(judged: Judged, volops_recorder: Recorder) -> None:
    """Of files that nobody can make again, as uploads are."""
    files = set(kept_files(judged.copy.original))
    looked = [one for one in find(judged.copy, judged.token) if one.volume in files]
    _show(volops_recorder, "looked for", looked)
    assert looked
    _require(looked)


@then("every volume is the same as before")
def same_volumes(judged: Judged, volops_recorder: Recorder) -> None:
    """Those that have a name: a volume without one ends with its container."""
    named = {name: made for name, made in judged.before.items() if name.startswith(judged.copy.name)}
    after = judged.copy.volumes()
    volops_recorder.table("volumes after", ["volume", "made"], sorted(after.items()))
    assert {name: after.get(name) for name in named} == named


@then("every volume is in the backup")
def complete(judged: Judged, volops_recorder: Recorder) -> None:
    volumes: dict[str, Any] = {}
    for name in judged.copy.backup_names():
        shown = judged.copy.volops("--json", "show", name)
        assert shown.code == 0, shown.output
        records = json.loads(shown.stdout)["manifest"]["volumes"]
        volumes |= {one["key"]: one for one in records if one["status"] != "skipped"}
    rows = [[key, one["type"], one["status"], len(one["artifacts"])] for key, one in sorted(volumes.items())]
    volops_recorder.table("in the backup", ["volume", "type", "status", "files"], rows)
    missing = [key for key in judged.keys if volumes.get(key, {}).get("status") != "done"]
    assert missing == []


@then("nothing of it is left")
def nothing_left(judged: Judged, volops_recorder: Recorder) -> None:
    assert judged.said.code == 0, f"`{judged.said.line}` ended with {judged.said.code}:\n{judged.said.output}"
    left = judged.copy.remains()
    volops_recorder.text("left on the engine", "\n".join(left))
    assert left == []


@then("what belongs to others is untouched")
def others_untouched(others: Bystanders, volops_recorder: Recorder) -> None:
    now = others.state()
    volops_recorder.table("of others", ["what", "when it was made or started"], sorted(now.items()))
    assert now == others.before


def _each_backup(judged: Judged, *verb: str) -> None:
    for name in judged.copy.backup_names():
        judged.said = judged.copy.volops(*verb, name)
        if judged.said.code != 0:
            return


def _settle(copy: StackCopy, *, start: bool) -> list[list[str]]:
    try:
        if start and not copy.all_ready():
            copy.start()
        return [[state.container, str(state)] for state in copy.wait()]
    except StackNotWell as trouble:
        shown = "\n".join(f"--- {name}\n{logs}" for name, logs in trouble.logs.items())
        raise AssertionError(f"{trouble.message}\n{shown}") from None


def _show(recorder: Recorder, title: str, found: list[Planted]) -> None:
    rows = [[one.volume, one.type, "yes" if one.found else f"no {one.trouble}".strip()] for one in found]
    recorder.table(title, ["volume", "type", "is there"], rows)


def _require(found: list[Planted]) -> None:
    lost = [
        f"{one.volume} ({one.type})" + (f": {one.trouble}" if one.trouble else "")
        for one in found
        if not one.found
    ]
    assert lost == [], f"not found: {', '.join(lost)}"
