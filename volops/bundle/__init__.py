"""One file to carry a backup about: writing it, and reading it with distrust."""

from volops.bundle.reading import unpacked
from volops.bundle.scratch import beside
from volops.bundle.writing import Bundled, default_name, write_bundle

__all__ = ["Bundled", "beside", "default_name", "unpacked", "write_bundle"]
