"""A live server, asked from a helper beside its container."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from volops import AccessRefused, Output, ProducerFailed, ServiceNotReady, Shell, Source

_LOGIN = "/tmp/volops-my.cnf"  # noqa: S108 (in the helper, whose /tmp is private and in memory)
_VARIABLES = ("MARIADB_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD")
_OPTIONS = ("--single-transaction", "--quick", "--routines", "--triggers", "--events", "--hex-blob")
DUMP = ("mariadb-dump", *_OPTIONS, "--skip-dump-date", "--default-character-set=utf8mb4")
_SYSTEM = "('mysql', 'information_schema', 'performance_schema', 'sys', '#mysql50#.volops')"
"""The last is the directory in which volops keeps the data from before a restore: MariaDB takes every
directory for a database."""
OVERVIEW = f"""
SELECT JSON_OBJECT(
    'version', VERSION(),
    'databases', (SELECT JSON_ARRAYAGG(SCHEMA_NAME ORDER BY SCHEMA_NAME) FROM information_schema.SCHEMATA
                  WHERE SCHEMA_NAME NOT IN {_SYSTEM}),
    'tables', (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN {_SYSTEM}),
    'routines', (SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA NOT IN {_SYSTEM}),
    'triggers', (SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA NOT IN {_SYSTEM}),
    'events', (SELECT COUNT(*) FROM information_schema.EVENTS),
    'unlocked', (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE'
                 AND ENGINE <> 'InnoDB' AND TABLE_SCHEMA NOT IN {_SYSTEM}))
"""  # noqa: S608 (only constants)
ACCOUNTS = """
SELECT JSON_ARRAY(User, Host, JSON_REMOVE(Priv, '$.access', '$.password_last_changed', '$.version_id'))
FROM mysql.global_priv WHERE User NOT IN ('mariadb.sys', 'PUBLIC') AND User NOT LIKE 'volops\\_check\\_%'
ORDER BY User, Host;
SELECT JSON_ARRAY(GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE) FROM information_schema.USER_PRIVILEGES
WHERE GRANTEE NOT LIKE '\\'volops\\_check\\_%' AND GRANTEE NOT LIKE '\\'mariadb.sys\\'%' ORDER BY 1;
SELECT JSON_ARRAY(GRANTEE, TABLE_SCHEMA, PRIVILEGE_TYPE, IS_GRANTABLE)
FROM information_schema.SCHEMA_PRIVILEGES ORDER BY 1;
SELECT JSON_ARRAY(GRANTEE, TABLE_SCHEMA, TABLE_NAME, PRIVILEGE_TYPE, IS_GRANTABLE)
FROM information_schema.TABLE_PRIVILEGES WHERE GRANTEE NOT LIKE '\\'mariadb.sys\\'%' ORDER BY 1;
SELECT JSON_ARRAY(GRANTEE, TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, PRIVILEGE_TYPE)
FROM information_schema.COLUMN_PRIVILEGES ORDER BY 1;
SELECT JSON_ARRAY(User, Host, Db, Routine_name, Routine_type, Proc_priv) FROM mysql.procs_priv
WHERE User <> 'mariadb.sys' ORDER BY 1;
SELECT JSON_ARRAY(User, Host, Role, Admin_option) FROM mysql.roles_mapping ORDER BY 1
"""
"""Accounts with their hashes, and what each may do; not those that every installation has of its own."""


class Session:
    """One server. Raises ServiceNotReady or AccessRefused when it does not let us in."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._shell: Shell = source.beside()
        login = f"[client]\nuser=root\nhost=127.0.0.1\nprotocol=tcp\npassword={option(_password(source))}\n"
        self._shell.run("sh", "-c", f"umask 077; cat >{_LOGIN}", input=login.encode())

    def overview(self) -> dict[str, Any]:
        """Version, databases, and how many tables, routines, triggers and events there are."""
        found: dict[str, Any] = json.loads(self.ask(OVERVIEW))
        return {**found, "databases": found["databases"] or []}

    def accounts(self) -> str:
        """Accounts and rights as text of one form."""
        return normal(self.ask(ACCOUNTS))

    def users(self) -> Iterator[bytes]:
        """All accounts, roles and rights as SQL."""
        return self._dump("--system=users", "--replace")

    def dump(self, databases: list[str]) -> Iterator[bytes]:
        """The databases as SQL, of one moment."""
        return self._dump("--databases", *databases)

    def dump_one(self, database: str) -> Iterator[bytes]:
        """One database as SQL that takes the place of what has its name where it is loaded."""
        return self._dump("--add-drop-database", "--databases", database)

    def ask(self, statements: str) -> str:
        """What the server answers, a row a line."""
        said = self._shell.run(
            *_client("mariadb"),
            "--batch",
            "--raw",
            "--skip-column-names",
            input=statements.encode(),
            ok=range(256),
        )
        if said.code:
            _fail(said)
        return said.text

    def _dump(self, *what: str) -> Iterator[bytes]:
        program, *options = DUMP
        return self._shell.stream(*_client(program), *options, *what)


def option(value: str) -> str:
    """A value as an option file wants it (MariaDB, "Configuring MariaDB with Option Files")."""
    return '"' + value.replace("\\", "\\\\").replace("\n", "\\n") + '"'


def normal(rows: str) -> str:
    """Rows of JSON in one form: keys in order, and none that is empty (no default role may be left out)."""

    def said(values: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in values.items() if value != ""}

    return "\n".join(
        json.dumps(json.loads(row, object_hook=said), sort_keys=True) for row in rows.splitlines()
    )


def version(text: str) -> tuple[int, ...]:
    """11.8.3 of what a server or program says of itself; nothing when it says none."""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)-?MariaDB", text)
    return tuple(map(int, found.groups())) if found else ()


def _client(program: str) -> tuple[str, ...]:
    return (program, f"--defaults-file={_LOGIN}")


def _password(source: Source) -> str:
    """Root's, as the service's container knows it."""
    environment: Mapping[str, str] = source.environment()
    for name in _VARIABLES:
        if name in environment:
            return environment[name]
        if f"{name}_FILE" in environment:
            content = source.service_file(environment[f"{name}_FILE"])
            if content is not None:
                return content.decode().rstrip("\n")
    raise AccessRefused(
        "the password of MariaDB's root is not known",
        next_step=f"put it into {_VARIABLES[0]} or {_VARIABLES[0]}_FILE of the service, and start it again",
    )


def _fail(said: Output) -> NoReturn:
    why = said.stderr.strip().splitlines()[-1] if said.stderr.strip() else f"exit code {said.code}"
    if "Access denied" in why:
        raise AccessRefused(
            f"MariaDB refuses us: {why}", next_step=f"put root's password of today into {_VARIABLES[0]}"
        )
    if "Can't connect" in why or "Lost connection" in why:
        raise ServiceNotReady(f"MariaDB does not answer: {why}", next_step="wait until it is healthy")
    raise ProducerFailed(f"MariaDB cannot be asked: {why}")
