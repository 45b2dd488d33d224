"""Cleaning volumes on a live stack: what goes, what stays, what a kill or a failure leaves."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dying import DIES_AT
from tests.live import docker
from tests.operations.small_stack import SmallStack, small_stack, wait_for
from volops.errors import (
    CleanDisturbed,
    CleanFailed,
    HelperLost,
    InvalidUse,
    Locked,
    UnknownVolume,
    VolumeInUse,
)
from volops.journal import JournalFile, Step
from volops.operations.backup import Selection, backup
from volops.operations.clean_plan import CleanPlan, choose_by_type, choose_named, plan_clean
from volops.operations.clean_volumes import Cleaned, clean_volumes
from volops.operations.restore import restore
from volops.operations.restore_plan import plan_restore
from volops.source import look_around
from volops.staging import Swap
from volops.workspace import Workspace

CLEANING = (
    DIES_AT
    + """
from volops.compose import ComposeOptions
from volops.operations.clean_plan import choose_named, plan_clean
from volops.operations.clean_volumes import clean_volumes
from volops.source import look_around
from volops.workspace import open_workspace

workspace = open_workspace(ComposeOptions(files=(sys.argv[1],)))
around = look_around(workspace.engine, workspace.stack, "")
plan = plan_clean(workspace, around, choose_named(workspace, ["papers"]))
clean_volumes(workspace, around, plan, lambda event: None)
"""
)
IMAGE = "debian:trixie-slim"
FULL = {"deed": "now", "late": "x"}


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[SmallStack]:
    """With files in two volumes."""
    with small_stack(tmp_path) as running:
        running.fill("papers", **FULL)
        running.fill("letters", first="dear all")
        yield running


def planned(workspace: Workspace, *names: str) -> CleanPlan:
    around = look_around(workspace.engine, workspace.stack, "")
    return plan_clean(workspace, around, choose_named(workspace, names))


def cleaned(workspace: Workspace, *names: str, patience: float = 60) -> Cleaned:
    around = look_around(workspace.engine, workspace.stack, "")
    return clean_volumes(workspace, around, planned(workspace, *names), lambda _: None, patience=patience)


def everything(stack: SmallStack, volume: str) -> str:
    """All that is in the volume, volops' own included, with times and owners."""
    script = "cd /v && find . -printf '%p %y %m %u %s %T@\\n' | sort; cat $(find . -type f | sort) </dev/null"
    mount = f"{stack.project}_{volume}:/v:ro"
    return docker("run", "--rm", "--network=none", "-v", mount, IMAGE, "sh", "-c", script).decode()


def names(stack: SmallStack, volume: str) -> list[str]:
    return stack.compose("exec", "-T", "store", "ls", "-A", f"/srv/{volume}").split()


def test_all_of_the_volume_goes_and_what_ran_runs_again(stack: SmallStack) -> None:
    stack.compose("exec", "-T", "store", "sh", "-c", "chown 33:34 /srv/papers; chmod 2750 /srv/papers")
    before = stack.containers()
    letters = everything(stack, "letters")
    done = cleaned(stack.workspace(), "papers")
    assert names(stack, "papers") == []
    shown = stack.compose("exec", "-T", "store", "stat", "-c", "%u:%g %a", "/srv/papers")
    assert shown == "33:34 2750"
    assert everything(stack, "letters") == letters
    assert (stack.state("store"), stack.state("reader")) == ("running", "running")
    assert stack.containers().keys() == before.keys()
    assert set(done.downtime) == {"store", "reader"}
    assert done.freed == {"papers": 4}
    assert stack.left_behind() == []
    assert not JournalFile(stack.workspace().state).exists


def test_the_plan_alone_changes_nothing(stack: SmallStack) -> None:
    before = everything(stack, "papers"), stack.containers(), stack.volumes()
    plan = planned(stack.workspace(), "papers", "letters")
    assert [item.volume.key for item in plan.items] == ["papers", "letters"]
    assert plan.stops == ("store", "reader")
    assert (everything(stack, "papers"), stack.containers(), stack.volumes()) == before
    assert not (stack.backups / "audit.jsonl").exists()


