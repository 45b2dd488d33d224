"""The Python side of `session.sh`: one conversation with a server, through a helper beside its container."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from volops import AccessRefused, ProducerFailed, ServiceNotReady, Shell
from volops_plugins._beside import installation
from volops_plugins._redis.passwords import Known
from volops_plugins._redis.server import Options, Server, read_counts, read_description

_HOME = "/tmp/volops-redis"  # noqa: S108 (in the helper, whose /tmp is private and in memory)
_SCRIPT = f"{_HOME}/session.sh"
_END = "that is all"
_NOT_READY, _REFUSED = 71, 72


class Session:
    """A conversation with the server of one container. `service` is what messages call it."""

    def __init__(self, shell: Shell, service: str, options: Options, known: Known) -> None:
        """Find the server and a password that opens it, and ask what it is.

        Raises ServiceNotReady when it does not get ready in time, AccessRefused when no password opens it,
        ProducerFailed for anything else.
        """
        self._shell, self._service, self._options = shell, service, options
        data = {"ports": known.ports, "passwords": known.passwords}
        install = installation(_HOME, __package__, ("session.sh", "save.sh"), data)
        connect = f"exec sh {_SCRIPT} connect {options.ready_timeout_s} </dev/null\n"
        said = self._ask("sh", "-s", input=(install + connect).encode("utf-8", "surrogateescape"))
        self.server: Server = read_description(said.splitlines())

    def save(self, directory: str, keep: Callable[[Mapping[str, Any]], None]) -> Iterator[bytes]:
        """Have the server save and yield the file; then `keep` gets its counts (see `read_counts`).

        `directory` is where, as the helper sees it, the server saves to.
        Raises ProducerFailed at the end unless all of it came through, and before the first byte when the
        server cannot save, makes no progress with it, or keeps saving by itself.
        """
        said: list[str] = []
        arguments = (str(self._options.stall_timeout_s), directory, self.server.facts["file"])
        try:
            yield from self._shell.stream("sh", _SCRIPT, "save", *arguments, on_stderr=said.append)
        except ProducerFailed as failed:
            raise self._failed("saved", _last_line("".join(said)) or failed.message) from failed
        counts = self._ask("sh", _SCRIPT, "counts")
        if not counts.endswith(_END):
            # Counts that are only believed to be none would make a good backup one that cannot be restored.
            raise self._failed("counted", "the engine gave only a part of the answer, run again")
        keep(read_counts(counts))

    def command(self, *words: str) -> str:
        """The answer to one command, as redis-cli prints it. Secrets must not be in `words`."""
        return self._ask("sh", _SCRIPT, "ask", *words)

    def _ask(self, *argv: str, input: bytes = b"") -> str:
        output = self._shell.run(*argv, input=input, ok=range(256))
        if output.code:
            self._fail(output.code, output.stderr)
        return output.text

    def _fail(self, code: int, stderr: str) -> NoReturn:
        why = _last_line(stderr) or f"exit code {code}"
        if code == _NOT_READY:
            raise ServiceNotReady(
                f"the cache of service {self._service!r} is not ready: {why}",
                next_step=f"wait until it is healthy (`docker compose ps {self._service}`), then run again",
            )
        if code == _REFUSED:
            raise AccessRefused(
                f"the cache of service {self._service!r} refuses us: {why}",
                next_step="put the password it has now into REDIS_PASSWORD or REDIS_PASSWORD_FILE of "
                f"service {self._service!r}, and start it again",
            )
        raise self._failed("read", why)

    def _failed(self, done: str, why: str) -> ProducerFailed:
        return ProducerFailed(
            f"the cache of service {self._service!r} cannot be {done}: {why}",
            next_step=f"see `docker compose logs {self._service}`",
        )


def _last_line(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return lines[-1] if lines else ""
