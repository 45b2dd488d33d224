"""A stream of chunks as something to take exact numbers of bytes from."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TypeVar

Piece = TypeVar("Piece")

_PIECE = 1 << 20
_AHEAD_BYTES = 4 << 20
_LOOK_S = 0.1
_ENDING_S = 1.0


def ahead(chunks: Iterable[bytes]) -> Generator[bytes, None, None]:
    """Yield `chunks` unchanged, and raise what they raise; the next are made meanwhile, in a thread of their
    own. They are joined to pieces of at least 1 MiB, a few of which wait at a time."""
    waiting: queue.Queue[bytes | BaseException | None] = queue.Queue(_AHEAD_BYTES // _PIECE)
    over = threading.Event()
    thread = threading.Thread(target=_made_ahead, args=(chunks, waiting, over), daemon=True)
    thread.start()
    try:
        while (made := waiting.get()) is not None:
            if isinstance(made, BaseException):
                raise made
            yield made
    finally:
        over.set()
        # It sees that within a moment, unless what it reads from keeps it: then it ends with that.
        thread.join(_ENDING_S)


def _made_ahead(
    chunks: Iterable[bytes], waiting: queue.Queue[bytes | BaseException | None], over: threading.Event
) -> None:
    end: BaseException | None = None
    try:
        for piece in _joined(chunks):
            if not handed(piece, waiting, over.is_set):
                break
    except BaseException as error:  # noqa: BLE001 (raised again where the chunks are taken)
        end = error
    if isinstance(chunks, Generator):
        chunks.close()
    handed(end, waiting, over.is_set)


def _joined(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """All of `chunks`, in pieces of at least 1 MiB but for the last."""
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size >= _PIECE:
            yield b"".join(parts)
            parts.clear()
            size = 0
    if parts:
        yield b"".join(parts)


def handed(piece: Piece, waiting: queue.Queue[Piece], nobody: Callable[[], bool]) -> bool:
    """Whether the piece was taken; False when there is `nobody` any more who would."""
    while not nobody():
        with contextlib.suppress(queue.Full):
            waiting.put(piece, timeout=_LOOK_S)
            return True
    return False


class ChunkReader:
    """Reads chunks as they come, and holds no more than what is taken and the rest of one chunk."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._chunk = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes, or fewer at the end."""
        end = self._at + count
        if end <= len(self._chunk):
            part = self._chunk[self._at : end]
            self._at = end
            return part
        parts: list[bytes] = []
        while count and (part := self.some(count)):
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def skip(self, count: int) -> int:
        """Pass over `count` bytes; return how many were missing."""
        while count and (passed := self.pass_over(count)):
            count -= passed
        return count

    def some(self, count: int) -> bytes:
        """At most `count` of the next bytes, within one chunk; nothing at the end."""
        if not self._more():
            return b""
        start = self._at
        return self._chunk[start : start + self.pass_over(count)]

    def pass_over(self, count: int) -> int:
        """Pass over at most `count` bytes, within one chunk; return how many. 0 at the end."""
        if not self._more():
            return 0
        step = min(count, len(self._chunk) - self._at)
        self._at += step
        return step

    def only_zeros_follow(self) -> bool:
        """Read to the end; True when nothing but zero bytes came."""
        clean = True
        while part := self.some(_PIECE):
            clean = clean and not part.strip(b"\0")
        return clean

    def _more(self) -> bool:
        """True when there is something left, after reading on if need be."""
        while self._at >= len(self._chunk):
            chunk = next(self._chunks, None)
            if chunk is None:
                return False
            self._chunk, self._at = chunk, 0
        return True
