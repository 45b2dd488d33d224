"""The checks of a volume type on the live engine. One stack for all of them, and few backups."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from volops.errors import CheckFailed, RestoreFailed, VolopsError
from volops.model import Artifact
from volops.testing.conformance.faults import Faults
from volops.testing.conformance.sample import Sample
from volops.testing.conformance.site import Saved, Site, record_of
from volops.testing.conformance.sites import Sites
from volops.testing.conformance.trials import (
    breaking,
    breaking_off,
    catalog_of,
    chunked,
    dump,
    manifests,
    producers,
    recorded,
    refused,
    refusing,
    stage,
)
from volops.testing.conformance.unit import UnitChecks
from volops.volume_type import VolumeType

_PATIENCE_S = 20


class LiveChecks(UnitChecks):
    """The part of VolumeTypeConformance that needs the engine."""

    @pytest.fixture(scope="class")
    @classmethod
    def sites(cls, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Sites]:
        """What the class has on the engine; gone after its last check."""
        record = pytestconfig.getoption("volops_record", None)
        directory = tmp_path_factory.mktemp("site")
        with contextlib.closing(Sites(directory, record=Path(record) if record else None)) as made:
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
        with site.witness.raising(CheckFailed):
            stage(site, saved.other, record_of(saved.entry).facts, names)

    def test_live_backups_of_earlier_versions_are_restored(self, site: Site, saved: Saved) -> None:
        earlier = recorded(site)
        for entry in [saved.entry, *earlier]:
            stage(site, entry, record_of(entry).facts, catalog=catalog_of(site, entry))
        assert bool(earlier) == (site.sample.recorded is not None), "there is no backup in `recorded`"

    def test_live_a_producer_that_fails_raises_when_its_stream_ends(self, site: Site, saved: Saved) -> None:
        del saved
        count, runs = producers(site)
        assert count, "dump and facts of this type produce nothing"
        # Of programs that are run, the type may well bear that one fails; not that all do.
        turns = range(count) if not runs else [count - 1]
        for turn in turns:
            with site.witness.raising(VolopsError):
                dump(site, Faults(turn), runs=runs)

    def test_live_an_artifact_that_is_cut_off_is_corrupt(self, site: Site, saved: Saved) -> None:
        for name, media_type, data in site.artifacts(saved.entry):
            site.volume_type().verify(Artifact(name, media_type, chunked(data)))
            # What is missing at the very end may not show in the content; the digests tell of every byte.
            end = len(data.rstrip(b"\0\r\n "))
            for length in (0, end // 3, end // 2):
                cut = Artifact(name, media_type, chunked(data[:length]))
                assert refused(site.volume_type(), cut), f"{name}: {length} of {len(data)} bytes are taken"

    def test_live_a_stream_that_ends_early_is_not_taken_for_whole(self, site: Site, saved: Saved) -> None:
        found = site.artifacts(saved.entry)
        assert found, "a type that dumps nothing has this check overridden, and says so"
        broken = [Artifact(name, kind, chunked(data)) for name, kind, data in found]
        name, kind, data = found[-1]
        broken[-1] = Artifact(name, kind, breaking_off(data))
        facts = record_of(saved.entry).facts
        with site.witness.raising(VolopsError), site.staging(facts, lambda: iter(broken)) as area:
            site.volume_type().load(area, iter(broken))

    def test_live_a_damaged_backup_is_refused(self, site: Site, saved: Saved) -> None:
        for artifact in record_of(saved.other).artifacts:
            file = site.directory / "backups" / saved.other.name / artifact.file
            whole = file.read_bytes()
            middle = len(whole) // 2
            for damaged in (whole[:-1], whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]):
                file.write_bytes(damaged)
                with site.witness.raising(RestoreFailed):
                    site.restore(saved.other)
            file.write_bytes(whole)

    def test_live_a_restore_that_fails_leaves_the_volume_as_it_was(self, site: Site, saved: Saved) -> None:
        site.stop()
        before = site.digest()
        for artifact in record_of(saved.other).artifacts[-1:]:
            with site.witness.raising(RestoreFailed):
                site.restore(saved.other, breaking(site.volume_type, artifact.name))
            assert site.digest() == before
        with site.witness.raising(CheckFailed):
            site.restore(saved.other, refusing(site.volume_type))
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
        count, runs = producers(site)
        with site.witness.watching(), site.witness.raising(VolopsError):
            dump(site, Faults(count - 1), runs=runs)
        seen = {**site.witness.seen, "the manifest": manifests(site, saved)}
        assert seen["a program started on the engine"]
        assert seen["a command line of this machine"]
        assert seen["the message of an error"]
        for number, secret in enumerate(site.sample.secrets):
            where = [place for place, texts in seen.items() if any(secret in text for text in texts)]
            assert not where, f"secret {number} of the sample is seen in {', and in '.join(where)}"

    def test_live_no_helper_is_left(self, site: Site, saved: Saved) -> None:
        del saved
        engine, started = site.workspace.engine, set(site.witness.started)
        assert started
        until = time.monotonic() + _PATIENCE_S
        while left := started & {helper.id for helper in engine.helpers()}:
            assert time.monotonic() < until, f"containers that volops started are left: {left}"
            time.sleep(0.05)
