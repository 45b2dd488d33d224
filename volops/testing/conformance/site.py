"""The stack of a sample on the live engine, and what volops does with it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from volops.catalog import Entry
from volops.compose import ComposeOptions
from volops.engine import Engine
from volops.manifest import Manifest, VolumeRecord
from volops.model import Artifact
from volops.mover import ContainerShell
from volops.operations.backup import Selection, backup
from volops.operations.clean_plan import CleanPlan, plan_clean
from volops.operations.clean_volumes import clean_volumes
from volops.operations.restore import restore
from volops.operations.restore_plan import plan_restore, restore_item
from volops.operations.staged import artifacts_of
from volops.plugins import RegisteredType
from volops.services import wait_until_well
from volops.shell import Shell
from volops.source import LiveSource, look_around
from volops.staging_area import StagingArea
from volops.testing.conformance.sample import KEY, SERVICE, Sample, compose_file
from volops.testing.conformance.witness import Witness, WitnessedEngine
from volops.volume_type import VolumeType
from volops.workspace import Workspace, open_workspace

STAMP = "20251025_143022"
_WAIT_S = 120


@dataclass(frozen=True)
class Saved:
    """A backup of the sample with its contents at the time, a backup of the changed sample with its contents,
    and what was there after a restore of the first over the second."""

    entry: Entry
    contents: object
    other: Entry
    changed: object
    restored: object


class Site:
    """A compose project of the sample's service, in `directory`, with a compose file `compose.json`."""

    def __init__(self, directory: Path, sample: Sample, volume_type: type[VolumeType]) -> None:
        self.project = f"kit-{uuid.uuid4().hex[:8]}"
        self.sample, self.volume_type = sample, volume_type
        self.witness = Witness()
        self.directory = directory
        self._file = directory / "compose.json"
        self._file.write_text(json.dumps(compose_file(sample, volume_type.name, self.project)))
        self._workspace: Workspace | None = None

    def up(self) -> None:
        """Start the service and wait until it is well."""
        self.compose("up", "--detach", "--wait", "--wait-timeout", str(_WAIT_S))

    def stop(self) -> None:
        """Stop it; the container stays."""
        self.workspace.engine.stop(self._container())

    def start(self) -> None:
        """Start it again and wait until it is well."""
        engine = self.workspace.engine
        engine.start(self._container())
        wait_until_well(engine, self.workspace.stack, [SERVICE], _WAIT_S, since=time.monotonic())

    def gone(self) -> None:
        """Remove all of it."""
        if self._workspace is not None:
            with contextlib.suppress(AttributeError):
                self._workspace.engine.close()  # type: ignore[attr-defined]
        self.compose("down", "--volumes", "--timeout", "1")

    def compose(self, *verb: str) -> str:
        """What a compose command on the project prints. Raises AssertionError when it fails."""
        done = subprocess.run(
            ["docker", "compose", "--file", str(self._file), *verb],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"docker compose {' '.join(verb)}: {done.stderr}{self._logs(verb)}"
        return done.stdout.strip()

    @property
    def workspace(self) -> Workspace:
        """The project as volops opens it."""
        if self._workspace is None:
            options = ComposeOptions(files=(str(self._file),))
            opened = open_workspace(options, self.directory / "backups")
            watched = cast(Engine, WitnessedEngine(opened.engine, self.witness))
            self._workspace = replace(opened, engine=watched)
        return self._workspace

    @property
    def service(self) -> Shell:
        """The running container of the sample's service."""
        return ContainerShell(self.workspace.engine, self._container())

    def backup(self, instead: type[VolumeType] | None = None) -> Entry:
        """`volops backup`, with `instead` as the volume's type; the new backup."""
        workspace = self.workspace if instead is None else self._retyped(instead)
        manifest: Manifest = backup(workspace, Selection((KEY,), self.sample.everything), self.witness.hear)
        return self.workspace.catalog.find(manifest.name)

    def restore(self, entry: Entry, instead: type[VolumeType] | None = None) -> None:
        """`volops restore`, with `instead` as the volume's type."""
        workspace = self.workspace if instead is None else self._retyped(instead)
        around = look_around(workspace.engine, workspace.stack, "")
        plan = plan_restore(workspace, around, entry, (KEY,))
        restore(workspace, around, plan, self.witness.hear, patience=_WAIT_S)

    def clean(self) -> CleanPlan:
        """`volops clean`; what went. With nothing to clean nothing is done."""
        around = look_around(self.workspace.engine, self.workspace.stack, "")
        plan = plan_clean(self.workspace, around, [self.workspace.assignment(KEY)])
        if plan.items:
            clean_volumes(self.workspace, around, plan, self.witness.hear, patience=_WAIT_S)
        return plan

    @contextlib.contextmanager
    def source(self) -> Iterator[LiveSource]:
        """The live volume, as its type gets it."""
        around = look_around(self.workspace.engine, self.workspace.stack, STAMP)
        given = self.workspace.assignment(KEY)
        everything = self.sample.everything
        with LiveSource(
            around, given.volume, self.volume_type(), given.options, everything=everything
        ) as opened:
            yield opened

    @contextlib.contextmanager
    def staging(
        self, facts: Mapping[str, Any], artifacts: Callable[[], Iterator[Artifact]]
    ) -> Iterator[StagingArea]:
        """An empty staging area in a volume of its own, which is gone afterwards. `artifacts` gives what the
        type may ask for once more."""
        engine, given = self.workspace.engine, self.workspace.assignment(KEY)
        around = look_around(engine, self.workspace.stack, "")
        name = f"{self.project}-{uuid.uuid4().hex[:8]}"
        engine.create_volume(name, {"volops.test": self.project})
        try:
            area = StagingArea(
                around,
                given.volume,
                self.volume_type(),
                given.options,
                facts,
                name=name,
                artifacts=artifacts,
            )
            with area:
                area.swap().prepare()
                yield area
        finally:
            engine.remove_volume(name)

    def artifacts(self, entry: Entry) -> list[tuple[str, str, bytes]]:
        """Name, media type and plain content of what the backup has of the volume."""
        item = restore_item(self.workspace, record_of(entry), ())
        found = artifacts_of(self.workspace.catalog, entry, item)
        return [(each.name, each.media_type, b"".join(each.stream)) for each in found]

    def digest(self) -> str:
        """That of every byte of the live volume and all that its file system knows of it. Stop the service
        first."""
        digest = hashlib.sha256()
        with self.source() as source:
            for chunk in source.tar():
                digest.update(chunk)
        return digest.hexdigest()

    def saved(self) -> Saved:
        """Fill the sample, back it up, change it, back it up, restore the first."""
        sample = self.sample
        sample.fill(self.service)
        contents = sample.contents(self.service)
        with self.witness.watching():
            entry = self.backup()
        sample.change(self.service)
        changed = sample.contents(self.service)
        with self.witness.watching():
            other = self.backup()
            self.restore(entry)
        return Saved(entry, contents, other, changed, sample.contents(self.service))

    def _container(self) -> str:
        (found,) = self.workspace.engine.containers(self.project)
        return found.id

    def _retyped(self, instead: type[VolumeType]) -> Workspace:
        workspace = self.workspace
        name = self.volume_type.name
        registered: RegisteredType = replace(workspace.registry.types[name], cls=instead)
        registry = type(workspace.registry)(
            workspace.registry.plugins, {**workspace.registry.types, name: registered}
        )
        assignments = tuple(
            replace(given, type=registered) if given.volume.key == KEY else given
            for given in workspace.assignments
        )
        return replace(workspace, registry=registry, assignments=assignments)

    def _logs(self, verb: tuple[str, ...]) -> str:
        if verb[0] != "up":
            return ""
        logs = ["docker", "compose", "--file", str(self._file), "logs", "--no-color", "--tail", "30"]
        return "\n" + subprocess.run(logs, capture_output=True, text=True, check=False).stdout


def record_of(entry: Entry) -> VolumeRecord:
    """What the backup says of the sample's volume."""
    assert entry.manifest is not None, entry.problem
    (record,) = [each for each in entry.manifest.volumes if each.key == KEY]
    return record
