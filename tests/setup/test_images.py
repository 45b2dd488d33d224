"""`scripts/setup-images`: where a missing base image comes from."""

from __future__ import annotations

import pytest

from tests.setup.made_up_machine import MIRROR, MadeUpMachine

TRIXIE = "debian:trixie-slim"
BOOKWORM = "debian:bookworm-slim"


@pytest.fixture
def offline(machine: MadeUpMachine) -> MadeUpMachine:
    """A machine with an engine and debootstrap, whose registry has no image."""
    return machine.has_running_engine().has_commands("debootstrap")


@pytest.fixture
def online(machine: MadeUpMachine) -> MadeUpMachine:
    """A machine with an engine and a registry that has both images."""
    return machine.has_running_engine().has_files(registry=f"{TRIXIE}\n{BOOKWORM}")


def test_an_image_that_is_there_is_left_alone(online: MadeUpMachine) -> None:
    online.has_files(images=TRIXIE)

    assert online.run("setup-images").returncode == 0
    assert online.changes == []


def test_one_that_is_missing_is_pulled(online: MadeUpMachine) -> None:
    online.is_used_by_alice()

    assert online.run("setup-images", "trixie", "bookworm").returncode == 0
    assert online.changes == [f"pull -q {TRIXIE}", f"pull -q {BOOKWORM}"]


def test_one_that_cannot_be_pulled_is_made_under_its_name(offline: MadeUpMachine) -> None:
    ended = offline.run("setup-images", "bookworm")

    assert ended.returncode == 0, ended.stdout
    assert offline.changes == [
        f"pull -q {BOOKWORM}",
        f"debootstrap bookworm {MIRROR}",
        f"import {BOOKWORM}",
    ]


def test_one_that_is_made_is_slim(offline: MadeUpMachine) -> None:
    offline.run("setup-images")

    files = (offline.directory / "imported-files").read_text().splitlines()
    assert "./etc/debian_version" in files
    assert "./usr/sbin/policy-rc.d" in files
    assert "./etc/dpkg/dpkg.cfg.d/docker-slim" in files
    assert not [name for name in files if "changelog" in name or name.endswith("/Packages")]


def test_nothing_is_left_of_the_tree_it_is_made_from(offline: MadeUpMachine) -> None:
    offline.run("setup-images")

    assert list(offline.directory.glob("volops-base-image.*")) == []


def test_nothing_is_left_when_making_it_fails(offline: MadeUpMachine) -> None:
    offline.has_files(**{"debootstrap-breaks": ""})

    ended = offline.run("setup-images")

    assert ended.returncode == 1
    assert "E: Couldn't download packages" in ended.stdout
    assert f"debootstrap could not make a tree of Debian trixie from {MIRROR}" in ended.stdout
    assert list(offline.directory.glob("volops-base-image.*")) == []
    assert (offline.directory / "images").read_text() == ""


def test_debootstrap_is_installed_when_it_is_missing(machine: MadeUpMachine) -> None:
    machine.has_running_engine()

    assert machine.run("setup-images").returncode == 0
    assert machine.changes[1:3] == ["apt-get update", "apt-get install debootstrap"]


def test_apts_proxy_is_debootstraps(offline: MadeUpMachine) -> None:
    offline.has_files(proxy="http://proxy.example:3128")

    offline.run("setup-images")

    used = (offline.directory / "debootstrap-proxy").read_text()
    assert used == "http://proxy.example:3128\n"


def test_a_list_of_mirrors_gives_the_first(offline: MadeUpMachine) -> None:
    mirrors = offline.directory / "mirrors.list"
    mirrors.write_text("# the cloud's own\nhttps://near.example/debian\tpriority:1\nhttps://far.example/\n")
    offline.has_files(mirror=f"mirror+file:{mirrors}/")

    offline.run("setup-images")

    assert "debootstrap trixie https://near.example/debian" in offline.changes


@pytest.mark.parametrize(("distribution", "uid"), [("ubuntu", "0"), ("fedora", "0"), ("debian", "1000")])
def test_where_none_can_be_made_it_says_why_and_how_to_bring_one(
    offline: MadeUpMachine, distribution: str, uid: str
) -> None:
    offline.runs(distribution, "").has_files(uid=uid)

    ended = offline.run("setup-images")

    assert ended.returncode == 1
    assert f"The image {TRIXIE} is not here and could not be pulled:" in ended.stdout
    assert "no such host: registry.example" in ended.stdout
    assert f"docker save {TRIXIE}" in ended.stdout
    assert offline.changes == [f"pull -q {TRIXIE}"]
