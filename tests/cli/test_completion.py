"""What the shell offers after a verb."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from tests.cli.conftest import Volops
from tests.cli.program import PROGRAM, environment
from volops.cli.root import root

Offered = Callable[..., list[str]]


@pytest.fixture
def offered(volops: Volops) -> Offered:
    """The words offered for the last one of a command line."""

    def call(*words: str, **more: Path) -> list[str]:
        done = volops(
            COMP_WORDS=" ".join(("volops", *words)),
            COMP_CWORD=str(len(words)),
            _VOLOPS_COMPLETE="bash_complete",
            **more,
        )
        assert (done.code, done.err) == (0, "")
        return [line.partition(",")[2] for line in done.out.splitlines() if line]

    return call


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(shell: str, volops: Volops) -> None:
    done = volops("completion", shell)
    assert done.code == 0
    assert f"{shell}_complete" in done.out


def test_bash_takes_the_script_and_completes(project: Path) -> None:
    script = (
        f'PATH={Path(PROGRAM).parent}:$PATH; eval "$(volops completion bash)"; COMP_WORDS=(volops start w); '
        "COMP_CWORD=2; _volops_completion volops w start; echo ${COMPREPLY[@]}"
    )
    bash = shutil.which("bash") or "bash"
    done = subprocess.run(
        [bash, "-c", script], cwd=project, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "web\n"


def test_verbs(offered: Offered) -> None:
    assert offered("ba") == ["backup", "backup-db"]


def test_services_of_the_project(offered: Offered) -> None:
    assert offered("start", "") == ["extra", "job", "web"]
    assert offered("start", "web", "w") == []


def test_volumes_of_the_project(offered: Offered, project: Path) -> None:
    assert offered("backup", "") == ["spare", "uploads", "web:/scratch", str(project / "logs")]


def test_volumes_that_the_backup_holds(offered: Offered, volops: Volops, backups: Path) -> None:
    assert volops("backup", "-q", "uploads").code == 0
    name = next(backups.glob("selected_*")).name
    assert offered("restore", name, "") == ["uploads"]
    assert offered("restore", name, "uploads", "") == []


def test_an_empty_value_before_it_is_in_nobodys_way(offered: Offered) -> None:
    assert offered("backup", "--backups", "''", "up") == ["uploads"]
    assert offered("clean", "--type", "''", "up") == ["uploads"]


def test_databases_for_what_dumps_one(offered: Offered) -> None:
    assert offered("backup-db", "") == []


def test_profiles_and_types(offered: Offered) -> None:
    assert offered("--profile", "") == ["extra"]
    assert offered("clean", "--type", "f") == ["files"]


def test_backups_of_the_store_and_paths(offered: Offered) -> None:
    assert offered("verify", "la") == ["latest"]
    assert offered("verify", "./") == ["./"]


def _complete(parameter: click.Parameter) -> bool:
    """Whether the shell can offer something for it, or there is nothing to offer."""
    own = parameter._custom_shell_complete is not None
    return (
        own or isinstance(parameter.type, click.Path | click.Choice) or getattr(parameter, "is_flag", False)
    )


_FREE = {
    "argument": {"command", "arguments", "name"},
    "option": {
        *(
            "--project-name",
            "--user",
            "--tail",
            "--since",
            "--timeout",
            "--database",
            "--table",
            "--as",
            "--into",
        ),
        *("--path", "--patience"),
    },
}
"""What only a person can say."""


def test_every_argument_and_option_offers_what_can_be_known() -> None:
    ctx = click.Context(root)
    verbs = [root, *(root.get_command(ctx, name) for name in root.list_commands(ctx))]
    lacking = [
        f"{verb.name} {parameter.opts[-1]}"
        for verb in verbs
        if verb
        for parameter in verb.params
        if not _complete(parameter) and parameter.opts[-1] not in _FREE[parameter.param_type_name]
    ]
    assert lacking == []


def test_global_options_before_the_verb_count(offered: Offered, project: Path, tmp_path: Path) -> None:
    assert offered("-f", str(project / "compose.yaml"), "start", "we", cwd=tmp_path) == ["web"]


def test_nothing_is_offered_and_nothing_said_where_there_is_no_project(
    offered: Offered, tmp_path: Path
) -> None:
    assert offered("start", "", cwd=tmp_path) == []
