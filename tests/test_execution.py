"""All that a program says arrives, however slowly it is taken; what is cut is never taken for whole."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.live import HOLD, docker, helper
from volops.docker.execution import _WHOLE, DockerExec, _End
from volops.engine import Engine, HelperSpec, collect
from volops.errors import EngineFailed
from volops.mover import ContainerShell

_LONGER_THAN_THE_ENGINE_WAITS_S = 3


def test_a_slow_reader_gets_all(engine: Engine) -> None:
    """The sizes are around what the engine and the socket hold: the program has ended, and not all of what it
    wrote has left the engine, when the reader goes on. Without a program that stays, some are cut."""
    sizes = range(1_200_000, 1_600_000, 16_000)
    with helper(engine, HelperSpec("debian:trixie-slim", HOLD)) as container:
        shell = ContainerShell(engine, container)

        def taken(size: int) -> int:
            chunks = shell.stream("head", "-c", str(size), "/dev/zero")
            first = len(next(chunks))
            time.sleep(_LONGER_THAN_THE_ENGINE_WAITS_S)
            return first + sum(map(len, chunks))

        with ThreadPoolExecutor(len(sizes)) as pool:
            assert list(pool.map(taken, sizes)) == list(sizes)


def test_a_program_that_leaves_a_child_is_over_all_the_same(engine: Engine) -> None:
    with helper(engine, HelperSpec("debian:trixie-slim", HOLD)) as container:
        said = engine.run(container, ["sh", "-c", "(sleep 1; echo later) & echo now; exit 3"])
        assert (said.code, said.text.split()[0]) == (3, "now")


def test_a_program_that_does_not_read_its_input_ends(engine: Engine) -> None:
    with helper(engine, HelperSpec("debian:trixie-slim", HOLD)) as container:
        said = engine.run(container, ["echo", "enough"], input=b"much " * 300_000)
        assert (said.code, said.text) == (0, "enough")


@pytest.mark.parametrize("data", [None, b"words"])
def test_programs_are_run_and_not_the_shell_s_own_commands(engine: Engine, data: bytes | None) -> None:
    with helper(engine, HelperSpec("debian:trixie-slim", HOLD)) as container:
        for argv in (["echo", r"a\nb"], ["printf", r"%s|", r"a\nb"], ["pwd", "--version"]):
            said = engine.run(container, argv, input=data)
            assert said.stdout == docker("exec", container, *argv)
        for argv in (["NAME=value"], ["exit", "0"], [":"]):
            assert engine.run(container, argv, input=data).code in (126, 127)


def test_an_input_of_nothing_ends(engine: Engine) -> None:
    with helper(engine, HelperSpec("debian:trixie-slim", HOLD)) as container:
        said = ContainerShell(engine, container).feed([], "sh", "-c", "cat; echo over")
        assert (said.code, said.text) == (0, "over")


@pytest.mark.parametrize("stays", [False, True])
def test_the_pipe_of_an_input_is_opened_before_it_can_be_closed(*, stays: bool) -> None:
    """An end that the engine's shim meets before a first byte may be lost, and the program waits for ever."""
    ours, its = socket.socketpair()
    with its:
        DockerExec(SimpleNamespace(), "an id", ours, None, stays=stays).end_input()
        assert (its.recv(100), its.recv(100)) == (b"\n", b"")
    ours.close()


@given(st.lists(st.binary(max_size=40) | st.sampled_from([_WHOLE[:5], _WHOLE[3:]])), st.data())
def test_what_is_printed_is_told_from_what_follows_it(chunks: list[bytes], data: st.DataObject) -> None:
    printed = b"".join(chunks)
    sent = printed + _WHOLE
    assume(sent.find(_WHOLE) == len(printed))
    end, given_out = _End(), b""
    while sent:
        size = data.draw(st.integers(1, len(sent)))
        given_out += end.passed(sent[:size])
        sent = sent[size:]
    assert (given_out, end.seen) == (printed, True)


@contextlib.contextmanager
def _engine_that_sends(*frames: tuple[int, bytes], code: int) -> Iterator[DockerExec]:
    ours, its = socket.socketpair()
    try:
        for channel, content in frames:
            its.sendall(struct.pack(">BxxxL", channel, len(content)) + content)
        its.shutdown(socket.SHUT_WR)
        api = SimpleNamespace(exec_inspect=lambda _: {"Running": False, "ExitCode": code})
        yield DockerExec(api, "an id", ours, None, stays=True)
    finally:
        its.close()


@pytest.mark.parametrize(
    "frames", [(), ((1, b"half"),), ((1, b"all" + _WHOLE),), ((2, _WHOLE), (1, b"ha" + _WHOLE[:4]))]
)
def test_what_the_engine_cuts_is_an_error(frames: tuple[tuple[int, bytes], ...]) -> None:
    with (
        _engine_that_sends(*frames, code=0) as program,
        pytest.raises(EngineFailed, match="did not give all"),
    ):
        collect(program)


def test_a_program_that_was_killed_tells_by_its_exit_code() -> None:
    with _engine_that_sends((1, b"so far"), code=137) as program:
        output = collect(program)
    assert (output.code, output.stdout) == (137, b"so far")


def test_what_is_whole_is_given_without_its_mark() -> None:
    with _engine_that_sends(
        (1, b"a"), (1, b"ll" + _WHOLE[:3]), (2, _WHOLE), (1, _WHOLE[3:]), code=0
    ) as program:
        output = collect(program)
    assert (output.code, output.stdout, output.stderr) == (0, b"all", "")
