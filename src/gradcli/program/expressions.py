"""Expressions to instructions: operators, conditions, what is written out, functions."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeAlias

from ..errors import Span
from ..language import syntax
from ..language.syntax import Expr
from .access import computed
from .assignments import AssignmentCompiler
from .code import Code, DisplaySite, Label, OperatorSite, Parameter
from .emitter import Task
from .scope import Scope, target_names


class ExpressionCompiler(AssignmentCompiler):
    """Leaves the values of expressions on the stack."""

    def value(self, expr: Expr, bound: bool = False) -> Task | None:
        """Leave expr's value on the stack; bound where it is then given a name or kept in a list."""
        return _EXPRESSIONS[type(expr)](self, expr, bound)

    # ---- leaves ------------------------------------------------------------------------------------

    def number(self, expr: syntax.Number, bound: bool) -> None:
        self.emit("constant", expr.value, expr.span)

    def constant(self, expr: syntax.Constant | syntax.Text, bound: bool) -> None:
        self.emit("constant", expr.value, expr.span)

    def ellipsis(self, expr: syntax.Ellipsis, bound: bool) -> None:
        self.emit("constant", ..., expr.span)

    def name(self, expr: syntax.Name, bound: bool) -> None:
        self.load(expr, self.uses.read)

    # ---- operators -----------------------------------------------------------------------------------

    def unary(self, expr: syntax.Unary, bound: bool) -> Task:
        yield self.value(expr.operand)
        self.emit("unary", OperatorSite(expr.operator, expr.span, (expr.operand.span,)), expr.span)

    def binary(self, expr: syntax.Binary, bound: bool) -> Task:
        yield self.value(expr.left)
        yield self.value(expr.right)
        caret = expr.operator == "**" and self.code.source[expr.operator_span[0] : expr.operator_span[1]] == "^"
        site = OperatorSite(expr.operator, expr.span, (expr.left.span, expr.right.span))
        self.emit("caret" if caret else "binary", site, expr.span)

    def compare(self, expr: syntax.Compare, bound: bool) -> Task:
        operands, end = expr.operands, Label()
        yield self.value(operands[0])
        for i, symbol in enumerate(expr.operators):
            yield self.value(operands[i + 1])
            site = OperatorSite(symbol, expr.span, (operands[i].span, operands[i + 1].span))
            if len(expr.operators) == 1:
                self.emit("compare", site, expr.span)
            elif i == 0:
                self.emit("compare_first", (site, end), expr.span)
            elif i + 1 < len(expr.operators):
                self.emit("compare_next", (site, end), expr.span)
            else:
                self.emit("compare_last", site, expr.span)
        self.code.place(end)

    def logical(self, expr: syntax.Logical, bound: bool) -> Task:
        end = Label()
        yield self.value(expr.operands[0], bound)
        for left, right in zip(expr.operands, expr.operands[1:], strict=False):
            self.emit("short_circuit", (expr.operator, end), expr.span)
            yield self.value(right, bound)
            self.emit("combine", OperatorSite(expr.operator, expr.span, (left.span, right.span)), expr.span)
        self.code.place(end)

    def conditional(self, expr: syntax.Conditional, bound: bool) -> Task:
        orelse, end = Label(), Label()
        yield self.jump_unless(expr.test, orelse)
        yield self.value(expr.body, bound)
        self.emit("jump", end, expr.span)
        self.code.place(orelse)
        yield self.value(expr.orelse, bound)
        self.code.place(end)

    def jump_unless(self, test: Expr, target: Label) -> Task:
        """Jump to target where test is false, else go on. Looks at no more of test than it must."""
        return self.branch(test, target, False)

    def branch(self, test: Expr, target: Label, sense: bool) -> Task:
        """Jump to target where test's truth is sense, else go on."""
        if isinstance(test, syntax.Unary) and test.operator == "not":
            yield self.branch(test.operand, target, not sense)
        elif not isinstance(test, syntax.Logical):
            yield self.value(test)
            self.emit("jump_if" if sense else "jump_unless", target, test.span)
        elif (test.operator == "or") == sense:  # the first operand of this truth decides
            for operand in test.operands:
                yield self.branch(operand, target, sense)
        else:  # the first operand of the other truth decides against the jump
            on = Label()
            for operand in test.operands[:-1]:
                yield self.branch(operand, on, not sense)
            yield self.branch(test.operands[-1], target, sense)
            self.code.place(on)

    def display(self, expr: syntax.List | syntax.Tuple | syntax.Set, bound: bool) -> Task:
        for item in expr.items:
            yield self.value(item.operand if isinstance(item, syntax.Starred) else item, True)
            if isinstance(item, syntax.Starred):
                self.emit("listed", None, item.span)
        starred = tuple(isinstance(item, syntax.Starred) for item in expr.items)
        site = DisplaySite(tuple(computed(item) for item in expr.items), starred if any(starred) else None)
        self.emit("tuple" if isinstance(expr, syntax.Tuple) else "list", site, expr.span)
        if isinstance(expr, syntax.Set):
            self.emit("set", None, expr.span)

    def dict_(self, expr: syntax.Dict, bound: bool) -> Task:
        for key, value in zip(expr.keys, expr.values, strict=True):
            if key is not None:
                yield self.value(key)
            yield self.value(value, True)
        fresh = tuple(computed(value) for value in expr.values)
        self.emit("dict", (tuple(key is not None for key in expr.keys), fresh), expr.span)

    def formatted(self, expr: syntax.Formatted, bound: bool) -> Task:
        """An f-string: its texts and, for each field, the value, its conversion and its format."""
        for part in expr.parts:
            if isinstance(part, syntax.Text):
                self.emit("constant", part.value, part.span)
                continue
            yield self.value(part.value)
            if part.spec is None:
                self.emit("constant", None, part.span)
            else:
                yield self.formatted(part.spec, False)
            self.emit("field", (part.conversion, part.span), part.span)
        self.emit("template", len(expr.parts), expr.span)

    def named(self, expr: syntax.Named, bound: bool) -> Task:
        yield self.value(expr.value, True)
        self.emit("bind", computed(expr.value), expr.value.span)
        self.emit("duplicate", 1, expr.span)
        yield self.assign(expr.target, False)

    def comprehension(self, expr: syntax.Comprehension, bound: bool) -> Task:
        if expr.key is None:
            self.emit("list", DisplaySite((), None), expr.span)
        else:
            self.emit("dict", ((), ()), expr.span)
        loops: list[tuple[Label, Label, Label]] = []
        renames = self.scope.renames
        renames.append({})
        for clause in expr.clauses:
            yield self.value(clause.iterable, True)
            self.emit("iterate", None, clause.iterable.span)
            head, again, end = Label(), Label(), Label()
            loops.append((head, again, end))
            self.code.place(head)
            self.emit("next", end, clause.iterable.span)
            for name in target_names(clause.target):
                self._hidden += 1
                renames[-1][name] = f"{name}@{self._hidden}"
            yield self.assign(clause.target, False)
            for test in clause.tests:
                yield self.branch(test, again, False)
        if expr.key is not None:
            yield self.value(expr.key)
        yield self.value(expr.element, True)
        opcode = "append" if expr.key is None else "insert"
        self.emit(opcode, (len(loops), computed(expr.element)), expr.element.span)
        for head, again, end in reversed(loops):
            self.code.place(again)
            self.emit("jump_back", head, expr.span)
            self.code.place(end)
        renames.pop()
        if expr.braces:
            self.emit("set", None, expr.span)

    def lambda_(self, expr: syntax.Lambda, bound: bool) -> Task:
        parameters = yield from self.defaults(expr.parameters)
        outer = self.enter("lambda", parameters, ())
        yield self.value(expr.body, True)
        self.emit("return", computed(expr.body), expr.body.span)
        self.leave(outer, expr.span)

    def defaults(self, parameters: tuple[syntax.Parameter, ...]) -> Generator[Task | None, None, tuple[Parameter, ...]]:
        """Leave the default values on the stack."""
        for parameter in parameters:
            if parameter.default is not None:
                yield self.value(parameter.default, True)
        return tuple(Parameter(each.name, each.default is None, each.kind) for each in parameters)

    def enter(
        self, name: str, parameters: tuple[Parameter, ...], names: tuple[str, ...], of_class: bool = False
    ) -> Code:
        """Begin a function's code; gives the code around it."""
        outer = self.code
        self.code = Code(name, outer.source, parameters)
        self.scope = Scope((*names, *(parameter.name for parameter in parameters)), self.scope, of_class)
        return outer

    def leave(self, outer: Code, span: Span) -> None:
        """End a function's code and, in the code around it, make a function of it."""
        inner, self.code = self.code, outer
        assert self.scope.outer is not None
        self.scope = self.scope.outer
        self.emit("closure", inner, span)


