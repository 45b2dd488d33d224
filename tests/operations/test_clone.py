"""A backup restored beside the live stack, for a copy of the project under another name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.operations.small_stack import SmallStack, small_stack
from tests.operations.strange_types import Strange
from tests.plugins.restoring import Restorable
from volops.compose import ComposeOptions
from volops.errors import CheckFailed, InvalidUse, RestoreFailed, RestoreRefused
from volops.operations.backup import Selection, backup
from volops.operations.clone import Cloned, clone
from volops.operations.clone_plan import ClonePlan, plan_clone
from volops.source import look_around
from volops.volume_access import Staging
from volops.workspace import Workspace, open_workspace

CLONING = """
import os, signal, sys
from volops.compose import ComposeOptions
from volops.operations.clone import clone
from volops.operations.clone_plan import plan_clone
from volops.source import look_around
from volops.staging import Swap
from volops.workspace import open_workspace

Swap.keep = lambda self: os.kill(os.getpid(), signal.SIGKILL)
workspace = open_workspace(ComposeOptions(files=(sys.argv[1],)))
around = look_around(workspace.engine, workspace.stack, "")
plan = plan_clone(workspace, around, workspace.catalog.find("latest"), (), sys.argv[2])
clone(workspace, around, plan, lambda event: None)
"""

SERVER = """
services:
  db:
    image: volops-sample-postgres:{tag}
    environment: {{POSTGRES_PASSWORD: secret, POSTGRES_DB: shop}}
    volumes: ["db:/var/lib/postgresql/data"]
    healthcheck: {{test: [CMD, pg_isready, -h, 127.0.0.1], start_period: 60s, start_interval: 250ms}}
