"""One live volume as its type sees it: the containers that use it, and the helpers opened on its behalf."""

from volops.source.live import LiveSource
from volops.source.surroundings import BASE_IMAGES, Surroundings, look_around

__all__ = ["BASE_IMAGES", "LiveSource", "Surroundings", "look_around"]
