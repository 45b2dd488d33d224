"""Volumes without a name: whose they are is kept in mind, also where projects share a directory."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import pytest

from tests.live import docker, volume_names
from tests.operations.small_stack import small_stack
from tests.operations.test_clean_project import everything_removed
from volops.operations.clean_unnamed import forget, remember, remembered


def test_what_is_kept_in_mind_is_the_projects_own(tmp_path: Path) -> None:
    remember(tmp_path, "shop", ["a", "b"])
    remember(tmp_path, "shop-2", ["c"])
    remember(tmp_path, "shop", ["d"])
    assert remembered(tmp_path, "shop") == {"a", "b", "d"}
    assert remembered(tmp_path, "shop-2") == {"c"}
    assert remembered(tmp_path, "sho") == set()
    forget(tmp_path, "shop", ["a", "c"])
    assert remembered(tmp_path, "shop") == {"b", "d"}
    assert remembered(tmp_path, "shop-2") == {"c"}


def test_what_an_earlier_volops_noted_without_saying_whose_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "unnamed.json").write_text(json.dumps(["a", "b"]))
    assert remembered(tmp_path, "shop") == set()
    remember(tmp_path, "shop", ["c"])
    assert remembered(tmp_path, "shop") == {"c"}


@pytest.mark.parametrize("text", ["", "{", "7", "null", '{"shop": 7}', '["a", 7'])
def test_what_cannot_be_read_is_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "unnamed.json").write_text(text)
    assert remembered(tmp_path, "shop") == set()


def test_an_unnamed_volume_of_another_project_in_the_same_directory_stays(tmp_path: Path) -> None:
    theirs, ours = (secrets.token_hex(32) for _ in range(2))
    with small_stack(tmp_path) as stack:
        state = stack.workspace().state
        docker("volume", "create", theirs)
        docker("volume", "create", ours)
        try:
            remember(state, f"{stack.project}-2", [theirs])
            remember(state, stack.project, [ours])
            everything_removed(stack)
            assert {theirs, ours} & volume_names() == {theirs}
            assert remembered(state, f"{stack.project}-2") == {theirs}
        finally:
            docker("volume", "rm", "--force", theirs, ours)