volumes: {{db: }}
x-volops: {{backups: ./backups}}
"""
FIFTEEN, SEVENTEEN = "1-bookworm", "1"
VERSION = "current_setting('server_version_num')::int / 10000"


class Refusing(Strange):
    """Finds what it loaded wrong."""

    def check(self, staging: Staging) -> None:
        raise CheckFailed(f"{staging.volume.key} is not what it was")


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[SmallStack]:
    with small_stack(tmp_path) as running:
        running.fill("papers", deed="then")
        running.fill("letters", first="dear all")
        backup(running.workspace(), Selection(), lambda _: None)
        running.fill("papers", deed="now")
        yield running


@pytest.fixture
def copy() -> Iterator[str]:
    """The name of a project; all that it has on the engine is gone afterwards."""
    name = f"copy-{uuid.uuid4().hex[:8]}"
    yield name
    mine = ["--quiet", "--filter", f"label=com.docker.compose.project={name}"]
    for what, remove in (
        (["ps", "--all"], ["rm", "--force"]),
        (["network", "ls"], ["network", "rm"]),
        (["volume", "ls"], ["volume", "rm"]),
    ):
        found = docker(*what, *mine).split()
        docker(*remove, *found) if found else None


def docker(*argv: str) -> str:
    return subprocess.run(["docker", *argv], capture_output=True, text=True, check=True).stdout


def planned(workspace: Workspace, project: str, *names: str) -> ClonePlan:
    around = look_around(workspace.engine, workspace.stack, "")
    return plan_clone(workspace, around, workspace.catalog.entries()[0], names, project)


def cloned(workspace: Workspace, project: str, *names: str) -> Cloned:
    around = look_around(workspace.engine, workspace.stack, "")
    return clone(workspace, around, planned(workspace, project, *names), lambda _: None)


def volumes_of(project: str) -> list[str]:
    found = docker("volume", "ls", "--quiet", "--filter", f"label=com.docker.compose.project={project}")
    return sorted(found.split())


def started(stack: SmallStack, done: Cloned) -> str:
    """Start the copy as volops says; what compose says about it."""
    said = subprocess.run(done.command, shell=True, cwd=stack.directory, capture_output=True, text=True)  # noqa: S602
    assert said.returncode == 0, said.stderr
    return said.stderr


def told_by(project: str, path: str) -> str:
    return docker("exec", f"{project}-store-1", "cat", path)


def test_a_copy_starts_without_a_warning_and_holds_the_data(stack: SmallStack, copy: str) -> None:
    containers, volumes = stack.containers(), stack.volumes()
    done = cloned(stack.workspace(), copy)
    assert volumes_of(copy) == [f"{copy}_letters", f"{copy}_papers"]
    assert (stack.containers(), stack.volumes()) == (containers, volumes)
    assert "warning" not in started(stack, done)
    assert told_by(copy, "/srv/papers/deed") == "then"
    assert told_by(copy, "/srv/letters/first") == "dear all"
    assert stack.compose("exec", "-T", "store", "cat", "/srv/papers/deed") == "now"
    assert stack.containers() == containers
    assert docker("exec", f"{copy}-store-1", "ls", "-A", "/srv/papers").split() == ["deed"]
    stack.compose("-p", copy, "down", "--volumes", "--timeout", "0")
    assert volumes_of(copy) == []
    assert stack.volumes() == volumes


@contextmanager
def backed_up(directory: Path, papers: str, letters: str) -> Iterator[SmallStack]:
    """The stack with a backup, its compose file giving its volumes these names."""
    stack = SmallStack(directory)
    text = stack.file.read_text()
    text = text.replace(
        "\n  papers:\n  letters:\n", f"\n  papers: {{name: {papers}}}\n  letters: {letters}\n"
    )
    stack.file.write_text(text)
    try:
        stack.compose("up", "--detach", "store", "reader")
        stack.fill("papers", deed="then")
        backup(stack.workspace(), Selection(("papers", "letters")), lambda _: None)
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "0")


def test_a_variable_in_the_names_of_volumes_gets_the_new_name(tmp_path: Path, copy: str) -> None:
    own = f"own-{uuid.uuid4().hex[:8]}"
    names = f"'${{PREFIX:-{own}}}-papers'", f"{{name: '${{PREFIX:-{own}}}-letters'}}"
    with backed_up(tmp_path, *names) as stack:
        done = cloned(stack.workspace(), copy)
        assert done.command.startswith(f"PREFIX={copy} docker compose --project-name {copy}")
        assert volumes_of(copy) == [f"{copy}-letters", f"{copy}-papers"]
        assert "warning" not in started(stack, done)
        assert told_by(copy, "/srv/papers/deed") == "then"


@pytest.mark.parametrize(
    ("papers", "letters", "expected"),
    [
        ("app-{}-papers", "{{name: app-{}-letters}}", ["{copy}-{}-letters", "{copy}-{}-papers"]),
        ("app_{}", "{{name: application_{}}}", ["{copy}-app_{}", "{copy}-application_{}"]),
        ("app-{}-papers", "", ["{copy}-app-{}-papers", "{copy}_letters"]),
    ],
)
def test_names_that_are_fixed_change_their_first_word_if_it_is_the_same_in_all(
    tmp_path: Path, copy: str, papers: str, letters: str, expected: list[str]
) -> None:
    own = uuid.uuid4().hex[:8]
    with backed_up(tmp_path, papers.format(own), letters.format(own)) as stack:
        done = cloned(stack.workspace(), copy)
        assert volumes_of(copy) == [name.format(own, copy=copy) for name in expected]
        assert "warning" not in started(stack, done)
        assert told_by(copy, "/srv/papers/deed") == "then"


def test_a_volume_that_is_not_empty_is_refused_and_an_empty_one_is_used(stack: SmallStack, copy: str) -> None:
    label = f"com.docker.compose.project={copy}"
    docker("volume", "create", "--label", label, f"{copy}_papers")
    fill = ["run", "--rm", "-v", f"{copy}_papers:/x", "debian:trixie-slim"]
    docker(*fill, "touch", "/x/mine")
    with pytest.raises(RestoreRefused, match=f"{copy}_papers' exists and is not empty"):
        cloned(stack.workspace(), copy)
    assert volumes_of(copy) == [f"{copy}_papers"]
    docker(*fill, "rm", "/x/mine")
    cloned(stack.workspace(), copy, "papers")
    assert docker(*fill, "cat", "/x/deed") == "then"


def failing(workspace: Workspace) -> Workspace:
    types = {**workspace.registry.types}
    types["files"] = replace(types["files"], cls=Refusing)
    workspace.registry.types = types
    return workspace


def test_what_fails_leaves_no_volume_and_an_empty_one_empty(stack: SmallStack, copy: str) -> None:
    workspace = failing(stack.workspace())
    with pytest.raises(CheckFailed):
        cloned(workspace, copy)
    assert volumes_of(copy) == []
    docker("volume", "create", "--label", f"com.docker.compose.project={copy}", f"{copy}_papers")
    with pytest.raises(RestoreFailed):
        cloned(workspace, copy)
    assert volumes_of(copy) == [f"{copy}_papers"]
    look = ["run", "--rm", "-v", f"{copy}_papers:/x", "debian:trixie-slim", "ls", "-A", "/x"]
    assert docker(*look) == ""


def test_a_killed_one_leaves_volumes_that_the_next_command_removes(stack: SmallStack, copy: str) -> None:
    argv = [sys.executable, "-c", CLONING, str(stack.file), copy]
    done = subprocess.run(argv, env=os.environ, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(volumes_of(copy)) == 2
    stack.workspace()
    assert volumes_of(copy) == []


@contextmanager
def server_backed_up(directory: Path, runs: str, said: str) -> Iterator[Restorable]:
    """A PostgreSQL server that runs, with a backup; the compose file has come to name another image since."""
    server = Restorable(directory)
    server.write(SERVER.format(tag=runs))
    try:
        server.up()
        server.compose(*psql("CREATE TABLE orders AS SELECT 42 AS number"))
        server.backup()
        server.write(SERVER.format(tag=said))
        yield server
    finally:
        server.gone()


def workspace_of(server: Restorable) -> Workspace:
    file = str(server.directory / "compose.yaml")
    return open_workspace(ComposeOptions(files=(file,), project=server.name))


def psql(statement: str) -> list[str]:
    return ["exec", "-T", "db", "psql", "-h", "127.0.0.1", "-U", "postgres", "-d", "shop", "-XAtc", statement]


def test_a_copy_is_made_for_the_image_of_the_compose_file_not_for_that_which_still_runs(
    tmp_path: Path, copy: str
) -> None:
    with server_backed_up(tmp_path, FIFTEEN, SEVENTEEN) as server:
        done = cloned(workspace_of(server), copy)
        argv = f"{done.command} --wait"
        said = subprocess.run(argv, shell=True, cwd=tmp_path, capture_output=True, text=True)  # noqa: S602
        assert said.returncode == 0, said.stderr
        there = replace(server, name=copy)
        assert (
            there.compose(
                *psql("SELECT number, current_setting('server_version_num')::int / 10000 FROM orders")
            )
            == "42|17"
        )
        assert server.compose(*psql("SELECT current_setting('server_version_num')::int / 10000")) == "15"


def test_a_copy_for_an_older_server_than_that_which_runs_is_refused_as_a_restore_would_be(
    tmp_path: Path, copy: str
) -> None:
    with server_backed_up(tmp_path, SEVENTEEN, FIFTEEN) as server:
        with pytest.raises(RestoreRefused, match="15"):
            cloned(workspace_of(server), copy)
        assert volumes_of(copy) == []


@pytest.mark.parametrize("name", ["", "Upper", "-dash", "a b"])
def test_what_cannot_be_a_project_is_refused(stack: SmallStack, name: str) -> None:
    with pytest.raises(InvalidUse, match="cannot be the name"):
        planned(stack.workspace(), name)


def test_a_copy_of_itself_is_refused(stack: SmallStack) -> None:
    with pytest.raises(InvalidUse, match="this project itself"):
        planned(stack.workspace(), stack.project)


def test_what_every_copy_shares_is_no_part_of_it(stack: SmallStack, copy: str) -> None:
    outside = f"{stack.project}_papers"
    text = stack.file.read_text()
    external = f"\n  papers: {{name: {outside}, external: true}}\n"
    stack.file.write_text(text.replace("\n  papers:\n", external))
    plan = planned(stack.workspace(), copy)
    assert (plan.left_out, [each.item.volume.key for each in plan.items]) == (("papers",), ["letters"])
    with pytest.raises(InvalidUse, match="external volume"):
        planned(stack.workspace(), copy, "papers")
    stack.file.write_text(text)
