"""restore, rollback, commit on the live project: what is asked, what is printed, which exit code."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Volops
from tests.cli.program import PROGRAM, environment, in_web, run, run_on_terminal


def test_a_restore_a_rollback_and_a_commit(volops: Volops, backups: Path, project: Path) -> None:
    assert volops("backup").code == 0
    in_web(project, "rm /srv/uploads/photo.jpg; echo new >/srv/uploads/note")
    done = volops("restore", "latest", "uploads", "--yes")
    assert (done.code, done.err) == (0, "")
    assert re.search(r"^restores  uploads: files, 3\.\d MB$", done.out, re.M)
    assert re.search(r"^stops     web, for about .*", done.out, re.M)
    assert re.search(r"^web was down for [\d.]+ s$", done.out, re.M)
    assert "\n`volops rollback uploads` puts it back,\n`volops commit uploads` deletes it\n" in done.out
    assert in_web(project, "ls /srv/uploads") == "photo.jpg"
    back = volops("rollback", "--yes")
    assert back.code == 0
    assert back.out.splitlines()[-1] == "rolled back: uploads"
    assert in_web(project, "ls /srv/uploads") == "note"
    assert volops("rollback", "uploads", "--yes").code == 0
    freed = volops("commit", "--yes")
    assert freed.code == 0
    assert re.search(r"^freed \d+ B$", freed.out, re.M)
    assert volops("commit", "--yes").code == 2
    assert in_web(project, "ls /srv/uploads") == "photo.jpg"
    assert list(backups.glob("full_backup_*"))


def test_the_undo_that_is_printed_undoes_all_of_it_and_nothing_else(
    volops: Volops, backups: Path, project: Path
) -> None:
    """A bind mount among it, and a volume that keeps what an earlier restore has put aside."""
    in_web(project, "echo old >/srv/logs/note; echo old >/srv/uploads/note")
    assert volops("backup", "uploads", "./logs", "web:/scratch").code == 0
    name = next(backups.glob("selected_backup_*")).name
    assert volops("restore", name, "web:/scratch", "--yes").code == 0
    in_web(project, "echo new >/srv/logs/note; echo new >/srv/uploads/note; echo new >/scratch/note")
    done = volops("restore", name, "uploads", "./logs", "--yes")
    assert done.code == 0, done.err
    assert in_web(project, "cat /srv/logs/note /srv/uploads/note") == "old\nold"
    undo, let_go = re.findall(r"`volops ([^`]+)` (?:puts it back|deletes it)", done.out)
    assert volops(*shlex.split(undo), "--yes").code == 0
    assert in_web(project, "cat /srv/logs/note /srv/uploads/note /scratch/note") == "new\nnew\nnew"
    everything = volops("rollback", "--yes").out.splitlines()[-1]
    assert everything == f"rolled back: uploads, web:/scratch, {project / 'logs'}"
    assert in_web(project, "cat /srv/logs/note /srv/uploads/note; ls /scratch") == "old\nold"
    assert volops(*shlex.split(let_go), "--yes").code == 0
    assert in_web(project, "ls -A /srv/logs /srv/uploads | grep -c volops || true") == "0"
    rest = volops("commit", "--yes")
    assert re.search(r"^deletes  web:/scratch from before", rest.out)
    in_web(project, "rm /srv/logs/note /srv/uploads/note")


@pytest.mark.parametrize("printing_to", [">/dev/full", ">/dev/full 2>/dev/full", ">&-", ">&- 2>&- <&-"])
def test_where_it_cannot_print_it_is_done_all_the_same(
    printing_to: str, volops: Volops, backups: Path, project: Path
) -> None:
    """As in a cron job whose log is on a full disk, or without any."""
    argv = ["sh", "-c", f"{PROGRAM} backup uploads {printing_to}"]
    backed_up = subprocess.run(argv, cwd=project, env=environment(), capture_output=True, text=True)
    (name,) = [path.name for path in backups.glob("selected_backup_*")]
    in_web(project, "rm /srv/uploads/photo.jpg")
    argv[-1] = f"{PROGRAM} restore {name} --yes {printing_to}"
    restored = subprocess.run(argv, cwd=project, env=environment(), capture_output=True, text=True)
    assert in_web(project, "ls /srv/uploads") == "photo.jpg"
    assert volops("list").err == ""
    for done in (backed_up, restored):
        assert done.returncode == (1 if "full" in printing_to else 0)
        assert "Traceback" not in done.stderr
    if printing_to == ">/dev/full":
        told = "all is done, but not all of it could be printed: No space left on device"
        assert restored.stderr.splitlines()[-1] == f"volops: error: {told}"
    assert volops("commit", "--yes").code == 0


@pytest.mark.parametrize("option", ["--database", "--table", "--path", "--to", "--into"])
def test_an_empty_value_is_not_taken_for_none(option: str, tmp_path: Path) -> None:
    """It is what a script says whose variable is not set."""
    for words in ([option, ""], [f"{option}="]):
        done = run("restore", "latest", "media", *words, "--yes", cwd=tmp_path)
        assert done.code == 2
        assert f"{option} is empty: give it a value, or leave it out" in done.error_line


def test_a_single_path_comes_back(volops: Volops, backups: Path, project: Path) -> None:
    assert volops("backup").code == 0
    in_web(project, "rm /srv/uploads/photo.jpg; echo new >/srv/uploads/note")
    done = volops("restore", "latest", "uploads", "--path", "*.jpg", "--yes")
    assert (done.code, done.err) == (0, "")
    assert re.search(r"^paths     1 path, 3\.0 MB; all others stay as they are$", done.out, re.M)
    assert in_web(project, "ls /srv/uploads").split() == ["note", "photo.jpg"]
    assert volops("commit", "--yes").code == 0
    in_web(project, "rm /srv/uploads/note")
    assert list(backups.glob("full_backup_*"))


@pytest.mark.usefixtures("backups")
def test_files_into_a_directory(volops: Volops, tmp_path: Path) -> None:
    assert volops("backup").code == 0
    done = volops("restore", "latest", "uploads", "--path", "photo.jpg", "--to", str(tmp_path / "out"))
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == f"1 path, 3.0 MB → {tmp_path / 'out'}"
    assert (tmp_path / "out" / "photo.jpg").stat().st_size == 3_000_000
    again = volops("restore", "latest", "uploads", "--to", str(tmp_path / "out"))
    assert again.code == 2
    assert "photo.jpg exists already: name a new or empty directory with --to" in again.error_line


@pytest.mark.usefixtures("backups")
@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--path", "x"], "single paths are of one volume: name one volume beside --path"),
        (["--to", "x"], "--to is for the files of one volume: name one volume"),
        (["uploads", "--path", "nosuch"], "matches 'nosuch': near it are: photo.jpg"),
    ],
)
def test_what_cannot_be_asked_together(volops: Volops, words: list[str], why: str) -> None:
    assert volops("backup").code == 0
    done = volops("restore", "latest", *words)
    assert done.code == 2
    assert why in done.error_line


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--path", "--into"], "--into restores whole volumes, and --path asks for something else"),
        (["--to", "--into"], "--into restores whole volumes, and --to asks for something else"),
        (["--database", "--into"], "--into restores whole volumes, and --database asks for something else"),
        (["--table", "--into"], "--into restores whole volumes, and --table asks for something else"),
        (["--database", "--to"], "--to unpacks files of a volume, and --database asks for something else"),
        (["--table", "--to"], "--to unpacks files of a volume, and --table asks for something else"),
        (["--database", "--path"], "--path chooses files of a volume, and --database asks for something"),
        (["--table", "--path"], "--path chooses files of a volume, and --table asks for something else"),
        (["--as"], "--as says what one table is to be called: name it with --table"),
    ],
)
def test_no_option_is_passed_over_in_silence(options: list[str], why: str, tmp_path: Path) -> None:
    """It is said before anything is looked for: here is no project."""
    done = run("restore", "latest", "media", *(f"{option}=x" for option in options), cwd=tmp_path)
    assert done.code == 2
    assert why in done.error_line


def test_single_paths_of_a_dump_are_refused(volops: Volops, backups: Path) -> None:
    backups.mkdir()
    dump = backups / "db_backup_20241025_143022.sql"
    dump.write_text("SELECT 1;\n")
    done = volops("restore", dump.name, "--path", "x", "--yes")
    assert done.code == 2
    assert f"--path chooses files of a volume, and {dump.name} is the dump of a database" in done.error_line


def test_a_dry_run_into_a_directory_makes_nothing(volops: Volops, backups: Path, tmp_path: Path) -> None:
    assert volops("backup", "uploads").code == 0
    name, out = next(backups.glob("selected_backup_*")).name, tmp_path / "out"
    done = volops("restore", name, "uploads", "--to", str(out), "--dry-run")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [f"unpacks   1 path, 3.0 MB → {out}", "nothing was done (--dry-run)"]
    assert not out.exists()
    out.mkdir()
    (out / "photo.jpg").write_text("in the way")
    assert volops("restore", name, "uploads", "--to", str(out), "--dry-run").code == 2


def test_nobody_to_ask_and_no_yes_is_an_error(volops: Volops, backups: Path) -> None:
    assert volops("backup", "uploads").code == 0
    name = next(backups.glob("selected_backup_*")).name
    done = volops("restore", name)
    assert done.code == 2
    assert done.error_line.endswith("nobody can be asked: say --yes")


def test_anything_but_yes_changes_nothing(volops: Volops, backups: Path, project: Path) -> None:
    assert volops("backup", "uploads").code == 0
    before = in_web(project, "ls -la --time-style=full-iso /srv/uploads; cat /proc/1/stat | cut -d' ' -f22")
    done = run_on_terminal("restore", next(backups.glob("selected_backup_*")).name, cwd=project, typed="no\n")
    assert done.code == 1
    assert "Type yes to replace the live data" in done.out
    assert "nothing was changed" in done.out
    after = in_web(project, "ls -la --time-style=full-iso /srv/uploads; cat /proc/1/stat | cut -d' ' -f22")
    assert after == before


def test_a_dry_run_shows_the_plan_and_touches_nothing(volops: Volops, backups: Path, project: Path) -> None:
    assert volops("backup", "uploads").code == 0
    before = in_web(project, "ls -la --time-style=full-iso /srv/uploads")
    done = volops("restore", next(backups.glob("selected_backup_*")).name, "--dry-run")
    assert done.code == 0
    assert done.out.splitlines()[-1] == "nothing was done (--dry-run)"
    assert in_web(project, "ls -la --time-style=full-iso /srv/uploads") == before


def test_without_a_backup_named_it_lists_them(volops: Volops, backups: Path) -> None:
    assert volops("backup", "uploads").code == 0
    done = volops("restore")
    assert done.code == 1
    assert next(backups.glob("selected_backup_*")).name in done.out


def test_a_backup_that_is_not_there(volops: Volops, backups: Path) -> None:
    assert volops("backup", "uploads").code == 0
    done = volops("restore", "full_backup_19990101_000000", "--yes")
    assert done.code == 10
    assert next(backups.glob("selected_backup_*")).name in done.error_line
