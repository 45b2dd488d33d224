"""A backup run: what becomes of volumes that fail, of containers that are held, and of what is left."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from volops_plugins.postgres import Postgres

from tests.disks import read_only, small_disk
from tests.operations.small_stack import SmallStack, retyped, small_stack
from tests.operations.strange_types import (
    Empty,
    Endless,
    HalfWay,
    Interrupted,
    Leaving,
    LeavingFacts,
    LeavingHalfWay,
    Namesake,
    Raising,
    Restored,
    Strange,
)
from volops.catalog import Catalog
from volops.docker import DockerEngine
from volops.errors import (
    EngineFailed,
    EngineUnavailable,
    InvalidUse,
    Locked,
    PluginBroken,
    ProducerFailed,
    StoreFull,
    UnknownVolume,
)
from volops.events import Event, RunFinished, VolumeFinished, Warned
from volops.journal import JournalFile
from volops.manifest import BackupKind, Manifest
from volops.model import OutcomeStatus, Stack
from volops.operations.backup import Selection, backup
from volops.operations.backup_database import backup_database
from volops.operations.run_record import compose_files
from volops.store import LocalStore
from volops.workspace import Workspace


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallStack]:
    with small_stack(tmp_path_factory.mktemp("stack")) as running:
        running.fill("papers", deed="the deed")
        running.fill("letters", first="dear all")
        yield running


@pytest.fixture
def workspace(stack: SmallStack, tmp_path: Path) -> Workspace:
    return replace(stack.workspace(), catalog=Catalog(LocalStore(tmp_path / "backups")))


def run(workspace: Workspace, *names: str) -> tuple[Manifest, list[Event]]:
    events: list[Event] = []
    return backup(workspace, Selection(names), events.append), events


def stored(workspace: Workspace, manifest: Manifest) -> set[str]:
    entry = workspace.catalog.find(manifest.name)
    return set(workspace.catalog.files(entry)) - {"manifest.json"}


def test_a_run_tells_how_each_volume_came_out_and_what_it_left_out(workspace: Workspace) -> None:
    manifest, events = run(workspace)
    told = {event.outcome.volume: event.outcome for event in events if isinstance(event, VolumeFinished)}
    assert told["papers"].status is OutcomeStatus.DONE
    assert told["later"].status is OutcomeStatus.SKIPPED
    assert told["later"].reason == "not created yet"
    assert isinstance(events[-1], RunFinished)
    assert events[-1].exit_code == 0
    assert manifest.kind is BackupKind.FULL
    assert {record.key for record in manifest.volumes} == {"papers", "letters", "later"}


def test_volumes_of_one_type_get_names_of_their_own(workspace: Workspace) -> None:
    manifest, _ = run(workspace)
    stamp = manifest.name.removeprefix("full_backup_")
    assert f"files_backup_{stamp}.papers.tar.zst" in stored(workspace, manifest)
    assert f"files_backup_{stamp}.letters.tar.zst" in stored(workspace, manifest)


def test_two_types_that_call_their_files_the_same_do_not_fail_each_other(workspace: Workspace) -> None:
    """As a PostgreSQL and a MariaDB do, each of whose types knows of one database."""
    manifest, _ = run(retyped(retyped(workspace, "papers", Strange), "letters", Namesake))
    assert manifest.kind is BackupKind.FULL
    stamp = manifest.name.removeprefix("full_backup_")
    files = {record.key: [artifact.file for artifact in record.artifacts] for record in manifest.volumes}
    assert files["papers"] == [f"strange_backup_{stamp}.papers.tar.zst"]
    assert files["letters"] == [f"strange_backup_{stamp}.tar.zst"]


def test_two_runs_within_a_second_are_two_backups(workspace: Workspace) -> None:
    first, _ = run(workspace, "papers")
    second, _ = run(workspace, "papers")
    assert first.name != second.name
    assert len(workspace.catalog.entries()) == 2


def test_a_plugin_that_raises_fails_its_own_volume_only(workspace: Workspace) -> None:
    manifest, events = run(retyped(workspace, "papers", Raising))
    papers, letters = manifest.volume("papers"), manifest.volume("letters")
    assert papers is not None
    assert letters is not None
    assert papers.status is OutcomeStatus.FAILED
    assert "volops-strange 7.1" in papers.reason
    assert "one by none" in papers.reason
    assert letters.status is OutcomeStatus.DONE
    assert manifest.kind is BackupKind.PARTIAL
    assert manifest.name.startswith("partial_full_backup_")
    assert isinstance(events[-1], RunFinished)
    assert events[-1].exit_code == 3


@pytest.mark.parametrize("leaving", [Leaving, LeavingHalfWay, LeavingFacts])
def test_a_plugin_that_ends_the_process_fails_its_volume(
    workspace: Workspace, leaving: type[Strange]
) -> None:
    manifest, events = run(retyped(workspace, "papers", leaving))
    papers = manifest.volume("papers")
    assert papers is not None
    assert papers.status is OutcomeStatus.FAILED
    assert "volops-strange 7.1) raised SystemExit" in papers.reason
    assert papers.artifacts == ()
    assert manifest.kind is BackupKind.PARTIAL
    assert isinstance(events[-1], RunFinished)
    assert events[-1].exit_code == 3


def test_a_plugin_that_gives_nothing_at_all_has_made_no_recipe(workspace: Workspace) -> None:
    manifest, _ = run(retyped(workspace, "papers", Empty))
    papers = manifest.volume("papers")
    assert papers is not None
    assert papers.status is OutcomeStatus.FAILED
    assert papers.reason == "plugin strange (volops-strange 7.1) gave neither an artifact nor facts"
    assert manifest.kind is BackupKind.PARTIAL


def test_sizes_that_cannot_be_told_fail_no_backup(workspace: Workspace) -> None:
    class Unmeasured(DockerEngine):
        def __init__(self, engine: DockerEngine) -> None:
            self.__dict__.update(engine.__dict__)

        def volume_sizes(self) -> dict[str, int]:
            raise EngineUnavailable("the engine gave up after 60 s")

    unmeasured = replace(workspace, engine=Unmeasured(cast(DockerEngine, workspace.engine)))
    manifest = backup(unmeasured, Selection(), lambda _: None, estimate=True)
    assert manifest.kind is BackupKind.FULL


@pytest.mark.parametrize("error", [EngineUnavailable("it went away"), RuntimeError("it is odd")])
def test_a_helper_that_cannot_be_removed_spoils_no_backup(workspace: Workspace, error: Exception) -> None:
    class Sticky(DockerEngine):
        def __init__(self, engine: DockerEngine) -> None:
            self.__dict__.update(engine.__dict__)

        def remove_container(self, container: str, *, keep_volumes: bool = False) -> None:
            super().remove_container(container, keep_volumes=keep_volumes)
            raise error

    sticky = replace(workspace, engine=Sticky(cast(DockerEngine, workspace.engine)))
    manifest, events = run(sticky)
    assert manifest.kind is BackupKind.FULL
    assert workspace.catalog.find(manifest.name).name == manifest.name
    told = {event.volume: event.message for event in events if isinstance(event, Warned)}
    assert set(told) == {"papers", "letters"}
    assert all("a helper container may be left: " in said and "it " in said for said in told.values())
    assert isinstance(events[-1], RunFinished)
    assert events[-1].exit_code == 0


def test_a_volume_that_was_backed_up_once_and_is_gone_fails(stack: SmallStack, workspace: Workspace) -> None:
    """To leave it out, and call the backup complete, would let the last one that has it go unnoticed."""
    stack.compose("create", "late")
    full, _ = run(workspace)
    stack.compose("rm", "--force", "late")
    subprocess.run(["docker", "volume", "rm", f"{stack.project}_later"], capture_output=True, check=True)
    manifest, events = run(workspace)
    later, papers = manifest.volume("later"), manifest.volume("papers")
    assert later is not None
    assert papers is not None
    assert (later.status, papers.status) == (OutcomeStatus.FAILED, OutcomeStatus.DONE)
    assert later.reason == f"volume '{stack.project}_later' is gone, and {full.name} holds it"
    told = {event.outcome.volume: event.outcome for event in events if isinstance(event, VolumeFinished)}
    assert told["later"].next_step.startswith(f"bring it back with `volops restore {full.name} later`")
    assert manifest.name.startswith("partial_full_backup_")
    assert isinstance(events[-1], RunFinished)
    assert events[-1].exit_code == 3


def test_a_volume_that_is_named_and_does_not_exist_fails(workspace: Workspace) -> None:
    """What else was named is kept all the same."""
    manifest, _ = run(workspace, "papers", "later")
    later = manifest.volume("later")
    assert later is not None
    assert later.status is OutcomeStatus.FAILED
    assert manifest.name.startswith("partial_selected_backup_")
    with pytest.raises(EngineFailed, match="_later' does not exist"):
        run(workspace, "later")


def test_what_is_true_is_said_when_there_is_nothing_to_back_up(workspace: Workspace) -> None:
    def only(*keys: str, **changes: Any) -> Workspace:
        kept = [given for given in workspace.assignments if given.volume.key in keys]
        return replace(workspace, assignments=tuple(replace(given, **changes) for given in kept))

    with pytest.raises(EngineFailed, match="no volume of this stack exists yet: create them with"):
        run(only("later"))
    with pytest.raises(InvalidUse, match=r"nothing is left to back up: papers \(left out by x-volops\)"):
        run(only("papers", backup=False))
    logs = workspace.registry.types["logs"]
    with pytest.raises(InvalidUse, match=r"papers \(left out by default, --all includes it\)"):
        run(only("papers", type=logs))
    with pytest.raises(InvalidUse, match="this stack has no volumes"):
        run(only())
    assert workspace.catalog.entries() == []


def test_of_a_failed_volume_no_artifact_stays(workspace: Workspace) -> None:
    manifest, _ = run(retyped(workspace, "papers", HalfWay))
    assert manifest.kind is BackupKind.PARTIAL
    assert not [file for file in stored(workspace, manifest) if file.startswith(("first", "second"))]


def test_when_nothing_could_be_stored_the_first_error_is_raised_and_nothing_is_left(
    workspace: Workspace, stack: SmallStack
) -> None:
    with pytest.raises(ProducerFailed, match="out of cheese"):
        run(retyped(workspace, "papers", HalfWay), "papers")
    with pytest.raises(PluginBroken):
        run(retyped(workspace, "papers", Raising), "papers")
    assert workspace.catalog.entries() == []
    assert stack.left_behind() == []


def test_ctrl_c_leaves_neither_a_backup_nor_a_container(workspace: Workspace, stack: SmallStack) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(retyped(workspace, "letters", Interrupted))
    assert workspace.catalog.entries() == []
    assert stack.left_behind() == []
    run(workspace)


def test_nobody_restores_what_is_backed_up_wherever_the_backup_goes(workspace: Workspace) -> None:
    """The backups' lock keeps runs apart that use the same ones; that of the volumes all others."""
    Restored.state = workspace.state
    run(retyped(workspace, "papers", Restored), "papers")
    assert f"in use by process {os.getpid()} (volops backup, since " in Restored.refused


