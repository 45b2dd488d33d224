"""What mariadb-dump writes: where it ends, and what in it does not depend on who asked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

_COMMENT = b"-- "
END = b"-- Dump completed"


class Statements:
    """The digest of a dump without its comment lines, which name the host that was asked."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._rest = b""

    def passing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The very chunks, digested on their way."""
        for chunk in chunks:
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            for line in lines:
                self._take(line)
            yield chunk
        self._take(self._rest)

    def sha256(self) -> str:
        """Hex, of all statements that have passed."""
        return self._digest.hexdigest()

    def _take(self, line: bytes) -> None:
        if not line.startswith(_COMMENT):
            self._digest.update(line + b"\n")
