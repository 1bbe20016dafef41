"""Programs to code: statements, and the names of the program as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any, TypeAlias

from ..errors import ExpressionError, Span
from ..language import syntax
from ..language.syntax import Expr, Program, Stmt
from ..text import printable
from .code import AccessSite, CallSite, Code, Label, OperatorSite
from .expressions import ExpressionCompiler, Task, computed
from .namespaces import MODULES, is_torch
from .scope import Uses, assigned, global_names, globals_anywhere, import_bindings, named_in, statements

_COMPILED: dict[int, tuple[Program, Compiled]] = {}
_REMEMBERED = 16


class Compiled:
    """A program, ready to be traced any number of times.

    Attributes:
        code: of the program; that of its functions is inside.
        uses: how it uses names it does not assign.
        torch: whether it is read as PyTorch's.
        differentiates: whether it asks for derivatives itself.
        ends_in_value: whether its last statement is an expression.
        end: the span of its last statement.
    """

    __slots__ = ("code", "differentiates", "end", "ends_in_value", "torch", "uses")

    def __init__(self, tree: Program) -> None:
        compiler = Compiler(tree)
        self.code: Code = compiler.code
        self.uses: Uses = compiler.uses
        self.torch = compiler.torch
        self.differentiates = compiler.differentiates
        self.ends_in_value = bool(tree.body) and isinstance(tree.body[-1], syntax.ExprStmt)
        self.end: Span = tree.body[-1].span if tree.body else (0, 0)

    def free_variables(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return self.uses.free()


def compiled(tree: Program) -> Compiled:
    """The code of a program, made when it is first asked for. Raises ExpressionError."""
    found = _COMPILED.get(id(tree))
    if found is None or found[0] is not tree:
        if len(_COMPILED) >= _REMEMBERED:
            _COMPILED.pop(next(iter(_COMPILED)))
        found = _COMPILED[id(tree)] = (tree, Compiled(tree))
    return found[1]


class Loop:
    """A loop that is being compiled: where `continue` and `break` go, and what they must leave."""

    __slots__ = ("again", "contexts", "end", "iterates")

    def __init__(self, iterates: bool) -> None:
        self.again = Label()
        self.end = Label()
        self.iterates = iterates
        self.contexts = 0


class Compiler(ExpressionCompiler):
    """Compiles a whole program when it is made."""

    def __init__(self, tree: Program) -> None:
        super().__init__(tree.source)
        self.loops: list[Loop] = []
        self._names_values = ":=" in tree.source
        self.find_imports(tree.body)
        self.run(self.block(tree.body))
        self.emit("constant", None, tree.span)
        self.emit("return", False, tree.span)

    def find_imports(self, body: Iterable[Stmt]) -> None:
        """Names that imports alone bind stand for what they import wherever they occur."""
        self.assigned = assigned(body, imports=False)
        self.assigned |= dict.fromkeys(self.names_valued(body), 1)
        if "global" in self.code.source:
            self.assigned |= dict.fromkeys(globals_anywhere(body), 1)
        for statement in statements(body):
            if isinstance(statement, syntax.Import):
                self.torch = self.torch or is_torch(statement.module)
                for name, path in import_bindings(statement):
                    if name not in self.assigned and self.imports.setdefault(name, path) != path:
                        del self.imports[name]
                        self.assigned[name] = 1

    def names_valued(self, body: Iterable[Stmt]) -> list[str]:
        """The names to which a body gives values with `:=`."""
        return [name for each in statements(body) for name in named_in(each)] if self._names_values else []

    def block(self, body: Iterable[Stmt]) -> Task:
        for statement in body:
            yield _STATEMENTS[type(statement)](self, statement)

    # ---- expressions and assignments -----------------------------------------------------------------

    def expression(self, statement: syntax.ExprStmt) -> Task:
        value = statement.value
        yield self.value(value)
        if self.scope.outer is not None:
            self.emit("pop", None, statement.span)
            return
        self.emit("show", (value.span, isinstance(value, syntax.Call), _acts(value)), value.span)

    def assignment(self, statement: syntax.Assign) -> Task:
        yield self.value(statement.value, True)
        fresh = computed(statement.value)
        if len(statement.targets) > 1:
            self.emit("bind", fresh, statement.value.span)
            fresh = False
        for target in statement.targets[:-1]:
            self.emit("duplicate", 1, target.span)
            yield self.assign(target, fresh)
        yield self.assign(statement.targets[-1], fresh)

    def assign(self, target: Expr, fresh: bool) -> Task | None:
        if isinstance(target, syntax.Name):
            self.store(target.name, fresh, target.span)
            return None
        if isinstance(target, (syntax.Tuple, syntax.List)):
            return self.unpack(target)
        if isinstance(target, syntax.Index):
            return self.store_index(target)
        assert isinstance(target, syntax.Attribute)
        return self.store_attribute(target)

    def store(self, name: str, fresh: bool, span: Span) -> None:
        found = self.scope.lookup(name)
        if found is None:
            self.stored.add(name)
            if self.scope.outer is not None:
                self.emit("store_outer", (name, -1, fresh), span)
                return
        elif found[1]:
            self.emit("store_outer", (*found, fresh), span)
            return
        self.emit("store_own" if fresh else "store", name if found is None else found[0], span)

    def unpack(self, target: syntax.Tuple | syntax.List) -> Task:
        items = target.items
        starred = [i for i, item in enumerate(items) if isinstance(item, syntax.Starred)]
        if starred:
            self.emit("unpack_starred", (starred[0], len(items) - starred[0] - 1), target.span)
        else:
            self.emit("unpack", len(items), target.span)
        for item in items:
            yield self.assign(item.operand if isinstance(item, syntax.Starred) else item, False)

    def store_index(self, target: syntax.Index) -> Task:
        yield self.value(target.operand, True)
        yield from self.key(target)
        self.emit("store_index", self.access(target), target.span)

    def store_attribute(self, target: syntax.Attribute) -> Task:
        yield from self.receiver(target)
        self.emit("store_attribute", self.dotted(target), target.span)

    def dotted(self, target: syntax.Attribute) -> AccessSite:
        return AccessSite(target.span, target.operand.span, name=target.name)

    def augmented(self, statement: syntax.AugmentedAssign) -> Task:
        target, value = statement.target, statement.value
        site = OperatorSite(statement.operator, statement.span, (target.span, value.span))
        if isinstance(target, syntax.Name):
            self.load(target, self.uses.read)
            yield self.value(value)
            self.emit("augment", site, statement.span)
            self.store(target.name, True, target.span)
        elif isinstance(target, syntax.Index):
            yield self.value(target.operand, True)
            yield from self.key(target)
            self.emit("duplicate", len(target.indices) + 1, target.span)
            self.emit("index", self.access(target), target.span)
            yield self.value(value)
            self.emit("augment", site, statement.span)
            self.emit("restore_index", self.access(target), target.span)
        else:
            assert isinstance(target, syntax.Attribute)
            yield from self.receiver(target)
            self.emit("duplicate", 1, target.span)
            self.emit("attribute", self.dotted(target), target.span)
            yield self.value(value)
            self.emit("augment", site, statement.span)
            self.emit("restore_attribute", self.dotted(target), target.span)

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
        loop, orelse = self.begin(False), Label()
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
        loop, exhausted = self.begin(True), Label()
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

    def begin(self, iterates: bool) -> Loop:
        self.loops.append(Loop(iterates))
        return self.loops[-1]

    def break_(self, statement: syntax.Break) -> None:
        loop = self.loops[-1]
        self.leave_contexts(loop.contexts, statement.span)
        self.emit("jump", loop.end, statement.span)

    def continue_(self, statement: syntax.Continue) -> None:
        loop = self.loops[-1]
        self.leave_contexts(loop.contexts, statement.span)
        self.emit("jump_back", loop.again, statement.span)

    def pass_(self, statement: syntax.Pass) -> None:
        """Nothing to emit."""

    def with_(self, statement: syntax.With) -> Task:
        for context in statement.contexts:
            yield self.value(context)
            self.emit("enter_context", None, context.span)
        if self.loops:
            self.loops[-1].contexts += len(statement.contexts)
        yield self.block(statement.body)
        if self.loops:
            self.loops[-1].contexts -= len(statement.contexts)
        self.leave_contexts(len(statement.contexts), statement.span)

    def leave_contexts(self, count: int, span: Span) -> None:
        for _ in range(count):
            self.emit("leave_context", None, span)

    def assert_(self, statement: syntax.Assert) -> Task:
        end = Label()
        yield self.branch(statement.test, end, True)
        if statement.message is None:
            self.emit("constant", None, statement.span)
        else:
            yield self.value(statement.message)
        self.emit("fail", None, statement.test.span)
        self.code.place(end)

    # ---- functions, imports --------------------------------------------------------------------------

    def define(self, statement: syntax.Define) -> Task:
        for decorator in statement.decorators:
            yield self.value(decorator)
        parameters = yield from self.defaults(statement.parameters)
        loops, self.loops = self.loops, []
        names = (*assigned(statement.body), *self.names_valued(statement.body))
        outer = self.enter(statement.name, parameters, names)
        self.scope.globals = global_names(statement.body)
        yield self.block(statement.body)
        self.emit("constant", None, statement.span)
        self.emit("return", False, statement.span)
        self.leave(outer, statement.name_span)
        self.loops = loops
        self.decorate(statement)
        self.store(statement.name, False, statement.name_span)

    def class_(self, statement: syntax.Class) -> Task:
        """Its body is run once, for the names that it gives values."""
        for expr in (*statement.decorators, *statement.bases):
            yield self.value(expr)
        self.torch = self.torch or bool(statement.bases)
        loops, self.loops = self.loops, []
        outer = self.enter(statement.name, (), tuple(assigned(statement.body)), of_class=True)
        yield self.block(statement.body)
        self.emit("members", None, statement.span)
        self.emit("return", False, statement.span)
        self.leave(outer, statement.name_span)
        self.loops = loops
        self.emit("call", CallSite(statement.span, statement.name_span, (), (), None, (), False), statement.name_span)
        spans = tuple(base.span for base in statement.bases)
        self.emit("class", (statement.name, spans), statement.name_span)
        self.decorate(statement)
        self.store(statement.name, False, statement.name_span)

    def decorate(self, statement: syntax.Define | syntax.Class) -> None:
        """Hand what is on the stack to the decorators below it, the nearest first."""
        for decorator in reversed(statement.decorators):
            site = CallSite(decorator.span, decorator.span, (statement.name_span,), (), None, (False,), True)
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

    def delete(self, statement: syntax.Delete) -> Task:
        pending = list(reversed(statement.targets))
        while pending:
            target = pending.pop()
            if isinstance(target, (syntax.Tuple, syntax.List)):
                pending.extend(reversed(target.items))
            elif isinstance(target, syntax.Name):
                self.emit("delete", target.name, target.span)
            elif isinstance(target, syntax.Index):
                yield self.value(target.operand, True)
                yield from self.key(target)
                self.emit("delete_index", self.access(target), target.span)
            else:
                assert isinstance(target, syntax.Attribute)
                yield from self.receiver(target)
                self.emit("delete_attribute", self.dotted(target), target.span)

    def return_(self, statement: syntax.Return) -> Task:
        if statement.value is None:
            self.emit("constant", None, statement.span)
            self.emit("return", False, statement.span)
        else:
            yield self.value(statement.value, True)
            self.emit("return", computed(statement.value), statement.span)

    def import_(self, statement: syntax.Import) -> None:
        if statement.module not in MODULES:
            raise _unknown_module(statement, self.code.source)
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
    return isinstance(function, syntax.Attribute) and function.name.endswith("_")


def _head(statement: Stmt, last: Expr) -> Span:
    """The first line of a loop: what to point at when it does not end."""
    return (statement.span[0], last.span[1])


def _unknown_module(statement: syntax.Import, source: str) -> ExpressionError:
    close = get_close_matches(statement.module, MODULES, 1)
    hint = f"did you mean {close[0]}?" if close else "torch, numpy, jax, math and scipy's functions are known"
    return ExpressionError(
        f"there is no module {printable(statement.module)} here", code="name", span=statement.span, hint=hint,
        source=source,
    )  # fmt: skip


_Compile: TypeAlias = Callable[[Compiler, Any], "Task | None"]
_STATEMENTS: dict[type[Stmt], _Compile] = {
    syntax.ExprStmt: Compiler.expression,
    syntax.Assign: Compiler.assignment,
    syntax.AugmentedAssign: Compiler.augmented,
    syntax.If: Compiler.if_,
    syntax.While: Compiler.while_,
    syntax.For: Compiler.for_,
    syntax.With: Compiler.with_,
    syntax.Define: Compiler.define,
    syntax.Class: Compiler.class_,
    syntax.Declare: Compiler.declare,
    syntax.Delete: Compiler.delete,
    syntax.Return: Compiler.return_,
    syntax.Break: Compiler.break_,
    syntax.Continue: Compiler.continue_,
    syntax.Pass: Compiler.pass_,
    syntax.Assert: Compiler.assert_,
    syntax.Import: Compiler.import_,
}
