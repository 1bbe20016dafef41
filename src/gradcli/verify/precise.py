"""SymPy expressions as numbers, to many digits: every shared part once, with an explicit stack.

SymPy's own evalf walks an expression as a tree; a derivative shares so much that as a tree it can be
astronomically large. What a function has no entry for here goes through SymPy's evalf one by one.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, TypeAlias
from zlib import crc32

Expr: TypeAlias = Any  # SymPy carries no types
Number: TypeAlias = Any  # of mpmath: real or complex, or a truth value
Compute: TypeAlias = "Callable[[Evaluator, Any], Any]"
Visit: TypeAlias = Generator[Any, Number, Number]


class Later:
    """A number that SymPy has no need to look into: computed from others when it is asked for.

    Attributes:
        compute: takes an evaluator and the values of operands.
        plain: a SymPy expression that is as good, where there is one.
        symbol: what stands for it in expressions, once it has been needed there.
    """

    __slots__ = ("compute", "operands", "plain", "symbol")

    def __init__(self, compute: Compute, operands: Sequence[Any], plain: Expr | None = None) -> None:
        self.compute, self.operands = compute, operands
        self.plain = plain
        self.symbol: Expr | None = None


class UnsupportedError(Exception):
    """Something that has no counterpart in SymPy, or that SymPy cannot differentiate; its name."""


class Evaluator:
    """Values of expressions to a number of digits.

    numbers are the values of symbols; meaning is what other symbols stand for. `side` says what a step is
    at its jump: 0 for the middle, -1 and 1 for either side; `touched` tells whether one was met there.
    """

    def __init__(
        self, S: Any, numbers: Mapping[Expr, float], meaning: Mapping[Expr, Any], digits: int, aside: float = 0.0
    ):
        from mpmath import MPContext

        self.S = S
        self.context = MPContext()
        self.context.dps = digits
        self.digits, self._aside = digits, aside
        self.touched = self.lossy = False
        self.meaning = meaning
        self._numbers = numbers
        self._values: dict[Any, Number] = {}

    def __call__(self, expr: Any) -> Number:
        """The value of an expression or of a Later. Raises UnsupportedError."""
        values = self._values
        if expr in values:
            return values[expr]
        stack = [(expr, self._visit(expr))]
        sent: Number = None
        while stack:
            asking, visit = stack[-1]
            try:
                wanted = visit.send(sent)
            except StopIteration as stop:
                values[asking] = sent = stop.value
                stack.pop()
                continue
            sent = values.get(wanted)
            if sent is None:
                stack.append((wanted, self._visit(wanted)))
        return values[expr]

    def _visit(self, expr: Any) -> Visit:
        if isinstance(expr, Later):
            values = []
            for operand in expr.operands:
                known = self._values.get(operand)
                values.append((yield operand) if known is None else known)
            return _as_number(self.context, self._safely(expr.compute, self, values))
        if expr.is_Symbol:
            number = self._numbers.get(expr)
            return (yield self.meaning[expr]) if number is None else self._number(expr, number)
        if type(expr).__name__ == "Piecewise":
            for value, condition in expr.args:
                if (yield condition):
                    return (yield value)
            return self.context.nan
        values = []
        for argument in expr.args:
            known = self._values.get(argument)
            values.append((yield argument) if known is None else known)
        return self.applied(expr, values)

    def applied(self, expr: Expr, values: Sequence[Number]) -> Number:
        """The value of an expression (a constant, a function) from those of its arguments."""
        kind = type(expr).__name__
        special = _SPECIAL.get(kind)
        if special is not None:
            return self._safely(special, self, expr, *values)
        if kind in _PLAIN:
            return self._safely(getattr(self.context, kind), *values)
        if expr.is_Number or expr.is_NumberSymbol or kind == "ImaginaryUnit":
            return self._constant(expr)
        return self._by_sympy(expr, values)

    def _number(self, symbol: Expr, value: float) -> Number:
        exact = self.context.mpf(value)
        if not self._aside:
            return exact
        place = crc32(str(symbol).encode()) / 2**32  # its own for every symbol, and always the same
        return exact + self._aside * (1 + place) * max(1, abs(exact))

    def _safely(self, function: Callable[..., Number], *arguments: Any) -> Number:
        try:
            return function(*arguments)
        except ZeroDivisionError:
            return self.context.inf
        except (ValueError, TypeError, AttributeError):  # complex numbers compared, or outside the domain
            return self.context.nan

    def _constant(self, expr: Expr) -> Number:
        context = self.context
        if expr.is_Rational:
            return context.mpf(expr.p) / expr.q
        known = {"NaN": context.nan, "Infinity": context.inf, "NegativeInfinity": -context.inf,
                 "ComplexInfinity": context.inf, "ImaginaryUnit": context.mpc(0, 1)}  # fmt: skip
        name = type(expr).__name__
        return known[name] if name in known else context.make_mpf(expr._as_mpf_val(context.prec))

    def _by_sympy(self, expr: Expr, values: Sequence[Number]) -> Number:
        if not expr.args or not expr.is_Function or any(isinstance(value, bool) for value in values):
            raise UnsupportedError(type(expr).__name__)
        S, context = self.S, self.context
        if any(context.isnan(value) for value in values):
            return context.nan
        arguments = [_sympy_number(S, context, value, self.digits) for value in values]
        found = expr.func(*arguments).evalf(self.digits)
        if found.is_Float:
            return context.make_mpf(found._mpf_)
        if found.is_Number:
            return self._constant(found)
        real, imaginary = found.as_real_imag()
        if real.is_Number and imaginary.is_Number:
            return context.mpc(self(real), self(imaginary))
        raise UnsupportedError(type(expr).__name__)


class Tape:
    """A small expression of its own symbols, taken apart once to be worked out many times."""

    def __init__(self, expr: Expr, symbols: Sequence[Expr]) -> None:
        places = {symbol: place for place, symbol in enumerate(symbols)}
        self._steps: list[tuple[Expr, list[int]]] = []
        stack = [expr]
        while stack:
            part = stack[-1]
            arguments = [each for pair in part.args for each in pair.args] if _is_choice(part) else part.args
            waiting = [] if part in places else [each for each in arguments if each not in places]
            stack.extend(waiting)
            if not waiting:
                stack.pop()
                if part not in places:
                    places[part] = len(places)
                    self._steps.append((part, [places[each] for each in arguments]))
        self._result = places[expr]

    def run(self, at: Evaluator, values: Sequence[Number]) -> Number:
        """The value, given those of the symbols."""
        found = list(values)
        for expr, places in self._steps:
            if _is_choice(expr):
                pairs = zip(places[::2], places[1::2], strict=True)
                found.append(next((found[value] for value, condition in pairs if found[condition]), at.context.nan))
            else:
                found.append(at.applied(expr, [found[place] for place in places]))
        return found[self._result]


def _is_choice(expr: Expr) -> bool:
    return type(expr).__name__ == "Piecewise"


def _sympy_number(S: Any, context: Any, value: Number, digits: int) -> Expr:
    if context.isinf(value):
        return S.oo if value > 0 else -S.oo
    if isinstance(value, context.mpc):
        parts = [_sympy_number(S, context, part, digits) for part in (value.real, value.imag)]
        return parts[0] + S.I * parts[1]
    return S.Float(context.nstr(value, digits + 5), digits)


def _as_number(context: Any, value: Number) -> Number:
    return context.mpf(int(value)) if isinstance(value, bool) else value


# ---- what needs more than the function of the same name -------------------------------------------------


def _power(at: Evaluator, expr: Expr, base: Number, exponent: Number) -> Number:
    context = at.context
    if base == 0 and not isinstance(exponent, context.mpc):
        return context.nan if context.isnan(exponent) else context.mpf(exponent == 0) if exponent >= 0 else context.inf
    whole = expr.exp
    if whole.is_Integer:
        return base ** int(whole)
    return context.sqrt(base) if whole == at.S.Rational(1, 2) else context.power(base, exponent)


def _step(at: Evaluator, low: Number, middle: Number, high: Number, x: Number) -> Number:
    """A step in x: its values below 0, at 0, and above."""
    if at.context.isnan(x):
        return x
    if x == 0:
        at.touched = True
        return at.context.mpf(middle)
    return at.context.mpf(high if x > 0 else low)


def _heaviside(at: Evaluator, expr: Expr, x: Number, *middle: Number) -> Number:
    return _step(at, 0, middle[0] if middle else 0.5, 1, x)


def _delta(at: Evaluator, expr: Expr, x: Number, *order: Number) -> Number:
    at.touched = at.touched or x == 0
    return at.context.nan if x == 0 or at.context.isnan(x) else at.context.mpf(0)


def _extreme(pick: Callable[..., Number]) -> Callable[..., Number]:
    def extreme(at: Evaluator, expr: Expr, *values: Number) -> Number:
        return at.context.nan if any(at.context.isnan(value) for value in values) else pick(values)

    return extreme


def _comparison(holds: Callable[..., bool], unordered: bool = False) -> Callable[..., Number]:
    """A comparison as float64 has it: what is not real compares like NaN."""

    def compare(at: Evaluator, expr: Expr, x: Number, y: Number) -> Number:
        if any(isinstance(value, at.context.mpc) or at.context.isnan(value) for value in (x, y)):
            return unordered
        return bool(holds(x, y))

    return compare


def _sum(at: Evaluator, expr: Expr, *values: Number) -> Number:
    total = sum(values, at.context.mpf(0))
    if not at.lossy:
        least = min((abs(value) for value in values if value != 0), default=0)
        at.lossy = bool(total == 0 != least or least < abs(total) * at.context.eps)
    return total


def _product(at: Evaluator, expr: Expr, *values: Number) -> Number:
    product = at.context.mpf(1)
    for value in values:
        product *= value
    return product


_PLAIN = frozenset(
    ("sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan", "acot", "atan2", "exp", "log")
    + ("sinh", "cosh", "tanh", "coth", "sech", "csch", "asinh", "acosh", "atanh")
)
_SPECIAL: dict[str, Callable[..., Number]] = {
    "Add": _sum,
    "Mul": _product,
    "Pow": _power,
    "Abs": lambda at, expr, x: abs(x),
    "sign": lambda at, expr, x: _step(at, -1, 0, 1, x),
    "Heaviside": _heaviside,
    "DiracDelta": _delta,
    "floor": lambda at, expr, x: at.context.floor(x),
    "ceiling": lambda at, expr, x: at.context.ceil(x),
    "Max": _extreme(max),
    "Min": _extreme(min),
    "BooleanTrue": lambda at, expr: True,
    "BooleanFalse": lambda at, expr: False,
    "And": lambda at, expr, *values: all(values),
    "Or": lambda at, expr, *values: any(values),
    "Xor": lambda at, expr, *values: sum(map(bool, values)) % 2 == 1,
    "Not": lambda at, expr, x: not x,
    "ITE": lambda at, expr, condition, x, y: x if condition else y,
    "Equality": _comparison(operator.eq),
    "Unequality": _comparison(operator.ne, unordered=True),
    "StrictLessThan": _comparison(operator.lt),
    "LessThan": _comparison(operator.le),
    "StrictGreaterThan": _comparison(operator.gt),
    "GreaterThan": _comparison(operator.ge),
}
