"""Statements to instructions: loops, contexts, functions, classes, imports."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from ..errors import ExpressionError, Span
from ..language import syntax
from ..language.syntax import Expr, Stmt
from ..text import closest, printable
from .access import computed
from .code import CONTEXT, CallSite, Label
from .emitter import Task
from .expressions import ExpressionCompiler
from .namespaces import MODULES
from .scope import assigned, global_names, import_bindings, named_in, statements


class Loop:
    """A loop that is being compiled: where `continue` and `break` go, and how many cleanups lie around it."""

    __slots__ = ("again", "depth", "end")

    def __init__(self, depth: int) -> None:
        self.again = Label()
        self.end = Label()
        self.depth = depth


class StatementCompiler(ExpressionCompiler):
    """Carries out statements, one after another.

    Attributes:
        loops: those around the present one, the innermost last.
        cleanups: what must be left on the way out of the blocks around it (see `attempts`).
        handling: the names under which the exceptions lie that are being handled.
    """

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.loops: list[Loop] = []
        self.cleanups: list[Label | str] = []
        self.handling: list[str] = []
        self._names_values = ":=" in source

    def names_valued(self, body: Iterable[Stmt]) -> list[str]:
        """The names to which a body gives values with `:=`."""
        return [name for each in statements(body) for name in named_in(each)] if self._names_values else []

    def block(self, body: Iterable[Stmt]) -> Task:
        for statement in body:
            yield _STATEMENTS[type(statement)](self, statement)

    # ---- expressions and assignments -----------------------------------------------------------------

    def expression(self, statement: syntax.ExprStmt) -> Task:
        value = self.alone = statement.value
        yield self.value(value)
        if self.scope.outer is not None:
            self.emit("pop", None, statement.span)
            return
        self.emit("show", (value.span, isinstance(value, syntax.Call), _acts(value)), value.span)

    # ---- control -------------------------------------------------------------------------------------

    def if_(self, statement: syntax.If) -> Task:
        orelse, end = Label(), Label()
        yield self.jump_unless(statement.test, orelse)
        yield self.block(statement.body)
        if statement.orelse:
            self.emit("jump", end, statement.span)
        self.code.place(orelse)
        yield self.block(statement.orelse)
        self.code.place(end)

    def while_(self, statement: syntax.While) -> Task:
        loop, orelse = self.begin(), Label()
        self.code.place(loop.again)
        yield self.jump_unless(statement.test, orelse)
        yield self.block(statement.body)
        self.emit("jump_back", loop.again, _head(statement, statement.test))
        self.loops.pop()
        self.code.place(orelse)
        yield self.block(statement.orelse)
        self.code.place(loop.end)

    def for_(self, statement: syntax.For) -> Task:
        yield self.value(statement.iterable, True)
        self.emit("iterate", None, statement.iterable.span)
        loop, exhausted = self.begin(), Label()
        self.code.place(loop.again)
        self.emit("next", exhausted, statement.iterable.span)
        yield self.assign(statement.target, False)
        yield self.block(statement.body)
        self.emit("jump_back", loop.again, _head(statement, statement.iterable))
        self.loops.pop()
        self.code.place(loop.end)
        self.emit("pop", None, statement.span)
        done = Label()
        if statement.orelse:
            self.emit("jump", done, statement.span)
        self.code.place(exhausted)
        yield self.block(statement.orelse)
        self.code.place(done)

    def begin(self) -> Loop:
        self.loops.append(Loop(len(self.cleanups)))
        return self.loops[-1]

    def break_(self, statement: syntax.Break) -> None:
        loop = self.loops[-1]
        self.leave_blocks(loop.depth, "break", statement.span)
        self.emit("jump", loop.end, statement.span)

    def continue_(self, statement: syntax.Continue) -> None:
        loop = self.loops[-1]
        self.leave_blocks(loop.depth, "continue", statement.span)
        self.emit("jump_back", loop.again, statement.span)

    def leave_blocks(self, depth: int, word: str, span: Span) -> None:
        """Leave the blocks above a depth of cleanups, from the innermost."""
        if len(self.cleanups) > depth:
            from .attempts import leave

            leave(self, depth, word, span)

    def pass_(self, statement: syntax.Pass) -> None:
        """Nothing to emit."""

    def with_(self, statement: syntax.With) -> Task:
        for context in statement.contexts:
            yield self.value(context)
            self.emit("enter_context", None, context.span)
            self.cleanups.append(CONTEXT)
        yield self.block(statement.body)
        for _ in statement.contexts:
            self.cleanups.pop()
            self.emit("leave_context", None, statement.span)

    def assert_(self, statement: syntax.Assert) -> Task:
        end = Label()
        yield self.branch(statement.test, end, True)
        if statement.message is None:
            self.emit("constant", None, statement.span)
        else:
            yield self.value(statement.message)
        self.emit("fail", None, statement.test.span)
        self.code.place(end)

    # ---- errors and generators -----------------------------------------------------------------------

    def try_(self, statement: syntax.Try) -> Task | None:
        from .attempts import try_

        return try_(self, statement)

    def raise_(self, statement: syntax.Raise) -> Task | None:
        from .attempts import raise_

        return raise_(self, statement)

    def yield_(self, statement: syntax.Yield) -> Task | None:
        from .attempts import yield_

        return yield_(self, statement)

    def lazily(self, expr: Expr) -> Task:
        from .attempts import lazily

        return lazily(self, expr)

    def hidden(self) -> str:
        """A name that no program can have."""
        self._hidden += 1
        return f"@{self._hidden}"

    # ---- functions, imports --------------------------------------------------------------------------

    def define(self, statement: syntax.Define) -> Task:
        for decorator in statement.decorators:
            yield self.value(decorator)
        parameters = yield from self.defaults(statement.parameters)
        around = self.loops, self.cleanups, self.handling
        self.loops, self.cleanups, self.handling = [], [], []
        names = (*assigned(statement.body), *self.names_valued(statement.body))
        outer = self.enter(statement.name, parameters, names)
        self.scope.globals = global_names(statement.body)
        yield self.block(statement.body)
        self.emit("constant", None, statement.span)
        self.emit("return", False, statement.span)
        self.leave(outer, statement.name_span)
        self.loops, self.cleanups, self.handling = around
        self.decorate(statement)
        self.store(statement.name, False, statement.name_span)

    def class_(self, statement: syntax.Class) -> Task:
        """Its body is run once, for the names that it gives values."""
        for expr in (*statement.decorators, *statement.bases):
            yield self.value(expr)
        self.torch = self.torch or bool(statement.bases)
        around = self.loops, self.cleanups, self.handling
        self.loops, self.cleanups, self.handling = [], [], []
        outer = self.enter(statement.name, (), tuple(assigned(statement.body)), of_class=True)
        yield self.block(statement.body)
        self.emit("members", None, statement.span)
        body = self.code
        self.emit("return", False, statement.span)
        self.leave(outer, statement.name_span)
        self.loops, self.cleanups, self.handling = around
        self.emit("call", CallSite(statement.span, statement.name_span), statement.name_span)
        spans = tuple(base.span for base in statement.bases)
        self.emit("class", (statement.name, spans, body), statement.name_span)
        self.decorate(statement)
        self.store(statement.name, False, statement.name_span)

    def annotated(self, statement: syntax.Annotated) -> Task:
        """A field of a class: its name is noted, in order, beside its value; what the class alone has is none."""
        if not _of_class(statement.annotation):
            self.code.annotated += (statement.target.name,)
        if statement.value is not None:
            yield self.value(statement.value, True)
            self.store(statement.target.name, computed(statement.value), statement.span)

    def decorate(self, statement: syntax.Define | syntax.Class) -> None:
        """Hand what is on the stack to the decorators below it, the nearest first."""
        for decorator in reversed(statement.decorators):
            site = CallSite(decorator.span, decorator.span, (statement.name_span,), computed=(False,), bound=True)
            self.emit("call", site, decorator.span)

    def declare(self, statement: syntax.Declare) -> None:
        """What it says has been heeded when the function was begun."""
        if statement.word == "nonlocal":
            for name in statement.names:
                if self.scope.lookup(name) is None:
                    raise ExpressionError(
                        f"no function around this one has a {printable(name)}", code="name", span=statement.span,
                        source=self.code.source, hint=f"for a name of the program write global {name}",
                    )  # fmt: skip

    def return_(self, statement: syntax.Return) -> Task:
        if statement.value is None:
            self.leave_blocks(0, "return", statement.span)
            self.emit("constant", None, statement.span)
            self.emit("return", False, statement.span)
        else:
            yield self.value(statement.value, True)
            fresh = computed(statement.value)
            if any(each != CONTEXT for each in self.cleanups):
                self.emit("bind", fresh, statement.span)
                self.leave_blocks(0, "return", statement.span)
            self.emit("return", fresh, statement.span)

    def import_(self, statement: syntax.Import) -> None:
        if statement.module not in MODULES:
            error = _unknown_module(statement, self.code.source)
            if not self.cleanups:
                raise error
            self.emit("throw", error, statement.span)  # which a program may try
            self.stored.update(name for name, _ in import_bindings(statement))
            return
        for name, path in import_bindings(statement):
            self.emit("load_member", path, statement.span)
            if self.scope.outer is None and name in self.imports:
                self.emit("pop", None, statement.span)  # loaded to see that it is there
            else:
                self.store(name, False, statement.span)


def _acts(value: Expr) -> bool:
    """Whether value is there for something else than its value: a call that changes something, a docstring."""
    if isinstance(value, syntax.Text):
        return True
    function = value.function if isinstance(value, syntax.Call) else None
    return isinstance(function, syntax.Attribute) and (function.name.endswith("_") or function.name in _ACTING)


_ACTING = frozenset(("eval", "register_hook", "train"))
"""Methods that are called for what they do to a module or a tensor."""


def _head(statement: Stmt, last: Expr) -> Span:
    """The first line of a loop: what to point at when it does not end."""
    return (statement.span[0], last.span[1])


def _unknown_module(statement: syntax.Import, source: str) -> ExpressionError:
    close = closest(statement.module, MODULES)
    hint = f"did you mean {close}?" if close else "torch, numpy, jax, math and scipy's functions are known"
    return ExpressionError(
        f"there is no module {printable(statement.module)} here", code="import", span=statement.span, hint=hint,
        source=source,
    )  # fmt: skip


def _of_class(annotation: syntax.Expr) -> bool:
    """Whether an annotation is `ClassVar`, or `ClassVar[…]`: what it annotates is no field."""
    named = annotation.operand if isinstance(annotation, syntax.Index) else annotation
    return isinstance(named, (syntax.Name, syntax.Attribute)) and named.name == "ClassVar"


_Compile: TypeAlias = Callable[[StatementCompiler, Any], "Task | None"]
_STATEMENTS: dict[type[Stmt], _Compile] = {
    syntax.ExprStmt: StatementCompiler.expression,
    syntax.Assign: StatementCompiler.assignment,
    syntax.AugmentedAssign: StatementCompiler.augmented,
    syntax.If: StatementCompiler.if_,
    syntax.While: StatementCompiler.while_,
    syntax.For: StatementCompiler.for_,
    syntax.With: StatementCompiler.with_,
    syntax.Define: StatementCompiler.define,
    syntax.Class: StatementCompiler.class_,
    syntax.Declare: StatementCompiler.declare,
    syntax.Delete: StatementCompiler.delete,
    syntax.Return: StatementCompiler.return_,
    syntax.Break: StatementCompiler.break_,
    syntax.Continue: StatementCompiler.continue_,
    syntax.Pass: StatementCompiler.pass_,
    syntax.Assert: StatementCompiler.assert_,
    syntax.Try: StatementCompiler.try_,
    syntax.Raise: StatementCompiler.raise_,
    syntax.Yield: StatementCompiler.yield_,
    syntax.Annotated: StatementCompiler.annotated,
    syntax.Import: StatementCompiler.import_,
}
