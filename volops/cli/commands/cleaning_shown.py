"""What all verbs that clean show and ask: the plan, the question, what was freed."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from volops.cli.units import age, count, duration, size
from volops.errors import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_LOCKED,
    EXIT_NO_BACKUP,
    EXIT_ROLLBACK_FAILED,
    InvalidUse,
)

if TYPE_CHECKING:
    from volops.catalog import Entry
    from volops.cli.output import Output
    from volops.operations.clean_plan import CleanItem, CleanPlan, Left
    from volops.operations.clean_project import Doomed, ProjectPlan
    from volops.operations.clean_removing import Removed
    from volops.operations.clean_volumes import Cleaned
    from volops.plugins import Assignment

REMOVED_EXITS = (EXIT_NO_BACKUP, EXIT_LOCKED)
VOLUME_EXITS = (*REMOVED_EXITS, EXIT_ROLLBACK_FAILED)
_STOP_S = 5
"""About what stopping, emptying and starting take, for the estimate that is shown before; measured after."""


def describe(output: Output, plan: CleanPlan, *, asking: bool) -> None:
    """The plan for volumes. What somebody is asked about is shown under --quiet, too."""
    say = output.line if asking else output.note
    for item in plan.items:
        for removal in item.removals:
            how = "" if removal.size is None else f", {size(removal.size)}"
            say(f"removes   {item.volume.key}: {removal.what}{how}")
        if item.kept:
            say(f"          {size(item.kept)} of it kept from before a restore")
        say(f"          {_known(item)}")
    if plan.stops:
        say(f"stops     {', '.join(plan.stops)}, for about {duration(_STOP_S)}; what ran runs again")
    for left in plan.left:
        say(left_line(left))
    for item in plan.items:
        if item.at_risk:
            output.alarm(_risk(item.volume.key, item.last_good))


def left_line(left: Left) -> str:
    """A volume that stays, and how it is cleaned when it is meant all the same."""
    way = f"; `{left.way}` empties it" if left.way else ""
    return f"leaves    {left.volume}: {left.reason}{way}"


def _known(item: CleanItem) -> str:
    total = f"{size(item.size)}, " if item.size is not None else ""
    return f"{total}{criticality(item.given)}, {backed_up(item.last_good)}"


def _risk(volume: str, last_good: Entry | None) -> str:
    if last_good is None:
        return f"{volume} is critical and was never backed up: run `volops backup` first"
    when = age(last_good.created, datetime.now(UTC))
    return f"{volume} is critical and its newest good backup was made {when}: run `volops backup` first"


def warn_of_risks(output: Output, volumes: tuple[Doomed, ...]) -> None:
    """A warning in red for each critical volume without a good backup of the last day."""
    for volume in volumes:
        if volume.at_risk:
            output.alarm(_risk(volume.key, volume.last_good))


def backed_up(entry: Entry | None) -> str:
    """Age and state of a volume's last good backup, for a person."""
    if entry is None:
        return "never backed up"
    state = entry.state.value
    if entry.verified and entry.verified.proven:
        state = f"{state}, proven"
    elif entry.verified:
        state = f"{state}, verified"
    return f"last good backup {age(entry.created, datetime.now(UTC))} ({entry.name}, {state})"


def criticality(given: Assignment | None) -> str:
    """How critical the volume is, `?` when nothing is known of it."""
    return given.type.cls.criticality.value if given and given.type else "?"


def ends(output: Output, plan: CleanPlan, *, dry_run: bool) -> int | None:
    """The exit code when the plan is not to be carried out at all; None when it is."""
    if not plan.items:
        output.note("nothing to clean")
    elif dry_run:
        output.note("nothing was done (--dry-run)")
    else:
        return None
    output.document({"plan" if dry_run else "clean": plan_document(plan, None)})
    return EXIT_DONE


def agreed(output: Output) -> int | None:
    """Ask; None for yes, else the exit code. Raises InvalidUse where nobody can be asked."""
    if output.json or not sys.stdin.isatty():
        raise InvalidUse("this deletes data and nobody can be asked", next_step="say --yes")
    try:
        if click.confirm("Delete this data?", default=False, err=True):
            return None
    except click.Abort:
        click.echo(err=True)
    output.line("cancelled: nothing was changed")
    return EXIT_FAILED


