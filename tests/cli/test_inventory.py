"""volumes and status: what there is, in a table for a person and in whole lines for a pipe."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Volops
from tests.cli.program import FAILING, IMAGE, run, run_on_terminal

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def listed(volops: Volops, *options: str) -> dict[str, dict[str, Any]]:
    """The volumes by key."""
    done = volops("volumes", "--json", *options)
    assert (done.code, done.err) == (0, "")
    return {volume["volume"]: volume for volume in json.loads(done.out)["volumes"]}


def row(text: str, name: str) -> list[str]:
    """The cells of the row that begins with `name`."""
    (line,) = [line for line in text.splitlines() if line.startswith(name)]
    return re.split(r"  +", line)


class TestVolumes:
    def test_a_pipe_gets_a_whole_line_for_each(self, volops: Volops, project: Path) -> None:
        done = volops("volumes")
        assert (done.code, done.err) == (0, "")
        name = f"{listed(volops)['uploads']['name']}"
        assert row(done.out, name) == [
            name,
            "uploads",
            "files",
            "local",
            "3.0 MB",
            "critical",
            "never",
            "web",
            f"/var/lib/docker/volumes/{name}/_data",
            "Plain files",
        ]
        assert str(project / "logs") not in done.out

    def test_what_its_type_is_about_is_told_when_asked_for(self, volops: Volops) -> None:
        said = volops("volumes", "--about").out
        titles, uploads = said.splitlines()[0], row(said, listed(volops)["uploads"]["name"])
        assert titles.endswith("GUARANTEES")
        assert "Whatever the volume holds" in uploads
        assert "survives container restarts; survives container rebuilds" in uploads
        assert "GUARANTEES" not in volops("volumes").out
        assert listed(volops)["uploads"]["guarantees"][0] == "survives container restarts"

    def test_a_volume_that_does_not_exist_yet_is_said_to(self, volops: Volops) -> None:
        spare = listed(volops)["spare"]
        assert (spare["exists"], spare["active"], spare["size"], spare["mountpoint"]) == (
            False,
            False,
            None,
            None,
        )
        assert "not created yet (its profile is not active)" in volops("volumes").out

    def test_an_unnamed_volume_has_the_name_that_the_engine_invented(self, volops: Volops) -> None:
        scratch = listed(volops)["web:/scratch"]
        assert scratch["kind"] == "anonymous"
        assert re.fullmatch("[0-9a-f]{64}", scratch["name"])
        assert scratch["exists"]

    def test_bind_mounts_are_shown_when_asked_for(self, volops: Volops, project: Path) -> None:
        logs = str(project / "logs")
        assert logs not in listed(volops)
        bind = listed(volops, "--binds")[logs]
        assert (bind["kind"], bind["driver"], bind["mountpoint"]) == ("bind", "bind", logs)
        assert bind["size"] is None

    @pytest.fixture
    def stranger(self, volops: Volops) -> Iterator[str]:
        """A container of nobody's project that uses the uploads."""
        name = f"cliw-stranger-{uuid.uuid4().hex[:8]}"
        mount = f"{listed(volops)['uploads']['name']}:/u"
        create = ["docker", "create", "--name", name, "-v", mount, IMAGE, "true"]
        subprocess.run(create, check=True, capture_output=True)
        yield name
        subprocess.run(["docker", "rm", name], check=True, capture_output=True)

    def test_containers_outside_the_project_are_users_too(self, volops: Volops, stranger: str) -> None:
        assert listed(volops)["uploads"]["used_by"] == ["web", stranger]

    def test_the_age_of_the_last_good_backup(self, volops: Volops, backups: Path) -> None:
        assert listed(volops)["uploads"]["last_good"] is None
        assert volops("backup", "uploads", "-q").code == 0
        assert listed(volops)["uploads"]["last_good"].startswith("20")
        name = listed(volops)["uploads"]["name"]
        assert row(volops("volumes").out, name)[6] == "just now"
        assert backups.is_dir()

    def test_what_is_wrong_with_a_volume_is_a_warning(self, volops: Volops, tmp_path: Path) -> None:
        more = tmp_path / "more.yaml"
        more.write_text(FAILING.replace("type: nonesuch", "type: files, colour: red"))
        done = volops("-f", "compose.yaml", "-f", str(more), "volumes")
        assert done.code == 0
        assert done.error_line.startswith("volops: warning: uploads: x-volops.volumes.uploads.colour: ")

    def test_a_person_gets_a_table_that_fits_80_columns(self, project: Path) -> None:
        done = run_on_terminal("volumes", "--binds", cwd=project, columns=80)
        assert done.code == 0
        assert _ESCAPES.search(done.out)
        table, _, details = _ESCAPES.sub("", done.out).partition("Volume details")
        assert all(len(line) <= 80 for line in table.splitlines() if "logs" not in line)
        assert "_uploads " in table
        assert "_uploads - Plain files\n     uploads, used by web\n     local, /var/lib/" in details
        assert details.rstrip().splitlines()[-1].startswith("4 volumes, 3.0 MB")
        told = _ESCAPES.sub("", run_on_terminal("volumes", "--about", cwd=project, columns=80).out)
        assert "\n     typical size: Varies\n" in told

    def test_a_stack_without_volumes(self, tmp_path: Path) -> None:
        (tmp_path / "compose.yaml").write_text("services: {a: {image: i}}")
        done = run("volumes", cwd=tmp_path)
        assert (done.code, done.out) == (0, "this stack has no volumes\n")


