"""volumes, status."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from volops.cli.documents import entry_document, inventory_document
from volops.cli.output import shown_path
from volops.cli.units import age, count, size
from volops.cli.verb import verb
from volops.errors import EXIT_NO_BACKUP, EXIT_ROLLBACK_FAILED

if TYPE_CHECKING:
    from volops.catalog import Entry
    from volops.cli.invocation import Invocation
    from volops.cli.output import Output
    from volops.operations.inventory import InventoryItem
    from volops.operations.status import ServiceStatus

_EXITS = (EXIT_NO_BACKUP, EXIT_ROLLBACK_FAILED)
_ABOUT = ("data included", "typical size", "backup priority", "guarantees")


@verb("volumes", backups=True, exits=_EXITS, examples=["volops volumes", "volops volumes --binds --about"])
@click.option("--binds", is_flag=True, help="Show the bind mounts of services, too.")
@click.option(
    "--about", is_flag=True, help="Tell of each what it holds, its usual size, and what it survives."
)
def volumes(invocation: Invocation, binds: bool, about: bool) -> None:
    """List the volumes of the stack.

    Name, type, driver, mountpoint, size, who uses it, how critical it is, and the age of its last good
    backup. Sizes are SI (1 MB is 1,000,000 bytes); the size of a bind mount is not known.
    """
    items, output = _items(invocation, binds=binds), invocation.output
    output.document({"volumes": [inventory_document(item) for item in items]})
    if not items:
        output.line("this stack has no volumes")
    elif output.terminal:
        _for_a_person(output, items, about=about)
    else:
        _for_a_pipe(output, items, about=about)
    for item in items:
        if item.assignment.problem:
            output.warn(f"{item.volume.key}: {item.assignment.problem}")


def _items(invocation: Invocation, *, binds: bool = False) -> tuple[InventoryItem, ...]:
    """The engine measures its volumes while the project is read."""
    with ThreadPoolExecutor(1) as pool:
        sizes = pool.submit(_sizes)
        workspace = invocation.workspace
        from volops.operations.inventory import inventory

        return inventory(workspace, sizes, binds=binds)


def _sizes() -> dict[str, int]:
    from volops.docker import connect

    return connect().volume_sizes()


def _for_a_person(output: Output, items: Sequence[InventoryItem], *, about: bool) -> None:
    now = datetime.now(UTC)
    output.line("Persistent volumes", "bold")
    output.table(
        ("NAME", "TYPE", "SIZE", "CRITICAL", "LAST BACKUP"),
        [
            (_name(item), _type(item), size(item.size), _criticality(item), age(item.last_good, now))
            for item in items
        ],
        right="SIZE",
    )
    output.line()
    output.line("Volume details (name in the compose file, services, driver, mountpoint)", "bold")
    for item in items:
        found = item.assignment.type
        output.line(f"{found.cls.icon if found else '❓'} {_name(item)} - {_description(item)}")
        used_by = ", ".join(item.used_by) or "no service"
        output.line(f"     {item.volume.key}, used by {used_by}", "dim")
        output.line(f"     {item.driver}, {_mountpoint(item)}", "dim")
        for title, text in _about(item).items() if about else ():
            output.line(f"     {title}: {text}", "dim")
    output.line()
    known = [item.size for item in items if item.size is not None]
    output.line(f"{count(len(items), 'volume')}, {size(sum(known))}")


def _for_a_pipe(output: Output, items: Sequence[InventoryItem], *, about: bool) -> None:
    now = datetime.now(UTC)
    titles = ("NAME", "VOLUME", "TYPE", "DRIVER", "SIZE", "CRITICAL", "LAST BACKUP", "USED BY")
    output.table(
        (*titles, "MOUNTPOINT", "DESCRIPTION", *(map(str.upper, _ABOUT) if about else ())),
        [
            (
                _name(item),
                item.volume.key,
                _type(item),
                item.driver,
                size(item.size),
                _criticality(item),
                age(item.last_good, now),
                ",".join(item.used_by) or "-",
                _mountpoint(item),
                _description(item),
                *((_about(item)[title] for title in _ABOUT) if about else ()),
            )
            for item in items
        ],
        right="SIZE",
    )


def _about(item: InventoryItem) -> dict[str, str]:
    """What is known of its type, by title."""
    found = item.assignment.type
    if found is None:
        return dict.fromkeys(_ABOUT, "-")
    known = found.cls
    told = ("; ".join(known.data_included), known.typical_size, known.backup_priority)
    return dict(zip(_ABOUT, (*told, "; ".join(known.guarantees)), strict=True))


def _name(item: InventoryItem) -> str:
    return item.volume.name or item.volume.key


def _type(item: InventoryItem) -> str:
    return item.assignment.type.cls.name if item.assignment.type else "?"


def _criticality(item: InventoryItem) -> str:
    return item.assignment.type.cls.criticality.value if item.assignment.type else "?"


def _description(item: InventoryItem) -> str:
    given = item.assignment
    if given.type is None:
        return "of no type that can be used"
    odd = [] if given.detected or given.explicit else ["no type is known for it"]
    odd += [] if given.volume.declared else ["no `volumes:` entry covers it"]
    return given.type.cls.summary + (f" ({', '.join(odd)})" if odd else "")


def _mountpoint(item: InventoryItem) -> str:
    if not item.exists:
        return "not created yet" + ("" if item.volume.active else " (its profile is not active)")
    return item.mountpoint or "-"


@verb("status", backups=True, exits=_EXITS, examples=["volops status"])
def status(invocation: Invocation) -> None:
    """Show services, volumes and the last backup."""
    items = _items(invocation)
    workspace, output = invocation.workspace, invocation.output
    from volops.operations.status import last_backup, service_statuses

    services = service_statuses(workspace)
    newest = last_backup(workspace)
    unfinished = workspace.catalog.unfinished()
    output.document(
        {
            "project": workspace.stack.project,
            "services": [_service_document(service) for service in services],
            "volumes": [inventory_document(item) for item in items],
            "last_backup": entry_document(newest) if newest else None,
            "unfinished": [{"name": name, "running": alive} for name, alive in unfinished.items()],
        }
    )
    output.line(f"Services of {workspace.stack.project}", "bold")
    output.table(
        ("SERVICE", "STATE", "HEALTH", "PORTS"),
        [
            (each.service.name, each.state, each.health or "-", ", ".join(each.ports) or "-")
            for each in services
        ],
    )
    output.line()
    _volumes_in_short(output, items)
    output.line()
    if newest is None:
        output.line("Last backup: never", "yellow")
    else:
        when, where = age(newest.created, datetime.now(UTC)), shown_path(newest.path)
        good = newest.verified is None or newest.verified.ok
        line = f"Last backup: {newest.name}, {when}, {_state(newest)} → {where}"
        output.line(line, "" if good else "bold red")
    for name, alive in unfinished.items():
        what = "is being made now" if alive else "was not finished; the next run removes what is left of it"
        output.line(f"Unfinished:  {name} {what}", "yellow")


def _state(entry: Entry) -> str:
    """What is known of it: one that is damaged is not called complete."""
    verified, now = entry.verified, datetime.now(UTC)
    if verified is None:
        return entry.state.value
    if not verified.ok:
        return f"NOT GOOD when it was verified {age(verified.at, now)}"
    proven = f"proven {age(verified.proven, now)}" if verified.proven else f"verified {age(verified.at, now)}"
    return f"{entry.state.value}, {proven}"


def _volumes_in_short(output: Output, items: Sequence[InventoryItem]) -> None:
    now = datetime.now(UTC)
    output.line("Volumes", "bold")
    output.table(
        ("NAME", "TYPE", "SIZE", "CRITICAL", "LAST BACKUP"),
        [
            (
                _name(item),
                _type(item),
                size(item.size) if item.exists else _mountpoint(item),
                _criticality(item),
                age(item.last_good, now),
            )
            for item in items
        ],
        right="SIZE",
    )


def _service_document(each: ServiceStatus) -> dict[str, object]:
    return {
        "service": each.service.name,
        "image": each.service.image,
        "state": each.state,
        "health": each.health or None,
        "ports": list(each.ports),
        "containers": list(each.containers),
    }
