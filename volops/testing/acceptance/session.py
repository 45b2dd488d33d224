"""One run of the gate: the stack it judges, its report, and what happens when it is stopped."""

from __future__ import annotations

import contextlib
import re
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from volops.errors import VolopsError
from volops.testing.acceptance import steps
from volops.testing.gate import (
    Original,
    StackCopy,
    StackNotWell,
    copied,
    kept_files,
    read_original,
    require_safe,
)
from volops.testing.gate.engine_commands import Said
from volops.testing.report.facts import commit_of, images_on_the_engine
from volops.testing.report.plugin import FeatureReport
from volops.testing.report.records import Exhibit

_TITLES = {
    "AC1": "Data persists between restarts, and when containers are killed",
    "AC2": "Tables, keys and files persist when images are built again and containers made anew",
    "AC3": "Files that nobody can make again, as uploads are, persist",
    "AC4": "A backup brings everything back, and cleanup takes all of it and nothing else",
}
_SECRET = re.compile(r"pass|secret|token|key|credential|auth|salt", re.IGNORECASE)
_SHORTEST_SECRET = 6
_HERE = Path(__file__).parent


class GateSession:
    """A pytest plugin, there when `--stack` is given."""

    def __init__(self, config: pytest.Config) -> None:
        option = config.option
        self._files, self._env_files = option.stack, option.stack_env_file
        self._patience: float = option.stack_patience
        self.report = FeatureReport(config, criteria=_TITLES)
        self.report.choose_files()
        self._original: Original | None = None
        config.pluginmanager.register(self.report, "volops-feature-report")
        config.pluginmanager.register(steps, "volops-gate-steps")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Judge whether the stack can be copied before anything is made; a stop by the system takes away
        what was made, as Ctrl-C does."""
        if session.config.option.collectonly:
            return
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)
        try:
            original = read_original(self._files, self._env_files)
            require_safe(original)
        except VolopsError as error:
            pytest.exit(f"{error.message}: {error.next_step}", returncode=1)
        self._original = original
        if not kept_files(original):
            _leave_out(session, "AC3")
        self.report.secrets.update(secrets_of(original.config))
        self.report.about = _about(original)

    @contextlib.contextmanager
    def running_copy(self) -> Iterator[StackCopy]:
        """The copy, its services running. What its commands say is evidence."""
        assert self._original is not None
        recorder = self.report.recorder

        def tell(said: Said) -> None:
            title = f"$ {said.line}   → exit {said.code}, {said.seconds:.1f} s"
            recorder.show(Exhibit(title, said.output.rstrip()))

        try:
            with copied(self._original, patience=self._patience, tell=tell) as copy:
                rows = [[change] for change in copy.changes]
                recorder.table("what the copy has of its own", ["change"], rows)
                copy.start()
                yield copy
        except StackNotWell as trouble:
            for name, logs in trouble.logs.items():
                recorder.text(f"logs of {name}", logs)
            shown = "\n".join(f"--- {name}\n{logs}" for name, logs in trouble.logs.items())
            pytest.fail(f"{trouble.message}\n{shown}", pytrace=False)
        except VolopsError as trouble:
            pytest.fail(str(trouble), pytrace=False)


def _leave_out(session: pytest.Session, criterion: str) -> None:
    """The scenarios of a criterion that this stack has nothing for: it is then said not to have run."""
    left = [
        item for item in session.items if _HERE in item.path.parents and item.get_closest_marker(criterion)
    ]
    session.items[:] = [item for item in session.items if item not in left]
    session.config.hook.pytest_deselected(items=left)


def _about(original: Original) -> Mapping[str, str]:
    services = (original.config.get("services") or {}).items()
    images = [str(said.get("image") or f"{original.project}-{name}") for name, said in services]
    files = ", ".join(map(str, original.stack.files))
    return {
        "Commit": commit_of(original.tree),
        "Stack": f"{original.project} ({files})",
        "Images": images_on_the_engine(list(dict.fromkeys(images))),
    }


def secrets_of(config: Mapping[str, Any]) -> set[str]:
    """Values that must not be in a report: of variables that are called like a secret, passwords in
    addresses, and the contents of secrets. A word that is also the name of a service or an image is none."""
    services = config.get("services") or {}
    found = {value for said in services.values() for value in _in_environment(said.get("environment") or {})}
    for said in (config.get("secrets") or {}).values():
        with contextlib.suppress(OSError, UnicodeDecodeError):
            found.update(Path(said.get("file") or "").read_text("utf-8").splitlines())
    names = {*services, *(config.get("volumes") or {})}
    names |= {word for said in services.values() for word in re.split(r"\W+", str(said.get("image")))}
    return {each for each in found if len(each) >= _SHORTEST_SECRET and each not in names}


def _in_environment(environment: Mapping[str, Any]) -> Iterator[str]:
    for name, value in environment.items():
        if value is None:
            continue
        if _SECRET.search(name):
            yield str(value)
        if "://" in str(value):
            with contextlib.suppress(ValueError):
                password = urlsplit(str(value)).password or ""
                yield from (password, unquote(password))
