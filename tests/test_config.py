"""`x-volops` is optional, and what it says wrongly is named by its path in the compose file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from volops.config import VolumeSettings, load_settings
from volops.errors import ConfigInvalid
from volops.model import Quiesce, Service, Stack, Volume, VolumeKind

PROJECT = Path("/srv/shop")


def stack(extension: Any, *, complete: bool = True) -> Stack:
    volumes = (
        Volume("db", "shop_db"),
        Volume("backend:/data", "", VolumeKind.ANONYMOUS),
        Volume("/srv/shop/logs", "/srv/shop/logs", VolumeKind.BIND),
    )
    return Stack("shop", PROJECT, (), (Service("backend", "shop"),), volumes, extension, complete=complete)


def test_nothing_needs_to_be_said() -> None:
    settings = load_settings(stack({}))
    assert settings.backups == PROJECT / "backups"
    assert settings.helper_image is None
    assert settings.include_compose_files
    assert settings.volumes == {}


def test_everything_can_be_said() -> None:
    settings = load_settings(
        stack(
            {
                "backups": "../backups",
                "helper_image": "debian:trixie-slim",
                "include_compose_files": False,
                "volumes": {"db": {"type": "postgres", "backup": True, "quiesce": "pause", "jobs": 2}},
            }
        )
    )
    assert settings.backups == Path("/srv/backups")
    assert settings.helper_image == "debian:trixie-slim"
    assert not settings.include_compose_files
    assert settings.volumes == {"db": VolumeSettings("postgres", True, Quiesce.PAUSE, {"jobs": 2})}


def test_backups_may_lie_in_the_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert load_settings(stack({"backups": "~/b"})).backups == Path("/home/me/b")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("db", "db"),
        ("backend:/data", "backend:/data"),
        ("backend:/of-its-image", "backend:/of-its-image"),
        ("./logs", "/srv/shop/logs"),
        ("/srv/shop/logs", "/srv/shop/logs"),
    ],
)
def test_every_kind_of_volume_can_be_named(name: str, key: str) -> None:
    assert list(load_settings(stack({"volumes": {name: None}})).volumes) == [key]


@pytest.mark.parametrize(
    ("extension", "message", "next_step"),
    [
        ("postgres", "x-volops: input should be an object", ""),
        ({"bakups": "b"}, "x-volops.bakups: unknown key", "did you mean 'backups'?"),
        ({"zzz": 1}, "x-volops.zzz: unknown key", "choose one of: backups, helper_image"),
        ({"backups": ""}, "x-volops.backups: ", ""),
        ({"backups": 3}, "x-volops.backups: input should be a valid string", ""),
        ({"include_compose_files": "yes"}, "x-volops.include_compose_files: ", ""),
        ({"volumes": ["db"]}, "x-volops.volumes: input should be an object", ""),
        ({"volumes": {"db": "postgres"}}, "x-volops.volumes.db: input should be an object", ""),
        ({"volumes": {"db": {"type": 3}}}, "x-volops.volumes.db.type: ", ""),
        ({"volumes": {"db": {"quiesce": "kill"}}}, "x-volops.volumes.db.quiesce: ", ""),
        ({"volumes": {"dbs": {}}}, "x-volops.volumes.dbs: no such volume", "did you mean 'db'?"),
        ({"volumes": {"shop_db": {}}}, "x-volops.volumes.shop_db: no such volume", "did you mean 'db'?"),
        ({"volumes": {"what": {}}}, "x-volops.volumes.what: no such volume", "choose one of: db, "),
    ],
)
def test_what_is_wrong_is_named_by_its_path(extension: Any, message: str, next_step: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load_settings(stack(extension))
    assert caught.value.message.startswith(message)
    assert caught.value.next_step.startswith(next_step)
    assert caught.value.exit_code == 2


def test_a_volume_of_a_profile_that_cannot_be_read_may_be_named() -> None:
    assert list(load_settings(stack({"volumes": {"unread": {}}}, complete=False)).volumes) == ["unread"]