def test_an_empty_volume_and_one_that_is_not_there_need_no_cleaning(stack: SmallStack) -> None:
    cleaned(stack.workspace(), "papers")
    assert planned(stack.workspace(), "papers", "later").items == ()
    with pytest.raises(UnknownVolume):
        planned(stack.workspace(), "paperz")


def test_a_service_that_was_stopped_stays_stopped(stack: SmallStack) -> None:
    stack.compose("stop", "--timeout", "0", "reader")
    cleaned(stack.workspace(), "papers")
    assert (stack.state("store"), stack.state("reader")) == ("running", "exited")


def test_a_stack_without_containers_is_cleaned_too(stack: SmallStack) -> None:
    stack.compose("down", "--timeout", "0")
    cleaned(stack.workspace(), "papers")
    stack.compose("up", "--detach", "store")
    assert names(stack, "papers") == []
    assert names(stack, "letters") == ["first"]


def test_what_a_restore_has_kept_goes_with_it_and_its_size_is_told(stack: SmallStack) -> None:
    workspace = stack.workspace()
    backup(workspace, Selection(("papers",)), lambda _: None)
    stack.compose("exec", "-T", "store", "sh", "-c", "head -c 500000 /dev/zero >/srv/papers/large")
    around = look_around(workspace.engine, workspace.stack, "")
    entry = workspace.catalog.entries()[0]
    restore(workspace, around, plan_restore(workspace, around, entry, ()), lambda _: None)
    (item,) = planned(stack.workspace(), "papers").items
    assert item.kept >= 500000
    assert item.size is not None
    assert item.size >= item.kept
    assert item.last_good is not None
    assert item.last_good.name == entry.name
    cleaned(stack.workspace(), "papers")
    assert everything(stack, "papers").count("\n") == 1


def test_a_new_volume_has_what_its_image_has_there(tmp_path: Path) -> None:
    with small_stack(tmp_path) as stack:
        text = stack.file.read_text().replace('"letters:/srv/letters"', '"letters:/etc/skel"')
        stack.file.write_text(text)
        stack.compose("up", "--detach", "store")
        first = everything(stack, "letters").partition("\n")[2]
        assert ".profile" in first
        stack.compose("exec", "-T", "store", "sh", "-c", "rm /etc/skel/.profile; echo >/etc/skel/more")
        cleaned(stack.workspace(), "letters")
        assert everything(stack, "letters").partition("\n")[2] == first


def test_static_files_are_made_again_by_their_command(tmp_path: Path) -> None:
    with small_stack(tmp_path) as stack:
        with stack.file.open("a") as file:
            making = "{type: static, regenerate: 'echo made >>/srv/letters/style.css'}"
            file.write(f"x-volops: {{volumes: {{letters: {making}}}}}\n")
        stack.fill("letters", old="x")
        cleaned(stack.workspace(), "letters")
        assert names(stack, "letters") == ["style.css"]


def test_a_service_that_does_not_get_well_without_the_data_is_named(tmp_path: Path) -> None:
    with small_stack(tmp_path) as stack:
        text = stack.file.read_text().replace(
            '    command: [sleep, infinity]\n    init: true\n    volumes: ["papers:/srv/papers", ',
            "    command: [sh, -c, '[ ! -e /srv/first ] || [ -e /srv/papers/deed ]"
            " && touch /srv/first && exec sleep infinity']\n"
            '    init: true\n    volumes: ["papers:/srv/papers", ',
        )
        stack.file.write_text(text)
        stack.compose("up", "--detach", "store", "reader")
        stack.fill("papers", **FULL)
        with pytest.raises(CleanDisturbed, match="the data is deleted, but service 'store'") as told:
            cleaned(stack.workspace(), "papers", patience=20)
        assert told.value.next_step == "see `volops logs store`"
        assert everything(stack, "papers").count("\n") == 1
        assert stack.state("reader") == "running"
        assert not JournalFile(stack.workspace().state).exists


