"""Which volume is of which type: what `x-volops` says, or else what the types themselves recognise."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from volops.config import VolumeSettings
from volops.errors import ClaimConflict, ConfigInvalid, PluginBroken, VolopsError
from volops.file_tree import PlainFiles
from volops.isolation import isolated
from volops.model import Quiesce, Volume
from volops.plugins.registry import RegisteredType, Registry
from volops.volume_type import VolumeType


@dataclass(frozen=True, slots=True)
class Assignment:
    """The type of a volume, and what was configured for it.

    `explicit` is true when `x-volops` named the type, `detected` when a type recognised the volume; with
    neither it is taken for plain files. `problem` is why the volume cannot be backed up; `type` may be
    None then, and `options` too. `backup` and `quiesce` are None where nothing was configured.
    """

    volume: Volume
    type: RegisteredType | None
    options: Any = None
    explicit: bool = False
    detected: bool = False
    backup: bool | None = None
    quiesce: Quiesce | None = None
    problem: VolopsError | None = None


def assign(volume: Volume, settings: VolumeSettings, registry: Registry) -> Assignment:
    """Decide of which type the volume is. Never raises: what is wrong is the assignment's `problem`."""
    explicit = settings.type is not None
    chosen: RegisteredType | None = None
    options = problem = None
    detected = False
    try:
        if settings.type is not None:
            chosen = _named(volume, settings.type, registry)
        else:
            chosen = _detected(volume, registry)
            detected = chosen is not None
            chosen = chosen or registry.types[PlainFiles.name]
        options = _options(volume, chosen, settings)
    except VolopsError as error:
        problem = error
    return Assignment(volume, chosen, options, explicit, detected, settings.backup, settings.quiesce, problem)


def _named(volume: Volume, name: str, registry: Registry) -> RegisteredType:
    found = registry.types.get(name)
    if found:
        return found
    for plugin in registry.broken:
        if name in plugin.types:
            raise PluginBroken(
                f"volume type {name!r} cannot be used: {plugin.origin} is broken: {plugin.reason}",
                next_step="mend or remove the plugin, see `volops plugins`",
            )
    broken = "".join(f", and {plugin.origin} is broken: {plugin.reason}" for plugin in registry.broken)
    raise PluginBroken(
        f"{_path(volume, 'type')}: no plugin gives a volume type {name!r}{broken}",
        next_step=f"install its plugin, or choose one of: {', '.join(sorted(registry.types))}",
    )


def _detected(volume: Volume, registry: Registry) -> RegisteredType | None:
    """The one type that claims the volume; None when none does and none could.

    A volume is not taken for plain files while a broken plugin may be the one that knows it: a copy of
    the files of a running database would be called good.
    """
    claims, errors = _claims(volume, registry.types.values())
    if len(claims) > 1:
        names = " and ".join(f"{claim.cls.name!r} ({claim.origin})" for claim in claims)
        raise ClaimConflict(
            f"volume {volume.key!r} is claimed by the types {names}",
            next_step=f"say which it is with {_path(volume, 'type')}",
        )
    if claims:
        return claims[0]
    if errors:
        raise errors[0]
    withdrawn, _ = _claims(volume, registry.withdrawn)
    owners = {claim.origin for claim in withdrawn}
    for plugin in registry.broken:
        if plugin.opaque or plugin.origin in owners:
            raise PluginBroken(
                f"the type of volume {volume.key!r} cannot be told: "
                f"{plugin.origin} is broken: {plugin.reason}",
                next_step=f"mend or remove the plugin, or name the type with {_path(volume, 'type')}",
            )
    return None


def _claims(
    volume: Volume, types: Iterable[RegisteredType]
) -> tuple[list[RegisteredType], list[PluginBroken]]:
    claims, errors = [], []
    for registered in types:
        what = f"type {registered.cls.name!r} ({registered.origin}) failed to look at volume"
        try:
            if isolated(f"{what} {volume.key!r}", registered.cls().detect, volume):
                claims.append(registered)
        except PluginBroken as error:
            errors.append(error)
    return claims, errors


def _options(volume: Volume, registered: RegisteredType, settings: VolumeSettings) -> Any:
    """An instance of the type's Options from what was configured. Raises ConfigInvalid with the path."""
    cls: type[VolumeType] = registered.cls
    known = {each.name for each in dataclasses.fields(cls.Options)}
    unknown = sorted(settings.options.keys() - known)
    if unknown:
        raise ConfigInvalid(
            f"{_path(volume, unknown[0])}: volume type {cls.name!r} has no such option",
            next_step=f"it has: {', '.join(sorted(known)) or 'none'}",
        )

    def checked() -> Any:
        if not known:
            return cls.Options()
        try:
            return TypeAdapter(cls.Options).validate_json(json.dumps(dict(settings.options)), strict=True)
        except ValidationError as error:
            return error

    made = isolated(
        f"the options of volume type {cls.name!r} ({registered.origin}) cannot be checked", checked
    )
    if isinstance(made, ValidationError):
        first = made.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise ConfigInvalid(f"{_path(volume, place)}: {said[:1].lower()}{said[1:]}") from made
    return made


def _path(volume: Volume, key: str) -> str:
    return f"x-volops.volumes.{volume.key}.{key}".removesuffix(".")
