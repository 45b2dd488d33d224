"""Programs that a helper's own shell starts, and what is done where it cannot."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.disks import small_disk
from tests.live import docker, eventually
from volops.docker import DockerEngine
from volops.docker.execution import DockerExec
from volops.engine import Engine, HelperSpec, collect
from volops.errors import EngineFailed, HelperLost, ProducerFailed
from volops.mover import Helper, HelperShell
from volops.mover.pipe import Watch
from volops.mover.starting import Starter

SPEC = HelperSpec("debian:trixie-slim", (), capabilities=("SETUID", "SETGID", "KILL"))
WHO = ("sh", "-c", 'id -u; id -g; grep -h "^Cap[PE]\\|^Groups" /proc/self/status')


class Deaf(DockerEngine):
    """An engine that starts no program in a container."""

    def __init__(self, engine: DockerEngine) -> None:
        self.__dict__.update(engine.__dict__)

    def exec(
        self,
        container: str,
        argv: Sequence[str],
        *,
        user: str = "",
        input: bytes | None = None,
        reading: bool = False,
    ) -> DockerExec:
        raise AssertionError(f"the engine was to start {argv} in {container}: {user}, {input!r}, {reading}")


@pytest.fixture
def helper(engine: DockerEngine) -> Iterator[Helper]:
    """One whose engine starts nothing in it."""
    with Helper(Deaf(engine), SPEC, local=True) as opened:
        yield opened


@pytest.fixture
def shell(engine: DockerEngine, helper: Helper) -> HelperShell:
    """A shell in it."""
    return HelperShell(Deaf(engine), helper)


def starter(helper: Helper) -> Starter:
    assert helper.starter is not None
    return helper.starter


def test_nothing_is_started_by_the_engine(shell: HelperShell) -> None:
    assert shell.run("echo", "it's", "$HOME").text == "it's $HOME"
    assert b"".join(shell.stream("seq", "3")) == b"1\n2\n3\n"
    assert shell.feed(iter([b"a", b"b"]), "cat").text == "ab"
    assert shell.feed(iter([b"a"]), "sh", "-c", "cat; id -u", user="65534:65534").text == "a65534"


def test_a_program_of_another_user_has_no_rights_of_root(shell: HelperShell) -> None:
    uid, gid, *status = shell.run(*WHO, user="65534:65533").text.splitlines()
    assert (uid, gid) == ("65534", "65533")
    assert [line.split() for line in status] == [["Groups:"], ["CapPrm:", "0" * 16], ["CapEff:", "0" * 16]]


def test_where_no_program_makes_another_user_the_engine_does(engine: Engine) -> None:
    without = replace(SPEC, binds=(("/dev/null", "/usr/bin/setpriv", False),))
    with Helper(engine, without, local=True) as helper:
        assert starter(helper).start(["true"], "65534:65534") is None
        assert HelperShell(engine, helper).run("id", "-u", user="65534:65534").text == "65534"
        assert HelperShell(engine, helper).feed(iter([b"x"]), "id", "-u", user="65534:65534").text == "65534"


def test_a_user_by_name_is_left_to_the_engine(helper: Helper) -> None:
    assert starter(helper).start(["true"], "nobody") is None
    assert starter(helper).start(["true"], "65534") is None


def test_input_of_any_size_arrives_and_never_touches_the_disk(helper: Helper) -> None:
    assert helper.pipes is not None
    secret = b"a secret\n" * 400_000
    program = starter(helper).start(["sh", "-c", "cat; sleep 0.2"], data=secret)
    assert program is not None
    said = bytearray()
    for _, chunk in program.output():
        said += chunk
        for path in helper.pipes.iterdir():
            assert path.is_fifo() or b"secret" not in path.read_bytes()
    assert said == secret
    assert program.exit_code() == 0


def test_a_program_that_reads_nothing_of_its_input_ends_all_the_same(shell: HelperShell) -> None:
    assert shell.run("true", input=b"x" * (8 << 20)).code == 0
    assert shell.run("head", "-c", "3", input=b"abc" * (8 << 20)).text == "abc"


def test_what_a_program_leaves_running_keeps_nobody_waiting(shell: HelperShell) -> None:
    assert shell.run("sh", "-c", "sleep 600 & echo done").text == "done"


def test_a_program_s_death_by_a_signal_is_told(shell: HelperShell) -> None:
    assert shell.run("sh", "-c", "kill -TERM $$", ok=(143,)).code == 143
    with pytest.raises(ProducerFailed, match=r"^sh was killed"):
        shell.run("sh", "-c", "kill -9 $$")


def test_many_programs_run_at_once(shell: HelperShell) -> None:
    together = threading.Barrier(20)

    def run(number: int) -> str:
        together.wait()
        return shell.run("sh", "-c", f"sleep 0.1; echo {number}; cat", input=b"x" * number).text

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(run, range(20))) == [f"{number}\n{'x' * number}".strip() for number in range(20)]


def test_pipes_and_scripts_go_with_their_program(helper: Helper, shell: HelperShell) -> None:
    assert helper.pipes is not None
    for _ in range(5):
        shell.run("cat", input=b"x")
        list(shell.stream("true"))
    assert sorted(path.name for path in helper.pipes.iterdir()) == ["commands"]


@pytest.mark.parametrize("moment", ["before", "while it runs"])
def test_a_helper_that_is_killed_is_lost(engine: Engine, moment: str) -> None:
    with Helper(engine, SPEC, local=True) as helper, ThreadPoolExecutor(1) as beside:
        if moment == "before":
            docker("kill", helper.container)
            eventually("it ended", lambda: not engine.running(helper.container))
            with pytest.raises(EngineFailed, match="takes no commands any more"):
                starter(helper).start(["true"])
            return
        program = starter(helper).start(["sh", "-c", "echo here; sleep 600"])
        assert program is not None
        output = program.output()
        assert next(output) == (1, b"here\n")
        beside.submit(docker, "kill", helper.container)
        assert list(output) == []
        assert program.exit_code() is None
        with pytest.raises(HelperLost):
            HelperShell(engine, helper).run("true")


def test_where_nobody_listens_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="takes no commands any more"):
        Starter(tmp_path).start(["true"])
    assert list(tmp_path.iterdir()) == []


def test_a_shell_that_ends_before_it_starts_what_it_was_told_to_is_noticed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "commands")
    listening = os.open(tmp_path / "commands", os.O_RDONLY | os.O_NONBLOCK)
    program = Starter(tmp_path).start(["true"], data=b"x")
    os.close(listening)
    assert program is not None
    output = collect(program)
    assert (output.code, output.text) == (-1, "")
    assert [path.name for path in tmp_path.iterdir()] == ["commands"]


@contextlib.contextmanager
def held_up(helper: Helper) -> Iterator[None]:
    """Nothing that is named to the helper's loop is started before the block ends."""
    loop = _loop(helper.container)
    docker("exec", helper.container, "sh", "-c", f"kill -STOP {loop}")
    yield
    docker("exec", helper.container, "sh", "-c", f"kill -CONT {loop}")