def test_all_that_do_not_get_well_without_the_data_are_named(tmp_path: Path) -> None:
    with small_stack(tmp_path) as stack:
        script = "[ ! -e /srv/first ] || [ -e /srv/papers/deed ] && touch /srv/first && sleep infinity"
        needing = f"[sh, -c, '{script}']"
        text = stack.file.read_text().replace("[sleep, infinity]", needing)
        stack.file.write_text(text)
        stack.compose("up", "--detach", "store", "reader")
        stack.fill("papers", **FULL)
        with pytest.raises(CleanDisturbed) as told:
            cleaned(stack.workspace(), "papers", patience=20)
        assert re.fullmatch(
            r"the data is deleted, but service 'store' does.*; service 'reader' does.*", told.value.message
        )
        assert told.value.next_step == "see `volops logs store reader`"


def test_what_fails_before_the_data_is_gone_leaves_it_as_it_was(
    stack: SmallStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(swap: Swap) -> None:
        vacate(swap)
        raise HelperLost("the helper ended")

    vacate, before = Swap.vacate, everything(stack, "papers")
    monkeypatch.setattr(Swap, "vacate", lost)
    with pytest.raises(CleanFailed, match="nothing was cleaned, the data is as it was: the helper ended"):
        cleaned(stack.workspace(), "papers")
    assert everything(stack, "papers") == before
    assert (stack.state("store"), stack.state("reader")) == ("running", "running")


@pytest.mark.parametrize("error", [HelperLost("the helper ended"), KeyboardInterrupt()])
def test_what_fails_after_it_is_gone_is_not_told_as_if_nothing_had_changed(
    stack: SmallStack, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def lost(swap: Swap) -> None:
        if not raised:
            raised.append(error)
            raise error
        drop(swap)

    raised: list[BaseException] = []
    drop = Swap.drop
    monkeypatch.setattr(Swap, "drop", lost)
    with pytest.raises(
        CleanDisturbed, match=r"the data is deleted, but then: (the helper ended|interrupted)"
    ):
        cleaned(stack.workspace(), "papers")
    assert everything(stack, "papers").count("\n") == 1
    assert (stack.state("store"), stack.state("reader")) == ("running", "running")


STEPS = [Step.STAGING, Step.SWAPPING, Step.KEEP]


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_each_step_the_next_command_brings_the_services_back(stack: SmallStack, step: Step) -> None:
    before = everything(stack, "papers")
    argv = [sys.executable, "-c", CLEANING, str(stack.file), step.value]
    assert subprocess.run(argv, stderr=subprocess.DEVNULL, check=False).returncode == -9
    workspace = stack.workspace()
    wait_for(lambda: stack.state("store") == "running", "the store to run")
    wait_for(lambda: stack.state("reader") == "running", "the reader to run")
    assert not JournalFile(workspace.state).exists
    if step is Step.KEEP:
        assert everything(stack, "papers").count("\n") == 1
    else:
        assert everything(stack, "papers") == before
    cleaned(stack.workspace(), *(["letters"] if step is Step.KEEP else ["papers"]))
    assert names(stack, "letters" if step is Step.KEEP else "papers") == []


def test_a_stranger_that_uses_the_volume_is_named_and_nothing_is_touched(stack: SmallStack) -> None:
    plan, before = planned(stack.workspace(), "papers"), (everything(stack, "papers"), stack.containers())
    name = f"{stack.project}-stranger"
    docker("create", "--name", name, "-v", f"{stack.project}_papers:/x", IMAGE, "true")
    try:
        workspace = stack.workspace()
        with pytest.raises(VolumeInUse, match=f"'papers' is in use by container '{name}' of no project"):
            planned(workspace, "papers")
        around = look_around(workspace.engine, workspace.stack, "")
        with pytest.raises(VolumeInUse, match=name):
            clean_volumes(workspace, around, plan, lambda _: None)
    finally:
        docker("rm", "--force", name)
    assert (everything(stack, "papers"), stack.containers()) == before


def test_an_orphan_that_runs_on_the_volume_is_named(stack: SmallStack) -> None:
    name = f"{stack.project}-orphan"
    keys = (f"project={stack.project}", "service=older", "config-hash=0")
    labels = [f"--label=com.docker.compose.{key}" for key in keys]
    docker("run", "--detach", "--init", "--name", name, *labels, "-v", f"{stack.project}_papers:/x", IMAGE,
           "sleep", "infinity")  # fmt: skip
    try:
        with pytest.raises(VolumeInUse, match=name):
            planned(stack.workspace(), "papers")
    finally:
        docker("rm", "--force", name)


def test_two_runs_do_not_clean_at_once(stack: SmallStack) -> None:
    workspace = stack.workspace()
    with workspace.catalog.lock("a test"), pytest.raises(Locked):
        cleaned(workspace, "papers")
    assert names(stack, "papers") == sorted(FULL)


def test_external_volumes_and_those_of_other_projects_must_be_named(tmp_path: Path) -> None:
    with small_stack(tmp_path) as stack:
        external, other = f"{stack.project}-ext", f"{stack.project}-their"
        docker("volume", "create", external)
        docker("volume", "create", "--label=com.docker.compose.project=theirs", other)
        text = stack.file.read_text().replace("papers:/srv/papers", "shared:/srv/papers")
        volumes = f"volumes:\n  shared: {{external: true, name: {external}}}\n  their: {{name: {other}}}\n"
        text = text.replace("letters:/srv/letters", "their:/srv/letters").replace(
            "volumes:\n  papers:\n", volumes
        )
        stack.file.write_text(text)
        try:
            stack.compose("up", "--detach", "store")
            stack.fill("papers", **FULL)
            workspace = stack.workspace()
            chosen, left = choose_by_type(workspace, "files", binds=False)
            assert {given.volume.key for given in chosen} == {"later"}
            assert {(each.volume, each.reason) for each in left} == {
                ("shared", "it is external"),
                ("their", "it belongs to project theirs"),
            }
            cleaned(workspace, "shared")
            assert names(stack, "papers") == []
            assert docker("volume", "inspect", external)
        finally:
            stack.compose("down", "--volumes", "--timeout", "0")
            docker("volume", "rm", "--force", external, other, f"{stack.project}_papers")


@pytest.mark.parametrize("place", ["..", ".", "./compose.yaml", "./backups"])
def test_a_bind_mount_that_holds_the_project_is_never_cleaned(tmp_path: Path, place: str) -> None:
    (tmp_path / "here" / "backups").mkdir(parents=True)
    with small_stack(tmp_path / "here") as stack:
        text = stack.file.read_text().replace('"letters:/srv/letters"', f'"{place}:/srv/letters"')
        stack.file.write_text(text)
        path = str((tmp_path / "here" / place).resolve())
        with pytest.raises(InvalidUse, match=r"is a single file|holds .*, which volops does not delete"):
            planned(stack.workspace(), path)


def test_a_bind_mount_that_is_named_is_cleaned(tmp_path: Path) -> None:
    with small_stack(tmp_path) as stack:
        stack.file.write_text(stack.file.read_text().replace('"letters:/srv/letters"', '"./in:/srv/letters"'))
        stack.compose("up", "--detach", "store")
        (tmp_path / "in" / "deep").mkdir()
        (tmp_path / "in" / "deep" / "file").write_text("x")
        cleaned(stack.workspace(), str(tmp_path / "in"))
        assert list((tmp_path / "in").iterdir()) == []
        assert stack.compose("exec", "-T", "store", "ls", "-A", "/srv/letters") == ""
