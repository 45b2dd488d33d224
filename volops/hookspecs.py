"""The pluggy hooks of volops: how a plugin registers volume types, and how it observes runs."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from volops.model import Event
from volops.volume_type import VolumeType

PROJECT = "volops"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def volops_volume_types() -> Iterable[type[VolumeType]]:
    """Return the volume types this plugin gives. Called once per process, with nothing else set up."""
    raise AssertionError("a hook specification is never called")


@hookspec
def volops_event(event: Event) -> None:
    """Observe an event of a run. What it raises is reported as a warning and never stops the run."""
