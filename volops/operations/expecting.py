"""How many bytes will pass of each volume, for a progress bar: found out while the work goes on."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from volops.database_type import DumpType
from volops.plugins import Assignment
from volops.workspace import Workspace


class Expected:
    """Asks the engine for the sizes of volumes, and the catalog for those of the last good backups. Nobody
    waits for the answers: where there is much data an engine takes minutes to measure it."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._measured: dict[str, int] = {}
        self._last: dict[str, int] = {}
        for ask in (self._ask_catalog, self._ask_engine):
            threading.Thread(target=self._quietly, args=(ask,), daemon=True).start()

    def bytes_of(self, given: Assignment) -> int | None:
        """An estimate, or None as long as there is none. What a database holds says little about how long its
        dump is, and the last dump much; of files it is the other way round."""
        measured, last = self._measured.get(given.volume.name), self._last.get(given.volume.key)
        dumped = given.type is not None and issubclass(given.type.cls, DumpType)
        first, second = (last, measured) if dumped else (measured, last)
        return second if first is None else first

    def _quietly(self, ask: Callable[[], None]) -> None:
        # A bar without an end is no reason to fail: whatever goes wrong here, it is only for that.
        with contextlib.suppress(Exception):
            ask()

    def _ask_catalog(self) -> None:
        for key, entry in self._workspace.catalog.last_good_entries().items():
            volumes = entry.manifest.volumes if entry.manifest else ()
            artifacts = [each for volume in volumes if volume.key == key for each in volume.artifacts]
            if artifacts:
                self._last[key] = sum(each.plain.size for each in artifacts)

    def _ask_engine(self) -> None:
        self._measured = self._workspace.engine.volume_sizes()
