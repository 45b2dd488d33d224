"""What the inventory needs of every type."""

from __future__ import annotations

from volops.plugins.contract import check_volume_type
from volops.volume_type import VolumeType


def assert_columns(volume_type: type[VolumeType]) -> None:
    """Every column is filled, and fits one line of a table."""
    assert check_volume_type(volume_type) is volume_type
    texts = (volume_type.summary, volume_type.typical_size, volume_type.backup_priority, volume_type.icon)
    for text in (*texts, *volume_type.data_included, *volume_type.guarantees):
        assert text
        assert "\n" not in text
    assert volume_type.data_included
    assert volume_type.guarantees
