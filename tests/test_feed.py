"""Streams into helpers, through the named pipe and without one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from volops.docker import connect
from volops.engine import HelperSpec
from volops.errors import ArtifactCorrupt, HelperLost, ProducerFailed
from volops.mover import Helper, HelperShell

CHUNKS = [bytes([number]) * 700_001 for number in range(40)]


@pytest.fixture(scope="module", params=[True, False], ids=["pipe", "api"])
def shell(request: pytest.FixtureRequest) -> Iterator[HelperShell]:
    engine = connect()
    with Helper(engine, HelperSpec("debian:trixie-slim", ()), local=request.param) as helper:
        assert (helper.pipes is not None) is request.param
        yield HelperShell(engine, helper)


def test_every_byte_arrives_in_order(shell: HelperShell) -> None:
    said = shell.feed(iter(CHUNKS), "sha256sum").text
    assert said.split()[0] == hashlib.sha256(b"".join(CHUNKS)).hexdigest()


def test_nothing_at_all_is_an_empty_input(shell: HelperShell) -> None:
    assert shell.feed(iter([]), "wc", "-c").text == "0"


def test_a_program_that_fails_is_an_error_with_its_own_words(shell: HelperShell) -> None:
    with pytest.raises(ProducerFailed, match="no such luck"):
        shell.feed(iter(CHUNKS), "sh", "-c", "cat >/dev/null; echo no such luck >&2; exit 4")


def test_a_program_that_never_reads_ends_the_feeding(shell: HelperShell) -> None:
    with pytest.raises(ProducerFailed):
        shell.feed(iter(CHUNKS), "false")


def test_what_the_program_does_not_read_is_taken_all_the_same(shell: HelperShell) -> None:
    taken = []

    def counted() -> Iterator[bytes]:
        for chunk in CHUNKS:
            taken.append(len(chunk))
            yield chunk

    shell.feed(counted(), "head", "-c", "1")
    assert sum(taken) == sum(map(len, CHUNKS))


def test_damage_found_at_the_end_of_the_stream_is_raised(shell: HelperShell) -> None:
    def damaged() -> Iterator[bytes]:
        yield from CHUNKS
        raise ArtifactCorrupt("not what the manifest says")

    with pytest.raises(ArtifactCorrupt, match="not what"):
        shell.feed(damaged(), "cat")
    assert shell.run("echo", "still here").text == "still here"


def test_a_helper_that_is_lost_meanwhile_is_an_error() -> None:
    engine = connect()
    with Helper(engine, HelperSpec("debian:trixie-slim", ()), local=True) as helper:

        def losing() -> Iterator[bytes]:
            yield CHUNKS[1]
            engine.remove_container(helper.container)
            yield from CHUNKS

        with pytest.raises(HelperLost):
            HelperShell(engine, helper).feed(losing(), "sh", "-c", "cat >/dev/null")
