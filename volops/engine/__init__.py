"""The few things volops needs of a container engine, as a Protocol; `volops.docker` is the real one."""

from volops.engine.program import Exec, collect
from volops.engine.protocol import Engine
from volops.engine.records import (
    LABEL_HELPER,
    LABEL_PROJECT,
    LABEL_RUN,
    ContainerInfo,
    EngineInfo,
    HelperSpec,
    MountInfo,
    NetworkInfo,
    VolumeInfo,
)

__all__ = [
    "LABEL_HELPER",
    "LABEL_PROJECT",
    "LABEL_RUN",
    "ContainerInfo",
    "Engine",
    "EngineInfo",
    "Exec",
    "HelperSpec",
    "MountInfo",
    "NetworkInfo",
    "VolumeInfo",
    "collect",
]