class TestStatus:
    def test_services_volumes_and_the_last_backup(self, volops: Volops, backups: Path) -> None:
        assert volops("start", "-q").code == 0
        done = volops("status")
        assert (done.code, done.err) == (0, "")
        assert row(done.out, "web")[:3] == ["web", "running", "healthy"]
        assert re.fullmatch(r"127\.0\.0\.1:\d+->80/tcp", row(done.out, "web")[3])
        assert row(done.out, "job") == ["job", "exited (0)", "-", "-"]
        assert "extra" not in done.out
        assert "Last backup: never" in done.out
        assert volops("backup", "uploads", "-q").code == 0
        assert "Last backup: selected_backup_" in volops("status").out
        assert f"→ ./{backups.name}/selected_backup_" in volops("status").out

    def test_a_damaged_backup_is_not_called_complete_nor_taken(self, volops: Volops, backups: Path) -> None:
        for _ in range(2):
            assert volops("backup", "-q").code == 0
        older, newer = sorted(backups.glob("full_backup_*"))
        artifact = next(newer.glob("files_backup_*.uploads.tar.zst"))
        artifact.write_bytes(artifact.read_bytes()[:-1])
        assert volops("verify", newer.name, "-q").code == 1
        assert f"Last backup: {newer.name}, just now, NOT GOOD when it was" in volops("status").out
        shown = volops("show", "latest")
        assert f"{older.name} (full, complete)" in shown.out
        assert shown.error_line.startswith(f"volops: warning: {newer.name} is newer and NOT GOOD")
        assert shown.error_line.endswith(f"taking {older.name}")

    def test_a_bundle_is_a_backup_too(self, volops: Volops, backups: Path) -> None:
        assert volops("backup", "uploads", "-q").code == 0
        (made,) = backups.glob("selected_backup_*")
        assert volops("bundle", made.name, "-q").code == 0
        assert f"Last backup: {made.name}, " in volops("status").out
        shutil.rmtree(made)
        assert f"Last backup: {made.name}.tar.gz, " in volops("status").out

    def test_a_stack_that_was_never_started(self, tmp_path: Path) -> None:
        (tmp_path / "compose.yaml").write_text("services: {a: {image: i, volumes: ['v:/v']}}\nvolumes: {v: }")
        done = run("status", "--json", cwd=tmp_path)
        assert done.code == 0
        shown = json.loads(done.out)
        assert [(each["service"], each["state"]) for each in shown["services"]] == [("a", "not created")]
        assert [each["exists"] for each in shown["volumes"]] == [False]
        assert (shown["last_backup"], shown["unfinished"]) == (None, [])

    def test_what_a_dead_run_left_is_said(self, volops: Volops, backups: Path) -> None:
        (backups / ".incoming" / "full_backup_20251025_143022").mkdir(parents=True)
        assert "Unfinished:  full_backup_20251025_143022 was not finished" in volops("status").out


@pytest.mark.parametrize("verb", ["volumes", "status", "backup"])
def test_no_engine(verb: str, volops: Volops) -> None:
    done = volops(verb, DOCKER_HOST="unix:///nowhere/docker.sock")
    assert (done.code, done.out) == (1, "")
    assert done.error_line.startswith(
        "volops: error: no container engine answers at unix:///nowhere/docker.sock: start it"
    )
