"""A PostgreSQL server on the staging area that nobody but us can reach, and that is gone afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

from volops import Output, RestoreFailed, Shell
from volops_plugins._beside import read_text
from volops_plugins._postgres.complaints import complaint, why
from volops_plugins._postgres.image import Image
from volops_plugins._postgres.session import reason

HOME = "/tmp/volops-restore"  # noqa: S108 (in the helper, whose /tmp is private and in memory)
_PORT = "5432"
_CONNECTIONS = 20
_LOCKS = 4096
"""One transaction makes a whole database, with a lock for each table, index and sequence; there is room for
so many of them for each connection (manual, "Lock Management")."""
_LOCKS_EACH = 10
_START_S = "600"
_MIB_KIB = 1024
_LIMITS = {
    "statement_timeout": 7,
    "lock_timeout": 9,
    "idle_in_transaction_session_timeout": 9,
    "idle_session_timeout": 14,
    "transaction_timeout": 17,
}
"""What databases, roles and configuration files limit the sessions of applications by, and the major version
that each came with (release notes)."""
_NO_EVENTS, _SINCE_EVENTS = "event_triggers=off", 17
_FEWER_EVENTS = "session_replication_role=replica"
_PRIVATE = {
    "listen_addresses": "",
    "unix_socket_directories": HOME,
    "unix_socket_permissions": "0777",
    "unix_socket_group": "",
    "port": _PORT,
    "hba_file": f"{HOME}/hba",
    "ident_file": f"{HOME}/ident",
    "external_pid_file": "",
    "max_connections": str(_CONNECTIONS),
    "superuser_reserved_connections": "3",
    "max_prepared_transactions": "0",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "archive_mode": "off",
    "ssl": "off",
    "huge_pages": "off",
    "dynamic_shared_memory_type": "mmap",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "synchronous_standby_names": "",
    # Of two that wait for each other the server would choose one itself: see analysing.py.
    "deadlock_timeout": "1h",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
    "max_parallel_maintenance_workers": "2",
    "max_parallel_workers_per_gather": "2",
    "max_parallel_workers": "4",
    "cron.launch_active_jobs": "off",
}
"""Reachable through a socket in memory only; nothing survives a crash, since the staging area would not be
used then (manual, "Populating a Database", "Non-Durable Settings")."""


class NotStarted(RestoreFailed):
    """The server did not start."""


class Throwaway:
    """A server of `image` on `data`. Its programs run as the image's own user. `superuser` is the role
    that initdb makes; `preload` are libraries that extensions want loaded with the server; `relations` is
    how many tables and sequences its largest database has."""

    home = HOME

    def __init__(
        self,
        shell: Shell,
        image: Image,
        data: PurePosixPath,
        superuser: str,
        *,
        preload: str = "",
        relations: int = 0,
    ) -> None:
        self._shell, self._image, self._data = shell, image, data
        self._superuser, self._preload, self._relations = superuser, preload, relations

    def initialise(self, target: PurePosixPath, *arguments: str) -> None:
        """Make an empty cluster. Raises RestoreFailed with what initdb says."""
        owner, mode = self._image.root
        self._root(
            'chown "$2" "$1"; chmod "$3" "$1"; mkdir -p "$4"; chown "$5" "$4"; chmod 0700 "$4"; '
            'place=${4%/*}; '
            'while [ "${place#"$1"/}" != "$place" ]; do chown "$5" "$place"; place=${place%/*}; done',
            str(target), owner, mode, str(self._data), self._image.user,
        )  # fmt: skip
        words = [self._image.program("initdb"), "--pgdata", str(self._data), "--username", self._superuser]
        done = self._run(*words, "--no-sync", *arguments)
        if done.code:
            raise RestoreFailed(f"initdb failed: {complaint(done.stderr or done.text)}")

    @contextmanager
    def running(self, *, restored: bool = False) -> Iterator[None]:
        """The server runs; at the end it is stopped cleanly, with everything written to its files.

        Its settings are those of initdb, or with `restored` the cluster's own, with what we need on top.
        Raises NotStarted, or RestoreFailed when it does not stop.
        """
        self._start(restored=restored)
        yield
        done = self._scripted("stop", self._image.program("pg_controldata"))
        if done.code:
            raise RestoreFailed(f"the throwaway server does not stop: {why(done)}")

    def psql(self, chunks: Iterable[bytes], database: str, *options: str) -> Output:
        """Feed psql, which stops at the first error; the caller looks at its exit code."""
        words = self._client(database, "-q", *options)
        return self._shell.feed(chunks, *words, user=self._image.user, ok=range(256))

    def _client(self, database: str, *options: str) -> list[str]:
        return [
            "env", *self._environment(),
            self._image.program("psql"), "-X", "-w", "-v", "ON_ERROR_STOP=1", *options,
            "-h", HOME, "-p", _PORT, "-U", self._superuser, "-d", _conninfo(database),
        ]  # fmt: skip

    def _environment(self) -> tuple[str, ...]:
        """Of all clients: what a database or a role sets for its sessions must not keep us from restoring it.
        What a client asks for comes before that (manual, "Setting Parameters")."""
        limits = [name for name, since in _LIMITS.items() if self._image.major >= since]
        settings = ["client_min_messages=warning", "default_transaction_read_only=off"]
        settings += [f"{name}=0" for name in limits]
        # Nor must its event triggers write into it; before 17 those that fire only for replicas still do.
        settings.append(_NO_EVENTS if self._image.major >= _SINCE_EVENTS else _FEWER_EVENTS)
        return "PGCLIENTENCODING=UTF8", f"PGOPTIONS={' '.join(f'-c {each}' for each in settings)}"

    def ask(self, statements: str, database: str, *options: str) -> list[str]:
        """The lines that psql prints, unaligned. Raises RestoreFailed with its error."""
        done = self.psql([statements.encode()], database, "-A", "-t", *options)
        if done.code:
            raise RestoreFailed(f"database {database!r} cannot be read: {reason(done.stderr)}")
        return done.text.splitlines()

    def stream(self, program: str, database: str, *options: str) -> Iterator[bytes]:
        """What psql or pg_dump prints. Raises ProducerFailed at its end when it failed."""
        words = ["env", *self._environment(), self._image.program(program), *options, "-w"]
        yield from self._shell.stream(
            *words, "-h", HOME, "-p", _PORT, "-U", self._superuser, "-d", _conninfo(database)
        )

    def follow(self, file: str, end: str, database: str) -> Output:
        """Feed psql with the lines that others write to a file, until the line `end`; it goes on after an
        error until these say otherwise, and the caller looks at its exit code."""
        script = read_text(__package__, "follow.sh")
        client = self._client(database, "-q", "-o", "/dev/null", "-v", "ON_ERROR_STOP=0")
        words = ("sh", "-c", script, "follow.sh", file, end, *client)
        return self._shell.run(*words, user=self._image.user, ok=range(256))

    def append(self, file: str, text: str) -> None:
        """Add text to such a file."""
        self._shell.run(
            "sh", "-c", 'cat >>"$1"', "append", file, input=text.encode(), user=self._image.user
        )  # fmt: skip

    def settings_error(self) -> str:
        """Why the cluster's own configuration files do not suit this server; empty when they do."""
        done = self._run(self._image.program("postgres"), "-D", str(self._data), "-C", "server_version")
        return complaint(done.stderr) if done.code else ""

    def _start(self, *, restored: bool) -> None:
        self._root(
            'mkdir -p "$1" && chmod 0755 "$1" && echo "local all all trust" >"$1/hba" && : >"$1/ident" '
            '&& : >"$1/log" && chown -R "$2" "$1"',
            HOME, self._image.user,
        )  # fmt: skip
        settings = _PRIVATE | self._sized()
        if self._preload and not restored:
            settings["shared_preload_libraries"] = self._preload
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        done = self._scripted("start", self._image.program("postgres"), *options)
        if done.code:
            raise NotStarted(f"the throwaway server does not start: {why(done)}")

    def _sized(self) -> dict[str, str]:
        """What depends on machine and data: an index build may take an eighth of the memory."""
        eighth = max(64, min(512, self._image.memory_kib // _MIB_KIB // 8))
        locks = max(_LOCKS, self._relations * _LOCKS_EACH // _CONNECTIONS)
        return {
            "max_locks_per_transaction": str(locks),
            "maintenance_work_mem": f"{eighth}MB",
            "shared_buffers": f"{max(32, eighth // 2)}MB",
        }

    def _scripted(self, verb: str, *words: str) -> Output:
        script = read_text(__package__, "server.sh")
        return self._run(
            "sh", "-c", script, "server.sh", verb, str(self._data), f"{HOME}/log", _START_S, *words
        )

    def _run(self, *argv: str) -> Output:
        # Whoever is root here has no name for Bitnami's user, and initdb wants one.
        return self._shell.run(
            "env", "HOME=/tmp", "LC_MESSAGES=C", *argv, user=self._image.user, ok=range(256)
        )

    def _root(self, script: str, *arguments: str) -> None:
        self._shell.run("sh", "-c", f"set -eu; {script}", "prepare", *arguments)


def initial(facts: Mapping[str, Any], checksums: bool, major: int) -> list[str]:
    """Arguments of initdb for a cluster whose databases are like this one by default."""
    words = ["--encoding", facts["encoding"], "--lc-collate", facts["collate"], "--lc-ctype", facts["ctype"]]
    provider, locale = facts.get("provider", "libc"), facts.get("locale")
    if provider == "icu":
        words += ["--locale-provider=icu", "--icu-locale", locale or "und"]
    elif provider == "builtin":
        words += ["--locale-provider=builtin", "--builtin-locale", locale or "C"]
    if checksums:
        words.append("--data-checksums")
    elif major >= _CHECKSUMS_BY_DEFAULT:
        words.append("--no-data-checksums")
    return words


_CHECKSUMS_BY_DEFAULT = 18


def failed(done: Output) -> str:
    """What went wrong in psql, or nothing."""
    return reason(done.stderr) if done.code else ""


def _conninfo(database: str) -> str:
    """A connection string, since a bare name with "=" in it would be taken for one."""
    escaped = database.replace("\\", "\\\\").replace("'", "\\'")
    return f"dbname='{escaped}'"
