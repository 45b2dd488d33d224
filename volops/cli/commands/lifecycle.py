"""start, stop, restart, rebuild."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from volops.cli import completing
from volops.cli.units import count
from volops.cli.verb import verb

if TYPE_CHECKING:
    from volops.cli.invocation import Invocation
    from volops.compose import ServiceState

_services = click.argument("services", nargs=-1, metavar="[SERVICE]...", shell_complete=completing.services)
_timeout = click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait until all are healthy.",
)


def _waiting(function: Callable[..., None]) -> Callable[..., None]:
    decorated: Callable[..., None] = _services(_timeout(function))
    return decorated


@verb("start", examples=["volops start", "volops start db cache"])
@_waiting
def start(invocation: Invocation, services: tuple[str, ...], timeout: float) -> None:
    """Start services and wait until they are healthy.

    All services of active profiles without SERVICE; what a service depends on starts with it. One without
    a health check counts as healthy when it has run for a second, a job when it ends with 0.
    """
    states = invocation.compose.start(services, show=_shows(invocation), timeout=timeout)
    _report(invocation, "started", states)


@verb("stop", examples=["volops stop", "volops stop backend"])
@_services
def stop(invocation: Invocation, services: tuple[str, ...]) -> None:
    """Stop services; containers and data stay.

    All services without SERVICE. `volops start` brings them back.
    """
    _report(invocation, "stopped", invocation.compose.stop(services, show=_shows(invocation)))


@verb("restart", examples=["volops restart", "volops restart proxy"])
@_waiting
def restart(invocation: Invocation, services: tuple[str, ...], timeout: float) -> None:
    """Restart services and wait until they are healthy.

    The containers stay the same: a changed compose file or image takes effect with `volops start` or
    `volops rebuild`.
    """
    states = invocation.compose.restart(services, show=_shows(invocation), timeout=timeout)
    _report(invocation, "restarted", states)


@verb("rebuild", examples=["volops rebuild", "volops rebuild backend"])
@_waiting
def rebuild(invocation: Invocation, services: tuple[str, ...], timeout: float) -> None:
    """Build images anew and recreate their services.

    Services whose image did not change go on running. Volumes are kept.
    """
    show = not (invocation.quiet or invocation.json)
    _report(invocation, "rebuilt", invocation.compose.rebuild(services, show=show, timeout=timeout))


def _shows(invocation: Invocation) -> bool:
    """Compose's own progress is for a person; a program gets our lines."""
    return sys.stderr.isatty() and not (invocation.quiet or invocation.json)


def _report(invocation: Invocation, done: str, states: tuple[ServiceState, ...]) -> None:
    output = invocation.output
    for state in states:
        output.note(f"{state.service}: {state}")
    output.note(f"{count(len({state.service for state in states}), 'service')} {done}")
    output.document({done: [_document(state) for state in states]})


def _document(state: ServiceState) -> dict[str, Any]:
    return {
        "service": state.service,
        "container": state.container,
        "state": state.state,
        "health": state.health or None,
        "exit_code": state.exit_code if state.state == "exited" else None,
    }
