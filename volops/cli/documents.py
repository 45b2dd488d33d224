"""What `--json` prints of a backup, a volume and an outcome; docs/json.md describes each key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from volops.catalog import Entry
    from volops.manifest import VolumeRecord
    from volops.model import Outcome
    from volops.operations.inventory import InventoryItem


def entry_document(entry: Entry) -> dict[str, Any]:
    """A backup as `list` shows it. Without a readable manifest only where it is and what is wrong."""
    manifest, verified = entry.manifest, entry.verified
    return {
        "name": entry.name,
        "state": entry.state.value,
        "kind": manifest.kind.value if manifest else None,
        "created": entry.created,
        "path": entry.path,
        "stored_size": entry.size,
        "size": plain_size(manifest.volumes) if manifest else None,
        "seconds": (manifest.finished - manifest.created).total_seconds() if manifest else None,
        "project": manifest.stack.project if manifest else None,
        "volumes": [volume_document(volume) for volume in manifest.volumes] if manifest else [],
        "problem": entry.problem or None,
        "verified": {
            "at": verified.at,
            "problems": list(verified.problems),
            "proven": verified.proven,
        }
        if verified
        else None,
    }


def volume_document(volume: VolumeRecord) -> dict[str, Any]:
    """What a backup holds of one volume."""
    return {
        "volume": volume.key,
        "name": volume.name,
        "type": volume.type or None,
        "status": volume.status.value,
        "reason": volume.reason or None,
        "size": plain_size([volume]),
        "stored_size": sum(artifact.stored.size for artifact in volume.artifacts),
        "seconds": volume.seconds,
        "files": [artifact.file for artifact in volume.artifacts],
        "warnings": list(volume.warnings),
    }


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """How one volume came out of a verification."""
    return {
        "volume": outcome.volume,
        "type": outcome.type or None,
        "status": outcome.status.value,
        "reason": outcome.reason or None,
        "size": outcome.size,
        "seconds": outcome.seconds,
        "warnings": list(outcome.warnings),
    }


def inventory_document(item: InventoryItem) -> dict[str, Any]:
    """A volume as `volumes` shows it."""
    volume, found = item.volume, item.assignment.type
    problem = item.assignment.problem
    return {
        "volume": volume.key,
        "name": volume.name or None,
        "kind": volume.kind.value,
        "declared": volume.declared,
        "type": found.cls.name if found else None,
        "detected": item.assignment.detected,
        "driver": item.driver,
        "mountpoint": item.mountpoint or None,
        "exists": item.exists,
        "external": volume.external,
        "active": volume.active,
        "size": item.size,
        "used_by": list(item.used_by),
        "criticality": found.cls.criticality.value if found else None,
        "description": found.cls.summary if found else None,
        "data_included": list(found.cls.data_included) if found else [],
        "typical_size": found.cls.typical_size if found else None,
        "backup_priority": found.cls.backup_priority if found else None,
        "guarantees": list(found.cls.guarantees) if found else [],
        "last_good": item.last_good,
        "problem": str(problem) if problem else None,
    }


def plain_size(volumes: Sequence[VolumeRecord]) -> int:
    """Bytes of all artifacts of these volumes before compression."""
    return sum(artifact.plain.size for volume in volumes for artifact in volume.artifacts)
