"""In which order a person reads the features: what matters most comes first."""

from __future__ import annotations

from pathlib import Path

_FIRST = (
    "ac1_data",
    "ac2_schema",
    "ac3_uploads",
    "ac4_cleanup",
    "protection",
    "full_backup",
    "restore",
    "restore_safety",
    "bundle",
    "recovery",
    "verification",
    "proof",
    "clean",
    "interruption",
    "any_stack",
    "gate",
    "database_backup",
    "selection",
    "fidelity",
    "secrets",
    "stopped_stack",
    "storage",
    "readme",
    "document",
    "troubleshooting",
    "bad_input",
    "plugins",
    "inventory",
    "services",
    "output",
)


def reading_order(feature: Path) -> tuple[int, str]:
    """A key to sort feature files by; those not named here come last, by their names."""
    rank = _FIRST.index(feature.stem) if feature.stem in _FIRST else len(_FIRST)
    return rank, feature.stem
