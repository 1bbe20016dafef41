"""Code: what a program is compiled to.

A flat list of instructions for a stack machine, each an opcode and one argument, with the span of
source it stems from beside it. Knows no NumPy: the opcodes are names, which `machine` links to the
functions that carry them out.
"""

from __future__ import annotations

from typing import Any

from ..errors import Span

CONTEXT = "a context"
"""What a `with` block puts among the things to be left (see `attempts`)."""


class Label:
    """A place in the code to jump to; position is known once the code before it has been emitted."""

    __slots__ = ("position",)

    def __init__(self) -> None:
        self.position = -1


class Parameter:
    """A parameter of a user's function; required where it has no default. kind is as in the syntax tree."""

    __slots__ = ("kind", "name", "required")

    def __init__(self, name: str, required: bool, kind: str = "") -> None:
        self.name = name
        self.required = required
        self.kind = kind


class Code:
    """The instructions of a program or of one function in it.

    Attributes:
        name: of the function; empty for the program itself.
        source: the whole source text, which spans count in.
        instructions: `(opcode, argument)`; labels in arguments are positions in this list.
        spans: beside them, the source each stems from.
        linked: the same instructions ready to run; filled by the machine.
        count: how many arguments a call by position alone has; -1 where there are parameters of other kinds.
        owner: the class whose method it is, filled in when the class is made.
        generator: whether it yields.
        annotated: the names that the body of a class annotates, in order.
    """

    __slots__ = (
        "annotated", "count", "generator", "instructions", "linked", "name", "owner", "parameters", "source", "spans",
    )  # fmt: skip

    def __init__(self, name: str, source: str, parameters: tuple[Parameter, ...] = ()) -> None:
        self.name = name
        self.source = source
        self.parameters = parameters
        self.instructions: list[tuple[str, Any]] = []
        self.spans: list[Span] = []
        self.linked: list[tuple[Any, Any]] | None = None
        self.count = -1 if any(each.kind for each in parameters) else len(parameters)
        self.owner: Any = None
        self.generator = False
        self.annotated: tuple[str, ...] = ()

    def emit(self, opcode: str, argument: object, span: Span) -> None:
        self.instructions.append((opcode, argument))
        self.spans.append(span)

    def place(self, label: Label) -> None:
        """The next instruction is where label is."""
        label.position = len(self.instructions)


class OperatorSite:
    """Where an operator stands: its symbol, and the spans of it all and of its operands."""

    __slots__ = ("operands", "operator", "span", "symbol")

    def __init__(self, symbol: str, span: Span, operands: tuple[Span, ...]) -> None:
        self.symbol = symbol
        self.span = span
        self.operands = operands
        self.operator: Any = None  # what carries it out; filled by the machine


class CallSite:
    """Where a call stands, and what of its arguments is known from the text.

    Attributes:
        span: of the whole call; function_span of what is called, argument_spans of the arguments in order.
        count: how many values the arguments left on the stack.
        keywords: names for the last of them; None for a dict that gives some.
        starred: which arguments are to be spread, or None where none is.
        computed: which arguments are expressions, not names for something that exists already.
        method: the name after the dot, for a method's call.
        callee: the name of a function that the program does not define; function what it means,
            filled in by the machine.
        bound: whether the result is given a name, rather than used up by the expression around it.
        alone: whether the call is a statement.
    """

    __slots__ = (
        "alone", "argument_spans", "bound", "callee", "computed", "count", "function", "function_span", "keywords",
        "method", "span", "starred",
    )  # fmt: skip

    def __init__(
        self,
        span: Span,
        function_span: Span,
        argument_spans: tuple[Span, ...] = (),
        keywords: tuple[str | None, ...] = (),
        starred: tuple[bool, ...] | None = None,
        computed: tuple[bool, ...] = (),
        bound: bool = False,
    ) -> None:
        self.span = span
        self.function_span = function_span
        self.argument_spans = argument_spans
        self.count = len(argument_spans)
        self.keywords = keywords
        self.starred = starred
        self.computed = computed
        self.method: str | None = None
        self.callee: str | None = None
        self.function: Any = None
        self.bound = bound
        self.alone = False


class AccessSite:
    """Where an index or an attribute stands; bound as for a call. name is the attribute's."""

    __slots__ = ("bound", "count", "name", "operand", "span")

    def __init__(self, span: Span, operand: Span, count: int = 0, name: str = "", bound: bool = False) -> None:
        self.span = span
        self.operand = operand
        self.count = count
        self.name = name
        self.bound = bound


class DisplaySite:
    """Where a list or tuple is written out: which of its items are spread, and which are computed."""

    __slots__ = ("computed", "count", "starred")

    def __init__(self, computed: tuple[bool, ...], starred: tuple[bool, ...] | None) -> None:
        self.computed = computed
        self.count = len(computed)
        self.starred = starred
