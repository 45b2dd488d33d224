"""list, show, verify."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from volops.cli import completing
from volops.cli.documents import entry_document, outcome_document, plain_size
from volops.cli.output import shown_path
from volops.cli.reporter import Reporter
from volops.cli.units import age, count, duration, size
from volops.cli.verb import verb
from volops.errors import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_LOCKED,
    EXIT_NO_BACKUP,
    EXIT_PARTIAL,
    EXIT_ROLLBACK_FAILED,
)

if TYPE_CHECKING:
    from volops.catalog import Entry
    from volops.cli.invocation import Invocation
    from volops.cli.output import Output
    from volops.manifest import Manifest, VolumeRecord
    from volops.model import Outcome
    from volops.plugins import Registry

_backup = click.argument("backup", shell_complete=completing.backups)


@verb("list", backups=True, exits=[EXIT_NO_BACKUP], examples=["volops list"])
def list_backups(invocation: Invocation) -> None:
    """List the backups, newest first.

    Needs no running engine, and with --backups no compose file.
    """
    entries, output = invocation.catalog.entries(), invocation.output
    output.document({"backups": [entry_document(entry) for entry in entries]})
    if not entries:
        output.line(f"no backups in {invocation.catalog.store.location}: make one with `volops backup`")
        return
    output.table(
        ("NAME", "AGE", "SIZE", "VOLUMES", "STATE", "LAST CHECK"),
        [_row(entry) for entry in entries],
        right="SIZE",
    )
    for entry in entries:
        if entry.problem:
            output.warn(f"{entry.name}: {entry.problem}")


def _row(entry: Entry) -> tuple[str, ...]:
    now, manifest = datetime.now(UTC), entry.manifest
    held = [volume for volume in manifest.volumes if volume.status in ("done", "recipe")] if manifest else []
    return (
        entry.name,
        age(entry.created, now),
        size(entry.size),
        str(len(held)) if manifest else "-",
        entry.state.value,
        _verified(entry, now),
    )


def _verified(entry: Entry, now: datetime) -> str:
    if entry.verified is None:
        return "never"
    when = age(entry.verified.at, now)
    if not entry.verified.ok:
        return f"NOT GOOD, {when}"
    proven = entry.verified.proven
    return f"proven {age(proven, now)}" if proven else f"verified {when}"


def _checked(entry: Entry, now: datetime) -> str:
    proven = entry.verified.proven if entry.verified else None
    on = f", proven on {proven:%Y-%m-%d %H:%M:%S} UTC by restoring it" if proven else ""
    read = f"read to its end {age(entry.verified.at, now)}" if entry.verified and proven else ""
    return (read or _verified(entry, now)) + on


@verb("show", backups=True, exits=[EXIT_NO_BACKUP], examples=["volops show latest"])
@_backup
def show(invocation: Invocation, backup: str) -> int:
    """Show what a backup holds.

    \b
    BACKUP is a name, the beginning of one, `latest` (the newest complete
    full backup that is not known to be bad), or a path, also of a bundle.
    """
    entry, output = invocation.backup(backup), invocation.output
    manifest = entry.manifest
    output.document(
        {
            "backup": entry_document(entry),
            "manifest": manifest.model_dump(mode="json") if manifest else None,
        }
    )
    if manifest is None:
        output.error(f"{entry.name}: {entry.problem}")
        return EXIT_FAILED
    _describe(output, entry, manifest)
    output.line()
    output.table(
        ("VOLUME", "TYPE", "STATUS", "SIZE", "REASON"),
        [_volume_row(volume) for volume in manifest.volumes],
        right="SIZE",
    )
    output.line()
    output.table(("FILE", "STORED", "OF"), _file_rows(manifest), right="STORED")
    output.line()
    for volume in manifest.volumes:
        for name, fact in volume.facts.items():
            if not isinstance(fact, dict):
                output.line(f"{volume.key}: {name}: {_fact(fact)}")
        for warning in volume.warnings:
            output.line(f"{volume.key}: warning: {warning}", "yellow")
    return EXIT_DONE


def _describe(output: Output, entry: Entry, manifest: Manifest) -> None:
    now, engine = datetime.now(UTC), manifest.engine
    took = duration((manifest.finished - manifest.created).total_seconds())
    images = {service.image for service in manifest.stack.services if service.image}
    for title, text in (
        ("Backup", f"{entry.name} ({manifest.kind.value}, {entry.state.value})"),
        ("Taken", f"{manifest.created:%Y-%m-%d %H:%M:%S} UTC, {age(manifest.created, now)}, in {took}"),
        ("Checked", _checked(entry, now)),
        ("Size", f"{size(plain_size(manifest.volumes))}, {size(entry.size)} stored"),
        ("Where", shown_path(entry.path)),
        ("Project", f"{manifest.stack.project} on {manifest.host}"),
        ("Images", ", ".join(sorted(images)) or "-"),
        ("Made with", f"volops {manifest.tool.version}, {engine.name} {engine.version}"),
    ):
        output.line(f"{title + ':':<10} {text}")
    for warning in manifest.warnings:
        output.line(f"{'Warning:':<10} {warning}", "yellow")


def _volume_row(volume: VolumeRecord) -> tuple[str, ...]:
    shown = size(plain_size([volume])) if volume.artifacts else "-"
    return (volume.key, volume.type or "?", volume.status.value, shown, volume.reason or "-")


def _fact(fact: object) -> str:
    return " ".join(map(str, fact)) if isinstance(fact, list) else str(fact)


def _file_rows(manifest: Manifest) -> list[tuple[str, ...]]:
    owned = [(artifact, volume.key) for volume in manifest.volumes for artifact in volume.artifacts]
    owned += [(artifact, "compose files") for artifact in manifest.artifacts]
    return [(artifact.file, size(artifact.stored.size), owner) for artifact, owner in owned]


@verb(
    "verify",
    backups=True,
    exits=[EXIT_NO_BACKUP, EXIT_PARTIAL, EXIT_LOCKED, EXIT_ROLLBACK_FAILED],
    examples=["volops verify latest", "volops verify full_backup_20251025 --restore"],
)
@click.option(
    "--restore",
    "restoring",
    is_flag=True,
    help="Restore it, too, into volumes made for it and removed again, and check it there.",
)
@_backup
def verify(invocation: Invocation, backup: str, restoring: bool) -> int:
    """Read a backup to its end and prove it whole.

    Every digest is compared, every archive read to its end, every dump checked for completeness. With
    --restore every volume is restored as well, into one that is there for that only: nothing live is touched,
    and no service need run. The result is remembered and shown by `volops list`. BACKUP may be a bundle.
    """
    from volops.bundle import beside, unpacked
    from volops.plugins import discover

    found = invocation.backup(backup)
    with unpacked(found, beside(invocation.catalog.store)) as entry:
        return _verify(invocation, discover(), found, entry, restoring=restoring)


def _verify(
    invocation: Invocation, registry: Registry, found: Entry, entry: Entry, *, restoring: bool
) -> int:
    """`entry` is what was found, or what it was unpacked to."""
    from volops.operations.verify import verify as read_through

    output = invocation.output
    with Reporter(output, registry) as reporter:
        outcomes = read_through(invocation.catalog, registry, entry, reporter)
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if restoring and not failed:
        return _prove(invocation, found, entry, outcomes)
    output.document(
        {
            "backup": entry_document(invocation.catalog.find(entry.path)),
            "outcomes": [outcome_document(outcome) for outcome in outcomes],
            "good": not failed,
        }
    )
    if failed:
        bad = f"{len(failed)} of {count(len(outcomes), 'part')}"
        output.note(f"{entry.name} is NOT GOOD: {bad} failed", "bold red")
    else:
        read, took = sum(o.size for o in outcomes), sum(o.seconds for o in outcomes)
        whole = "is good, but PARTIAL" if entry.state == "partial" else "is good"
        done = f"{size(read)} read and checked in {duration(took)}"
        output.note(f"{entry.name} {whole}: {done} → {shown_path(found.path)}", "bold green")
    return reporter.exit_code


def _prove(invocation: Invocation, found: Entry, entry: Entry, read: Sequence[Outcome]) -> int:
    from volops.operations.proof import prove
    from volops.source import look_around

    workspace, output = invocation.workspace, invocation.output
    around = look_around(workspace.engine, workspace.stack, "", workspace.settings.helper_image)
    # What is remembered of it has just changed.
    entry = replace(entry, verified=invocation.catalog.find(entry.path).verified)
    with Reporter(output, workspace.registry) as reporter:
        outcomes = prove(workspace, around, entry, reporter)
    now = invocation.catalog.find(entry.path)
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    output.document(
        {
            "backup": entry_document(now),
            "outcomes": [outcome_document(outcome) for outcome in read],
            "restored": [outcome_document(outcome) for outcome in outcomes],
            "good": not (now.verified and now.verified.problems),
            "proven": not failed,
        }
    )
    if failed:
        bad = f"{len(failed)} of {count(len(outcomes), 'volume')}"
        known_bad = now.verified is not None and not now.verified.ok
        said = (
            f"is NOT GOOD: {bad} did not come back"
            if known_bad
            else f"is not proven: {bad} could not be tried"
        )
        output.note(f"{entry.name} {said}", "bold red")
    else:
        restored, took = sum(o.size for o in outcomes), sum(o.seconds for o in outcomes)
        done = f"{size(restored)} restored and checked in {duration(took)}"
        output.note(f"{entry.name} is proven: {done} → {shown_path(found.path)}", "bold green")
    return reporter.exit_code
