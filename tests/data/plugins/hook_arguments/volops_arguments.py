"""A plugin whose hook asks for what the specification does not give."""

from __future__ import annotations

from collections.abc import Iterable

from volops import VolumeType, hookimpl


@hookimpl
def volops_volume_types(engine: object) -> Iterable[type[VolumeType]]:
    raise AssertionError(f"nobody calls it with {engine}")
