"""The Python side of `session.sh`: one conversation with a server, through a helper beside its container."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from volops import AccessRefused, HelperLost, Output, ProducerFailed, ServiceNotReady, Shell
from volops_plugins._beside import installation, read_text
from volops_plugins._postgres.credentials import Credentials
from volops_plugins._postgres.server import Options, Server, read_contents, read_description

_HOME = "/tmp/volops-postgres"  # noqa: S108 (in the helper, whose /tmp is private and in memory)
_SCRIPT = f"{_HOME}/session.sh"
_INSTALLED = ("session.sh", "describe.sql", "pristine.sql", "snapshot.sql")
_NOT_READY, _REFUSED = 71, 72
_TRIES = 3


class Session:
    """A conversation with the server of one container, which messages call `service`."""

    home = _HOME

    def __init__(
        self,
        shell: Shell,
        service: str,
        options: Options,
        told: Credentials,
        warn: Callable[[str], None],
    ) -> None:
        """Find the server and ask what it is.

        Raises ServiceNotReady when it does not get ready in time, AccessRefused when it refuses the
        credentials of its container's environment, ProducerFailed for anything else.
        """
        self._shell, self._options, self._warn = shell, options, warn
        self.service = service
        data = {"settings": told.settings(options.ready_timeout_s), "pgpass": told.pgpass()}
        install = installation(_HOME, __package__, _INSTALLED, data)
        script = f"{install}exec sh {_SCRIPT} describe </dev/null\n"
        said = self._ask("sh", "-s", input=script.encode("utf-8", "surrogateescape"))
        self.server: Server = read_description(said.splitlines())

    def globals(self) -> Iterator[bytes]:
        """Roles, tablespaces and settings of the cluster, as SQL; without password hashes unless the user
        may read them. It begins with the call, and ends with it where it would be in the way of a dump."""
        flags = () if self.server.reads_passwords else ("--no-role-passwords",)
        stream = self._stream("globals", self._lock_ms, *flags, doing="pg_dumpall of roles and settings")
        return stream if self.server.roomy else iter(tuple(stream))

    def dump(self, database: str, *flags: str, keep: Callable[[Mapping[str, Any]], None]) -> Iterator[bytes]:
        """The database as SQL; then `keep` gets what the same snapshot held (see `read_contents`). It begins
        with the call.

        Raises ProducerFailed at the end unless all of it came through.
        """
        tag = uuid.uuid4().hex
        doing = f"pg_dump of database {database!r}"
        stream = self._stream("dump", database, tag, self._lock_ms, *flags, doing=doing)
        return self._dumped(stream, database, tag, keep)

    def _dumped(
        self, stream: Iterable[bytes], database: str, tag: str, keep: Callable[[Mapping[str, Any]], None]
    ) -> Iterator[bytes]:
        try:
            yield from stream
        except ProducerFailed as failed:
            self._blame_lock(database, failed)
            raise
        keep(read_contents(self._verb("counts", tag).splitlines()))

    def sql(self, database: str, statements: str, *options: str) -> list[Mapping[str, Any]]:
        """Run `statements` (psql input whose results are JSON, one object a line)."""
        return [json.loads(line) for line in self.ask(statements, database, *options) if line]

    def describe(self) -> Server:
        """The server as it is now."""
        return read_description(self._verb("describe").splitlines())

    def ask(self, statements: str, database: str, *options: str) -> list[str]:
        """The lines that psql prints, unaligned. Raises ProducerFailed with its error."""
        return self._verb("sql", database, *options, input=statements.encode()).splitlines()

    def load(self, database: str, dump: Iterable[bytes], *options: str) -> Output:
        """Feed psql, which stops at the first error; the caller looks at its exit code."""
        argv = ("sh", _SCRIPT, "load", database, uuid.uuid4().hex, *options)
        return self._shell.feed(dump, *argv, ok=range(256))

    def evicting(self, statements: str, database: str, first: str, second: str) -> None:
        """Run `statements`, which take effect all or not at all, in `database`, while nobody can stay in
        `first` and `second`. On a busy machine 5 s may not be enough for that: it is tried again.

        Raises ProducerFailed with psql's error.
        """
        for left in reversed(range(_TRIES)):
            try:
                self._verb("evicting", database, first, second, input=statements.encode())
            except ProducerFailed:
                if not left:
                    raise
            else:
                return

    def free(self) -> int:
        """Bytes free where the server keeps its data."""
        return int(self._verb("free") or 0) * 1024

    def present(self, paths: list[str]) -> list[str]:
        """Those of `paths` (in the data directory) that are files."""
        return self._verb("present", *paths).splitlines() if paths else []

    @property
    def _lock_ms(self) -> str:
        return str(self._options.lock_timeout_s * 1000)

    def _verb(self, verb: str, *arguments: str, input: bytes = b"") -> str:
        return self._ask("sh", _SCRIPT, verb, *arguments, input=input)

    def _ask(self, *argv: str, input: bytes) -> str:
        output = self._shell.run(*argv, input=input, ok=range(256))
        if output.code:
            self._fail(output.code, output.stderr)
        return output.text

    def _stream(self, verb: str, *arguments: str, doing: str) -> Iterator[bytes]:
        said: list[str] = []
        stream = self._shell.stream("sh", _SCRIPT, verb, *arguments, on_stderr=said.append)
        return self._told(stream, said, doing)

    def _told(self, stream: Iterable[bytes], said: Sequence[str], doing: str) -> Iterator[bytes]:
        try:
            yield from stream
        except ProducerFailed as failed:
            text = "".join(said)
            error = ProducerFailed(
                f"{doing} failed: {reason(text) or failed.message}",
                next_step=f"see `docker compose logs {self.service}`",
            )
            error.add_note(text)
            raise error from failed
        for line in "".join(said).splitlines():
            if "warning: " in line:
                self._warn(line)

    def _fail(self, code: int, stderr: str) -> NoReturn:
        why = reason(stderr) or f"exit code {code}"
        if code == _NOT_READY:
            raise ServiceNotReady(
                f"the database of service {self.service!r} is not ready: {why}",
                next_step=f"wait until it is healthy (`docker compose ps {self.service}`) and see that its "
                "listen_addresses include 127.0.0.1, then run again",
            )
        if code == _REFUSED:
            raise AccessRefused(
                f"the database of service {self.service!r} refuses us: {why}",
                next_step="put the user and password it has now into POSTGRES_USER and POSTGRES_PASSWORD (or "
                f"POSTGRES_PASSWORD_FILE) of service {self.service!r}, and start it again",
            )
        raise ProducerFailed(
            f"the database of service {self.service!r} cannot be read: {why}",
            next_step=f"see `docker compose logs {self.service}`",
        )

    def _blame_lock(self, database: str, failed: ProducerFailed) -> None:
        """Raise again, naming table and holder, if it was a lock that pg_dump could not get."""
        if not any("LOCK TABLE" in note for note in getattr(failed, "__notes__", ())):
            return
        try:
            held = self.sql(database, read_text(__package__, "lockers.sql"))
        except (ProducerFailed, ServiceNotReady, AccessRefused, HelperLost):
            return
        if held:
            raise ProducerFailed(
                f"database {database!r} cannot be dumped: {held[0]['tables']} locked for more than "
                f"{self._options.lock_timeout_s} s by {held[0]['holders']}",
                next_step="let that transaction end, or set lock_timeout_s of this volume in x-volops",
            ) from failed


def reason(stderr: str) -> str:
    """The line of a client program's standard error that says what went wrong, without its own name."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    if not lines:
        return ""
    errors = (number for number, line in enumerate(lines) if re.search(r"error:|FATAL:|ERROR:", line))
    chosen = next(errors, len(lines) - 1)
    said = re.sub(r"^(psql|pg_dump|pg_dumpall|pg_isready)(:<stdin>:\d+)?: (error: )?", "", lines[chosen])
    server = re.search(r"detail: Error message from server: (.*)", "\n".join(lines[chosen:]))
    return f"{said.rstrip('.')}: {server[1]}" if server else said
