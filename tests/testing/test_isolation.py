"""What a copy of a project has of its own, and what it keeps of the original."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from volops.testing.gate.isolation import Place, escaped, isolate, own_image

_COPY = "shop-gate-1"


def _isolated(images: Any = None, **config: Any) -> Any:
    place = Place(
        name=_COPY,
        directory=Path("/home/me/shop"),
        backups=Path("/private/backups"),
        binds={"/home/me/shop/src": "/private/0-src", "/home/me/shop/hours.txt": "/home/me/shop/hours.txt"},
        images=images or {},
    )
    return isolate({"name": "shop", **config}, "shop", place).config


def _service(**said: Any) -> Any:
    return _isolated(services={"web": said})["services"]["web"]


def test_ports_are_free_ones_of_this_machine_alone() -> None:
    ports = [
        {"mode": "ingress", "target": 80, "published": "8080", "protocol": "tcp"},
        {"mode": "host", "host_ip": "0.0.0.0", "target": 53, "published": "53", "protocol": "udp"},  # noqa: S104
    ]
    assert _service(ports=ports)["ports"] == [
        {"target": 80, "protocol": "tcp", "host_ip": "127.0.0.1"},
        {"target": 53, "protocol": "udp", "host_ip": "127.0.0.1"},
    ]


def test_a_container_name_stays_as_a_name_in_the_networks() -> None:
    web = _service(container_name="the-shop", networks={"front": None, "back": {"aliases": ["w"]}})
    assert "container_name" not in web
    assert web["networks"] == {"front": {"aliases": ["the-shop"]}, "back": {"aliases": ["w", "the-shop"]}}


def test_no_address_is_taken_twice() -> None:
    web = _service(networks={"front": {"ipv4_address": "10.1.0.5", "mac_address": "02:42:ac:11:00:03"}})
    assert web["networks"] == {"front": {}}


@pytest.mark.parametrize(
    "key", ["labels", "logging", "annotations", "cgroup_parent", "profiles", "env_file", "develop"]
)
def test_what_outsiders_act_upon_stays_away(key: str) -> None:
    web = _service(**{key: {"traefik.enable": "true"}})
    assert web.get(key) == ({"volops.gate": "shop"} if key == "labels" else None)


@pytest.mark.parametrize("policy", ["always", "unless-stopped"])
def test_a_copy_does_not_come_back_with_the_machine(policy: str) -> None:
    assert _service(restart=policy)["restart"] == "on-failure"


def test_another_policy_of_restarts_stays() -> None:
    assert _service(restart="on-failure:3")["restart"] == "on-failure:3"
    deploy = {"restart_policy": {"condition": "none"}}
    assert _service(deploy=deploy)["deploy"] == deploy


@pytest.mark.parametrize("policy", [{"condition": "any", "delay": "5s"}, {"delay": "5s"}])
def test_a_policy_of_deployment_does_not_bring_it_back_either(policy: dict[str, str]) -> None:
    deploy = _service(deploy={"replicas": 2, "restart_policy": policy})["deploy"]
    assert deploy == {"replicas": 2, "restart_policy": {"condition": "on-failure", "delay": "5s"}}


@pytest.mark.parametrize("mode", ["bridge", "default"])
def test_nobody_is_met_in_the_network_that_is_the_engines_own(mode: str) -> None:
    """Where a container of the original listens, too, for who else is there."""
    config = _isolated(services={"web": {"network_mode": mode}})
    assert config["services"]["web"]["networks"] == {"default": {}}
    assert "network_mode" not in config["services"]["web"]
    assert config["networks"] == {"default": {"name": f"{_COPY}_default", "labels": {"volops.gate": "shop"}}}


@pytest.mark.parametrize(
    "said",
    [
        {"name": "theirs", "external": True},
        {"name": "fixed", "driver": "bridge", "ipam": {"config": [{"subnet": "10.77.0.0/24"}]}},
        {"name": "shop_front", "driver": "macvlan", "driver_opts": {"parent": "eth0"}},
    ],
)
def test_networks_are_its_own(said: dict[str, Any]) -> None:
    networks = _isolated(networks={"front": said})["networks"]
    assert networks == {"front": {"name": f"{_COPY}_front", "labels": {"volops.gate": "shop"}}}


def test_a_network_without_a_way_out_has_none_in_the_copy() -> None:
    assert _isolated(networks={"front": {"name": "x", "internal": True}})["networks"]["front"]["internal"]


@pytest.mark.parametrize(
    "said",
    [
        {"name": "theirs", "external": True},
        {"name": "fixed"},
        {"name": "shop_data", "driver_opts": {"type": "none", "o": "bind", "device": "/srv/data"}},
        {"name": "shop_data", "driver_opts": {"type": "tmpfs", "o": "size=1m,bind", "device": "/srv/data"}},
        {"name": "shop_data", "driver": "rexray"},
    ],
)
def test_volumes_are_its_own(said: dict[str, Any]) -> None:
    volumes = _isolated(volumes={"data": said})["volumes"]
    assert volumes == {"data": {"name": f"{_COPY}_data", "labels": {"volops.gate": "shop"}}}


def test_a_volume_in_memory_stays_there() -> None:
    options = {"type": "tmpfs", "device": "tmpfs", "o": "size=64m,uid=1000,nosuid"}
    assert _isolated(volumes={"data": {"driver_opts": options}})["volumes"]["data"]["driver_opts"] == options


def test_bind_mounts_are_where_the_copy_has_them() -> None:
    mounts = [
        {"type": "bind", "source": "/home/me/shop/src", "target": "/app"},
        {"type": "bind", "source": "/home/me/shop/hours.txt", "target": "/hours", "read_only": True},
        {"type": "volume", "source": "data", "target": "/data"},
    ]
    assert [mount["source"] for mount in _service(volumes=mounts)["volumes"]] == [
        "/private/0-src",
        "/home/me/shop/hours.txt",
        "data",
    ]


def test_an_image_that_is_built_gets_a_second_name_wherever_it_is_used() -> None:
    services = {
        "web": {"image": "shop/web:2", "build": {"context": "/home/me/shop"}, "pull_policy": "build"},
        "worker": {"image": "shop/web:2"},
    }
    copy = _isolated({"shop/web:2": f"shop/web:{_COPY}"}, services=services)["services"]
    assert {name: copy[name]["image"] for name in services} == dict.fromkeys(services, f"shop/web:{_COPY}")
    assert "pull_policy" not in copy["web"]
    assert copy["web"]["build"] == {"context": "/home/me/shop"}
    assert "build" not in copy["worker"]


def test_an_image_is_built_under_a_name_of_its_own() -> None:
    build = {"context": "/home/me/shop", "tags": ["shop/web:latest"], "cache_to": ["type=local,dest=/c"]}
    copy = _isolated({"shop-web": f"{_COPY}-web"}, services={"web": {"build": build}})["services"]["web"]
    assert copy["image"] == f"{_COPY}-web"
    assert copy["build"] == {"context": "/home/me/shop"}


@pytest.mark.parametrize(("said", "given"), [("always", "missing"), ("build", "missing"), ("never", "never")])
def test_no_image_of_others_is_replaced(said: str, given: str) -> None:
    assert _service(image="postgres:17", pull_policy=said)["pull_policy"] == given


@pytest.mark.parametrize(
    ("image", "own"),
    [
        ("shop-web", f"{_COPY}-web"),
        ("shop/web:2", f"shop/web:{_COPY}"),
        ("shop/web", f"shop/web:{_COPY}"),
        ("registry:5000/shop/web", f"registry:5000/shop/web:{_COPY}"),
        ("registry:5000/shop/web:2", f"registry:5000/shop/web:{_COPY}"),
        ("postgres@sha256:0123", f"postgres:{_COPY}"),
    ],
)
def test_its_own_image_keeps_the_name_by_which_its_type_is_known(image: str, own: str) -> None:
    assert own_image(image, "shop", _COPY) == own


def test_settings_follow_the_volumes() -> None:
    said: dict[str, Any] = {
        "backups": "/mnt/backups",
        "helper_image": "tools:1",
        "volumes": {"data": {"type": "media"}, "./src": {"type": "files"}, "night": {"backup": False}},
    }
    copy = _isolated(volumes={"data": {"name": "shop_data"}}, **{"x-volops": said})["x-volops"]
    assert copy == {
        "backups": "/private/backups",
        "helper_image": "tools:1",
        "volumes": {"data": {"type": "media"}, "/private/0-src": {"type": "files"}},
    }


def test_a_dollar_sign_stays_one() -> None:
    assert escaped({"a": ["5$ each", {"b": "$HOME"}], "n": 1}) == {"a": ["5$$ each", {"b": "$$HOME"}], "n": 1}
