"""What a volume type can do beside the rest when its volumes hold databases that stand for themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from volops.model import Artifact, DatabaseTarget, Exchange, TableCopied, TableTarget
from volops.volume_access import Source, Staging


@runtime_checkable
class ConsoleType(Protocol):
    """Opening the server's own client: `volops db-shell`."""

    def console(self, database: str, arguments: Sequence[str]) -> Sequence[str]:
        """The command line that, run in the service's own container, opens the client on `database`; on the
        service's own when that is empty. `arguments` are for the client.

        It takes user and password from the container's environment there, where they stay: no command line
        may hold a password. The client gets terminal, standard input and exit code of volops. No I/O.
        """
        ...


@runtime_checkable
class DumpType(Protocol):
    """Dumping one database of a running server alone: `volops backup-db`."""

    def dump_database(self, source: Source, database: str | None) -> Artifact:
        """One database (None: the main one) as plain SQL that replaces what is there when it is loaded.
        `facts` is asked for afterwards, as after `dump`. Raises InvalidUse when there is no such database."""
        ...


@runtime_checkable
class DatabaseType(DumpType, Protocol):
    """Replacing one database of a running server: `volops restore --database`, `rollback` and `commit` of it.

    Its facts have `databases`: by name a mapping with `artifact`, the name of the one that holds its dump,
    and `main`, true for the main one.

    A database is replaced by another that was made beside it, by a change of names. Nothing else than
    `exchange` touches what is live; `discard` must only be called for a database that was made for this.
    """

    def aim(
        self, source: Source, database: str | None, head: bytes, facts: Mapping[str, Any]
    ) -> DatabaseTarget:
        """What loading a dump as `database` would replace; None is the database it was made of, or else the
        main one. `head` is how the dump begins (a MiB is enough), `facts` what was recorded of it, if
        anything.

        Raises RestoreRefused when that cannot succeed: an older server, missing rights or extensions, no
        dump of one database.
        """
        ...

    def load_database(
        self, source: Source, target: DatabaseTarget, dump: Iterable[bytes], facts: Mapping[str, Any]
    ) -> str:
        """Make `target.exchange.incoming` of the dump, beside the live database and with its properties, and
        prove it against `facts`; return, as one line, what could be proven.

        Raises RestoreFailed, CheckFailed, and what `dump` raises.
        """
        ...

    def exchange(self, source: Source, exchange: Exchange) -> None:
        """Change the names in one transaction, ending the connections that are in the way: afterwards, and
        whatever happens meanwhile, either all have changed or none. Raises RestoreFailed."""
        ...

    def discard(self, source: Source, name: str) -> None:
        """Delete a database, ending its connections; fine when there is none of that name."""
        ...

    def databases(self, source: Source) -> Mapping[str, int]:
        """The server's databases with their sizes in bytes (0 where that cannot be told). What an exchange
        that was cut off still does is ended first: the answer is settled."""
        ...

    def earlier(self, source: Source, database: str) -> DatabaseTarget:
        """What was kept of `database` before its restores, as `target.earlier`; its exchange would bring the
        newest back. Raises InvalidUse when there is none."""
        ...


@runtime_checkable
class TableType(Protocol):
    """Copying one table out of a dump into the running server, beside the live table."""

    def aim_table(
        self,
        source: Source,
        table: str,
        copy: str | None,
        dump: Callable[[], Iterator[bytes]],
        facts: Mapping[str, Any],
    ) -> TableTarget:
        """Which table of the dump `table` means, with or without schema and quotes, and what its copy will be
        called, by default NAME_restored. `facts` are those of the one database that was dumped.

        Raises InvalidUse, naming the nearest tables, when there is none of that name; RestoreRefused when the
        live database has no room for the copy.
        """
        ...

    def copy_table(
        self,
        staging: Staging,
        source: Source,
        target: TableTarget,
        dump: Iterable[bytes],
    ) -> TableCopied:
        """Load the dump in the staging area, prove the table against `staging.facts`, and copy it into the
        live database in one transaction: rows, structure, indexes, owner, rights; without foreign keys,
        triggers, and what would tie it to sequences.

        Raises RestoreFailed, CheckFailed; the live database is then as it was.
        """
        ...
