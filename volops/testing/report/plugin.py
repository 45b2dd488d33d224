"""What pytest tells of a run, kept for the report; pytest-html writes the page, this fills it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pytest_bdd.parser import Feature, Scenario, Step

from volops.testing.report import distributed, page
from volops.testing.report.criteria import MATRIX
from volops.testing.report.facts import facts_of_this_run
from volops.testing.report.records import Recorder, ScenarioRecord, Status, StepRecord
from volops.testing.report.secrecy import scrub

PAGE = "reports/acceptance.html"
JUNIT = "reports/junit.xml"
CUCUMBER = "reports/cucumber.json"
CRITERIA = {
    "AC1": "Data persists between restarts",
    "AC2": "Schema changes and the history of migrations persist",
    "AC3": "Uploaded files persist and are served byte for byte as they were",
    "AC4": "Cleanup is there, asks for its phrase and removes all; the backup brings all back",
}
_NEVER_BEGUN = "Failed before its first step"
_STYLE = Path(__file__).with_name("page.css")


class FeatureReport:
    """A pytest plugin: the hooks of pytest-bdd, of pytest-html, and of the run itself."""

    def __init__(self, config: pytest.Config, criteria: Mapping[str, str] = CRITERIA) -> None:
        """`criteria` gives the title of each by its tag. `about` is for the facts that only the caller knows;
        `secrets` is what must not be in the report."""
        self.recorder = Recorder()
        self.secrets: set[str] = set()
        self.about: Mapping[str, str] = {}
        self._criteria = criteria
        for tag in (*criteria, MATRIX):
            config.addinivalue_line(
                "markers", f"{tag}: {criteria.get(tag, 'a cell of the protection matrix')}"
            )
        self._config = config
        self._facts: dict[str, str] = {}
        self._began = time.monotonic()

    def choose_files(self) -> None:
        """Write the report to its own place unless the command line names another one."""
        option = self._config.option
        given = " ".join(map(str, self._config.invocation_params.args))
        if "--html" not in given:
            option.htmlpath = PAGE
        if "--junit" not in given:
            option.xmlpath = JUNIT
        if not option.cucumber_json_path:
            option.cucumber_json_path = CUCUMBER
            (self._config.invocation_params.dir / CUCUMBER).parent.mkdir(exist_ok=True)
        option.self_contained_html = True
        option.tbstyle = "short" if option.tbstyle == "auto" else option.tbstyle
        option.css = [*option.css, str(_STYLE)]

    def pytest_sessionstart(self) -> None:
        if not distributed.is_worker(self._config):
            self._facts = facts_of_this_run(self._config.rootpath)
            self._began = time.monotonic()

    def pytest_bdd_before_scenario(
        self, request: pytest.FixtureRequest, feature: Feature, scenario: Scenario
    ) -> None:
        self.recorder.begin(_record(request.node, self._name_of(request.node.nodeid), feature, scenario))

    def pytest_bdd_before_step(self) -> None:
        self.recorder.begin_step()

    def pytest_bdd_after_step(self) -> None:
        self.recorder.end_step(Status.PASSED)

    def pytest_bdd_step_error(self) -> None:
        self.recorder.end_step(Status.FAILED)

    def pytest_bdd_step_func_lookup_error(self) -> None:
        self.recorder.begin_step()
        self.recorder.end_step(Status.FAILED)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if distributed.is_worker(self._config):
            scenario = self._told_of(report)
            if scenario is not None:
                distributed.send(report, distributed.Seen(scenario, self.secrets))
            return
        report.nodeid = self._name_of(report.nodeid)
        seen = distributed.receive(report)
        if seen is None:
            self._told_of(report)
        else:
            self.recorder.adopt(seen.scenario)
            self.secrets.update(seen.secrets)

    def _told_of(self, report: pytest.TestReport) -> ScenarioRecord | None:
        """The scenario with what the report adds; one that failed before it began gets a record, too."""
        node = self._name_of(report.nodeid)
        scenario = self.recorder.known(node)
        if scenario is None:
            if not report.failed:
                return None
            scenario = ScenarioRecord(node, _NEVER_BEGUN, "", node.rpartition("::")[2], "")
            self.recorder.adopt(scenario)
        scenario.seconds += report.duration
        if report.failed:
            scenario.status = Status.FAILED
            scenario.trouble += _own_frames(report.longreprtext)
        elif report.when == "call":
            scenario.status = Status.PASSED
        return scenario

    def _name_of(self, nodeid: str) -> str:
        return distributed.name_of(nodeid, self._config)

    def pytest_html_report_title(self, report: object) -> None:
        report.title = "volops: acceptance"  # type: ignore[attr-defined]

    @pytest.hookimpl(trylast=True)
    def pytest_html_results_summary(self, prefix: list[str], postfix: list[str]) -> None:
        features = self.recorder.features()
        seconds = time.monotonic() - self._began
        prefix.append(page.overview(features, {**self._facts, **self.about}, self._criteria, seconds))
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
        if distributed.is_worker(self._config):
            return
        option = self._config.option
        for path in (option.htmlpath, option.xmlpath, option.cucumber_json_path):
            if path and Path(path).exists():
                scrub(Path(path), self.secrets)
        if option.htmlpath and Path(option.htmlpath).exists():
            fit_for_phones(Path(option.htmlpath))


def fit_for_phones(path: Path) -> None:
    """Have a phone show the page in its own width, which pytest-html leaves out."""
    text = path.read_text("utf-8")
    viewport = '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
    path.write_text(text.replace("<head>", f"<head>\n    {viewport}", 1), "utf-8")


def _own_frames(traceback: str) -> str:
    """The traceback from the features' first line on; what pytest does to get there explains nothing."""
    before, start, rest = traceback.partition("\nfeatures/")
    return f"{start.strip()}{rest}\n" if start else f"{before}\n"


def _record(node: pytest.Item, name: str, feature: Feature, scenario: Scenario) -> ScenarioRecord:
    file = str(feature.rel_filename)
    row = getattr(node, "callspec", None)
    marks = {mark.name for mark in node.iter_markers()} & {*CRITERIA, MATRIX}
    return ScenarioRecord(
        node=name,
        feature=str(feature.name),
        about=_prose(feature.description),
        name=scenario.name,
        place=f"{Path(file).name}:{scenario.line_number}",
        tags=frozenset({*feature.tags, *scenario.tags, *marks}),
        example=row.params.get("_pytest_bdd_example", {}) if row else {},
        steps=list(_steps(scenario.steps)),
        index=node.session.items.index(node),
    )


def _steps(steps: list[Step]) -> Iterator[StepRecord]:
    for step in steps:
        rows = tuple(tuple(map(str, row)) for row in step.datatable.raw()) if step.datatable else ()
        yield StepRecord(step.keyword.strip(), step.name.splitlines()[0], rows, step.docstring or "")


def _prose(description: str) -> str:
    return "\n".join(line.strip() for line in description.splitlines()).strip()
