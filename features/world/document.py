"""The document that all of this is measured by, and the shell snippets in it, taken as they are printed."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from features.world.engine import ROOT

DOCUMENT = ROOT / "docs" / "persistent-data-management.md"

_HEADING = re.compile(r"#+ (?:✅ )?(?P<title>.+)")
_LABEL = re.compile(r"(?:\d+\. )?\*\*(?P<title>[^*]+)\*\*.*")
_INSTRUCTION = re.compile(r"# (?P<where>In Django shell|In psql|Type): ?(?P<typed>.*)")
_REMARK = re.compile(r"  (#|--) .*")
_SCHEDULE = re.compile(r"(?:[\d*/,-]+ ){5}(?P<command>.+)")
_PROMPTS = {"In Django shell": ">>>", "In psql": "backend_db=#", "Type": "to confirm:"}


@dataclass(frozen=True, slots=True)
class Command:
    """A line of a snippet as it is typed. `typed` is what the remarks below it say to type then, and
    `prompt` after what."""

    line: str
    prompt: str = ""
    typed: tuple[str, ...] = ()

    @property
    def scheduled(self) -> str:
        """What cron runs, when it is a line of a crontab; else nothing."""
        found = _SCHEDULE.fullmatch(self.line)
        return found["command"] if found else ""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A block of shell commands, the heading above it, and the label in bold type between the two, if any."""

    heading: str
    label: str
    commands: tuple[Command, ...]


def snippets() -> list[Snippet]:
    """All of them, in order."""
    found, heading, label = [], "", ""
    lines = iter(DOCUMENT.read_text("utf-8").splitlines())
    for line in lines:
        text = line.strip()
        if text.startswith("```"):
            block = "\n".join(iter(lambda: next(lines), line.replace("bash", "")))
            if text == "```bash":
                found.append(Snippet(heading, label, tuple(_commands(textwrap.dedent(block)))))
        elif match := _HEADING.fullmatch(line):
            heading, label = match["title"], ""
        elif match := _LABEL.fullmatch(line):
            label = match["title"].rstrip(":")
    return found


def commands_under(title: str) -> list[Command]:
    """The commands of every snippet under a label, or else under a heading, of that title."""
    everything = snippets()
    labelled = [one for one in everything if one.label == title]
    chosen = labelled or [one for one in everything if one.heading == title]
    assert chosen, f"the document has no snippet under {title!r}"
    return [command for snippet in chosen for command in snippet.commands]


def _commands(block: str) -> Iterator[Command]:
    """Each command with the remarks up to the next one."""
    parts = re.split(r"(?m)^(?=[^#\n])", block.replace("\\\n", "\\\0"))
    for part in parts:
        line, _, remarks = part.partition("\n")
        if line and not line.startswith("#"):
            yield _command(_REMARK.sub("", line).replace("\0", "\n"), remarks)


def _command(line: str, remarks: str) -> Command:
    instruction = _INSTRUCTION.search(remarks)
    if not instruction:
        return Command(line)
    typed = instruction["typed"] or remarks[instruction.end() :].lstrip("\n").partition("\n")[0]
    return Command(line, _PROMPTS[instruction["where"]], (_REMARK.sub("", typed.removeprefix("# ")),))