def _loop(container: str) -> str:
    find = "for each in /proc/[0-9]*; do [ -e $each/fd/4 ] && echo ${each##*/}; done; true"
    (pid,) = docker("exec", container, "sh", "-c", find).decode().split()
    return pid


@pytest.mark.parametrize("how", ["no script", "a script that is cut", "one pipe missing"])
def test_a_program_that_ends_before_it_opens_its_pipes_keeps_nobody_waiting(
    engine: Engine, helper: Helper, how: str
) -> None:
    """The loop lives, and nobody has ever opened what we read."""
    assert helper.pipes is not None
    with held_up(helper):
        program = starter(helper).start(["true"], data=b"x")
        assert program is not None
        script = helper.pipes / program.name
        match how:
            case "no script":
                script.unlink()
            case "a script that is cut":
                script.write_text("kill -9 $(sh -c 'echo $PPID')\n")
            case _:
                (helper.pipes / f"{program.name}.in").unlink()
    watch = Watch(program)
    watch.join(20)
    assert not watch.is_alive()
    assert program.exit_code() is None
    assert HelperShell(engine, helper).run("echo", "and on").text == "and on"


def test_streams_of_a_program_that_is_not_started_end(helper: Helper, shell: HelperShell) -> None:
    assert helper.pipes is not None
    with held_up(helper):
        stream = shell.stream("echo", "never")
        (script,) = (path for path in helper.pipes.iterdir() if path.suffix == "" and path.is_file())
        script.unlink()
    with ThreadPoolExecutor(1) as beside, contextlib.ExitStack() as stack:
        stack.callback(helper.close)
        with pytest.raises(HelperLost):
            beside.submit(list, stream).result(20)