_Compile: TypeAlias = Callable[[ExpressionCompiler, Any, bool], "Task | None"]
_EXPRESSIONS: dict[type[Expr], _Compile] = {
    syntax.Number: ExpressionCompiler.number,
    syntax.Name: ExpressionCompiler.name,
    syntax.Binary: ExpressionCompiler.binary,
    syntax.Call: ExpressionCompiler.call,
    syntax.Unary: ExpressionCompiler.unary,
    syntax.Attribute: ExpressionCompiler.attribute,
    syntax.Index: ExpressionCompiler.index,
    syntax.Slice: ExpressionCompiler.slice,
    syntax.Compare: ExpressionCompiler.compare,
    syntax.Logical: ExpressionCompiler.logical,
    syntax.Conditional: ExpressionCompiler.conditional,
    syntax.List: ExpressionCompiler.display,
    syntax.Tuple: ExpressionCompiler.display,
    syntax.Dict: ExpressionCompiler.dict_,
    syntax.Set: ExpressionCompiler.display,
    syntax.Formatted: ExpressionCompiler.formatted,
    syntax.Named: ExpressionCompiler.named,
    syntax.Lambda: ExpressionCompiler.lambda_,
    syntax.Comprehension: ExpressionCompiler.comprehension,
    syntax.Constant: ExpressionCompiler.constant,
    syntax.Text: ExpressionCompiler.constant,
    syntax.Ellipsis: ExpressionCompiler.ellipsis,
}
