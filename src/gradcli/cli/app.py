"""The program `gradcli`: a pure `run`, and the shell around it that makes a process of it.

Only what a run needs is imported, and only when it is needed: the language for an expression, NumPy once
there is something to compute, Typer for help.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from .environment import Environment
    from .session import Session

_COMPLETE = "_GRADCLI_COMPLETE"
"""The variable by which a shell asks for completions."""


def run(arguments: Sequence[str], environment: Environment) -> int:
    """Do what `gradcli ARGUMENTS` does in an environment; returns the exit status."""
    from .environment import ReaderGone
    from .session import Session, as_error

    session = Session(environment)
    try:
        try:
            with session.progress_shown():
                _dispatch(arguments, session)
        except Exception as exception:
            session.fail(as_error(exception))
        try:
            environment.stdout.flush()
        except Exception as exception:
            session.fail(as_error(exception))
    except KeyboardInterrupt:
        return 130
    except ReaderGone:
        return 141
    return session.status


def _dispatch(arguments: Sequence[str], session: Session) -> None:
    """Hand over to the command. Typer is slow to import, and needed for help and completion only."""
    from .. import limits
    from .arguments import asks_for_help
    from .options import OWN

    variables = session.environment.variables
    moved = limits.from_environment(variables)
    with limits.overridden({name: getattr(moved, name) for name in limits.NAMES}):
        if arguments and arguments[0] in OWN and not asks_for_help(arguments[1:]) and _COMPLETE not in variables:
            from .serve import call

            call(session, arguments[0], arguments[1:])
        else:
            _dispatch_by_typer(arguments, session)


def _dispatch_by_typer(arguments: Sequence[str], session: Session) -> None:
    import typer

    from .root import root

    completing = _COMPLETE in session.environment.variables
    options = completing or not arguments or arguments[0].startswith("-")
    command = root(with_completion=options)
    if completing:
        command.main([], prog_name="gradcli", complete_var=_COMPLETE, obj=session)
    width = min(session.environment.width, 100)
    try:
        with command.make_context("gradcli", list(arguments), obj=session, terminal_width=width) as ctx:
            command.invoke(ctx)
    except typer.Exit as done:
        session.status = max(session.status, done.exit_code)


def main() -> NoReturn:
    """The entry point of the installed program."""
    import gc
    import os
    import sys

    gc.disable()  # while modules are imported there is nothing to collect; streams turn it on again
    try:
        status = _run_process(sys.argv[1:])
    except KeyboardInterrupt:
        status = 130
    except SystemExit as exit:  # how Typer ends when it is asked for completions
        status = exit.code if isinstance(exit.code, int) else 0 if exit.code is None else 1
    # All output is written. Taking the interpreter apart module by module would cost 10 ms and change nothing.
    os._exit(status)


def _run_process(arguments: Sequence[str]) -> int:
    import signal

    from .environment import Environment

    environment = Environment.of_process()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where it is ignored, as under nohup
        signal.signal(signal.SIGINT, environment.stdout.interrupt)
    return run(arguments, environment)
