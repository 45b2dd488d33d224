"""Statistics for the planner, made while a database loads: of each large table once its rows are in.

A session of a server has one processor; another can look at this table while the first takes in the next.
Foreign keys are checked faster, too, by a planner that knows the tables."""

from __future__ import annotations

import shlex
import uuid
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any

from volops import RestoreFailed
from volops_plugins._beside import read_text
from volops_plugins._postgres.session import reason
from volops_plugins._postgres.throwaway import HOME, Throwaway

_LARGE_ROWS = 50_000
"""From here on a table is worth a transaction and a process of its own, some ms."""
_END = "-- end"
_GIVES_WAY_MS = 500


def large_tables(recorded: Mapping[str, Any]) -> frozenset[bytes]:
    """Those of a database with many rows, as COPY names them, by what was counted for its dump."""
    return frozenset(name.encode() for name, rows in recorded["rows"].items() if rows >= _LARGE_ROWS)


class Analysing:
    """A session that analyses tables of one database as it is told of them, until `end`."""

    def __init__(self, server: Throwaway, database: str, pool: Executor) -> None:
        """It connects when it is told of the first, so that the database may be made by then."""
        self._server = server
        self._told = f"{HOME}/analyse-{uuid.uuid4().hex}"
        self._following = pool.submit(server.follow, self._told, _END, database)

    def told(self, table: bytes) -> bytes:
        """What psql must be fed with, in any session, once the rows of a table are in: it never waits.

        To analyse a table takes locks on those that inherit from it, too, while whoever loads may hold these
        and want the table: it gives way then, and the table has its turn at the end.
        """
        name = table.decode("utf-8", "surrogateescape")
        statement = shlex.quote(f"SET lock_timeout = '{_GIVES_WAY_MS}'; ANALYZE {name};")
        return f"\\! echo {statement} >>{self._told}\n".encode("utf-8", "surrogateescape")

    def end(self, *, loaded: bool) -> None:
        """Nothing more comes. With all `loaded`, every table gets its statistics that has none by now, or
        only some."""
        rest = read_text(__package__, "analyse.sql") if loaded else ""
        self._server.append(self._told, f"{rest}{_END}\n")

    def wait(self) -> None:
        """Until all is done. Raises RestoreFailed with psql's error."""
        done = self._following.result()
        if done.code:
            raise RestoreFailed(f"ANALYZE failed: {reason(done.stderr)}")
