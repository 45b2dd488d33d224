"""A volume that is a file system in memory has data while a container holds it, and not a moment longer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operations.small_stack import SmallStack, small_stack
from volops.errors import EngineFailed, RestoreRefused
from volops.manifest import Manifest
from volops.model import OutcomeStatus
from volops.operations.backup import Selection, backup
from volops.operations.restore import restore
from volops.operations.restore_plan import plan_restore
from volops.source import look_around

_IN_MEMORY = "  papers:\n    driver_opts: {type: tmpfs, device: tmpfs, o: size=64m}\n"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[SmallStack]:
    """Its papers are in memory, its letters are not."""
    with small_stack(tmp_path) as stack:
        stack.compose("down", "--volumes", "--timeout", "0")
        stack.file.write_text(
            stack.file.read_text().replace("  papers:\n  letters:", f"{_IN_MEMORY}  letters:")
        )
        stack.compose("up", "--detach", "store", "reader")
        stack.fill("papers", deed="on parchment")
        stack.fill("letters", first="of many")
        yield stack


def _backed_up(stack: SmallStack, *names: str) -> Manifest:
    return backup(stack.workspace(), Selection(names), lambda _: None)


def _restored(stack: SmallStack, name: str) -> None:
    workspace = stack.workspace()
    around = look_around(workspace.engine, workspace.stack, "", None)
    plan = plan_restore(workspace, around, workspace.catalog.find(name), ["papers"])
    restore(workspace, around, plan, lambda _: None)


def _listed(stack: SmallStack) -> str:
    return stack.compose("exec", "-T", "store", "sh", "-c", "cat /srv/papers/* 2>/dev/null || true")


def test_while_a_container_holds_it_it_is_a_volume_as_others(stack: SmallStack) -> None:
    taken = _backed_up(stack)
    assert {each.key: each.status for each in taken.volumes if each.key != "later"} == {
        "papers": OutcomeStatus.DONE,
        "letters": OutcomeStatus.DONE,
    }
    stack.fill("papers", deed="forged")
    _restored(stack, taken.name)
    assert _listed(stack) == "on parchment"


def test_a_backup_of_a_stack_that_is_stopped_does_not_take_it_for_empty(stack: SmallStack) -> None:
    stack.compose("stop", "--timeout", "0")
    (papers,) = [each for each in _backed_up(stack).volumes if each.key == "papers"]
    assert papers.status is OutcomeStatus.SKIPPED
    assert "in memory" in papers.reason
    with pytest.raises(EngineFailed, match="in memory") as told:
        _backed_up(stack, "papers")
    assert told.value.next_step == "start what uses it: `volops start reader store`"


def test_a_restore_that_could_not_last_is_refused(stack: SmallStack) -> None:
    name = _backed_up(stack).name
    stack.compose("stop", "--timeout", "0")
    with pytest.raises(RestoreRefused, match="in memory") as told:
        _restored(stack, name)
    assert told.value.next_step == "start what uses it: `volops start reader store`"
    assert stack.left_behind() == []


def test_nor_is_one_made_for_that(stack: SmallStack) -> None:
    """Compose would make it with its containers, and start none: nobody would hold it when all is done."""
    name = _backed_up(stack).name
    stack.compose("down", "--volumes", "--timeout", "0")
    with pytest.raises(RestoreRefused, match="in memory"):
        _restored(stack, name)
    assert stack.left_behind() == []
    assert stack.volumes() == {}