def test_programs_are_started_and_not_the_shell_s_own_commands(helper: Helper) -> None:
    """A shell's own echo makes two lines of that in dash; a first word with `=` is none of a program."""
    for argv in (
        ["echo", r"a\nb", "-e", r"\t"],
        ["echo", "-n"],
        ["printf", r"%s|\n", r"a\nb"],
        ["pwd", "--version"],
    ):
        program = starter(helper).start(argv)
        assert program is not None
        assert collect(program).stdout == docker("exec", helper.container, *argv)
    for argv in (["NAME=value"], ["exit", "0"], ["if"], [":"]):
        program = starter(helper).start(argv)
        assert program is not None
        assert collect(program).code in (126, 127)


def test_what_is_too_late_for_its_pipes_writes_no_file(helper: Helper, shell: HelperShell) -> None:
    assert helper.pipes is not None
    with held_up(helper):
        program = starter(helper).start(["echo", "late"])
        assert program is not None
        script = helper.pipes / program.name
        told = script.read_text()
        program.close()
        script.write_text(f"touch /tmp/began\n{told}")
        stream = shell.stream("head", "-c", "1000", "/dev/zero")
        stream.close()
    eventually("it ran", lambda: shell.run("ls", "/tmp/began", ok=(0, 2)).code == 0)
    eventually("all is over", lambda: len(docker("top", helper.container).splitlines()) == 3)
    assert {path.name for path in helper.pipes.iterdir()} == {"commands", program.name}


def test_a_short_program_is_collected(helper: Helper) -> None:
    program = starter(helper).start(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert program is not None
    output = collect(program)
    assert (output.code, output.text, output.stderr) == (3, "out", "err\n")


def test_a_loop_that_died_alone_is_noticed(helper: Helper, shell: HelperShell) -> None:
    """No program of the helper's, and not its first one, holds the pipe of the commands open."""
    shell.run("sh", "-c", "sleep 600 >/dev/null 2>&1 &")
    shell.run("sh", "-c", f"kill -9 {_loop(helper.container)}", ok=range(256))
    # It may take one command more, and do nothing about it.
    with pytest.raises((EngineFailed, HelperLost)):
        shell.run("true")


def test_with_no_room_for_pipes_the_engine_does_all(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "small", 1) as small:
        monkeypatch.setattr(tempfile, "tempdir", str(small))
        with Helper(engine, SPEC, local=True) as helper:
            shell = HelperShell(engine, helper)
            with contextlib.suppress(OSError), (small / "filling").open("wb") as filling:
                while filling.write(bytes(4096)):
                    filling.flush()
            assert starter(helper).start(["true"]) is None
            assert shell.run("cat", input=b"all the same").text == "all the same"
            assert shell.run("id", "-u", user="65534:65534").text == "65534"
            assert b"".join(shell.stream("seq", "2")) == b"1\n2\n"
            assert shell.feed(iter([b"x"]), "cat").text == "x"
            assert helper.pipes is not None
            assert [path.name for path in helper.pipes.iterdir()] == ["commands"]
