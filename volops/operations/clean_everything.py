"""A backup before everything goes."""

from __future__ import annotations

from collections.abc import Mapping

from volops.errors import CleanFailed
from volops.manifest import BackupKind
from volops.model import OutcomeStatus
from volops.operations.backup import backup
from volops.operations.backup_choice import Selection, reason_to_skip
from volops.operations.clean_project import Doomed, ProjectPlan
from volops.operations.volume_dump import Emit
from volops.workspace import Workspace

_KEPT = (OutcomeStatus.DONE, OutcomeStatus.RECIPE)
_UNKNOWN = "the compose file does not know it"
_UNDECLARED = "no `volumes:` entry of the compose file covers it"


def require_held(plan: ProjectPlan) -> None:
    """Raise CleanFailed, naming them, when volumes of the plan whose data is missed would not be in a full
    backup that is taken now: left out by `x-volops`, of an inactive profile, or in no compose file."""
    reasons = {each.key: _why_not_held(each) for each in plan.volumes if each.missed}
    _refuse("a backup would not hold", {key: why for key, why in reasons.items() if why})


def back_up_first(workspace: Workspace, plan: ProjectPlan, emit: Emit) -> str:
    """Take a full backup and return its name.

    Raises CleanFailed when it is not complete, or does not hold a volume of the plan that is critical or
    important, or of which nothing is known, beside what `backup` raises. What its type leaves out by intent,
    or keeps as a recipe, may go.
    """
    require_held(plan)
    manifest = backup(workspace, Selection(), emit)
    if manifest.kind is BackupKind.PARTIAL:
        raise CleanFailed(
            f"the backup is not complete ({manifest.name}): nothing was deleted",
            next_step="correct what failed, then run it again",
        )
    held = {volume.key for volume in manifest.volumes if volume.status in _KEPT}
    lost = [each for each in plan.volumes if each.missed and not (each.given and each.key in held)]
    _refuse(f"{manifest.name} does not hold", {each.key: _why_not_held(each) for each in lost})
    return manifest.name


def _why_not_held(doomed: Doomed) -> str:
    if doomed.given is None:
        return _UNKNOWN
    if not doomed.given.volume.declared and doomed.given.backup is None:
        return _UNDECLARED
    return reason_to_skip(doomed.given, Selection())


def _refuse(what: str, lost: Mapping[str, str]) -> None:
    if lost:
        told = ", ".join(f"{key} ({why})" if why else key for key, why in lost.items())
        raise CleanFailed(
            f"{what} {told}: nothing was deleted",
            next_step="save what you need of it, then run `volops clean-all` without --backup-first",
        )
