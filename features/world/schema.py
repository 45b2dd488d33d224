"""A change of the sample application's schema, made as a developer makes one."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

from features.world import postgres
from features.world.commands import Run
from features.world.project import Project

_MODEL = """

class Badge{0}(models.Model):
    title = models.CharField(max_length=40, unique=True)
    colour = models.CharField(max_length=20, default="blue")
"""
_COLUMNS = """
SELECT column_name, data_type FROM information_schema.columns WHERE table_name = :'table' ORDER BY 1
"""
_ROW = "INSERT INTO :table (title, colour) VALUES (:'title', 'grey')"
_ROWS = "SELECT * FROM :table ORDER BY 1"
_HISTORY = "SELECT app || '.' || name, applied::text FROM django_migrations ORDER BY id"


@dataclass(frozen=True, slots=True)
class Schema:
    """What PostgreSQL says of the new table, its columns and rows, and of every migration with the moment it
    was applied."""

    columns: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, ...], ...]
    history: tuple[tuple[str, ...], ...]

    def digest(self, what: str) -> str:
        """That of one of the three (SHA-256)."""
        lines = ["\t".join(cells) for cells in getattr(self, what)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Change:
    """A new model, called otherwise each time, so that each is new."""

    token: str = field(default_factory=lambda: secrets.token_hex(3))

    @property
    def table(self) -> str:
        """What the database calls it."""
        return f"fieldnotes_badge{self.token}"

    @property
    def migration(self) -> str:
        """What Django calls the migration that makes it."""
        return f"0002_badge{self.token}"

    def write(self, project: Project) -> None:
        """Put the model into the source, and have the backend run on it."""
        with (project.directory / "stack" / "backend" / "fieldnotes" / "models.py").open("a") as file:
            file.write(_MODEL.format(self.token))
        self.build(project)

    def build(self, project: Project) -> None:
        """Have the backend run on the source."""
        _done(project.run("./docker-dev.sh rebuild backend"))

    def in_image(self, project: Project) -> bool:
        """Whether the backend runs on an image that has the migration."""
        found = project.exec("backend", "ls", "fieldnotes/migrations").decode().split()
        return f"{self.migration}.py" in found

    def migrate(self, project: Project) -> None:
        """Make the migration and apply it, in the running stack, and use the new table."""
        _done(project.run("./docker-dev.sh backend-makemigrations"))
        _done(project.run("./docker-dev.sh backend-migrate"))
        self.use(project)

    def use(self, project: Project) -> None:
        """Put a row into the new table."""
        postgres.server_of(project, "db").query(
            _ROW, "backend_db", table=self.table, title=secrets.token_hex(4)
        )

    def seen(self, project: Project) -> Schema:
        """What the database of a running project says."""
        server = postgres.server_of(project, "db")
        columns = server.query(_COLUMNS, "backend_db", table=self.table)
        rows = server.query(_ROWS, "backend_db", table=self.table) if columns else []
        history = server.query(_HISTORY, "backend_db")
        return Schema(*(tuple(map(tuple, found)) for found in (columns, rows, history)))


def shown_migrations(project: Project) -> list[str]:
    """What Django says of each migration: `[X] 0002_badge` when it is applied."""
    said = project.exec("backend", "python", "manage.py", "showmigrations").decode()
    return [line.strip() for line in said.splitlines() if line.strip().startswith("[")]


def _done(run: Run) -> None:
    assert run.code == 0, run.output[-2000:]
