"""How many keys each database of a server has: the answer to INFO keyspace."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_DATABASE = re.compile(
    r"^db(?P<number>\d+):keys=(?P<keys>\d+),expires=(?P<expires>\d+)(?:\S*?,subexpiry=(?P<fading>\d+))?",
    re.MULTILINE,
)

Counts = Mapping[str, int]


def counted(said: str) -> dict[str, dict[str, int]]:
    """By database: its `keys`, how many of them expire, and, where there are any, in how many hashes fields
    expire (`fading`; Redis 8 calls it subexpiry): such a hash goes with its last field."""
    return {match["number"]: _counts(match) for match in _DATABASE.finditer(said)}


def missing(database: str, before: Counts, now: Counts) -> Iterator[str]:
    """What is wrong with what a database has now, some time after it was counted."""
    lasting, had = now["keys"] - now["expires"], before["keys"] - before["expires"]
    if not had - before.get("fading", 0) <= lasting <= had:
        yield f"database {database} has {lasting} keys that never expire, had {had}"
    if now["expires"] > before["expires"]:
        yield f"database {database} has {now['expires']} keys that expire, had {before['expires']}"


def _counts(match: re.Match[str]) -> dict[str, int]:
    fading = int(match["fading"] or 0)
    return {"keys": int(match["keys"]), "expires": int(match["expires"])} | (
        {"fading": fading} if fading else {}
    )
