"""What every volume type must do, as tests: subclass VolumeTypeConformance and give it two fixtures.

    class TestLedger(VolumeTypeConformance):
        @pytest.fixture
        def volume_type(self) -> type[VolumeType]:
            return Ledger

        @pytest.fixture
        def sample(self) -> Sample:
            return LedgerSample()

The plugin must be installed, as its users have it. Checks whose names begin with `test_live_` need a Docker
engine and compose; they bear the marker `volops_live`, and `pytest -m "not volops_live"` runs the others.
docs/plugins/testing.md tells what each one holds.
"""

from volops.testing.conformance.live import LiveChecks
from volops.testing.conformance.overriding import departs
from volops.testing.conformance.sample import Sample
from volops.testing.conformance.site import Saved, Site

__all__ = ["Sample", "Saved", "Site", "VolumeTypeConformance", "departs"]


class VolumeTypeConformance(LiveChecks):
    """Subclass it in a class whose name begins with Test, with fixtures `volume_type` and `sample`. Tests of
    your own in it may use the fixtures `site`, the sample's stack, and `saved`, what was backed up of it.

    A check that is overridden, or set to None, fails the import of the test module, unless it is marked
    with `@departs("why")`.
    """
