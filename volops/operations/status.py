"""How a stack is: which of its services run, and which backup is its newest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from volops.catalog import Entry, EntryState
from volops.engine import ContainerInfo
from volops.manifest import BackupKind
from volops.model import Service
from volops.workspace import Workspace

_WORST_FIRST = ("dead", "exited", "created", "restarting", "removing", "paused", "running")


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One service, in the engine's words; of several containers, the one that is worst off.

    `state` is "not created" where the service has no container at all.
    """

    service: Service
    state: str
    health: str
    ports: tuple[str, ...]
    containers: tuple[str, ...]


def service_statuses(workspace: Workspace) -> tuple[ServiceStatus, ...]:
    """Every service of the stack. One of an inactive profile is among them only when it has a container."""
    containers = [each for each in workspace.engine.containers(workspace.stack.project) if not each.one_off]
    found = []
    for service in workspace.stack.services:
        mine = [each for each in containers if each.service == service.name]
        if mine or service.active:
            found.append(_status(service, mine))
    return tuple(found)


def last_backup(workspace: Workspace) -> Entry | None:
    """The newest backup of this project's volumes, complete or partial; a bundle where there is nothing else
    of that time. None when there is none."""
    ours = [
        entry
        for entry in workspace.catalog.entries()
        if entry.state in (EntryState.COMPLETE, EntryState.PARTIAL, EntryState.BUNDLE)
        and entry.manifest is not None
        and entry.manifest.stack.project == workspace.stack.project
        and entry.manifest.kind is not BackupKind.DATABASE
    ]
    return max(ours, key=lambda entry: (entry.created, entry.state is not EntryState.BUNDLE), default=None)


def _status(service: Service, containers: Sequence[ContainerInfo]) -> ServiceStatus:
    if not containers:
        return ServiceStatus(service, "not created", "", (), ())
    worst = min(containers, key=_rank)
    return ServiceStatus(
        service=service,
        state=worst.state if worst.state == "running" else worst.status or worst.state,
        health=worst.health,
        ports=tuple(dict.fromkeys(port for each in containers for port in each.ports)),
        containers=tuple(each.name for each in containers),
    )


def _rank(container: ContainerInfo) -> tuple[int, bool]:
    known = container.state in _WORST_FIRST
    return (_WORST_FIRST.index(container.state) if known else 0, container.health != "unhealthy")
