"""A backup opened for a restore: a bundle is unpacked first, everything else is as it lies."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from volops.bundle import beside, unpacked
from volops.catalog import Entry
from volops.errors import ArtifactCorrupt, HostileArchive, ManifestInvalid, RestoreRefused, StoreFull
from volops.workspace import Workspace


@contextlib.contextmanager
def opened_for_restore(workspace: Workspace, entry: Entry) -> Iterator[Entry]:
    """The entry to restore from, for as long as the context lasts.

    Raises RestoreRefused when it cannot be opened: nothing has been touched then.
    """
    with contextlib.ExitStack() as stack:
        try:
            opened = stack.enter_context(unpacked(entry, beside(workspace.catalog.store)))
        except (ArtifactCorrupt, HostileArchive, ManifestInvalid, StoreFull) as error:
            raise RestoreRefused(error.message, next_step=error.next_step) from error
        yield opened
