"""The graph of an expression on SymPy symbols.

Every operation is applied to SymPy expressions as its declaration says, element by element. Only
what an asked-for derivative can depend on is made into expressions: the rest, and what is detached,
stays a number to be computed when it is needed (`Later`). Expressions that grow large are cut: a
symbol takes their place, and its meaning is remembered, or else what is shared in the graph would be
written out again and again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.node import Node
from ..engine.operation import Elementwise, Reduction
from .entries import Entries, array, filled, mapped, rows
from .forms import size
from .precise import Compute, Evaluator, Expr, Later, Number, Tape, UnsupportedError

LARGE = 60
"""Expressions of more nodes, or nested deeper than DEEP, are cut."""
DEEP = 30
_SHORT = 12
FEW = 4  # so many operands of max and min are written out; of more, the largest is picked by value

_TRUTH = {"where": 1, "logical_and": 2, "logical_or": 2, "logical_xor": 2, "logical_not": 1}  # operands read as truth
_MOVES = {"expand", "reshape", "permute", "getitem", "place", "gather", "concatenate", "assign", "alias"}


class Symbols:
    """Interprets nodes on expressions.

    Attributes:
        S: the sympy module.
        meaning: what symbols made here stand for.
        moving: those of them that change with the inputs, in the order they were made.
    """

    def __init__(self, S: Any, evaluator: Evaluator, meaning: dict[Expr, Any], *, sparing: bool) -> None:
        self.S = S
        self.meaning = meaning
        self.moving: dict[Expr, int] = {}
        self._evaluator = evaluator
        self._sparing = sparing
        self._measures: dict[Expr, tuple[int, int]] = {}
        self._named: dict[Expr, Expr] = {}
        self._tapes: dict[Any, Tape] = {}

    def interpret(self, node: Node, operands: list[Entries]) -> Entries:
        """The entries of a node from those of its operands. Raises UnsupportedError."""
        operation = node.operation
        name = operation.name
        if name == "constant":
            return self._constant(node.params[0].array)
        if name == "detach":
            return mapped(self._detached, operands[0])
        if name in _MOVES:
            return filled(node.shape, operation.kernel(*operands, *node.params))
        if name in _BY_VALUE:
            return self._by_value(node, *operands)
        if name in _OWN:
            return filled(node.shape, getattr(self, f"_{name}")(node, *operands))
        if isinstance(operation, Elementwise):
            return self._elementwise(node, operands)
        if isinstance(operation, Reduction):
            return self._reduction(node, operands[0])
        return self._whole(node, operands)

    # ---- constants and what is held constant ---------------------------------------------------------------

    def number(self, value: float) -> Expr:
        """A float64 as the exact number that it is."""
        S = self.S
        if math.isnan(value):
            return S.nan
        if math.isinf(value):
            return S.oo if value > 0 else -S.oo
        return S.Rational(*float(value).as_integer_ratio())

    def known(self, plain: Expr) -> Later:
        """A number that expressions show as plain (a symbol of an input, or the number itself)."""
        return Later(lambda at, values: values[0], (plain,), plain)

    def _constant(self, array: NDArray[Any]) -> Entries:
        numbers = mapped(lambda value: self.number(float(value)), array.astype(object))
        return mapped(self.known, numbers) if self._sparing else numbers

    def _detached(self, entry: Any) -> Any:
        if isinstance(entry, (Later, int)) or entry.is_Number:
            return entry
        symbol = self.S.Dummy(real=True)
        self.meaning[symbol] = self.numeric(entry)
        return Later(lambda at, values: values[0], (symbol,), symbol)

    def _expression(self, entry: Any) -> Expr:
        """An entry as an expression or truth value."""
        if isinstance(entry, Later):
            if entry.plain is not None:
                return entry.plain
            if entry.symbol is None:
                entry.symbol = self.S.Dummy(real=True)
                self.meaning[entry.symbol] = entry
            return entry.symbol
        return self.S.Integer(entry) if isinstance(entry, int) else entry

    def numeric(self, entry: Any) -> Expr:
        """The same, with a truth value as 1 or 0."""
        S = self.S
        expr = self._expression(entry)
        if isinstance(expr, S.logic.boolalg.Boolean) and not expr.is_Symbol:
            return S.Integer(bool(expr)) if expr in (S.true, S.false) else S.Piecewise((1, expr), (0, True))
        return expr

    def _truth(self, entry: Any) -> Expr:
        expr = self._expression(entry)
        S = self.S
        return expr if isinstance(expr, S.logic.boolalg.Boolean) and not expr.is_Symbol else S.Ne(expr, 0)

    def _inert(self, entries: Sequence[Any]) -> bool:
        """Whether none of the entries depends on what is differentiated for, and that is known."""
        if all(isinstance(entry, Later) for entry in entries):
            return True
        some = self._sparing or any(isinstance(entry, Later) for entry in entries)
        return some and all(isinstance(entry, (Later, int)) or entry.is_Number for entry in entries)

    # ---- one element after the other ----------------------------------------------------------------------

    def _elementwise(self, node: Node, operands: list[Entries]) -> Entries:
        flat = [np.asarray(operand, dtype=object).reshape(-1) for operand in operands]
        made = [self._applied(node, entries) for entries in zip(*flat, strict=True)]
        return array(made, node.shape)

    def _reduction(self, node: Node, operand: Entries) -> Entries:
        return array([self._reduced(node, list(row)) for row in rows(operand, node.params[0])], node.shape)

    def _applied(self, node: Node, entries: Sequence[Any]) -> Any:
        if self._inert(entries):
            return self._later(node, entries)
        return self.cut(self._call(node, entries), entries)

    def _reduced(self, node: Node, entries: list[Any]) -> Any:
        name = node.operation.name
        if name in ("max", "min"):
            return self._extreme(max if name == "max" else min, node, entries)
        if self._inert(entries):
            return self._later(node, entries)
        return self.cut(self._call(node, entries), entries)

    def _call(self, node: Node, entries: Sequence[Any]) -> Expr:
        """The operation's counterpart on expressions."""
        name, symbolic = node.operation.name, node.operation.symbolic
        truths = _TRUTH.get(name, 0)
        arguments = [self._truth(e) if i < truths else self.numeric(e) for i, e in enumerate(entries)]
        if node.operation.kink is not None:
            arguments = [self._real(argument) for argument in arguments]
        special = _SPECIAL.get(name)
        try:
            if special is not None:
                return special(self.S, *arguments, *node.params)
            if symbolic is None:
                raise UnsupportedError(name)
            if isinstance(symbolic, str):
                return getattr(self.S, symbolic)(*arguments)
            if isinstance(node.operation, Reduction):
                return self._made(symbolic(self.S, arguments))
            return self._made(symbolic(self.S, *arguments, *node.params))
        except (TypeError, ValueError, AttributeError) as error:
            raise UnsupportedError(name) from error

    def _real(self, expr: Expr) -> Expr:
        """An expression that SymPy knows to be real: it could not tell on which side of a kink another is.
        Of one that is not short it is not even asked, which can take long."""
        short = expr.is_Atom or size(expr, _SHORT) < _SHORT
        return expr if expr.is_number or (short and expr.is_extended_real) else self._symbol_for(expr)

    def _symbol_for(self, expr: Expr) -> Expr:
        """A symbol for expr, and the same one for what is equal."""
        if expr not in self._named:
            self._named[expr] = self.named(expr)
        return self._named[expr]

    def _made(self, value: Any) -> Expr:
        """What a counterpart gave, where it may be one of Python's numbers."""
        if isinstance(value, bool):
            return self.S.true if value else self.S.false
        return self.S.Integer(value) if isinstance(value, int) else value

    def _later(self, node: Node, entries: Sequence[Any]) -> Later:
        """An operation on numbers, to be done when it is asked for: on symbols, once, and then by value."""
        key = (node.operation, node.params if isinstance(node.operation, Elementwise) else (), len(entries))
        found = self._tapes.get(key)
        if found is None:
            symbols = [self.S.Dummy(real=True) for _ in entries]
            found = self._tapes[key] = Tape(self.numeric(self._call(node, symbols)), symbols)
        return Later(found.run, [self._expression_or_later(entry) for entry in entries])

    def _expression_or_later(self, entry: Any) -> Any:
        return entry if isinstance(entry, Later) else self.numeric(entry)

    def cut(self, expr: Expr, parts: Sequence[Any]) -> Expr:
        """expr, or where it is large a symbol for it."""
        if expr.is_Atom:
            return expr
        measured = [self._measures.get(part, (1, 0)) for part in parts if not isinstance(part, (Later, int))]
        nodes = 1 + len(parts) + sum(own for own, _ in measured)
        depth = 1 + max((own for _, own in measured), default=0)
        if (nodes > LARGE or depth > DEEP) and isinstance(expr, self.S.Expr):
            return self.named(expr)
        self._measures[expr] = (nodes, depth)
        return expr

    def named(self, expr: Expr) -> Expr:
        """A symbol whose meaning is expr, which changes with the inputs."""
        symbol = self.S.Dummy(real=True)
        self.meaning[symbol] = expr
        self.moving[symbol] = len(self.moving)
        return symbol

    # ---- operations with a way of their own ----------------------------------------------------------------

    def _total(self, node: Node, operand: Entries) -> Entries:
        return array([self._sum(list(row)) for row in rows(operand, node.params[0])], node.shape)

    def _sum(self, entries: list[Any]) -> Any:
        numbers = [entry for entry in entries if self._inert([entry])]
        others = [entry for entry in entries if not self._inert([entry])]
        if numbers:
            parts = [self._expression_or_later(entry) for entry in numbers]
            total = Later(lambda at, values: sum(values, at.context.mpf(0)), parts) if len(parts) > 1 else numbers[0]
            if not others:
                return total
            others.append(total)
        return self.cut(self.S.Add(*map(self.numeric, others)), others)

    def _matmul(self, node: Node, left: Entries, right: Entries) -> Entries:
        lines = left.reshape(-1, *left.shape[-2:])
        columns = np.swapaxes(right, -1, -2).reshape(-1, right.shape[-1], right.shape[-2])
        made = [
            self._sum([self._product(a, b) for a, b in zip(row, column, strict=True)])
            for matrix, other in zip(lines, columns, strict=True)
            for row in matrix
            for column in other
        ]
        return array(made, node.shape)

    def _product(self, a: Any, b: Any) -> Any:
        if self._inert([a, b]):
            return Later(lambda at, values: values[0] * values[1], [self._expression_or_later(e) for e in (a, b)])
        return self.cut(self.numeric(a) * self.numeric(b), (a, b))

    def _cumsum(self, node: Node, operand: Entries) -> Entries:
        lines = np.moveaxis(operand, node.params[0], -1)
        made = np.empty(lines.shape, dtype=object)
        for place in np.ndindex(lines.shape[:-1]):
            so_far: Any = 0
            for k, entry in enumerate(lines[place]):
                so_far = made[(*place, k)] = self._sum([so_far, entry])
        return np.moveaxis(made, -1, node.params[0])

    def _by_value(self, node: Node, *operands: Entries) -> Entries:
        """An operation that is flat wherever it has a derivative: numbers, each from its own operand, or
        from the row of those."""
        compute = _BY_VALUE[node.operation.name]
        if isinstance(node.operation, Elementwise):
            return mapped(lambda entry: self._computed(compute, [entry]), operands[0])
        lines = operands[0].reshape(-1, operands[0].shape[-1])
        return array([self._computed(compute, list(row)) for row in lines], node.shape)

    def _argsort(self, node: Node, operand: Entries) -> Entries:
        lines = operand.reshape(-1, operand.shape[-1])
        made = [self._computed(_rank(place), list(row)) for row in lines for place in range(len(row))]
        return array(made, node.shape)

    def _computed(self, compute: Compute, entries: Sequence[Any]) -> Later:
        return Later(compute, [self._expression_or_later(entry) for entry in entries])

    def _ordered(self, node: Node, operand: Entries) -> Entries:
        return self._sort(node, operand)

    def _sort(self, node: Node, operand: Entries) -> Entries:
        """Every row in the order of its values; of two that are equal, SymPy's Min and then Max."""
        made: list[Any] = []
        for row in operand.reshape(-1, operand.shape[-1]):
            values = [self._evaluator(self._expression_or_later(entry)) for entry in row]
            order = sorted(range(len(row)), key=values.__getitem__)
            for place, position in enumerate(order):
                tied = [row[other] for other in order if values[other] == values[position]]
                if len(tied) > 2:
                    raise UnsupportedError("sort where more than two elements are equal")
                if len(tied) == 2:
                    first = place + 1 < len(order) and values[order[place + 1]] == values[position]
                    made.append((self.S.Min if first else self.S.Max)(*map(self.numeric, tied)))
                else:
                    made.append(row[position])
        return array(made, node.shape)

    def _within(self, node: Node, operand: Entries) -> Entries:
        """Every entry, and NaN for one that has a value outside the bounds."""
        low, high = node.params

        def bounded(at: Evaluator, values: Sequence[Number]) -> Number:
            real = not isinstance(values[0], at.context.mpc)
            return values[0] if real and low <= values[0] <= high else at.context.nan

        def one(entry: Any) -> Any:
            if self._inert([entry]):
                return self._computed(bounded, [entry])
            value = bounded(self._evaluator, [self._evaluator(self.numeric(entry))])
            return self.S.nan if self._evaluator.context.isnan(value) else entry

        return mapped(one, operand)

    def _signdet(self, node: Node, operand: Entries) -> Entries:
        return np.array(self.S.sign(self.S.Matrix(mapped(self._plain, operand)).det()), dtype=object)

    def _extreme(self, pick: Callable[..., Number], node: Node, entries: list[Any]) -> Any:
        if all(isinstance(entry, Later) for entry in entries):
            return Later(lambda at, values: pick(values), entries)
        if len(entries) > FEW:
            values = [self._evaluator(self._expression_or_later(entry)) for entry in entries]
            best = pick(values)
            entries = [entry for entry, value in zip(entries, values, strict=True) if value == best] or entries
        if len(entries) == 1:
            return entries[0]
        return self.cut(self._call(node, entries), entries)

    def _whole(self, node: Node, operands: list[Entries]) -> Entries:
        """Whatever works on whole arrays: its kernel, or its counterpart, on arrays of expressions."""
        symbolic = node.operation.symbolic
        try:
            if callable(symbolic):
                made = symbolic(self.S, *(mapped(self._plain, operand) for operand in operands), *node.params)
            else:
                made = node.operation.kernel(*(mapped(self.numeric, operand) for operand in operands), *node.params)
        except (TypeError, ValueError, AttributeError) as error:
            raise UnsupportedError(node.operation.name) from error
        return mapped(self._measured, filled(node.shape, made))

    def _plain(self, entry: Any) -> Expr:
        """An entry as a number or one symbol."""
        expr = self.numeric(entry)
        return expr if expr.is_Atom else self._symbol_for(expr)  # a matrix that was symmetric still is

    def _measured(self, expr: Expr) -> Expr:
        nodes = size(expr, LARGE)
        if nodes >= LARGE:
            return self.named(expr)
        self._measures[expr] = (nodes, 1)
        return expr


