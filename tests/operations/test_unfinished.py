"""Operations that are cut off, and what comes after them: undone or finished, never built upon."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import run
from tests.live import docker
from tests.operations.papers import (
    NEW,
    OLD,
    RESTORING,
    ROLLING_BACK,
    changed_since,
    holds,
    interrupted_at,
    killed,
    put_back,
    started,
    turn_back,
)
from tests.operations.small_stack import SmallStack
from volops.errors import (
    EXIT_ROLLBACK_FAILED,
    CleanFailed,
    EngineFailed,
    EngineUnavailable,
    RestoreFailed,
    RestoreRefused,
    RollbackFailed,
    StoreUnavailable,
    VolopsError,
)
from volops.journal import Journal, JournalFile, Step, Stopped, Touched
from volops.model import Service, Stack
from volops.operations.clean_plan import choose_named, plan_clean
from volops.operations.clean_volumes import clean_volumes
from volops.operations.restore import restore
from volops.operations.restore_plan import plan_restore
from volops.operations.rollback import commit, kept, rollback
from volops.source import look_around
from volops.staging import Swap
from volops.testing.fake_engine import FakeEngine
from volops.unfinished import conclude

IMAGE = "debian:trixie-slim"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[SmallStack]:
    """Backed up with NEW in it, and changed to OLD since."""
    with changed_since(tmp_path) as running:
        yield running


def both_run(stack: SmallStack) -> None:
    for service in ("store", "reader"):
        assert stack.state(service) == "running"


def in_volume(stack: SmallStack, volume: str) -> list[str]:
    return docker("run", "--rm", "-v", f"{stack.project}_{volume}:/v:ro", IMAGE, "ls", "/v").decode().split()


def test_a_roll_back_killed_at_each_step_is_undone_or_finished_by_the_next_command(stack: SmallStack) -> None:
    put_back(stack.workspace())
    for step in Step:
        killed(stack, ROLLING_BACK, step.value)
        workspace = stack.workspace()
        both_run(stack)
        assert holds(stack, "papers") == (OLD if step is Step.KEEP else NEW), step
        assert not JournalFile(workspace.state).exists
        assert len(workspace.recovered) == 1
        assert ("finished" if step is Step.KEEP else "undone") in workspace.recovered[0]
    turn_back(stack.workspace(), "papers")
    assert holds(stack, "papers") == NEW


def test_an_interrupt_after_the_swap_undoes_it(stack: SmallStack, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted_at(Step.STARTING, monkeypatch)
    with pytest.raises(RestoreFailed, match="interrupted: the live data is as it was"):
        put_back(stack.workspace())
    both_run(stack)
    assert holds(stack, "papers") == OLD
    put_back(stack.workspace())
    interrupted_at(Step.STARTING, monkeypatch)
    with pytest.raises(RestoreFailed, match="interrupted"):
        turn_back(stack.workspace())
    both_run(stack)
    assert holds(stack, "papers") == NEW
    turn_back(stack.workspace())
    assert holds(stack, "papers") == OLD
    assert stack.left_behind() == []


def test_what_an_interrupt_left_at_work_has_ended_before_it_is_undone(
    stack: SmallStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program in a container goes on when whoever waits for it does not any more."""
    put_back(stack.workspace(), "papers")
    at_work: list[int] = []
    undo = Swap.undo

    def slow(swap: Swap) -> None:
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        swap._shell.run("sleep", "60")

    def watched(swap: Swap) -> None:
        at_work.append(len(stack.left_behind()))
        undo(swap)

    monkeypatch.setattr(Swap, "turn", slow)
    monkeypatch.setattr(Swap, "undo", watched)
    with pytest.raises(RestoreFailed, match="interrupted"):
        turn_back(stack.workspace())
    assert at_work == [1], "the helper that undoes is the only one"
    both_run(stack)
    assert holds(stack, "papers") == NEW


def test_who_runs_on_the_new_data_by_then_is_stopped_while_it_is_undone(stack: SmallStack) -> None:
    killed(stack, RESTORING, Step.STARTING)
    stack.compose("down", "--timeout", "0")
    stack.compose("up", "--detach", "store", "reader")
    assert holds(stack, "papers") == NEW
    before = started(stack, "store")
    stack.workspace()
    both_run(stack)
    assert started(stack, "store") != before
    assert holds(stack, "papers") == OLD


def test_containers_that_were_taken_down_since_are_not_missed(stack: SmallStack) -> None:
    killed(stack, RESTORING, Step.STARTING)
    stack.compose("down", "--timeout", "0")
    workspace = stack.workspace()
    assert not JournalFile(workspace.state).exists
    assert in_volume(stack, "papers") == ["deed", "late"]
    assert stack.containers() == {}


