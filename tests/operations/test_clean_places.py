"""Named volumes whose data is not the engine's: directories of the host, what is mounted from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live import docker
from tests.operations.small_stack import SmallStack, small_stack
from tests.operations.test_clean_project import everything_removed, of_project
from tests.operations.test_clean_volumes import cleaned, planned
from volops.errors import InvalidUse
from volops.operations.clean_plan import Left, choose_by_type, plan_clean
from volops.operations.clean_project import plan_everything
from volops.source import look_around


def bound(stack: SmallStack, **devices: str) -> None:
    """Have the stack's service `late` use volumes that are directories of the host; made, never mounted."""
    mounts = ", ".join(f'"{key}:/var/log/{key}"' for key in devices)
    options = "".join(
        f"  {key}: {{driver_opts: {{type: none, o: bind, device: {device}}}}}\n"
        for key, device in devices.items()
    )
    text = stack.file.read_text().replace('"later:/srv/later"', mounts)
    stack.file.write_text(text.replace("  later:\n", options))
    stack.compose("up", "--no-start", "late")


def test_a_volume_that_is_a_directory_of_the_host_is_protected_as_a_bind_mount_is(tmp_path: Path) -> None:
    (tmp_path / "here" / "backups").mkdir(parents=True)
    (tmp_path / "one.log").write_text("x")
    with small_stack(tmp_path / "here") as stack:
        places = {
            "project": str(tmp_path / "here"),
            "above": str(tmp_path),
            "backups": str(tmp_path / "here" / "backups"),
            "machine": "/var/log",
            "file": str(tmp_path / "one.log"),
            "relative": "elsewhere",
        }
        bound(stack, **places)
        for key, place in places.items():
            with pytest.raises(InvalidUse) as told:
                planned(stack.workspace(), key)
            told_of = told.value.message
            assert told_of.startswith(f"volume '{key}' ({place}) "), told_of
            refused = ("which volops does not delete", "is a single file", "wherever the engine was started")
            assert any(each in told_of for each in refused), told_of


def test_the_logs_of_the_machine_are_not_emptied_through_a_volume(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    with small_stack(tmp_path) as stack:
        bound(stack, host="/var/log", own=str(tmp_path / "logs"))
        workspace = stack.workspace()
        chosen, left = choose_by_type(workspace, "logs", binds=True)
        assert [given.volume.key for given in chosen] == ["own"]
        assert left == (Left("host", "it holds /var/log"),)
        assert plan_clean(workspace, look_around(workspace.engine, workspace.stack, ""), chosen).items == ()


def test_what_the_engine_says_of_an_external_volume_counts(tmp_path: Path) -> None:
    name = f"{tmp_path.name}-external"
    with small_stack(tmp_path) as stack:
        text = stack.file.read_text().replace("  later:\n", f"  later: {{external: true, name: {name}}}\n")
        stack.file.write_text(text)
        options = ("type=none", "o=rbind,ro", f"device={tmp_path}")
        docker("volume", "create", *(f"--opt={option}" for option in options), name)
        try:
            with pytest.raises(InvalidUse, match="which volops does not delete"):
                planned(stack.workspace(), "later")
        finally:
            docker("volume", "rm", name)


def test_a_directory_of_its_own_is_cleaned_when_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with small_stack(tmp_path) as stack:
        (tmp_path / "data" / "deed").write_text("x")
        bound(stack, own=str(tmp_path / "data"))
        cleaned(stack.workspace(), "own")
        assert list((tmp_path / "data").iterdir()) == []


def test_data_that_is_not_the_engines_outlives_its_volume_and_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    remote = f"{tmp_path.name}-remote"
    with small_stack(tmp_path) as stack:
        (tmp_path / "data" / "deed").write_text("x" * 100)
        bound(stack, own=str(tmp_path / "data"))
        options = ("type=nfs", "o=addr=192.0.2.1,soft", "device=:/exports/books")
        label = f"--label=com.docker.compose.project={stack.project}"
        docker("volume", "create", label, *(f"--opt={option}" for option in options), remote)
        plan = plan_everything(stack.workspace())
        assert set(plan.left) == {
            Left("own", f"its data is in {tmp_path}/data of the host, and stays there", "volops clean own"),
            Left(remote, "its data is on nfs :/exports/books, and stays there"),
        }
        own, far = (next(one for one in plan.volumes if one.key == key) for key in ("own", remote))
        assert [(one.size, one.at_risk, one.missed) for one in (own, far)] == [(None, False, False)] * 2
        done = everything_removed(stack)
        assert done.failed == {}
        assert done.freed < 100
        assert not any(of_project(stack.project).values())
        assert (tmp_path / "data" / "deed").read_text() == "x" * 100


def test_bind_mounts_that_services_write_to_are_told_to_stay(tmp_path: Path) -> None:
    """With the way to empty them where they hold data, as far as volops knows."""
    for name in ("logs", "source", "settings"):
        (tmp_path / name).mkdir()
    with small_stack(tmp_path) as stack:
        mounts = '"./logs:/app/logs", "./source:/app", "./settings:/etc/app:ro", "./none:/never", "later:'
        stack.file.write_text(stack.file.read_text().replace('"later:', mounts))
        assert set(plan_everything(stack.workspace()).left) == {
            Left(f"{tmp_path}/logs", "it is a bind mount", f"volops clean {tmp_path}/logs"),
            Left(f"{tmp_path}/source", "it is a bind mount"),
        }
