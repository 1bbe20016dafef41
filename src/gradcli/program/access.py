"""Calls, attributes and indices to instructions."""

from __future__ import annotations

from ..errors import ExpressionError
from ..language import syntax
from ..language.syntax import Expr
from .code import AccessSite, CallSite
from .emitter import Emitter, Task
from .namespaces import DIFFERENTIATORS, ROOTS, STATEFUL
from .sharing import READING, SHARING


class AccessCompiler(Emitter):
    """Calls a value, or picks a part of one."""

    def call(self, expr: syntax.Call, bound: bool) -> Task:
        function, site = expr.function, self.call_site(expr, bound)
        site.alone = expr is self.alone
        opcode = "call"
        if isinstance(function, syntax.Name) and function.name == "super" and self.scope.lookup("super") is None:
            self.super_(expr)
            return
        users = True  # whether it may be a function that the program defines
        if isinstance(function, syntax.Name):
            site.callee = self.callee(function)
            if site.callee is not None:
                opcode, users = "call_named", function.name == "dict"  # which keeps what it is given
        elif isinstance(function, syntax.Attribute):
            users = False
            path = self.path(function)
            if path is not None:
                self.member(path, function.span)
            else:
                users = function.name not in READING
                yield from self.receiver(function, bound)
                opcode, site.method = "call_method", function.name
                self.differentiates = self.differentiates or function.name in DIFFERENTIATORS
        else:
            yield self.value(function)
        for i, argument in enumerate(expr.arguments):
            yield self.argument(function, argument, i, users)
        for keyword in expr.keywords:
            self.torch = self.torch or keyword.name == "requires_grad"
            yield self.value(keyword.value, users)
        self.emit(opcode, site, expr.span)

    def callee(self, function: syntax.Name) -> str | None:
        """Load what is to be called, or, where nothing in the program gives the name a meaning, return it."""
        name = function.name
        if self.scope.lookup(name) is not None or name in self.imports or name in self.assigned or name in ROOTS:
            self.load(function, self.uses.call)
            return None
        self.uses.call(name, function.span)
        self.differentiates = self.differentiates or name in DIFFERENTIATORS
        return name

    def argument(self, function: Expr, argument: Expr, position: int, users: bool) -> Task | None:
        if isinstance(argument, syntax.Starred):
            return self.spread(argument)
        if position == 0 and _is_asked(function) and isinstance(argument, syntax.Comprehension) and argument.round:
            return self.lazily(argument)
        if position == 0 and isinstance(argument, syntax.Name) and _takes_function(function):
            self.load(argument, self.uses.hand)
            return None
        return self.value(argument, users)

    def lazily(self, expr: Expr) -> Task:
        """A generator expression whose values are made when they are asked for."""
        raise NotImplementedError

    def spread(self, argument: syntax.Starred) -> Task:
        yield self.value(argument.operand)
        self.emit("listed", None, argument.span)

    def call_site(self, expr: syntax.Call, bound: bool) -> CallSite:
        arguments: list[Expr] = [*expr.arguments, *(keyword.value for keyword in expr.keywords)]
        starred = tuple(isinstance(argument, syntax.Starred) for argument in arguments)
        return CallSite(
            expr.span,
            expr.function.span,
            tuple(argument.span for argument in arguments),
            tuple(keyword.name for keyword in expr.keywords),
            starred if any(starred) else None,
            tuple(computed(argument) for argument in arguments),
            bound,
        )

    def receiver(self, expr: syntax.Attribute, bound: bool = False) -> Task:
        """What stands before the dot; bound where what the attribute or method gives has a name then."""
        if expr.name in STATEFUL or expr.name.endswith("_"):
            self.torch = self.torch or not expr.name.startswith("_")
            self.differentiates = self.differentiates or expr.name in STATEFUL
        if isinstance(expr.operand, syntax.Name):
            self.load(expr.operand, self.uses.dotted)
        else:
            yield self.value(expr.operand, expr.name.endswith("_") or (bound and expr.name in SHARING))

    def attribute(self, expr: syntax.Attribute, bound: bool) -> Task:
        path = self.path(expr)
        if path is not None:
            self.member(path, expr.span)
            return
        yield from self.receiver(expr, bound)
        self.emit("attribute", AccessSite(expr.span, expr.operand.span, name=expr.name, bound=bound), expr.name_span)

    def index(self, expr: syntax.Index, bound: bool) -> Task:
        yield self.value(expr.operand, bound)  # a part of a part is a view too
        yield from self.key(expr)
        self.emit("index", self.access(expr, bound), expr.span)

    def key(self, expr: syntax.Index) -> Task:
        for index in expr.indices:
            yield self.value(index)

    def access(self, expr: syntax.Index, bound: bool = False) -> AccessSite:
        return AccessSite(expr.span, expr.operand.span, count=len(expr.indices), bound=bound)

    def slice(self, expr: syntax.Slice, bound: bool) -> Task:
        for part in (expr.start, expr.stop, expr.step):
            if part is None:
                self.emit("constant", None, expr.span)
            else:
                yield self.value(part)
        self.emit("slice", None, expr.span)

    def super_(self, expr: syntax.Call) -> None:
        """`super()`: the object that the method was called on, as one of the class above."""
        first = self.code.parameters[0].name if self.code.parameters else ""
        given = expr.arguments[1] if len(expr.arguments) == 2 else None  # Python 2's: super(Net, self)
        if not first or (expr.arguments and not (isinstance(given, syntax.Name) and given.name == first)):
            hint = None if first else "it stands in a method, whose first parameter is the object"
            raise ExpressionError(
                "super() takes no arguments, and stands in a method", code="call", span=expr.span, hint=hint,
                source=self.code.source,
            )  # fmt: skip
        self.emit("super", (first, self.code), expr.span)


def computed(expr: Expr) -> bool:
    """Whether an expression makes a value, rather than naming one that exists already.

    Calls, indices and attributes may do either; their instructions find out.
    """
    while isinstance(expr, syntax.Conditional):
        if not computed(expr.body):
            return False
        expr = expr.orelse
    return isinstance(expr, (syntax.Number, syntax.Unary, syntax.Binary, syntax.Compare, syntax.Logical))


_HIGHER_ORDER = DIFFERENTIATORS | {"map", "filter", "vmap"}


def _is_asked(function: Expr) -> bool:
    """Whether a function asks for one value of what it is given: the others need not be made."""
    return isinstance(function, syntax.Name) and function.name == "next"


def _takes_function(function: Expr) -> bool:
    return isinstance(function, (syntax.Name, syntax.Attribute)) and function.name in _HIGHER_ORDER
