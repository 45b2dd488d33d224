"""One database as one plain SQL file that `psql` reads: the quick snapshot before a migration."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from volops.database_type import DumpType
from volops.errors import EXIT_DONE
from volops.events import RunFinished, RunStarted
from volops.journal import JournalFile
from volops.manifest import BackupKind
from volops.model import Artifact
from volops.operations.database_volume import database_volume
from volops.operations.expecting import Expected
from volops.operations.run_record import describe_run, free_stamp
from volops.operations.volume_dump import Dumping, Emit, dump_volume
from volops.source import look_around
from volops.volume_access import Source
from volops.volume_type import VolumeType
from volops.workspace import Workspace

_DOING = "volops backup-db"


def backup_database(
    workspace: Workspace, volume: str | None, database: str | None, emit: Emit, *, estimate: bool = False
) -> str:
    """Write `db_backup_YYYYMMDD_HHMMSS.sql` and its manifest; return where the SQL file is.

    Without `volume` the stack must have just one that holds databases. `estimate` is that of `backup`.
    Raises InvalidUse when it has none or several, UnknownVolume, Locked, and whatever makes the dump fail;
    nothing is left behind then.
    """
    given = database_volume(workspace, volume, DumpType)
    held = JournalFile(workspace.state).held_to_read(_DOING)
    with workspace.catalog.lock(_DOING), held:
        started, stamp = datetime.now(UTC), free_stamp(workspace.catalog, "db_backup")
        name = f"db_backup_{stamp}"
        emit(RunStarted("backup-db", name, (given.volume.key,)))
        around = look_around(workspace.engine, workspace.stack, stamp, workspace.settings.helper_image)
        with workspace.catalog.begin(name) as draft:
            run = Dumping(
                around=around,
                state=workspace.state,
                draft=draft,
                emit=emit,
                volumes=around.engine.volumes([given.volume.name]),
                expected=Expected(workspace) if estimate else None,
            )

            def dump(volume_type: VolumeType, source: Source) -> Iterable[Artifact]:
                if isinstance(volume_type, DumpType):
                    yield volume_type.dump_database(source, database)

            done = dump_volume(run, given, alone=True, dump=dump, plain=True)
            if done.error is not None:
                raise done.error
            place = draft.commit(describe_run(around, name, BackupKind.DATABASE, started, (done.record,), ()))
    emit(RunFinished("backup-db", name, (done.outcome,), EXIT_DONE))
    return place
