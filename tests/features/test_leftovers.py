"""What a killed run of the features has left on the engine goes by its name, and nothing else does."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from features.world import leftovers
from tests.live import docker

_IMAGE = "debian:trixie-slim"


def _make(name: str) -> None:
    docker("volume", "create", f"{name}_data")
    docker("network", "create", f"{name}_default")
    docker("tag", _IMAGE, f"volops-sample-proxy:{name}")
    docker("tag", _IMAGE, f"{name}-web:latest")
    docker("create", "--name", f"{name}-web-1", "-v", f"{name}_data:/srv", _IMAGE, "true")
    docker("create", "--label", "volops.helper=1", "-v", f"{name}_data:/mnt", _IMAGE, "true")


def _left(name: str) -> list[str]:
    listings = ("ps -a --format {{.Names}}~{{.Mounts}}", "volume ls -q", "network ls --format {{.Name}}")
    images = "images --format {{.Repository}}:{{.Tag}}"
    found = [docker(*listing.split()).decode().split() for listing in (*listings, images)]
    # Sorted, since the engine lists the tags of one image in any order.
    return sorted(each for lines in found for each in lines if name in each)


@pytest.fixture
def names() -> Iterator[tuple[str, str]]:
    """Of a run that is over and of one that goes on."""
    over, other = (f"left{uuid.uuid4().hex[:8]}" for _ in range(2))
    try:
        yield over, other
    finally:
        leftovers.remove(over)
        leftovers.remove(other)


def test_all_of_one_run_goes_and_nothing_of_another(names: tuple[str, str]) -> None:
    over, other = names
    _make(over)
    _make(other)
    before = _left(other)
    assert len(before) == 6
    leftovers.remove(over)
    assert _left(over) == []
    assert _left(other) == before
