"""Statistics for the planner, made while a database loads: of each large table once its rows are in.

A session of a server has one processor; another can look at this table while the first takes in the next.
Foreign keys are checked faster, too, by a planner that knows the tables."""

from __future__ import annotations

import shlex
import uuid
from collections.abc import Mapping
from threading import Semaphore
from typing import Any

from volops import Output, RestoreFailed
from volops_plugins._beside import read_text
from volops_plugins._postgres.meanwhile import meanwhile
from volops_plugins._postgres.session import reason
from volops_plugins._postgres.throwaway import HOME, Throwaway

_LARGE_ROWS = 50_000
"""From here on a table is worth a transaction and a process of its own, some ms."""
_END = "-- end"
_DONE = "analysed"
_GIVES_WAY_MS = 500


def large_tables(recorded: Mapping[str, Any]) -> frozenset[bytes]:
    """Those of a database with many rows, as COPY names them, by what was counted for its dump."""
    return frozenset(name.encode() for name, rows in recorded["rows"].items() if rows >= _LARGE_ROWS)


class Analysing:
    """A session that analyses tables of one database as it is told of them, until `end`."""

    def __init__(self, server: Throwaway, database: str, turns: Semaphore) -> None:
        """It connects when it is told of the first, so that the database may be made by then, and when the
        sessions of other databases leave it a turn."""
        self._server = server
        self._told = f"{HOME}/analyse-{uuid.uuid4().hex}"

        def follow() -> Output:
            with turns:
                return server.follow(self._told, _END, database)

        (self._following,) = meanwhile(follow)

    def told(self, table: bytes) -> bytes:
        """What psql must be fed with, in any session, once the rows of a table are in: it never waits.

        To analyse a table takes locks on those that inherit from it, too, while whoever loads may hold these
        and want the table: it gives way then, and the table has its turn at the end.
        """
        name = table.decode("utf-8", "surrogateescape")
        statement = shlex.quote(f"SET lock_timeout = '{_GIVES_WAY_MS}'; ANALYZE {name};")
        # Not `echo`: that of dash and others makes something else of a backslash.
        return f"\\! printf '%s\\n' {statement} >>{self._told}\n".encode("utf-8", "surrogateescape")

    def end(self) -> None:
        """All is loaded: every table gets its statistics that has none by now, or only some."""
        rest = read_text(__package__, "analyse.sql")
        self._server.append(self._told, f"{rest}\\echo {_DONE}\n{_END}\n")

    def wait(self) -> None:
        """Until all is done. Raises RestoreFailed with psql's error."""
        done = self._following.result()
        # Whatever may have become of the statements, nothing says so that psql did not come to.
        if done.code or _DONE not in done.text.splitlines():
            raise RestoreFailed(f"ANALYZE failed: {reason(done.stderr) or 'psql did not come to its end'}")
