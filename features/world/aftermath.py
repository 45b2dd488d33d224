"""What is left after something was done to the sample stack: tried once each, and told to every scenario
that asks. A stack that is put up again for each of 35 cells would take an hour."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from features.world import engine, schema
from features.world.crashing import all_anew, kill_everything
from features.world.private_engine import INNER_PORT, private_engine
from features.world.project import Project
from features.world.schema import Change, Schema
from features.world.stacks import Stack
from features.world.survival import Answer, Planted, ask, plant, signed_in
from features.world.waiting import wait_for
from volops.testing.report.records import Exhibit, Recorder

_UP = "docker compose up --detach --wait"
_COMMANDS: dict[str, tuple[str, ...]] = {
    "docker compose down": ("docker compose down", _UP),
    # In the foreground it would go on until Ctrl-C; every container is made anew, as after a change of each.
    "docker compose up --build": (f"{_UP} --build --force-recreate",),
    "./docker-dev.sh restart": ("./docker-dev.sh restart",),
    "./docker-dev.sh clean": ("./docker-dev.sh clean", _UP),
    "./docker-dev.sh clean-logs": ("./docker-dev.sh clean-logs --yes",),
    "./docker-dev.sh clean-cache": ("./docker-dev.sh clean-cache --yes",),
    "./docker-dev.sh clean-all": ("./docker-dev.sh clean-all --yes-delete-everything", _UP),
    "docker compose down -v": ("docker compose down -v", _UP),
}
_CRASH, _ENGINE = "kill -9 of every process", "a restart of the engine"
_WITHOUT_DATA = "frontend"
_OVERRIDE = 'services: {{proxy: {{ports: !override ["{0}:80"]}}}}\n'


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What was put in before, what the services answered after, and the schema before and after."""

    planted: Planted
    answers: tuple[Answer, ...]
    visitor: str
    schema: tuple[Schema, Schema]
    unapplied: tuple[str, ...]
    evidence: tuple[Exhibit, ...]

    def of(self, kind: str) -> Answer:
        """The answer about one kind of data."""
        return next(answer for answer in self.answers if answer.kind == kind)


class Aftermaths:
    """Every aftermath that was asked for, by what was done; each comes to be when it is first asked for."""

    def __init__(self, stack: Callable[[], Stack], recorder: Recorder, place: Path) -> None:
        self._stack = stack
        self._recorder = recorder
        self._place = place
        self._known: dict[str, Aftermath | AssertionError] = {}
        self._change: Change | None = None

    def of(self, done: str) -> Aftermath:
        """What is left after `done`. Raises AssertionError each time when it could not be carried out."""
        if done not in self._known:
            try:
                self._known[done] = self._on_the_private_engine() if done == _ENGINE else self._after(done)
            except AssertionError as error:
                self._known[done] = error
        known = self._known[done]
        if isinstance(known, AssertionError):
            raise AssertionError(f"{done}: {known}")
        for exhibit in known.evidence:
            self._recorder.show(exhibit)
        return known

    def _after(self, done: str) -> Aftermath:
        stack = self._stack()
        project, change = stack.project, self._changed(stack.project)

        def do() -> None:
            if done == _CRASH:
                kill_everything(project)
            for command in _COMMANDS.get(done, ()):
                run = project.run(command)
                assert run.code == 0, run.output[-2000:]

        found = _tried(project, change, do)
        stack.fill()
        return found

    def _changed(self, project: Project) -> Change:
        """The change of the schema, made once: an empty database gets it from the image, like all others."""
        if self._change is None:
            self._change = Change()
            self._change.write(project)
            self._change.migrate(project)
        elif not self._change.in_image(project):
            # Somebody has built the image since, from another copy of the source.
            self._change.build(project)
        return self._change

    def _on_the_private_engine(self) -> Aftermath:
        """The stack once more, with its images, on an engine that may be restarted."""
        stack = self._stack()
        change = self._changed(stack.project)
        directory = self._place / "project"
        shutil.copytree(stack.project.directory, directory)
        (directory / "docker-compose.override.yml").write_text(_OVERRIDE.format(INNER_PORT))
        project = Project(stack.name, directory, self._recorder, stack.passwords)
        project.variables.update(stack.project.variables)
        with private_engine(stack.name) as inner:
            inner.load([image for image in stack.images if _WITHOUT_DATA not in image])
            with inner.in_use():
                services = [name for name in project.config["services"] if name != _WITHOUT_DATA]
                project.up("--no-deps", *services)

                def restart() -> None:
                    before = {one.started for one in project.containers}
                    inner.restart()
                    wait_for(
                        lambda: all_anew(project, before), "the services to be back by themselves", every=0.2
                    )

                return _tried(project, change, restart, f"http://127.0.0.1:{inner.port}")


def _tried(project: Project, change: Change, do: Callable[[], None], address: str = "") -> Aftermath:
    """Put everything in, do it, and ask for everything."""
    planted = plant(project, address)
    change.use(project)
    before, volumes_before = change.seen(project), engine.created(project.volumes)
    do()
    answers = tuple(ask(project, planted, address))
    after, volumes_after = change.seen(project), engine.created(project.volumes)
    unapplied = [line for line in schema.shown_migrations(project) if not line.startswith("[X]")]
    evidence = (
        _table("answers", ("kind", "asked", "answered", "outcome"), [_cells(each) for each in answers]),
        _table("volumes before", ("volume", "made"), sorted(volumes_before.items())),
        _table("volumes after", ("volume", "made"), sorted(volumes_after.items())),
    )
    visitor = signed_in(project, planted, address)
    return Aftermath(planted, answers, visitor, (before, after), tuple(unapplied), evidence)


def _cells(answer: Answer) -> tuple[str, ...]:
    return answer.kind, answer.asked, answer.answered, answer.outcome


def _table(title: str, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Exhibit:
    return Exhibit(title, titles=tuple(titles), rows=tuple(map(tuple, rows)))
