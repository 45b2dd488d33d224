"""What is left after something was done to the sample stack: tried once each, and told to every scenario
that asks. A stack that is put up again for each of 35 cells would take an hour."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from features.world import engine, schema
from features.world.application import address_of
from features.world.cleanup import Cleanup, clean_up
from features.world.crashing import all_anew, kill_everything
from features.world.notes import Notes, Tried
from features.world.private_engine import INNER_PORT, PrivateEngine, private_engine
from features.world.project import Project
from features.world.pruning import Pruned, prune
from features.world.schema import Change, Schema
from features.world.stacks import Stack
from features.world.survival import REMOVED, Answer, Planted, ask, plant, signed_in
from features.world.waiting import wait_for
from volops.testing.report.records import Recorder

_UP = "docker compose up --detach --wait"
_DOWN, _RESTART, _ANEW = "docker compose down", "./docker-dev.sh restart", "docker compose up --build"
_CRASH, _ENGINE = "kill -9 of every process", "a restart of the engine"
_COMMANDS: dict[str, tuple[str, ...]] = {
    _DOWN: (_DOWN, _UP),
    # In the foreground it would go on until Ctrl-C; every container is made anew, as after a change of each.
    _ANEW: (f"{_UP} --build --force-recreate",),
    _RESTART: (_RESTART,),
    _CRASH: (),
    "./docker-dev.sh clean": ("./docker-dev.sh clean", _UP),
    "./docker-dev.sh clean-logs": ("./docker-dev.sh clean-logs --yes",),
    "./docker-dev.sh clean-cache": ("./docker-dev.sh clean-cache --yes",),
    "./docker-dev.sh clean-all": ("./docker-dev.sh clean-all --yes-delete-everything", _UP),
    "docker compose down -v": ("docker compose down -v", _UP),
}
_CLEANED_AFTER = (_DOWN, _RESTART, _ANEW, _CRASH)
_WITHOUT_DATA = "frontend"
_SAVED = ("postgres-data", "redis-data", "backend-media", "backend-static")
# The service that keeps no data stays on the machine's engine: its image is as large as all the others.
_OVERRIDE = """
services:
  proxy: {{ports: !override ["{0}:80"], depends_on: !override {{backend: {{condition: service_healthy}}}}}}
  {1}: {{profiles: [elsewhere]}}
"""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What was put in before, what the services answered after, and the schema before and after."""

    planted: Planted
    answers: tuple[Answer, ...]
    visitor: str
    schema: tuple[Schema, Schema]
    unapplied: tuple[str, ...]

    def of(self, kind: str) -> Answer:
        """The answer about one kind of data."""
        return next(answer for answer in self.answers if answer.kind == kind)


