"""Steps of the acceptance criteria and of the matrix: what was put in, what happened, what is left."""

from __future__ import annotations

import re

from pytest_bdd import given, parsers, then, when

from features.world.aftermath import Aftermath, Aftermaths
from features.world.cleanup import QUESTION, Cleanup, remains
from features.world.commands import Run
from features.world.engine import Container
from features.world.following import AGREED, Followed
from features.world.project import Project
from features.world.pruning import TITLE, Pruned
from features.world.schema import Change, shown_migrations
from features.world.survival import PRESERVED
from features.world.terminal import Terminal
from volops.testing.report.records import Recorder

_PUT_IN = "|".join(
    (
        "I create data in the application",
        "I update the database schema",
        "I upload a file by the form",
        "data of every kind is there",
    )
)
_SAVED = ("Database", "Media", "Static", "Cache")


@when(parsers.re(rf'(?:{_PUT_IN}), and then there is "(?P<what>.*)"$'), target_fixture="aftermath")
def afterwards(what: str, aftermaths: Aftermaths) -> Aftermath:
    """All of these are put in, whichever is meant; what was done once is told to all who ask."""
    return aftermaths.of(what)


@then("my data is still present")
def data_present(aftermath: Aftermath) -> None:
    for kind in ("Database", "Cache"):
        assert aftermath.of(kind).outcome == PRESERVED, aftermath.of(kind)


@then("I am still signed in")
def still_signed_in(aftermath: Aftermath) -> None:
    assert aftermath.visitor == aftermath.planted.name


@then("my file is served as I uploaded it, byte for byte")
def file_served(aftermath: Aftermath) -> None:
    assert aftermath.of("Media").outcome == PRESERVED, aftermath.of("Media")


@then("my table, its rows and the history of migrations are what they were")
def schema_preserved(aftermath: Aftermath, recorder: Recorder) -> None:
    before, after = aftermath.schema
    recorder.table("columns of the new table", ["name", "type"], after.columns)
    recorder.table("migrations", ["name", "applied"], after.history)
    digests = [[what, before.digest(what), after.digest(what)] for what in ("columns", "rows", "history")]
    recorder.table("sha256 of them", ["what", "before", "after"], digests)
    assert before.columns
    assert before.rows
    assert after == before


@then("every migration is applied")
def all_applied(aftermath: Aftermath) -> None:
    assert aftermath.unapplied == ()


@when(parsers.parse('I reset my environment after "{what}"'), target_fixture="cleanup")
def reset(what: str, aftermaths: Aftermaths) -> Cleanup:
    """By the cleanup command, in the state that this leaves; a backup was made before."""
    return aftermaths.cleanup_after(what)


@then("the wrong phrase changes nothing")
def refused(cleanup: Cleanup) -> None:
    assert "WARNING" in cleanup.refused.output
    assert "nothing was changed" in cleanup.refused.output
    assert cleanup.refused.code == 1
    assert cleanup.changed == ()


@then("the right one removes all: no container, network or volume is left")
def all_removed(cleanup: Cleanup) -> None:
    assert cleanup.cleaned.code == 0, cleanup.cleaned.output
    assert cleanup.left == ()


@then("the backup brings all of it back")
def all_back(cleanup: Cleanup, recorder: Recorder) -> None:
    rows = [[one.kind, one.asked, one.put_in, one.answered, one.outcome] for one in cleanup.answers]
    recorder.table("after the restore", ["kind", "asked", "put in", "answered", "outcome"], rows)
    saved = {one.kind: one.outcome for one in cleanup.answers if one.kind in _SAVED}
    assert saved == dict.fromkeys(_SAVED, PRESERVED)


@when(
    parsers.parse(f'I follow "{TITLE}" on an engine where there are things that nobody needs'),
    target_fixture="pruned",
)
def pruned_by_the_document(aftermaths: Aftermaths) -> Pruned:
    return aftermaths.pruned()


