"""`try`, `raise` and `yield` to instructions. Imported for programs that have one of them.

What must be left on the way out of a block lies on the compiler's `cleanups`: contexts, handlers, and what
`finally` says. That stands in the code once: whoever goes there leaves on the stack where to go on behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ExpressionError, Span
from ..language import syntax
from ..language.syntax import Expr
from .access import computed
from .code import CONTEXT, CallSite, Label
from .emitter import Task
from .scope import assigned

if TYPE_CHECKING:
    from .statements import StatementCompiler

HANDLER, FINAL = "a handler", "finally"
"""What lies on cleanups, beside contexts and the labels of `finally` blocks; FINAL while such a block is compiled."""


def try_(compiler: StatementCompiler, statement: syntax.Try) -> Task:
    """`finally`, where there is one, goes around all the rest."""
    if not statement.final:
        yield _handled(compiler, statement)
        return
    final = Label()
    compiler.emit("try", (final, False), statement.span)
    compiler.cleanups.append(final)
    yield _handled(compiler, statement) if statement.handlers else compiler.block(statement.body)
    compiler.cleanups.pop()
    compiler.emit("end_try", False, statement.span)
    compiler.emit("constant", None, statement.span)
    compiler.code.place(final)
    compiler.cleanups.append(FINAL)
    yield compiler.block(statement.final)
    compiler.cleanups.pop()
    compiler.emit("end_finally", None, statement.span)


def _handled(compiler: StatementCompiler, statement: syntax.Try) -> Task:
    handlers, end = Label(), Label()
    compiler.emit("try", (handlers, True), statement.span)
    compiler.cleanups.append(HANDLER)
    yield compiler.block(statement.body)
    compiler.cleanups.pop()
    compiler.emit("end_try", True, statement.span)
    yield compiler.block(statement.orelse)
    compiler.emit("jump", end, statement.span)
    compiler.code.place(handlers)
    caught = compiler.hidden()
    compiler.emit("store", caught, statement.span)
    for handler in statement.handlers:
        yield _handler(compiler, handler, caught, end)
    compiler.emit("load", caught, statement.span)
    compiler.emit("raise", None, statement.span)
    compiler.code.place(end)


def _handler(compiler: StatementCompiler, handler: syntax.Handler, caught: str, end: Label) -> Task:
    following = Label()
    if handler.kind is not None:
        compiler.emit("load", caught, handler.span)
        yield _kinds(compiler, handler.kind)
        compiler.emit("jump_unmatched", following, handler.kind.span)
    if handler.name is not None:
        compiler.emit("load", caught, handler.span)
        compiler.store(handler.name, False, handler.span)
    compiler.handling.append(caught)
    yield compiler.block(handler.body)
    compiler.handling.pop()
    compiler.emit("jump", end, handler.span)
    compiler.code.place(following)


def _kinds(compiler: StatementCompiler, kind: Expr) -> Task:
    """A class of exceptions, whose name needs no value from outside, or a tuple of them."""
    if isinstance(kind, syntax.Name):
        compiler.load(kind, compiler.uses.call)
    elif isinstance(kind, syntax.Tuple):
        for each in kind.items:
            yield _kinds(compiler, each)
        compiler.emit("classes", len(kind.items), kind.span)
    else:
        yield compiler.value(kind)


def raise_(compiler: StatementCompiler, statement: syntax.Raise) -> Task:
    """Of a class, an object is made first; of nothing, what is being handled is raised again."""
    if statement.value is not None:
        yield _kinds(compiler, statement.value)
        site = CallSite(statement.span, statement.value.span)
        compiler.emit("instance", site, statement.value.span)
    elif compiler.handling:
        compiler.emit("load", compiler.handling[-1], statement.span)
    else:
        hint = 'say what is wrong: raise ValueError("…")'
        raise _misplaced(compiler, "a `raise` of nothing stands outside any `except`", statement.span, hint)
    compiler.emit("raise", None, statement.span)


def yield_(compiler: StatementCompiler, statement: syntax.Yield) -> Task:
    """A value, or all values of another source, for whoever goes through the generator; then what `yield` gives."""
    compiler.code.generator = True
    span = statement.span
    if statement.value is None:
        compiler.emit("constant", None, span)
    else:
        yield compiler.value(statement.value, True)
    if statement.every:
        compiler.emit("iterate", None, span)
        compiler.emit("duplicate", 1, span)
        again, end = Label(), Label()
        compiler.code.place(again)
        compiler.emit("next", end, span)
        compiler.emit("delegate", None, span)
        compiler.emit("yield", False, span)
        compiler.emit("pass_on", None, span)
        compiler.emit("jump_back", again, span)
        compiler.code.place(end)
        compiler.emit("returned", None, span)
    else:
        compiler.emit("yield", statement.value is not None and computed(statement.value), span)
        compiler.emit("receive", None, span)
    for target in statement.targets[:-1]:
        compiler.emit("duplicate", 1, target.span)
        yield compiler.assign(target, False)
    if statement.targets:
        yield compiler.assign(statement.targets[-1], False)
    else:
        compiler.emit("pop", None, span)


def lazily(compiler: StatementCompiler, expr: Expr) -> Task:
    """A generator expression whose values are made when they are asked for: the call of a function that yields them."""
    assert isinstance(expr, syntax.Comprehension)
    statement: syntax.Stmt = syntax.Yield(expr.element, span=expr.element.span)
    for clause in reversed(expr.clauses):
        for test in reversed(clause.tests):
            statement = syntax.If(test, (statement,), span=test.span)
        statement = syntax.For(clause.target, clause.iterable, (statement,), span=expr.span)
    around = compiler.loops, compiler.cleanups, compiler.handling
    compiler.loops, compiler.cleanups, compiler.handling = [], [], []
    outer = compiler.enter("generator", (), tuple(assigned((statement,))))
    yield compiler.block((statement,))
    compiler.emit("constant", None, expr.span)
    compiler.emit("return", False, expr.span)
    compiler.leave(outer, expr.span)
    compiler.loops, compiler.cleanups, compiler.handling = around
    compiler.emit("call", CallSite(expr.span, expr.span), expr.span)


def leave(compiler: StatementCompiler, depth: int, word: str, span: Span) -> None:
    """Leave, for `break`, `continue` or `return`, what lies on cleanups above a depth."""
    for each in reversed(compiler.cleanups[depth:]):
        if each == FINAL:
            raise _misplaced(compiler, f"`{word}` cannot leave a `finally` block", span, "write it behind the block")
        if each == CONTEXT:
            compiler.emit("leave_context", None, span)
            continue
        compiler.emit("end_try", each == HANDLER, span)
        if isinstance(each, Label):
            behind = Label()
            compiler.emit("constant", behind, span)
            compiler.emit("jump", each, span)
            compiler.code.place(behind)


def _misplaced(compiler: StatementCompiler, message: str, span: Span, hint: str) -> ExpressionError:
    return ExpressionError(message, code="syntax", span=span, hint=hint, source=compiler.code.source)
