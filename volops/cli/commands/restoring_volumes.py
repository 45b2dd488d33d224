"""restore of volumes, whole or single paths of one: what is shown, asked and told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from volops.cli.commands.afterwards import offer_restart, tell_of_kept, tell_of_stopped
from volops.cli.reporter import Reporter
from volops.cli.units import age, count, duration, size

if TYPE_CHECKING:
    from volops.catalog import Entry
    from volops.cli.commands.restoring import How
    from volops.cli.invocation import Invocation
    from volops.cli.output import Output
    from volops.operations.restore import Restored
    from volops.operations.restore_plan import RestorePlan

SWAP_S = 5
"""About what stopping, renaming and starting take, for the estimate that is shown before; measured after."""


def restore_volumes(
    invocation: Invocation, entry: Entry, volumes: tuple[str, ...], paths: tuple[str, ...], how: How
) -> int:
    """Show what would be done, ask, do it, tell of it; return the exit code."""
    from volops.operations.restore import restore, try_out
    from volops.operations.restore_plan import plan_restore
    from volops.operations.single_paths import with_paths
    from volops.source import look_around

    workspace, output = invocation.workspace, invocation.output
    around = look_around(workspace.engine, workspace.stack, "", workspace.settings.helper_image)
    plan = plan_restore(workspace, around, entry, volumes)
    if paths:
        plan = with_paths(workspace.catalog, plan, paths)
    _describe(output, plan)
    if how.dry_run:
        with Reporter(output, workspace.registry) as reporter:
            try_out(workspace, around, plan, reporter, trust=how.trust)
    if (code := how.ends(output, _plan_document(plan))) is not None:
        return code
    with Reporter(output, workspace.registry) as reporter:
        done = restore(workspace, around, plan, reporter, patience=how.patience, trust=how.trust)
    _tell(output, done)
    output.document({"restore": _restored_document(done)})
    tell_of_stopped(invocation)
    touched = {name for item in plan.items for name in item.volume.services}
    offer_restart(invocation, touched, again={*plan.stops, *done.started}, ask=how.asks)
    return reporter.exit_code


def _describe(output: Output, plan: RestorePlan) -> None:
    now = datetime.now(UTC)
    output.note(f"backup    {plan.entry.name}, {age(plan.entry.created, now)}, {plan.manifest.kind.value}")
    for item in plan.items:
        gone = " (the volume is gone and will be created)" if item.missing else ""
        output.note(f"restores  {item.record.key}: {item.record.type}, {size(item.size)}{gone}")
    if plan.chosen is not None:
        chosen = plan.chosen
        output.note(
            f"paths     {count(len(chosen.names), 'path')}, {size(chosen.size)}; all others stay as they are"
        )
        for name in chosen.also:
            output.note(f"          {name} is the same file as one of them, and comes back, too")
    if plan.left_out and plan.chosen is None:
        output.note(f"leaves    {', '.join(plan.left_out)}")
    if plan.stops:
        output.note(f"stops     {', '.join(plan.stops)}, for about {duration(SWAP_S)}, once all is ready")
    for each in plan.regenerates:
        if each.command:
            output.note(f"makes     {each.volume} again: {each.command} (in {each.service})")
    if plan.starts:
        output.note(f"starts    {', '.join(plan.starts)}")


def _tell(output: Output, done: Restored) -> None:
    for service, seconds in done.downtime.items():
        output.note(f"{service} was down for {duration(seconds)}")
    tell_of_kept(output, done.kept)
    if done.started:
        output.note(f"started: {', '.join(done.started)}")
    output.note(f"restored from {done.plan.entry.name}:")
    for item in done.plan.items:
        how = "the chosen paths, byte for byte" if done.plan.chosen else item.type.cls.proof
        output.note(f"  {item.record.key}, compared with the backup: {how}")


def _plan_document(plan: RestorePlan) -> dict[str, object]:
    return {
        "backup": plan.entry.name,
        "volumes": [
            {"volume": item.record.key, "type": item.record.type, "size": item.size, "missing": item.missing}
            for item in plan.items
        ],
        "paths": len(plan.chosen.names) if plan.chosen else None,
        "stops": list(plan.stops),
        "starts": list(plan.starts),
        "left_out": list(plan.left_out),
    }


def _restored_document(done: Restored) -> dict[str, object]:
    plan = done.plan
    volumes = [
        {
            "volume": item.record.key,
            "type": item.record.type,
            "size": item.size,
            "missing": item.missing,
            "seconds": outcome.seconds,
            "checking": outcome.checking,
            "kept": done.kept.get(item.volume.key, 0),
            "warnings": list(outcome.warnings),
        }
        for item, outcome in zip(plan.items, done.outcomes, strict=True)
    ]
    return {
        "backup": plan.entry.name,
        "volumes": volumes,
        "paths": len(plan.chosen.names) if plan.chosen else None,
        "stopped": stopped_document(done.downtime),
        "started": list(done.started),
        "regenerated": list(done.regenerated),
        "left_out": list(plan.left_out),
    }


def stopped_document(downtime: Mapping[str, float]) -> list[dict[str, object]]:
    return [{"service": service, "seconds": round(seconds, 3)} for service, seconds in downtime.items()]
