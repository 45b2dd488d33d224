"""For tests, ours and those of plugin authors: an engine in memory, and what every engine must do.

`volops.testing.engine_conformance` needs pytest.
"""
