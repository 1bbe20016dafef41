"""The commands that take an expression: how their arguments are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import typer
from typer.core import TyperArgument, TyperCommand, TyperOption

from ..errors import UsageError
from . import variables
from .options import COMMANDS, FIRST, LAST, TABLE
from .session import Session

if TYPE_CHECKING:
    from typer._click import Context
    from typer._click.shell_completion import CompletionItem

    from ..api import Expression
    from ..requests import Request
    from ..results import Result

Compute: TypeAlias = "Callable[[Expression, Request], Result]"


class ExpressionCommand(TyperCommand):
    """A command `gradcli NAME EXPR` whose answer is `compute(expression, request)`.

    Its options stand in `options.COMMANDS`. `needs` is the key of an option it cannot do without.
    """

    def __init__(self, name: str, compute: Compute, *, help: str, example: str, needs: str | None = None) -> None:
        self.compute = compute
        self.needs = needs
        super().__init__(
            name,
            help=help,
            epilog=f"\b\nExample:\n  {example}",
            params=[
                TyperArgument(
                    param_decls=["expression"],
                    metavar="EXPR",
                    help="The expression; - for requests as JSON on standard input.",
                    show_default=False,
                ),
                *(_declared(option) for option in (*FIRST, *COMMANDS[name], *LAST)),
            ],
            options_metavar="[--NAME VALUE]... [OPTIONS]",
            rich_markup_mode=None,
        )

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        session = ctx.find_object(Session)
        takes_value = {
            name: not parameter.is_flag
            for parameter in self.get_params(ctx)
            if isinstance(parameter, TyperOption)
            for name in parameter.opts
        }
        if ctx.resilient_parsing or session is None:
            return super().parse_args(ctx, self._sorted_for_completion(args, takes_value))
        session.json = any(argument in ("--json", "-") or argument.startswith("--vars") for argument in args)
        options, positionals = variables.sort(args, takes_value)
        if "--help" in options:
            session.environment.stdout.text(ctx.get_help() + "\n")
            raise typer.Exit
        if len(positionals) > 1:
            raise UsageError(
                f"one expression is wanted, here are {len(positionals)}: {', '.join(positionals[:4])}",
                hint="put the expression in single quotes; a variable is given as --NAME VALUE",
            )
        return super().parse_args(ctx, [*options, "--", *positionals])

    def _sorted_for_completion(self, args: list[str], takes_value: dict[str, bool]) -> list[str]:
        for part in (args, args[:-1]):  # the last may be an option whose value is being typed
            try:
                options, positionals = variables.sort(part, takes_value)
            except UsageError:
                continue
            return [*options, "--", *positionals[:1]]
        return []

    def invoke(self, ctx: Context) -> Any:
        from .serve import serve

        session = ctx.find_object(Session)
        assert session is not None, "a command runs within a session"
        return serve(session, self, ctx.params)

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        from typer._click.shell_completion import CompletionItem

        found = super().shell_complete(ctx, incomplete)
        source = ctx.params.get("expression")
        if incomplete.startswith("-") and source:
            given = {text.removeprefix("--").partition("=")[0] for text in ctx.params.get("assignments") or ()}
            names = (f"--{name}" for name in variables.names_in(source) if name not in given)
            found += [CompletionItem(name) for name in names if name.startswith(incomplete)]
        return found


def _declared(name: str) -> TyperOption:
    """An option of the table as Typer has it. All values are texts; `options` turns them into more."""
    option = TABLE[name]
    return TyperOption(
        param_decls=[option.key, name],
        metavar=option.metavar,
        is_flag=option.metavar is None,
        default=False if option.metavar is None else None,
        multiple=option.many,
        help=option.help,
    )
