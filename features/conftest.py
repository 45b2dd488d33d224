"""The gate: `pytest features/` runs the installed volops against fresh compose projects of its own.

`pytest features/ --stack FILE` judges a copy of that project instead: volops/testing/acceptance.

Without a container engine it fails and says so. What it makes on the engine it takes away again, also
after a failure or Ctrl-C.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.register_assert_rewrite("features.steps", "features.world")

from features import workers  # noqa: E402 - after the registration above
from features.report.order import reading_order  # noqa: E402
from features.steps import (  # noqa: E402
    acceptance,
    backups,
    bundles,
    cleaning,
    data,
    databases,
    document,
    faults,
    gate,
    proof,
    readme,
    recovery,
    restoring,
    secrecy,
    stack,
    trouble,
    volops,
)
from features.world import engine, leftovers  # noqa: E402
from features.world.aftermath import Aftermaths  # noqa: E402
from features.world.project import PREFIX_VARIABLE, Project  # noqa: E402
from features.world.stacks import SAMPLE, Stack  # noqa: E402
from volops.testing.report.distributed import is_worker  # noqa: E402
from volops.testing.report.facts import images_on_the_engine  # noqa: E402
from volops.testing.report.plugin import FeatureReport  # noqa: E402 - after the registration above
from volops.testing.report.records import Recorder  # noqa: E402

_STEPS = (
    stack,
    data,
    databases,
    volops,
    backups,
    bundles,
    recovery,
    restoring,
    secrecy,
    faults,
    proof,
    document,
    acceptance,
    trouble,
    cleaning,
    gate,
    readme,
)
_REPORT = pytest.StashKey[FeatureReport]()
_HERE = Path(__file__).parent
_ANY_STACK = _HERE.parent / "volops" / "testing" / "acceptance"


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run the features in more than one process, and nothing else that way."""
    if not config.getoption("stack", default=None) and _only_features(config):
        workers.choose(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A hook of pytest-xdist, of the process that starts the others."""
    workers.tell(node.workerinput, node.config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Which process runs what."""
    return workers.scheduler(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Have the report written, unless tests of another kind run in the same session."""
    if config.getoption("stack", default=None):
        config.args[:] = [str(_ANY_STACK)]
        return
    report = FeatureReport(config)
    config.stash[_REPORT] = report
    if _only_features(config):
        report.choose_files()
    config.pluginmanager.register(report, "volops-feature-report")
    for module in _STEPS:
        config.pluginmanager.register(module)


def _only_features(config: pytest.Config) -> bool:
    directory = config.invocation_params.dir
    paths = [(directory / argument.partition("::")[0]).resolve() for argument in config.args]
    return all(_HERE in [path, *path.parents] for path in paths)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the features in the order in which they are read."""
    if not config.getoption("stack", default=None):
        items.sort(key=_order)
        workers.assign(items, config)


def _order(item: pytest.Item) -> tuple[int, str]:
    template = workers.template_of(item)
    return reading_order(Path(template.feature.filename)) if template else (-1, "")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """A stop by the system takes away what was made, as Ctrl-C does."""
    config = session.config
    if config.option.collectonly or config.getoption("stack", default=None):
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not is_worker(config):
        engine.require()
        config.stash[_REPORT].about = {"Images": images_on_the_engine(engine.IMAGES)}


def pytest_unconfigure(config: pytest.Config) -> None:
    """Nothing stays on the engine, also where a process had to be ended before it could clean up."""
    prefix = os.environ.get(PREFIX_VARIABLE)
    if prefix and _REPORT in config.stash and config.stash[_REPORT].about and not is_worker(config):
        leftovers.remove(prefix)


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> FeatureReport:
    """The report of this run."""
    return request.config.stash[_REPORT]


@pytest.fixture(scope="session")
def recorder(report: FeatureReport) -> Recorder:
    """Where evidence goes."""
    return report.recorder


@pytest.fixture(scope="session")
def shared_stack(
    tmp_path_factory: pytest.TempPathFactory, report: FeatureReport
) -> Iterator[stack.SharedStacks]:
    """Stacks that scenarios share which only read, or only add; made when first asked for."""
    stacks: dict[tuple[str, str], Stack] = {}
    with contextlib.ExitStack() as leaving:

        def get(kind: str, purpose: str = "") -> Stack:
            key = kind, purpose
            if key not in stacks:
                home = tmp_path_factory.mktemp(f"shared-{kind}")
                leaving.callback(shutil.rmtree, home, ignore_errors=True)
                stacks[key] = Stack(kind, home, report.recorder)
                report.secrets.update(stacks[key].passwords.values())
                leaving.callback(stacks[key].remove)
            report.recorder.on_failure(stacks[key].project.service_logs)
            stacks[key].ensure()
            return stacks[key]

        yield get


@pytest.fixture(scope="session")
def aftermaths(
    shared_stack: stack.SharedStacks, recorder: Recorder, tmp_path_factory: pytest.TempPathFactory
) -> Aftermaths:
    """What is left after each operation, for all scenarios that ask."""
    return Aftermaths(
        lambda: shared_stack(SAMPLE, stack.TO_LOSE), recorder, tmp_path_factory.mktemp("aftermath")
    )


@pytest.fixture
def printed() -> dict[str, str]:
    """Commands that were printed for going on, of this scenario."""
    return {}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A private directory, gone after the scenario."""
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture
def own_stack(home: Path, report: FeatureReport) -> Iterator[Callable[[str], Stack]]:
    """Stacks that one scenario may break; not started yet."""
    with contextlib.ExitStack() as leaving:

        def get(kind: str) -> Stack:
            stack = Stack(kind, home, report.recorder)
            report.secrets.update(stack.passwords.values())
            leaving.callback(stack.remove)
            report.recorder.on_failure(stack.project.service_logs)
            return stack

        yield get


@pytest.fixture
def enter(home: Path) -> Iterator[Callable[[Stack], Project]]:
    """Make a stack the one that the scenario is about."""
    with contextlib.ExitStack() as leaving:

        def get(stack: Stack) -> Project:
            project = stack.workplace(home) if not (home / "project").exists() else stack.project
            leaving.callback(project.end_jobs)
            return project

        yield get
