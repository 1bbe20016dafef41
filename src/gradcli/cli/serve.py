"""From the arguments of a command to its answer: bind, compute, report."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeAlias

from .. import files, limits, requests
from ..errors import UsageError
from ..requests import Request
from ..telling import heard_by, telling
from . import options, variables
from .arguments import read
from .commands import load
from .session import Session

if TYPE_CHECKING:
    from ..requests import Numbered
    from ..results import Result
    from .commands import Command
    from .helping import Helpers
    from .streams import Reader, Source

Given: TypeAlias = Mapping[str, Any]
"""A command's parameters, as `arguments.read` gives them."""


def call(session: Session, name: str, arguments: Sequence[str]) -> None:
    """Do what `gradcli NAME ARGUMENTS` does, for a command that takes an expression."""
    session.arguments = (name, *arguments)
    session.json = "--json" in arguments  # for what is wrong with the arguments themselves
    serve(session, load(name), read(arguments, options.OWN[name], options.first(name)))


def _import_engine() -> None:
    """Import what is heavy, and then, if the collector was stopped for that, let it work.

    A graph is some hundred objects that refer to each other: the collector is to look when many have been left.
    """
    from .. import answering

    assert answering
    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(50_000)
        gc.enable()


def serve(session: Session, command: Command, given: Given) -> None:
    """Answer what a command was asked: one request, or a stream of them."""
    with limits.overridden(options.moved_limits(given["limit"])):
        if command.program:
            given = _of_program(given)
        session.json = given["json"] or given["expression"] == "-" or given["vars"] is not None
        _check_together(given)
        base = _request(given)
        if given["expression"] == "-":
            _serve_requests(session, command, given)
            return
        _check_complete(command, given)
        from ..api import Expression

        expression = Expression(_source(session, given), seed=base.seed)
        base = base.replaced(expression=expression.source)
        names = expression.variables, base.wrt or (), command.name, expression.constants
        variables.check_names(given["assignments"], *names)
        if given["vars"] is not None:
            _serve_values(session, command, given, _bound(base, given))
        else:
            _conclude(session, given, command.compute(expression, _bound(base, given)))


def _of_program(given: Given) -> Given:
    """The parameters with the file that holds the program under `-f`, where other commands have theirs."""
    if given["expression"] is not None and given["file"] is not None:
        raise UsageError("a file and -f FILE were both given; one is enough")
    file = given["file"] if given["expression"] is None else given["expression"]
    if file is None:
        raise UsageError("there is no program", hint="gradcli run FILE, or - for one on standard input")
    return {**given, "expression": None, "file": file, "vars": None}


# ---- bind ------------------------------------------------------------------------------------------


def _check_together(given: Given) -> None:
    """Raise UsageError for options that exclude one another, or could not work."""
    stream = given["expression"] == "-" or given["vars"] is not None
    if given["expression"] == "-" and (given["vars"] is not None or given["file"] is not None):
        raise UsageError("- reads whole requests; --vars and -f go with an expression")
    if given["expression"] is not None and given["file"] is not None:
        raise UsageError("an expression and -f FILE were both given; one is enough")
    if given["vars"] == "-" and given["file"] == "-":
        raise UsageError("--vars - and -f - cannot both read standard input")
    if given["digits"] is not None:
        _digits(given)
    if given["save"] is not None:
        if stream:
            raise UsageError("--save takes one answer, not a stream of them", hint="… > answers.jsonl")
        files.check_writable(given["save"])


def _check_complete(command: Command, given: Given) -> None:
    """Raise UsageError where the expression is missing, or an option the command cannot do without."""
    if given["expression"] is None and given["file"] is None:
        if slip := variables.misspelt_option(given["assignments"], command.name):
            raise slip
        raise UsageError("there is no expression", hint=f"gradcli {command.name} 'x^2' --x 3")
    if command.needs and given[command.needs] in (None, []):
        option = "--" + command.needs.replace("_", "-")
        raise UsageError(f"{command.name} needs {option}", hint=f"{option} {options.TABLE[option].metavar}")


