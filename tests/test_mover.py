"""Programs in containers, and the ways their output takes to this process."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from tests.live import docker, eventually
from volops.docker import DockerEngine
from volops.engine import Engine, HelperSpec
from volops.errors import EngineFailed, HelperLost, ProducerFailed
from volops.mover import ContainerShell, Helper, HelperShell

SPEC = HelperSpec("debian:trixie-slim", ())
EVERYTHING = ("sh", "-c", 'printf "%s|" "$@"; printf "said %s" "$1" >&2', "show")
TORRENT = ("sh", "-c", "while :; do printf '%1000d' 7; done", "torrent")
SILENT = ("sh", "-c", "sleep 600; :", "silence")
WAYS = ("pipe", "api", "service")
ODD = ("plain", "two words", "", "$HOME `id` \"quoted\" 'too'", "line\nbreak", "-n", "ünïcödé")


class Elsewhere(DockerEngine):
    """The engine of this machine, as from another one: a directory of ours is not the one it sees there."""

    def __init__(self, engine: DockerEngine, seen: str) -> None:
        self.__dict__.update(engine.__dict__)
        self._seen = seen

    def start_helper(self, spec: HelperSpec) -> str:
        binds = tuple(
            (self._seen if source.startswith("/") else source, target, writable)
            for source, target, writable in spec.binds
        )
        return super().start_helper(replace(spec, binds=binds))


@contextlib.contextmanager
def shell(engine: Engine, way: str, spec: HelperSpec = SPEC) -> Iterator[ContainerShell]:
    """A shell whose streams come that way: `pipe`, `api` or, without a helper, `service`."""
    with Helper(engine, spec, local=way == "pipe") as helper:
        assert (helper.pipes is not None) == (way == "pipe")
        plain = ContainerShell(engine, helper.container)
        yield plain if way == "service" else HelperShell(engine, helper)


@pytest.fixture(scope="module", params=WAYS)
def given(request: pytest.FixtureRequest, engine: Engine) -> Iterator[ContainerShell]:
    """A shell for each way, for tests that leave its container alive."""
    with shell(engine, request.param) as opened:
        yield opened


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where temporary directories are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_short_program_is_given_what_it_needs_and_returns_all_it_said(given: ContainerShell) -> None:
    output = given.run(*EVERYTHING, *ODD)
    assert output.text == "".join(f"{word}|" for word in ODD)
    assert output.stderr == "said plain"
    assert given.run("cat", input=bytes(range(256)) * 5000).stdout == bytes(range(256)) * 5000
    assert given.run("id", "-u", user="1234").text == "1234"
    assert given.run("sh", "-c", "exit 3", ok=(0, 3)).code == 3


def test_a_long_program_s_output_arrives_unchanged(given: ContainerShell) -> None:
    heard: list[str] = []
    stream = given.stream(*EVERYTHING, *ODD, on_stderr=heard.append)
    assert b"".join(stream).decode() == "".join(f"{word}|" for word in ODD)
    assert heard == ["said plain"]
    digest = given.run("sh", "-c", "seq 3000000 | sha256sum").text.split()[0]
    script = "seq 3000000 | tee /tmp/copy; sha256sum </tmp/copy >&2"
    size = sum(map(len, given.stream("sh", "-c", script, on_stderr=heard.append)))
    assert size == sum(len(str(number)) + 1 for number in range(1, 3_000_001))
    assert heard[1].split()[0] == digest


def test_output_may_be_nothing_at_all(given: ContainerShell) -> None:
    assert list(given.stream("true")) == []
    assert list(given.stream("sh", "-c", "exit 1", ok=(0, 1))) == []


def test_a_failure_is_raised_at_the_end_with_its_last_words(given: ContainerShell) -> None:
    script = "echo data; echo first >&2; seq 5 >&2; echo 'it broke' >&2; exit 9"
    received: list[bytes] = []
    with pytest.raises(ProducerFailed, match=r"^breaker failed with exit code 9: 4; 5; it broke$"):
        received.extend(given.stream("/bin/sh", "-c", script, "breaker"))
    assert b"".join(received) == b"data\n"
    with pytest.raises(ProducerFailed, match=r"^breaker failed with exit code 9: 4; 5; it broke$"):
        given.run("/bin/sh", "-c", script, "breaker")


def test_a_program_that_is_not_there_fails(given: ContainerShell) -> None:
    with pytest.raises(ProducerFailed, match=r"^absent failed with exit code 12\d: .*not found"):
        list(given.stream("absent"))
    with pytest.raises(ProducerFailed, match=r"^absent failed with exit code 12\d: .*not found"):
        given.run("absent")


def test_a_killed_program_is_said(given: ContainerShell) -> None:
    with pytest.raises(ProducerFailed, match=r"^sh was killed"):
        list(given.stream("sh", "-c", "echo half; kill -9 $$"))


@pytest.mark.parametrize("way", WAYS)
def test_a_lost_container_is_said_and_nothing_hangs(engine: Engine, way: str) -> None:
    with shell(engine, way) as given, ThreadPoolExecutor() as beside:
        stream = given.stream(*TORRENT)
        next(stream)
        # The engine notes that a container ended only when its programs' output has been read.
        beside.submit(docker, "kill", given._container)
        with pytest.raises(HelperLost, match="in which torrent ran ended under it") as lost:
            for _ in stream:
                pass
    assert "docker events" in lost.value.next_step


@pytest.mark.parametrize("way", WAYS)
def test_a_program_for_a_container_that_is_gone_is_said(engine: Engine, way: str) -> None:
    with shell(engine, way) as given:
        docker("kill", given._container)
        eventually("the container ended", lambda: not engine.running(given._container))
        for attempt in (
            lambda: given.run("sh", "-c", "true", "swapper"),
            lambda: list(given.stream("sh", "-c", "true", "swapper")),
            lambda: given.feed(iter([b"x"]), "sh", "-c", "cat", "swapper"),
        ):
            with pytest.raises(HelperLost, match="in which swapper was to run is gone") as lost:
                attempt()
            assert "docker events" in lost.value.next_step


def test_a_program_that_nobody_reads_any_more_ends(given: ContainerShell) -> None:
    for script in (
        "while :; do printf '%1000d' 7; done",
        "echo x; (sleep 600) & while :; do echo y; done",
    ):
        stream = given.stream("sh", "-c", script)
        next(stream)
        assert b"printf" in (shown := _processes(given._container)) or b"echo" in shown
        stream.close()
        eventually("the program ends", lambda: not _running(given._container, "while :"))


def test_a_silent_program_ends_with_its_reader_too(engine: Engine) -> None:
    with shell(engine, "service") as given:
        stream = given.stream("sh", "-c", "echo x; sleep 600")
        next(stream)
        stream.close()
        eventually("the program ends", lambda: not _running(given._container, "sleep 600"))


@pytest.mark.parametrize(("way", "argv"), [*product(WAYS, [TORRENT]), *product(WAYS[1:], [SILENT])])
def test_a_program_that_nobody_has_ever_read_ends(engine: Engine, way: str, argv: tuple[str, ...]) -> None:
    """What says nothing to a pipe ends with its helper."""
    with shell(engine, way) as given:
        given.stream(*argv).close()
        stream = given.stream(*argv)
        eventually("the program runs", lambda: _running(given._container, argv[-1]))
        stream.close()
        eventually("the program ends", lambda: not _running(given._container, argv[-1]))
        # While somebody might still take a program's output the engine removes no container.
        removing = threading.Thread(target=engine.remove_container, args=(given._container,), daemon=True)
        removing.start()
        removing.join(20)
        assert not removing.is_alive()


def test_where_the_container_ended_an_unread_stream_is_closed_all_the_same(engine: Engine) -> None:
    with shell(engine, "service") as given, ThreadPoolExecutor() as beside:
        stream = given.stream(*TORRENT)
        beside.submit(docker, "kill", given._container)
        stream.close()


def test_a_program_is_read_no_faster_than_it_is_asked_for(engine: Engine) -> None:
    with shell(engine, "pipe") as given:
        stream = given.stream("sh", "-c", "seq 2000000 >&1; touch /tmp/through")
        next(stream)
        assert given.run("ls", "/tmp/through", ok=(2,)).code == 2
        rest = sum(map(len, stream))
        assert rest > 10_000_000
        given.run("ls", "/tmp/through")


def test_of_much_said_the_last_counts(given: ContainerShell) -> None:
    heard: list[str] = []
    list(given.stream("sh", "-c", "seq 400000 >&2; echo last >&2", on_stderr=heard.append))
    assert heard[0].endswith("\n400000\nlast\n")
    assert 1 << 19 < len(heard[0]) <= 1 << 20


def test_streams_of_one_helper_follow_one_another(given: ContainerShell) -> None:
    for number in range(3):
        assert b"".join(given.stream("echo", str(number))) == f"{number}\n".encode()


def test_several_helpers_work_at_once(engine: Engine) -> None:
    sizes: list[int] = []

    def count() -> None:
        with shell(engine, "pipe") as given:
            sizes.append(sum(map(len, given.stream("head", "-c", "20000000", "/dev/zero"))))

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [20_000_000] * 3


def test_a_helper_says_by_itself_which_tar_it_has_and_only_waits_then(engine: Engine) -> None:
    with Helper(engine, SPEC, local=True) as helper:
        assert helper.tar is not None
        assert "(GNU tar)" in helper.tar
        running = [line.split()[1] for line in _processes(helper.container).splitlines()[1:]]
        assert running == [b"cat", b"/bin/sh"]
    with Helper(engine, SPEC, local=False) as helper:
        assert helper.tar is None


def test_nothing_is_left_of_a_helper(engine: Engine, place: Path) -> None:
    with Helper(engine, SPEC, local=True) as helper:
        (made,) = place.iterdir()
        assert made.stat().st_mode & 0o777 == 0o700
        next(HelperShell(engine, helper).stream(*TORRENT))
    assert list(place.iterdir()) == []
    assert not engine.running(helper.container)
    helper.close()


def test_nothing_is_left_of_a_helper_that_cannot_start(engine: Engine, place: Path) -> None:
    with pytest.raises(EngineFailed, match="no such file"):
        Helper(engine, replace(SPEC, image="volops-test-bare:1"), local=True)
    with pytest.raises(EngineFailed, match="does not exist"):
        Helper(engine, replace(SPEC, binds=(("ft-no-such-volume", "/volume", False),)), local=True)
    assert list(place.iterdir()) == []


def test_an_engine_that_has_no_such_directory_gets_none(engine: DockerEngine, place: Path) -> None:
    with Helper(Elsewhere(engine, "/nowhere/at/all"), SPEC, local=True) as helper:
        assert helper.pipes is None
        assert b"".join(HelperShell(engine, helper).stream("echo", "all the same")) == b"all the same\n"
    assert list(place.iterdir()) == []


def test_a_directory_that_is_another_one_there_is_not_trusted(engine: DockerEngine, tmp_path: Path) -> None:
    with Helper(Elsewhere(engine, str(tmp_path)), SPEC, local=True) as helper:
        assert helper.pipes is None
        assert b"".join(HelperShell(engine, helper).stream("echo", "all the same")) == b"all the same\n"
    assert list(tmp_path.iterdir()) == []


def test_without_a_place_for_temporary_directories_there_is_no_pipe(
    engine: Engine, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(place / "missing"))
    with Helper(engine, SPEC, local=True) as helper:
        assert helper.pipes is None
        assert b"".join(HelperShell(engine, helper).stream("echo", "all the same")) == b"all the same\n"


def _processes(container: str) -> bytes:
    return docker("top", container, "-eo", "pid,args")


def _running(container: str, words: str) -> bool:
    return words.encode() in _processes(container)


@pytest.fixture(autouse=True)
def _bare_image(image: Callable[[str], str]) -> None:
    image("bare")
