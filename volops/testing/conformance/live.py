"""The checks of a volume type on the live engine. One stack for all of them, and few backups."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from volops.catalog import Catalog, Entry
from volops.errors import ArtifactCorrupt, CheckFailed, RestoreFailed, VolopsError
from volops.model import Artifact
from volops.operations.restore_plan import restore_item
from volops.operations.staged import artifacts_of
from volops.store import LocalStore
from volops.testing.conformance.faults import Faults, FaultySource
from volops.testing.conformance.sample import Sample
from volops.testing.conformance.site import Saved, Site, Sites, record_of
from volops.testing.conformance.unit import UnitChecks
from volops.volume_access import Source, Staging
from volops.volume_type import VolumeType

_PATIENCE_S = 20
_CHUNK = 4096


class LiveChecks(UnitChecks):
    """The part of VolumeTypeConformance that needs the engine."""

    @pytest.fixture(scope="class")
    @classmethod
    def sites(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
        """What the class has on the engine; gone after its last check."""
        with contextlib.closing(Sites(tmp_path_factory.mktemp("site"))) as made:
            yield made

    @pytest.fixture
    def site(self, sites: Sites, volume_type: type[VolumeType], sample: Sample) -> Site:
        """The sample's stack, running."""
        return sites.site(sample, volume_type)

    @pytest.fixture
    def saved(self, sites: Sites, site: Site) -> Saved:
        """The sample, backed up, changed, backed up again, and restored; a witness looked on."""
        del site
        return sites.saved()

    def test_live_a_round_trip_brings_everything_back(self, saved: Saved) -> None:
        assert saved.changed != saved.contents, "change() of the sample changes nothing that contents() tells"
        assert saved.restored == saved.contents

    def test_live_check_refuses_other_data(self, site: Site, saved: Saved) -> None:
        names = [name for name, _, _ in site.artifacts(saved.entry)]
        with pytest.raises(CheckFailed):
            _stage(site, saved.other, record_of(saved.entry).facts, names)

    def test_live_backups_of_earlier_versions_are_restored(self, site: Site, saved: Saved) -> None:
        recorded = _recorded(site)
        for entry in [saved.entry, *recorded]:
            _stage(site, entry, record_of(entry).facts, catalog=_catalog_of(site, entry))
        assert bool(recorded) == (site.sample.recorded is not None), "there is no backup in `recorded`"

    def test_live_a_producer_that_fails_raises_when_its_stream_ends(self, site: Site, saved: Saved) -> None:
        del saved
        count, runs = _dump(site, Faults(), runs=False), False
        if not count:
            count, runs = _dump(site, Faults(), runs=True), True
        assert count, "dump and facts of this type produce nothing"
        # Of programs that are run, the type may well bear that one fails; not that all do.
        turns = range(count) if not runs else [count - 1]
        for turn in turns:
            with pytest.raises(VolopsError):
                _dump(site, Faults(turn), runs=runs)

    def test_live_an_artifact_that_is_cut_off_is_corrupt(self, site: Site, saved: Saved) -> None:
        for name, media_type, data in site.artifacts(saved.entry):
            site.volume_type().verify(Artifact(name, media_type, _chunks(data)))
            # What is missing at the very end may not show in the content; the digests tell of every byte.
            end = len(data.rstrip(b"\0\r\n "))
            for length in (0, end // 3, end // 2):
                cut = Artifact(name, media_type, _chunks(data[:length]))
                assert _refused(site.volume_type(), cut), f"{name}: {length} of {len(data)} bytes are taken"

    def test_live_a_stream_that_ends_early_is_not_taken_for_whole(self, site: Site, saved: Saved) -> None:
        found = site.artifacts(saved.entry)
        assert found, "a type that dumps nothing has this check overridden, and says so"
        broken = [Artifact(name, kind, _chunks(data)) for name, kind, data in found]
        name, kind, data = found[-1]
        broken[-1] = Artifact(name, kind, _breaking_off(data))
        facts = record_of(saved.entry).facts
        with pytest.raises(VolopsError), site.staging(facts, lambda: iter(broken)) as area:
            site.volume_type().load(area, iter(broken))

    def test_live_a_damaged_backup_is_refused(self, site: Site, saved: Saved) -> None:
        for artifact in record_of(saved.other).artifacts:
            file = site.directory / "backups" / saved.other.name / artifact.file
            whole = file.read_bytes()
            middle = len(whole) // 2
            for damaged in (whole[:-1], whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]):
                file.write_bytes(damaged)
                with pytest.raises(RestoreFailed):
                    site.restore(saved.other)
            file.write_bytes(whole)

    def test_live_a_restore_that_fails_leaves_the_volume_as_it_was(self, site: Site, saved: Saved) -> None:
        site.stop()
        before = site.digest()
        with pytest.raises(CheckFailed):
            site.restore(saved.other, _refusing(site.volume_type))
        assert site.digest() == before
        site.start()
        assert site.sample.contents(site.service) == saved.restored

    def test_live_a_planted_datum_is_found_after_a_restart(self, site: Site, saved: Saved) -> None:
        del saved
        volume_type, token = site.volume_type(), "k17"
        with site.source() as source:
            assert not volume_type.found(source, token)
            volume_type.plant(source, token)
            assert volume_type.found(source, token)
        site.stop()
        site.start()
        with site.source() as source:
            assert volume_type.found(source, token)
            assert not volume_type.found(source, "k18")

    def test_live_a_plan_of_cleaning_changes_nothing_and_carried_out_leaves_nothing(
        self, site: Site, saved: Saved
    ) -> None:
        site.stop()
        before = site.digest()
        with site.source() as source:
            plans = [tuple(site.volume_type().clean(source)) for _ in range(2)]
        assert site.digest() == before
        assert plans[0] == plans[1] != ()
        assert site.clean().items
        assert site.clean().items == ()
        site.restore(saved.entry)
        site.start()
        assert site.sample.contents(site.service) == saved.contents

    def test_live_nobody_can_read_a_secret(self, site: Site, saved: Saved) -> None:
        seen = {**site.witness.seen, "the manifest": _manifests(site, saved)}
        assert seen["a program started on the engine"]
        assert seen["a command line of this machine"]
        for secret in site.sample.secrets:
            assert [where for where, texts in seen.items() if any(secret in text for text in texts)] == []

    def test_live_no_helper_is_left(self, site: Site, saved: Saved) -> None:
        del saved
        engine, started = site.workspace.engine, set(site.witness.started)
        assert started
        until = time.monotonic() + _PATIENCE_S
        while left := started & {helper.id for helper in engine.helpers()}:
            assert time.monotonic() < until, f"containers that volops started are left: {left}"
            time.sleep(0.05)


