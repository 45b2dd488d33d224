"""A stack as it was before there was volops, and the archive that the shell script made of it."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.plugins.restoring import Restorable
from volops.compose import ComposeOptions
from volops.errors import CheckFailed
from volops.file_tree import FileTree
from volops.model import Event, Volume, Warned
from volops.operations.archive_plan import ArchivePlan, opened_old_archive, plan_archive
from volops.operations.restore_archive import ArchiveRestored, restore_archive
from volops.operations.rollback import kept, rollback
from volops.source import look_around
from volops.volume_access import Staging
from volops.workspace import Workspace, open_workspace

COMPOSE = """
services:
  db:
    image: volops-sample-postgres:1
    stop_grace_period: 2s
    environment: {POSTGRES_PASSWORD: very secret, POSTGRES_DB: shop}
    volumes: ["db:/var/lib/postgresql/data"]
    healthcheck:
      test: ["CMD-SHELL", "psql -h 127.0.0.1 -U postgres -d postgres -c 'SELECT 1'"]
      start_period: 60s
      start_interval: 250ms
      interval: 1s
  web:
    image: debian:trixie-slim
    command: [sleep, infinity]
    init: true
    volumes: ["media:/app/media", "static:/app/staticfiles"]
volumes:
  db: {}
  media: {}
  static: {}
"""
SECOND_MEDIA = COMPOSE.replace('"media:/app/media"', '"media:/app/media", "more:/app/uploads"').replace(
    "  media: {}\n", "  media: {}\n  more: {}\n"
)
STAMP = "20241025_143022"
SCRIPT = f"""
set -e
docker compose exec -T db pg_dump -U postgres shop >db_backup_{STAMP}.sql
for part in media:media static:staticfiles; do
    docker compose exec -T web tar czf - -C "/app/${{part#*:}}" . >"${{part%:*}}_backup_{STAMP}.tar.gz"
done
tar czf "$1" db_backup_{STAMP}.sql media_backup_{STAMP}.tar.gz static_backup_{STAMP}.tar.gz
rm db_backup_{STAMP}.sql media_backup_{STAMP}.tar.gz static_backup_{STAMP}.tar.gz
"""
"""What the document says of its backup: pg_dump, two archives, and one of the three."""
FILL = """
set -e
mkdir -p /app/media/2024/larger
head -c 300000 /dev/urandom >/app/media/2024/larger/photo.jpg
printf 'größe' >'/app/media/2024/ä ö.txt'
ln /app/media/2024/larger/photo.jpg /app/media/again.jpg
ln -s 2024/larger/photo.jpg /app/media/newest.jpg
chown -R 1234:4321 /app/media
chmod 2770 /app/media
printf 'body {}' >/app/staticfiles/site.css
"""
LOOK = """
cd /app
find media staticfiles -path '*/.volops' -prune -o -type f -exec sha256sum {} + | LC_ALL=C sort
find media staticfiles -path '*/.volops' -prune -o -printf '%p %y %u:%g %m %l %Ts\\n' | LC_ALL=C sort
"""
BREAK = "rm -r /app/media/2024; printf x >/app/media/later; printf x >/app/staticfiles/site.css"


class Refusing(FileTree):
    """Loads what it is given, and finds it wrong."""

    name = "media"

    def detect(self, volume: Volume) -> bool:
        return bool(volume)

    def check(self, staging: Staging) -> None:
        raise CheckFailed(f"{staging.volume.key} is not what it was")


def refusing(plan: ArchivePlan) -> ArchivePlan:
    """The plan, whose trees will not stand their check."""
    assert plan.trees is not None
    items = tuple(replace(item, type=replace(item.type, cls=Refusing)) for item in plan.trees.items)
    return replace(plan, trees=replace(plan.trees, items=items))


class Old(Restorable):
    """The stack, and the archive that was made of it."""

    archive: Path
    before: str
    refuse_trees = False
    """When set, the next restore finds fault with the files that it has made."""

    def restore_archive(self, file: Path | None = None, *names: str, trust: bool = False) -> ArchiveRestored:
        """`volops restore FILE NAME…`."""
        workspace = self.workspace()
        around = look_around(workspace.engine, workspace.stack, "")
        entry = workspace.catalog.find(str(file or self.archive))
        with opened_old_archive(workspace, entry, trust=trust) as archive:
            plan = plan_archive(workspace, around, archive, names)
            if self.refuse_trees:
                self.refuse_trees = False
                plan = refusing(plan)
            return restore_archive(workspace, around, plan, self.hear, patience=60, trust=trust)

    def workspace(self) -> Workspace:
        """As any volops command opens it."""
        options = ComposeOptions(files=(str(self.directory / "compose.yaml"),), project=self.name)
        return open_workspace(options, self.directory / "backups")

    def hear(self, event: Event) -> None:
        if isinstance(event, Warned):
            self.warnings.append(f"{event.volume}: {event.message}")

    def put_back(self) -> None:
        """`volops rollback`."""
        workspace = self.workspace()
        around = look_around(workspace.engine, workspace.stack, "")
        rollback(workspace, around, kept(workspace, around, ()), patience=60)

    def ask(self, query: str, database: str = "shop") -> str:
        return self.compose("exec", "-T", "db", "psql", "-U", "postgres", "-d", database, "-Atc", query)

    @property
    def orders(self) -> str:
        return self.ask("SELECT count(*), md5(string_agg(note, ',' ORDER BY id)) FROM orders")

    @property
    def databases(self) -> str:
        return self.ask("SELECT datname FROM pg_database ORDER BY 1", "postgres")

    def spoil(self) -> str:
        """Change all of it; return how the files are then."""
        self.sh("web", BREAK)
        self.ask("INSERT INTO orders (note) VALUES ('later')")
        return self.sh("web", LOOK)

    def clean(self) -> bool:
        """True when nothing of an unpacked archive is left."""
        incoming = self.directory / "backups" / ".incoming"
        return not incoming.exists() or list(incoming.iterdir()) == []


@contextlib.contextmanager
def old_stack(directory: Path) -> Iterator[Old]:
    """The stack, running and filled, with its archive; all of it gone afterwards."""
    stack = Old(directory)
    stack.write(f"name: {stack.name}\n{COMPOSE}")
    try:
        stack.up()
        stack.sh("web", FILL)
        stack.ask(
            "CREATE TABLE orders (id serial PRIMARY KEY, note text);"
            "INSERT INTO orders (note) SELECT 'note ' || n FROM generate_series(1, 500) n"
        )
        stack.archive = stack.directory / f"full_backup_{STAMP}.tar.gz"
        argv = ["sh", "-c", SCRIPT, "sh", stack.archive.name]
        subprocess.run(argv, cwd=stack.directory, check=True, capture_output=True)
        stack.before = stack.sh("web", LOOK) + stack.orders
        yield stack
    finally:
        # Of all that tests have made of it, this file knows the most volumes.
        stack.write(f"name: {stack.name}\n{SECOND_MEDIA}")
        stack.gone()
