"""The command above the commands: `gradcli`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup, TyperOption

from .. import __version__
from ..errors import UsageError
from ..text import closest, shortened
from .command import ExpressionCommand
from .commands import load
from .options import OWN
from .session import Session

if TYPE_CHECKING:
    from typer._click import Context, Parameter
    from typer.core import TyperCommand

NAMES = (*OWN, "functions")
_HELP = """\
What is the derivative of this, here?

\b
  gradcli grad '2*dot(x,x)' --x 0,1,2,3
  gradcli check '2*dot(x,x)' --x 0,1,2,3 --claim x='4*x'

\b
VALUES  3   -0.5   pi/4   0,1,2,3   1,2;3,4   [[1,2],[3,4]]   arange(4)   @data.csv
STATUS  0 answered, 1 a check failed, 2 usage or file, 3 the expression, 4 the data,
        5 not finite (--strict), 6 a limit, 70 a bug in gradcli, 130 interrupted,
        141 the reader went away
"""


class Root(TyperGroup):
    """Knows the commands by name, and imports the one that is called."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        session = ctx.find_object(Session)
        if ctx.resilient_parsing or session is None:
            return super().parse_args(ctx, args)
        if not args:
            raise UsageError("there is no command", hint=f"one of {', '.join(NAMES)}; or --help")
        if args[0] in ("--help", "-h"):
            session.environment.stdout.text(ctx.get_help() + "\n")
            raise typer.Exit
        if args[0] == "--version":
            session.environment.stdout.text(f"gradcli {__version__}\n")
            raise typer.Exit
        if args[0] not in NAMES and not args[0].startswith("--"):
            close = closest(args[0], NAMES)
            hint = f"did you mean {close}?" if close else f"one of {', '.join(NAMES)}: gradcli grad 'x^2' --x 3"
            raise UsageError(f"there is no command `{shortened(args[0])}`", hint=hint)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Context) -> list[str]:
        return list(NAMES)

    def get_command(self, ctx: Context, cmd_name: str) -> TyperCommand | None:
        if cmd_name not in NAMES:
            return None
        if cmd_name in OWN:
            return ExpressionCommand(load(cmd_name))
        from .commands.functions import command

        return command


def root(*, with_completion: bool) -> Root:
    """The command to run. Typer's options for completion cost time, so they are there when they matter."""
    version = TyperOption(param_decls=["--version"], is_flag=True, help="Show the version.", expose_value=False)
    options: list[Parameter] = [version]
    if with_completion:
        from typer.main import get_install_completion_arguments

        options += get_install_completion_arguments()
    return Root(name="gradcli", help=_HELP, params=options, rich_markup_mode=None)
