"""The manifest: what a backup holds. A backup is its manifest; what it does not name is not part of it.

It never holds a secret. The format is described in docs/design.md and, for programs, in
docs/manifest.schema.json.
"""

from volops.manifest.document import FORMAT, manifest_bytes, manifest_schema, read_manifest
from volops.manifest.fields import check_file_name, without_secrets
from volops.manifest.records import (
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
    json_facts,
)
from volops.model import MANIFEST_FILE

__all__ = [
    "FORMAT",
    "MANIFEST_FILE",
    "ArtifactRecord",
    "BackupKind",
    "DigestRecord",
    "EngineRecord",
    "FileRecord",
    "Manifest",
    "PluginRecord",
    "ServiceRecord",
    "StackRecord",
    "ToolRecord",
    "VolumeRecord",
    "check_file_name",
    "json_facts",
    "manifest_bytes",
    "manifest_schema",
    "read_manifest",
    "without_secrets",
]
