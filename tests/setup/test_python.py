"""`scripts/setup-python`: when .venv is made, when it is left alone, and when it cannot be made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.setup.made_up_machine import CHECKOUT, MadeUpMachine

ALL_OF_IT = ["made .venv", "installed requirements.lock", "installed ."]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone of which nothing has been set up."""
    clone = tmp_path / "clone"
    shutil.copytree(CHECKOUT / "scripts", clone / "scripts")
    (clone / "pyproject.toml").write_text("[project]\n")
    (clone / "requirements.lock").write_text("pluggy==1.5.0\n")
    return clone


@pytest.fixture
def machine(machine: MadeUpMachine) -> MadeUpMachine:
    """A machine with a complete Python."""
    return machine.has_python("3.11.2").has_files(ensurepip="")


def set_up(machine: MadeUpMachine, checkout: Path) -> list[str]:
    """What a run that must succeed changed."""
    machine.has_files(changes="")
    ended = machine.run("setup-python", checkout=checkout)
    assert ended.returncode == 0, ended.stdout
    return machine.changes


class TestAFreshClone:
    def test_gets_an_environment_with_the_locked_packages(
        self, machine: MadeUpMachine, checkout: Path
    ) -> None:
        assert set_up(machine, checkout) == ALL_OF_IT

    def test_is_left_alone_once_it_has_one(self, machine: MadeUpMachine, checkout: Path) -> None:
        set_up(machine, checkout)

        assert set_up(machine, checkout) == []


class TestAnEnvironmentThatNoLongerFits:
    def test_gets_the_packages_of_a_changed_lock(self, machine: MadeUpMachine, checkout: Path) -> None:
        set_up(machine, checkout)
        (checkout / "requirements.lock").write_text("pluggy==1.6.0\n")

        assert set_up(machine, checkout) == ["installed requirements.lock"]

    def test_gets_volops_anew_when_its_metadata_changed(self, machine: MadeUpMachine, checkout: Path) -> None:
        set_up(machine, checkout)
        (checkout / "pyproject.toml").write_text("[project.scripts]\n")

        assert set_up(machine, checkout) == ["installed ."]

    def test_is_made_anew_when_the_checkout_moved(self, machine: MadeUpMachine, checkout: Path) -> None:
        set_up(machine, checkout)

        assert set_up(machine, checkout.rename(checkout.with_name("moved"))) == ALL_OF_IT

    def test_is_made_anew_when_its_python_is_gone(self, machine: MadeUpMachine, checkout: Path) -> None:
        set_up(machine, checkout)
        machine.has_files(**{"interpreter-breaks": ""})

        assert set_up(machine, checkout) == ALL_OF_IT

    def test_is_made_anew_when_an_installation_failed(self, machine: MadeUpMachine, checkout: Path) -> None:
        machine.has_files(**{"pip-breaks": ""})
        ended = machine.run("setup-python", checkout=checkout)
        assert ended.returncode == 1
        assert "DO NOT MATCH THE HASHES" in ended.stdout
        (machine.directory / "pip-breaks").unlink()

        assert set_up(machine, checkout) == ALL_OF_IT


class TestAMachineThatLacksSomething:
    def test_debian_gets_the_module_that_it_splits_off(self, machine: MadeUpMachine, checkout: Path) -> None:
        (machine.directory / "ensurepip").unlink()

        assert set_up(machine, checkout) == [
            "apt-get update",
            "apt-get install python3.11-venv",
            *ALL_OF_IT,
        ]

    def test_without_root_it_names_the_package(self, machine: MadeUpMachine, checkout: Path) -> None:
        (machine.directory / "ensurepip").unlink()
        machine.is_used_by_alice()

        ended = machine.run("setup-python", checkout=checkout)

        assert ended.returncode == 1
        assert "sudo apt-get install python3.11-venv" in ended.stdout
        assert machine.changes == []

    def test_debian_gets_python_when_it_has_none(self, machine: MadeUpMachine, checkout: Path) -> None:
        (machine.directory / "bin/python3").unlink()

        assert set_up(machine, checkout) == ["apt-get update", "apt-get install python3", *ALL_OF_IT]

    def test_one_that_is_too_old_is_named(self, machine: MadeUpMachine, checkout: Path) -> None:
        machine.has_files(python="3.10.12")

        ended = machine.run("setup-python", checkout=checkout)

        assert ended.returncode == 1
        assert "Python 3.11 or newer is needed" in ended.stdout
        assert "Python 3.10.12" in ended.stdout
        assert not (checkout / ".venv").exists()
