"""Restore on a live stack: what comes back, what stays untouched when it fails, what a kill leaves."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.program import run
from tests.dying import DIES_AT
from tests.operations.small_stack import SmallStack, retyped, small_stack, wait_for
from tests.operations.strange_types import Mute, Strange
from volops.errors import (
    CheckFailed,
    HelperLost,
    InvalidUse,
    NotWell,
    RestoreFailed,
    RestoreRefused,
    UnknownVolume,
    VolopsError,
)
from volops.journal import JournalFile, Step
from volops.model import Artifact, Event, Warned
from volops.operations.backup import Selection, backup
from volops.operations.restore import Restored, restore
from volops.operations.restore_plan import plan_restore
from volops.operations.rollback import commit, kept, rollback
from volops.source import look_around
from volops.staging import Swap
from volops.volume_access import Staging
from volops.workspace import Workspace

RESTORING = (
    DIES_AT
    + """
from volops.compose import ComposeOptions
from volops.operations.restore import restore
from volops.operations.restore_plan import plan_restore
from volops.source import look_around
from volops.workspace import open_workspace

workspace = open_workspace(ComposeOptions(files=(sys.argv[1],)))
around = look_around(workspace.engine, workspace.stack, "")
plan = plan_restore(workspace, around, workspace.catalog.find("latest"), ())
print("begun", flush=True)
restore(workspace, around, plan, lambda event: None)
"""
)
WELL = "[sh, -c, '[ ! -e /srv/papers/poison ] && exec sleep infinity']"
CLERK = """
  clerk:
    image: debian:trixie-slim
    command: [sleep, infinity]
    init: true
    volumes: ["letters:/srv/letters"]
"""
WITH_CLERK = ("services:\n", f"services:{CLERK}")
KILLS = 30
OLD, NEW = {"deed": "now", "late": "x"}, {"deed": "then"}


class Refusing(Strange):
    """Loads what it is given, and finds it wrong."""

    def check(self, staging: Staging) -> None:
        raise CheckFailed(f"{staging.volume.key} is not what it was")


class LeavingLoad(Strange):
    """Ends the process instead of loading anything, and calls that a success."""

    def load(self, staging: Staging, artifacts: Iterator[Artifact]) -> None:
        del staging, artifacts
        sys.exit(0)


class LeavingCheck(Strange):
    """Does so when what was loaded is to be proven."""

    def check(self, staging: Staging) -> None:
        del staging
        sys.exit(0)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[SmallStack]:
    """Backed up with NEW in it, and changed to OLD since."""
    with small_stack(tmp_path) as running:
        running.fill("papers", **NEW)
        running.fill("letters", first="dear all")
        backup(running.workspace(), Selection(), lambda _: None)
        running.fill("papers", **OLD)
        yield running


def put_back(workspace: Workspace, *names: str, patience: float = 60) -> Restored:
    around = look_around(workspace.engine, workspace.stack, "")
    plan = plan_restore(workspace, around, workspace.catalog.find("latest"), names)
    return restore(workspace, around, plan, lambda _: None, patience=patience)


def holds(stack: SmallStack, volume: str) -> dict[str, str]:
    """The volume's files with their contents, as the running service sees them."""
    shown = stack.compose("exec", "-T", "store", "sh", "-c", f"cd /srv/{volume}; grep -rH . * || true")
    return dict(line.split(":", 1) for line in shown.splitlines())


def started(stack: SmallStack, service: str) -> str:
    container = stack.compose("ps", "--quiet", service)
    argv = ["docker", "inspect", "--format", "{{.State.StartedAt}}", container]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def test_a_restore_replaces_and_never_merges(stack: SmallStack) -> None:
    done = put_back(stack.workspace())
    assert holds(stack, "papers") == NEW
    assert set(done.downtime) == {"store", "reader"}
    assert stack.left_behind() == []
    assert not JournalFile(stack.workspace().state).exists


def test_what_was_live_comes_back_by_rollback_and_goes_by_commit(stack: SmallStack) -> None:
    workspace = stack.workspace()
    put_back(workspace, "papers")
    around = look_around(workspace.engine, workspace.stack, "")
    rollback(workspace, around, kept(workspace, around, ()))
    assert holds(stack, "papers") == OLD
    rollback(workspace, around, kept(workspace, around, ["papers"]))
    assert holds(stack, "papers") == NEW
    assert commit(workspace, around, kept(workspace, around, ())) > 0
    with pytest.raises(InvalidUse, match="no volume keeps"):
        rollback(workspace, around, kept(workspace, around, ()))
    assert holds(stack, "papers") == NEW


def test_a_service_that_was_stopped_stays_stopped(stack: SmallStack) -> None:
    stack.compose("stop", "--timeout", "0", "reader")
    done = put_back(stack.workspace())
    assert set(done.downtime) == {"store"}
    assert stack.state("reader") == "exited"


