"""Fixtures that tests of several modules share."""

from tests.live import engine, image, new_volume, volume

__all__ = ["engine", "image", "new_volume", "volume"]
