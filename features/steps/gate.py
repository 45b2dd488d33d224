"""Steps about the gate for any stack: what it is run on, what it says, and what it leaves alone."""

from __future__ import annotations

import re
import secrets
import socket

from pytest_bdd import given, parsers, then

from features.steps.stack import Enter, Stacks
from features.world.engine import docker
from features.world.project import Project
from volops.testing.report.records import Recorder

_IMAGE = "volops-sample-redis:1"
_FILE = "of the original"


@given("a shop, running, which fixes by name all that it can", target_fixture="project")
def shop(own_stack: Stacks, enter: Enter) -> Project:
    stack = own_stack("shop")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    street = f"10.{200 + secrets.randbelow(50)}.{secrets.randbelow(256)}"
    settings = f"SHOP_PORT={port}\nSHOP_STREET={street}\n"
    env = stack.project.directory / ".env"
    env.write_text(env.read_text() + settings)
    stack.ensure()
    return enter(stack)


@given("a file in each volume that is its own", target_fixture="owned")
def owned_files(project: Project) -> dict[str, str]:
    """Those of the database are its server's."""
    volumes = [name for name in project.volumes if not _is_database(name)]
    for name in volumes:
        _look(name, f"echo mine >'/tree/{_FILE}'")
    return {name: _listing(name) for name in volumes}


@given(parsers.parse('the file "{name}" with a service that controls the engine'))
def controlling(name: str, project: Project) -> None:
    socket_of_engine = "/var/run/docker.sock:/var/run/docker.sock"
    service = f"services:\n  keeper:\n    image: {_IMAGE}\n    volumes: ['{socket_of_engine}']\n"
    (project.directory / name).write_text(service)


@then("the files are there, and no others")
def same_files(owned: dict[str, str]) -> None:
    assert owned
    assert {name: _listing(name) for name in owned} == owned


@then(parsers.parse('the directory "{name}" of the project holds what its services put there, and no more'))
def untouched_directory(name: str, project: Project) -> None:
    directory = project.directory / name
    assert {path.name for path in directory.iterdir()} == {"teapot.txt", "sold.txt"}
    assert (directory / "sold.txt").read_text() == "sold\n"


@then("nothing of a gate is left")
def nothing_left(project: Project) -> None:
    """On the engine, and among the temporary files of the command."""
    mine = ("--filter", f"label=volops.gate={project.name}")
    assert docker("ps", "--all", "--quiet", *mine) == b""
    assert docker("volume", "ls", "--quiet", *mine) == b""
    assert docker("network", "ls", "--quiet", *mine) == b""
    assert docker("images", "--quiet", "--filter", f"reference={project.name}-gate-*") == b""
    assert [path.name for path in project.scratch.glob("volops-*")] == []


@then(parsers.parse('its report says that the criteria "{tags}" are met'))
def criteria_met(tags: str, project: Project, recorder: Recorder) -> None:
    page = (project.cwd / "reports" / "acceptance.html").read_text("utf-8")
    rows = re.findall(r'<tr class="([\w-]+)">\s*<th scope="row">(AC\d)</th>', page)
    recorder.table("criteria of the gate", ["outcome", "criterion"], rows)
    assert rows == [("passed", tag) for tag in tags.split(", ")]
    for name in ("junit.xml", "cucumber.json"):
        assert (project.cwd / "reports" / name).stat().st_size > 0


def _is_database(name: str) -> bool:
    return _look(name, "test -e /tree/PG_VERSION && echo yes || true") != ""


def _listing(name: str) -> str:
    return _look(name, "cd /tree && find . -type f ! -name '*.aof' -exec sha256sum {} + | sort")


def _look(name: str, script: str) -> str:
    mounted = f"type=volume,source={name},target=/tree"
    argv = ("run", "--rm", "--network", "none", "--entrypoint", "sh", "--mount", mounted)
    return docker(*argv, _IMAGE, "-c", script).decode().strip()
