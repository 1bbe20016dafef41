"""gradcli functions: what the language knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperOption

from ...errors import UsageError
from ...text import closest, shortened
from ..arguments import asks_for_help
from ..session import Session

if TYPE_CHECKING:
    from typer._click import Context

    from ...describing import Entry
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
        _report(session, ctx.params["name"])


def _report(session: Session, name: str | None) -> None:
    from ...api import functions
    from ...describing import Entry, derivatives, entry
    from ...report import reference

    stdout = session.environment.stdout
    known: list[Function | Entry] = [*derivatives(), *functions()]
    chosen = known if name is None else [_chosen(known, name)]
    if name is None and not session.json:
        stdout.text(reference.every_function(known, session.page()))
        return
    entries = [each if isinstance(each, Entry) else entry(each) for each in chosen]
    if session.json:
        stdout.write(reference.encode(entries).encode() + b"\n")
    else:
        stdout.text(reference.one_function(entries[0], session.page()))


def _chosen(known: Sequence[Function | Entry], name: str) -> Function | Entry:
    """The one of this name or alias, whatever module stands before it. Raises UsageError where there is none."""
    bare = name.rpartition(".")[2]
    for each in known:
        if bare == each.name or bare in each.aliases:
            return each
    close = closest(bare, [alias for each in known for alias in (each.name, *each.aliases)])
    hint = f"did you mean {close}?" if close else "gradcli functions lists them all"
    raise UsageError(f"there is no function `{shortened(name)}`", hint=hint)


command = FunctionsCommand(
    "functions",
    help="What the language knows: every function, or all about one.",
    params=[
        TyperArgument(param_decls=["name"], metavar="NAME", help="A function.", show_default=False),
        TyperOption(param_decls=["json", "--json"], is_flag=True, default=False, help="Answer as one line of JSON."),
    ],
    rich_markup_mode=None,
)
