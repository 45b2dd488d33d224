"""`make demo`: what a newcomer gets from one command, and gets again from the same command."""

from __future__ import annotations

import json
import os
import re
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.setup.made_up_machine import CHECKOUT

_ROWS = """
SELECT sum((xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I', tablename),
    false, true, '')))[1]::text::int), count(*)
FROM pg_tables WHERE tablename LIKE 'fieldnotes_%'
"""
_KEYS = (
    "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text LIKE 'fieldnotes_%'"
)


class Demo:
    """A sample stack with names of its own, and the demonstration on it."""

    def __init__(self, directory: Path) -> None:
        self.name = f"demo{uuid.uuid4().hex[:8]}"
        self.backups = directory / "backups"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COMPOSE_")}
        self.environment = kept | {
            "COMPOSE_PROJECT_NAME": self.name,
            "VOLUME_PREFIX": self.name,
            "BACKEND_LOGS": str(directory / "logs"),
            "VOLOPS_BACKUPS": str(self.backups),
        }

    def run(self, *argv: str) -> str:
        """What a command prints that succeeds."""
        done = subprocess.run(
            argv,
            cwd=CHECKOUT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:]
        return done.stdout

    def within(self, service: str, *argv: str) -> str:
        """What a program prints in a service."""
        return self.run("docker", "compose", "exec", "-T", service, *argv).strip()

    def number(self, sql: str, database: str = "backend_db") -> int:
        """The first number of the answer."""
        return int(self.within("db", "psql", "-U", "postgres", "-Atc", sql, database).split("|")[0])

    def amounts(self) -> dict[str, int]:
        """How much of what the stack holds."""
        media = self.within("backend", "sh", "-c", "find media -type f -exec cat {} + | wc -c")
        lines = self.within("proxy", "sh", "-c", "cat /var/log/nginx/access.log* | wc -l")
        return {
            "users": self.number("SELECT count(*) FROM auth_user"),
            "rows": self.number(_ROWS),
            "foreign keys": self.number(_KEYS),
            "sequences": self.number("SELECT count(*) FROM pg_sequences"),
            "rows of the second database": self.number(
                "SELECT sum(n_live_tup) FROM pg_stat_user_tables", "analytics"
            ),
            "the role that may read it": self.number(
                "SELECT count(*) FROM pg_roles WHERE rolname = 'reporting'"
            ),
            "uploads in MB": int(media) // 1_000_000,
            "keys of sessions": int(self.within("cache", "redis-cli", "dbsize")),
            "entries of a queue": int(
                self.within(
                    "cache",
                    "sh",
                    "-c",
                    'for key in $(redis-cli -n 1 --scan); do redis-cli -n 1 type "$key"; done',
                ).count("list")
            ),
            "static files": int(self.within("backend", "sh", "-c", "find staticfiles -type f | wc -l")),
            "packages": int(self.within("frontend", "sh", "-c", "ls node_modules | wc -l")),
            "lines of log": int(lines),
        }

    def remove(self) -> None:
        """Take the stack away with all its volumes."""
        self.run("docker", "compose", "down", "--volumes", "--remove-orphans", "--timeout", "1")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    (tmp_path / "logs").mkdir(mode=0o777)
    (tmp_path / "logs").chmod(0o777)
    try:
        yield demo
    finally:
        demo.remove()


_AT_LEAST = {
    "users": 500,
    "rows": 5000,
    "foreign keys": 3,
    "sequences": 3,
    "rows of the second database": 1,
    "the role that may read it": 1,
    "uploads in MB": 100,
    "keys of sessions": 1,
    "entries of a queue": 1,
    "static files": 100,
    "packages": 10,
    "lines of log": 10_000,
}


@pytest.mark.timeout(600)
def test_it_ends_with_a_verified_backup_of_a_full_stack_and_may_be_repeated(demo: Demo) -> None:
    told = demo.run("scripts/demo")
    held = demo.amounts()
    assert {what: held[what] for what in held if held[what] < _AT_LEAST[what]} == {}
    page = re.findall(r"http://127\.0\.0\.1:\d+/", told)[0]
    assert "Fieldnotes" in demo.run("curl", "--silent", "--fail", page)
    again = demo.run("scripts/demo")
    assert page in again
    now = demo.amounts()
    # The page was opened, and services were asked for their health.
    growing = ("lines of log", "keys of sessions")
    assert {what: now[what] for what in now if what not in growing} == {
        what: held[what] for what in held if what not in growing
    }
    assert now["lines of log"] < held["lines of log"] + 1000
    for text in (told, again):
        assert re.search(r"full_backup_\d+_\d+ complete: 5 volumes, ", text)
        assert re.search(r"full_backup_\d+_\d+ is good: ", text)
        assert re.search(r"^== Done in \d+ s\. What to try next$", text, re.MULTILINE)
    listed = json.loads(demo.run(".venv/bin/volops", "list", "--json"))["backups"]
    assert [
        (each["state"], each["verified"]["problems"] if each["verified"] else None) for each in listed
    ] == [
        ("complete", []),
        ("complete", []),
    ]
