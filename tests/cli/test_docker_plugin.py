"""`docker volops …` is `volops …`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Volops
from tests.cli.program import Done, run

PLUGIN = str(Path(sys.executable).parent / "docker-volops")


@pytest.fixture
def home(tmp_path: Path, volops: Volops) -> Path:
    """A directory of the Docker client in which the plugin is installed."""
    done = volops("docker-plugin", "install", DOCKER_CONFIG=str(tmp_path))
    assert done.code == 0
    assert "`docker volops` works now" in done.out
    return tmp_path


@pytest.fixture
def docker(home: Path, project: Path) -> Volops:
    """The Docker client with that directory."""

    def call(*arguments: str) -> Done:
        return run(*arguments, cwd=project, program="docker", DOCKER_CONFIG=str(home))

    return call


def test_the_client_knows_the_plugin(docker: Volops) -> None:
    done = docker("info", "--format", "{{json .ClientInfo.Plugins}}")
    (ours,) = [plugin for plugin in json.loads(done.out) if plugin["Name"] == "volops"]
    assert ours["SchemaVersion"] == "0.1.0"
    assert not ours.get("Err")


def test_verbs_and_exit_codes_come_through(docker: Volops) -> None:
    assert docker("volops", "exec", "web", "sh", "-c", "exit 7").code == 7
    done = docker("volops", "exec", "nosuch", "true")
    assert done.code == 2
    assert "no service 'nosuch'" in done.err


def test_help_names_the_command_as_it_was_called(docker: Volops) -> None:
    done = docker("volops", "backup", "--help")
    assert done.out.startswith("Usage: docker volops backup")
    assert "  docker volops backup --all" in done.out


@pytest.mark.parametrize(
    "option", [["--context", "default"], ["--context=default"], ["-H", "unix:///var/run/docker.sock"], ["-D"]]
)
def test_the_clients_global_options_are_followed(docker: Volops, option: list[str]) -> None:
    assert docker(*option, "volops", "exec", "web", "echo", "yes").out == "yes\n"


def test_another_engine_is_asked_when_the_client_is_told_so(docker: Volops) -> None:
    done = docker("-H", "unix:///nowhere.sock", "volops", "volumes")
    assert done.code == 1
    assert "no container engine answers at unix:///nowhere.sock" in done.err


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["ba"], ["backup", "backup-db", ":4"]),
        (["backup", "upl"], ["uploads", ":4"]),
        (["backup", "--backups", ""], [":16"]),
        (["verify", "./"], [":0"]),
        (["backup", "nonesuch"], [":4"]),
    ],
)
def test_the_clients_shell_completion_asks_it(docker: Volops, words: list[str], offered: list[str]) -> None:
    done = docker("__complete", "volops", *words)
    assert done.code == 0
    assert [line.partition("\t")[0] for line in done.out.splitlines()] == offered


def test_an_option_that_cannot_be_followed_is_refused(docker: Volops) -> None:
    done = docker("--tlsverify", "volops", "volumes")
    assert done.code == 2
    assert "the option --tlsverify of docker cannot be followed" in done.err


def test_remove_takes_it_away(home: Path, docker: Volops, volops: Volops) -> None:
    assert volops("docker-plugin", "remove", DOCKER_CONFIG=str(home)).code == 0
    assert not (home / "cli-plugins" / "docker-volops").is_symlink()
    assert docker("volops", "start").code != 0


def test_a_file_of_somebody_else_is_left_alone(volops: Volops, tmp_path: Path) -> None:
    file = tmp_path / "cli-plugins" / "docker-volops"
    file.parent.mkdir()
    file.write_text("theirs")
    done = volops("docker-plugin", "install", DOCKER_CONFIG=str(tmp_path))
    assert done.code == 1
    assert "is not a link of ours" in done.error_line
    assert file.read_text() == "theirs"


def test_metadata_is_what_the_client_asks_for(tmp_path: Path) -> None:
    done = run("docker-cli-plugin-metadata", cwd=tmp_path, program=PLUGIN)
    assert {"SchemaVersion", "Vendor", "Version", "ShortDescription"} == set(json.loads(done.out))
