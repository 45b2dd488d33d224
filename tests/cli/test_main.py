"""Whatever goes wrong: one line that names cause and next step, an exit code, nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import PROGRAM, environment, run

# The program with one function replaced, since a defect or a slow engine cannot be had to order.
REPLACED = """
import sys, time, pathlib, contextlib
import volops.compose.reading as reading
from volops.cli.main import main

@contextlib.contextmanager
def work():
    try:
        print("working", flush=True)
        yield
    finally:
        {clean_up}
        print("cleaned up", flush=True)

def ask(argv):
    with work():
        {body}

reading.ask = ask
sys.exit(main())
"""

LONG = "for _ in range(600): time.sleep(0.1)"
"""One long sleep would not end for a signal that comes just before it begins."""


def replaced(body: str, clean_up: str = "pass") -> list[str]:
    return [sys.executable, "-c", REPLACED.format(body=body, clean_up=clean_up)]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["start"], "no compose file in {cwd} or above it: change to the project's directory, or name"),
        (["-f", "none.yaml", "start"], "compose file {cwd}/none.yaml does not exist: check `-f` and"),
        (["start", "--colour"], "no such option '--colour': see `volops start --help`"),
        (["begin"], "no such command 'begin': see `volops --help`"),
        (["start", "--timeout", "soon"], "invalid value for '--timeout'"),
        (["show"], "missing argument 'BACKUP': see `volops show --help`"),
    ],
)
def test_wrong_use(arguments: list[str], line: str, tmp_path: Path) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.error_line.startswith(f"volops: error: {line.format(cwd=tmp_path)}")
    assert list(tmp_path.iterdir()) == []


def test_an_invalid_compose_file_is_refused_in_composes_words(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {a: {image: i, colour: red}}")
    done = run("start", cwd=tmp_path)
    assert done.code == 2
    assert "services.a Additional property colour is not allowed" in done.error_line
    assert done.error_line.endswith("correct it until `docker compose config` accepts it")


def test_under_json_the_error_is_an_object_too(tmp_path: Path) -> None:
    done = run("--json", "start", cwd=tmp_path)
    error = json.loads(done.out)["error"]
    assert error["kind"] == "NoComposeFile"
    assert error["exit_code"] == done.code == 2
    assert done.error_line == f"volops: error: {error['message']}: {error['next_step']}"


def test_no_docker_client(tmp_path: Path) -> None:
    done = run("start", cwd=tmp_path, PATH=str(tmp_path))
    assert done.code == 1
    assert done.error_line.startswith("volops: error: no `docker` command on this machine: install")


def test_a_defect_is_one_line_that_says_how_to_get_more(tmp_path: Path) -> None:
    defect = replaced("raise RuntimeError('a defect')")
    done = subprocess.run([*defect, "start"], cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == "working\ncleaned up\n"
    assert done.stderr == (
        "volops: error: unexpected RuntimeError: a defect: run it again with VOLOPS_DEBUG=1 and report\n"
    )
    env = environment(VOLOPS_DEBUG="1")
    done = subprocess.run([*defect, "start"], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback (most recent call last)" in done.stderr


def test_a_plugin_that_ends_the_process_has_not_succeeded(tmp_path: Path) -> None:
    """Wherever that is: a store of a plugin, too, is asked in the midst of a run."""
    leaving = [*replaced("sys.exit(0)"), "start"]
    done = subprocess.run(leaving, cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == "working\ncleaned up\n"
    assert done.stderr.startswith("volops: error: a plugin ended the run with sys.exit(0) before its work")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_unwinds_and_ends_with_130(number: signal.Signals, tmp_path: Path) -> None:
    with subprocess.Popen(
        [*replaced(LONG), "start"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "working\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, "cleaned up\n", "volops: error: interrupted\n")


def test_a_second_signal_does_not_disturb_cleaning_up_and_a_third_ends_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*replaced(LONG, clean_up="print('cleaning', flush=True); time.sleep(60)"), "start"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == "working\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "cleaning\n"
        process.send_signal(signal.SIGTERM)
        assert process.stderr.readline() == "\n"
        assert "cleaning up" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == -signal.SIGTERM


def test_a_reader_that_goes_away_is_no_failure(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [PROGRAM, "--backups", str(tmp_path), "list"],
        cwd=tmp_path,
        env=environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_help_loads_nothing_that_only_work_needs() -> None:
    script = (
        "import sys; from volops.cli.main import main; sys.argv[1:] = ['--help']; main(); "
        "print([name for name in ('docker', 'pydantic', 'rich', 'volops.plugins') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
