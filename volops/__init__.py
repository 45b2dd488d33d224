"""Volume operations for container stacks: what a plugin author imports, and nothing else."""

from volops.errors import (
    AccessRefused,
    ArtifactCorrupt,
    CheckFailed,
    HelperLost,
    InvalidUse,
    ProducerFailed,
    RestoreFailed,
    RestoreRefused,
    ServiceNotReady,
    ServiceNotRunning,
    VolopsError,
)
from volops.file_tree import FileTree
from volops.hookspecs import hookimpl, hookspec
from volops.model import (
    Artifact,
    Criticality,
    DatabaseTarget,
    Event,
    Exchange,
    Mount,
    Quiesce,
    Service,
    StoredArtifact,
    TableCopied,
    TableTarget,
    Volume,
    VolumeKind,
)
from volops.removal import Removal, Removing
from volops.shell import Output, Shell
from volops.volume_access import Source, Staging
from volops.volume_type import NoOptions, VolumeType

__all__ = [
    "AccessRefused",
    "Artifact",
    "ArtifactCorrupt",
    "CheckFailed",
    "Criticality",
    "DatabaseTarget",
    "Event",
    "Exchange",
    "FileTree",
    "HelperLost",
    "InvalidUse",
    "Mount",
    "NoOptions",
    "Output",
    "ProducerFailed",
    "Quiesce",
    "Removal",
    "Removing",
    "RestoreFailed",
    "RestoreRefused",
    "Service",
    "ServiceNotReady",
    "ServiceNotRunning",
    "Shell",
    "Source",
    "Staging",
    "StoredArtifact",
    "TableCopied",
    "TableTarget",
    "VolopsError",
    "Volume",
    "VolumeKind",
    "VolumeType",
    "hookimpl",
    "hookspec",
]
