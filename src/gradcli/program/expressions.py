"""Expressions to instructions, without recursion.

Each kind of expression has a generator that emits its instructions and yields, at the right moments,
the tasks of compiling its parts; `run` keeps the unfinished ones on a stack of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeAlias

from ..errors import ExpressionError, Span
from ..language import syntax
from ..language.syntax import Expr
from .code import AccessSite, CallSite, Code, DisplaySite, Label, OperatorSite, Parameter
from .namespaces import DIFFERENTIATORS, MODULES, ROOTS, STATEFUL, is_torch
from .scope import Scope, Uses, target_names
from .sharing import SHARING

Task: TypeAlias = Generator["Task | None", None, None]


class ExpressionCompiler:
    """Emits the instructions of expressions into `code`, in the scope `scope`.

    Attributes:
        imports: names that an import alone gives a meaning to, and their dotted names.
        assigned: names the program itself assigns outside functions, those imports aside.
        stored: those of them that have been assigned in the text so far.
        uses: how names from outside are used.
        torch: whether the program is PyTorch's: mentions it, or uses what only its tensors have.
        differentiates: whether it asks for derivatives itself.
    """

    def __init__(self, source: str) -> None:
        self.code = Code("", source)
        self.scope = Scope((), None)
        self.imports: dict[str, str] = {}
        self.assigned: dict[str, int] = {}
        self.stored: set[str] = set()
        self.uses = Uses()
        self.torch = False
        self.differentiates = False
        self._hidden = 0

    def run(self, task: Task | None) -> None:
        """Carry out a task and all it asks for."""
        stack = [task] if task is not None else []
        while stack:
            for part in stack[-1]:
                if part is not None:
                    stack.append(part)
                    break
            else:
                stack.pop()

    def emit(self, opcode: str, argument: object, span: Span) -> None:
        self.code.emit(opcode, argument, span)

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

    def load(self, expr: syntax.Name, use: Callable[[str, Span], None]) -> None:
        """Load a name; use records it where it comes from outside."""
        name, span = expr.name, expr.span
        found = self.scope.lookup(name)
        if found is not None:
            hidden, depth = found
            self.emit("load_outer" if depth else "load", found if depth else hidden, span)
        elif name == "__name__":
            self.emit("constant", "__main__", span)
        elif name in self.imports:
            self.member(self.imports[name], span)
        elif name not in self.assigned and name in ROOTS:
            self.member(ROOTS[name], span)
        else:
            known = name in self.stored or (name in self.assigned and self.scope.outer is not None)
            if not known:
                use(name, span)
                self.differentiates = self.differentiates or name in DIFFERENTIATORS
            self.emit("load_global", name, span)

    def member(self, path: str, span: Span) -> None:
        """Load what a dotted name stands for."""
        self.torch = self.torch or is_torch(path)
        self.differentiates = self.differentiates or path.rpartition(".")[2] in DIFFERENTIATORS
        self.emit("load_member", path, span)

    def path(self, expr: Expr) -> str | None:
        """The dotted name that expr spells, where it leads into a namespace."""
        names: list[str] = []
        while isinstance(expr, syntax.Attribute):
            names.append(expr.name)
            expr = expr.operand
        if not isinstance(expr, syntax.Name) or not names:
            return None
        root = expr.name
        if self.scope.lookup(root) is not None:
            return None
        path = self.imports.get(root) or (None if root in self.assigned else ROOTS.get(root))
        while path in MODULES and names:
            path = f"{path}.{names.pop()}"
        return None if names else path

    # ---- operators -----------------------------------------------------------------------------------

    def unary(self, expr: syntax.Unary, bound: bool) -> Task:
        yield self.value(expr.operand)
        self.emit("unary", OperatorSite(expr.operator, expr.span, (expr.operand.span,)), expr.span)

    def binary(self, expr: syntax.Binary, bound: bool) -> Task:
        yield self.value(expr.left)
        yield self.value(expr.right)
        self.emit("binary", OperatorSite(expr.operator, expr.span, (expr.left.span, expr.right.span)), expr.span)

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

    # ---- calls, attributes, indices ------------------------------------------------------------------

    def call(self, expr: syntax.Call, bound: bool) -> Task:
        function, site = expr.function, self.call_site(expr, bound)
        opcode = "call"
        if isinstance(function, syntax.Name) and function.name == "super" and self.scope.lookup("super") is None:
            self.super_(expr)
            return
        users = True  # whether it may be a function that the program defines
        if isinstance(function, syntax.Name):
            site.callee = self.callee(function)
            if site.callee is not None:
                opcode, users = "call_named", False
        elif isinstance(function, syntax.Attribute):
            users = False
            path = self.path(function)
            if path is not None:
                self.member(path, function.span)
            else:
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
            return self.value(argument.operand)
        if position == 0 and isinstance(argument, syntax.Name) and _takes_function(function):
            self.load(argument, self.uses.hand)
            return None
        return self.value(argument, users)

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

    # ---- lists, tuples, functions --------------------------------------------------------------------

    def display(self, expr: syntax.List | syntax.Tuple, bound: bool) -> Task:
        for item in expr.items:
            yield self.value(item.operand if isinstance(item, syntax.Starred) else item, True)
        starred = tuple(isinstance(item, syntax.Starred) for item in expr.items)
        site = DisplaySite(tuple(computed(item) for item in expr.items), starred if any(starred) else None)
        self.emit("list" if isinstance(expr, syntax.List) else "tuple", site, expr.span)

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

    def assign(self, target: Expr, fresh: bool) -> Task | None:
        """Assign what is on the stack to target; fresh where it has just been computed."""
        raise NotImplementedError

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


def _takes_function(function: Expr) -> bool:
    return isinstance(function, (syntax.Name, syntax.Attribute)) and function.name in _HIGHER_ORDER


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
    syntax.Formatted: ExpressionCompiler.formatted,
    syntax.Named: ExpressionCompiler.named,
    syntax.Lambda: ExpressionCompiler.lambda_,
    syntax.Comprehension: ExpressionCompiler.comprehension,
    syntax.Constant: ExpressionCompiler.constant,
    syntax.Text: ExpressionCompiler.constant,
    syntax.Ellipsis: ExpressionCompiler.ellipsis,
}
