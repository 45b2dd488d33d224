"""For tests, ours and those of plugin authors: an engine in memory, and what every engine must do.

`volops.testing.engine_conformance` needs pytest.
"""

import contextlib

with contextlib.suppress(ImportError):
    import pytest

    # Else pytest would say of a failed check there only that it failed.
    pytest.register_assert_rewrite("volops.testing.engine_conformance", "volops.testing.helper_conformance")
