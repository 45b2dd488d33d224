"""Cleaning Redis: its data is gone although the server ran, and the server runs again, empty."""

from __future__ import annotations

import pytest

from tests.live import docker
from tests.plugins.test_redis_restore import Cache, cache

__all__ = ["cache"]


def files(cache: Cache) -> list[str]:
    mount = f"{cache.name}_cache:/v:ro"
    return (
        docker("run", "--rm", "-v", mount, "debian:trixie-slim", "find", "/v", "-type", "f").decode().split()
    )


@pytest.mark.parametrize("append", ["yes", "no"])
def test_a_running_server_is_empty_afterwards_and_keeps_what_is_written_then(
    cache: Cache, append: str
) -> None:
    cache.filled(append)
    cache.ask("SAVE")
    (item,) = cache.clean_plan("redis").items
    assert "200" in item.removals[0].what
    assert cache.has("key:7")
    done = cache.clean_type("redis")
    assert set(done.downtime) == {"cache"}
    assert cache.ask("DBSIZE", "SELECT 3", "DBSIZE") == ["0", "OK", "0"]
    assert cache.clean_plan("redis").items == ()
    cache.ask("SET later 1", *(["SAVE"] if append == "no" else []))
    cache.compose("kill", "cache")
    cache.up()
    assert cache.ask("DBSIZE") == ["1"]
    assert cache.has("later")


def test_a_server_that_does_not_run_has_nothing_left_and_starts_empty(cache: Cache) -> None:
    cache.filled("yes")
    cache.compose("stop", "cache")
    done = cache.clean_type("redis")
    assert done.downtime == {}
    assert files(cache) == []
    assert cache.clean_plan("redis").items == ()
    cache.up()
    assert cache.ask("DBSIZE") == ["0"]


def test_a_cache_that_is_broken_can_be_cleaned(cache: Cache) -> None:
    """It loads no more, so that it cannot be asked how many keys it has."""
    cache.filled("yes")
    cache.compose("stop", "cache")
    script = "for f in /v/appendonlydir/*; do printf 'no such thing' >$f; done"
    docker("run", "--rm", "-v", f"{cache.name}_cache:/v", "debian:trixie-slim", "sh", "-c", script)
    cache.compose("start", "cache", check=False)
    cache.clean_type("redis")
    cache.up()
    assert cache.ask("DBSIZE") == ["0"]