@then("what nobody needs is gone")
def unused_gone(pruned: Pruned) -> None:
    assert {one.partition(" ")[0] for one in pruned.unused} == {"container", "network", "image", "volume"}
    assert pruned.left == ()


@then("every service goes on, with its database, uploads and static files")
def used_stays(pruned: Pruned) -> None:
    before, now = ({one.service: one.id for one in found} for found in (pruned.services, pruned.running))
    assert before == now
    assert {(one.state, one.health) for one in pruned.running} == {("running", "healthy")}
    kept = {one.kind: one.outcome for one in pruned.answers if one.kind in ("Database", "Media", "Static")}
    assert kept == {"Database": PRESERVED, "Media": PRESERVED, "Static": PRESERVED}


@then(parsers.parse('the kind "{data}" is "{outcome}"'))
def outcome_of(data: str, outcome: str, aftermath: Aftermath) -> None:
    assert aftermath.of(data).outcome == outcome, aftermath.of(data)


@given("I have written a new model, and the backend runs on it", target_fixture="change")
def new_model(project: Project) -> Change:
    change = Change()
    change.write(project)
    assert not change.seen(project).columns
    return change


@given("the container of the backend is known", target_fixture="container")
def known_container(project: Project) -> Container:
    return project.container("backend")


@then("the backend runs in another container than before")
def another_container(container: Container, project: Project) -> None:
    assert project.container("backend").id != container.id


@then("the table of my model is there, and its migration in the history")
def change_applied(change: Change, project: Project, recorder: Recorder) -> None:
    change.use(project)
    seen = change.seen(project)
    recorder.table(change.table, ["column", "type"], seen.columns)
    assert [column for column, _ in seen.columns] == ["colour", "id", "title"]
    assert len(seen.rows) == 1
    assert f"fieldnotes.{change.migration}" in [name for name, _ in seen.history]


@then(parsers.parse('every migration is shown as "[X]" applied, mine too'))
def shown_applied(change: Change, project: Project, run: Run) -> None:
    shown = shown_migrations(project)
    assert f"[X] {change.migration}" in shown
    assert all(line.startswith("[X]") for line in shown)
    assert f"[X] {change.migration}" in run.output


@then("the volume was listed with the same files before and after")
def same_listing(run: Followed) -> None:
    first, second = (_in_the_volume(one.output) for one in run.runs if "ls -la" in one.line)
    assert first == second
    assert any(line.endswith(" uploads") for line in first)


def _in_the_volume(listing: str) -> list[str]:
    """The lines of a listing, less "..": the root of the container that lists, and as old as it."""
    return [line for line in listing.splitlines() if not line.endswith(" ..")]


@then(parsers.parse('"{command}" listed no volume'))
def listed_none(command: str, run: Followed) -> None:
    (listing,) = [one for one in run.runs if one.line.startswith(command)]
    assert listing.output.split() == ["DRIVER", "VOLUME", "NAME"]


@then(parsers.parse('"{command}" listed a file "{beginning}" and the time'))
def listed_file(command: str, beginning: str, run: Followed) -> None:
    (listing,) = [one for one in run.runs if one.line.startswith(command)]
    assert re.search(rf" {beginning}\d{{8}}_\d{{6}}\.tar\.gz$", listing.output, re.MULTILINE)


@then("no container, network or volume of the project is left")
def nothing_of_it(project: Project, recorder: Recorder) -> None:
    left = remains(project)
    recorder.table("left on the engine", ["what"], [[one] for one in left])
    assert left == []


@when(parsers.re(r'I run "(?P<line>[^"]*)" and type "(?P<typed>[^"]*)"$'), target_fixture="run")
def run_and_type(line: str, typed: str, project: Project, recorder: Recorder) -> Run:
    project.look_around()
    with Terminal(project.directory, project.environment) as terminal:
        run = terminal.run(line, {QUESTION: [typed], AGREED: [typed]})
    recorder.show(run.exhibit())
    return run
