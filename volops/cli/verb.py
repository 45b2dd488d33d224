"""What every verb has: the options shared by all, and the part of `--help` that lists its exit codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from volops.errors import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_MEANINGS,
    EXIT_USAGE,
    InvalidUse,
)

if TYPE_CHECKING:
    from volops.cli.invocation import Invocation

_ALWAYS = (EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED)


class Verb(click.Command):
    """A command whose help ends with examples and every exit code it may return."""

    exits: tuple[int, ...] = _ALWAYS
    json: bool = True
    exit_note: str = ""
    examples: tuple[str, ...] = ()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As every command does; an error of the parser tells, too, whose options they are."""
        try:
            # What is being completed is not done yet.
            if not ctx.resilient_parsing:
                self._refuse_empty(ctx, args)
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def _refuse_empty(self, ctx: click.Context, args: Sequence[str]) -> None:
        """A script's variable that is not set must not widen what is done."""
        given = self.make_parser(ctx).parse_args(list(args))[0]
        for parameter in self.params:
            value = given.get(parameter.name or "")
            if value == "" or (isinstance(value, list) and "" in value):
                named = parameter.opts[-1]
                raise click.UsageError(f"{named} is empty: give it a value, or leave it out", ctx)

    def invoke(self, ctx: click.Context) -> Any:
        """Run it. Raises InvalidUse under --json when it has no object to print."""
        if ctx.obj.json and not self.json:
            raise InvalidUse(f"`volops {self.name}` prints no JSON", next_step="leave --json out")
        return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples and the exit codes below the options."""
        program = ctx.find_root().info_name or "volops"
        with formatter.section("Examples" if len(self.examples) > 1 else "Example"):
            for example in self.examples:
                # Not wrapped: it is there to be copied.
                line = example.replace("volops", program, 1)
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), EXIT_MEANINGS[code]) for code in self.exits])
            if self.exit_note:
                formatter.write_text(self.exit_note)


def verb(
    name: str,
    *,
    examples: Iterable[str],
    exits: Iterable[int] = (),
    exit_note: str = "",
    json: bool = True,
    backups: bool = False,
    **settings: Any,
) -> Callable[[Callable[..., int | None]], Verb]:
    """Make a function the verb `name`. It gets the Invocation first and returns its exit code, or None
    for 0. `exits` are the codes beyond those that every verb may return; `json` adds `--json`
    and `--quiet`, `backups` adds `--backups`; all three may also stand before the verb.
    """

    def decorate(function: Callable[..., int | None]) -> Verb:
        wrapped = click.pass_obj(function)
        if json:
            wrapped = _json_option(_quiet_option(wrapped))
        if backups:
            wrapped = _backups_option(wrapped)
        command = click.command(name, cls=Verb, **settings)(wrapped)
        command.exits = tuple(sorted({*_ALWAYS, *exits}))
        command.exit_note = exit_note
        command.json = json
        command.examples = tuple(examples)
        return command

    return decorate


def _set(field: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def remember(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
        invocation: Invocation | None = ctx.obj
        if value and invocation is not None:
            setattr(invocation, field, value)
        del parameter

    return remember


_json_option = click.option(
    "--json",
    is_flag=True,
    expose_value=False,
    callback=_set("json"),
    help="Print one JSON object; docs/json.md describes it.",
)
_quiet_option = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    expose_value=False,
    callback=_set("quiet"),
    help="Print nothing but results that were asked for, warnings and errors.",
)
_backups_option = click.option(
    "--backups",
    metavar="DIR",
    type=click.Path(file_okay=False),
    expose_value=False,
    callback=_set("backups"),
    help="Where backups are kept.",
)
