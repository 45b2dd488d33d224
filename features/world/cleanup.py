"""The cleanup command, run by a person at a terminal: with the wrong phrase, then with the right one; and the
backup of before, which brings everything back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from features.world import engine
from features.world.commands import Run
from features.world.engine import docker
from features.world.project import Project
from features.world.survival import Answer, Planted, ask
from features.world.terminal import Terminal

PHRASE = "DELETE EVERYTHING"
QUESTION = "to confirm:"
_WRONG = "delete everything"
_COMMAND = "./docker-dev.sh clean-all"
_UP = "docker compose up --detach --wait"


@dataclass(frozen=True, slots=True)
class Cleanup:
    """`refused` is what came of the wrong phrase, and `changed` what was not as before then, in words;
    `cleaned` is what came of the right one, and `left` what was still there; `answers` is what the services
    said when the backup had been restored."""

    refused: Run
    changed: tuple[str, ...]
    cleaned: Run
    left: tuple[str, ...]
    answers: tuple[Answer, ...]


def clean_up(
    project: Project, saved: Planted, address: Callable[[], str], volumes: Sequence[str] = ()
) -> Cleanup:
    """Clean a project that has a backup in which `saved` is, and restore it: these volumes, or all. Raises
    AssertionError when the restore or the start after it fails."""
    before = project.snapshot()
    refused = _typed(project, _WRONG)
    after = project.snapshot()
    changed = [what for what in ("containers", "volumes") if getattr(before, what) != getattr(after, what)]
    cleaned = _typed(project, PHRASE)
    left = tuple(remains(project))
    for line in (" ".join(("volops restore latest", *volumes, "--yes")), _UP):
        run = project.run(line)
        assert run.code == 0, run.output[-2000:]
    return Cleanup(refused, tuple(changed), cleaned, left, tuple(ask(project, saved, address())))


def remains(project: Project) -> list[str]:
    """Containers, volumes and networks on the engine that bear the project's label or, volumes, its name, in
    words. A neighbour's name may begin alike."""
    label = f"com.docker.compose.project={project.name}"
    networks = docker("network", "ls", "--format", "{{.Name}}", "--filter", f"label={label}").decode().split()
    volumes = [
        name
        for name, labels in engine.volumes().items()
        if label in labels.split(",") or name.startswith((f"{project.name}-", f"{project.name}_"))
    ]
    return [
        *(f"container {one.name}" for one in engine.containers(f"label={label}")),
        *(f"volume {name}" for name in volumes),
        *(f"network {name}" for name in networks),
    ]


def _typed(project: Project, phrase: str) -> Run:
    with Terminal(project.directory, project.environment) as terminal:
        run = terminal.run(_COMMAND, {QUESTION: [phrase]})
    project.recorder.show(run.exhibit())
    return run
