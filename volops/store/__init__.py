"""Where backups live."""

from volops.store.interface import LOOSE, LOOSE_MANIFEST, Store, Upload
from volops.store.local import LocalStore

__all__ = ["LOOSE", "LOOSE_MANIFEST", "LocalStore", "Store", "Upload"]
