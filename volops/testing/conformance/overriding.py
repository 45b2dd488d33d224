"""Whoever overrides a check says why: else a suite could pass because it is no longer there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Check = TypeVar("Check", bound=Callable[..., Any])
_REASON = "__volops_departs__"
_SHORTEST = 10


def departs(reason: str) -> Callable[[Check], Check]:
    """Mark a check that takes the place of one of the kit's, with the reason, a sentence for a reader.

    Raises ValueError when that is no sentence.
    """
    if len(reason.strip()) < _SHORTEST:
        raise ValueError(f"say why the check is overridden: {reason!r} tells nobody")

    def mark(check: Check) -> Check:
        setattr(check, _REASON, reason)
        return check

    return mark


class Checks:
    """Base of conformance classes. The checks are its methods, and those of the classes of the kit below it,
    whose names begin with `test_`."""

    def __init_subclass__(cls, **more: Any) -> None:
        """Raise TypeError for a check that is overridden without a reason, wherever the other comes from."""
        super().__init_subclass__(**more)
        if _of_the_kit(cls):
            return
        checks = {
            name: each
            for base in reversed(cls.__mro__)
            if _of_the_kit(base)
            for name, each in vars(base).items()
            if name.startswith("test_")
        }
        for name, check in checks.items():
            found = getattr(cls, name)
            if found is not check and not getattr(found, _REASON, ""):
                raise TypeError(
                    f"{cls.__qualname__} overrides the check {name} without saying why: "
                    'mark it with @departs("the reason")'
                )


def _of_the_kit(cls: type) -> bool:
    return cls.__module__.startswith("volops.testing.")
