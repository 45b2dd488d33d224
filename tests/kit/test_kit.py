"""The kit finds what it is there to find: each check fails for a type that breaks what it holds."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from volops_plugins.media import Media

from tests.plugins.samples import Uploads
from volops import (
    Artifact,
    ProducerFailed,
    Source,
    Staging,
    VolopsError,
    Volume,
)
from volops.engine import HelperSpec
from volops.testing.conformance import VolumeTypeConformance
from volops.testing.conformance.site import Saved, Site, Sites
from volops.testing.engine_site import HOLD

SAMPLE = Uploads()
CHECKS = VolumeTypeConformance()
FAILS = (AssertionError, pytest.fail.Exception)


class Reading(Media):
    def detect(self, volume: Volume) -> bool:
        return bool(Path("/etc/hostname").read_text()) and super().detect(volume)


class Greedy(Media):
    def detect(self, volume: Volume) -> bool:
        del volume
        return True


class Blind(Media):
    def detect(self, volume: Volume) -> bool:
        del volume
        return False


class Wordless(Media):
    typical_size = " "


class TestWithoutAnEngine:
    def test_a_type_that_reads_files_to_recognise_a_volume(self) -> None:
        with pytest.raises(AssertionError, match="open"):
            CHECKS.test_looking_at_a_volume_does_nothing_else(Reading, SAMPLE)

    def test_a_type_that_claims_everything(self) -> None:
        with pytest.raises(AssertionError):
            CHECKS.test_it_recognises_nothing_that_it_cannot_know(Greedy)
        with pytest.raises(AssertionError, match="postgres"):
            CHECKS.test_it_claims_no_volume_of_a_bundled_type(Greedy)

    def test_a_type_that_does_not_know_its_own_volume(self) -> None:
        with pytest.raises(AssertionError):
            CHECKS.test_it_recognises_its_sample(Blind, SAMPLE)

    def test_a_type_with_an_empty_column(self) -> None:
        with pytest.raises(AssertionError, match="typical_size"):
            CHECKS.test_every_column_of_the_inventory_says_something(Wordless)


class Swallowing(Media):
    """Keeps to itself that its producer failed."""

    def dump(self, source: Source) -> Iterable[Artifact]:
        def quietly(chunks: Iterator[bytes]) -> Iterator[bytes]:
            with contextlib.suppress(ProducerFailed):
                yield from chunks

        for artifact in super().dump(source):
            yield Artifact(artifact.name, artifact.media_type, quietly(iter(artifact.stream)))


class Trusting(Media):
    """Checks nothing."""

    def check(self, staging: Staging) -> None:
        del staging

    def verify(self, artifact: Artifact) -> None:
        for _ in artifact.stream:
            pass


class Hasty(Media):
    """Takes a stream that broke off for whole."""

    def load(self, staging: Staging, artifacts: Iterator[Artifact]) -> None:
        with contextlib.suppress(VolopsError):
            super().load(staging, artifacts)


class Forgetful(Media):
    """Finds what nobody planted."""

    def found(self, source: Source, token: str) -> bool:
        del source, token
        return True


class Writing(Media):
    """Writes into the live volume while it restores."""

    site: ClassVar[Site]

    def load(self, staging: Staging, artifacts: Iterator[Artifact]) -> None:
        super().load(staging, artifacts)
        with self.site.source() as source:
            source.writable_tree().run("sh", "-c", "echo mine >/volume/mine")


class Lossy(Media):
    """Restores all but one file, and thinks it well."""

    def load(self, staging: Staging, artifacts: Iterator[Artifact]) -> None:
        super().load(staging, artifacts)
        staging.tree().run("rm", "/volume/link")

    def check(self, staging: Staging) -> None:
        del staging


class TestOnTheEngine:
    @pytest.fixture(scope="class")
    @classmethod
    def sites(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
        with contextlib.closing(Sites(tmp_path_factory.mktemp("kit"))) as made:
            made.site(SAMPLE, Media)
            yield made

    @pytest.fixture
    def saved(self, sites: Sites) -> Saved:
        return sites.saved()

    @pytest.fixture
    def site(self, sites: Sites) -> Iterator[Site]:
        site = sites.site(SAMPLE, Media)
        yield site
        site.volume_type = Media

    def test_a_type_that_hides_a_failed_producer(self, site: Site, saved: Saved) -> None:
        CHECKS.test_live_a_producer_that_fails_raises_when_its_stream_ends(site, saved)
        site.volume_type = Swallowing
        with pytest.raises(FAILS):
            CHECKS.test_live_a_producer_that_fails_raises_when_its_stream_ends(site, saved)

    def test_a_type_that_accepts_other_data(self, site: Site, saved: Saved) -> None:
        site.volume_type = Trusting
        with pytest.raises(FAILS):
            CHECKS.test_live_check_refuses_other_data(site, saved)

    def test_a_type_that_accepts_half_an_artifact(self, site: Site, saved: Saved) -> None:
        site.volume_type = Trusting
        with pytest.raises(AssertionError, match="bytes are taken"):
            CHECKS.test_live_an_artifact_that_is_cut_off_is_corrupt(site, saved)

    def test_a_type_that_takes_a_broken_stream_for_whole(self, site: Site, saved: Saved) -> None:
        site.volume_type = Hasty
        with pytest.raises(FAILS):
            CHECKS.test_live_a_stream_that_ends_early_is_not_taken_for_whole(site, saved)

    def test_a_type_that_finds_what_is_not_there(self, site: Site, saved: Saved) -> None:
        site.volume_type = Forgetful
        with pytest.raises(AssertionError):
            CHECKS.test_live_a_planted_datum_is_found_after_a_restart(site, saved)

    def test_a_type_that_touches_the_live_volume(self, site: Site, saved: Saved) -> None:
        Writing.site, site.volume_type = site, Writing
        try:
            with pytest.raises(AssertionError):
                CHECKS.test_live_a_restore_that_fails_leaves_the_volume_as_it_was(site, saved)
        finally:
            site.start()

    def test_a_secret_that_somebody_could_read(self, site: Site, saved: Saved) -> None:
        CHECKS.test_live_nobody_can_read_a_secret(site, saved)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(type(SAMPLE), "secrets", ("volops-proc",))
            site.witness.seen["a program started on the engine"].add("login --password volops-proc")
            with pytest.raises(AssertionError, match="a program started on the engine"):
                CHECKS.test_live_nobody_can_read_a_secret(site, saved)

    def test_a_helper_that_stays(self, site: Site, saved: Saved, monkeypatch: pytest.MonkeyPatch) -> None:
        CHECKS.test_live_no_helper_is_left(site, saved)
        engine = site.workspace.engine
        left = engine.start_helper(HelperSpec(SAMPLE.image, HOLD))
        monkeypatch.setattr("volops.testing.conformance.live._PATIENCE_S", 0.5)
        try:
            with pytest.raises(AssertionError, match="are left"):
                CHECKS.test_live_no_helper_is_left(site, saved)
        finally:
            engine.remove_container(left)

    def test_a_round_trip_that_loses_something(self, site: Site, saved: Saved) -> None:
        site.restore(saved.entry, Lossy)
        lost = Saved(saved.entry, saved.contents, saved.other, saved.changed, SAMPLE.contents(site.service))
        with pytest.raises(AssertionError):
            CHECKS.test_live_a_round_trip_brings_everything_back(lost)
