"""`scripts/setup` where nothing is installed, so that nothing at hand can hide a missing step.

Takes a good minute for each release: every package really is fetched and installed.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.setup.bare_machine import BareMachine, bare_machine

pytestmark = pytest.mark.timeout(1500)

SETUP = "/checkout/scripts/setup"
PYTHON = "/checkout/.venv/bin/python"


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def machine(request: pytest.FixtureRequest) -> Iterator[BareMachine]:
    """A machine that had nothing, after one run of the set-up."""
    with bare_machine(request.param) as machine:
        for command in ("python3", "docker", "dockerd", "containerd", "debootstrap", "systemctl"):
            assert machine.tries("sh", "-c", f"command -v {command}").status != 0
        machine.runs(SETUP)
        yield machine


def test_engine_and_compose_answer(machine: BareMachine) -> None:
    assert int(machine.runs("docker", "version", "-f", "{{.Server.Version}}").split(".")[0]) >= 26
    assert machine.runs("docker", "compose", "version", "--short").startswith("2.")


def test_containers_run_from_the_base_image(machine: BareMachine) -> None:
    command = "docker run --rm --network none debian:trixie-slim cat /etc/os-release"

    assert "VERSION_CODENAME=trixie" in machine.shell(command)


def test_images_can_be_built(machine: BareMachine) -> None:
    machine.shell(
        """
        mkdir -p /tmp/image
        printf 'FROM debian:trixie-slim\nRUN echo built > /result\n' > /tmp/image/Dockerfile
        docker build --quiet --tag built /tmp/image
        """
    )

    assert machine.shell("docker run --rm --network none built cat /result") == "built"


def test_volops_and_all_it_needs_are_installed(machine: BareMachine) -> None:
    assert machine.runs(PYTHON, "-m", "pip", "check") == "No broken requirements found."
    machine.runs(PYTHON, "-c", "import volops, volops_plugins")


def test_an_upgrade_later_stays_in_the_machines_own_release(machine: BareMachine) -> None:
    release = machine.shell(". /etc/os-release && echo $VERSION_ID")
    c_library = {"12": "2.36", "13": "2.41"}[release]

    assert f"Candidate: {c_library}" in machine.runs("apt-cache", "policy", "libc6")


def test_a_second_run_changes_nothing(machine: BareMachine) -> None:
    def state() -> str:
        return machine.shell(
            """
            dpkg-query --show
            docker image ls --quiet --no-trunc
            cat /run/docker.pid; echo
            find /checkout /etc /opt /root /usr /var/lib/apt /var/lib/dpkg -type f -newer /marker
            """
        )

    machine.runs("touch", "/marker")
    before = state()

    assert "Installing" not in machine.runs(SETUP)
    assert state() == before


def test_an_engine_that_was_killed_is_started_again(machine: BareMachine) -> None:
    """The dead dockerd stays behind as a zombie: this machine has no init that would reap it."""
    machine.shell('kill -9 "$(cat /run/docker.pid)" "$(cat /run/docker/containerd/containerd.pid)"')
    assert machine.tries("docker", "version").status != 0

    machine.runs(SETUP)

    assert machine.runs("docker", "run", "--rm", "debian:trixie-slim", "echo", "back") == "back"
