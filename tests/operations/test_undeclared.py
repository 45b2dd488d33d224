"""Volumes that no entry of the compose file covers are seen, told of, and saved when they are named."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.live import docker
from volops.compose import ComposeOptions
from volops.engine import ContainerInfo, MountInfo
from volops.errors import RestoreFailed, UnknownVolume
from volops.events import Event, VolumeFinished, Warned
from volops.manifest import BackupKind
from volops.model import Mount, OutcomeStatus, Service, Stack, Volume, VolumeKind
from volops.operations.backup import Selection, backup
from volops.operations.inventory import inventory
from volops.operations.restore import restore
from volops.operations.restore_plan import plan_restore
from volops.source import look_around
from volops.undeclared import undeclared_volumes
from volops.workspace import Workspace, open_workspace

STACK = """
name: {project}
services:
  keeper:
    image: {image}
    command: [sleep, infinity]
    init: true
    stop_grace_period: 1s
    deploy: {{replicas: 2}}
    volumes: ["papers:/srv/papers", /srv/scratch]
volumes: {{papers: }}
"""
"""Its image asks for volumes at /data and /more."""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, image: Callable[[str], str]) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("undeclared") / "compose.yaml"
    path.write_text(STACK.format(project=f"un-{uuid.uuid4().hex[:8]}", image=image("with-volume")))
    docker("compose", "--file", str(path), "up", "--detach")
    yield path
    docker("compose", "--file", str(path), "down", "--volumes", "--timeout", "0")


@pytest.fixture
def workspace(file: Path) -> Workspace:
    return open_workspace(ComposeOptions(files=(str(file),)))


def inside(file: Path, number: int, script: str) -> str:
    which = ("--file", str(file), "exec", "-T", "--index", str(number), "keeper")
    return docker("compose", *which, "sh", "-c", script).decode()


def test_each_has_a_row_and_each_replica_its_own(workspace: Workspace) -> None:
    sizes: Future[dict[str, int]] = Future()
    sizes.set_result({})
    items = {item.volume.key: item for item in inventory(workspace, sizes)}
    assert list(items) == [
        "papers",
        "keeper:/srv/scratch",
        "keeper:/data",
        "keeper:/more",
        "keeper:/data#2",
        "keeper:/more#2",
        "keeper:/srv/scratch#2",
    ]
    undeclared = [item.volume for item in items.values() if not item.volume.declared]
    assert {volume.kind for volume in undeclared} == {VolumeKind.ANONYMOUS}
    assert len({item.volume.name for item in items.values()}) == len(items)
    assert all(item.exists for item in items.values())


def test_a_backup_warns_of_each_and_says_that_it_does_not_hold_it(workspace: Workspace) -> None:
    events: list[Event] = []
    manifest = backup(workspace, Selection(), events.append)
    warned = {event.volume: event.message for event in events if isinstance(event, Warned)}
    for key in ("keeper:/data", "keeper:/more#2"):
        assert warned[key].startswith("it is not in the backup: no `volumes:` entry of the compose file")
        record = manifest.volume(key)
        assert record is not None
        assert record.status is OutcomeStatus.SKIPPED
        assert record.warnings == (warned[key],)
    assert manifest.kind is BackupKind.FULL


def test_what_x_volops_says_of_one_counts(file: Path, tmp_path: Path) -> None:
    said = "'keeper:/data': {backup: true}, 'keeper:/more': {backup: false}, 'keeper:/mroe': {backup: false}"
    more = tmp_path / "more.yaml"
    more.write_text(f"x-volops: {{volumes: {{{said}}}}}\n")
    workspace = open_workspace(ComposeOptions(files=(str(file), str(more))))
    events: list[Event] = []
    manifest = backup(workspace, Selection(), events.append)
    told = {event.outcome.volume: event.outcome for event in events if isinstance(event, VolumeFinished)}
    assert told["keeper:/data"].status is OutcomeStatus.DONE
    assert told["keeper:/more"].reason == "left out by x-volops"
    assert told["keeper:/more"].warnings == ()
    assert [event.volume for event in events if isinstance(event, Warned)].count("keeper:/mroe") == 1
    assert manifest.kind is BackupKind.FULL


def test_one_that_is_named_is_saved_and_comes_back(workspace: Workspace, file: Path) -> None:
    inside(file, 1, "echo one >/data/kept")
    inside(file, 2, "echo two >/data/kept")
    manifest = backup(workspace, Selection(("keeper:/data", "keeper:/data#2")), lambda _: None)
    assert {record.status for record in manifest.volumes} == {OutcomeStatus.DONE}
    for number in (1, 2):
        inside(file, number, "rm /data/kept")
    around = look_around(workspace.engine, workspace.stack, "")
    plan = plan_restore(workspace, around, workspace.catalog.find(manifest.name), ())
    restore(workspace, around, plan, lambda _: None)
    assert [inside(file, number, "cat /data/kept") for number in (1, 2)] == ["one\n", "two\n"]


def test_those_that_x_volops_wants_in_the_backup_come_back_when_no_container_is_left(
    tmp_path: Path, image: Callable[[str], str]
) -> None:
    """Compose makes the containers first, and with them the volumes; each replica gets its own data."""
    path = tmp_path / "compose.yaml"
    said = "'keeper:/data': {backup: true}, 'keeper:/data#2': {backup: true}"
    stack = STACK.format(project=f"un-{uuid.uuid4().hex[:8]}", image=image("with-volume"))
    path.write_text(f"{stack}x-volops: {{volumes: {{{said}}}}}\n")
    compose = ("compose", "--file", str(path))
    docker(*compose, "up", "--detach")
    try:
        inside(path, 1, "echo one >/data/kept; echo un >/srv/scratch/named")
        inside(path, 2, "echo two >/data/kept")
        backup(open_workspace(ComposeOptions(files=(str(path),))), Selection(), lambda _: None)
        docker(*compose, "down", "--volumes", "--timeout", "0")
        workspace = open_workspace(ComposeOptions(files=(str(path),)))
        around = look_around(workspace.engine, workspace.stack, "")
        plan = plan_restore(workspace, around, workspace.catalog.find("latest"), ())
        gone = {"papers", "keeper:/srv/scratch", "keeper:/data", "keeper:/data#2"}
        assert {item.volume.key for item in plan.items if item.missing} == gone
        done = restore(workspace, around, plan, lambda _: None)
        assert done.started == ("keeper", "keeper")
        assert [inside(path, number, "cat /data/kept") for number in (1, 2)] == ["one\n", "two\n"]
        assert inside(path, 1, "cat /srv/scratch/named") == "un\n"
    finally:
        docker(*compose, "down", "--volumes", "--timeout", "0")


def test_one_that_the_image_no_longer_asks_for_is_not_restored_into_anything(
    tmp_path: Path, image: Callable[[str], str]
) -> None:
    path = tmp_path / "compose.yaml"
    stack = STACK.format(project=f"un-{uuid.uuid4().hex[:8]}", image=image("with-volume"))
    text = f"{stack}x-volops: {{volumes: {{'keeper:/data': {{backup: true}}}}}}\n"
    path.write_text(text)
    compose = ("compose", "--file", str(path))
    docker(*compose, "up", "--detach")
    try:
        backup(open_workspace(ComposeOptions(files=(str(path),))), Selection(), lambda _: None)
        docker(*compose, "down", "--volumes", "--timeout", "0")
        path.write_text(text.replace(image("with-volume"), "debian:trixie-slim"))
        workspace = open_workspace(ComposeOptions(files=(str(path),)))
        around = look_around(workspace.engine, workspace.stack, "")
        plan = plan_restore(workspace, around, workspace.catalog.find("latest"), ())
        with pytest.raises(RestoreFailed, match="no volume 'keeper:/data' any more"):
            restore(workspace, around, plan, lambda _: None)
    finally:
        docker(*compose, "down", "--volumes", "--timeout", "0")


def container(name: str, service: str, *volumes: str, **changes: Any) -> ContainerInfo:
    """One that compose made, with these volumes at /1, /2 and so on; its number is at the end of its name."""
    labels = {"com.docker.compose.config-hash": "x", "com.docker.compose.container-number": name[3:]}
    mounts = tuple(MountInfo("volume", each, f"/{place}") for place, each in enumerate(volumes, 1))
    made = ContainerInfo(name, name, service, "shop", "i", "i", "running", mounts=mounts, labels=labels)
    return replace(made, **changes)


def test_only_containers_that_compose_made_for_the_stack_s_services_count() -> None:
    db, web = Service("db", "i"), Service("web", "i")
    named = Volume("data", "shop_data", mounts=(Mount(db, "/1"),))
    stack = Stack("shop", Path("/srv"), (), (db, web), (named,))
    found = undeclared_volumes(
        stack,
        [
            container("db-10", "db", "shop_data", "ten"),
            container("db-2", "db", "shop_data", "two"),
            container("db-1", "db", "shop_data", "one"),
            container("we-1", "web", "one"),
            container("or-1", "orphan", "of-no-service"),
            container("db-3", "db", "of-a-run", one_off=True),
            container("db-4", "db", "inherited", labels={}),
        ],
    )
    assert {volume.key: volume.name for volume in found} == {
        "db:/2": "one",
        "db:/2#2": "two",
        "db:/2#3": "ten",
    }
    assert [mount.service.name for mount in found[0].mounts] == ["db", "web"]


def test_what_no_container_has_is_unknown(workspace: Workspace) -> None:
    with pytest.raises(UnknownVolume):
        workspace.assignment("keeper:/nothing")
