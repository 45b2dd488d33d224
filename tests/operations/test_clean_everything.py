"""What `clean-all --backup-first` may delete: nothing that is missed and is not in the backup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.live import docker
from tests.operations.small_stack import SmallStack, retyped, small_stack
from tests.operations.strange_types import Raising
from volops.errors import CleanFailed
from volops.operations.clean_everything import back_up_first, require_held
from volops.operations.clean_project import plan_everything
from volops.workspace import Workspace


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[SmallStack]:
    with small_stack(tmp_path) as running:
        running.fill("papers", deed="now")
        yield running


def backed_up_first(workspace: Workspace) -> str:
    return back_up_first(workspace, plan_everything(workspace), lambda _: None)


def backups(stack: SmallStack) -> list[str]:
    """Those under a name of their own, complete or not."""
    return [path.parent.name for path in stack.backups.glob("*/manifest.json")]


def test_a_backup_that_is_not_complete_cancels(stack: SmallStack) -> None:
    workspace = retyped(stack.workspace(), "papers", Raising)
    with pytest.raises(CleanFailed, match=r"the backup is not complete \(partial_.*nothing was deleted"):
        backed_up_first(workspace)
    assert backed_up_first(stack.workspace()) in backups(stack)


def test_what_no_backup_would_hold_is_named_before_one_is_taken(stack: SmallStack) -> None:
    """A volume that x-volops leaves out, one of an inactive profile, and one that no compose file knows."""
    old = f"{stack.project}_old"
    text = stack.file.read_text().replace("  late:\n", "  late:\n    profiles: [night]\n")
    stack.file.write_text(text + "x-volops: {volumes: {papers: {backup: false}}}\n")
    stack.compose("--profile", "night", "up", "--no-start", "late")
    docker("volume", "create", f"--label=com.docker.compose.project={stack.project}", old)
    try:
        with pytest.raises(CleanFailed) as told:
            backed_up_first(stack.workspace())
    finally:
        docker("volume", "rm", old)
        stack.compose("--profile", "night", "rm", "--force", "late")
    assert told.value.message == (
        "a backup would not hold later (its profile is not active (night)), papers (left out by x-volops), "
        f"{old} (the compose file does not know it): nothing was deleted"
    )
    assert "without --backup-first" in told.value.next_step
    assert backups(stack) == []


def test_what_only_its_container_has_is_held_when_it_is_asked_for(
    tmp_path: Path, image: Callable[[str], str]
) -> None:
    """Volumes that an image asks for, and the compose file says nothing of."""
    with small_stack(tmp_path) as stack:
        late = f"  late:\n    image: {image('with-volume')}\n    command: [sleep, infinity]\n    init: true"
        text = stack.file.read_text().replace("  late:\n    image: debian:trixie-slim", late)
        stack.file.write_text(text)
        stack.compose("up", "--detach", "late")
        with pytest.raises(CleanFailed, match=r"not hold late:/data \(no `volumes:` entry .*late:/more"):
            backed_up_first(stack.workspace())
        assert backups(stack) == []
        asked = "x-volops: {volumes: {'late:/data': {backup: true}, 'late:/more': {backup: true}}}\n"
        stack.file.write_text(text + asked)
        assert backed_up_first(stack.workspace()) in backups(stack)


def test_what_turns_out_not_to_be_in_the_backup_is_named(stack: SmallStack) -> None:
    """The backup decides, not what was expected of it."""
    workspace = stack.workspace()
    without = tuple(
        replace(given, backup=False) if given.volume.key == "papers" else given
        for given in workspace.assignments
    )
    plan = plan_everything(workspace)
    require_held(plan)
    with pytest.raises(CleanFailed, match=r"^full_backup_\w+ does not hold papers: nothing was deleted"):
        back_up_first(replace(workspace, assignments=without), plan, lambda _: None)


def test_what_its_type_leaves_out_by_intent_may_go(stack: SmallStack) -> None:
    with stack.file.open("a") as file:
        file.write("x-volops: {volumes: {letters: {type: logs}}}\n")
    assert backed_up_first(stack.workspace()) in backups(stack)
