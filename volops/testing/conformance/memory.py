"""A sample's volume on an engine in memory: its service has no container, and there are two files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from volops.engine import HelperSpec
from volops.model import Stack
from volops.source import LiveSource, look_around
from volops.testing.conformance.sample import Sample, volume_of
from volops.testing.engine_site import HOLD
from volops.testing.fake_engine import FakeEngine
from volops.testing.fake_programs import STDOUT, Call, Program, Running
from volops.volume_type import VolumeType

FILES = {"one": b"first", "two": b"second"}
_STAMP = "20251025_143022"


class Looked(FakeEngine):
    """The engine. `written` are the places that anybody asked to write to; `files` those of the volume."""

    def __init__(self, sample: Sample) -> None:
        super().__init__()
        self.written: list[str] = []
        self.programs = _Programs(self.programs)
        self.add_image(sample.image)
        self.files = self.add_volume(volume_of(sample).name, FILES)

    def start_helper(self, spec: HelperSpec) -> str:
        self.written += [target for _, target, writable in spec.binds if writable]
        return super().start_helper(spec)


def looking(engine: Looked, sample: Sample, volume_type: VolumeType, options: Any) -> LiveSource:
    """The volume, as its type gets it."""
    volume = volume_of(sample)
    services = tuple(mount.service for mount in volume.mounts)
    stack = Stack("sample", Path("/nowhere"), (), services, (volume,))
    return LiveSource(look_around(engine, stack, _STAMP), volume, volume_type, options)


class _Programs(dict[str, Program]):
    """Those of the fake engine, and a few more that look at files; all others are there and say nothing."""

    def __init__(self, known: dict[str, Program]) -> None:
        super().__init__(known)
        names = "".join(f"{name}\n" for name in FILES)
        size = sum(map(len, FILES.values()))
        self |= {"ls": _saying(names), "du": _saying(f"{size}\t/volume\n"), "sh": _holding(known["sh"])}

    def get(self, name: str, default: Any = None) -> Any:
        del default
        return self[name] if name in self else _saying("")


def _holding(shell: Program) -> Program:
    """A shell in which only the script runs that keeps a helper alive."""
    silent = _saying("")
    return lambda call: shell(call) if call.argv[2] == HOLD[2] else silent(call)


def _saying(text: str) -> Program:
    def program(call: Call) -> Running:
        del call
        if text:
            yield STDOUT, text.encode()
        return 0

    return program
