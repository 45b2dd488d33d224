"""What `volops restore --to` does: it belongs to the verb restore."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from volops.cli.reporter import Reporter
from volops.cli.units import count, size
from volops.errors import EXIT_DONE, InvalidUse

if TYPE_CHECKING:
    from volops.catalog import Entry
    from volops.cli.invocation import Invocation
    from volops.operations.extraction import Extraction


def restore_to(
    invocation: Invocation,
    entry: Entry,
    volumes: Sequence[str],
    paths: Sequence[str],
    directory: Path,
    *,
    dry_run: bool,
    trust: bool,
) -> int:
    """Unpack files of one volume into a directory of this machine. Nothing live is touched."""
    from volops.operations.extraction import extract, plan_extraction
    from volops.operations.restore_plan import manifest_of, records_of, restore_item
    from volops.operations.single_paths import choose_paths
    from volops.source import look_around

    if len(volumes) != 1:
        raise InvalidUse("--to is for the files of one volume", next_step="name one volume")
    workspace, output = invocation.workspace, invocation.output
    around = look_around(workspace.engine, workspace.stack, "", workspace.settings.helper_image)
    (record,) = records_of(manifest_of(entry), volumes)
    item = restore_item(workspace, record, ())
    chosen = choose_paths(workspace.catalog, entry, item, paths)
    plan = plan_extraction(around, entry, item, chosen, directory, trust=trust)
    if dry_run:
        output.note(f"unpacks   {count(len(chosen.names), 'path')}, {size(chosen.size)} → {directory}")
        output.note("nothing was done (--dry-run)")
        output.document({"plan": _document(plan)})
        return EXIT_DONE
    with Reporter(output, workspace.registry) as reporter:
        outcome = extract(around, workspace.catalog, plan, reporter)
    for name in chosen.also:
        output.warn(f"{name} is the same file as one that was asked for: it is there, too")
    whose = "" if plan.owners else ", yours, since only root can give files to others"
    output.note(f"{count(len(chosen.names), 'path')}, {size(chosen.size)} → {directory}{whose}")
    output.document({"extracted": _document(plan) | {"seconds": outcome.seconds}})
    return EXIT_DONE


def _document(plan: Extraction) -> dict[str, object]:
    return {
        "backup": plan.entry.name,
        "volume": plan.item.record.key,
        "directory": str(plan.directory),
        "paths": len(plan.chosen.names),
        "size": plan.chosen.size,
        "owners": plan.owners,
    }
