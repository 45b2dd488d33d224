"""Nobody takes a check out of the kit in silence."""

from __future__ import annotations

import pytest

from volops.testing.conformance import VolumeTypeConformance, departs

CHECK = "test_live_no_helper_is_left"


def other(self: object) -> None:
    """A check that looks at nothing."""
    del self


def test_an_override_without_a_reason_fails() -> None:
    with pytest.raises(TypeError, match=f"Tamed overrides the check {CHECK} without saying why"):
        type("Tamed", (VolumeTypeConformance,), {CHECK: other})


def test_taking_a_check_away_fails() -> None:
    with pytest.raises(TypeError, match=CHECK):
        type("Tamed", (VolumeTypeConformance,), {CHECK: None})


def test_an_override_by_another_base_fails() -> None:
    mixin = type("Mixin", (), {CHECK: other})
    with pytest.raises(TypeError, match=CHECK):
        type("Tamed", (mixin, VolumeTypeConformance), {})


def test_a_class_below_one_that_gave_its_reason_needs_none_of_its_own() -> None:
    reasoned = departs("its helpers live in another engine")(lambda _: None)
    below = type("First", (VolumeTypeConformance,), {CHECK: reasoned})
    type("Second", (below,), {})
    with pytest.raises(TypeError, match=CHECK):
        type("Third", (below,), {CHECK: other})


@pytest.mark.parametrize("reason", ["", "   ", "because"])
def test_a_reason_is_a_sentence(reason: str) -> None:
    with pytest.raises(ValueError, match="say why"):
        departs(reason)


def test_tests_of_ones_own_are_welcome() -> None:
    type("Richer", (VolumeTypeConformance,), {"test_of_my_own": other})
