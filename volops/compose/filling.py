"""Texts with variables of the project in them, filled in by compose: how env files are written (comments,
quotes, variables within variables) and what `${NAME:-default}` means only compose knows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from volops.compose.options import ComposeOptions, ask

_STDIN = "-"


def filled(options: ComposeOptions, texts: Sequence[str]) -> tuple[str, ...] | None:
    """The texts, as compose would read them in a compose file of the project. One call of compose (about
    0.1 s). None when compose refuses: it will say of the project itself what is wrong."""
    labels = {str(number): text for number, text in enumerate(texts)}
    probe = {"services": {"probe": {"image": "probe", "labels": labels}}}
    asking = replace(options, files=(_STDIN,), project="probe", profiles=())
    said = ask(asking.argv("config", "--format", "json"), given=json.dumps(probe))
    if said.code != 0:
        return None
    answer = json.loads(said.stdout)["services"]["probe"]["labels"]
    # What compose prints may be read again as a compose file: there a dollar sign is written twice.
    return tuple(answer[number].replace("$$", "$") for number in labels)
