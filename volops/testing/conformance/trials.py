"""What the checks on the live engine have a type do, and types that go wrong on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from volops.catalog import Catalog, Entry
from volops.errors import ArtifactCorrupt, CheckFailed
from volops.model import Artifact
from volops.operations.restore_plan import restore_item
from volops.operations.staged import artifacts_of
from volops.store import LocalStore
from volops.testing.conformance.faults import Faults, FaultySource
from volops.testing.conformance.site import Saved, Site, record_of
from volops.volume_access import Source, Staging
from volops.volume_type import VolumeType

_CHUNK = 4096


def stage(
    site: Site,
    entry: Entry,
    facts: Any,
    names: list[str] | None = None,
    catalog: Catalog | None = None,
) -> None:
    """Make the backup's volume anew in a place of its own, as a restore does, and check it against the facts.
    `names` are those that its artifacts are to bear."""
    item = restore_item(site.workspace, record_of(entry), ())
    volume_type = site.volume_type()

    def artifacts() -> Iterator[Artifact]:
        found = artifacts_of(catalog or site.workspace.catalog, entry, item)
        for number, each in enumerate(found):
            name = names[number] if names and number < len(names) else each.name
            yield Artifact(name, each.media_type, each.stream)

    with site.staging(facts, artifacts) as area:
        stored = [record.artifact for record in record_of(entry).artifacts]
        renamed = [replace(each, name=name) for each, name in zip(stored, names or [], strict=False)]
        volume_type.preflight(area, renamed or stored)
        volume_type.load(area, artifacts())
        volume_type.check(area)


def dump(site: Site, faults: Faults, *, runs: bool) -> int:
    """Dump the volume to nowhere, faults and all; how many producers there were."""
    volume_type = site.volume_type()
    with site.source() as opened:
        source = cast(Source, FaultySource(opened, faults, runs=runs))
        for artifact in volume_type.dump(source):
            for _ in artifact.stream:
                pass
        if runs:
            volume_type.facts(source)
    return faults.count


def producers(site: Site) -> tuple[int, bool]:
    """How many streams a dump opens, and False; where it opens none, how many programs it runs, and True."""
    streams = dump(site, Faults(), runs=False)
    return (streams, False) if streams else (dump(site, Faults(), runs=True), True)


def refused(volume_type: VolumeType, artifact: Artifact) -> bool:
    """Whether the type finds the artifact corrupt."""
    try:
        volume_type.verify(artifact)
    except ArtifactCorrupt:
        return True
    return False


def refusing(volume_type: type[VolumeType]) -> type[VolumeType]:
    """The type, which loads what it is given and finds it wrong."""

    def check(self: VolumeType, staging: Staging) -> None:
        del self
        raise CheckFailed(f"the kit finds {staging.volume.key!r} wrong")

    return cast(type[VolumeType], type(f"Refusing{volume_type.__name__}", (volume_type,), {"check": check}))


def breaking(volume_type: type[VolumeType], last: str) -> type[VolumeType]:
    """The type, whose artifact of that name breaks off while it is loaded."""

    def load(self: VolumeType, staging: Staging, artifacts: Iterator[Artifact]) -> None:
        def broken() -> Iterator[Artifact]:
            for each in artifacts:
                whole = each.name != last
                yield each if whole else replace(each, stream=breaking_off(b"".join(each.stream)))

        volume_type.load(self, staging, broken())

    return cast(type[VolumeType], type(f"Breaking{volume_type.__name__}", (volume_type,), {"load": load}))


def recorded(site: Site) -> list[Entry]:
    """The backups of earlier versions that the sample names."""
    if site.sample.recorded is None:
        return []
    return [entry for entry in Catalog(LocalStore(site.sample.recorded)).entries() if entry.manifest]


def catalog_of(site: Site, entry: Entry) -> Catalog:
    """The backups that it is one of."""
    recorded: Path | None = site.sample.recorded
    if recorded is not None and (recorded / entry.name).exists():
        return Catalog(LocalStore(recorded))
    return site.workspace.catalog


def manifests(site: Site, saved: Saved) -> set[str]:
    """What the manifests of the backups say, and the names of their files."""
    directories = [site.directory / "backups" / entry.name for entry in (saved.entry, saved.other)]
    texts = {(directory / "manifest.json").read_text() for directory in directories}
    return texts | {file.name for directory in directories for file in directory.iterdir()}


def chunked(data: bytes) -> Iterator[bytes]:
    """The data, a few KiB at a time."""
    for start in range(0, len(data), _CHUNK):
        yield data[start : start + _CHUNK]


def breaking_off(data: bytes) -> Iterator[bytes]:
    """Half of it, and then an error."""
    yield from chunked(data[: len(data) // 2])
    raise ArtifactCorrupt("the kit broke this stream off")
