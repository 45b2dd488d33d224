"""Each check of the kit on the engine fails for a type that breaks what it holds."""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from volops_plugins.media import Media

from tests.plugins.samples import Uploads
from volops import (
    Artifact,
    CheckFailed,
    ProducerFailed,
    Removal,
    Source,
    Staging,
    VolopsError,
)
from volops.catalog import Catalog
from volops.engine import HelperSpec
from volops.store import LocalStore
from volops.testing.conformance import VolumeTypeConformance
from volops.testing.conformance.site import Saved, Site, record_of
from volops.testing.conformance.sites import Sites
from volops.testing.engine_site import HOLD

SAMPLE = Uploads()
CHECKS = VolumeTypeConformance()
FAILS = (AssertionError, pytest.fail.Exception)


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


class Vengeful(Media):
    """Writes into the live volume when an artifact breaks off while it restores."""

    site: ClassVar[Site]

    def load(self, staging: Staging, artifacts: Iterator[Artifact]) -> None:
        try:
            super().load(staging, artifacts)
        except VolopsError:
            with self.site.source() as source:
                source.writable_tree().run("sh", "-c", "echo mine >/volume/mine")
            raise


class Forgetting(Media):
    """Cannot load what its earlier version wrote."""

    earlier: ClassVar[Mapping[str, Any]]

    def load(self, staging: Staging, artifacts: Iterator[Artifact]) -> None:
        if staging.facts == self.earlier:
            raise CheckFailed("this was written by an earlier version")
        super().load(staging, artifacts)


class Sweeping(Media):
    """Deletes when it is asked what would go."""

    def clean(self, source: Source) -> Iterable[Removal]:
        source.writable_tree().run("rm", "-f", "/volume/link")
        return super().clean(source)


class Sparing(Media):
    """Has nothing to clean."""

    def clean(self, source: Source) -> Iterable[Removal]:
        del source
        return ()


class Leaking(Media):
    """Tells its secret, each time another way."""

    way: ClassVar[str]
    secret: ClassVar[str]

    def dump(self, source: Source) -> Iterable[Artifact]:
        if self.way == "a program started on the engine":
            source.service().run("true", self.secret)
        if self.way == "an event":
            source.warn(f"logged in with {self.secret}")
        if self.way == "a log":
            logging.getLogger("volops_media.session").debug("logged in with %s", self.secret)
        if self.way == "a file's name":
            yield Artifact(f"{self.secret}.bin", "application/octet-stream", iter([b"whole"]))
        yield from map(self._let_through, super().dump(source))

    def facts(self, source: Source) -> Mapping[str, Any]:
        told = {"password": self.secret} if self.way == "the manifest" else {}
        return {**super().facts(source), **told}

    def _let_through(self, artifact: Artifact) -> Artifact:
        def told() -> Iterator[bytes]:
            try:
                yield from artifact.stream
            except ProducerFailed as error:
                raise ProducerFailed(f"logged in with {self.secret}, and then: {error}") from error

        broken = self.way == "the message of an error"
        return Artifact(artifact.name, artifact.media_type, told() if broken else artifact.stream)


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

    @pytest.mark.parametrize(
        "way",
        [
            "a program started on the engine",
            "an event",
            "a log",
            "the message of an error",
            "the manifest",
            "a file's name",
        ],
    )
    def test_a_type_that_lets_its_secret_be_seen(
        self, way: str, site: Site, saved: Saved, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        secret = f"5ecret-{len(way)}-{way.split()[-1]}"
        monkeypatch.setattr(type(SAMPLE), "secrets", (secret,))
        CHECKS.test_live_nobody_can_read_a_secret(site, saved)
        monkeypatch.setattr(Leaking, "way", way, raising=False)
        monkeypatch.setattr(Leaking, "secret", secret, raising=False)
        site.volume_type = Leaking
        with site.witness.watching():
            entry = site.backup(Leaking)
        leaked = Saved(entry, saved.contents, saved.other, saved.changed, saved.restored)
        where = "the manifest" if way == "a file's name" else way
        with pytest.raises(AssertionError, match=where):
            CHECKS.test_live_nobody_can_read_a_secret(site, leaked)

    def test_a_type_that_writes_into_the_live_volume_when_an_artifact_breaks_off(
        self, site: Site, saved: Saved
    ) -> None:
        Vengeful.site, site.volume_type = site, Vengeful
        try:
            with pytest.raises(AssertionError):
                CHECKS.test_live_a_restore_that_fails_leaves_the_volume_as_it_was(site, saved)
        finally:
            site.start()

    def test_a_type_that_cannot_load_what_its_earlier_version_wrote(
        self, site: Site, saved: Saved, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert SAMPLE.recorded is not None
        (recorded,) = Catalog(LocalStore(SAMPLE.recorded)).entries()
        monkeypatch.setattr(Forgetting, "earlier", record_of(recorded).facts, raising=False)
        site.volume_type = Forgetting
        with pytest.raises(CheckFailed, match="an earlier version"):
            CHECKS.test_live_backups_of_earlier_versions_are_restored(site, saved)

    def test_a_sample_without_the_backups_that_it_names(
        self, site: Site, saved: Saved, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(type(SAMPLE), "recorded", tmp_path)
        with pytest.raises(AssertionError, match="no backup in `recorded`"):
            CHECKS.test_live_backups_of_earlier_versions_are_restored(site, saved)

    def test_a_damaged_backup_that_is_restored(
        self, site: Site, saved: Saved, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = site.directory / "backups" / saved.other.name
        shutil.copytree(kept, whole := site.directory / "whole")
        monkeypatch.setattr(Site, "restore", lambda *_: None)
        try:
            with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
                CHECKS.test_live_a_damaged_backup_is_refused(site, saved)
        finally:
            shutil.rmtree(kept)
            whole.rename(kept)

    @pytest.mark.parametrize("cls", [Sweeping, Sparing])
    def test_a_type_whose_plan_of_cleaning_is_none(
        self, cls: type[Media], site: Site, saved: Saved, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(site, "volume_type", cls)
        check = CHECKS.test_live_a_plan_of_cleaning_changes_nothing_and_carried_out_leaves_nothing
        try:
            with pytest.raises(AssertionError):
                check(site, saved)
        finally:
            site.volume_type = Media
            site.restore(saved.entry)
            site.start()

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
