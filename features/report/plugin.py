"""What pytest tells of a run, kept for the report; pytest-html writes the page, this fills it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_bdd.parser import Feature, Scenario, Step

from features.report import page
from features.report.facts import facts_of_this_run
from features.report.order import reading_order
from features.report.records import Recorder, ScenarioRecord, Status, StepRecord

PAGE = "reports/acceptance.html"
JUNIT = "reports/junit.xml"
_STYLE = Path(__file__).with_name("page.css")


class FeatureReport:
    """A pytest plugin: the hooks of pytest-bdd, of pytest-html, and of the run itself."""

    def __init__(self, config: pytest.Config) -> None:
        self.recorder = Recorder()
        self.secrets: set[str] = set()
        self._config = config
        self._facts: dict[str, str] = {}

    def choose_files(self) -> None:
        """Write the report to its own place unless the command line names another one."""
        option = self._config.option
        given = " ".join(map(str, self._config.invocation_params.args))
        if "--html" not in given:
            option.htmlpath = PAGE
        if "--junit" not in given:
            option.xmlpath = JUNIT
        option.self_contained_html = True
        option.tbstyle = "short" if option.tbstyle == "auto" else option.tbstyle
        option.css = [*option.css, str(_STYLE)]

    def pytest_sessionstart(self) -> None:
        self._facts = facts_of_this_run(self._config.rootpath)

    def pytest_bdd_before_scenario(
        self, request: pytest.FixtureRequest, feature: Feature, scenario: Scenario
    ) -> None:
        self.recorder.begin(_record(request.node.nodeid, feature, scenario))

    def pytest_bdd_before_step(self) -> None:
        self.recorder.begin_step()

    def pytest_bdd_after_step(self) -> None:
        self.recorder.end_step(Status.PASSED)

    def pytest_bdd_step_error(self) -> None:
        self.recorder.end_step(Status.FAILED)

    def pytest_bdd_step_func_lookup_error(self) -> None:
        self.recorder.begin_step()
        self.recorder.end_step(Status.FAILED)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        scenario = next((one for one in self.recorder.scenarios if one.node == report.nodeid), None)
        if scenario is None:
            return
        scenario.seconds += report.duration
        if report.failed:
            scenario.status = Status.FAILED
            scenario.trouble += _own_frames(report.longreprtext)
        elif report.when == "call":
            scenario.status = Status.PASSED

    def pytest_html_report_title(self, report: object) -> None:
        report.title = "volops: acceptance"  # type: ignore[attr-defined]

    @pytest.hookimpl(trylast=True)
    def pytest_html_results_summary(self, prefix: list[str], postfix: list[str]) -> None:
        features = self.recorder.features()
        prefix.append(page.overview(features, self._facts))
        postfix.append(page.chapters(features))

    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        del cells[3]

    def pytest_html_results_table_row(self, report: pytest.TestReport, cells: list[str]) -> None:
        del cells[3]
        for scenario in self.recorder.scenarios:
            if scenario.node == report.nodeid:
                cells[1] = f'<td class="col-testId">{page.link_to(scenario)}</td>'

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """No secret that a scenario made reaches a file that is sent about."""
        for path in (self._config.option.htmlpath, self._config.option.xmlpath):
            if path and Path(path).exists():
                scrub(Path(path), self.secrets)


def _own_frames(traceback: str) -> str:
    """The traceback from the features' first line on; what pytest does to get there explains nothing."""
    before, start, rest = traceback.partition("\nfeatures/")
    return f"{start.strip()}{rest}\n" if start else f"{before}\n"


def scrub(path: Path, secrets: set[str]) -> None:
    """Replace every secret in a text file."""
    text = path.read_text("utf-8")
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "••••••")
    path.write_text(text, "utf-8")


def _record(node: str, feature: Feature, scenario: Scenario) -> ScenarioRecord:
    file = str(feature.rel_filename)
    return ScenarioRecord(
        node=node,
        feature=str(feature.name),
        about=_prose(feature.description),
        name=scenario.name,
        place=f"{Path(file).name}:{scenario.line_number}",
        order=(reading_order(Path(file)), scenario.line_number),
        steps=list(_steps(scenario.steps)),
    )


def _steps(steps: list[Step]) -> Iterator[StepRecord]:
    for step in steps:
        rows = tuple(tuple(map(str, row)) for row in step.datatable.raw()) if step.datatable else ()
        yield StepRecord(step.keyword.strip(), step.name.splitlines()[0], rows, step.docstring or "")


def _prose(description: str) -> str:
    return "\n".join(line.strip() for line in description.splitlines()).strip()
