"""One volume of a backup, made anew in a staging area and proven there."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from volops.catalog import Catalog, Entry
from volops.chunks import ahead
from volops.errors import DiskFull, ProducerFailed, RestoreFailed, VolopsError
from volops.events import VolumeFinished, VolumeStarted
from volops.model import Artifact, Outcome, OutcomeStatus
from volops.operations.restore_plan import RestoreItem
from volops.operations.stored import StoredCheck
from volops.operations.volume_dump import Emit, Told
from volops.pipeline import observed, opened
from volops.plugins import blaming
from volops.source import Surroundings
from volops.staging import Swap
from volops.staging_area import StagingArea
from volops.tar_selection import Chosen

_FULL_BYTES = 1 << 20
_SETTLE_S = 1.0


@dataclass(frozen=True, slots=True)
class Work:
    """One volume under restore."""

    item: RestoreItem
    area: StagingArea
    told: Told
    catalog: Catalog
    entry: Entry
    chosen: Chosen | None = None
    check: StoredCheck | None = None

    @property
    def artifacts(self) -> Iterator[Artifact]:
        """What is to be loaded: the item's artifacts, plain, or what is chosen of them."""
        return artifacts_of(
            self.catalog, self.entry, self.item, self.chosen, self.told.passed, check=self.check
        )

    @property
    def size(self) -> int:
        """Bytes that will be unpacked."""
        return self.chosen.size if self.chosen else self.item.size

    @property
    def files(self) -> int:
        """How many files that will be, as far as is known."""
        entries = self.item.record.facts.get("entries")
        known = entries if isinstance(entries, int) else 0
        return len(self.chosen.names) if self.chosen else known


@contextlib.contextmanager
def working(
    around: Surroundings,
    catalog: Catalog,
    entry: Entry,
    item: RestoreItem,
    emit: Emit,
    *,
    name: str = "",
    chosen: Chosen | None = None,
    trust: bool = False,
    check: StoredCheck | None = None,
    after: Work | None = None,
) -> Iterator[Work]:
    """Work on the item, or on what is chosen of it, in the volume called `name` (the stack's own, without
    one). Ends its helpers. Nothing of the backup is used before `check` is through.

    `trust` takes from a backup that came from outside what only one's own may hold, see tar_screen. Where the
    volume has got its name only now, `after` is the work from before: what its type noted and told counts.
    """
    # What was recorded of the whole is not what a part must show.
    facts = item.record.facts if chosen is None else {"layout": item.record.facts.get("layout")}
    told = after.told if after else Told(item.record.key, emit)
    area = StagingArea(
        around,
        item.volume,
        item.type.cls(),
        item.options,
        facts,
        name=name,
        trusted=trust or not entry.outside,
        on_warning=told.warn,
        artifacts=lambda: artifacts_of(catalog, entry, item, chosen, check=check),
    )
    if after:
        area.notes |= after.area.notes
    with area:
        yield Work(item, area, told, catalog, entry, chosen, check)


def look_ahead(work: Work) -> None:
    """Ask the item's type whether this can succeed. Raises RestoreRefused when it cannot."""
    with ThreadPoolExecutor(1, "swap") as pool:
        # Its helper is wanted next, and starts meanwhile; what is wrong with it is raised then.
        if not work.item.missing:
            pool.submit(work.area.swap)
        with blaming(work.item.type):
            artifacts = tuple(record.artifact for record in work.item.record.artifacts)
            work.item.type.cls().preflight(work.area, artifacts)


def stage(work: Work, emit: Emit, *, lasting: bool = True) -> Outcome:
    """Make the volume anew in its staging area, and have its type prove it.

    Unless it is not to be `lasting`, all of it is on the disk by then.
    """
    item, area, told = work.item, work.area, work.told
    emit(VolumeStarted(item.record.key, item.record.type, item.size))
    start = time.monotonic()
    area.swap().prepare()
    volume_type = item.type.cls()
    writing_out = _settling(area.swap()) if lasting else contextlib.nullcontext()
    with _room_told(work), writing_out, blaming(item.type):
        volume_type.load(area, work.artifacts)
        loaded = time.monotonic()
        volume_type.check(area)
        checking = time.monotonic() - loaded
    _put_away(area, lasting=lasting)
    outcome = Outcome(
        volume=item.record.key,
        type=item.record.type,
        status=OutcomeStatus.DONE,
        size=told.size,
        stored_size=sum(artifact.stored.size for artifact in item.record.artifacts),
        seconds=round(time.monotonic() - start, 3),
        checking=round(checking, 3),
        warnings=tuple(told.warnings),
    )
    emit(VolumeFinished(outcome))
    return outcome


def _put_away(area: StagingArea, *, lasting: bool) -> None:
    """End the helpers that worked on it; the disk writes meanwhile."""
    with ThreadPoolExecutor(1, "settle") as pool:
        settled = pool.submit(area.swap().settle) if lasting else None
        area.release()
    if settled:
        settled.result()


@contextlib.contextmanager
def _settling(swap: Swap) -> Iterator[None]:
    """Have written out to the disk what the work within has made so far, again and again: the kernel would
    keep up to a tenth of the memory until the end, and the restore would wait for all of it there."""
    over = threading.Event()

    def settle() -> None:
        while not over.wait(_SETTLE_S):
            # It is asked for once more, and counts, when all is done.
            with contextlib.suppress(VolopsError):
                swap.settle()

    thread = threading.Thread(target=settle, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextlib.contextmanager
def _room_told(work: Work) -> Iterator[None]:
    """Programs say in many ways that a disk is full: raise DiskFull when it is, whatever failed."""
    try:
        yield
    except (ProducerFailed, RestoreFailed) as error:
        disk = work.area.swap().sizes()
        if disk["free"] > _FULL_BYTES and disk.get("files", 1):
            raise
        raise DiskFull(
            f"the file system of volume {work.item.record.key!r} became full: {error.message}",
            next_step="free some space there; `volops commit` frees what is kept from earlier restores",
        ) from error


def artifacts_of(
    catalog: Catalog,
    entry: Entry,
    item: RestoreItem,
    chosen: Chosen | None = None,
    on_bytes: Callable[[int], None] = lambda _: None,
    *,
    check: StoredCheck | None = None,
) -> Iterator[Artifact]:
    """The item's artifacts, plain, or what is chosen of its archive. What a type leaves unread is read before
    the next, so that no damage goes unseen. What `check` compares is not digested a second time."""
    for record in item.record.artifacts:
        stored = check.passing(record) if check else catalog.open(entry, record.file)
        known = None if check else record.stored.digest
        # Bytes are decompressed and digested while the ones before are unpacked or loaded.
        plain = ahead(opened(record.file, stored, record.codecs, known, record.plain.digest))
        stream = observed(plain, on_bytes)
        wanted = chosen.archive(record.name, stream) if chosen else stream
        yield Artifact(record.name, record.media_type, wanted)
        for _ in stream:
            pass
