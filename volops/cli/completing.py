"""What the shell offers after a verb and its options. Nothing is offered where the project cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from volops.errors import VolopsError

if TYPE_CHECKING:
    from volops.cli.invocation import Invocation
    from volops.plugins import Assignment


def services(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names of services."""
    return _offered(ctx, parameter, incomplete, lambda call: [s.name for s in call.stack.services])


def volumes(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Keys of volumes and paths of bind mounts."""
    return _offered(ctx, parameter, incomplete, lambda call: [v.key for v in call.stack.volumes])


def databases(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Keys of the volumes that hold databases of which one can be dumped."""
    return _offered(ctx, parameter, incomplete, _databases)


def volumes_of_backup(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Keys of the volumes that the backup holds which is named before."""
    return _offered(
        ctx, parameter, incomplete, lambda call: _held(call, ctx.params.get("backup") or "latest")
    )


def profiles(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names of the project's profiles."""
    return _offered(ctx, parameter, incomplete, lambda call: sorted(_profiles(call)))


def types(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names of the types that the project's volumes have."""
    return _offered(ctx, parameter, incomplete, lambda call: sorted(set(_types(call).values())))


def backups(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[str] | list[CompletionItem]:
    """`latest` and the names of backups; files, where the word begins as a path."""
    if incomplete.startswith((".", "/", "~")):
        return [CompletionItem(incomplete, type="file")]
    return _offered(
        ctx, parameter, incomplete, lambda call: ["latest", *(e.name for e in call.catalog.entries())]
    )


def _held(call: Invocation, reference: str) -> list[str]:
    manifest = call.backup(reference).manifest
    return [each.key for each in manifest.volumes if each.artifacts] if manifest else []


def _profiles(call: Invocation) -> set[str]:
    return {profile for service in call.stack.services for profile in service.profiles}


def _types(call: Invocation) -> dict[str, str]:
    """The type of each volume that has one."""
    return {each.volume.key: each.type.cls.name for each in _assigned(call) if each.type}


def _databases(call: Invocation) -> list[str]:
    from volops.database_type import DumpType

    return [each.volume.key for each in _assigned(call) if each.type and issubclass(each.type.cls, DumpType)]


def _assigned(call: Invocation) -> Iterable[Assignment]:
    from volops.config import VolumeSettings, load_settings
    from volops.plugins import assign, discover

    settings, registry = load_settings(call.stack).volumes, discover()
    return [assign(each, settings.get(each.key, VolumeSettings()), registry) for each in call.stack.volumes]


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
