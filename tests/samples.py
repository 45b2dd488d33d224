"""Manifests and artifacts as a run would make them, for tests that need some."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from volops.manifest import (
    ArtifactRecord,
    BackupKind,
    DigestRecord,
    EngineRecord,
    FileRecord,
    Manifest,
    PluginRecord,
    ServiceRecord,
    StackRecord,
    ToolRecord,
    VolumeRecord,
)
from volops.model import Digest, OutcomeStatus

CREATED = datetime(2025, 10, 25, 14, 30, 22, tzinfo=UTC)


def digest_of(content: bytes) -> Digest:
    return Digest(len(content), hashlib.sha256(content).hexdigest())


def artifact_record(file: str, content: bytes = b"content", **changes: Any) -> ArtifactRecord:
    digest = DigestRecord.of(digest_of(content))
    values: dict[str, Any] = {
        "name": file,
        "file": file,
        "media_type": "application/sql",
        "plain": digest,
        "stored": digest,
    }
    return ArtifactRecord(**(values | changes))


def volume_record(key: str = "db", **changes: Any) -> VolumeRecord:
    values: dict[str, Any] = {
        "key": key,
        "name": f"app-{key}",
        "type": "postgres",
        "plugin": PluginRecord(name="postgres", distribution="volops", version="0.1.0"),
        "services": ("db",),
        "targets": ("/var/lib/postgresql/data",),
        "status": OutcomeStatus.DONE,
        "artifacts": (artifact_record(f"{key}_backup_20251025_143022.sql"),),
        "facts": {"tables": {"public.orders": 5000}, "note": "größer"},
        "seconds": 1.25,
    }
    return VolumeRecord(**(values | changes))


def manifest(**changes: Any) -> Manifest:
    created = changes.get("created", CREATED)
    values: dict[str, Any] = {
        "name": f"full_backup_{created:%Y%m%d_%H%M%S}",
        "kind": BackupKind.FULL,
        "created": created,
        "finished": created,
        "tool": ToolRecord(version="0.1.0"),
        "host": "workstation",
        "stack": StackRecord(
            project="app",
            files=(FileRecord(path="docker-compose.yml", sha256="ab" * 32),),
            services=(ServiceRecord(name="db", image="app-db", image_id="sha256:" + "cd" * 32),),
        ),
        "engine": EngineRecord(name="docker", version="26.1.5", api_version="1.45"),
        "volumes": (volume_record(),),
    }
    return Manifest(**(values | changes))
