"""Arithmetic, comparisons, logic.

Rules meet zeros and infinities, so a cotangent is never multiplied by a partial with `multiply`:
`scale` and `ratio` do it, for which a zero cotangent stays zero whatever the partial is. That is
what keeps a branch that was not taken from contributing NaN.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..functions import elementwise
from ..node import OPERATORS, Node
from ..operation import Elementwise, number_of
from ..zeros import absorb, absorbing, multiplied, together

NDArrayAny = NDArray[Any]
GROUP = "arithmetic"
_SMALLEST_NORMAL = float(np.finfo(np.float64).smallest_normal)


def _scale(g: NDArrayAny, p: NDArrayAny) -> NDArrayAny:
    return absorb(g * p, g)


def _scale_either(a: NDArrayAny, b: NDArrayAny) -> NDArrayAny:
    return absorb(a * b, a, b)


def _ratio(g: NDArrayAny, p: NDArrayAny) -> NDArrayAny:
    return absorb(g / p, g)


def _is_one(node: Node) -> bool:
    return number_of(node) == 1.0


def _unit(left: Node, right: Node) -> Node | None:
    """1·x = x·1 = x."""
    return right if _is_one(left) else left if _is_one(right) else None


def _unit_scale(g: Node, p: Node) -> Node | None:
    if _is_one(p):
        return g
    if _is_one(g):
        return p if p.operation.traced is None and p.operands else computed(p)
    return None


def _unit_right(left: Node, right: Node) -> Node | None:
    return left if _is_one(right) else None


scale: Elementwise = elementwise(
    "scale", _scale,
    lambda g, out, a, p: scale(g, p),
    lambda g, out, a, p: scale_either(g, a),
    doc="g times a partial derivative, where a zero g wins.", group=GROUP, public=False, symbolic="Mul",
    traced=absorbing(operator.mul),
)  # fmt: skip
computed: Elementwise = Elementwise("computed", lambda x: x, (lambda g, out, x: g,), symbolic=lambda S, x: x)
computed.__doc__ = "1 times a partial derivative: its zeros are numbers, and do not win over infinity."
scale_either: Elementwise = elementwise(
    "scale_either", _scale_either,
    lambda g, out, a, b: scale_either(g, b),
    lambda g, out, a, b: scale_either(g, a),
    doc="A product in which a zero on either side wins.", group=GROUP, public=False, commutative=True, symbolic="Mul",
    traced=absorbing(operator.mul, either=True),
)  # fmt: skip
ratio: Elementwise = elementwise(
    "ratio", _ratio,
    lambda g, out, a, p: ratio(g, p),
    lambda g, out, a, p: -ratio(scale_either(g, out), p),
    doc="g divided by something, where a zero g wins.", group=GROUP, public=False,
    symbolic=lambda S, a, p: a / p, traced=absorbing(operator.truediv),
)  # fmt: skip
scale.simplify = _unit_scale
scale_either.simplify = _unit
ratio.simplify = _unit_right


def _over_power(x: NDArrayAny, y: NDArrayAny, n: int, vanishing: bool = False) -> NDArrayAny:
    """x / y**n, one division after the other; 0 where x is, though y may be, if it vanishes."""
    first = out = x / y
    for _ in range(n - 1):
        out = out / y
    if not np.iscomplexobj(out):
        lost = np.abs(first) < _SMALLEST_NORMAL
        if lost.any() if lost.ndim else lost:  # digits that a division by a number below 1 would bring back
            out = np.where(lost, _by_fractions(x, y, n), out)
    return np.where((x == 0) & ~np.isnan(y), 0.0, out) if vanishing else out


def _by_fractions(x: NDArrayAny, y: NDArrayAny, n: int) -> NDArrayAny:
    (above, up), (below, down) = np.frexp(x), np.frexp(y)
    for _ in range(n):
        above = above / below
    return np.ldexp(above, up - n * down)


over_power: Elementwise = Elementwise(
    "over_power", _over_power,
    (
        lambda g, out, x, y, n, *how: ratio(g, y) if n == 1 else scale(g, over_power(x.lift(1.0), y, params=(n,))),
        lambda g, out, x, y, n, *how: -scale(g, float(n) * over_power(x, y, params=(n + 1, *how))),
    ),
    symbolic=lambda S, x, y, n, *how: x / y**n,
)  # fmt: skip
over_power.__doc__ = "x / y**n, which keeps its digits where x / y has lost some."

add: Elementwise = elementwise(
    "add", operator.add, lambda g, out, x, y: g, lambda g, out, x, y: g,
    doc="The sum x + y.", group=GROUP, commutative=True, symbolic="Add", traced=together(operator.add),
)  # fmt: skip
subtract: Elementwise = elementwise(
    "subtract", operator.sub, lambda g, out, x, y: g, lambda g, out, x, y: -g,
    doc="The difference x - y.", group=GROUP, aliases=("sub",), symbolic=lambda S, x, y: x - y, traced=together(operator.sub),
)  # fmt: skip
multiply: Elementwise = elementwise(
    "multiply", operator.mul, lambda g, out, x, y: scale(g, y), lambda g, out, x, y: scale(g, x),
    doc="The product x * y.", group=GROUP, aliases=("mul",), commutative=True, symbolic="Mul", traced=multiplied(operator.mul),
)  # fmt: skip
divide: Elementwise = elementwise(
    "divide", operator.truediv,
    lambda g, out, x, y: ratio(g, y),
    lambda g, out, x, y: -scale(g, over_power(x, y, params=(2,))),
    doc="The quotient x / y.", group=GROUP, aliases=("div", "true_divide"),
    domain=((-2.0, 2.0), (0.5, 2.0)), symbolic=lambda S, x, y: x / y, traced=multiplied(operator.truediv, either=False),
)  # fmt: skip
multiply.simplify = _unit
divide.simplify = _unit_right
scale.plain = scale_either.plain = operator.mul
ratio.plain = operator.truediv
for _each in (scale, scale_either, ratio, add, subtract, multiply, divide):
    _each.hands_on = (0, 1)
computed.hands_on = (0,)


def _twice_negated(x: Node) -> Node | None:
    return x.operands[0] if x.operation is negative else None


negative: Elementwise = elementwise(
    "negative", operator.neg, lambda g, out, x: -g,
    doc="-x.", group=GROUP, aliases=("neg",), symbolic=lambda S, x: -x, traced=together(operator.neg),
)  # fmt: skip
negative.simplify = _twice_negated
negative.hands_on = (0,)
positive: Elementwise = elementwise(
    "positive", np.positive, lambda g, out, x: g,
    doc="+x.", group=GROUP, symbolic=lambda S, x: x, traced=together(np.positive),
)  # fmt: skip
square: Elementwise = elementwise(
    "square", np.square, lambda g, out, x: scale(g, 2.0 * x),
    doc="x * x.", group=GROUP, symbolic=lambda S, x: x**2,
)  # fmt: skip
reciprocal: Elementwise = elementwise(
    "reciprocal", np.reciprocal, lambda g, out, x: -ratio(scale(g, out), x),
    doc="1 / x.", group=GROUP, domain=((0.5, 2.0),), symbolic=lambda S, x: 1 / x,
)  # fmt: skip
absolute: Elementwise = elementwise(
    "abs", np.abs, lambda g, out, x: scale(g, sign(x)),
    doc="The absolute value |x|.", group=GROUP, aliases=("absolute", "fabs"),
    domain=((0.2, 2.0),), special=(0.0, -0.0, -1.0), analytic=False, symbolic="Abs",
    kink=lambda out, x: equal(x, x.lift(0.0)), convention="0 at 0",
)  # fmt: skip
sign: Elementwise = elementwise(
    "sign", np.sign, None,
    doc="-1, 0 or 1, as x is negative, zero or positive.", group=GROUP, aliases=("sgn",),
    domain=((0.2, 2.0),), special=(0.0, -1.0), analytic=False, symbolic="sign",
    kink=lambda out, x: equal(x, x.lift(0.0)), convention="0 everywhere, and at the jump at 0",
)  # fmt: skip
floor: Elementwise = elementwise(
    "floor", np.floor, None,
    doc="The largest whole number that is not above x.", group=GROUP,
    domain=((0.2, 0.8),), special=(0.0, 1.0), analytic=False, symbolic="floor",
    kink=lambda out, x: equal(x, out), convention="0 everywhere, and at the jumps",
)  # fmt: skip
floor_divide: Elementwise = elementwise(
    "floor_divide", np.floor_divide, None, None,
    doc="x // y: the quotient rounded down.", group=GROUP, domain=((0.2, 0.8), (1.0, 2.0)), analytic=False,
    symbolic=lambda S, x, y: S.floor(x / y),
    kink=lambda out, x, y: equal(remainder(x, y), x.lift(0.0)), convention="0 everywhere, and at the jumps",
)  # fmt: skip
where_defined: Elementwise = Elementwise(
    "where_defined", lambda x, value: np.where(np.isnan(value), np.nan, x), (None, None), symbolic=lambda S, x, value: x,
)  # fmt: skip
where_defined.__doc__ = "A slope that is x between steps, and NaN where the function has no value."
remainder: Elementwise = elementwise(
    "remainder", np.remainder,
    lambda g, out, x, y: scale(g, where_defined(x.lift(1.0), out)),
    lambda g, out, x, y: -scale(g, where_defined(floor_divide(x, y), out)),
    doc="x % y: what is left of x after floor_divide, with the sign of y.", group=GROUP, aliases=("mod",),
    domain=((0.2, 0.8), (1.0, 2.0)), analytic=False, symbolic=lambda S, x, y: x - y * S.floor(x / y),
    kink=lambda out, x, y: equal(out, x.lift(0.0)), convention="1 for x at the jumps",
)  # fmt: skip


# ---- comparisons and logic: 1 and 0, derivative zero -----------------------------------------------


def _real(kernel: Any) -> Any:
    """Comparisons of complex numbers (in a complex step) look at the real part."""

    def compare(x: NDArrayAny, y: NDArrayAny) -> NDArrayAny:
        return kernel(np.real(x), np.real(y)).astype(np.float64)

    return compare


def _comparison(name: str, kernel: Any, doc: str, aliases: tuple[str, ...], symbolic: str) -> Elementwise:
    return elementwise(
        name, _real(kernel), None, None, doc=doc, group="comparison", aliases=aliases,
        domain=((-2.0, -1.0), (1.0, 2.0)), symbolic=symbolic,
    )  # fmt: skip


equal: Elementwise = _comparison("equal", np.equal, "x == y: 1 or 0.", ("eq",), "Eq")
not_equal: Elementwise = _comparison("not_equal", np.not_equal, "x != y: 1 or 0.", ("ne",), "Ne")
less: Elementwise = _comparison("less", np.less, "x < y: 1 or 0.", ("lt",), "Lt")
less_equal: Elementwise = _comparison("less_equal", np.less_equal, "x <= y: 1 or 0.", ("le",), "Le")
greater: Elementwise = _comparison("greater", np.greater, "x > y: 1 or 0.", ("gt",), "Gt")
greater_equal: Elementwise = _comparison("greater_equal", np.greater_equal, "x >= y: 1 or 0.", ("ge",), "Ge")
logical_and: Elementwise = _comparison("logical_and", np.logical_and, "Whether both are nonzero: 1 or 0.", (), "And")
logical_or: Elementwise = _comparison("logical_or", np.logical_or, "Whether either is nonzero: 1 or 0.", (), "Or")
logical_xor: Elementwise = _comparison(
    "logical_xor", np.logical_xor, "Whether one, not both, is nonzero: 1 or 0.", (), "Xor"
)
logical_not: Elementwise = elementwise(
    "logical_not", lambda x: np.equal(np.real(x), 0.0).astype(np.float64), None,
    doc="Whether x is zero: 1 or 0.", group="comparison", domain=((1.0, 2.0),), symbolic=lambda S, x: S.Not(x),
)  # fmt: skip


def _test(name: str, kernel: Any, doc: str, of_numbers: bool = False) -> Elementwise:
    """A test of what kind of number x is, which of numbers is always the same."""
    return elementwise(
        name, lambda x: kernel(x).astype(np.float64), None, doc=doc, group="comparison", analytic=False,
        special=(0.0, np.inf, -np.inf, np.nan),
        symbolic=lambda S, x: S.true if of_numbers else S.false,
    )  # fmt: skip


isnan: Elementwise = _test("isnan", np.isnan, "Whether x is NaN: 1 or 0.")
isinf: Elementwise = _test("isinf", np.isinf, "Whether x is infinite: 1 or 0.")
isfinite: Elementwise = _test(
    "isfinite", np.isfinite, "Whether x is neither NaN nor infinite: 1 or 0.", of_numbers=True
)

OPERATORS.update(add=add, subtract=subtract, multiply=multiply, divide=divide, negative=negative)