_OWN = {"total", "matmul", "cumsum", "sort", "ordered", "argsort", "signdet", "within"}


def _cube_root(S: Any, x: Expr) -> Expr:
    third = S.Rational(1, 3)
    return S.Piecewise((x**third, x >= 0), (-((-x) ** third), True))


_SPECIAL: dict[str, Callable[..., Expr]] = {"cbrt": _cube_root}  # better than what the operation declares


def _to_even(at: Evaluator, value: Number) -> Number:
    whole = at.context.floor(value)
    over = value - whole - 0.5
    return whole + (over > 0 or (over == 0 and whole % 2 == 1))


def _first(pick: Callable[..., Number]) -> Compute:
    def first(at: Evaluator, values: Sequence[Number]) -> Number:
        return at.context.mpf(list(values).index(pick(values)))

    return first


def _rank(place: int) -> Compute:
    def position(at: Evaluator, values: Sequence[Number]) -> Number:
        return at.context.mpf(sorted(range(len(values)), key=values.__getitem__)[place])

    return position


_BY_VALUE: dict[str, Compute] = {
    "rint": lambda at, values: _to_even(at, values[0]),
    "isnan": lambda at, values: at.context.isnan(values[0]),
    "isinf": lambda at, values: at.context.isinf(values[0]),
    "isfinite": lambda at, values: at.context.isfinite(values[0]),
    "argmax": _first(max),
    "argmin": _first(min),
}
