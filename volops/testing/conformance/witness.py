"""A witness of a run: every command line of the machine, every program started on the engine, every event."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from volops.engine import Engine, HelperSpec
from volops.errors import VolopsError
from volops.model import Event

_EVERY_S = 0.01


class Witness:
    """`started` are ids of the containers that volops made; `seen` is what anybody can read, by where."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.seen: dict[str, set[str]] = {
            "a command line of this machine": set(),
            "a program started on the engine": set(),
            "an event": set(),
            "a log": set(),
            "the message of an error": set(),
        }
        self._over = threading.Event()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Look on until the block ends; logs are heard down to the last detail."""
        self._over.clear()
        thread = threading.Thread(target=self._look_on, daemon=True)
        thread.start()
        try:
            with _heard(self.seen["a log"].add):
                yield
        finally:
            self._over.set()
            thread.join()

    @contextlib.contextmanager
    def raising(self, kind: type[VolopsError]) -> Iterator[None]:
        """What is within must raise that; what it says is what anybody can read, with all that led to it."""
        with pytest.raises(kind) as raised:
            yield
        error: BaseException | None = raised.value
        while error is not None:
            self.seen["the message of an error"].add(str(error))
            error = error.__cause__ or error.__context__

    def hear(self, event: Event) -> None:
        """Take an event of volops."""
        self.seen["an event"].add(repr(event))

    def _look_on(self) -> None:
        while not self._over.wait(_EVERY_S):
            for process in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    line = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                    self.seen["a command line of this machine"].add(line.decode("utf-8", "replace"))


@contextlib.contextmanager
def _heard(tell: Callable[[str], None]) -> Iterator[None]:
    """Whatever is logged, at whatever level; who listens already hears no more than before."""
    root, listening = logging.getLogger(), _Heard(tell)
    level, others = root.level, {each: each.level for each in root.handlers}
    for each in others:
        each.setLevel(max(each.level, level))
    root.addHandler(listening)
    root.setLevel(logging.NOTSET + 1)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(listening)
        for each, before in others.items():
            each.setLevel(before)


class _Heard(logging.Handler):
    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.DEBUG)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(record.getMessage())


class WitnessedEngine:
    """An engine that does all that the true one does, and has the witness know what was started."""

    def __init__(self, engine: Engine, witness: Witness) -> None:
        self._engine, self._witness = engine, witness

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def start_helper(self, spec: HelperSpec) -> str:
        self._saw(spec.argv)
        self._witness.started.append(started := self._engine.start_helper(spec))
        return started

    def create_idle(self, image: str, volume: str, target: str) -> str:
        self._witness.started.append(made := self._engine.create_idle(image, volume, target))
        return made

    def exec(self, container: str, argv: Sequence[str], **how: Any) -> Any:
        self._saw(argv)
        return self._engine.exec(container, argv, **how)

    def run(self, container: str, argv: Sequence[str], **how: Any) -> Any:
        self._saw(argv)
        return self._engine.run(container, argv, **how)

    def _saw(self, argv: Sequence[str]) -> None:
        self._witness.seen["a program started on the engine"].add(" ".join(argv))
