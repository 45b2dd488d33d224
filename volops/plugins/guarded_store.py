"""A store of a plugin, which answers for itself: what it raises and should not comes out as StoreUnavailable,
with the plugin's name."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager

from volops.errors import StoreUnavailable, VolopsError
from volops.isolation import answered_for
from volops.model import Digest
from volops.store import Store, Upload


class _Passing:
    """Chunks on their way into a store: whether they came to their end, and what was wrong with them."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self.size = 0
        self.ended = False
        self.error: BaseException | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            chunk = next(self._chunks)
        except StopIteration:
            self.ended = True
            raise
        except BaseException as error:
            self.error = error
            raise
        self.size += len(chunk)
        return chunk


class _Guarded:
    def __init__(self, origin: str) -> None:
        self._origin = origin

    def _answered(self) -> AbstractContextManager[None]:
        return answered_for(f"the store of {self._origin} failed", StoreUnavailable)


class GuardedUpload(_Guarded):
    """An Upload of a plugin's store. What the chunks raise is raised as it is, whatever the store makes of
    it; a store that takes less than it is given has failed."""

    def __init__(self, upload: Upload, origin: str) -> None:
        super().__init__(origin)
        self._upload = upload

    @property
    def name(self) -> str:
        with self._answered():
            return self._upload.name

    @property
    def files(self) -> Mapping[str, int]:
        with self._answered():
            return dict(self._upload.files)

    def write(self, file: str, chunks: Iterable[bytes]) -> Digest:
        passing, written = _Passing(chunks), None
        try:
            with self._answered():
                written = self._upload.write(file, passing)
        except VolopsError:
            if passing.error is None:
                raise
        if passing.error is not None:
            raise passing.error
        size = written.size if isinstance(written, Digest) else None
        if written is None or not passing.ended or size != passing.size:
            raise StoreUnavailable(
                f"the store of {self._origin} took {size} of {passing.size} bytes of {file}, maybe not all"
            )
        return written

    def remove(self, file: str) -> None:
        with self._answered():
            self._upload.remove(file)

    def publish(self, name: str, manifest: bytes) -> str:
        with self._answered():
            return self._upload.publish(name, manifest)

    def publish_loose(self, manifest: bytes) -> str:
        with self._answered():
            return self._upload.publish_loose(manifest)

    def discard(self) -> None:
        with self._answered():
            self._upload.discard()


class GuardedStore(_Guarded):
    """A Store of a plugin."""

    def __init__(self, store: Store, origin: str) -> None:
        super().__init__(origin)
        self._store = store

    @property
    def location(self) -> str:
        with self._answered():
            return self._store.location

    def place(self, group: str, file: str = "") -> str:
        with self._answered():
            return self._store.place(group, file)

    def groups(self) -> tuple[str, ...]:
        with self._answered():
            return tuple(self._store.groups())

    def files(self, group: str) -> Mapping[str, int]:
        with self._answered():
            return dict(self._store.files(group))

    def open(self, group: str, file: str) -> Iterator[bytes]:
        with self._answered():
            yield from self._store.open(group, file)

    def modified(self, group: str, file: str = "") -> float:
        with self._answered():
            return self._store.modified(group, file)

    def begin(self, name: str) -> GuardedUpload:
        with self._answered():
            return GuardedUpload(self._store.begin(name), self._origin)

    def unfinished(self) -> Mapping[str, bool]:
        with self._answered():
            return dict(self._store.unfinished())

    @contextlib.contextmanager
    def lock(self, purpose: str) -> Iterator[None]:
        with self._answered():
            held = self._store.lock(purpose)
            held.__enter__()
        try:
            yield
        except BaseException as error:
            # Why the run ended is what has to be told, not that it could not be tidied up after.
            with contextlib.suppress(StoreUnavailable), self._answered():
                held.__exit__(type(error), error, error.__traceback__)
            raise
        with self._answered():
            held.__exit__(None, None, None)

    def note(self, name: str) -> bytes | None:
        with self._answered():
            return self._store.note(name)

    def set_note(self, name: str, content: bytes) -> None:
        with self._answered():
            self._store.set_note(name, content)
