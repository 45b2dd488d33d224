"""The swap, killed at every step it takes: whatever is left can be undone, and nothing is lost."""

from __future__ import annotations

import re
import subprocess
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

import pytest

from volops.docker import DockerEngine, connect
from volops.engine import HelperSpec
from volops.errors import HelperLost, ProducerFailed
from volops.mover import Helper, HelperShell
from volops.shell import Output
from volops.staging import Swap

IMAGE = "debian:trixie-slim"
MAY = ("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "MKNOD", "SETFCAP")
STEPS = ("cat", "cp", "find", "mkdir", "mv", "rm", "rmdir", "sync", "tar", "touch", "xargs")
DEADLY = """#!/bin/sh
n=$(($(/bin/cat /tmp/count) + 1)); echo $n >/tmp/count
[ $n -ne "$(/bin/cat /tmp/deadly)" ] || { kill -9 $PPID; exit 137; }
exec /usr/bin/NAME "$@"
"""
FILL = """
cd /volume
mkdir -p albums/one .hidden; echo old >deed; echo old >albums/one/a; echo old >.hidden/b; ln -s deed link
chmod 0750 . albums; chown 1000:1001 . deed; touch -d '2001-02-03 04:05:06.789' . deed albums
"""
STAGE = """
cd /volume/.volops/incoming/data
echo new >deed; mkdir other; echo new >other/file; chmod 0705 .; chown 7:8 .; touch -d '2010-01-01' other .
"""
LOOK = """
cd /volume
find . -path ./.volops -prune -o -printf '%p %y %m %U:%G %T@ %l\\n' | sort
find . -path ./.volops -prune -o -type f -exec cksum {} + | sort
"""


class Dying:
    """A shell whose scripts are killed before their `at`-th external command."""

    def __init__(self, shell: HelperShell, at: int) -> None:
        self._shell = shell
        shell.run("sh", "-c", f"echo 0 >/tmp/count; echo {at} >/tmp/deadly")

    def run(self, *argv: str, input: bytes = b"", user: str = "", ok: Collection[int] = (0,)) -> Output:
        return self._shell.run("env", "PATH=/deadly:/usr/bin:/bin", *argv, input=input, user=user, ok=ok)

    def stream(
        self, *argv: str, ok: Collection[int] = (0,), on_stderr: Callable[[str], None] | None = None
    ) -> Iterator[bytes]:
        return self._shell.stream(*argv, ok=ok, on_stderr=on_stderr)

    def feed(self, chunks: Iterable[bytes], *argv: str, user: str = "", ok: Collection[int] = (0,)) -> Output:
        return self._shell.feed(chunks, *argv, user=user, ok=ok)


@pytest.fixture(scope="module")
def engine() -> DockerEngine:
    return connect()


@pytest.fixture(autouse=True)
def _the_helper_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only scripts die here: nobody waits whether the helper is about to follow them."""
    monkeypatch.setattr("volops.mover.shell._ENDING_S", 0)


@pytest.fixture
def shell(engine: DockerEngine) -> Iterator[HelperShell]:
    name = f"swap-{uuid.uuid4().hex[:8]}"
    subprocess.run(["docker", "volume", "create", name], check=True, capture_output=True)
    spec = HelperSpec(IMAGE, (), ((name, "/volume", True),), capabilities=MAY)
    try:
        with Helper(engine, spec, local=engine.info().local) as helper:
            shell = HelperShell(engine, helper)
            shell.run("sh", "-c", FILL)
            shell.run("mkdir", "/deadly")
            for step in STEPS:
                deadly = DEADLY.replace("NAME", step).encode()
                shell.run("sh", "-c", f"cat >/deadly/{step}; chmod 755 /deadly/{step}", input=deadly)
            yield shell
    finally:
        subprocess.run(["docker", "volume", "rm", "--force", name], check=True, capture_output=True)


def look(shell: HelperShell) -> str:
    return shell.run("sh", "-c", LOOK).text


def untimed(shown: str) -> str:
    """Without the time of the root itself, which a kill at the very last step can cost."""
    return re.sub(r"^(\. d \d+ \S+) \S+", r"\1", shown, flags=re.M)


def stage(shell: HelperShell) -> None:
    Swap(shell).prepare()
    shell.run("sh", "-c", STAGE)


def own(shell: HelperShell) -> list[str]:
    return shell.run("sh", "-c", "ls -A /volume/.volops 2>/dev/null || true").text.split()


def test_what_was_staged_becomes_live_and_nothing_of_the_old_stays_in_sight(shell: HelperShell) -> None:
    stage(shell)
    swap = Swap(shell)
    swap.swap()
    swap.keep()
    shown = look(shell)
    assert ". d 705 7:8 1262304000" in shown
    assert "./other/file" in shown
    assert "albums" not in shown
    assert ".hidden" not in shown
    assert own(shell) == ["previous"]


def test_undone_the_volume_is_as_it_was_to_the_nanosecond(shell: HelperShell) -> None:
    before = look(shell)
    stage(shell)
    Swap(shell).swap()
    Swap(shell).undo()
    assert look(shell) == before
    assert own(shell) == []


def test_staging_alone_changes_nothing(shell: HelperShell) -> None:
    before = look(shell)
    stage(shell)
    assert look(shell) == before
    Swap(shell).undo()
    assert look(shell) == before
    assert own(shell) == []


def test_kept_data_turns_back_and_forth(shell: HelperShell) -> None:
    old = look(shell)
    stage(shell)
    swap = Swap(shell)
    swap.swap()
    swap.keep()
    new = look(shell)
    swap.turn()
    swap.keep()
    assert look(shell) == old
    swap.turn()
    swap.keep()
    assert look(shell) == new
    assert swap.sizes()["previous"] > 0
    swap.drop()
    assert own(shell) == []
    assert look(shell) == new


def test_the_next_swap_lets_go_what_an_earlier_one_kept_but_only_once_it_stands(shell: HelperShell) -> None:
    old = look(shell)
    swap = Swap(shell)
    stage(shell)
    swap.swap()
    swap.keep()
    second = look(shell)
    stage(shell)
    swap.swap()
    swap.undo()
    assert look(shell) == second
    swap.turn()
    swap.keep()
    assert look(shell) == old


PART = """
cd /volume/.volops/incoming/data
mkdir -p albums/one fresh/deep link; echo new >albums/one/a; echo more >fresh/deep/c; echo inside >link/d
chmod 0700 albums albums/one; echo flat >.hidden; touch -d '2010-01-01' albums
"""


def stage_part(shell: HelperShell) -> None:
    Swap(shell).prepare()
    shell.run("sh", "-c", PART)


def read(shell: HelperShell, path: str) -> str:
    return shell.run("cat", f"/volume/{path}").text


def test_part_of_a_tree_takes_its_place_in_the_live_one(shell: HelperShell) -> None:
    """A file takes the place of a directory, and a directory that of a link; the rest stays as it was."""
    before = look(shell)
    stage_part(shell)
    swap = Swap(shell)
    swap.graft(["albums", "fresh", "never there"])
    assert (read(shell, "albums/one/a"), read(shell, "fresh/deep/c"), read(shell, "deed")) == (
        "new",
        "more",
        "old",
    )
    assert (read(shell, "link/d"), read(shell, ".hidden")) == ("inside", "flat")
    after = look(shell)
    for path in (".", "./deed", "./albums"):
        (line,) = re.findall(rf"^{re.escape(path)} . .*$", before, re.M)
        assert line in after.splitlines()
    assert re.search(r"^\./albums/one d 700 ", after, re.M)
    swap.keep()
    assert own(shell) == ["previous"]
    swap.turn()
    swap.keep()
    assert look(shell) == before


def test_files_that_both_trees_share_are_never_written_through(shell: HelperShell) -> None:
    stage_part(shell)
    inode = shell.run("stat", "-c", "%i", "/volume/albums/one/a").text
    swap = Swap(shell)
    swap.graft(["albums"])
    swap.keep()
    previous = "/volume/.volops/previous/data"
    assert shell.run("stat", "-c", "%i", f"{previous}/albums/one/a").text == inode
    assert shell.run("cat", f"{previous}/albums/one/a").text == "old"
    assert shell.run("stat", "-c", "%h", "/volume/deed").text == "2"


def test_nothing_staged_is_never_swapped_in(shell: HelperShell) -> None:
    before = look(shell)
    with pytest.raises(ProducerFailed, match="nothing is staged"):
        Swap(shell).swap()
    Swap(shell).undo()
    assert look(shell) == before


def test_a_vacated_volume_is_empty_and_its_root_is_as_it_was(shell: HelperShell) -> None:
    root = look(shell).splitlines()[0]
    Swap(shell).prepare()
    Swap(shell).vacate()
    Swap(shell).keep()
    assert look(shell).splitlines() == [root]
    Swap(shell).turn()
    Swap(shell).keep()
    assert "./deed" in look(shell)


def test_what_is_staged_takes_the_place_of_what_is_vacated(shell: HelperShell) -> None:
    stage(shell)
    Swap(shell).vacate()
    assert look(shell).startswith(". d 705 7:8 ")
    assert read(shell, "deed") == "new"
    assert "./albums" not in look(shell)


@pytest.mark.parametrize("verb", ["swap", "graft", "turn", "vacate"])
def test_killed_before_any_of_its_steps_it_can_be_undone(shell: HelperShell, verb: str) -> None:
    turning = verb == "turn"
    prepare = stage_part if verb == "graft" else stage
    prepare(shell)
    if turning:
        Swap(shell).swap()
        Swap(shell).keep()
    before, at = look(shell), 0
    while True:
        at += 1
        if not turning:
            prepare(shell)
        dying = Swap(Dying(shell, at))
        try:
            dying.graft(["albums"]) if verb == "graft" else getattr(dying, verb)()
        except (ProducerFailed, HelperLost):
            Swap(shell).undo()
            assert look(shell) == before, f"killed before step {at}"
            assert own(shell) == (["previous"] if turning else []), f"killed before step {at}"
            continue
        break
    assert at > 15, "the script's steps were not counted"
    assert look(shell) != before


def by_hand() -> bytes:
    """The commands of the manual, as they are printed for a helper of one's own."""
    page = (Path(__file__).parents[1] / "docs" / "recovery.md").read_text("utf-8")
    (script,) = re.findall(r"^docker run .* sh -eu <<'END'\n(.*?)^END$", page, re.M | re.S)
    return str(script).encode()


@pytest.mark.parametrize("verb", ["swap", "turn"])
def test_killed_at_steps_all_along_it_can_be_undone_by_hand(shell: HelperShell, verb: str) -> None:
    turning = verb == "turn"
    stage(shell)
    if turning:
        Swap(shell).swap()
        Swap(shell).keep()
    before, at = look(shell), 0
    while True:
        # That it can be from each is shown above; every phase is among these.
        at += 3
        if not turning:
            stage(shell)
        try:
            getattr(Swap(Dying(shell, at)), verb)()
        except (ProducerFailed, HelperLost):
            shell.run("sh", "-eu", input=by_hand())
            assert untimed(look(shell)) == untimed(before), f"killed before step {at}"
            assert own(shell) == (["previous"] if turning else []), f"killed before step {at}"
            continue
        break
    assert at > 10, "the script's steps were not counted"


def test_an_undo_that_is_killed_can_be_undone_again(shell: HelperShell) -> None:
    before, at = look(shell), 0
    while True:
        at += 1
        stage(shell)
        Swap(shell).swap()
        try:
            Swap(Dying(shell, at)).undo()
        except (ProducerFailed, HelperLost):
            Swap(shell).undo()
            assert untimed(look(shell)) == untimed(before), f"killed before step {at}"
            assert own(shell) == []
            continue
        break
    assert at > 5, "the script's steps were not counted"


def test_a_name_that_is_in_the_way_is_never_overwritten(shell: HelperShell) -> None:
    before = look(shell)
    stage(shell)
    Swap(shell).swap()
    shell.run(
        "sh", "-c", "mkdir -p /volume/.volops/incoming/data; echo late >/volume/.volops/incoming/data/deed"
    )
    with pytest.raises(ProducerFailed, match="deed cannot be moved"):
        Swap(shell).undo()
    shell.run("rm", "/volume/.volops/incoming/data/deed")
    Swap(shell).undo()
    assert look(shell) == before


@pytest.mark.parametrize("verb", ["prepare", "swap", "vacate", "turn"])
def test_nothing_is_begun_on_a_swap_that_was_not_brought_to_its_end(shell: HelperShell, verb: str) -> None:
    """Another project may share the volume: what lies there may be the only copy of its data."""
    stage(shell)
    swap = Swap(shell)
    swap.swap()
    swap.keep()
    stage(shell)
    swap.swap()
    before, area = look(shell), shell.run("find", "/volume/.volops").text
    with pytest.raises(ProducerFailed, match="was not brought to its end"):
        getattr(swap, verb)()
    swap.unstage()
    assert (look(shell), shell.run("find", "/volume/.volops").text) == (before, area)


def test_a_roll_back_that_was_cut_off_at_once_is_no_ground_to_build_on(shell: HelperShell) -> None:
    stage(shell)
    swap = Swap(shell)
    swap.swap()
    swap.keep()
    kept = "/volume/.volops/previous"
    shell.run("sh", "-c", f": >/volume/.volops/turning; mv {kept} /volume/.volops/incoming")
    with pytest.raises(ProducerFailed, match="was not brought to its end"):
        swap.prepare()
    swap.unstage()
    assert own(shell) == ["incoming", "turning"]
    swap.undo()
    assert own(shell) == ["previous"]


def test_what_was_staged_goes_without_a_trace(shell: HelperShell) -> None:
    before = look(shell)
    stage(shell)
    Swap(shell).unstage()
    assert look(shell) == before
    assert own(shell) == []
