"""A store of a plugin that goes wrong after it was opened: it is named, and hides nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from volops import Digest, ProducerFailed, Store, StoreUnavailable
from volops.plugins.guarded_store import GuardedStore, GuardedUpload
from volops.store import LocalStore
from volops.testing.store_conformance import StoreConformance

ORIGIN = "plugin shelf of volops-shelf 1.0"


class Broken:
    """Fails in all that is asked of it, as no store should."""

    def __getattr__(self, name: str) -> object:
        raise ConnectionError(f"{name}: nobody answers")


class Odd:
    """An upload that does with a file whatever it likes."""

    def __init__(self, write: Callable[[Iterable[bytes]], Digest]) -> None:
        self._write = write

    def write(self, file: str, chunks: Iterable[bytes]) -> Digest:
        del file
        return self._write(chunks)


class TestItStaysAStore(StoreConformance):
    @pytest.fixture
    def opening(self, tmp_path: Path) -> Callable[[], Store]:
        return lambda: GuardedStore(LocalStore(tmp_path), ORIGIN)


STORE = GuardedStore(Broken(), ORIGIN)  # type: ignore[arg-type]
UPLOAD = GuardedUpload(Broken(), ORIGIN)  # type: ignore[arg-type]
ASKED: dict[str, Callable[[], object]] = {
    "location": lambda: STORE.location,
    "place": lambda: STORE.place("one"),
    "groups": STORE.groups,
    "files": lambda: STORE.files("one"),
    "open": lambda: list(STORE.open("one", "a.sql")),
    "modified": lambda: STORE.modified("one"),
    "begin": lambda: STORE.begin("one"),
    "unfinished": STORE.unfinished,
    "lock": lambda: STORE.lock("backup").__enter__(),
    "note": lambda: STORE.note("one"),
    "set_note": lambda: STORE.set_note("one", b"{}"),
    "Upload.name": lambda: UPLOAD.name,
    "Upload.files": lambda: UPLOAD.files,
    "Upload.write": lambda: UPLOAD.write("a.sql", [b"dump"]),
    "Upload.remove": lambda: UPLOAD.remove("a.sql"),
    "Upload.publish": lambda: UPLOAD.publish("one", b"{}"),
    "Upload.publish_loose": lambda: UPLOAD.publish_loose(b"{}"),
    "Upload.discard": UPLOAD.discard,
}


@pytest.mark.parametrize("asked", ASKED)
def test_whatever_it_raises_names_the_plugin(asked: str) -> None:
    with pytest.raises(StoreUnavailable) as raised:
        ASKED[asked]()
    name = asked.rpartition(".")[2]
    assert raised.value.message == f"the store of {ORIGIN} failed: ConnectionError: {name}: nobody answers"


def failing() -> Iterator[bytes]:
    yield b"half of"
    raise ProducerFailed("the producer failed with exit code 3")


def test_what_the_producer_raises_is_not_the_stores_fault() -> None:
    def confused(chunks: Iterable[bytes]) -> Digest:
        try:
            return Digest(len(b"".join(chunks)), "")
        except ProducerFailed as error:
            raise RuntimeError("the upload broke off") from error

    with pytest.raises(ProducerFailed, match="exit code 3"):
        GuardedUpload(Odd(confused), ORIGIN).write("a.sql", failing())  # type: ignore[arg-type]


def test_a_store_that_hides_what_the_producer_raises_hides_nothing() -> None:
    def quiet(chunks: Iterable[bytes]) -> Digest:
        with contextlib.suppress(ProducerFailed):
            for _ in chunks:
                pass
        return Digest(7, "")

    with pytest.raises(ProducerFailed, match="exit code 3"):
        GuardedUpload(Odd(quiet), ORIGIN).write("a.sql", failing())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "write",
    [
        lambda chunks: Digest(len(next(iter(chunks))), ""),
        lambda chunks: Digest(len(b"".join(chunks)) - 1, ""),
        lambda chunks: len(b"".join(chunks)),
    ],
    ids=["leaves some", "loses some", "says nothing"],
)
def test_a_store_that_does_not_take_everything_has_failed(write: Callable[[Iterable[bytes]], Digest]) -> None:
    with pytest.raises(StoreUnavailable, match=f"the store of {ORIGIN} took"):
        GuardedUpload(Odd(write), ORIGIN).write("a.sql", [b"du", b"mp"])  # type: ignore[arg-type]


def test_an_error_while_it_is_held_is_told_and_not_that_it_could_not_be_freed() -> None:
    class Clinging(Broken):
        @contextlib.contextmanager
        def lock(self, purpose: str) -> Iterator[None]:
            try:
                yield
            finally:
                raise ConnectionError(f"still held for {purpose}")

    store = GuardedStore(Clinging(), ORIGIN)  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError), store.lock("backup"):
        raise ZeroDivisionError
    with pytest.raises(StoreUnavailable, match="still held for backup"), store.lock("backup"):
        pass
