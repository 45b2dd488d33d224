"""The features run in two processes: most of a scenario is waiting for containers, and two cores can wait
for two. What scenarios share, they share within one process. `-n 0` runs them in one, as a debugger wants it.
"""

from __future__ import annotations

import os
import secrets

import pytest
from pytest_bdd.parser import ScenarioTemplate
from pytest_bdd.scenario import scenario_wrapper_template_registry

from features.world.project import PREFIX_VARIABLE
from volops.testing.report.distributed import is_worker

_WORKERS = 2
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
        option.dist = "loadgroup"
        # In the order of reading the long ones come first; pytest-xdist would begin with the most numerous.
        option.loadscopereorder = False


def template_of(item: pytest.Item) -> ScenarioTemplate | None:
    """The scenario that a test runs, as its feature file has it."""
    function = item.function if isinstance(item, pytest.Function) else None
    return scenario_wrapper_template_registry.get(function) if function else None


def assign(items: list[pytest.Item], config: pytest.Config) -> None:
    """Keep those together that share a stack or follow each other in a feature file."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        group = _group_of(template_of(item))
        item.add_marker(pytest.mark.xdist_group(group))
        if group == "trials":
            item.add_marker(pytest.mark.timeout(_LONGEST_TRIAL_S))


def _group_of(template: ScenarioTemplate | None) -> str:
    if template is None:
        return "tests"
    steps = [*template.all_background_steps, *template._steps]
    if any(trial in step.name for step in steps for trial in _TRIALS):
        return "trials"
    feature = template.feature.filename.rpartition("/")[2].removesuffix(".feature")
    return "sample" if feature in _READ_ONE_SAMPLE else feature
