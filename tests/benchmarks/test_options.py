"""What a person can choose of the benchmark."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import ROWS, options
from benchmarks.ways import SUBJECTS


@pytest.fixture(autouse=True)
def _nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROWS", "RUNS", "KEEP", "DIR"):
        monkeypatch.delenv(f"BENCH_{name}", raising=False)


def test_every_row_is_measured_five_times_unless_said_otherwise() -> None:
    chosen = options([])
    assert (chosen.rows, chosen.runs, chosen.keep) == (list(ROWS), 5, False)


def test_the_environment_chooses_and_the_command_line_overrules_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_ROWS", "media, logs")
    monkeypatch.setenv("BENCH_RUNS", "9")
    monkeypatch.setenv("BENCH_KEEP", "1")
    chosen = options(["--rows", "database"])
    assert (chosen.rows, chosen.runs, chosen.keep) == (["database"], 9, True)
    assert options([]).rows == ["media", "logs"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [(["--rows", "media,tapes"], "no such row: tapes"), (["--runs", "0"], "at least one run")],
)
def test_nonsense_is_refused(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options(argv)
    assert message in capsys.readouterr().err


def test_what_is_to_be_reached_is_what_was_promised() -> None:
    assert {subject.name: subject.times for subject in SUBJECTS} == {
        "media": 9,
        "node_modules": 6,
        "logs": 6,
        "database": 3.5,
    }
