"""A stream of chunks as something to take exact numbers of bytes from."""

from __future__ import annotations

from collections.abc import Iterable

_PIECE = 1 << 20


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
