"""A MariaDB server on the staging area that nobody but us can reach, and that is gone afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from volops import ProducerFailed, RestoreFailed, Staging
from volops_mariadb.session import DUMP

_HOME = "/tmp/volops-mariadb"  # noqa: S108 (in the helper, whose /tmp is private and in memory)
_LOGIN = f"{_HOME}/my.cnf"
_START = f"""
set -eu
umask 077
mkdir -p {_HOME}
cat >{_HOME}/init.sql
printf '[client]\\nuser=%s\\nsocket={_HOME}/socket\\npassword=%s\\n' \\
    "$(sed -n '1s/^-- //p' {_HOME}/init.sql)" "$(sed -n '2s/^-- //p' {_HOME}/init.sql)" >{_LOGIN}
mariadbd --datadir="$1" --socket={_HOME}/socket --pid-file={_HOME}/pid --log-error={_HOME}/log.err \\
    --skip-networking --skip-log-bin --event-scheduler=OFF --skip-slave-start \\
    --innodb-flush-log-at-trx-commit=0 --init-file={_HOME}/init.sql >/dev/null 2>&1 </dev/null &
server=$!
until mariadb-admin --defaults-file={_LOGIN} ping >/dev/null 2>&1; do
    readlink /proc/$server/exe >/dev/null || {{ grep ERROR {_HOME}/log.err | tail -n 5 >&2; exit 1; }}
    sleep 0.1
done
"""
# A process that has ended and that nobody waits for keeps its number, but has no program any more.
_STOP = f"""
set -eu
process=$(cat {_HOME}/pid)
mariadb --defaults-file={_LOGIN} --execute="DROP USER $1@localhost; SHUTDOWN"
while readlink "/proc/$process/exe" >/dev/null; do sleep 0.1; done
rm -rf {_HOME}
"""
_INSTALL = (
    'chown "$2" "$1" && chmod "$3" "$1" && mariadb-install-db --user="$(stat -c %U "$1")" --datadir="$1" '
    "--auth-root-authentication-method=normal --skip-test-db --skip-name-resolve >/dev/null"
)

_FORGET = r"""
DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys' AND User NOT LIKE 'volops\_check\_%';
DELETE FROM mysql.proxies_priv WHERE User NOT LIKE 'volops\_check\_%';
FLUSH PRIVILEGES
"""


class Throwaway:
    """A server of the service's image, run as `owner` ("999:999"), who owns the volume."""

    def __init__(self, staging: Staging, owner: str) -> None:
        self._shell, self._owner = staging.service(), owner
        self._data = str(staging.target)

    def initialise(self, mode: str) -> None:
        """Make an empty data directory. Raises RestoreFailed with what the program says."""
        try:
            self._shell.run("sh", "-c", _INSTALL, "install", self._data, self._owner, mode)
        except ProducerFailed as error:
            raise RestoreFailed(f"no data directory can be made: {error.message}") from error

    @contextmanager
    def running(self) -> Iterator[None]:
        """The server runs; then it is stopped cleanly. An account of our own lets us in meanwhile, whatever
        accounts are restored."""
        name, password = f"volops_check_{secrets.token_hex(4)}", secrets.token_hex(16)
        grant = (
            f"-- {name}\n-- {password}\nCREATE USER {name}@localhost IDENTIFIED BY '{password}';\n"
            f"GRANT ALL ON *.* TO {name}@localhost WITH GRANT OPTION;\n"
            f"INSERT INTO mysql.proxies_priv VALUES ('localhost', '{name}', '%', '', 1, '', NOW());\n"
            "FLUSH PRIVILEGES;\n"
        )
        try:
            self._shell.run("sh", "-c", _START, "start", self._data, input=grant.encode(), user=self._owner)
        except ProducerFailed as error:
            raise RestoreFailed(f"the throwaway server does not start: {error.message}") from error
        yield
        self._shell.run("sh", "-c", _STOP, "stop", name, user=self._owner)

    def load(self, chunks: Iterable[bytes]) -> None:
        """Run SQL, which stops at the first error. Raises RestoreFailed with it, and what `chunks` raise."""
        client = ("mariadb", f"--defaults-file={_LOGIN}", "--default-character-set=utf8mb4", "--binary-mode")
        done = self._shell.feed(chunks, *client, user=self._owner, ok=range(256))
        if done.code:
            raise RestoreFailed(f"the dump cannot be loaded: {done.stderr.strip()}")

    def forget_accounts(self) -> None:
        """Only our account is left, and the one that the server itself needs."""
        self.ask(_FORGET)

    def ask(self, statements: str) -> str:
        """What the server answers, a row a line."""
        client = ("mariadb", f"--defaults-file={_LOGIN}", "--batch", "--raw", "--skip-column-names")
        return self._shell.run(*client, input=statements.encode(), user=self._owner).text

    def dump(self, databases: list[str]) -> Iterator[bytes]:
        """The databases, as the live server dumped them."""
        program, *options = DUMP
        return self._shell.stream(program, f"--defaults-file={_LOGIN}", *options, "--databases", *databases)
