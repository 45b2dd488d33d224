"""The SQLite type passes the kit that volops' own types pass."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from volops_sqlite import Sqlite

from volops import Shell, VolumeType
from volops.testing.conformance import Sample, VolumeTypeConformance


class Ledger(Sample):
    """A service that keeps a ledger."""

    image = "volops-sqlite-sample:1"
    target = "/srv/sqlite"
    recorded = Path(__file__).with_name("recorded") / "sqlite"
    options: ClassVar[Mapping[str, Any]] = {"database": "ledger.db"}
    service: ClassVar[Mapping[str, Any]] = {
        "command": ["sleep", "infinity"],
        "init": True,
        "healthcheck": {"test": ["CMD", "true"], "interval": "1s", "start_interval": "250ms"},
    }

    def fill(self, service: Shell) -> None:
        """Two entries, in a file and a directory that are not root's."""
        self.ask(service, "DROP TABLE IF EXISTS entries; PRAGMA journal_mode = WAL; PRAGMA user_version = 7")
        self.ask(service, "CREATE TABLE entries (id INTEGER PRIMARY KEY, note TEXT)")
        self.ask(service, "INSERT INTO entries (note) VALUES ('first'), ('zweitens — ü')")
        service.run("sh", "-c", f"chown -R 33:34 {self.target} && chmod 750 {self.target}")

    def change(self, service: Shell) -> None:
        """One entry more."""
        self.ask(service, "INSERT INTO entries (note) VALUES ('later')")

    def contents(self, service: Shell) -> object:
        """All entries, what else the file holds, and whose it is."""
        owners = ("stat", "-c", "%u:%g %a", self.target, f"{self.target}/ledger.db")
        rows = self.ask(service, "PRAGMA user_version; SELECT * FROM entries; SELECT sql FROM sqlite_schema")
        return rows, service.run(*owners).text

    def ask(self, service: Shell, statements: str) -> str:
        """What SQLite answers in the service."""
        file = f"{self.target}/{self.options['database']}"
        return service.run("sqlite3", "-bail", file, input=statements.encode()).text


@pytest.fixture(scope="session", autouse=True)
def image(request: pytest.FixtureRequest) -> None:
    """The image of the sample's service, built when a check that needs the engine was chosen."""
    if any(item.get_closest_marker("volops_live") for item in request.session.items):
        dockerfile = Path(__file__).with_name("Dockerfile").read_bytes()
        subprocess.run(
            ["docker", "build", "--quiet", "--tag", Ledger.image, "-"], input=dockerfile, check=True
        )


class TestSqlite(VolumeTypeConformance):
    @pytest.fixture
    def volume_type(self) -> type[VolumeType]:
        return Sqlite

    @pytest.fixture
    def sample(self) -> Sample:
        return Ledger()
