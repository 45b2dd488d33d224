"""A staging area as its type sees it: what it is told, and where it can work."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from tests.live import LiveVolume, surroundings
from volops.engine import Engine
from volops.errors import HostileArchive, RestoreRefused
from volops.file_tree import PlainFiles
from volops.model import Artifact, Mount, Service, Volume
from volops.staging_area import StagingArea
from volops.testing.fake_engine import FakeEngine

IMAGE = "debian:trixie-slim"
SERVER = Service("server", IMAGE, command=("serve", "--all"), environment={"DATA": "here"})
OTHER = Service("other", "never/built:1")


def area(engine: Engine, volume: Volume, **more: object) -> StagingArea:
    around = surroundings(engine, None, SERVER, OTHER)
    return StagingArea(around, volume, PlainFiles(), "options", {"rows": 3}, **more)  # type: ignore[arg-type]


def packed(**files: str) -> Iterator[bytes]:
    """A tar archive of these files; a name that begins so leads outside."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name.replace("outside_", "../"))
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    yield buffer.getvalue()


class TestWithoutAnEngine:
    VOLUME = Volume("v", "v", mounts=(Mount(OTHER, "/mnt", read_only=True), Mount(SERVER, "/srv/data")))

    def test_it_tells_of_the_volume_and_of_the_service_that_it_belongs_to(self) -> None:
        warnings: list[str] = []
        kept = Artifact("one.tar", "application/x-tar", iter([b"bytes"]))
        staging = area(FakeEngine(), self.VOLUME, on_warning=warnings.append, artifacts=lambda: iter([kept]))
        assert (staging.volume, staging.options, staging.facts) == (self.VOLUME, "options", {"rows": 3})
        assert staging.target == PurePosixPath("/srv/data")
        assert staging.environment() == {"DATA": "here"}
        assert staging.command == ("serve", "--all")
        assert list(staging.artifacts()) == [kept]
        staging.notes["found"] = 3
        assert staging.notes == {"found": 3}
        staging.warn("odd")
        assert warnings == ["odd"]

    def test_what_needs_a_service_is_refused_where_none_uses_the_volume(self) -> None:
        staging = area(FakeEngine(), Volume("v", "v"))
        for asked in (lambda: staging.target, staging.environment, staging.image, staging.service):
            with pytest.raises(RestoreRefused, match="no service of this stack uses volume 'v'"):
                asked()

    def test_a_service_whose_image_is_not_there_has_no_shell(self) -> None:
        staging = area(FakeEngine(), Volume("v", "v", mounts=(Mount(OTHER, "/mnt"),)))
        for asked in (staging.image, staging.service):
            with pytest.raises(RestoreRefused, match=r"never/built:1.*is not on this engine"):
                asked()


def test_its_shells_see_the_staging_area_and_nothing_else(engine: Engine, volume: LiveVolume) -> None:
    volume.sh("echo live >/volume/live")
    found = Volume("v", volume.name, mounts=(Mount(SERVER, "/srv/data"),))
    with area(engine, found) as staging:
        staging.swap().prepare()
        staging.tree().run("mkdir", "/volume/deep")
        staging.untar(packed(one="first"), "deep")
        assert staging.tree().run("cat", "/volume/deep/one").text == "first"
        assert staging.service().run("ls", "-R", "/srv/data").text.split() == ["/srv/data:", "deep",
            "/srv/data/deep:", "one"]  # fmt: skip
        staging.service().run("touch", "/srv/data/two")
        assert staging.tree().run("ls", "/volume").text.split() == ["deep", "two"]
        assert staging.image().run("ls", "-A", "/srv").text == ""
        with pytest.raises(HostileArchive):
            staging.untar(packed(outside_one="elsewhere"))
    assert volume.sh("cat /volume/live") == b"live\n"
