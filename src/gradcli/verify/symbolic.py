"""Derivatives by SymPy: the expression's own graph on symbols, differentiated by `sympy.diff`, and worked
out to fifty digits at the exact values of the inputs.

This runs in a process of its own (`worker`). A request is plain data:

| key | meaning |
|---|---|
| `graph`, `output` | the nodes, as `wire` packs them, and the position of the output among them |
| `inputs` | name, position and values of each input |
| `axes` | the positions of those inputs that directions count |
| `weights` | of the output's elements in the sum that is differentiated, or null: the elements themselves |
| `given` | the tangent or vector, numbers for each of the axes |
| `elements` | what is asked for: an output element or null, and directions |
| `outputs` | elements of the output whose values are asked for, or null for the sum |
| `forms` | of how many elements, from the first on, closed forms are wanted |
| `sparing` | whether only what the elements can depend on is to be made into expressions |

Answers are `("value", output, digits)`, `("slope", number, digits)`, `("form", number, text)`; digits
are a number as text, or None where there is none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np

from ..engine.evaluate import interpret
from ..engine.node import Node
from .elements import EVERY, GIVEN, entry
from .entries import Entries
from .forms import closed_form, size
from .precise import Evaluator, Expr, Number, UnsupportedError
from .symbols import Symbols
from .wire import unpack

Finding: TypeAlias = tuple[str, int | None, str | None]
Weights: TypeAlias = dict[Expr, Expr]

DIGITS = 50
_WORKING = (60, 120, 240, 800)  # digits to compute with, until two answers agree to DIGITS; float64 spans 632
_ASIDE = 1e-50  # how far from the point it is looked at whether a step there makes a difference
_SIMPLE = 60  # nodes of an expression that is cancelled where it has no value as it stands
_SMALL = 40  # a derivative of a named part that has fewer nodes is written out rather than named


def derive(S: Any, request: Mapping[str, Any]) -> Iterator[Finding]:
    """Answer a request, a finding at a time. Raises UnsupportedError."""
    derivation = _Derivation(S, request)
    for output in request["outputs"]:
        yield "value", output, derivation.value(output)
    slopes = []
    for number, (output, directions) in enumerate(request["elements"]):
        slope = derivation.slope(output, [tuple(direction) for direction in directions])
        yield "slope", number, derivation.number(slope)
        slopes.append(slope)
    for number, slope in enumerate(slopes[: request["forms"]]):
        form = closed_form(S, slope, derivation.meaning)
        if form is not None:
            yield "form", number, form


class _Derivation:
    def __init__(self, S: Any, request: Mapping[str, Any]) -> None:
        self.S = S
        self.meaning: dict[Expr, Any] = {}
        nodes = unpack(request["graph"])
        self._inputs: dict[int, list[Expr]] = {}  # position of an input -> a symbol for each element
        numbers: dict[Expr, float] = {}
        for name, position, values in request["inputs"]:
            symbols = [S.Symbol(each, real=True) for each in _names(name, nodes[position].shape)]
            numbers.update(zip(symbols, values, strict=True))
            self._inputs[position] = symbols
        self._evaluators = [Evaluator(S, numbers, self.meaning, digits) for digits in _WORKING]
        self._asides = [Evaluator(S, numbers, self.meaning, _WORKING[1], aside) for aside in (-_ASIDE, _ASIDE)]
        self._axes: list[int] = request["axes"]
        self._given: list[list[float]] = request["given"]
        self._symbols = Symbols(S, self._evaluators[1], self.meaning, sparing=request["sparing"])
        self._slopes: dict[tuple[Any, ...], Expr] = {}
        self._named_slopes: dict[tuple[Expr, tuple[int, int]], Expr] = {}
        self._terms: dict[Expr, dict[Expr, list[Expr]]] = {}
        self._entries = self._interpreted(nodes, request)
        self._sum = None if request["weights"] is None else self._weighted(request["weights"])

    def _interpreted(self, nodes: list[Node], request: Mapping[str, Any]) -> Entries:
        """The output's elements."""
        moving = self._moving(request) if request["sparing"] else None
        feeds: dict[Node, Any] = {}
        for position, symbols in self._inputs.items():
            entries = np.empty(len(symbols), dtype=object)
            for k, symbol in enumerate(symbols):
                entries[k] = symbol if moving is None or symbol in moving else self._symbols.known(symbol)
            feeds[nodes[position]] = entries.reshape(nodes[position].shape)
        (output,) = interpret([nodes[request["output"]]], feeds, self._symbols.interpret)
        return np.asarray(output, dtype=object).reshape(-1)

    def _moving(self, request: Mapping[str, Any]) -> set[Expr]:
        """The symbols that some direction moves."""
        directions = {tuple(direction) for _, each in request["elements"] for direction in each}
        return {symbol for direction in directions for symbol in self._weights(direction)}

    def _weights(self, direction: tuple[int, int]) -> Weights:
        """How fast each symbol moves along a direction."""
        S = self.S
        if direction == GIVEN:
            pairs = [
                (symbol, self._symbols.number(weight))
                for position, weights in zip(self._axes, self._given, strict=True)
                for symbol, weight in zip(self._inputs[position], weights, strict=True)
            ]
            return {symbol: weight for symbol, weight in pairs if weight != 0}
        axis, element = direction
        symbols = self._inputs[self._axes[axis]]
        return dict.fromkeys(symbols if element == EVERY else [symbols[element]], S.Integer(1))

    def _weighted(self, weights: list[float]) -> Expr:
        """The sum of the output's elements with weights: what weighs nothing is left out."""
        parts = [
            self._symbols.numeric(entry) * self._symbols.number(weight)
            for entry, weight in zip(self._entries, weights, strict=True)
            if weight != 0
        ]
        return self.S.Add(*parts)

    def function(self, output: int | None) -> Expr:
        """An element of the output, or the weighted sum."""
        return self._sum if output is None else self._symbols.numeric(self._entries[output])

    # ---- derivatives -----------------------------------------------------------------------------------------

    def slope(self, output: int | None, directions: list[tuple[int, int]]) -> Expr:
        """How the output or the sum changes along directions, one after the other."""
        slope = self.function(output)
        done: list[tuple[int, int]] = []
        for direction in directions:
            done.append(direction)
            key = (output, *done)
            if key not in self._slopes:
                self._slopes[key] = self._along(slope, direction)
            slope = self._slopes[key]
        return slope

    def _along(self, expr: Expr, direction: tuple[int, int]) -> Expr:
        weights = self._weights(direction)
        for symbol in self._named_in(expr):
            if (symbol, direction) not in self._named_slopes:
                slope = self._differentiated(self.meaning[symbol], weights, direction)
                small = size(slope, _SMALL) < _SMALL
                self._named_slopes[symbol, direction] = slope if small else self._symbols.named(slope)
        return self._differentiated(expr, weights, direction)

    def _named_in(self, expr: Expr) -> list[Expr]:
        """The named parts that expr is made of, those first that others are made of."""
        found: set[Expr] = set()
        stack = [expr]
        moving = self._symbols.moving
        while stack:
            for symbol in self._terms_by_symbol(stack.pop()):
                if symbol in moving and symbol not in found:
                    found.add(symbol)
                    stack.append(self.meaning[symbol])
        return sorted(found, key=moving.__getitem__)

    def _differentiated(self, expr: Expr, weights: Weights, direction: tuple[int, int]) -> Expr:
        S = self.S
        terms = self._terms_by_symbol(expr)
        parts = []
        for symbol, those in terms.items():
            weight = weights.get(symbol) or self._named_slopes.get((symbol, direction), 0)
            if weight != 0:
                parts += [weight * self._steps_flat(S.diff(term, symbol)) for term in those]
        return S.Add(*parts)

    def _terms_by_symbol(self, expr: Expr) -> dict[Expr, list[Expr]]:
        """For each symbol the terms of a sum that it is in."""
        found = self._terms.get(expr)
        if found is None:
            found = self._terms[expr] = {}
            for term in self.S.Add.make_args(expr):
                for symbol in sorted(term.free_symbols, key=str):
                    found.setdefault(symbol, []).append(term)
        return found

    def _steps_flat(self, expr: Expr) -> Expr:
        """Steps (floor, ceiling) differentiate to 0, which SymPy leaves open."""
        S = self.S
        if not expr.has(S.Derivative):
            return expr
        return expr.replace(lambda part: isinstance(part, (S.Derivative, S.Subs)), self._step_slope)

    def _step_slope(self, part: Expr) -> Expr:
        S = self.S
        if isinstance(part, S.Subs):  # of a derivative, which has been seen to before
            return part.doit()
        if not isinstance(part.expr, (S.floor, S.ceiling)):
            raise UnsupportedError(f"the derivative of {type(part.expr).__name__}")
        return S.Integer(0)

    # ---- numbers ---------------------------------------------------------------------------------------------

    def value(self, output: int | None) -> str | None:
        """The value of an element of the output, or of the weighted sum, as `number` gives it."""
        expr, coarse = self.function(output), self._evaluators[0]
        value = coarse(expr)
        return self._text(self._settled(expr, value) if coarse.lossy else value)

    def number(self, expr: Expr) -> str | None:
        """The value of a derivative as text, `Infinity` where it has a pole; None where there is none:
        it is not real, or not defined, or differs on the two sides of a step."""
        value = self._derivative(expr)
        simple = size(expr, _SIMPLE) < _SIMPLE and not expr.has(self.S.Piecewise)
        if simple and self._evaluators[0].context.isnan(value):
            value = self._derivative(self.S.cancel(expr))  # a pole may be hidden in 0/0
        return self._text(value)

    def _text(self, value: Number) -> str | None:
        context = self._evaluators[0].context
        if hasattr(value, "_mpc_"):  # complex, of whichever context
            if abs(value.imag) > abs(value.real) * 10.0 ** (10 - DIGITS):
                return None
            value = value.real
        if context.isnan(value):
            return None
        if context.isinf(value):
            return "Infinity"
        return str(context.nstr(value, DIGITS))

    def _derivative(self, expr: Expr) -> Number:
        coarse = self._evaluators[0]
        value = coarse(expr)
        if coarse.touched and any(_jumps(value, aside(expr), coarse.context) for aside in self._asides):
            return coarse.context.nan
        return self._settled(expr, value)

    def _settled(self, expr: Expr, value: Number) -> Number:
        """The value of an expression to DIGITS digits, given what it is with the fewest to compute with."""
        largest = abs(value)
        for evaluator in self._evaluators[1:]:
            before, value = value, evaluator(expr)
            if not evaluator.lossy and not _apart(before, value, evaluator.context):
                return value
            largest = max(largest, abs(before))
        # what shrinks as digits are added is nothing but rounding
        shrinks = abs(value) < largest * 10.0 ** -(_WORKING[-2] // 2)
        return 0 * value if shrinks else value


def _jumps(here: Number, aside: Number, context: Any) -> bool:
    """Whether a derivative is another a little aside, so that here is a kink."""
    return bool(context.isnan(aside) or abs(here - aside) > 1e-20 * max(1, abs(here)))


def _apart(a: Number, b: Number, context: Any) -> bool:
    if context.isnan(a) or context.isnan(b) or context.isinf(a) or context.isinf(b):
        return not ((context.isnan(a) and context.isnan(b)) or a == b)
    return abs(a - b) > abs(b) * 10.0**-DIGITS


def _names(name: str, shape: tuple[int, ...]) -> list[str]:
    return [entry(name, shape, flat) for flat in range(math.prod(shape))]