def _stage(
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


def _dump(site: Site, faults: Faults, *, runs: bool) -> int:
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


def _refused(volume_type: VolumeType, artifact: Artifact) -> bool:
    """Whether the type finds the artifact corrupt."""
    try:
        volume_type.verify(artifact)
    except ArtifactCorrupt:
        return True
    return False


def _refusing(volume_type: type[VolumeType]) -> type[VolumeType]:
    """The type, which loads what it is given and finds it wrong."""

    def check(self: VolumeType, staging: Staging) -> None:
        del self
        raise CheckFailed(f"the kit finds {staging.volume.key!r} wrong")

    return cast(type[VolumeType], type(f"Refusing{volume_type.__name__}", (volume_type,), {"check": check}))


def _recorded(site: Site) -> list[Entry]:
    if site.sample.recorded is None:
        return []
    return [entry for entry in Catalog(LocalStore(site.sample.recorded)).entries() if entry.manifest]


def _catalog_of(site: Site, entry: Entry) -> Catalog:
    recorded: Path | None = site.sample.recorded
    if recorded is not None and (recorded / entry.name).exists():
        return Catalog(LocalStore(recorded))
    return site.workspace.catalog


def _manifests(site: Site, saved: Saved) -> set[str]:
    directories = [site.directory / "backups" / entry.name for entry in (saved.entry, saved.other)]
    texts = {(directory / "manifest.json").read_text() for directory in directories}
    return texts | {file.name for directory in directories for file in directory.iterdir()}


def _chunks(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), _CHUNK):
        yield data[start : start + _CHUNK]


def _breaking_off(data: bytes) -> Iterator[bytes]:
    yield from _chunks(data[: len(data) // 2])
    raise ArtifactCorrupt("the kit broke this stream off")
