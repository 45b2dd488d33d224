"""A small compose project that is backed up and restored by volops as its users have it."""

from __future__ import annotations

import contextlib
import re
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from volops.compose import ComposeOptions
from volops.events import Event, Warned
from volops.manifest import Manifest
from volops.manifest.document import manifest_bytes
from volops.model import Outcome
from volops.operations.backup import Selection, backup
from volops.operations.backup_database import backup_database
from volops.operations.clean_plan import CleanPlan, choose_by_type, plan_clean
from volops.operations.clean_volumes import Cleaned, clean_volumes
from volops.operations.proof import prove
from volops.operations.restore import Restored, restore
from volops.operations.restore_plan import plan_restore
from volops.operations.rollback import kept, rollback
from volops.source import look_around
from volops.workspace import Workspace, open_workspace


@dataclass
class Restorable:
    """A compose project in a directory of its own. `warnings` are what volops told."""

    directory: Path
    name: str = field(default_factory=lambda: f"rst-{uuid.uuid4().hex[:8]}")
    warnings: list[str] = field(default_factory=list)

    def write(self, compose: str) -> None:
        """Make this the compose file; it takes the place of an earlier one."""
        (self.directory / "compose.yaml").write_text(compose)

    def compose(self, *argv: str, input: str = "", check: bool = True) -> str:
        """What `docker compose ARGV…` prints in this project."""
        words = ["docker", "compose", "-f", str(self.directory / "compose.yaml"), "-p", self.name, *argv]
        done = subprocess.run(words, input=input.encode(), capture_output=True, check=False)
        assert not (check and done.returncode), f"{argv}: {done.stderr.decode()}"
        return done.stdout.decode().rstrip("\n")

    def up(self) -> None:
        """Start all services and wait until they are healthy."""
        self.compose("up", "--detach", "--wait", "--quiet-pull")

    def gone(self) -> None:
        """Remove containers and volumes."""
        self.compose("down", "--volumes", "--timeout", "1", check=False)

    def sh(self, service: str, script: str) -> str:
        """What a shell script prints in the service's container, as root."""
        return self.compose("exec", "-T", "-u", "0", service, "sh", "-c", script)

    def backup(self, *names: str, everything: bool = False) -> Manifest:
        """`volops backup`."""
        with self._workspace() as workspace:
            return backup(workspace, Selection(names, everything), self._hear)

    def backup_database(self) -> Path:
        """`volops backup-db`."""
        with self._workspace() as workspace:
            return Path(backup_database(workspace, None, None, self._hear))

    def lie(self, manifest: Manifest, pattern: str, number: int) -> None:
        """Have the backup's manifest say this number after what matches, as if that had been recorded."""
        said = manifest.model_dump_json()
        changed = re.sub(f"({pattern})" + r"\d+", rf"\g<1>{number}", said)
        assert changed != said
        lying = Manifest.model_validate_json(changed, strict=True)
        path = self.directory / "backups" / manifest.name / "manifest.json"
        path.write_bytes(manifest_bytes(lying))

    def restore(self, *names: str, patience: float = 60) -> Restored:
        """`volops restore latest NAME…`."""
        with self._workspace() as workspace:
            around = look_around(workspace.engine, workspace.stack, "")
            entry = workspace.catalog.entries()[0]
            plan = plan_restore(workspace, around, entry, names)
            return restore(workspace, around, plan, self._hear, patience=patience)

    def prove(self) -> tuple[Outcome, ...]:
        """`volops verify latest --restore`, without reading it to its end first."""
        with self._workspace() as workspace:
            around = look_around(workspace.engine, workspace.stack, "")
            return prove(workspace, around, workspace.catalog.entries()[0], self._hear)

    def rollback(self) -> None:
        """`volops rollback`."""
        with self._workspace() as workspace:
            around = look_around(workspace.engine, workspace.stack, "")
            rollback(workspace, around, kept(workspace, around, ()), patience=60)

    def open(self) -> None:
        """What every volops command does first."""
        with self._workspace():
            pass

    def clean_plan(self, type_name: str) -> CleanPlan:
        """What `volops clean --type TYPE` would do."""
        with self._workspace() as workspace:
            around = look_around(workspace.engine, workspace.stack, "")
            return plan_clean(workspace, around, *choose_by_type(workspace, type_name, binds=False))

    def clean_type(self, type_name: str, patience: float = 60) -> Cleaned:
        """`volops clean --type TYPE`."""
        with self._workspace() as workspace:
            around = look_around(workspace.engine, workspace.stack, "")
            plan = plan_clean(workspace, around, *choose_by_type(workspace, type_name, binds=False))
            return clean_volumes(workspace, around, plan, self._hear, patience=patience)

    @contextlib.contextmanager
    def _workspace(self) -> Iterator[Workspace]:
        options = ComposeOptions(files=(str(self.directory / "compose.yaml"),), project=self.name)
        yield open_workspace(options, self.directory / "backups")

    def _hear(self, event: Event) -> None:
        if isinstance(event, Warned):
            self.warnings.append(event.message)
