"""What a worker of pytest-xdist saw, carried to the process that writes the report."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import TypeAdapter
from pytest_bdd.reporting import ReportContext, test_report_context_registry

from volops.testing.report.records import ScenarioRecord

_ATTRIBUTE = "volops_seen"
_RECORD = TypeAdapter(ScenarioRecord)


@dataclass(frozen=True, slots=True)
class Seen:
    """A scenario as far as it has come in a worker, and the secrets that the worker knows of."""

    scenario: ScenarioRecord
    secrets: Collection[str]


def is_worker(config: pytest.Config) -> bool:
    """Whether this process only runs tests, for another one that reports them."""
    return hasattr(config, "workerinput")


def name_of(nodeid: str, config: pytest.Config) -> str:
    """A test's name without the group that `--dist loadgroup` appends to it."""
    grouped = config.getoption("dist", "no") == "loadgroup" or config.getoption("loadgroup", default=False)
    name, at, _ = nodeid.rpartition("@")
    return name if grouped and at else nodeid


def send(report: pytest.TestReport, seen: Seen) -> None:
    """In a worker: have what was seen travel with the report, and what pytest-bdd keeps for its own JSON."""
    carried: dict[str, Any] = {
        "scenario": _RECORD.dump_python(seen.scenario, mode="json"),
        "secrets": sorted(seen.secrets),
    }
    context = test_report_context_registry.get(report)
    if context is not None:
        carried |= {"bdd": dict(context.scenario), "name": context.name}
    setattr(report, _ATTRIBUTE, carried)


def receive(report: pytest.TestReport) -> Seen | None:
    """Where the workers' reports arrive: what came along, if anything did."""
    carried: Mapping[str, Any] | None = getattr(report, _ATTRIBUTE, None)
    if carried is None:
        return None
    if "bdd" in carried:
        test_report_context_registry[report] = ReportContext(scenario=carried["bdd"], name=carried["name"])
    return Seen(_RECORD.validate_python(carried["scenario"]), frozenset(carried["secrets"]))
