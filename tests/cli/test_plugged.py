"""Commands and stores of plugins, as a user meets them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Volops

PLUGINS = Path(__file__).parents[1] / "data" / "plugins"


def having(*cases: str) -> dict[str, str]:
    """The environment in which those distributions are installed."""
    found = [str(PLUGINS / case) for case in cases]
    return {"PYTHONPATH": os.pathsep.join([*found, os.environ.get("PYTHONPATH", "")])}


class TestCommands:
    def test_they_are_listed_apart_with_what_they_do(self, volops: Volops) -> None:
        done = volops("--help", **having("chores"))
        own, _, theirs = done.out.partition("Of plugins:")
        assert "tally" not in own
        assert [line.split(maxsplit=1) for line in theirs.splitlines()[1:3]] == [
            ["chores", "What has to be done now and then."],
            ["tally", "Count the volumes of the stack."],
        ]
        assert "Of plugins" not in volops("--help").out

    def test_one_knows_the_stack_and_prints_as_others_do(self, volops: Volops) -> None:
        plugin = having("chores")
        assert volops("tally", "--as", "places", **plugin).out == "WHAT    COUNT\nplaces  3\ncounted\n"
        assert json.loads(volops("--json", "tally", **plugin).out) == {"tally": 3}
        assert volops("-q", "tally", **plugin).out == "WHAT     COUNT\nvolumes  3\n"
        assert "--as TEXT" in volops("tally", "--help", **plugin).out

    def test_one_may_run_other_verbs_on_the_same_project(self, volops: Volops, backups: Path) -> None:
        done = volops("--backups", str(backups / "nightly"), "chores", "nightly", **having("chores"))
        assert done.code == 0, done.err
        assert "the backup ended with 0" in done.out
        assert len(list((backups / "nightly").glob("full_backup_*/manifest.json"))) == 1

    @pytest.mark.parametrize(
        ("how", "code", "said"),
        [
            ("politely", 2, "nothing can be broken here: do something else"),
            (
                "badly",
                1,
                "plugin chores of volops-chores 1.0: its command 'chores' failed: ZeroDivisionError: "
                "a number by nothing",
            ),
        ],
    )
    def test_what_goes_wrong_is_one_line(self, how: str, code: int, said: str, volops: Volops) -> None:
        done = volops("chores", "break", how, **having("chores"))
        assert (done.code, done.out, done.error_line.partition(": see")[0]) == (
            code,
            "",
            f"volops: error: {said}",
        )

    def test_a_wrong_option_is_explained(self, volops: Volops) -> None:
        done = volops("tally", "--loud", **having("chores"))
        assert done.code == 2
        assert done.error_line.endswith("see `volops tally --help`")

    def test_one_that_is_not_there_because_its_plugin_is_broken(self, volops: Volops) -> None:
        done = volops("tidy", **having("command_none"))
        assert done.code == 2
        assert "plugin command_none is broken: 'tidy' is no click command" in done.err

    @pytest.mark.parametrize("case", ["metadata_undecodable", "command_indescribable"])
    def test_a_broken_plugin_takes_no_help_away(self, case: str, volops: Volops) -> None:
        done = volops("--help", **having(case, "chores"))
        assert (done.code, done.err) == (0, "")
        assert "Count the volumes of the stack." in done.out
        assert "riddle" not in done.out


def test_a_cache_of_a_plugins_type_is_one_for_clean_cache(volops: Volops, project: Path) -> None:
    other = project / "other.yaml"
    other.write_text("x-volops: {volumes: {uploads: {type: caching}}}\n")
    files = ("-f", "compose.yaml", "-f", "other.yaml")
    done = volops(*files, "clean-cache", "--dry-run", "--json", **having("caching"))
    other.unlink()
    assert done.code == 0, done.err
    (volume,) = json.loads(done.out)["plan"]["volumes"]
    assert (volume["volume"], volume["type"]) == ("uploads", "caching")


class TestStores:
    def test_backups_go_there_and_come_back(self, volops: Volops, project: Path, tmp_path: Path) -> None:
        place = ("--backups", f"shelf://{tmp_path}/shelf")
        plugin = having("shelf")
        try:
            for words in (["backup"], ["verify", "latest"], ["verify", "latest", "--restore"]):
                done = volops(*place, *words, **plugin)
                assert done.code == 0, done.err
            assert volops("exec", "web", "rm", "/srv/uploads/photo.jpg").code == 0
            done = volops(*place, "restore", "latest", "uploads", "--yes", **plugin)
            assert done.code == 0, done.err
            assert volops("exec", "web", "wc", "-c", "/srv/uploads/photo.jpg").out.split()[0] == "3000000"
            assert volops("commit", "--yes").code == 0
            (listed,) = json.loads(volops(*place, "list", "--json", **plugin).out)["backups"]
            assert listed["name"].startswith("full_backup_")
            assert not list((project / "backups").glob("full_backup_*"))
        finally:
            _without(project)

    def test_the_compose_file_may_name_it(self, volops: Volops, project: Path, tmp_path: Path) -> None:
        other = project / "elsewhere.yaml"
        shelf = f"shelf://{tmp_path}/shelf"
        other.write_text(f"x-volops: {{backups: '{shelf}', volumes: {{uploads: {{type: files}}}}}}")
        files = ("-f", "compose.yaml", "-f", "elsewhere.yaml")
        try:
            done = volops(*files, "backup", "uploads", "--json", **having("shelf"))
            assert done.code == 0, done.err
            assert json.loads(done.out)["backup"]["path"].startswith(shelf)
            done = volops(*files, "list")
            assert (done.code, done.error_line) == (
                2,
                "volops: error: no plugin has a store for shelf://: see `volops plugins`, install one",
            )
        finally:
            other.unlink()
            _without(project)

    def test_one_that_cannot_be_opened_says_whose_it_is(self, volops: Volops) -> None:
        done = volops("--backups", "far://away", "backup", **having("store_raises"))
        assert done.code == 1
        assert "plugin store_raises of volops-store-raises 1.0 cannot open far://away" in done.error_line


def _without(project: Path) -> None:
    """What a run keeps on this machine, wherever its backups go."""
    for path in sorted((project / "backups").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    if (project / "backups").exists():
        (project / "backups").rmdir()
