"""A volume as its type sees it: read whole or said not to be, and nothing left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import cast

import pytest

from tests.live import STAMP, LiveVolume, docker, eventually, mounted, opened, surroundings, volume_names
from volops.docker import DockerEngine
from volops.engine import Engine
from volops.errors import (
    ArtifactCorrupt,
    EngineFailed,
    HelperLost,
    PluginBroken,
    ProducerFailed,
    ServiceNotRunning,
)
from volops.file_tree import PlainFiles
from volops.model import Mount, Service, Stack, Volume, VolumeKind
from volops.source import LiveSource, Surroundings, look_around
from volops.source.shells import owner
from volops.tar import check_tar, walk
from volops.testing.fake_engine import FakeEngine

BASE = "debian:trixie-slim"
FILL = "head -c {size} /dev/urandom >'/volume/{name}'"


class OnlyThese(DockerEngine):
    """The engine of this machine, as if it had no other images than these."""

    def __init__(self, engine: DockerEngine, *images: str) -> None:
        self.__dict__.update(engine.__dict__)
        self._images = images

    def image_id(self, reference: str) -> str | None:
        return super().image_id(reference) if reference in self._images else None


def with_only(engine: Engine, *images: str) -> Surroundings:
    """The surroundings of a run on an engine that has no other images than these."""
    services = [Service(f"service-{number}", image) for number, image in enumerate(images)]
    return surroundings(OnlyThese(cast(DockerEngine, engine), *images), None, *services)


def named(volume: LiveVolume) -> Volume:
    return Volume(volume.name, volume.name)


def helpers_of(around: Surroundings) -> list[str]:
    """Ids of the helper containers of one run."""
    return docker("ps", "-aq", "--filter", f"label=volops.run={around.run}").decode().split()


def names(archive: bytes) -> list[bytes]:
    return [member.name for member in walk("archive", [archive])]


def unpacked(archive: bytes, directory: Path) -> dict[str, tuple[int, int, int, int, str]]:
    """What GNU tar makes of the archive: mode, owner, group, number of links and content of each path."""
    directory.mkdir()
    subprocess.run(["tar", "-xp", "--numeric-owner", "-C", str(directory)], input=archive, check=True)
    found = {}
    for path in sorted(directory.rglob("*")):
        seen, content = path.lstat(), str(path.readlink()) if path.is_symlink() else ""
        content = content or (path.read_text() if path.is_file() else "")
        links = 0 if path.is_dir() else seen.st_nlink
        found[str(path.relative_to(directory))] = (seen.st_mode, seen.st_uid, seen.st_gid, links, content)
    return found


class Reader:
    """Reads a stream step by step: what it has not read yet, its producer cannot have finished."""

    def __init__(self, stream: Iterator[bytes]) -> None:
        self._stream, self.data = stream, bytearray()

    def until(self, words: bytes) -> None:
        """Read on until these bytes came."""
        start = 0
        while (found := self.data.find(words, start)) < 0:
            start = max(0, len(self.data) - len(words))
            self.data += next(self._stream)
        assert found >= 0

    def rest(self) -> bytes:
        """All of it."""
        for chunk in self._stream:
            self.data += chunk
        return bytes(self.data)


def test_files_that_change_under_the_reader_are_named_and_spoil_nothing(
    engine: Engine, volume: LiveVolume
) -> None:
    """Pipe and tar hold little more than a MiB, so tar is inside a file of four when its header came."""
    for name in ("1 grows", "2 shrinks", "3 wird überschrieben", "4 stays"):
        volume.sh(FILL.format(size=4 << 20, name=name))
    volume.sh("printf vanishes >'/volume/5 vanishes'; mkdir '/volume/6 vanishes'; printf last >/volume/9")
    around = surroundings(engine)
    with opened(around, named(volume)) as shown:
        (artifact,) = PlainFiles().dump(shown.source)
        reader = Reader(artifact.stream)
        reader.until(b"./1 grows\0")
        volume.sh("head -c 100000 /dev/urandom >>'/volume/1 grows'")
        reader.until(b"./2 shrinks\0")
        volume.sh("truncate -s 1000 '/volume/2 shrinks'")
        reader.until("path=./3 wird überschrieben\n".encode())
        volume.sh("printf x | dd of='/volume/3 wird überschrieben' conv=notrunc status=none")
        volume.sh("rm '/volume/5 vanishes'; rmdir '/volume/6 vanishes'; printf new >'/volume/7 is new'")
        archive = reader.rest()
        facts = PlainFiles().facts(shown.source)
    said = "\n".join(shown.warnings)
    assert "./1 grows: file changed as we read it" in said
    assert "./2 shrinks: File shrank by" in said
    assert "./3 wird überschrieben: file changed as we read it" in said
    assert "./5 vanishes: File removed before we read it" in said
    assert "./6 vanishes: File removed before we read it" in said
    assert "4 stays" not in said
    assert "./9" not in said
    expected = ["./", "./1 grows", "./2 shrinks", "./3 wird überschrieben", "./4 stays", "./9"]
    assert [name.decode() for name in names(archive)] == expected
    assert facts["entries"] >= len(expected)
    assert b"last" in archive.rstrip(b"\0")[-10_000:]


def test_a_sparse_file_that_shrinks_under_the_reader_spoils_nothing(
    engine: Engine, volume: LiveVolume
) -> None:
    volume.sh(FILL.format(size=4 << 20, name="1 islands") + "; truncate -s 64M '/volume/1 islands'")
    volume.sh(
        "printf end | dd of='/volume/1 islands' bs=1 seek=60000000 conv=notrunc; printf last >/volume/9"
    )
    with opened(surroundings(engine), named(volume)) as shown:
        (artifact,) = PlainFiles().dump(shown.source)
        reader = Reader(artifact.stream)
        reader.until(b"/1 islands\0")
        volume.sh("truncate -s 1000 '/volume/1 islands'")
        archive = reader.rest()
    assert names(archive) == [b"./", b"./1 islands", b"./9"]
    assert "./1 islands: File shrank by" in shown.warnings[0]


def test_of_many_warnings_the_first_are_told_and_the_others_counted(
    engine: Engine, volume: LiveVolume
) -> None:
    volume.sh(FILL.format(size=4 << 20, name="0") + "; cd /volume; touch $(seq 1 120)")
    with opened(surroundings(engine), named(volume)) as shown:
        (artifact,) = PlainFiles().dump(shown.source)
        reader = Reader(artifact.stream)
        reader.until(b"./0\0")
        volume.sh("cd /volume; rm $(seq 1 120)")
        assert names(reader.rest()) == [b"./", b"./0"]
    assert len(shown.warnings) == 51
    assert shown.warnings[-1] == "and 71 more warnings of this kind"


def test_a_killed_helper_is_said_at_the_end(engine: Engine, volume: LiveVolume) -> None:
    volume.sh(FILL.format(size=8 << 20, name="big"))
    around = surroundings(engine)
    with opened(around, named(volume)) as shown:
        (artifact,) = PlainFiles().dump(shown.source)
        next(artifact.stream)
        docker("kill", *helpers_of(around))
        with pytest.raises(HelperLost, match="in which tar ran ended under it"):
            for _ in artifact.stream:
                pass
    assert helpers_of(around) == []


def test_a_killed_tar_is_said_at_the_end(engine: Engine, volume: LiveVolume) -> None:
    volume.sh(FILL.format(size=8 << 20, name="big"))
    around = surroundings(engine)
    with opened(around, named(volume)) as shown:
        (artifact,) = PlainFiles().dump(shown.source)
        next(artifact.stream)
        kill = """
            for each in /proc/[0-9]*; do
                read -r name <$each/comm && [ "$name" = tar ] && kill -9 ${each##*/}
            done
        """
        docker("exec", *helpers_of(around), "sh", "-c", kill, ok=range(256))
        with pytest.raises(ProducerFailed, match="tar was killed"):
            for _ in artifact.stream:
                pass


def test_a_file_that_cannot_be_read_fails_the_volume_and_is_named(engine: Engine) -> None:
    """The kernel lets nobody read this file, not even root."""
    bind = Volume("/sys/bus/platform", "/sys/bus/platform", VolumeKind.BIND)
    with opened(surroundings(engine), bind) as shown:
        stream = shown.source.tar("drivers_probe")
        with pytest.raises(
            ProducerFailed, match=r"tar failed with exit code 2: .*drivers_probe: Cannot open"
        ):
            for _ in stream:
                pass
    assert "entries" not in shown.source.notes


def test_nothing_is_left_of_a_reader_that_stops_early(
    engine: Engine, volume: LiveVolume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    volume.sh(FILL.format(size=8 << 20, name="big"))
    around = surroundings(engine)
    with opened(around, named(volume)) as shown:
        (artifact,) = PlainFiles().dump(shown.source)
        next(artifact.stream)
        artifact.stream.close()  # type: ignore[attr-defined]
        (helper,) = helpers_of(around)
        eventually("tar ends", lambda: b"tar" not in docker("top", helper, "-eo", "pid,comm"))
    assert helpers_of(around) == []
    assert list(tmp_path.iterdir()) == []


READS = """
import sys
from tests.live import opened, surroundings
from volops.docker import connect
from volops.file_tree import PlainFiles
from volops.model import Volume

around = surroundings(connect())
with opened(around, Volume(sys.argv[1], sys.argv[1])) as shown:
    (artifact,) = PlainFiles().dump(shown.source)
    next(artifact.stream)
    print(around.run, flush=True)
    sys.stdin.read()
"""


def test_a_killed_client_leaves_no_container(volume: LiveVolume) -> None:
    volume.sh(FILL.format(size=8 << 20, name="big"))
    with subprocess.Popen(
        [sys.executable, "-c", READS, volume.name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as client:
        assert client.stdout is not None
        run = client.stdout.readline().strip()
        label = f"label=volops.run={run}"
        assert docker("ps", "-q", "--filter", label) != b""
        os.kill(client.pid, signal.SIGKILL)
        eventually("its helper is gone", lambda: docker("ps", "-aq", "--filter", label) == b"")


MEASURED = """
import json, sys
from tests.live import opened, peak_kibibytes, surroundings
from volops.docker import connect
from volops.file_tree import PlainFiles
from volops.model import Volume
from volops.pipeline import Tally, compress

tally = Tally()
with opened(surroundings(connect()), Volume(sys.argv[1], sys.argv[1])) as shown:
    (artifact,) = PlainFiles().dump(shown.source)
    for _ in compress(tally.passing(artifact.stream)):
        pass
print(json.dumps([tally.size, peak_kibibytes()]))
"""


def test_a_backup_s_memory_does_not_grow_with_the_volume(volume: LiveVolume) -> None:
    volume.sh("head -c 3000000 /dev/urandom >/tmp/r; for i in $(seq 170); do cat /tmp/r; done >/volume/big")
    done = subprocess.run([sys.executable, "-c", MEASURED, volume.name], capture_output=True, check=True)
    size, kibibytes = json.loads(done.stdout)
    assert size > 500_000_000
    assert kibibytes < 100 * 1024


def test_threads_that_ask_for_the_same_helper_get_the_same(engine: Engine, volume: LiveVolume) -> None:
    around = surroundings(engine)
    with opened(around, named(volume)) as shown, ThreadPoolExecutor(4) as pool:
        shells = [asked.result() for asked in [pool.submit(shown.source.tree) for _ in range(4)]]
        assert len({id(shell) for shell in shells}) == 1
        assert len(helpers_of(around)) == 1
    assert helpers_of(around) == []


def test_an_unknown_volume_never_comes_into_being(engine: Engine) -> None:
    name = f"ft-{uuid.uuid4().hex[:12]}"
    around = surroundings(engine)
    with opened(around, Volume("data", name)) as shown:
        for attempt in (shown.archive, shown.source.tree, shown.source.writable_tree):
            with pytest.raises(EngineFailed, match=f"volume '{name}' does not exist"):
                attempt()
    assert name not in volume_names()


def test_without_gnu_tar_the_engine_archives_and_says_what_is_lost(
    engine: Engine, volume: LiveVolume, image: Callable[[str], str]
) -> None:
    volume.sh("mkdir /volume/d; printf x >/volume/d/f; chown 7:8 /volume/d/f; chmod 6711 /volume/d/f")
    for only in ("busybox", "bare"):
        around = with_only(engine, image(only))
        with opened(around, named(volume)) as shown:
            archive = shown.archive()
            facts = PlainFiles().facts(shown.source)
        assert names(archive) == [b"volume/", b"volume/d/", b"volume/d/f"]
        assert [member.mode for member in walk("archive", [archive])][-1] & 0o7777 == 0o6711
        (warning,) = shown.warnings
        assert "extended attributes, ACLs and parts of seconds are lost" in warning
        assert facts == {"layout": "engine"}
        assert helpers_of(around) == []
    idle = docker("ps", "-aq", "--filter", "label=volops.helper", "--filter", f"volume={volume.name}")
    assert idle == b""


def test_without_gnu_tar_paths_choose_a_part_as_with_it(
    engine: Engine, volume: LiveVolume, image: Callable[[str], str], tmp_path: Path
) -> None:
    """What is outside of them is not read: it may be gigabytes of a running server's own files."""
    long = "d" * 120
    volume.sh(
        f"cd /volume; mkdir -p conf/more {long}; printf a >conf/a; printf b >conf/more/b; ln -s a conf/to-a;"
        f"ln conf/a conf/same; printf ü >'{long}/{long}'; chown 7:8 conf/a; chmod 640 conf/a;"
        "printf o >-odd; printf x >other"
    )
    chosen = ("conf", "conf/more/b", "-odd", f"{long}/{long}")
    with opened(surroundings(engine), named(volume)) as shown:
        wanted = unpacked(b"".join(shown.source.tar(*chosen)), tmp_path / "tar")
    assert len(wanted) == 9
    for only in ("busybox", "bare"):
        with opened(with_only(engine, image(only)), named(volume)) as shown:
            archive = b"".join(shown.source.tar(*chosen))
            assert shown.source.notes == {"layout": "tree"}
        assert unpacked(archive, tmp_path / only) == wanted
        assert "extended attributes" in shown.warnings[0]


def test_a_path_that_is_not_there_fails_without_gnu_tar_too(
    engine: Engine, volume: LiveVolume, image: Callable[[str], str]
) -> None:
    volume.sh("printf x >/volume/there")
    with opened(with_only(engine, image("busybox")), named(volume)) as shown:
        stream = shown.source.tar("there", "gone")
        with pytest.raises(EngineFailed, match="gone"):
            for _ in stream:
                pass


@pytest.mark.parametrize("paths", [(), ("first", "later")])
def test_without_gnu_tar_an_archive_begins_with_the_call_too(
    engine: Engine, volume: LiveVolume, image: Callable[[str], str], paths: tuple[str, ...]
) -> None:
    volume.sh(FILL.format(size=4 << 20, name="first") + "; printf x >/volume/later")
    with opened(with_only(engine, image("busybox")), named(volume)) as shown:
        stream = shown.source.tar(*paths)
        volume.sh("rm /volume/first")
        archive = b"".join(stream)
    assert [name.rpartition(b"/")[2] for name in names(archive) if not name.endswith(b"/")] == [
        b"first",
        b"later",
    ]


def test_of_an_archive_that_nobody_reads_nothing_is_left(
    engine: Engine, volume: LiveVolume, image: Callable[[str], str]
) -> None:
    """The engine removes no container of which it archives something."""
    volume.sh(FILL.format(size=32 << 20, name="big"))
    idle = ("ps", "-aq", "--filter", "label=volops.helper", "--filter", f"volume={volume.name}")
    with opened(with_only(engine, image("busybox")), named(volume)) as shown:
        streams = [shown.source.tar(*paths) for paths in ((), (), ("big",), ("big",))]
        next(streams[0])
        next(streams[2])
        # The helper without GNU tar has the volume mounted, too.
        assert len(docker(*idle).split()) == 5
    assert docker(*idle) == b""
    assert len(streams) == 4


def test_what_the_engine_hides_is_found(
    engine: Engine, volume: LiveVolume, image: Callable[[str], str]
) -> None:
    """A file that shrinks ends the engine's archive early; its answer is 200 OK all the same."""
    volume.sh(FILL.format(size=64 << 20, name="1 shrinks") + "; printf last >/volume/9")
    with opened(with_only(engine, image("busybox")), named(volume)) as shown:
        (artifact,) = PlainFiles().dump(shown.source)
        reader = Reader(artifact.stream)
        reader.until(b"1 shrinks\0")
        volume.sh("truncate -s 1000 '/volume/1 shrinks'")
        with pytest.raises(ArtifactCorrupt, match="ends without the end-of-archive mark"):
            reader.rest()


def test_an_engine_without_any_image_can_read_nothing(engine: Engine, volume: LiveVolume) -> None:
    with opened(with_only(engine), named(volume)) as shown:
        with pytest.raises(EngineFailed, match="no local image has GNU tar") as refused:
            shown.archive()
        assert "helper_image" in refused.value.next_step
        with pytest.raises(EngineFailed, match="no local image can be used"):
            shown.source.tree()


def test_any_image_with_gnu_tar_will_do(
    engine: Engine, volume: LiveVolume, image: Callable[[str], str]
) -> None:
    around = with_only(engine, image("bare"), image("busybox"), BASE)
    with opened(around, named(volume)) as shown:
        assert names(shown.archive()) == [b"./"]
    assert shown.warnings == []
    assert around.helper_images[0] == engine.image_id(BASE)
    with opened(around, named(volume)) as shown:
        assert shown.source.tree().run("cat", "/etc/debian_version").code == 0


def test_the_same_archive_comes_through_the_api(engine: Engine, volume: LiveVolume) -> None:
    volume.sh(FILL.format(size=3 << 20, name="file") + "; truncate -s 5M /volume/hole")
    near = surroundings(engine)
    far = replace(near, engine_info=replace(near.engine_info, local=False))
    archives = []
    for around in (near, far):
        with opened(around, named(volume)) as shown:
            archives.append(shown.archive())
    assert archives[0] == archives[1]
    assert check_tar("archive", [archives[0]]) == 3


def test_paths_choose_a_part_of_the_volume(engine: Engine, volume: LiveVolume) -> None:
    volume.sh("cd /volume; mkdir conf; touch conf/a conf/b -- -odd; touch other")
    with opened(surroundings(engine), named(volume)) as shown:
        archive = b"".join(shown.source.tar("conf/b", "-odd"))
        assert names(archive) == [b"./conf/b", b"./-odd"]
        assert shown.source.notes["entries"] == 2


def test_a_tree_is_read_only_and_a_writable_one_is_not(engine: Engine, volume: LiveVolume) -> None:
    with opened(surroundings(engine), named(volume)) as shown:
        with pytest.raises(ProducerFailed, match="Read-only file system"):
            shown.source.tree().run("touch", "/volume/new")
        shown.source.writable_tree().run("touch", "/volume/new")
        shown.source.tree().run("ls", "/volume/new")


def test_a_bind_mount_is_read_as_a_volume_is(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "app.log").write_text("line")
    folder, file = str(tmp_path / "logs"), str(tmp_path / "logs" / "app.log")
    with opened(surroundings(engine), Volume(folder, folder, VolumeKind.BIND)) as shown:
        assert names(shown.archive()) == [b"./", b"./app.log"]
    with opened(surroundings(engine), Volume(file, file, VolumeKind.BIND)) as shown:
        assert names(shown.archive()) == [b"./", b"./app.log"]


def test_a_bind_mount_whose_directory_is_gone_is_named(engine: Engine, tmp_path: Path) -> None:
    """It is no matter of images."""
    gone = str(tmp_path / "gone")
    with opened(surroundings(engine), Volume(gone, gone, VolumeKind.BIND)) as shown:
        for attempt in (shown.archive, shown.source.tree):
            with pytest.raises(EngineFailed, match=f"^{re.escape(gone)} does not exist on this") as refused:
                attempt()
            assert "compose file" in refused.value.next_step


def test_why_no_helper_could_be_made_is_said(
    engine: Engine, volume: LiveVolume, image: Callable[[str], str]
) -> None:
    with (
        opened(with_only(engine, image("bare")), named(volume)) as shown,
        pytest.raises(EngineFailed, match=r"no local image can be used .*\(.*/bin/sh"),
    ):
        shown.source.tree()


def test_a_wanted_helper_image_must_be_there(engine: Engine) -> None:
    with pytest.raises(EngineFailed, match="'no/such:image' is not on this engine"):
        surroundings(engine, "no/such:image")


@pytest.mark.parametrize(
    ("alone", "part", "name"),
    [
        (True, "", f"media_backup_{STAMP}.tar"),
        (False, "", f"media_backup_{STAMP}.data.tar"),
        (True, "orders", f"media_backup_{STAMP}.orders.tar"),
        (False, "orders", f"media_backup_{STAMP}.data.orders.tar"),
    ],
)
def test_artifacts_have_names_of_their_own(engine: Engine, alone: bool, part: str, name: str) -> None:
    source = LiveSource(surroundings(engine), Volume("data", "v"), PlainFiles(), None, alone=alone)
    assert source.file_name("media_backup", ".tar", part) == name


def test_artifacts_of_two_volumes_have_names_of_their_own(engine: Engine) -> None:
    """Whatever the types, the keys and the parts are, and whatever the run itself has taken."""
    around, names = surroundings(engine), {f"compose_files_{STAMP}.tar": ""}

    def named(key: str, stem: str, part: str = "", *, alone: bool = True) -> str:
        volume = Volume(key, key)
        return LiveSource(around, volume, PlainFiles(), None, alone=alone, names=names).file_name(
            stem, ".tar", part
        )

    assert named("db", "db_backup") == f"db_backup_{STAMP}.tar"
    assert named("db", "db_backup") == f"db_backup_{STAMP}.tar", "asked again for the same volume"
    assert named("db", "db_backup", "maria") == f"db_backup_{STAMP}.maria.tar"
    assert named("maria", "db_backup") == f"db_backup_{STAMP}.maria.2.tar"
    assert named("other", "db_backup", alone=False) == f"db_backup_{STAMP}.other.tar"
    assert named("files", "compose_files") == f"compose_files_{STAMP}.files.tar"


def test_no_two_parts_get_one_name_and_none_leaves_the_directory(engine: Engine) -> None:
    source = LiveSource(surroundings(engine), Volume("data", "v"), PlainFiles(), None)
    parts = ("a/b", "a.b", "a b", "a_b", "../..", "ü", "é", "x" * 300, "x" * 301, "-", "\n", "A", "a")
    made = {source.file_name("backup", ".tar", part) for part in parts}
    assert len(made) == len(parts)
    assert all(re.fullmatch(r"backup_\d{8}_\d{6}\.[A-Za-z0-9_-]{1,80}\.tar", name) for name in made)


@pytest.fixture
def project() -> Iterator[str]:
    """Name of a project whose containers are gone after the test."""
    name = f"ft-{uuid.uuid4().hex[:8]}"
    yield name
    label = f"label=com.docker.compose.project={name}"
    for container in docker("ps", "-aq", "--filter", label).decode().split():
        docker("rm", "--force", "--volumes", container)


def start(project: str, service: str, *options: str, verb: str = "run") -> str:
    labels = (
        f"--label=com.docker.compose.project={project}",
        f"--label=com.docker.compose.service={service}",
        "--label=com.docker.compose.config-hash=made-by-hand",
    )
    detach = ("--detach",) if verb == "run" else ()
    made = docker(verb, *detach, "--init", "--network=none", *labels, *options, BASE, "sleep", "600")
    return made.decode().strip()


def source_in(engine: Engine, project: str, volume: Volume) -> LiveSource:
    around = look_around(engine, Stack(project, Path("/nowhere"), (), (), ()), STAMP)
    return LiveSource(around, volume, PlainFiles(), None)


def test_a_service_is_asked_in_its_running_container(
    engine: Engine, volume: LiveVolume, project: str
) -> None:
    start(project, "app", "--env=SECRET=s3", "--label=com.docker.compose.oneoff=True", "--env=WHO=one-off")
    start(project, "app", "--env=WHO=stopped", verb="create")
    running = start(project, "app", "--env=WHO=it")
    with source_in(engine, project, mounted("/data", name=volume.name)) as source:
        assert source.environment()["WHO"] == "it"
        assert source.service().run("cat", "/etc/hostname").text == running[:12]
        inside = docker("exec", running, "readlink", "/proc/self/ns/net", "/proc/self/ns/pid").split()
        beside = source.beside().run("readlink", "/proc/self/ns/net", "/proc/self/ns/pid").stdout.split()
        assert beside[0] == inside[0]
        assert beside[1] != inside[1]


def test_a_helper_beside_the_service_archives_the_volume_too(
    engine: Engine, volume: LiveVolume, project: str
) -> None:
    volume.sh("printf hello >/volume/file; chown 12345 /volume/file; chmod 0 /volume/file")
    start(project, "app")
    around = look_around(engine, Stack(project, Path("/nowhere"), (), (), ()), STAMP)
    shown = mounted("/data", name=volume.name)
    with LiveSource(around, shown, PlainFiles(), None) as source:
        alone = b"".join(source.tar())
    with LiveSource(around, shown, PlainFiles(), None) as source:
        source.beside()
        assert b"".join(source.tar()) == alone
        assert b"hello" in alone
        assert len(helpers_of(around)) == 1


def test_the_service_that_writes_is_asked_before_the_one_that_reads(engine: Engine, project: str) -> None:
    start(project, "reader", "--env=WHO=reader")
    start(project, "writer", "--env=WHO=writer")
    reader, writer = Mount(Service("reader", ""), "/in", read_only=True), Mount(Service("writer", ""), "/out")
    with source_in(engine, project, Volume("v", "v", mounts=(reader, writer))) as source:
        assert source.environment()["WHO"] == "writer"


def test_a_service_that_does_not_run_is_said(engine: Engine, project: str) -> None:
    stopped = start(project, "app", verb="create")
    with source_in(engine, project, mounted("/data")) as source:
        for ask in (source.environment, source.service, source.beside):
            with pytest.raises(ServiceNotRunning, match="service 'app' is not running: start it with"):
                ask()
        assert source.service_file("/etc/debian_version") is not None
    docker("rm", stopped)
    with source_in(engine, project, mounted("/data")) as source, pytest.raises(ServiceNotRunning):
        source.service_file("/etc/debian_version")
    with (
        source_in(engine, project, Volume("v", "v")) as source,
        pytest.raises(EngineFailed, match="no service of this stack uses volume 'v'"),
    ):
        source.service()


def test_files_of_a_service_are_seen_with_its_mounts(
    engine: Engine, volume: LiveVolume, project: str, tmp_path: Path
) -> None:
    volume.sh("printf volume >/volume/file")
    (tmp_path / "file").write_bytes(b"bind\0\xff")
    start(project, "app", f"--volume={volume.name}:/v", f"--volume={tmp_path}:/b:ro", verb="create")
    with source_in(engine, project, mounted("/v")) as source:
        assert source.service_file("/v/file") == b"volume"
        assert source.service_file("/b/file") == b"bind\0\xff"
        assert source.service_file("/etc/os-release") == source.service_file("/usr/lib/os-release")
        for path in ("/etc", "/no/such/file", "/dev/null", "/etc/passwd/x"):
            assert source.service_file(path) is None


def test_a_file_too_large_for_memory_is_not_read(engine: Engine, volume: LiveVolume, project: str) -> None:
    volume.sh("truncate -s 65M /volume/large; truncate -s 63M /volume/fits")
    start(project, "app", f"--volume={volume.name}:/v", verb="create")
    with source_in(engine, project, mounted("/v")) as source:
        assert source.service_file("/v/large") is None
        assert source.service_file("/v/fits") == bytes(63 << 20)


class Short(PlainFiles):
    """Fails to look at what it does not know."""

    def detect(self, volume: Volume) -> bool:
        return bool({"/data": True}[volume.targets[0]])


def test_a_type_that_raises_while_its_service_is_looked_for_is_blamed() -> None:
    volume = Volume("docs", "docs", mounts=(Mount(Service("app", "app"), "/srv"),))
    with pytest.raises(PluginBroken, match="'files' failed to look at volume 'docs': KeyError: '/srv'"):
        owner(volume, Short())


def test_the_data_is_where_the_service_mounts_it_that_the_programs_run_in() -> None:
    reader, server = Service("reader", "app"), Service("server", "app")
    volume = Volume("v", "v", mounts=(Mount(reader, "/mnt/copies", read_only=True), Mount(server, "/srv/db")))
    around = surroundings(FakeEngine(), None, reader, server)
    assert LiveSource(around, volume, PlainFiles(), None).target == PurePosixPath("/srv/db")
    with pytest.raises(EngineFailed, match="no service of this stack uses volume 'v'"):
        str(LiveSource(around, Volume("v", "v"), PlainFiles(), None).target)


def test_a_type_is_told_of_its_volume_and_of_the_run() -> None:
    warnings: list[str] = []
    volume = Volume("v", "v", mounts=(Mount(Service("server", "app"), "/srv"),))
    around = surroundings(FakeEngine(), None)
    source = LiveSource(around, volume, PlainFiles(), "options", everything=True, on_warning=warnings.append)
    assert (source.volume, source.options, source.everything) == (volume, "options", True)
    assert (source.stamp, source.artifacts) == (STAMP, ())
    source.warn("odd")
    assert warnings == ["odd"]
