"""What the shell offers after a verb. Nothing is offered where the project cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from volops.errors import VolopsError

if TYPE_CHECKING:
    from volops.cli.invocation import Invocation

Completer = Callable[[click.Context, click.Parameter, str], list[str]]


def services(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names of services."""
    return _offered(ctx, parameter, incomplete, lambda call: [s.name for s in call.stack.services])


def volumes(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Keys of volumes and paths of bind mounts."""
    return _offered(ctx, parameter, incomplete, lambda call: [v.key for v in call.stack.volumes])


def backups(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """`latest` and the names of backups."""
    return _offered(
        ctx, parameter, incomplete, lambda call: ["latest", *(e.name for e in call.catalog.entries())]
    )


def _offered(
    ctx: click.Context,
    parameter: click.Parameter,
    incomplete: str,
    names: Callable[[Invocation], Iterable[str]],
) -> list[str]:
    from volops.cli.root import invocation_of

    taken = ctx.params.get(parameter.name or "") or ()
    try:
        known = list(names(invocation_of(ctx.find_root().params)))
    except VolopsError:
        return []
    return [name for name in known if name.startswith(incomplete) and name not in taken]
