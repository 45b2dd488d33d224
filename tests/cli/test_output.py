"""Lines for a pipe are whole and free of colour; what names hold cannot spoil them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from volops.cli.output import Output, plain, shown_path


def test_a_table_in_a_pipe_is_aligned_and_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 300
    Output(json=False, quiet=False).table(
        ("NAME", "SIZE", "USED BY"), [("a", "1.0 kB", "db"), ("bb", "10 MB", long)], right="SIZE"
    )
    assert capsys.readouterr().out.splitlines() == [
        "NAME    SIZE  USED BY",
        "a     1.0 kB  db",
        f"bb     10 MB  {long}",
    ]


def test_control_characters_are_shown_not_obeyed() -> None:
    assert plain("a\x1b[31mb\nc\td\udcff é 文") == "a\\x1b[31mb\\nc\\td\\udcff é 文"


def test_quiet_leaves_results_warnings_and_errors(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(json=False, quiet=True)
    output.note("done")
    output.line("result")
    output.warn("odd")
    output.error("wrong")
    captured = capsys.readouterr()
    assert captured.out == "result\n"
    assert captured.err == "volops: warning: odd\nvolops: error: wrong\n"


def test_json_is_the_only_thing_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(json=True, quiet=False)
    output.line("result")
    output.note("done")
    output.table(("A",), [("b",)])
    output.document({"at": datetime(2025, 10, 25, 14, 30, 22, tzinfo=UTC), "path": Path("/b"), "ü": 1})
    assert json.loads(capsys.readouterr().out) == {"at": "2025-10-25T14:30:22+00:00", "path": "/b", "ü": 1}


def test_a_document_is_printed_under_json_only(capsys: pytest.CaptureFixture[str]) -> None:
    Output(json=False, quiet=False).document({"a": 1})
    assert capsys.readouterr().out == ""


def test_a_path_below_the_working_directory_is_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown_path(tmp_path / "backups" / "b") == "./backups/b"
    assert shown_path(Path("/elsewhere/b")) == "/elsewhere/b"
