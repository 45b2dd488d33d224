"""Every scenario of the feature files beside this module is a test, in the order in which they are read."""

from pathlib import Path

from pytest_bdd import scenarios

_HERE = str(Path(__file__).parent)

for _feature in ("persistence", "recovery", "cleanup"):
    scenarios(f"{_feature}.feature", features_base_dir=_HERE)
