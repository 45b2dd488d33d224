"""Commands that plugins give, as part of `volops`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import metadata
from typing import TYPE_CHECKING, Any

import click

from volops.cli.output import Output

if TYPE_CHECKING:
    from volops.plugins.registry import RegisteredCommand, Registry

_WIDEST = 60


class Plugged(click.Command):
    """Runs a plugin's command, and answers for it: what it raises becomes one line that names the plugin."""

    def __init__(self, given: RegisteredCommand) -> None:
        super().__init__(given.command.name, add_help_option=False)
        self._given = given

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """That of the plugin's command, which click then runs through `invoke`."""
        context: click.Context = self._given.command.make_context(info_name, args, parent=parent, **extra)
        context.command = self
        return context

    def invoke(self, ctx: click.Context) -> int:
        """Run it. Raises PluginBroken for what is neither click's nor an error of volops."""
        from volops.errors import VolopsError
        from volops.plugins import isolated

        def told() -> Any:
            try:
                return self._given.command.invoke(ctx)
            except (VolopsError, click.ClickException, click.Abort, click.exceptions.Exit) as error:
                return error

        result = isolated(f"{self._given.origin}: its command {self.name!r} failed", told)
        if isinstance(result, Exception):
            raise result
        return result if isinstance(result, int) else 0


def summaries() -> Mapping[str, str]:
    """Name and summary of each, for the list of verbs."""
    registry = _registry()
    given = sorted(registry.commands.items()) if registry else []
    return {name: each.command.get_short_help_str(_WIDEST) for name, each in given}


def command(name: str) -> click.Command | None:
    """The command of that name, if a plugin gives it; warns of plugins that could have, and are broken."""
    registry = _registry()
    if registry is None:
        return None
    given = registry.commands.get(name)
    if given is None:
        for state in registry.broken:
            Output(json=False, quiet=False).warn(f"plugin {state.name} is broken: {state.reason}")
    return Plugged(given) if given else None


@functools.cache
def _registry() -> Registry | None:
    """What the plugins of others give; None where there are none, which is known without loading anything."""
    if not any(map(_has_plugins, metadata.distributions())):
        return None
    from volops.plugins import discover

    return discover(bundled=False)


def _has_plugins(distribution: metadata.Distribution) -> bool:
    try:
        entry_points = distribution.read_text("entry_points.txt") or ""
        return "[volops]" in entry_points and distribution.metadata["Name"] != "volops"
    except (OSError, UnicodeDecodeError):
        # Whose they are is for `discover` to find out.
        return True
