"""The pytest plugin (entry point `pytest11`): options, a marker, fixtures, and nothing else unless
`--stack` is given.

`pytest --pyargs volops.testing.acceptance --stack compose.yaml` runs the acceptance criteria against a copy
of that project. The fixture `volops_stack` gives the same copy to tests of your own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from volops.testing.gate import StackCopy

GATE = "volops-gate"
LIVE = "volops_live"
_LIVE_CHECKS = ("volops.testing.conformance.live", "LiveChecks")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the gate, and of the kit."""
    group = parser.getgroup("volops", "volops: acceptance criteria for a compose project")
    group.addoption(
        "--stack",
        action="append",
        default=[],
        metavar="FILE",
        help="compose file, or directory of one, of the project to judge by a copy of it (repeatable)",
    )
    group.addoption(
        "--stack-env-file",
        action="append",
        default=[],
        metavar="FILE",
        help="environment file for it instead of the .env beside it (repeatable)",
    )
    group.addoption(
        "--stack-patience",
        type=float,
        default=300.0,
        metavar="SECONDS",
        help="how long its services may take to get well (default: 300)",
    )
    kit = parser.getgroup("volops-kit", "volops: the kit for volume types")
    kit.addoption(
        "--volops-record",
        metavar="DIR",
        help="put the kit's backup of each sample into DIR/TYPE, where `recorded` of the sample may lead",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Name the kit's marker; with `--stack`, have the gate ready: its report, its steps, what it does with
    signals."""
    config.addinivalue_line("markers", f"{LIVE}: a check of volops' kit that needs a Docker engine")
    if not config.getoption("stack"):
        return
    try:
        from volops.testing.acceptance.session import GateSession
    except ModuleNotFoundError as missing:
        raise pytest.UsageError(
            f"--stack needs {missing.name}: install volops with it, as volops[acceptance]"
        ) from missing
    config.pluginmanager.register(GateSession(config), GATE)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the kit's checks that need an engine, those in their place too, whoever wrote them."""
    bases = getattr(getattr(item, "cls", None), "__mro__", ())
    of_the_kit = any((base.__module__, base.__qualname__) == _LIVE_CHECKS for base in bases)
    if of_the_kit and item.name.startswith("test_live_"):
        item.add_marker(LIVE)


@pytest.fixture(scope="session")
def volops_stack(request: pytest.FixtureRequest) -> Iterator[StackCopy]:
    """A copy of the project that `--stack` names, its services running; gone after the session.

    Fails without `--stack`, and when the services of the copy do not get well.
    """
    session = request.config.pluginmanager.get_plugin(GATE)
    if session is None:
        pytest.fail("the fixture `volops_stack` needs `--stack FILE`", pytrace=False)
    with session.running_copy() as copy:
        yield copy


@pytest.fixture(scope="session")
def volops_token(volops_stack: StackCopy) -> str:
    """What is planted in every volume of `volops_stack`."""
    from volops.testing.gate import plant

    token = volops_stack.name.rpartition("-")[2]
    troubles = [f"{one.volume}: {one.trouble}" for one in plant(volops_stack, token) if one.trouble]
    if troubles:
        pytest.fail("\n".join(troubles), pytrace=False)
    return token
