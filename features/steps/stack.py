"""Steps about the compose project: which one, how it runs, whether anything of it changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from pytest_bdd import given, parsers, then

from features.world import engine
from features.world.engine import docker
from features.world.project import Project
from features.world.stacks import SAMPLE, Stack
from features.world.waiting import wait_for
from volops.testing.report.records import Recorder

TO_LOSE = "to lose"


class SharedStacks(Protocol):
    """Stacks by kind; those with a purpose are apart from the others."""

    def __call__(self, kind: str, purpose: str = "") -> Stack: ...


Stacks = Callable[[str], Stack]
Enter = Callable[[Stack], Project]


@given("the sample stack, running and filled with data", target_fixture="project")
def sample(shared_stack: SharedStacks, enter: Enter) -> Project:
    return enter(shared_stack(SAMPLE))


@given("a sample stack of its own, running and filled with data", target_fixture="project")
def sample_to_lose(shared_stack: SharedStacks, enter: Enter) -> Project:
    """Scenarios that destroy its data share it: each brings all of it back."""
    return enter(shared_stack(SAMPLE, TO_LOSE))


@given(parsers.parse('the shared stack "{kind}"'), target_fixture="project")
def shared(kind: str, shared_stack: SharedStacks, enter: Enter) -> Project:
    return enter(shared_stack(kind))


@given(parsers.parse('a fresh stack "{kind}"'), target_fixture="project")
def fresh(kind: str, own_stack: Stacks, enter: Enter) -> Project:
    stack = own_stack(kind)
    stack.ensure()
    return enter(stack)


@given(parsers.parse('the stack "{kind}", never started'), target_fixture="project")
def never_started(kind: str, own_stack: Stacks, enter: Enter) -> Project:
    return enter(own_stack(kind))


@given("I am in an empty directory", target_fixture="project")
def nowhere(home: Path, recorder: Recorder) -> Project:
    directory = home / "empty"
    directory.mkdir()
    return Project("feat-of-nothing", directory, recorder)


@given("I am in an empty directory beside the project")
def elsewhere(project: Project) -> None:
    project.cwd = project.directory.parent / "elsewhere"
    project.cwd.mkdir()


@given("the compose file says")
def compose_file(project: Project, docstring: str) -> None:
    _compose_file(project).write_text(docstring + "\n")


@given("the compose file also says")
def compose_file_also(project: Project, docstring: str) -> None:
    with _compose_file(project).open("a") as file:
        file.write(f"\n{docstring}\n")


@given("the compose file is overridden by")
def compose_override(project: Project, docstring: str) -> None:
    (project.directory / "compose.override.yaml").write_text(docstring + "\n")


def _compose_file(project: Project) -> Path:
    return next(project.directory.glob("*compose.y*ml"))


@given(parsers.parse('the service "{service}" is stopped'))
def stopped(service: str, project: Project) -> None:
    docker("stop", "--time", "20", project.container(service).id)


@then("every service is healthy")
def healthy(project: Project, recorder: Recorder) -> None:
    found = project.containers
    recorder.table(
        "services", ["service", "state", "health"], [[c.service, c.state, c.health] for c in found]
    )
    assert found
    assert {(one.state, one.health) for one in found} <= {("running", "healthy"), ("running", "")}


@then("every service is as it was before")
def untouched(project: Project, recorder: Recorder) -> None:
    after = wait_for(lambda: _settled(project), "the containers to be as they were", seconds=5)
    recorder.table("containers", ["service", "name", "state", "health", "started"], list(after.values()))


def _settled(project: Project) -> dict[str, tuple[str, ...]]:
    """The containers, if they are those of before: same ids, same state, not started again since."""
    now = project.snapshot().containers
    return now if now == project.before.containers else {}


@then(parsers.parse('the service "{service}" is still stopped'))
def still_stopped(service: str, project: Project) -> None:
    assert project.container(service).state == "exited"


@then("every volume is the same as before")
def same_volumes(project: Project, recorder: Recorder) -> None:
    now = project.snapshot().volumes
    recorder.table("volumes", ["volume", "made"], sorted(now.items()))
    assert now == project.before.volumes


@then(parsers.parse('no volume has "{part}" in its name'))
def no_such_volume(part: str) -> None:
    assert [name for name in engine.volumes() if part in name] == []


@then("no volume of it was made")
def no_volume(project: Project) -> None:
    assert project.volumes == set()


@then(parsers.parse('the engine says that "{service}" was paused and let go'))
def paused(service: str, project: Project) -> None:
    container = project.container(service)
    moments = ["--since", container.started, "--until", engine.now()]
    wanted = ["--filter", f"container={container.id}", "--format", "{{.Action}}"]
    actions = docker("events", *moments, *wanted).decode().split()
    assert [action for action in actions if action in ("pause", "unpause")] == ["pause", "unpause"]
    assert container.state == "running"
