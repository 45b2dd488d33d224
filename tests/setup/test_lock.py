"""requirements.lock: complete, checked by digests, and free of the machine it was made on."""

from __future__ import annotations

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.setup.made_up_machine import CHECKOUT

LOCK = (CHECKOUT / "requirements.lock").read_text()
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]


def locked() -> dict[str, tuple[Requirement, int]]:
    """Every requirement of the lock by its name, with the number of its digests."""
    logical_lines = re.sub(r"#.*\n", "\n", LOCK).replace("\\\n", " ").splitlines()
    entries: dict[str, tuple[Requirement, int]] = {}
    for line in filter(str.strip, logical_lines):
        requirement = Requirement(line.split("--hash")[0].strip())
        entries[canonicalize_name(requirement.name)] = (
            requirement,
            len(re.findall(r"--hash=sha256:[0-9a-f]{64}(?:\s|$)", line)),
        )
    return entries


def test_every_version_is_exact_and_has_digests() -> None:
    for name, (requirement, digests) in locked().items():
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), name
        assert digests > 0, name


def test_it_names_no_place_to_fetch_from() -> None:
    assert "://" not in LOCK
    assert re.findall(r"^\s*(-i|-f|--index-url|--extra-index-url|--find-links)\b", LOCK, re.M) == []


def test_it_has_what_the_project_asks_for() -> None:
    entries = locked()
    for wanted in map(Requirement, PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]):
        assert canonicalize_name(wanted.name) in entries, f"{wanted}: run `make lock`"
        requirement, _ = entries[canonicalize_name(wanted.name)]
        (pin,) = requirement.specifier
        assert wanted.specifier.contains(pin.version), f"{wanted}: run `make lock`"


def test_it_can_be_installed_on_every_python_we_support() -> None:
    """A marker on the version of Python would mean a package that some of them do without."""
    for name, (requirement, _) in locked().items():
        assert "python_version" not in str(requirement.marker or ""), name
