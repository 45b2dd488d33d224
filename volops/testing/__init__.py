"""For tests, ours and those of others: an engine in memory, what every engine must do, and the acceptance
criteria for any stack.

`volops.testing.engine_conformance` needs pytest.
"""

import contextlib

with contextlib.suppress(ImportError):
    import pytest

    # Else pytest would say of a failed check there only that it failed.
    pytest.register_assert_rewrite(
        "volops.testing.acceptance", "volops.testing.engine_conformance", "volops.testing.helper_conformance"
    )
