"""The report's page: what a reader must find in it, whatever the scenarios printed."""

from __future__ import annotations

from pathlib import Path

from volops.testing.report import page
from volops.testing.report.records import Exhibit, Recorder, ScenarioRecord, Status, StepRecord
from volops.testing.report.secrecy import scrub


def _scenario(name: str, status: Status, *steps: StepRecord) -> ScenarioRecord:
    return ScenarioRecord(
        node=f"features/test_features.py::test_{name.replace(' ', '_')}",
        feature="A feature",
        about="What it is about",
        name=name,
        place="a.feature:3",
        steps=list(steps),
        status=status,
        seconds=1.25,
    )


def _recorded(*scenarios: ScenarioRecord) -> Recorder:
    recorder = Recorder()
    for scenario in scenarios:
        recorder.begin(scenario)
    return recorder


def test_the_verdict_comes_from_every_scenario() -> None:
    good, bad = _scenario("one", Status.PASSED), _scenario("two", Status.FAILED)
    assert "The one scenario passed" in page.overview(_recorded(good).features(), {})
    assert "All 2 scenarios passed" in page.overview(_recorded(good, good).features(), {})
    assert "1 of 2 scenarios failed" in page.overview(_recorded(good, bad).features(), {})


def test_a_run_without_scenarios_is_not_a_good_one() -> None:
    assert "No scenario ran" in page.overview([], {})


def test_a_scenario_that_never_ran_counts_as_failed() -> None:
    assert "1 of 1 scenarios failed" in page.overview(
        _recorded(_scenario("one", Status.NOT_RUN)).features(), {}
    )


def test_what_programs_print_cannot_become_markup() -> None:
    step = StepRecord("When", "I run <b>", exhibits=[Exhibit("$ evil", "<script>alert(1)</script>")])
    shown = page.chapters(_recorded(_scenario("one", Status.PASSED, step)).features())
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "I run &lt;b&gt;" in shown


def test_evidence_stays_with_the_step_that_left_it() -> None:
    recorder = Recorder()
    first, second = StepRecord("Given", "a"), StepRecord("When", "b")
    recorder.begin(_scenario("one", Status.NOT_RUN, first, second))
    recorder.begin_step()
    recorder.text("of the first", "1")
    recorder.end_step(Status.PASSED)
    recorder.begin_step()
    recorder.table("of the second", ["n"], [[2]])
    recorder.end_step(Status.PASSED)
    assert [exhibit.title for exhibit in first.exhibits] == ["of the first"]
    assert second.exhibits[0].rows == (("2",),)


def test_witnesses_speak_only_when_a_step_failed() -> None:
    recorder = Recorder()
    step = StepRecord("Then", "it works")
    recorder.begin(_scenario("one", Status.NOT_RUN, step))
    recorder.on_failure(lambda: [Exhibit("logs of db", "it broke")])
    recorder.begin_step()
    recorder.end_step(Status.FAILED)
    assert [exhibit.title for exhibit in step.exhibits] == ["logs of db"]


def test_no_secret_stays_in_a_file_that_is_sent_about(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text("<pre>PGPASSWORD=0123456789abcdef été</pre>", "utf-8")
    scrub(file, {"0123456789abcdef", "89ab"})
    assert file.read_text("utf-8") == "<pre>PGPASSWORD=•••••• été</pre>"
