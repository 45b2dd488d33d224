"""What a PostgreSQL container was told about its user, password, database and port."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from volops import AccessRefused

ReadFile = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Credentials:
    """The user and the database that the container was made for; `port` is "" when nothing is said of it."""

    user: str
    main: str
    port: str
    password: str = field(repr=False)

    def settings(self, wait_s: int) -> list[str]:
        """Lines of shell that set what `session.sh` wants to know."""
        values = {"user": self.user, "main": self.main, "port": self.port, "wait_s": str(wait_s)}
        return [f"{name}={shlex.quote(value)}" for name, value in values.items()]

    def pgpass(self) -> list[str]:
        """A password file for any host, port, database and user (manual, "The Password File")."""
        escaped = self.password.replace("\\", "\\\\").replace(":", "\\:")
        return [f"*:*:*:*:{escaped}"] if escaped else []


def credentials(environment: Mapping[str, str], read_file: ReadFile) -> Credentials:
    """As images take them: the official one's variables, Bitnami's names for them, else libpq's own.

    Each may stand in a file that NAME_FILE names; `read_file` gets it from the container. Raises
    AccessRefused when it is not there.
    """

    def given(*names: str) -> str:
        for name in names:
            path = environment.get(f"{name}_FILE")
            if value := environment.get(name) or (path and _content(path, f"{name}_FILE", read_file)):
                return value
        return ""

    user = given("POSTGRES_USER", "POSTGRESQL_USERNAME", "PGUSER") or "postgres"
    return Credentials(
        user=user,
        main=given("POSTGRES_DB", "POSTGRESQL_DATABASE", "PGDATABASE") or user,
        port=given("PGPORT", "POSTGRESQL_PORT_NUMBER"),
        password=given("POSTGRES_PASSWORD", "POSTGRESQL_PASSWORD", "PGPASSWORD"),
    )


def _content(path: str, variable: str, read_file: ReadFile) -> str:
    content = read_file(path)
    if content is None:
        raise AccessRefused(
            f"the container has no file {path}, which {variable} names",
            next_step="see that its secret is mounted, and start it again",
        )
    return content.decode("utf-8", "surrogateescape").rstrip("\n")
