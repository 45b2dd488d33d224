"""For tests, ours and those of plugin authors: what every volume type must do (`volops.testing.conformance`),
what every engine must do, and an engine in memory.

The conformance classes need pytest.
"""

import contextlib

with contextlib.suppress(ImportError):
    import pytest

    # Else pytest would say of a failed check there only that it failed.
    pytest.register_assert_rewrite(
        "volops.testing.engine_conformance", "volops.testing.helper_conformance", "volops.testing.conformance"
    )
