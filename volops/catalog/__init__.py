"""The catalog: which backups there are, and how one comes to be among them."""

from volops.catalog.bundled import bundled_manifest
from volops.catalog.catalog import LATEST, Catalog
from volops.catalog.draft import Draft
from volops.catalog.entry import Entry, EntryState
from volops.catalog.verification import Verification

__all__ = ["LATEST", "Catalog", "Draft", "Entry", "EntryState", "Verification", "bundled_manifest"]
