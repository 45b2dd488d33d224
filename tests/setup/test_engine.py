"""`scripts/setup-engine`: what it does to a machine, and what it says when it can do nothing."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.setup.made_up_machine import CHECKOUT, MIRROR, MadeUpMachine
from volops.compose.options import OLDEST

FROM_TRIXIE = "docker.io docker-cli docker-compose docker-buildx iptables ca-certificates"


def files_below(directory: Path) -> set[Path]:
    return {path for path in directory.rglob("*") if path.is_file()}


class TestWhereAnEngineWorks:
    @pytest.mark.parametrize("uid", ["0", "1000"])
    def test_nothing_is_changed(self, machine: MadeUpMachine, uid: str) -> None:
        machine.has_running_engine().has_compose().has_files(uid=uid)
        before = files_below(machine.root)

        ended = machine.run("setup-engine")

        assert ended.returncode == 0
        assert ended.stdout == "Docker Engine 26.1.5+dfsg1, compose 2.26.1\n"
        assert machine.changes == []
        assert files_below(machine.root) == before

    def test_one_that_is_too_old_is_left_alone(self, machine: MadeUpMachine) -> None:
        machine.has_running_engine("20.10.24").has_compose()

        ended = machine.run("setup-engine")

        assert ended.returncode == 1
        assert "Docker Engine 20.10.24 is too old: volops needs 26 or newer." in ended.stdout
        assert machine.changes == []


class TestWhereComposeIsMissing:
    def test_debians_package_is_added(self, machine: MadeUpMachine) -> None:
        machine.has_running_engine()

        ended = machine.run("setup-engine")

        assert ended.returncode == 0
        assert machine.changes == [
            "apt-get update",
            "apt-get install docker-compose iptables ca-certificates",
        ]

    def test_compose_of_version_1_counts_as_missing(self, machine: MadeUpMachine) -> None:
        machine.has_running_engine().has_compose("1.29.2")

        assert machine.run("setup-engine").returncode == 0
        assert "apt-get install docker-compose iptables ca-certificates" in machine.changes

    def test_a_compose_that_volops_refuses_is_refused_here(self, machine: MadeUpMachine) -> None:
        machine.has_running_engine().has_compose("2.10.2")

        ended = machine.run("setup-engine")

        assert ended.returncode == 1
        assert "Docker compose 2.10.2 is too old: volops needs 2.24 or newer." in ended.stdout
        assert machine.changes == []

    def test_both_name_the_same_oldest_compose(self) -> None:
        probe = (CHECKOUT / "scripts" / "lib" / "engine-probe.sh").read_text()

        assert f"\nminimum_compose={OLDEST[0]}.{OLDEST[1]}\n" in probe

    def test_the_plugin_of_dockers_own_repository_is_preferred(self, machine: MadeUpMachine) -> None:
        machine.has_running_engine("28.2.1")
        machine.offers("docker.io 26.1.5", "docker-compose-plugin 2.36.2-1~debian.13~trixie")

        assert machine.run("setup-engine").returncode == 0
        assert machine.changes == ["apt-get update", "apt-get install docker-compose-plugin"]

    def test_without_root_it_says_what_would_add_it(self, machine: MadeUpMachine) -> None:
        machine.has_running_engine().is_used_by_alice()

        ended = machine.run("setup-engine")

        assert ended.returncode == 1
        assert "'docker compose' (version 2) does not" in ended.stdout
        assert "scripts/setup-engine" in ended.stdout
        assert machine.changes == []


class TestWhereNoEngineIsInstalled:
    def test_debian_with_a_new_enough_engine(self, machine: MadeUpMachine) -> None:
        ended = machine.run("setup-engine")

        assert ended.returncode == 0, ended.stdout
        assert machine.changes == ["apt-get update", f"apt-get install {FROM_TRIXIE}", "dockerd"]
        assert not files_below(machine.root / "etc/apt")

    def test_bookworm_takes_only_docker_from_trixie(self, machine: MadeUpMachine) -> None:
        machine.runs("debian", "bookworm").offers("docker.io 20.10.24+dfsg1-1")
        machine.has_files(suites="bookworm")

        ended = machine.run("setup-engine")

        assert ended.returncode == 0, ended.stdout
        assert machine.changes == [
            "apt-get update",
            "apt-get install debian-archive-keyring",
            "apt-get update",
            "apt-get install docker.io/trixie docker-cli/trixie docker-compose/trixie "
            "docker-buildx/trixie iptables ca-certificates",
            "dockerd",
        ]
        source = (machine.root / "etc/apt/sources.list.d/volops-trixie.sources").read_text()
        assert source.splitlines() == [
            "Types: deb",
            f"URIs: {MIRROR}",
            "Suites: trixie",
            "Components: main",
            "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg",
        ]
        pin = (machine.root / "etc/apt/preferences.d/volops-trixie").read_text()
        assert pin.splitlines() == [
            "Package: *",
            "Pin: release n=trixie",
            "Pin-Priority: 100",
        ]

    def test_bookworm_that_knows_trixie_gets_no_second_source(self, machine: MadeUpMachine) -> None:
        machine.runs("debian", "bookworm").offers("docker.io 20.10.24+dfsg1-1")
        machine.has_files(suites="bookworm\ntrixie")

        assert machine.run("setup-engine").returncode == 0
        assert not files_below(machine.root / "etc/apt")

    def test_ubuntu(self, machine: MadeUpMachine) -> None:
        machine.runs("ubuntu", "noble").offers("docker.io 28.2.2-0ubuntu1~24.04.1")

        ended = machine.run("setup-engine")

        assert ended.returncode == 0, ended.stdout
        assert machine.changes == [
            "apt-get update",
            "apt-get install docker.io docker-compose-v2 docker-buildx iptables ca-certificates",
            "dockerd",
        ]

    @pytest.mark.parametrize(("distribution", "codename"), [("debian", "bullseye"), ("ubuntu", "focal")])
    def test_a_release_whose_engine_is_too_old(
        self, machine: MadeUpMachine, distribution: str, codename: str
    ) -> None:
        machine.runs(distribution, codename).offers("docker.io 5:20.10.5+dfsg1-1")

        ended = machine.run("setup-engine")

        assert ended.returncode == 1
        assert "has no Docker Engine 26 or newer" in ended.stdout
        assert f"https://docs.docker.com/engine/install/{distribution}/" in ended.stdout
        assert machine.changes == ["apt-get update"]

    def test_without_root_it_says_what_to_run(self, machine: MadeUpMachine) -> None:
        machine.is_used_by_alice()

        ended = machine.run("setup-engine")

        assert ended.returncode == 1
        assert "No Docker engine answers, and none is installed here." in ended.stdout
        assert "sudo /" in ended.stdout
        assert "scripts/setup-engine" in ended.stdout
        assert machine.changes == []

    def test_another_distribution_is_told_what_to_install(self, machine: MadeUpMachine) -> None:
        machine.runs("fedora", "")

        ended = machine.run("setup-engine")

        assert ended.returncode == 1
        assert "Install Docker Engine 26 or newer and Docker compose v2:" in ended.stdout
        assert machine.changes == []

    def test_a_machine_without_os_release_is_told_what_to_install(self, machine: MadeUpMachine) -> None:
        (machine.root / "etc/os-release").unlink()

        ended = machine.run("setup-engine")

        assert ended.returncode == 1
        assert "Install Docker Engine 26 or newer and Docker compose v2:" in ended.stdout
        assert machine.changes == []

    def test_a_failed_installation_shows_why(self, machine: MadeUpMachine) -> None:
        machine.has_files(**{"apt-breaks": ""})

        ended = machine.run("setup-engine")

        assert ended.returncode == 1
        assert "E: Unable to fetch some archives" in ended.stdout
        assert f"apt-get could not install: {FROM_TRIXIE}" in ended.stdout
        assert "dockerd" not in machine.changes


class TestWhereTheEngineDoesNotRun:
    def test_it_is_started_by_hand_without_systemd(self, machine: MadeUpMachine) -> None:
        machine.has_installed_engine().has_compose()

        ended = machine.run("setup-engine")

        assert ended.returncode == 0, ended.stdout
        assert machine.changes == ["dockerd"]

    def test_it_is_started_by_systemd(self, machine: MadeUpMachine) -> None:
        machine.has_installed_engine().has_compose().has_systemd()

        ended = machine.run("setup-engine")

        assert ended.returncode == 0, ended.stdout
        assert machine.changes == ["systemctl start docker"]

    def test_a_failure_of_systemd_is_named(self, machine: MadeUpMachine) -> None:
        machine.has_installed_engine().has_compose().has_systemd()
        machine.has_files(**{"engine-breaks": ""})

        ended = machine.run("setup-engine")

        assert ended.returncode == 1
        assert "systemd could not start Docker." in ended.stdout
        assert "journalctl -u docker" in ended.stdout

    def test_an_engine_that_ends_at_once_shows_its_log(self, machine: MadeUpMachine) -> None:
        machine.has_installed_engine().has_compose().has_files(**{"engine-breaks": ""})

        ended = machine.run("setup-engine", VOLOPS_ENGINE_TIMEOUT="50")

        assert ended.returncode == 1
        assert "failed to start daemon: no iptables" in ended.stdout
        assert "The Docker engine was started, but does not answer:" in ended.stdout

    def test_without_root_it_says_how_to_start_it(self, machine: MadeUpMachine) -> None:
        machine.has_installed_engine().has_compose().is_used_by_alice()

        ended = machine.run("setup-engine")

        assert ended.returncode == 1
        assert "Cannot connect to the Docker daemon" in ended.stdout
        assert "sudo systemctl start docker" in ended.stdout
        assert "sudo usermod -aG docker alice" in ended.stdout
        assert machine.changes == []

    def test_one_that_was_named_by_docker_host_is_not_ours(self, machine: MadeUpMachine) -> None:
        machine.has_installed_engine().has_compose()

        ended = machine.run("setup-engine", DOCKER_HOST="ssh://backup@server.example")

        assert ended.returncode == 1
        assert "No engine answers at DOCKER_HOST=ssh://backup@server.example" in ended.stdout
        assert machine.changes == []

    def test_docker_host_may_name_the_engine_of_this_machine(self, machine: MadeUpMachine) -> None:
        machine.has_installed_engine().has_compose()

        ended = machine.run("setup-engine", DOCKER_HOST="unix:///var/run/docker.sock")

        assert ended.returncode == 0, ended.stdout
        assert machine.changes == ["dockerd"]

    def test_one_of_another_context_is_not_ours(self, machine: MadeUpMachine) -> None:
        machine.has_installed_engine().has_compose().has_files(context="production")

        ended = machine.run("setup-engine")

        assert ended.returncode == 1
        assert 'No engine answers in the Docker context "production"' in ended.stdout
        assert machine.changes == []


class TestProcessIdsOfAnEngineThatWasKilled:
    """Each is a file from before; the made-up dockerd refuses to start while it is there."""

    @pytest.fixture
    def stopped(self, machine: MadeUpMachine) -> MadeUpMachine:
        return machine.has_installed_engine().has_compose()

    @pytest.fixture
    def live_process(self, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[int]:
        """The process ID of a process that goes by the name in the parameter."""
        program = tmp_path / str(request.param)
        shutil.copy(shutil.which("sleep") or "", program)
        with subprocess.Popen([program, "300"]) as process:
            yield process.pid
            process.kill()

    @pytest.fixture
    def zombie(self, tmp_path: Path) -> Iterator[int]:
        """The process ID of a dockerd that has ended and that nobody has waited for."""
        program = tmp_path / "dockerd"
        shutil.copy(shutil.which("true") or "", program)
        process = subprocess.Popen([program])
        status = Path(f"/proc/{process.pid}/status")
        while "State:\tZ" not in status.read_text():
            pass
        yield process.pid
        process.wait()

    def pid_files(self, machine: MadeUpMachine) -> tuple[Path, Path]:
        run = machine.root / "var/run"
        return run / "docker.pid", run / "docker/containerd/containerd.pid"

    def assert_forgotten(self, machine: MadeUpMachine, pid: int) -> None:
        for file in self.pid_files(machine):
            file.write_text(str(pid))

        ended = machine.run("setup-engine")

        assert ended.returncode == 0, ended.stdout
        assert machine.changes == ["dockerd"]
        assert not any(file.exists() for file in self.pid_files(machine))

    @pytest.mark.parametrize("live_process", ["postgres"], indirect=True)
    def test_one_that_now_belongs_to_something_else(self, stopped: MadeUpMachine, live_process: int) -> None:
        self.assert_forgotten(stopped, live_process)

    def test_one_of_a_zombie(self, stopped: MadeUpMachine, zombie: int) -> None:
        self.assert_forgotten(stopped, zombie)

    def test_one_that_belongs_to_nothing(self, stopped: MadeUpMachine) -> None:
        beyond_any_process = 2**22 + 1
        self.assert_forgotten(stopped, beyond_any_process)

    @pytest.mark.parametrize("live_process", ["dockerd"], indirect=True)
    def test_one_of_a_live_engine_gets_no_second_engine(
        self, stopped: MadeUpMachine, live_process: int
    ) -> None:
        docker_pid, _ = self.pid_files(stopped)
        docker_pid.write_text(str(live_process))

        ended = stopped.run("setup-engine", VOLOPS_ENGINE_TIMEOUT="1")

        assert ended.returncode == 1
        assert "does not answer" in ended.stdout
        assert stopped.changes == []
        assert docker_pid.read_text() == str(live_process)

    @pytest.mark.parametrize("live_process", ["containerd"], indirect=True)
    def test_a_containerd_that_outlived_its_engine_is_kept(
        self, stopped: MadeUpMachine, live_process: int
    ) -> None:
        docker_pid, containerd_pid = self.pid_files(stopped)
        docker_pid.write_text(str(2**22 + 1))
        containerd_pid.write_text(str(live_process))

        assert stopped.run("setup-engine").returncode == 0
        assert containerd_pid.read_text() == str(live_process)
