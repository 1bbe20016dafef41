"""Commands as Typer has them: for their help, and to complete what is being typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperOption

from ..errors import UsageError
from . import arguments
from .commands import Command
from .options import LAST, OWN, TABLE, first
from .serve import serve
from .session import Session
from .variables import names_in

if TYPE_CHECKING:
    from typer._click import Context
    from typer._click.shell_completion import CompletionItem


_EXPRESSION = "The expression; - for requests as JSON on standard input."
_PROGRAM = "The program; - for one on standard input."


class ExpressionCommand(TyperCommand):
    """A command that takes an expression. Its arguments are read by `arguments`, not by Typer."""

    def __init__(self, command: Command) -> None:
        self.command = command
        expression = TyperArgument(
            param_decls=["expression"],
            metavar="FILE" if command.program else "EXPR",
            help=_PROGRAM if command.program else _EXPRESSION,
            show_default=False,
        )
        options = (*first(command.name), *OWN[command.name], *LAST)
        super().__init__(
            command.name,
            help=command.help,
            epilog=f"\b\nExample:\n  {command.example}",
            params=[expression, *map(_declared, options)],
            options_metavar="[--NAME VALUE]... [OPTIONS]",
            rich_markup_mode=None,
        )

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        session = ctx.find_object(Session)
        if session is not None and arguments.asks_for_help(args) and not ctx.resilient_parsing:
            session.environment.stdout.text(ctx.get_help() + "\n")
            raise typer.Exit
        super().parse_args(ctx, [])
        ctx.params.update(self._read(args, forgiving=ctx.resilient_parsing))
        return []

    def _read(self, args: list[str], *, forgiving: bool) -> dict[str, Any]:
        own, known = OWN[self.command.name], first(self.command.name)
        try:
            return arguments.read(args, own, known)
        except UsageError:
            if not forgiving:
                raise
        try:
            return arguments.read(args[:-1], own, known)  # the last may be an option whose value is being typed
        except UsageError:
            return arguments.read((), own, known)

    def invoke(self, ctx: Context) -> Any:
        session = ctx.find_object(Session)
        assert session is not None, "a command runs within a session"
        return serve(session, self.command, ctx.params)

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        from typer._click.shell_completion import CompletionItem

        found = super().shell_complete(ctx, incomplete)
        source, assigned = ctx.params["expression"], ctx.params[TABLE["--set"].key]
        if incomplete.startswith("-") and source and not self.command.program:
            names = [f"--{name}" for name in names_in(source) if name not in assigned]
            found += [CompletionItem(name) for name in names if name.startswith(incomplete)]
        return found


def _declared(name: str) -> TyperOption:
    option = TABLE[name]
    return TyperOption(
        param_decls=[option.key, name],
        metavar=option.metavar,
        is_flag=option.metavar is None,
        default=False if option.metavar is None else None,
        multiple=option.many,
        help=option.help,
    )
