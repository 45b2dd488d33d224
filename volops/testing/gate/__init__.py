"""A compose project copied so that acceptance scenarios can do with the copy what they like."""

from volops.testing.gate.copying import StackCopy, StackNotWell
from volops.testing.gate.isolation import Isolated, Place, isolate
from volops.testing.gate.making import copied, require_safe
from volops.testing.gate.original import Original, StackRefused, read_original
from volops.testing.gate.planting import Planted, find, kept_files, plant, plantable

__all__ = [
    "Isolated",
    "Original",
    "Place",
    "Planted",
    "StackCopy",
    "StackNotWell",
    "StackRefused",
    "copied",
    "find",
    "isolate",
    "kept_files",
    "plant",
    "plantable",
    "read_original",
    "require_safe",
]
