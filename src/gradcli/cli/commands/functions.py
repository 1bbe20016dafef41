"""gradcli functions: what the language knows."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperOption

from ...errors import UsageError
from ...record import Record
from ...text import shortened
from ..arguments import asks_for_help
from ..session import Session

if TYPE_CHECKING:
    from typer._click import Context

    from ...engine.functions import Function


class FunctionsCommand(TyperCommand):
    """A list of all functions, or a page about one."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        session = ctx.find_object(Session)
        if session is not None and asks_for_help(args):
            session.environment.stdout.text(ctx.get_help() + "\n")
            raise typer.Exit
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Context) -> Any:
        session = ctx.find_object(Session)
        assert session is not None, "a command runs within a session"
        session.json = bool(ctx.params["json"])
        name = ctx.params["name"]
        _report(session, _chosen(name), one=name is not None)


def _chosen(name: str | None) -> list[Function]:
    """All functions, or the one of a name or alias. Raises UsageError where there is none."""
    from ...api import functions

    known = functions()
    if name is None:
        return known
    found = [each for each in known if name == each.name or name in each.aliases]
    if not found:
        close = get_close_matches(name, [alias for each in known for alias in (each.name, *each.aliases)], 1)
        hint = f"did you mean {close[0]}?" if close else "gradcli functions lists them all"
        raise UsageError(f"there is no function `{shortened(name)}`", hint=hint)
    return found


class Entry(Record):
    """What the reference says of a function: what is declared, and its rules written out."""

    name: str
    aliases: tuple[str, ...]
    group: str
    signature: str
    doc: str
    rule: str | None
    kink: str | None
    example: str | None


def _entry(function: Function) -> Entry:
    from ...engine.printing import rule_text

    return Entry(
        function.name,
        function.aliases,
        function.group,
        function.signature,
        function.doc,
        rule_text(function),
        function.convention or None,
        function.samples[0].expression if function.samples else None,
    )


def _report(session: Session, functions: list[Function], *, one: bool) -> None:
    from ...report import reference

    stdout = session.environment.stdout
    if session.json:
        stdout.write(reference.encode(map(_entry, functions)).encode() + b"\n")
    elif one:
        stdout.text(reference.one_function(_entry(functions[0]), session.page()))
    else:
        stdout.text(reference.every_function(functions, session.page()))


command = FunctionsCommand(
    "functions",
    help="What the language knows: every function, or all about one.",
    params=[
        TyperArgument(param_decls=["name"], metavar="NAME", help="A function.", show_default=False),
        TyperOption(param_decls=["json", "--json"], is_flag=True, default=False, help="Answer as one line of JSON."),
    ],
    rich_markup_mode=None,
)
