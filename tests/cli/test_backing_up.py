"""backup, list, show, verify on the live project: what is printed, and which exit code."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Volops
from tests.cli.program import FAILING, PROGRAM, environment, in_web, run, run_on_terminal

NAME = r"(full|selected)_backup_\d{8}_\d{6}"


def only(backups: Path) -> Path:
    """The one backup there is."""
    (found,) = [path for path in backups.iterdir() if not path.name.startswith(".")]
    return found


class TestBackup:
    def test_a_line_for_each_volume_and_one_that_closes(self, volops: Volops, backups: Path) -> None:
        done = volops("backup")
        assert (done.code, done.err) == (0, "")
        *volumes, closing = done.out.splitlines()
        assert re.fullmatch(r"uploads       done     3\.\d MB in [\d.]+ s, 3\.\d MB stored", volumes[1])
        assert re.fullmatch(r"spare         skipped  its profile is not active \(extra\)", volumes[0])
        assert re.fullmatch(
            rf"({NAME}) complete: 2 volumes, 3\.\d MB in [\d.]+ s, 3\.\d MB stored → \./backups/\1", closing
        )
        assert closing.endswith(only(backups).name)

    def test_volumes_by_each_of_their_names(self, volops: Volops, backups: Path, project: Path) -> None:
        engine_name = json.loads(volops("volumes", "--json").out)["volumes"][1]["name"]
        assert engine_name.endswith("_uploads")
        for name, key in (
            ("uploads", "uploads"),
            (engine_name, "uploads"),
            ("./logs", str(project / "logs")),
            (str(project / "logs"), str(project / "logs")),
        ):
            done = volops("backup", name, "--json")
            assert done.code == 0
            assert [volume["volume"] for volume in json.loads(done.out)["backup"]["volumes"]] == [key]
        assert len(list(backups.glob("selected_backup_*"))) == 4

    def test_an_unknown_volume_is_never_created(self, volops: Volops, project: Path) -> None:
        done = volops("backup", "uplaods")
        assert done.code == 2
        assert done.error_line.startswith("volops: error: no volume 'uplaods' in this stack: choose one of: ")
        assert not (project / "backups").exists()
        volumes = subprocess.run(["docker", "volume", "ls", "-q"], capture_output=True, text=True, check=True)
        assert "uplaods" not in volumes.stdout

    def test_all_and_names_exclude_each_other(self, volops: Volops) -> None:
        done = volops("backup", "--all", "uploads")
        assert done.code == 2
        assert done.error_line.startswith("volops: error: --all and VOLUME exclude each other")

    def test_a_volume_that_fails_makes_it_partial(
        self, volops: Volops, backups: Path, tmp_path: Path
    ) -> None:
        more = tmp_path / "more.yaml"
        more.write_text(FAILING)
        done = volops("-f", "compose.yaml", "-f", str(more), "backup")
        assert done.code == 3
        assert re.search(r"^uploads +failed  .*nonesuch", done.out, re.MULTILINE)
        assert re.match(r"partial_full_backup_\d{8}_\d{6} PARTIAL: 1 of 2 volumes", done.out.splitlines()[-1])
        assert done.error_line.startswith("volops: error: uploads: ")
        assert "nonesuch" in done.error_line
        assert only(backups).name.startswith("partial_full_backup_")

    def test_a_run_in_which_all_fails_ends_with_its_error(
        self, volops: Volops, backups: Path, tmp_path: Path
    ) -> None:
        more = tmp_path / "more.yaml"
        more.write_text(FAILING)
        done = volops("-f", "compose.yaml", "-f", str(more), "backup", "uploads")
        assert done.code == 1
        assert "nonesuch" in done.error_line
        assert not list(backups.glob("*_backup_*"))

    def test_quiet(self, volops: Volops, backups: Path) -> None:
        done = volops("backup", "-q")
        assert (done.code, done.out, done.err) == (0, "", "")
        assert only(backups).is_dir()

    def test_another_directory_by_option_and_by_variable(self, volops: Volops, tmp_path: Path) -> None:
        assert volops("backup", "uploads", "--backups", str(tmp_path / "one")).code == 0
        assert volops("--backups", str(tmp_path / "two"), "backup", "uploads").code == 0
        assert volops("backup", "uploads", VOLOPS_BACKUPS=str(tmp_path / "three")).code == 0
        for name in ("one", "two", "three"):
            assert only(tmp_path / name).is_dir()

    def test_a_reader_that_goes_away_does_not_stop_it(self, project: Path, backups: Path) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [PROGRAM, "backup"], cwd=project, env=environment(), stdout=writing, stderr=subprocess.PIPE
        )
        os.close(writing)
        assert (done.returncode, done.stderr) == (0, b"")
        assert only(backups).name.startswith("full_backup_")

    def test_while_another_run_has_the_backups(self, volops: Volops, backups: Path) -> None:
        (backups / ".volops").mkdir(parents=True)
        with (backups / ".volops" / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = volops("backup")
        assert done.code == 11
        assert "in use by" in done.error_line

    def test_a_person_sees_a_bar_and_then_the_same_lines(self, project: Path, backups: Path) -> None:
        done = run_on_terminal("backup", "uploads", cwd=project)
        assert done.code == 0
        assert "━" in done.out
        assert re.search(rf"uploads  done     3\.\d MB.*\n.*{NAME} complete: 1 volume, ", done.out)
        assert only(backups).is_dir()

    def test_long_work_shows_how_much_of_how_much_how_fast_and_the_time_left(
        self, project: Path, backups: Path
    ) -> None:
        """What does not shrink, of a size that cannot be done between two looks at the bar."""
        more = "head -c 300000000 /dev/urandom >/srv/uploads/film"
        in_web(project, more)
        try:
            done = run_on_terminal("backup", "uploads", cwd=project)
        finally:
            in_web(project, "rm /srv/uploads/film")
        assert done.code == 0
        assert only(backups).is_dir()
        shown = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", done.out)
        assert re.search(r"[1-9][\d.]*/30\d\.\d MB +[1-9][\d.]* [MG]B/s +0:00:\d\d left", shown)


class TestBackups:
    def test_a_backup_named_by_its_path_needs_no_project(
        self, volops: Volops, backups: Path, tmp_path: Path
    ) -> None:
        assert volops("backup", "-q").code == 0
        path = str(only(backups))
        assert f"Backup:    {only(backups).name} (full, complete)" in run("show", path, cwd=tmp_path).out
        done = run("verify", path, cwd=tmp_path)
        assert (done.code, done.err) == (0, "")
        assert done.out.splitlines()[-1].endswith(f"→ {path}")
        assert "verified just now" in volops("list").out
        done = run("bundle", path, "--output", str(tmp_path), cwd=tmp_path)
        assert done.code == 0
        (bundle,) = tmp_path.glob("*.tar.gz")
        done = run("verify", bundle.name, cwd=tmp_path)
        assert (done.code, done.err) == (0, "")
        assert run("show", "./nonesuch", cwd=tmp_path).error_line.startswith("volops: error: no compose file")

    def test_list_show_and_verify(self, volops: Volops, backups: Path) -> None:
        assert volops("backup", "-q").code == 0
        name = only(backups).name
        titles, row = volops("list").out.splitlines()
        assert re.split("  +", titles) == ["NAME", "AGE", "SIZE", "VOLUMES", "STATE", "LAST CHECK"]
        assert re.split("  +", row) == [name, "just now", "3.0 MB", "2", "complete", "never"]
        shown = volops("show", "latest").out
        assert f"Backup:    {name} (full, complete)" in shown
        assert re.search(r"^uploads +files +done +3\.\d MB", shown, re.MULTILINE)
        assert re.search(r"^files_backup_\S+\.tar\.zst +3\.\d MB +uploads$", shown, re.MULTILINE)
        done = volops("verify", "full_")
        assert (done.code, done.err) == (0, "")
        assert re.fullmatch(
            rf"{name} is good: 3\.\d MB read and checked in [\d.]+ s → \./backups/{name}",
            done.out.splitlines()[-1],
        )
        assert volops("list").out.rstrip().endswith("verified just now")

    @pytest.mark.usefixtures("backups")
    def test_a_backup_is_proven_by_restoring_it(self, volops: Volops) -> None:
        assert volops("backup").code == 0
        done = volops("verify", "latest", "--restore")
        assert (done.code, done.err) == (0, "")
        assert re.search(r"^uploads +proven   3\.\d MB in [\d.]+ s$", done.out, re.M)
        closing = done.out.splitlines()[-1]
        assert re.fullmatch(
            rf"{NAME} is proven: 3\.\d MB restored and checked in [\d.]+ s → \./backups/{NAME}", closing
        )
        assert volops("list").out.rstrip().endswith("proven just now")
        shown = volops("show", "latest").out
        assert re.search(r"^Checked: .*, proven on \d{4}-\d\d-\d\d [\d:]+ UTC by restoring it$", shown, re.M)
        assert "complete, proven just now" in volops("status").out
        assert volops("verify", "latest").code == 0
        assert volops("list").out.rstrip().endswith("proven just now")

    def test_damage_is_named_and_remembered(self, volops: Volops, backups: Path) -> None:
        assert volops("backup", "uploads", "-q").code == 0
        (file,) = only(backups).glob("files_*.tar.zst")
        damaged = bytearray(file.read_bytes())
        damaged[1_000_000] ^= 1
        file.write_bytes(damaged)
        done = volops("verify", only(backups).name)
        assert done.code == 1
        assert re.search(r"^uploads +failed", done.out, re.MULTILINE)
        assert done.out.splitlines()[-1].startswith(f"{only(backups).name} is NOT GOOD: 1 of 2 parts failed")
        assert file.name in done.error_line
        assert "NOT GOOD" in volops("list").out

    def test_a_partial_backup_is_called_partial(self, volops: Volops, backups: Path, tmp_path: Path) -> None:
        more = tmp_path / "more.yaml"
        more.write_text(FAILING)
        assert volops("-f", "compose.yaml", "-f", str(more), "backup").code == 3
        done = volops("verify", only(backups).name)
        assert done.code == 3
        assert "is good, but PARTIAL" in done.out

    def test_without_any_backup(self, volops: Volops, project: Path) -> None:
        done = volops("list")
        assert (done.code, done.err) == (0, "")
        assert done.out == f"no backups in {project / 'backups'}: make one with `volops backup`\n"
        for verb in ("show", "verify"):
            done = volops(verb, "latest")
            assert (done.code, done.out) == (10, "")
            assert done.error_line.startswith("volops: error: no complete full backup in ")

    def test_a_broken_one_is_listed_with_what_is_wrong(self, volops: Volops, backups: Path) -> None:
        assert volops("backup", "-q").code == 0
        manifest = only(backups) / "manifest.json"
        manifest.write_text(manifest.read_text().replace("uploads", "uqloads"))
        done = volops("list")
        assert done.code == 0
        assert "broken" in done.out
        assert "was changed after it was written" in done.error_line
        done = volops("show", only(backups).name)
        assert done.code == 1
        assert "was changed after it was written" in done.error_line

    def test_neither_engine_nor_compose_file_is_needed(
        self, volops: Volops, backups: Path, tmp_path: Path
    ) -> None:
        assert volops("backup", "-q").code == 0
        for verb in (["list"], ["show", "latest"], ["verify", "latest"]):
            done = run(
                "--backups", str(backups), *verb, cwd=tmp_path, DOCKER_HOST="unix:///nowhere/docker.sock"
            )
            assert (done.code, done.err) == (0, "")
            assert only(backups).name in done.out


@pytest.mark.parametrize("verb", ["list", "backup"])
def test_a_directory_that_cannot_be_used(verb: str, volops: Volops, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = volops(verb, "--backups", str(tmp_path / "file" / "backups"))
    assert done.code == 10
    assert "cannot be used" in done.error_line