def test_lost_volumes_come_back_with_the_labels_that_compose_wants(stack: SmallStack) -> None:
    stack.compose("down", "--volumes", "--timeout", "0")
    put_back(stack.workspace())
    assert holds(stack, "papers") == NEW
    stack.compose("up", "--detach", "store")
    assert holds(stack, "papers") == NEW


def test_lost_static_files_that_are_not_in_the_backup_are_made_again(tmp_path: Path) -> None:
    with small_stack(tmp_path) as stack:
        with stack.file.open("a") as file:
            making = "{type: static, backup: false, regenerate: 'echo made >/srv/letters/style.css'}"
            file.write(f"x-volops: {{volumes: {{letters: {making}}}}}\n")
        stack.fill("papers", **NEW)
        backup(stack.workspace(), Selection(), lambda _: None)
        assert put_back(stack.workspace()).regenerated == ()
        stack.compose("down", "--volumes", "--timeout", "0")
        done = put_back(stack.workspace())
        assert done.regenerated == ("letters",)
        assert holds(stack, "letters") == {"style.css": "made"}
        assert holds(stack, "papers") == NEW


def test_a_type_that_cannot_tell_what_makes_its_lost_volume_again_does_not_stop_the_others(
    stack: SmallStack,
) -> None:
    workspace, events = retyped(stack.workspace(), "later", Mute), list[Event]()
    around = look_around(workspace.engine, workspace.stack, "")
    plan = plan_restore(workspace, around, workspace.catalog.find("latest"), ())
    done = restore(workspace, around, plan, events.append)
    assert holds(stack, "papers") == NEW
    assert done.regenerated == ()
    (warned,) = [event for event in events if isinstance(event, Warned) and event.volume == "later"]
    assert "it is lost, and not in the backup: type 'strange' (plugin strange of volops-strange 7.1)" in (
        warned.message
    )