def _request(given: Given) -> Request:
    """What the options say, without the values: nothing here needs NumPy."""
    wrt, mode, order, seed, at_kink = (given.get(key) for key in ("wrt", "mode", "order", "seed", "at_kink"))
    return Request(
        wrt=None if wrt is None else options.names(wrt),
        mode="auto" if mode is None else options.mode(mode),
        order=1 if order is None else options.whole("--order", order, 1),
        claim=options.pairs("--claim", given.get("claim") or ()),
        check=bool(given.get("check")),
        sparse=bool(given.get("sparse")),
        at_kink="convention" if at_kink is None else options.at_kink(at_kink),
        trace_lines=bool(given.get("trace_lines")),
        seed=0 if seed is None else options.whole("--seed", seed, 0),
    )


def _source(session: Session, given: Given) -> str:
    """The expression's text."""
    file = given["file"]
    if file is None:
        return str(given["expression"])
    if file == "-":
        return files.text(b"".join(iter(lambda: session.environment.read(1 << 16), b"")), "standard input")
    return files.text(files.read_bytes(file, most=4 * limits.current().source_characters), file)


def _bound(base: Request, given: Given) -> Request:
    """The request with its values."""
    _import_engine()
    from .. import values

    def parsed(text: str, what: str) -> Any:
        return values.parse(text, what, seed=base.seed)

    def directions(option: str) -> dict[str, Any]:
        texts = options.pairs(option, given.get(option.removeprefix("--")) or ())
        return {name: parsed(text, f"{option} {name}") for name, text in texts.items()}

    weights = given.get("grad_outputs")
    return base.replaced(
        variables={name: parsed(each.value or "", f"variable {name}") for name, each in given["assignments"].items()},
        grad_outputs=None if weights is None else parsed(weights, "--grad-outputs"),
        tangent=directions("--tangent"),
        vector=directions("--vector"),
    )


# ---- streams ---------------------------------------------------------------------------------------


def _serve_requests(session: Session, command: Command, given: Given) -> None:
    """Requests on standard input; options and variables on the command line are their defaults."""
    reader = _requests(command, given)
    from .helping import Helpers
    from .streams import Source

    with Helpers(session) as helpers:
        _serve_stream(session, command, given, Source.of_stdin(session.environment), reader, helpers)


def _requests(command: Command, given: Given) -> Reader:
    """What requests mean beside these parameters."""
    base = _bound(_request(given), given)
    from .streams import Requests

    return Requests(command, given, base, [options.TABLE[name].key for name in options.OWN[command.name]])


@contextmanager
def helping(session: Session, name: str, *arguments: str) -> Iterator[Callable[[Sequence[Numbered]], None]]:
    """What answers some of the requests that another process reads as `gradcli NAME ARGUMENTS`."""
    command, given = load(name), read(arguments, options.OWN[name], options.first(name))
    session.json = True
    with limits.overridden(options.moved_limits(given["limit"])):
        reader = _requests(command, given)
        from .streams import Stream

        yield Stream(session, command, reader, strict=bool(given["strict"])).answer


def _serve_values(session: Session, command: Command, given: Given, base: Request) -> None:
    """Values for one expression, a JSON object a line."""
    from .streams import Source, Values

    if given["vars"] == "-":
        _serve_stream(session, command, given, Source.of_stdin(session.environment), Values(base))
    else:
        with files.opened(given["vars"]) as file:
            _serve_stream(session, command, given, Source(file.read, file), Values(base))


def _serve_stream(
    session: Session, command: Command, given: Given, source: Source, reader: Reader, helpers: Helpers | None = None
) -> None:
    """Answer records in order, as they arrive. How far that is shows in the answers, where they go to a terminal."""
    from .streams import Stream

    stream = Stream(session, command, reader, strict=bool(given["strict"]), helpers=helpers)
    quiet = session.environment.stdout_is_terminal
    with heard_by(None) if quiet else nullcontext(), telling("answering", unit="records") as tell:
        done = 0
        for arrived in requests.records(requests.arrivals(source.read, session.environment.stdout.flush)):
            stream.answer(arrived)
            done += len(arrived)
            tell(done, share=source.share)


# ---- report ----------------------------------------------------------------------------------------


def _conclude(session: Session, given: Given, result: Result) -> None:
    """Save and write an answer."""
    from . import answers

    if given["strict"]:
        answers.require_finite(result)
    if given["save"] is not None:
        from ..report.json import encode

        answers.save(given["save"], result, lambda: encode(result))
    session.answer(result, digits=_digits(given), saved=given["save"])


def _digits(given: Given) -> int | None:
    return None if given["digits"] is None else options.whole("--digits", given["digits"], 1, 17)
