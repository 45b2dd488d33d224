"""For tests, ours and those of plugin authors: what every volume type must do (`volops.testing.conformance`),
every store (`volops.testing.store_conformance`) and every engine must do, an engine in memory, and the
acceptance criteria for any stack.

The conformance classes need pytest.
"""

import contextlib

from volops.engine import (
    ContainerInfo,
    Engine,
    EngineInfo,
    Exec,
    HelperSpec,
    MountInfo,
    NetworkInfo,
    VolumeInfo,
)

__all__ = [
    "ContainerInfo",
    "Engine",
    "EngineInfo",
    "Exec",
    "HelperSpec",
    "MountInfo",
    "NetworkInfo",
    "VolumeInfo",
]

with contextlib.suppress(ImportError):
    import pytest

    # Else pytest would say of a failed check there only that it failed.
    pytest.register_assert_rewrite(
        "volops.testing.acceptance",
        "volops.testing.conformance",
        "volops.testing.engine_conformance",
        "volops.testing.helper_conformance",
        "volops.testing.store_conformance",
    )
