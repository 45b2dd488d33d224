"""One file to carry a backup about: writing it, and reading it with distrust."""

from volops.bundle.old_archives import OldArchive, Part, looks_like_an_archive, opened_archive
from volops.bundle.reading import unpacked
from volops.bundle.scratch import beside
from volops.bundle.writing import Bundled, default_name, write_bundle

__all__ = [
    "Bundled",
    "OldArchive",
    "Part",
    "beside",
    "default_name",
    "looks_like_an_archive",
    "opened_archive",
    "unpacked",
    "write_bundle",
]
