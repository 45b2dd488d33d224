"""What `volops restore --into` does: it belongs to the verb restore."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from volops.cli.reporter import Reporter
from volops.cli.units import age, size
from volops.errors import EXIT_DONE

if TYPE_CHECKING:
    from volops.catalog import Entry
    from volops.cli.invocation import Invocation
    from volops.cli.output import Output
    from volops.operations.clone import Cloned
    from volops.operations.clone_plan import ClonePlan


def restore_into(
    invocation: Invocation, entry: Entry, volumes: Sequence[str], project: str, *, dry_run: bool, trust: bool
) -> int:
    """Restore into volumes of another project's name. Nobody is asked: nothing live is replaced."""
    from volops.operations.clone import clone
    from volops.operations.clone_plan import plan_clone
    from volops.source import look_around

    workspace, output = invocation.workspace, invocation.output
    around = look_around(workspace.engine, workspace.stack, "", workspace.settings.helper_image)
    plan = plan_clone(workspace, around, entry, volumes, project)
    _describe(output, plan)
    if dry_run:
        output.note("nothing was done (--dry-run)")
        output.document({"plan": {**_common(plan), "volumes": _volumes(plan)}})
        return EXIT_DONE
    with Reporter(output, workspace.registry) as reporter:
        done = clone(workspace, around, plan, reporter, trust=trust)
    output.note(f"restored from {plan.entry.name} for project {project}; nothing else was touched")
    if plan.clone.shared:
        output.warn(f"{project} would share with {workspace.stack.project}: {'; '.join(plan.clone.shared)}")
    output.note("start it with")
    output.line(f"  {done.command}")
    output.document({"clone": _document(done)})
    return reporter.exit_code


def _describe(output: Output, plan: ClonePlan) -> None:
    now = datetime.now(UTC)
    output.note(f"backup    {plan.entry.name}, {age(plan.entry.created, now)}, {plan.manifest.kind.value}")
    for each in plan.items:
        output.note(f"restores  {each.item.record.key}: {size(each.item.size)} → volume {each.name}")
    if plan.left_out:
        output.note(f"leaves    {', '.join(plan.left_out)}, which no other project can have for its own")


def _common(plan: ClonePlan) -> dict[str, Any]:
    return {"backup": plan.entry.name, "project": plan.clone.project, "left_out": list(plan.left_out)}


def _volumes(plan: ClonePlan) -> list[dict[str, Any]]:
    return [
        {
            "volume": each.item.record.key,
            "name": each.name,
            "type": each.item.record.type,
            "size": each.item.size,
        }
        for each in plan.items
    ]


def _document(done: Cloned) -> dict[str, Any]:
    volumes = [
        {**row, "seconds": outcome.seconds, "warnings": list(outcome.warnings)}
        for row, outcome in zip(_volumes(done.plan), done.outcomes, strict=True)
    ]
    return {
        **_common(done.plan),
        "volumes": volumes,
        "shared": list(done.plan.clone.shared),
        "command": done.command,
    }
