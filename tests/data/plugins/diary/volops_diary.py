"""An observer that writes down what it is told, a line an event, into the file that DIARY names."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from volops import Event, Progress, hookimpl

VOLOPS_INTERFACE = 1


@hookimpl
def volops_event(event: Event) -> None:
    if not isinstance(event, Progress):
        with Path(os.environ["DIARY"]).open("a") as diary:
            diary.write(json.dumps({"event": type(event).__name__, **asdict(event)}) + "\n")
