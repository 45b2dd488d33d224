"""Where the checks of an engine run, and what they share."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Protocol

import pytest

from volops.engine import Engine, HelperSpec

HOLD = ("sh", "-c", "exec cat >/dev/null")
MISSING = "volops-conformance-never-made"


class EngineSite(Protocol):
    """An engine and the means to set something up on it, by another way than the engine's own methods.

    `image` is a local image with a POSIX shell, cat, echo, id, printenv, sleep and touch. What was made is
    gone after the test.
    """

    engine: Engine
    image: str

    def volume(self, files: Mapping[str, bytes]) -> str:
        """Make a volume with these files, by path below its root; return its name."""
        ...

    def network(self, *, project: str) -> str:
        """Make a network as compose would for the project; return its name."""
        ...

    def container(
        self, volume: str, target: str, *, project: str, service: str, environment: Mapping[str, str]
    ) -> str:
        """Start a container of `image` that sleeps, as compose would; return its id."""
        ...


class EngineChecks:
    """Base of the conformance classes: a volume, a container that uses it, and a helper that reads it."""

    @pytest.fixture
    def engine(self, site: EngineSite) -> Engine:
        return site.engine

    @pytest.fixture
    def volume(self, site: EngineSite) -> str:
        return site.volume({"a.txt": b"alpha", "deep/b.bin": bytes(range(256)) * 40})

    @pytest.fixture
    def project(self) -> str:
        return f"conformance-{uuid.uuid4().hex[:8]}"

    @pytest.fixture
    def container(self, site: EngineSite, volume: str, project: str) -> str:
        environment = {"GREETING": "hello=world", "SALT": "geheim"}
        return site.container(volume, "/data", project=project, service="db", environment=environment)

    @pytest.fixture
    def helper(self, site: EngineSite, volume: str) -> str:
        return site.engine.start_helper(HelperSpec(site.image, HOLD, ((volume, "/volume", False),), run="r1"))
