"""What docker-dev.sh makes of its arguments; features/document.feature shows what comes of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).parents[1] / "docker-dev.sh"
_RECORDER = """#!/bin/sh
echo "volops $*"
case "${CODE:-}$*" in
    backup) printf 'full_backup_20251025_143022 complete: 5 volumes, 110 MB in 8.3 s\\n' ;;
    *"show full_backup_20251025_143022 --json"*) printf '    "path": "%s"\\n' "$MADE" ;;
esac
exit "${CODE:-0}"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory with the script, and beside it a volops that prints how it was called."""
    directory = tmp_path / "a project"
    program = directory / ".venv" / "bin" / "volops"
    program.parent.mkdir(parents=True)
    program.write_text(_RECORDER)
    program.chmod(0o755)
    shutil.copy(_SCRIPT, directory)
    (directory / "backups").mkdir()
    return directory


def call(project: Path, *arguments: str, cwd: Path | None = None, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [project / "docker-dev.sh", *arguments],
        cwd=cwd or project,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize(
    "command",
    [
        *("volumes", "status", "start", "stop", "restart", "rebuild", "backup-db", "db-shell"),
        *("clean", "clean-containers", "clean-logs", "clean-cache", "clean-all", "list", "nonesuch"),
    ],
)
def test_what_is_volops_own_goes_there_with_its_arguments(project: Path, command: str) -> None:
    assert call(project, command, "--some", "two words") == (0, f"volops {command} --some two words")


def test_the_exit_code_is_that_of_volops(project: Path) -> None:
    assert call(project, "clean-all", CODE="21")[0] == 21
    assert call(project, "backup", CODE="3") == (3, "volops backup")


def test_called_from_elsewhere_it_means_its_own_project(project: Path, tmp_path: Path) -> None:
    assert call(project, "status", cwd=tmp_path)[1] == f"volops --project-directory {project} status"


def test_django_commands_run_in_the_backend(project: Path) -> None:
    assert call(project, "backend-shell")[1] == "volops exec backend python manage.py shell"
    migrate = "volops exec backend python manage.py migrate --fake people"
    assert call(project, "backend-migrate", "--fake", "people")[1] == migrate


def test_a_backup_becomes_one_file_and_its_directory_goes(project: Path) -> None:
    made = project / "backups" / "full_backup_20251025_143022"
    made.mkdir()
    code, said = call(project, "backup", MADE=str(made))
    assert (code, said.splitlines()[0], said.splitlines()[-1]) == (
        0,
        "volops backup",
        f"volops bundle {made}",
    )
    assert not made.exists()
    assert "latest" not in said


def test_a_backup_that_is_asked_for_by_volume_stays_as_volops_makes_it(project: Path) -> None:
    assert call(project, "backup", "postgres-data") == (0, "volops backup postgres-data")


class TestRestore:
    @pytest.fixture(autouse=True)
    def _backups(self, project: Path) -> None:
        for stamp in ("20251024_020000", "20251026_020000"):
            (project / "backups" / f"full_backup_{stamp}.tar.gz").touch()
        (project / "backups" / "full_backup_20251025_143022").mkdir()
        (project / "backups" / "partial_full_backup_20251027_020000").mkdir()

    def test_a_file_that_is_named_is_taken(self, project: Path) -> None:
        name = "./backups/full_backup_20251024_020000.tar.gz"
        assert call(project, "restore", name, "--yes") == (0, f"volops restore {name} --yes")

    def test_of_several_the_newest_is_taken(self, project: Path) -> None:
        both = [str(path) for path in (project / "backups").glob("*.tar.gz")]
        newest = project / "backups" / "full_backup_20251026_020000.tar.gz"
        assert call(project, "restore", *both, "--yes") == (0, f"volops restore {newest} --yes")

    def test_of_several_in_several_places_the_time_in_the_name_decides(self, project: Path) -> None:
        newest = "./a/2024/full_backup_20251026_020000.tar.gz"
        others = ("./z/full_backup_20251024_020000.tar.gz", "./z/20271231_000000/notes.tar.gz")
        assert call(project, "restore", others[0], newest, others[1])[1] == f"volops restore {newest}"

    def test_the_latest_is_the_newest_file_or_directory(self, project: Path) -> None:
        word = "./backups/latest.tar.gz"
        newest = "volops restore ./backups/full_backup_2025102{}"
        assert call(project, "restore", word)[1] == newest.format("6_020000.tar.gz")
        (project / "backups" / "full_backup_20251026_020000.tar.gz").unlink()
        assert call(project, "restore", word)[1] == newest.format("5_143022")

    def test_a_word_means_the_backups_of_the_project(self, project: Path) -> None:
        newest = project / "backups" / "full_backup_20251026_020000.tar.gz"
        assert call(project, "restore", "latest", "redis-data")[1] == f"volops restore {newest} redis-data"

    def test_a_latest_that_is_there_is_that_one(self, project: Path) -> None:
        (project / "backups" / "latest.tar.gz").touch()
        name = "./backups/latest.tar.gz"
        assert call(project, "restore", name)[1] == f"volops restore {name}"

    def test_where_there_is_none_volops_says_so(self, project: Path) -> None:
        assert call(project, "restore", "nowhere/latest.tar.gz")[1] == "volops restore nowhere/latest.tar.gz"

    def test_everything_else_is_for_volops_to_judge(self, project: Path) -> None:
        assert call(project, "restore")[1] == "volops restore"
        assert call(project, "restore", "dump.sql", "--yes")[1] == "volops restore dump.sql --yes"


def test_without_volops_it_says_how_to_get_it(project: Path) -> None:
    (project / ".venv" / "bin" / "volops").unlink()
    done = subprocess.run(
        [project / "docker-dev.sh", "volumes"],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "run 'make setup'" in done.stderr


def test_help_names_every_command_of_the_document(project: Path) -> None:
    document = (_SCRIPT.parent / "docs" / "persistent-data-management.md").read_text("utf-8")
    commands = set(re.findall(r"\./docker-dev\.sh ([a-z-]+)", document))
    said = call(project, "help")[1]
    assert "restore" in commands
    assert [command for command in commands if command not in said] == []