def tell(output: Output, done: Cleaned) -> None:
    """What was done with volumes."""
    for service, seconds in done.downtime.items():
        output.note(f"{service} was down for {duration(seconds)}")
    for key, freed in done.freed.items():
        output.note(f"cleaned   {key}, {size(freed)}")
    output.note(f"freed {size(sum(done.freed.values()))}")


def describe_project(output: Output, plan: ProjectPlan) -> None:
    """Containers and networks that go."""
    for container in plan.containers:
        kind = ", of a one-off run" if container.one_off else ""
        output.note(f"removes   container {container.name} ({container.status or container.state}{kind})")
    for network in plan.networks:
        output.note(f"removes   network {network.name}")
    if plan.volumes:
        return
    output.note("keeps     every volume")
    for name, place in plan.unnamed.items():
        output.warn(f"{place} has no name: its data stays in volume {name}, where no new container finds it")


def report_project(output: Output, plan: ProjectPlan, done: Removed, *, backup: str | None = None) -> int:
    """What is gone and what is not; the exit code says whether all is."""
    parts = [count(len(done.containers), "container"), count(len(done.networks), "network")]
    if plan.volumes:
        parts.append(count(len(done.volumes), "volume"))
    output.note(f"removed {', '.join(parts)}")
    if plan.volumes:
        output.note(f"freed {size(done.freed)}")
    for name, why in done.failed.items():
        output.error(f"{name} was not removed: {why}")
    output.document({"clean": project_document(plan, done, backup)})
    return EXIT_FAILED if done.failed else EXIT_DONE


def plan_document(plan: CleanPlan, done: Cleaned | None) -> dict[str, Any]:
    """For --json: a plan, or what was done."""
    document: dict[str, Any] = {
        "volumes": [_item_document(item, done) for item in plan.items],
        "stopped": [
            {"service": service, "seconds": round(seconds, 3)}
            for service, seconds in (done.downtime if done else {}).items()
        ],
        "left": [{"volume": left.volume, "reason": left.reason} for left in plan.left],
        "freed": sum(done.freed.values()) if done else 0,
    }
    return document


def _item_document(item: CleanItem, done: Cleaned | None) -> dict[str, Any]:
    return {
        "volume": item.volume.key,
        "name": item.volume.name,
        "type": item.given.type.cls.name if item.given.type else None,
        "removes": [
            {"what": each.what, "how": each.how.value, "size": each.size, "files": len(each.paths)}
            for each in item.removals
        ],
        "size": item.size,
        "kept": item.kept,
        "criticality": item.given.type.cls.criticality.value if item.given.type else None,
        "last_good": last_good_document(item.last_good),
        "at_risk": item.at_risk,
        "freed": done.freed.get(item.volume.key, 0) if done else 0,
    }


def project_document(plan: ProjectPlan, done: Removed | None, backup: str | None = None) -> dict[str, Any]:
    """For --json: a plan, or what of it was done."""
    volumes = plan.volumes if done is None else done.volumes
    return {
        "containers": [each.name for each in plan.containers] if done is None else done.containers,
        "networks": [each.name for each in plan.networks] if done is None else done.networks,
        "volumes": [_doomed_document(volume) for volume in volumes],
        "left": [{"volume": left.volume, "reason": left.reason} for left in plan.left],
        "failed": [{"name": name, "reason": why} for name, why in (done.failed if done else {}).items()],
        "freed": done.freed if done else 0,
        "backup": backup,
    }


def _doomed_document(volume: Doomed) -> dict[str, Any]:
    found = volume.given.type if volume.given else None
    return {
        "volume": volume.key,
        "name": volume.name,
        "type": found.cls.name if found else None,
        "size": volume.size,
        "criticality": found.cls.criticality.value if found else None,
        "last_good": last_good_document(volume.last_good),
        "at_risk": volume.at_risk,
    }


def last_good_document(entry: Entry | None) -> dict[str, Any] | None:
    """A volume's last good backup."""
    if entry is None:
        return None
    return {
        "backup": entry.name,
        "created": entry.created,
        "state": entry.state.value,
        "verified": entry.verified.at if entry.verified else None,
        "proven": entry.verified.proven if entry.verified else None,
    }
