"""The report's own part of the page: an overview, then each feature with its scenarios."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from volops.testing.report.criteria import criteria_of, matrix_of
from volops.testing.report.records import FeatureRecord, ScenarioRecord, Status


def overview(
    features: Sequence[FeatureRecord],
    facts: Mapping[str, str],
    titles: Mapping[str, str] | None = None,
    seconds: float = 0.0,
) -> str:
    """How it all came out: each criterion of `titles` (by tag), the matrix, and a table of contents.

    `seconds` is how long a person waited for it."""
    scenarios = [scenario for feature in features for scenario in feature.scenarios]
    return (
        _templates()
        .get_template("overview.html")
        .render(
            features=features,
            facts=facts,
            criteria=criteria_of(scenarios, titles or {}),
            matrix=matrix_of(scenarios),
            total=len(scenarios),
            failed=[scenario for scenario in scenarios if scenario.status is not Status.PASSED],
            seconds=seconds,
        )
    )


def chapters(features: Sequence[FeatureRecord]) -> str:
    """Each feature with its scenarios, their steps and evidence."""
    return _templates().get_template("chapters.html").render(features=features)


def link_to(scenario: ScenarioRecord) -> str:
    """A link to the scenario in its chapter."""
    template = _templates().from_string('<a href="#{{ it.anchor }}">{{ it.feature }}: {{ it.name }}</a>')
    return template.render(it=scenario)


def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["span"] = _span
    templates.filters["outcome"] = _outcome
    return templates


def _outcome(text: str) -> str:
    """Whether data that has this outcome is there afterwards, as a class of the style sheet."""
    return "gone" if re.search(r"removed|deleted|gone|lost|❌", text, re.IGNORECASE) else "kept"


def _span(seconds: float) -> str:
    """A duration as a person says it: 40 ms, 2.3 s, 3 min 05 s."""
    if seconds < 0.995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"
