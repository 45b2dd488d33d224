"""Steps about bundles, and about archives that people made before there was volops."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from pytest_bdd import given, parsers, then

from features.world import bundles
from features.world.holdings import Holdings, holdings
from features.world.project import Project
from features.world.trees import live_tree
from volops.testing.report.records import Recorder

_FRACTION = re.compile(r"(?<=\d)\.\d+")
_CHANGES: dict[str, Callable[[Path], None]] = {
    "a flipped bit": bundles.flip_bit,
    "a receipt that would be written elsewhere": bundles.elsewhere,
    "a receipt that links to the machine": bundles.link_to_the_machine,
    "a file that its manifest does not know": bundles.stow_away,
}


@given(parsers.re(r"a bundle of it with (?P<what>.*)$"))
def changed_bundle(what: str, project: Project) -> None:
    run = project.run("volops bundle latest --output bundle.tar.gz")
    assert run.code == 0, run.output
    _CHANGES[what](project.directory / "bundle.tar.gz")


@given(parsers.parse('an archive "{name}" of it, made as the script of old did'))
def old_archive(name: str, project: Project) -> None:
    """Without what an earlier restore keeps: it is in the volume, and the script takes all of that."""
    project.run("volops commit --yes")
    bundles.archive_of(project, name)


@then(parsers.parse('the database "{database}" holds what was written down'))
def database_again(database: str, written: Holdings, project: Project, recorder: Recorder) -> None:
    now = holdings(project, ())
    now.show(recorder)
    place = f"db/{database}"
    for what in ("tables", "sequences", "rights"):
        assert getattr(now, what)[place] == getattr(written, what)[place]


@then("the files are what was written down, to the second")
def files_again(written: Holdings, project: Project) -> None:
    """tar without further options keeps neither fractions of seconds nor attributes."""
    for volume in written.trees:
        same_to_the_second(volume, written, project)


def same_to_the_second(volume: str, written: Holdings, project: Project) -> None:
    """A volume of files holds what was written down of it; plain tar keeps no fractions of seconds."""
    now, tree = live_tree(project, volume), written.trees[volume]
    assert now.digests == tree.digests
    assert _to_the_second(now.entries) == _to_the_second(tree.entries)


def _to_the_second(entries: Mapping[str, str]) -> dict[str, str]:
    return {path: _FRACTION.sub("", what) for path, what in entries.items()}
