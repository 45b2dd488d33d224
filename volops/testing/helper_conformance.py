"""What every engine must do with helper containers, as tests."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from volops.engine import LABEL_HELPER, LABEL_RUN, ContainerInfo, Engine, HelperSpec
from volops.errors import EngineFailed
from volops.testing.engine_site import HOLD, MISSING, EngineChecks, EngineSite

PATIENCE_S = 60


class HelperConformance(EngineChecks):
    """The part of EngineConformance that is about helpers."""

    def test_a_helper_sees_the_volume_and_cannot_write_it(self, engine: Engine, helper: str) -> None:
        assert engine.run(helper, ["cat", "/volume/a.txt"]).stdout == b"alpha"
        refused = engine.run(helper, ["touch", "/volume/new"])
        assert refused.code == 1
        assert "Read-only file system" in refused.stderr

    def test_a_helper_can_write_where_it_may(self, site: EngineSite, volume: str) -> None:
        spec = HelperSpec(site.image, HOLD, ((volume, "/volume", True),))
        helper = site.engine.start_helper(spec)
        assert site.engine.run(helper, ["touch", "/volume/new"]).code == 0
        assert site.engine.run(helper, ["cat", "/volume/new"]).code == 0
        site.engine.remove_container(helper)

    def test_a_helper_is_labelled_and_is_nobodys_project(self, engine: Engine, helper: str) -> None:
        found = self._helper(engine, helper)
        assert found is not None
        assert found.labels[LABEL_RUN] == "r1"
        assert LABEL_HELPER in found.labels
        assert found.project == ""

    def test_a_helper_is_removed_when_its_program_ends(self, site: EngineSite) -> None:
        helper = site.engine.start_helper(HelperSpec(site.image, ("true",)))
        self._eventually(lambda: self._helper(site.engine, helper) is None)
        assert not site.engine.running(helper)

    def test_a_helper_has_its_own_environment(self, site: EngineSite) -> None:
        helper = site.engine.start_helper(HelperSpec(site.image, HOLD, environment={"PGPASSFILE": "/x"}))
        assert site.engine.run(helper, ["printenv", "PGPASSFILE"]).text == "/x"
        site.engine.remove_container(helper)

    def test_a_helper_joins_a_running_container_only(self, site: EngineSite, container: str) -> None:
        helper = site.engine.start_helper(HelperSpec(site.image, HOLD, join=container))
        assert site.engine.running(helper)
        site.engine.remove_container(helper)
        site.engine.stop(container)
        with pytest.raises(EngineFailed):
            site.engine.start_helper(HelperSpec(site.image, HOLD, join=container))

    def test_a_helper_never_makes_a_volume(self, site: EngineSite) -> None:
        with pytest.raises(EngineFailed, match=MISSING):
            site.engine.start_helper(HelperSpec(site.image, HOLD, ((MISSING, "/volume", False),)))
        with pytest.raises(EngineFailed, match=MISSING):
            site.engine.create_idle(site.image, MISSING, "/volume")
        assert site.engine.volumes([MISSING]) == {}

    def test_a_helper_of_an_image_that_is_not_there_fails(self, site: EngineSite) -> None:
        before = {found.id for found in site.engine.helpers()}
        with pytest.raises(EngineFailed):
            site.engine.start_helper(HelperSpec(MISSING, HOLD, run="never-started"))
        after = [found for found in site.engine.helpers() if found.id not in before]
        assert not any(found.labels[LABEL_RUN] == "never-started" for found in after)

    def test_a_container_is_removed_once_and_that_is_fine_twice(self, engine: Engine, helper: str) -> None:
        assert engine.running(helper)
        engine.remove_container(helper)
        assert not engine.running(helper)
        assert self._helper(engine, helper) is None
        engine.remove_container(helper)

    @staticmethod
    def _helper(engine: Engine, container: str) -> ContainerInfo | None:
        return next((found for found in engine.helpers() if found.id == container), None)

    @staticmethod
    def _eventually(holds: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < until, "it did not come true within a minute"
            time.sleep(0.02)
