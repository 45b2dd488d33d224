"""What every store must do: subclass StoreConformance, give it a fixture, and let pytest collect it."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable, Iterator

import pytest

from volops.errors import ArtifactCorrupt, Locked, StoreUnavailable
from volops.model import Digest
from volops.store import LOOSE, Store

_PIECE = bytes(range(256)) * 4096
_PIECES = 9
"""Of 1 MiB each: more than a pipe, a buffer or a part of an upload takes."""


class StoreConformance:
    """Give a fixture `opening`: what opens the same store again and again, an empty one for each test."""

    @pytest.fixture
    def opening(self) -> Callable[[], Store]:
        """Override: a callable that opens a store which is empty when the test begins."""
        raise NotImplementedError("override the fixture `opening`")

    def test_an_empty_store_has_nothing(self, opening: Callable[[], Store]) -> None:
        store = opening()
        assert store.location
        assert (store.groups(), dict(store.files(LOOSE)), dict(store.unfinished())) == ((), {}, {})
        assert dict(store.files("nothing")) == {}
        assert store.note("nothing") is None

    def test_a_group_is_seen_when_it_is_published_and_not_before(self, opening: Callable[[], Store]) -> None:
        upload = opening().begin("one")
        assert upload.write("a.sql", [b"du", b"", b"mp"]) == Digest(4, hashlib.sha256(b"dump").hexdigest())
        assert (upload.name, dict(upload.files)) == ("one", {"a.sql": 4})
        assert (opening().groups(), dict(opening().files("one"))) == ((), {})
        assert dict(opening().unfinished()) == {"one": True}
        assert upload.publish("one", b"{}")
        found = opening()
        assert (found.groups(), dict(found.unfinished())) == (("one",), {})
        assert dict(found.files("one")) == {"a.sql": 4, "manifest.json": 2}
        assert b"".join(found.open("one", "manifest.json")) == b"{}"
        assert found.modified("one", "a.sql") > 0
        assert found.place("one", "a.sql") != found.place("one")

    def test_it_may_be_published_under_another_name(self, opening: Callable[[], Store]) -> None:
        upload = opening().begin("one")
        upload.write("a.sql", [b"dump"])
        upload.publish("partial_one", b"{}")
        assert opening().groups() == ("partial_one",)

    def test_a_large_file_comes_back_as_it_was(self, opening: Callable[[], Store]) -> None:
        upload = opening().begin("one")
        written = upload.write("a.tar", (_PIECE for _ in range(_PIECES)))
        upload.publish("one", b"{}")
        read = hashlib.sha256()
        size = 0
        for chunk in opening().open("one", "a.tar"):
            read.update(chunk)
            size += len(chunk)
        assert written == Digest(size, read.hexdigest())
        assert size == len(_PIECE) * _PIECES

    def test_loose_files_lie_beside_the_groups(self, opening: Callable[[], Store]) -> None:
        upload = opening().begin("one")
        upload.write("one.sql", [b"dump"])
        upload.publish_loose(b"{}")
        assert opening().groups() == ()
        assert dict(opening().files(LOOSE)) == {"one.sql": 4, "one.manifest.json": 2}
        assert b"".join(opening().open(LOOSE, "one.sql")) == b"dump"

    def test_a_file_whose_content_breaks_off_is_not_there(self, opening: Callable[[], Store]) -> None:
        def broken() -> Iterator[bytes]:
            yield b"du"
            raise OSError("the producer died")

        upload = opening().begin("one")
        upload.write("b.sql", [b"whole"])
        with pytest.raises(OSError, match="the producer died"):
            upload.write("a.sql", broken())
        assert dict(upload.files) == {"b.sql": 5}
        upload.publish("one", b"{}")
        assert dict(opening().files("one")) == {"b.sql": 5, "manifest.json": 2}

    def test_a_file_may_be_taken_back(self, opening: Callable[[], Store]) -> None:
        upload = opening().begin("one")
        upload.write("a.sql", [b"dump"])
        upload.remove("a.sql")
        upload.remove("a.sql")
        assert dict(upload.files) == {}
        upload.discard()

    def test_what_is_discarded_is_gone(self, opening: Callable[[], Store]) -> None:
        upload = opening().begin("one")
        upload.write("a.sql", [b"dump"])
        upload.discard()
        upload.discard()
        assert (opening().groups(), dict(opening().unfinished())) == ((), {})

    def test_what_is_published_is_not_discarded(self, opening: Callable[[], Store]) -> None:
        upload = opening().begin("one")
        upload.publish("one", b"{}")
        upload.discard()
        assert opening().groups() == ("one",)

    def test_nothing_is_overwritten(self, opening: Callable[[], Store]) -> None:
        opening().begin("one").publish("one", b"{}")
        with pytest.raises(StoreUnavailable):
            opening().begin("one").publish("one", b"[]")
        assert b"".join(opening().open("one", "manifest.json")) == b"{}"

    def test_what_is_not_there_cannot_be_read(self, opening: Callable[[], Store]) -> None:
        opening().begin("one").publish("one", b"{}")
        for group, file in (("one", "a.sql"), ("two", "a.sql"), (LOOSE, "a.sql")):
            with pytest.raises(ArtifactCorrupt, match=r"a\.sql"):
                list(opening().open(group, file))

    def test_one_run_holds_it(self, opening: Callable[[], Store]) -> None:
        with opening().lock("backup"):
            with pytest.raises(Locked), opening().lock("backup"):
                pytest.fail("two runs hold it")
            assert opening().groups() == ()
        with opening().lock("backup"):
            pass

    def test_a_note_replaces_the_one_before(self, opening: Callable[[], Store]) -> None:
        opening().begin("one").publish("one", b"{}")
        opening().set_note("one", b"first")
        opening().set_note("one", b"second")
        assert opening().note("one") == b"second"
        assert dict(opening().files("one")) == {"manifest.json": 2}

    def test_what_a_dead_process_left_goes_with_the_next_upload(self, opening: Callable[[], Store]) -> None:
        child = os.fork()
        if child == 0:
            with opening().lock("backup"):
                opening().begin("dead").write("a.sql", [b"dump"])
                os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
        assert (opening().groups(), dict(opening().unfinished())) == ((), {"dead": False})
        with opening().lock("backup"):
            opening().begin("next").publish("next", b"{}")
        assert (opening().groups(), dict(opening().unfinished())) == (("next",), {})
