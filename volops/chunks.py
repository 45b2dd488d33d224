"""A stream of chunks as something to take exact numbers of bytes from."""

from __future__ import annotations

from collections.abc import Iterable


class ChunkReader:
    """Reads chunks as they come, and holds no more than what is taken and the rest of one chunk."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._left = memoryview(b"")

    def take(self, count: int) -> bytes:
        """The next `count` bytes, or fewer at the end."""
        parts: list[bytes | memoryview] = []
        while count and self._more():
            part, self._left = self._left[:count], self._left[count:]
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def skip(self, count: int) -> int:
        """Pass over `count` bytes; return how many were missing."""
        while count and self._more():
            step = min(count, len(self._left))
            self._left = self._left[step:]
            count -= step
        return count

    def only_zeros_follow(self) -> bool:
        """Read to the end; True when nothing but zero bytes came."""
        clean = True
        while self._more():
            clean = clean and not bytes(self._left).strip(b"\0")
            self._left = self._left[:0]
        return clean

    def _more(self) -> bool:
        """True when there is something left, after reading on if need be."""
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return False
            self._left = memoryview(chunk)
        return True
