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
_TO_LOSE = "a sample stack of its own, running and filled with data"


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


def template_of(item: pytest.Item) -> ScenarioTemplate | None:
    """The scenario that a test runs, as its feature file has it."""
    function = item.function if isinstance(item, pytest.Function) else None
    return scenario_wrapper_template_registry.get(function) if function else None


def assign(items: list[pytest.Item], config: pytest.Config) -> None:
    """Keep those together that share a stack or follow each other in a feature file."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group_of(template_of(item))))


def _group_of(template: ScenarioTemplate | None) -> str:
    if template is None:
        return "tests"
    steps = [*template.all_background_steps, *template._steps]
    if any(step.name == _TO_LOSE for step in steps):
        return "to-lose"
    return template.feature.filename.rpartition("/")[2].removesuffix(".feature")
