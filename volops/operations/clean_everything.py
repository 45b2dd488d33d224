"""A backup before everything goes."""

from __future__ import annotations

from volops.errors import CleanFailed
from volops.manifest import BackupKind
from volops.operations.backup import Selection, backup
from volops.operations.volume_dump import Emit
from volops.workspace import Workspace


def back_up_first(workspace: Workspace, emit: Emit) -> str:
    """Take a full backup and return its name. Raises CleanFailed when it is not complete, beside what
    `backup` raises."""
    manifest = backup(workspace, Selection(), emit)
    if manifest.kind is BackupKind.PARTIAL:
        raise CleanFailed(
            f"the backup is not complete ({manifest.name}): nothing was deleted",
            next_step="correct what failed, then run it again",
        )
    return manifest.name
