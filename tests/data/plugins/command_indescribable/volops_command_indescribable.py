"""A plugin whose command cannot say what it does."""

from __future__ import annotations

from collections.abc import Iterable

import click

from volops import hookimpl


class Indescribable(click.Command):
    def get_short_help_str(self, limit: int = 45) -> str:
        raise LookupError(f"no words, let alone {limit}")


@hookimpl
def volops_commands() -> Iterable[click.Command]:
    return [Indescribable("riddle")]