@pytest.mark.parametrize("step", [Step.SWAPPING, Step.STARTING])
def test_a_restore_that_was_cut_off_while_another_asked_is_undone_before_that_begins(
    stack: SmallStack, step: Step
) -> None:
    workspace = stack.workspace()
    around = look_around(workspace.engine, workspace.stack, "")
    plan = plan_restore(workspace, around, workspace.catalog.find("latest"), ())
    killed(stack, RESTORING, step)
    restore(workspace, around, plan, lambda _: None)
    both_run(stack)
    assert holds(stack, "papers") == NEW
    turn_back(stack.workspace())
    assert holds(stack, "papers") == OLD


def test_nothing_is_thrown_away_that_was_seen_before_a_restore_was_cut_off(stack: SmallStack) -> None:
    put_back(stack.workspace())
    workspace = stack.workspace()
    around = look_around(workspace.engine, workspace.stack, "")
    seen, plan = (
        kept(workspace, around, ()),
        plan_clean(workspace, around, choose_named(workspace, ["papers"])),
    )
    killed(stack, RESTORING, Step.KEEP)
    with pytest.raises(RestoreRefused, match="was finished; nothing else was done"):
        commit(workspace, around, seen)
    killed(stack, RESTORING, Step.STARTING)
    with pytest.raises(RestoreRefused, match="was undone"):
        rollback(workspace, around, seen)
    killed(stack, RESTORING, Step.STARTING)
    with pytest.raises(CleanFailed, match="nothing was cleaned"):
        clean_volumes(workspace, around, plan, lambda _: None)
    both_run(stack)
    assert holds(stack, "papers") == NEW
    assert len(kept(workspace, around, ())) == 2


def test_a_service_that_is_not_well_on_the_old_data_either_is_told(
    stack: SmallStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data is back, and what ran does not run: that is more than a restore that failed."""
    interrupted_at(Step.STARTING, monkeypatch)
    stack.file.write_text(
        stack.file.read_text().replace(
            "    command: [sleep, infinity]\n    init: true\n    depends_on: [store]\n",
            "    command: [sh, -c, '[ ! -e /once ] || exit 7; touch /once; exec sleep infinity']\n"
            "    init: true\n    depends_on: [store]\n",
        )
    )
    stack.compose("up", "--detach", "reader")
    with pytest.raises(
        RollbackFailed, match=r"the old data is back, but service 'reader' .*exited \(7\)"
    ) as told:
        put_back(stack.workspace())
    assert told.value.exit_code == EXIT_ROLLBACK_FAILED
    assert holds(stack, "papers") == OLD
    assert not JournalFile(stack.workspace().state).exists


class Failing(FakeEngine):
    """Cannot stop a container, in one way or another."""

    error: VolopsError

    def stop(self, container: str) -> None:
        del container
        raise self.error


@pytest.mark.parametrize("error", [EngineFailed("it hangs"), EngineUnavailable("the engine was lost")])
def test_what_cannot_be_stopped_is_a_roll_back_that_failed(tmp_path: Path, error: VolopsError) -> None:
    engine = Failing()
    engine.error = error
    engine.add_image(IMAGE)
    container = engine.add_container("app_store", IMAGE, project="app", service="store")
    around = look_around(engine, Stack("app", tmp_path, (), (Service("store", IMAGE),), ()), "")
    journals = JournalFile(tmp_path / "state")
    touched, stopped = Touched("papers", "app_papers"), Stopped(container, "store")
    journal = Journal("restore", "some backup", Step.STARTING, (touched,), (stopped,))
    with journals.held():
        journals.write(journal)
        with pytest.raises(RollbackFailed, match="could not be undone"):
            conclude(around, journals, journal)
    assert journals.exists


def test_a_journal_that_cannot_be_kept_is_an_error_of_ours(tmp_path: Path) -> None:
    """What raises anything else would get past the undoing."""
    journals = JournalFile(tmp_path / "gone")
    with pytest.raises(StoreUnavailable):
        journals.write(Journal("restore", "some backup", Step.STAGING, ()))
    with pytest.raises(StoreUnavailable):
        journals.remove()


def test_the_program_says_what_it_has_undone(stack: SmallStack) -> None:
    killed(stack, RESTORING, Step.STARTING)
    said = run("status", "--json", cwd=stack.directory)
    assert said.code == 0
    assert json.loads(said.out)["services"]
    assert "warning: the unfinished restore of full_backup_" in said.err
    assert "was undone: the data is as it was" in said.err
    assert holds(stack, "papers") == OLD
    assert run("status", cwd=stack.directory).err == ""
