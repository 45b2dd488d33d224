"""The features run in two processes: most of a scenario is waiting for containers, and two cores can wait
for two. What scenarios share, they share within one process. `-n 0` runs them in one, as a debugger wants it.
"""

from __future__ import annotations

import functools
import json
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd.parser import ScenarioTemplate
from pytest_bdd.scenario import scenario_wrapper_template_registry

from features.world.project import PREFIX_VARIABLE
from volops.testing.report.distributed import is_worker

_WORKERS = 2
_TOLD = "features_groups"
_PLACE = pytest.StashKey[Path]()
_TRIED = "trials"
_TRIALS = ("and then there is", "I reset my environment after", "on an engine where there are")
"""In steps that ask for what is left after something was done (features/world/aftermath.py): each is done
once in a process, and one of them needs an engine of its own."""
_LONGEST_TRIAL_S = 900
"""The one with the engine of its own takes a good minute on an idle machine; on a busy one more."""
_READ_ONE_SAMPLE = ("full_backup", "database_backup", "selection", "inventory", "secrets")
"""Features most of whose scenarios read the sample stack that nobody destroys."""


def choose(config: pytest.Config) -> None:
    """Before pytest-xdist reads its options: say how many, unless the command line or a debugger does. What
    all of them make on the engine gets names that tell this run from others."""
    option = config.option
    if is_worker(config) or not config.pluginmanager.hasplugin("xdist"):
        return
    os.environ.setdefault(PREFIX_VARIABLE, f"feat{secrets.token_hex(3)}")
    if option.numprocesses is None and option.dist == "no" and not option.usepdb and not option.collectonly:
        option.numprocesses = _WORKERS
        option.dist = "loadscope"
        # In the order of reading the long ones come first; pytest-xdist would begin with the most numerous.
        option.loadscopereorder = False


def tell(workerinput: dict[str, Any], config: pytest.Config) -> None:
    """Say to a process where to write which test is in which group: only who collects them knows. (What
    `--dist loadgroup` of pytest-xdist 3.8 does to the names of tests, pytest 9.2 does not see.)"""
    if _PLACE not in config.stash:
        config.stash[_PLACE] = Path(tempfile.mkdtemp(prefix="features-")) / "groups.json"
    workerinput[_TOLD] = str(config.stash[_PLACE])


def scheduler(config: pytest.Config, log: Any) -> Any:
    """Hands out whole groups, in the order in which they are read; None when pytest-xdist is to choose."""
    if config.option.dist != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class ByGroup(LoadScopeScheduling):  # type: ignore[misc]
        """Takes a group for the scope of its tests."""

        @functools.cached_property
        def groups(self) -> dict[str, str]:
            """The group of each test; all processes have written the same."""
            place = config.stash[_PLACE]
            found: dict[str, str] = json.loads(place.read_text("utf-8"))
            shutil.rmtree(place.parent)
            return found

        def _split_scope(self, nodeid: str) -> str:
            return self.groups[nodeid]

    return ByGroup(config, log)


def template_of(item: pytest.Item) -> ScenarioTemplate | None:
    """The scenario that a test runs, as its feature file has it."""
    function = item.function if isinstance(item, pytest.Function) else None
    return scenario_wrapper_template_registry.get(function) if function else None


def assign(items: list[pytest.Item], config: pytest.Config) -> None:
    """Keep those together that share a stack or follow each other in a feature file."""
    groups = {item.nodeid: _group_of(template_of(item)) for item in items}
    if config.pluginmanager.hasplugin("timeout"):
        for item in items:
            if groups[item.nodeid] == _TRIED:
                item.add_marker(pytest.mark.timeout(_LONGEST_TRIAL_S))
    told = getattr(config, "workerinput", {}).get(_TOLD)
    if told:
        written = Path(f"{told}.{os.getpid()}")
        written.write_text(json.dumps(groups), "utf-8")
        written.replace(told)


def _group_of(template: ScenarioTemplate | None) -> str:
    if template is None:
        return "tests"
    steps = [*template.all_background_steps, *template._steps]
    if any(trial in step.name for step in steps for trial in _TRIALS):
        return _TRIED
    feature = template.feature.filename.rpartition("/")[2].removesuffix(".feature")
    return "sample" if feature in _READ_ONE_SAMPLE else feature
