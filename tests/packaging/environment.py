"""A clean environment into which wheels are installed, without a registry and without the source tree."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_SOURCE = ("PYTHONPATH", "VIRTUAL_ENV", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST")


@dataclass(frozen=True)
class Environment:
    """A virtual environment of its own."""

    directory: Path

    def run(self, program: str, *arguments: str, cwd: Path, ok: Iterable[int] = (0,)) -> str:
        """What one of its programs prints, standard error included."""
        done = subprocess.run(
            [str(self.directory / "bin" / program), *arguments],
            cwd=cwd,
            env={**clean_variables(), "PATH": f"{self.directory / 'bin'}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode in ok, f"{program} {' '.join(arguments)}:\n{done.stdout}"
        return done.stdout

    def install(self, *wheels: Path) -> None:
        """Install wheels and nothing else."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.directory / "bin" / "python"), "--quiet"]
        options = ["--no-index", "--no-deps", "--force-reinstall", "--disable-pip-version-check"]
        _tell([*pip, "install", *options, *map(str, wheels)], ROOT)


def build(source: Path, into: Path) -> Path:
    """The wheel of a distribution, built by the hatchling of the environment that the tests run in."""
    before = set(into.glob("*.whl"))
    _tell([sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(into)], source)
    (wheel,) = set(into.glob("*.whl")) - before
    return wheel


def environment(directory: Path) -> Environment:
    """A new one that has what volops, pytest and the gate need, and neither volops nor any plugin of it.

    What they need is linked from the environment that the tests run in: the locked packages, which no
    registry has to be asked for again.
    """
    venv.create(directory / "env", with_pip=False, symlinks=True)
    (site,) = (directory / "env" / "lib").glob("python3*/site-packages")
    links = directory / "links"
    links.mkdir()
    used = ("pytest", "pytest-bdd", "pytest-html")
    for name in {*used}.union(_needed("volops"), *map(_needed, used)):
        _link(metadata.distribution(name), links)
    (site / "locked-packages.pth").write_text(f"{links}\n")
    return Environment(directory / "env")


def clean_variables() -> dict[str, str]:
    """This process's variables without those that lead to the source tree or to another project."""
    left_out = (*_SOURCE, "COMPOSE_", "VOLOPS_")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


def _needed(name: str, seen: frozenset[str] = frozenset()) -> set[str]:
    """What the distribution requires, what that requires, and so on, as far as it is installed."""
    found: set[str] = set()
    for line in metadata.requires(name) or []:
        required = _NAME.match(line)
        if required is None or "extra ==" in line or required[0] in seen:
            continue
        try:
            metadata.distribution(required[0])
        except metadata.PackageNotFoundError:
            continue
        found |= {required[0]} | _needed(required[0], seen | found | {required[0]})
    return found


def _link(distribution: metadata.Distribution, links: Path) -> None:
    tops = {file.parts[0] for file in distribution.files or [] if file.parts[0] not in ("..", "__pycache__")}
    for top in tops:
        if not (links / top).exists():
            (links / top).symlink_to(Path(str(distribution.locate_file(top))))


def _tell(argv: list[str], cwd: Path) -> None:
    done = subprocess.run(argv, cwd=cwd, env=clean_variables(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{argv}:\n{done.stdout}{done.stderr}"
