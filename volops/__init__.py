"""Volume operations for container stacks: what a plugin author imports, and nothing else."""

from volops.errors import (
    AccessRefused,
    ArtifactCorrupt,
    HelperLost,
    InvalidUse,
    ProducerFailed,
    ServiceNotReady,
    ServiceNotRunning,
    VolopsError,
)
from volops.file_tree import FileTree
from volops.hookspecs import hookimpl, hookspec
from volops.model import (
    Artifact,
    Criticality,
    Event,
    Mount,
    Quiesce,
    Service,
    StoredArtifact,
    Volume,
    VolumeKind,
)
from volops.volume_type import NoOptions, Output, Shell, Source, VolumeType

__all__ = [
    "AccessRefused",
    "Artifact",
    "ArtifactCorrupt",
    "Criticality",
    "Event",
    "FileTree",
    "HelperLost",
    "InvalidUse",
    "Mount",
    "NoOptions",
    "Output",
    "ProducerFailed",
    "Quiesce",
    "Service",
    "ServiceNotReady",
    "ServiceNotRunning",
    "Shell",
    "Source",
    "StoredArtifact",
    "VolopsError",
    "Volume",
    "VolumeKind",
    "VolumeType",
    "hookimpl",
    "hookspec",
]