class Aftermaths:
    """Every aftermath that was asked for, by what was done; each comes to be when it is first asked for, in
    one go with the cleanup command where that is tried after it. All raise AssertionError each time when it
    could not be carried out."""

    def __init__(self, stack: Callable[[], Stack], recorder: Recorder, place: Path) -> None:
        self._stack = stack
        self._recorder = recorder
        self._place = place
        self._notes = Notes()
        self._found: dict[str, Tried[Aftermath]] = {}
        self._cleanups: dict[str, Tried[Cleanup]] = {}
        self._pruned: Tried[Pruned] | None = None
        self._change: Change | None = None
        self._saved: Planted | None = None

    def of(self, done: str) -> Aftermath:
        """What is left after `done`."""
        if done not in self._found:
            with self._noted(done):
                if done == _ENGINE:
                    self._on_the_private_engine()
                else:
                    self._after(done)
        return self._found[done].told(done, self._recorder)

    def cleanup_after(self, done: str) -> Cleanup:
        """What came of the cleanup command in the state that `done` leaves."""
        self.of(done)
        return self._cleanups[done].told(f"the cleanup after {done}", self._recorder)

    def pruned(self) -> Pruned:
        """What came of removing unused resources, on the engine that only the stack uses."""
        self.of(_ENGINE)
        assert self._pruned is not None, "it came to nothing before"
        return self._pruned.told("the pruning", self._recorder)

    @contextmanager
    def _noted(self, done: str) -> Iterator[None]:
        """What cannot even be prepared is told to all who ask, too."""
        try:
            yield
        except (AssertionError, OSError) as error:
            self._found.setdefault(done, Tried(error, self._notes.taken()))

    def _after(self, done: str) -> None:
        stack = self._stack()
        project = self._view(stack, stack.project.directory)
        change, saved = self._prepared(project)

        def do() -> None:
            if done == _CRASH:
                kill_everything(project)
            for command in _COMMANDS[done]:
                _succeeding(project, command)

        def clean() -> Cleanup:
            if done == _DOWN:
                _succeeding(project, _DOWN)
            return clean_up(project, saved, lambda: address_of(project))

        found = self._notes.attempt(lambda: _tried(project, change, do, lambda: address_of(project)))
        self._found[done] = found
        if done in _CLEANED_AFTER:
            self._cleanups[done] = self._notes.attempt(clean)
        if not isinstance(found.result, Aftermath) or _lost(found.result):
            stack.ensure()
            stack.fill()

    def _view(self, stack: Stack, directory: Path) -> Project:
        """The stack's project, as seen from there; what is said there goes to the notes."""
        project = Project(stack.name, directory, self._notes, stack.passwords)
        project.variables.update(stack.project.variables)
        return project

    def _prepared(self, project: Project) -> tuple[Change, Planted]:
        """The change of the schema, made once: an empty database gets it from the image, like all others. And
        what is in the backup that brings everything back."""
        if self._change is None:
            self._change = Change()
            self._change.write(project)
            self._change.migrate(project)
            self._change.build(project)
        elif not self._change.in_image(project):
            # Somebody has built the image since, from another copy of the source.
            self._change.build(project)
        if self._saved is None:
            planted = plant(project, address_of(project))
            _succeeding(project, "volops backup")
            self._saved = planted
        return self._change, self._saved

    def _on_the_private_engine(self) -> None:
        """The stack once more, with its images, on an engine that may be restarted."""
        stack = self._stack()
        change, saved = self._prepared(self._view(stack, stack.project.directory))
        directory = self._place / "project"
        shutil.copytree(stack.project.directory, directory)
        override = _OVERRIDE.format(INNER_PORT, _WITHOUT_DATA)
        (directory / "docker-compose.override.yml").write_text(override)
        project = self._view(stack, directory)
        with private_engine(stack.name) as inner:
            inner.load([image for image in stack.images if _WITHOUT_DATA not in image])
            with inner.in_use():
                project.up()
                self._found[_ENGINE] = self._notes.attempt(
                    lambda: _tried(project, change, lambda: _restart(inner, project), lambda: inner.address)
                )
                self._cleanups[_ENGINE] = self._notes.attempt(
                    lambda: clean_up(project, saved, lambda: inner.address, _SAVED)
                )
                self._pruned = self._notes.attempt(lambda: prune(project, saved, lambda: inner.address))


def _restart(inner: PrivateEngine, project: Project) -> None:
    before = {one.started for one in project.containers}
    inner.restart()
    wait_for(lambda: all_anew(project, before), "the services to be back by themselves", every=0.2)


def _succeeding(project: Project, command: str) -> None:
    run = project.run(command)
    assert run.code == 0, run.output[-2000:]


def _lost(found: Aftermath) -> bool:
    return any(answer.outcome == REMOVED for answer in found.answers)


def _tried(project: Project, change: Change, do: Callable[[], None], address: Callable[[], str]) -> Aftermath:
    """Put everything in, do it, and ask for everything."""
    planted = plant(project, address())
    change.use(project)
    before = change.seen(project)
    _show_volumes(project, "volumes before")
    do()
    answers = tuple(ask(project, planted, address()))
    after = change.seen(project)
    _show_volumes(project, "volumes after")
    titles = ("kind", "asked", "put in", "answered", "outcome")
    project.recorder.table("answers", titles, [_cells(each) for each in answers])
    unapplied = [line for line in schema.shown_migrations(project) if not line.startswith("[X]")]
    visitor = signed_in(planted, address())
    return Aftermath(planted, answers, visitor, (before, after), tuple(unapplied))


def _show_volumes(project: Project, title: str) -> None:
    project.recorder.table(title, ("volume", "made"), sorted(engine.created(project.volumes).items()))


def _cells(answer: Answer) -> Sequence[str]:
    return answer.kind, answer.asked, answer.put_in, answer.answered, answer.outcome