def test_a_damaged_artifact_is_seen_before_anything_is_touched(stack: SmallStack) -> None:
    artifact = next(stack.backups.glob("full_backup_*/files_backup_*.papers.tar.zst"))
    data = bytearray(artifact.read_bytes())
    data[len(data) // 2] ^= 1
    artifact.write_bytes(data)
    before = started(stack, "store")
    with pytest.raises(RestoreFailed, match="damaged"):
        put_back(stack.workspace())
    assert holds(stack, "papers") == OLD
    assert started(stack, "store") == before
    assert stack.left_behind() == []


def test_an_artifact_that_is_missing_is_a_restore_that_failed(stack: SmallStack) -> None:
    next(stack.backups.glob("full_backup_*/files_backup_*.papers.tar.zst")).unlink()
    before = started(stack, "store")
    with pytest.raises(RestoreFailed, match="is missing"):
        put_back(stack.workspace())
    assert holds(stack, "papers") == OLD
    assert started(stack, "store") == before


def test_what_goes_wrong_after_the_swap_is_not_told_as_if_nothing_had_changed(
    stack: SmallStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(swap: Swap) -> dict[str, int]:
        shown = sizes(swap)
        if "previous" in shown:
            raise HelperLost("the helper ended")
        return dict(shown)

    sizes = Swap.sizes
    monkeypatch.setattr(Swap, "sizes", lost)
    with pytest.raises(VolopsError, match="the restore stands") as told:
        put_back(stack.workspace(), "papers")
    assert not isinstance(told.value, RestoreFailed)
    assert holds(stack, "papers") == NEW


@pytest.mark.parametrize(
    ("cls", "said"),
    [(Refusing, "is not what it was"), (LeavingLoad, "SystemExit: 0"), (LeavingCheck, "SystemExit: 0")],
)
def test_a_check_that_fails_leaves_the_live_data_and_stops_nobody(
    stack: SmallStack, cls: type[Strange], said: str
) -> None:
    before = started(stack, "store")
    workspace = stack.workspace()
    types = {**workspace.registry.types}
    types["files"] = replace(types["files"], cls=cls)
    workspace.registry.types = types
    with pytest.raises(RestoreFailed, match=said):
        put_back(retyped(workspace, "papers", cls))
    assert holds(stack, "papers") == OLD
    assert started(stack, "store") == before
    assert stack.left_behind() == []


def test_a_service_that_does_not_get_well_on_the_new_data_gets_the_old_back(tmp_path: Path) -> None:
    with small_stack(tmp_path) as stack:
        stack.fill("papers", poison="yes")
        backup(stack.workspace(), Selection(), lambda _: None)
        stack.compose(
            "exec", "-T", "store", "sh", "-c", "rm /srv/papers/poison; echo -n good >/srv/papers/deed"
        )
        stack.file.write_text(
            stack.file.read_text().replace(
                '    command: [sleep, infinity]\n    init: true\n    volumes: ["papers:/srv/papers", ',
                "    command: [sh, -c, '[ ! -e /srv/papers/poison ] && exec sleep infinity']\n"
                '    init: true\n    volumes: ["papers:/srv/papers", ',
            )
        )
        stack.compose("up", "--detach", "store", "reader")
        with pytest.raises(RestoreFailed, match="store"):
            put_back(stack.workspace(), patience=20)
        assert holds(stack, "papers") == {"deed": "good"}
        assert (stack.state("store"), stack.state("reader")) == ("running", "running")
        assert not JournalFile(stack.workspace().state).exists


def test_old_data_that_is_broken_itself_comes_back_only_anyway(tmp_path: Path) -> None:
    """The restore was for services that did not get well; the roll-back insists that they do."""
    with small_stack(tmp_path) as stack:
        stack.fill("papers", deed="good")
        backup(stack.workspace(), Selection(), lambda _: None)
        stack.file.write_text(stack.file.read_text().replace("[sleep, infinity]", WELL).replace(*WITH_CLERK))
        stack.fill("papers", poison="yes")
        stack.compose("up", "--detach", "store", "reader", "clerk")
        put_back(stack.workspace())
        stack.compose("up", "--detach", "store", "reader")
        assert holds(stack, "papers") == {"deed": "good"}
        workspace = stack.workspace()
        around = look_around(workspace.engine, workspace.stack, "")
        with pytest.raises(NotWell, match="store") as refused:
            rollback(workspace, around, kept(workspace, around, ["papers"]), patience=20)
        assert "volops rollback --anyway papers" in refused.value.next_step
        assert holds(stack, "papers") == {"deed": "good"}
        done = run("rollback", "--anyway", "--yes", "--json", "--patience", "20", cwd=tmp_path)
        assert done.code == 1
        told = json.loads(done.out)["rollback"]
        assert sorted(told["volumes"]) == ["letters", "papers"]
        assert [each["service"] for each in told["unwell"]] == ["store", "reader"]
        assert [(each["service"], each["seconds"] > 0) for each in told["stopped"]] == [("clerk", True)]
        assert [line.split()[3] for line in done.err.splitlines()] == ["'store'", "'reader'"]
        assert [stack.state(each) for each in ("store", "reader", "clerk")] == ["exited", "exited", "running"]
        argv = ["docker", "run", "--rm", "-v", f"{stack.project}_papers:/x", "debian:trixie-slim", "ls", "/x"]
        left = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        assert left.split() == ["deed", "poison"]
        assert not JournalFile(stack.workspace().state).exists


def test_a_volume_that_a_stranger_uses_is_refused(stack: SmallStack) -> None:
    argv = ["docker", "run", "--detach", "--rm", "--init", "-v", f"{stack.project}_papers:/x"]
    stranger = subprocess.run(
        [*argv, "debian:trixie-slim", "sleep", "infinity"], capture_output=True, text=True, check=True
    ).stdout.strip()
    try:
        with pytest.raises(RestoreRefused, match="not a service of this stack"):
            put_back(stack.workspace())
    finally:
        subprocess.run(["docker", "rm", "--force", stranger], capture_output=True, check=True)
    assert holds(stack, "papers") == OLD


def test_a_name_that_the_backup_does_not_have_is_an_error(stack: SmallStack) -> None:
    with pytest.raises(UnknownVolume, match="papers"):
        put_back(stack.workspace(), "paperz")


def restoring(stack: SmallStack, die_at: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", RESTORING, str(stack.file), die_at]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


@pytest.mark.parametrize("step", list(Step))
def test_killed_at_each_step_the_next_command_brings_it_to_an_end(stack: SmallStack, step: Step) -> None:
    with restoring(stack, step.value) as process:
        process.wait(120)
    assert process.returncode == -signal.SIGKILL
    workspace = stack.workspace()
    wait_for(lambda: stack.state("store") == "running", "the store to run")
    wait_for(lambda: stack.state("reader") == "running", "the reader to run")
    assert holds(stack, "papers") == (NEW if step is Step.KEEP else OLD)
    assert not JournalFile(workspace.state).exists
    put_back(stack.workspace())
    assert holds(stack, "papers") == NEW


@pytest.mark.timeout(1200)
def test_killed_at_any_instant_the_next_command_brings_it_to_an_end(stack: SmallStack) -> None:
    """The delays are drawn anew each time; a failure names its own."""
    chance = random.Random()  # noqa: S311 - no secret depends on it
    for _ in range(KILLS):
        delay = chance.uniform(0, 6)
        with restoring(stack, "never") as process:
            assert process.stdout is not None
            process.stdout.readline()
            try:
                process.wait(delay)
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
        stack.workspace()
        wait_for(lambda: stack.state("store") == "running", f"the store to run, killed after {delay} s")
        wait_for(lambda: stack.state("reader") == "running", f"the reader to run, killed after {delay} s")
        assert holds(stack, "papers") in (OLD, NEW), f"killed after {delay} s"
        assert holds(stack, "letters") == {"first": "dear all"}, f"killed after {delay} s"
    put_back(stack.workspace())
    assert holds(stack, "papers") == NEW