def test_nothing_is_backed_up_while_it_is_restored(workspace: Workspace) -> None:
    with JournalFile(workspace.state).held("volops restore"):
        with pytest.raises(Locked, match=rf"by process {os.getpid()} \(volops restore, since ") as told:
            run(workspace, "papers")
        with pytest.raises(Locked, match="volops restore"):
            backup_database(retyped(workspace, "papers", Postgres), "papers", None, lambda _: None)
        assert told.value.exit_code == 11
    assert workspace.catalog.entries() == []


def test_a_backup_elsewhere_leaves_nothing_in_the_project_and_needs_no_right_to_write_there(
    workspace: Workspace, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    run(replace(workspace, state=project / "backups" / ".volops"), "papers")
    assert list(project.iterdir()) == []
    run(replace(workspace, state=Path("/proc/backups/.volops")), "papers")
    state = project / "backups" / ".volops"
    state.mkdir(parents=True)
    with read_only(project):
        run(replace(workspace, state=state), "papers")
    assert len(workspace.catalog.entries()) == 3


def test_a_full_disk_ends_the_run_and_leaves_nothing(
    workspace: Workspace, stack: SmallStack, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "small", 4) as disk:
        cramped = replace(workspace, catalog=Catalog(LocalStore(disk / "backups")))
        with pytest.raises(StoreFull, match="no space left"):
            run(retyped(cramped, "papers", Endless))
        assert cramped.catalog.entries() == []
        assert not [path for path in disk.rglob("*.zst") if path.is_file()]
    assert stack.left_behind() == []


def test_a_volume_that_the_stack_does_not_have_is_never_made(workspace: Workspace) -> None:
    with pytest.raises(UnknownVolume, match="letters"):
        run(workspace, "papers", "leters")
    there = subprocess.run(["docker", "volume", "ls", "-q"], capture_output=True, text=True, check=True)
    assert "leters" not in there.stdout
    assert workspace.catalog.entries() == []


def test_the_compose_files_are_in_the_backup(workspace: Workspace, stack: SmallStack) -> None:
    (stack.directory / ".env").write_text("COLOUR=blue\n")
    manifest, _ = run(workspace, "papers")
    file = next(file for file in stored(workspace, manifest) if file.startswith("compose_files_"))
    data = b"".join(workspace.catalog.open(workspace.catalog.find(manifest.name), file))
    plain = subprocess.run(["zstd", "-d"], input=data, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        assert archive.getnames() == ["compose.yaml", ".env"]
        member = archive.extractfile("compose.yaml")
        assert member is not None
        assert member.read() == stack.file.read_bytes()


def test_env_files_and_files_of_one_name_are_among_them(tmp_path: Path) -> None:
    for place in ("app", "base", "other", "secret"):
        (tmp_path / place).mkdir()
    files = [tmp_path / place / "compose.yaml" for place in ("app", "base", "other")]
    for path in files:
        path.write_text(path.parent.name)
    prod = tmp_path / "app" / "prod.env"
    prod.symlink_to(tmp_path / "secret" / "prod.env")
    prod.write_text("COLOUR=blue")
    (part := tmp_path / "app" / "parts" / "compose.yaml").parent.mkdir()
    part.write_text("part")
    missing = tmp_path / "app" / ".env"
    stack = Stack("shop", tmp_path / "app", tuple(files), (), (), env_files=(prod, missing))
    data = b"".join(compose_files(stack, [part], "20251025_143022").stream)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found = {member.name: archive.extractfile(member) for member in archive}
        assert {name: file.read().decode() for name, file in found.items() if file} == {
            "compose.yaml": "app",
            "2/compose.yaml": "base",
            "3/compose.yaml": "other",
            "parts/compose.yaml": "part",
            "prod.env": "COLOUR=blue",
        }
