"""Removing what belongs to a project: all of it, and nothing else's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.live import docker
from tests.operations.small_stack import SmallStack, small_stack
from tests.operations.test_clean_volumes import IMAGE
from volops.docker import DockerEngine
from volops.errors import VolumeInUse
from volops.journal import Journal, JournalFile, Step, Touched
from volops.operations.backup import Selection, backup
from volops.operations.clean_project import plan_containers, plan_everything
from volops.operations.clean_removing import Removed, remove


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[SmallStack]:
    with small_stack(tmp_path) as running:
        running.fill("papers", deed="now")
        yield running


def of_project(project: str) -> dict[str, set[str]]:
    """What the engine has of a project: names of containers, networks, volumes."""
    mine = f"label=com.docker.compose.project={project}"
    listing = {
        "containers": ("ps", "--all", "--format", "{{.Names}}"),
        "networks": ("network", "ls", "--format", "{{.Name}}"),
        "volumes": ("volume", "ls", "--format", "{{.Name}}"),
    }
    return {what: set(docker(*argv, "--filter", mine).decode().split()) for what, argv in listing.items()}


def everything_removed(stack: SmallStack) -> Removed:
    workspace = stack.workspace()
    return remove(workspace, plan_everything(workspace), lambda _: None, command="clean-all")


def audit(stack: SmallStack) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (stack.backups / "audit.jsonl").read_text().splitlines()]


def test_containers_and_networks_go_and_every_volume_stays_as_it_is(stack: SmallStack) -> None:
    stack.compose("run", "--detach", "--name", f"{stack.project}-once", "store", "sleep", "infinity")
    stack.compose("up", "--no-start", "late")
    volumes = stack.volumes()
    workspace = stack.workspace()
    done = remove(workspace, plan_containers(workspace), lambda _: None, command="clean")
    assert f"{stack.project}-once" in done.containers
    assert of_project(stack.project) | {"volumes": set()} == {
        "containers": set(),
        "networks": set(),
        "volumes": set(),
    }
    assert stack.volumes() == volumes
    assert plan_containers(stack.workspace()).nothing
    stack.compose("up", "--detach", "store")
    assert stack.compose("exec", "-T", "store", "cat", "/srv/papers/deed") == "now"


def test_containers_are_stopped_before_they_are_removed(tmp_path: Path) -> None:
    with small_stack(tmp_path) as stack:
        told = "trap 'echo stopped in order >/srv/papers/end; exit' TERM; while :; do sleep 0.1; done"
        stack.file.write_text(
            stack.file.read_text().replace(
                'command: [sleep, infinity]\n    init: true\n    volumes: ["papers',
                f'command: [sh, -c, "{told}"]\n    volumes: ["papers',
                1,
            )
        )
        stack.compose("up", "--detach", "store")
        workspace = stack.workspace()
        remove(workspace, plan_containers(workspace), lambda _: None, command="clean")
        shown = docker("run", "--rm", "-v", f"{stack.project}_papers:/v:ro", IMAGE, "cat", "/v/end")
        assert shown.decode() == "stopped in order\n"


def test_all_goes_and_the_backups_stay(stack: SmallStack) -> None:
    backup(stack.workspace(), Selection(), lambda _: None)
    kept = {path for path in stack.backups.iterdir() if not path.name.startswith((".", "audit"))}
    done = everything_removed(stack)
    assert done.failed == {}
    assert {volume.key for volume in done.volumes} == {"papers", "letters"}
    assert not any(of_project(stack.project).values())
    assert kept <= set(stack.backups.iterdir())
    assert plan_everything(stack.workspace()).nothing
    (line,) = audit(stack)
    assert (line["command"], line["outcome"], line["project"]) == ("clean-all", "done", stack.project)
    assert f"volume {stack.project}_papers" in line["touched"]


def test_orphans_go_too(stack: SmallStack) -> None:
    """A service and a volume that the compose file does not know any more."""
    text = stack.file.read_text()
    older = "  older:\n    image: debian:trixie-slim\n    volumes: ['old:/srv/old']\n"
    stack.file.write_text(text.replace("volumes:\n  papers:", f"{older}volumes:\n  old:\n  papers:"))
    stack.compose("up", "--no-start", "older")
    stack.file.write_text(text)
    assert f"{stack.project}_old" in of_project(stack.project)["volumes"]
    everything_removed(stack)
    assert not any(of_project(stack.project).values())


def test_a_project_with_the_same_file_or_a_shared_prefix_is_not_touched(
    stack: SmallStack, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    names = (f"{stack.project}-2", f"{stack.project}2", f"a{stack.project}")
    file = tmp_path / "other" / "compose.yaml"
    file.write_text(stack.file.read_text().replace(f"name: {stack.project}\n", ""))
    argv = [("compose", "-p", name, "-f", str(file)) for name in names]
    try:
        for each in argv:
            docker(*each, "up", "--detach", "store")
        before = {name: of_project(name) for name in names}
        assert all(found["volumes"] for found in before.values())
        everything_removed(stack)
        assert {name: of_project(name) for name in names} == before
        for each in argv:
            assert docker(*each, "ps", "--status", "running", "--quiet", "store")
    finally:
        for each in argv:
            docker(*each, "down", "--volumes", "--timeout", "0")


def test_a_container_that_has_only_inherited_the_projects_label_is_somebody_elses(stack: SmallStack) -> None:
    """Compose labels the images that it builds, and every container of one inherits the label."""
    name, inherited = f"{stack.project}-copy", f"--label=com.docker.compose.project={stack.project}"
    docker(
        "run", "--detach", "--init", "--name", name, inherited, "--network=none", IMAGE, "sleep", "infinity"
    )
    try:
        everything_removed(stack)
        assert of_project(stack.project) == {"containers": {name}, "networks": set(), "volumes": set()}
        stack.compose("up", "--detach", "store")
        docker("rm", "--force", name)
        docker("create", "--name", name, inherited, "-v", f"{stack.project}_papers:/x", IMAGE, "true")
        with pytest.raises(VolumeInUse, match=f"{name}' of no project"):
            plan_everything(stack.workspace())
    finally:
        docker("rm", "--force", name)


def test_external_volumes_and_those_of_other_projects_stay(tmp_path: Path) -> None:
    external, other = f"{tmp_path.name}-ext", f"{tmp_path.name}-their"
    docker("volume", "create", external)
    docker("volume", "create", "--label=com.docker.compose.project=theirs", other)
    try:
        with small_stack(tmp_path) as stack:
            more = f"  shared: {{external: true, name: {external}}}\n  their: {{name: {other}}}\n"
            text = stack.file.read_text().replace("volumes:\n  papers:", f"volumes:\n{more}  papers:")
            text = text.replace("later:/srv/later", "shared:/srv/later").replace(
                '"papers:/srv/papers:ro"', '"papers:/srv/papers:ro", "their:/srv/their"'
            )
            stack.file.write_text(text)
            plan = plan_everything(stack.workspace())
            assert {each.volume for each in plan.left} == {"shared", "their"}
            everything_removed(stack)
            assert not any(of_project(stack.project).values())
            assert docker("volume", "inspect", external, other)
    finally:
        docker("volume", "rm", "--force", external, other)


def test_volumes_without_a_name_go_even_after_their_containers(
    tmp_path: Path, image: Callable[[str], str]
) -> None:
    """Those of the compose file, and those of an image."""
    with small_stack(tmp_path) as stack:
        text = stack.file.read_text().replace('"letters:/srv/letters"', '"/srv/notes"')
        late = "  late:\n    image: "
        stack.file.write_text(text.replace(f"{late}{IMAGE}", f"{late}{image('with-volume')}"))
        stack.compose("up", "--detach", "store")
        stack.compose("up", "--no-start", "late")
        workspace = stack.workspace()
        plan = plan_containers(workspace)
        assert sorted(plan.unnamed.values()) == ["late:/data", "late:/more", "store:/srv/notes"]
        remove(workspace, plan, lambda _: None, command="clean")
        assert docker("volume", "inspect", *plan.unnamed)
        everything_removed(stack)
        assert plan.unnamed.keys().isdisjoint(docker("volume", "ls", "--quiet").decode().split())


def test_a_volume_that_a_stranger_uses_is_refused_before_anything_is_removed(stack: SmallStack) -> None:
    plan, before = plan_everything(stack.workspace()), of_project(stack.project)
    name = f"{stack.project}-stranger"
    docker("create", "--name", name, "-v", f"{stack.project}_letters:/x", IMAGE, "true")
    try:
        with pytest.raises(VolumeInUse, match=f"in use by container '{name}'"):
            plan_everything(stack.workspace())
        with pytest.raises(VolumeInUse, match=name):
            remove(stack.workspace(), plan, lambda _: None, command="clean-all")
    finally:
        docker("rm", "--force", name)
    assert of_project(stack.project) == before
    assert stack.state("store") == "running"


def test_a_stranger_on_the_network_is_named(stack: SmallStack) -> None:
    name = f"{stack.project}-stranger"
    network = f"{stack.project}_default"
    docker("run", "--detach", "--init", "--name", name, "--network", network, IMAGE, "sleep", "infinity")
    try:
        done = everything_removed(stack)
        assert list(done.failed) == [f"network {network}"]
        assert f"docker network disconnect {network} {name}" in done.failed[f"network {network}"]
        assert of_project(stack.project) == {"containers": set(), "networks": {network}, "volumes": set()}
    finally:
        docker("rm", "--force", name)
    assert everything_removed(stack).networks == [network]


def test_a_helper_that_a_killed_run_never_started_keeps_nothing(stack: SmallStack) -> None:
    name, label = f"{stack.project}-helper", "--label=volops.helper=1"
    docker("create", "--name", name, label, "-v", f"{stack.project}_letters:/volume", IMAGE, "true")
    try:
        assert everything_removed(stack).failed == {}
        assert not any(of_project(stack.project).values())
    finally:
        docker("rm", "--force", name)


class Racing(DockerEngine):
    """A container of somebody else comes to use a volume just before it is removed."""

    def __init__(self, engine: DockerEngine, stranger: str) -> None:
        self.__dict__.update(engine.__dict__)
        self._stranger = stranger

    def remove_volume(self, name: str) -> None:
        if name.endswith("_papers"):
            docker("create", "--name", self._stranger, "-v", f"{name}:/x", IMAGE, "true")
        super().remove_volume(name)


def test_a_volume_that_could_not_be_removed_is_not_reported_as_removed(stack: SmallStack) -> None:
    name = f"{stack.project}-stranger"
    workspace = stack.workspace()
    assert isinstance(workspace.engine, DockerEngine)
    racing = replace(workspace, engine=Racing(workspace.engine, name))
    try:
        done = remove(racing, plan_everything(racing), lambda _: None, command="clean-all")
        assert [volume.key for volume in done.volumes] == ["letters"]
        assert list(done.failed) == [f"volume {stack.project}_papers"]
        assert of_project(stack.project)["volumes"] == {f"{stack.project}_papers"}
        assert audit(stack)[-1]["outcome"] == "partly"
        assert f"{stack.project}_papers" in audit(stack)[-1]["error"]
    finally:
        docker("rm", "--force", name)
    assert [volume.key for volume in everything_removed(stack).volumes] == ["papers"]


def test_a_restore_that_nobody_can_end_is_forgotten_with_its_volumes(stack: SmallStack) -> None:
    workspace = stack.workspace()
    journals = JournalFile(workspace.state)
    touched = (Touched("papers", f"{stack.project}_papers"),)
    plan = plan_everything(workspace)
    with journals.held():
        journals.write(Journal("restore", "some backup", Step.STAGING, touched))
    remove(workspace, plan, lambda _: None, command="clean-all")
    assert not journals.exists
