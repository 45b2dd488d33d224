"""What a restore leads to: data that is kept, and applications that may hold old data in memory."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import click

from volops.cli.units import size

if TYPE_CHECKING:
    from volops.cli.invocation import Invocation
    from volops.cli.output import Output

_PATIENCE_S = 180


def tell_of_kept(output: Output, kept: Mapping[str, int]) -> None:
    """Say how to bring back, or let go, just what this restore has put aside: the bytes of each volume.
    Without names both would also take what earlier restores have."""
    there = {key: bytes_ for key, bytes_ in kept.items() if bytes_}
    if there:
        names = shlex.join(there)
        output.note(f"the data from before is kept ({size(sum(there.values()))}):")
        output.note(f"`volops rollback {names}` puts it back,")
        output.note(f"`volops commit {names}` deletes it")


def tell_of_stopped(invocation: Invocation) -> None:
    """Say which running services cannot work because others, which were stopped before, still are."""
    from volops.services import ACTIVE, lacking

    workspace = invocation.workspace
    containers = workspace.engine.containers(workspace.stack.project)
    active = {container.service for container in containers if container.state in ACTIVE}
    lame = {name: needed for name, needed in lacking(workspace.stack, containers).items() if name in active}
    stopped = sorted({name for needed in lame.values() for name in needed})
    if stopped:
        names = ", ".join(sorted(lame))
        invocation.output.note(
            f"{names}: not seen to be well without {', '.join(stopped)}, stopped before and after; "
            f"`volops start {' '.join(stopped)}` starts it"
        )


def offer_restart(
    invocation: Invocation, restored: Collection[str], *, again: Collection[str] = (), ask: bool
) -> None:
    """Offer to restart the running services that rely on `restored` ones, but those started `again` already.

    Without a terminal, or when nobody is to be asked, only how to do it is said.
    """
    from volops.services import relying_on

    workspace, output = invocation.workspace, invocation.output
    running = {each.service for each in workspace.engine.containers(workspace.stack.project) if each.running}
    others = [name for name in relying_on(workspace.stack, restored) if name in running and name not in again]
    if not others:
        return
    names = " ".join(others)
    if not ask or not sys.stdin.isatty():
        output.note(f"if they keep data in memory, `volops restart {names}` makes them read anew")
    elif click.confirm(f"Restart {', '.join(others)}, which may keep old data in memory?", err=True):
        workspace.compose.restart(others, show=False, timeout=_PATIENCE_S)
        output.note(f"restarted: {', '.join(others)}")
