"""A plugin that raises when it is asked for its types."""

from collections.abc import Iterable

from volops import VolumeType, hookimpl


@hookimpl
def volops_volume_types() -> Iterable[type[VolumeType]]:
    raise RuntimeError("not in the mood")
