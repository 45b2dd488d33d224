"""What one conformance class has on the engine: made once, for all its checks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from volops.errors import VolopsError
from volops.testing.conformance.recording import keep
from volops.testing.conformance.sample import Sample
from volops.testing.conformance.site import Saved, Site
from volops.volume_type import VolumeType


class Sites:
    """The site of one conformance class, made when first asked for. What failed once is not tried again for
    each of the checks. The backup of the sample is put below `record`, for later versions."""

    def __init__(self, directory: Path, *, record: Path | None = None) -> None:
        self._directory = directory
        self._record = record
        self._site: Site | None = None
        self._saved: Saved | None = None
        self._failure: Exception | None = None

    def site(self, sample: Sample, volume_type: type[VolumeType]) -> Site:
        """The site, running."""
        if self._site is None:
            self._site = Site(self._directory, sample, volume_type)
            self._once(self._site.up)
        self._raise()
        return self._site

    def saved(self) -> Saved:
        """What every check works on."""
        if self._saved is None and self._failure is None:
            assert self._site is not None
            self._once(self._save)
        self._raise()
        assert self._saved is not None
        return self._saved

    def close(self) -> None:
        """Remove all of it."""
        if self._site is not None:
            self._site.gone()

    def _save(self) -> None:
        assert self._site is not None
        self._saved = self._site.saved()
        if self._record:
            keep(self._saved.entry, self._record / self._site.volume_type.name)

    def _once(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (AssertionError, VolopsError) as error:
            self._failure = error

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure
