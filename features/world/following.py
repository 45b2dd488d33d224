"""Following the document: its snippets are typed at a terminal as they are printed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from features.world import document
from features.world.cleanup import PHRASE, QUESTION
from features.world.commands import Run
from features.world.project import Project
from features.world.terminal import Terminal

AGREED = "Type yes to replace the live data:"
_STAMP = re.compile(r"(?P<stem>\w+_backup_)\d{8}_\d{6}(?P<ending>[.\w]*)")
_ANY_VOLUME = "frontend-node-modules"
_ANSWERS = {
    AGREED: ["yes"],
    QUESTION: [PHRASE],
    "[y/N]:": ["y", "y", "y"],
    # Docker's own.
    "[y/N]": ["y"],
}


@dataclass(frozen=True, slots=True)
class Followed(Run):
    """Everything that was typed, as one; `runs` are the commands."""

    runs: tuple[Run, ...]


def follow(title: str, project: Project, left_out: str = "", failing: str = "") -> Followed:
    """Type what is printed under a title, and answer what is asked. Every command succeeds, but the one that
    fails; one that is left out is not typed."""
    project.look_around()
    runs = []
    with Terminal(project.directory, project.environment) as terminal:
        for command in document.commands_under(title):
            if left_out and left_out in command.line:
                continue
            answers = {**_ANSWERS, **({command.prompt: command.typed} if command.prompt else {})}
            run = terminal.run(filled_in(command.line, project), answers)
            project.recorder.show(run.exhibit())
            failed = bool(failing and failing in command.line)
            assert (run.code != 0) == failed, f"{run.line} → {run.code}:\n{run.output[-2000:]}"
            runs.append(run)
    said = "".join(run.output + "\n" for run in runs)
    return Followed(title, runs[-1].code, said, "", sum(run.seconds for run in runs), tuple(runs))


def filled_in(line: str, project: Project) -> str:
    """The line with what the document cannot know."""

    def made(match: re.Match[str]) -> str:
        found = sorted(project.backups.glob(f"{match['stem']}*{match['ending']}"))
        assert found, f"there is no {match[0]} for: {line}"
        return found[-1].name

    line = _STAMP.sub(made, line).replace("/path/to/project", str(project.directory))
    if "app-volume-name" in line:
        line = line.replace("app-volume-name", project.volume(_ANY_VOLUME))
    return re.sub(r"\bapp-", f"{project.name}-", line)
