"""A plugin whose own requirement is missing."""

import a_library_that_nobody_has  # type: ignore[import-not-found]

print(a_library_that_nobody_has)  # noqa: T201
