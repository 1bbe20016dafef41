"""Arithmetic, comparisons, logic, powers.

Rules meet zeros and infinities, so a cotangent is never multiplied by a partial with `multiply`:
`scale` and `ratio` do it, for which a zero cotangent stays zero whatever the partial is. That is
what keeps a branch that was not taken from contributing NaN.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
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
    if n > 1 and not np.iscomplexobj(out):
        lost = np.abs(first) < _SMALLEST_NORMAL
        if lost.any() if lost.ndim else lost:  # digits that a division by a number below 1 would bring back
            out = np.where(lost & (np.abs(y) < 1.0), _by_fractions(x, y, n), out)
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


# ---- powers ----------------------------------------------------------------------------------------


def _less_one(exponent: float, residual: float = 0.0) -> tuple[float, float]:
    """exponent + residual - 1, as a float and what rounding took from it."""
    less = exponent - 1.0
    seen = less - exponent
    return less, (exponent - (less - seen)) + (-1.0 - seen) + residual


def _corrected(power_: NDArrayAny, x: NDArrayAny, residual: Any) -> NDArrayAny:
    """x**(y + residual) from x**y: a rounded exponent costs as many digits as log(x) is large, and below 0 a sign, or
    all where it is not whole."""
    below = (np.real(x) < 0) & (residual != 0)
    logarithm = np.log(np.where(np.real(x) > 0, x, np.where(below, -x, 1.0)))
    better = power_ * (1.0 + residual * np.where(np.isfinite(logarithm), logarithm, 0.0))
    better = np.where(np.isfinite(power_), better, power_)
    if not below.any():
        return better
    turned = np.where(residual % 2.0 == 1.0, -better, np.where(residual % 1.0 == 0.0, better, np.nan))
    return np.where(below, turned, better)


def _fourth(x: NDArrayAny) -> NDArrayAny:
    twice = x * x
    return twice * twice


_BY_HAND: dict[float, Callable[[NDArrayAny], NDArrayAny]] = {
    -3.0: lambda x: 1.0 / x / x / x,
    -2.0: lambda x: 1.0 / x / x,
    -1.0: lambda x: 1.0 / x,
    -0.5: lambda x: 1.0 / np.sqrt(x + 0.0),  # the root of -0.0 is 0.0 then
    0.5: lambda x: np.sqrt(x + 0.0),
    3.0: lambda x: x * x * x,
    4.0: _fourth,
}
"""Powers that a few products give within 2 ulp, in a small part of the time of the general power. Beyond these a product
would lose more digits, or its parts leave float64 before it does."""


def _constant_power(x: NDArrayAny, exponent: float, residual: float = 0.0) -> NDArrayAny:
    by_hand = _BY_HAND.get(exponent)
    if by_hand is not None and not residual and x.dtype == np.float64:
        return by_hand(x)
    out = np.power(x, exponent)
    return _corrected(out, x, residual) if residual else out


def _power_rule(g: Node, out: Node, x: Node, exponent: float, residual: float = 0.0) -> Node | None:
    if exponent == 0.0:
        return None
    return scale(g, (exponent + residual) * power_of(x, *_less_one(exponent, residual)))


def power_of(x: Node, exponent: float, residual: float = 0.0) -> Node:
    """x to a constant power; the first few are what they are by hand, so that x**2.0 has a third derivative 0 at 0.

    residual is what rounding took from the exponent.
    """
    if residual:
        return constant_power(x, params=(exponent, residual))
    if math.isinf(exponent):  # to which no rule for a number applies
        return power(x, x.lift(exponent))
    if exponent == 0.0:
        return x.lift(1.0) if not x.shape else constant_power(x, params=(0.0,))
    if exponent == 1.0:
        return x
    return square(x) if exponent == 2.0 else constant_power(x, params=(exponent,))


def _rational(S: Any, exponent: float, residual: float = 0.0) -> Any:
    return S.Rational(exponent) + S.Rational(residual)


constant_power: Elementwise = Elementwise(
    "constant_power", _constant_power, (_power_rule,),
    symbolic=lambda S, x, *exponent: x ** _rational(S, *exponent),
)  # fmt: skip


def _vanishing(a: NDArrayAny, b: NDArrayAny) -> NDArrayAny:
    product = a * b
    return np.where((a == 0) & (product != product), 0.0, product)


def _vanishing_rule(g: Node, out: Node, a: Node, b: Node) -> Node:
    from .selection import where

    return where(equal(a, a.lift(0.0)), g.lift(0.0), scale(g, a))


vanishing: Elementwise = elementwise(
    "vanishing", _vanishing, lambda g, out, a, b: scale(g, b), _vanishing_rule,
    doc="The product a * b, with the limit 0 where a is 0.", group=GROUP, public=False, symbolic="Mul",
    traced=multiplied(_vanishing, either=False),
)  # fmt: skip


def _lowered(x: NDArrayAny, y: NDArrayAny, k: int, factor: Any = 1.0) -> NDArrayAny:
    """x**(y - k) * factor, where y - k is rounded; a zero power wins."""
    lower = y - k
    seen = lower - y
    residual = (y - (lower - seen)) + (-k - seen)
    power_ = np.power(x, lower)
    product = _vanishing(_corrected(power_, x, residual), factor)
    if np.iscomplexobj(power_):
        return product
    size = np.abs(power_)
    lost = ((size < 1e-290) | np.isinf(size)) & (np.real(x) > 0)
    if not np.any(lost):
        return product
    # the power alone leaves float64, or comes close, where the product may not
    root = np.power(x, 0.5 * lower)
    apart = _corrected(root, x, residual) * factor * root
    return np.where(lost & (root != 0) & np.isfinite(root) & np.isfinite(apart), apart, product)


def _falling_polynomial(k: int) -> NDArrayAny:
    """The coefficients of y (y - 1) … (y - k + 1), the highest first."""
    return np.poly(np.arange(float(k)))


def _falling(y: NDArrayAny, k: int, times: int) -> NDArrayAny:
    """That polynomial's derivative; the polynomial itself as a product, which is 0 where a factor is."""
    if times:
        return np.asarray(np.polyval(np.polyder(_falling_polynomial(k), times), y))
    out = np.ones_like(y)
    for i in range(k):
        out = out * (y - i)
    return out


def _power_slope(x: NDArrayAny, y: NDArrayAny, k: int, n: int) -> NDArrayAny:
    """The derivative of x**y, k times for x and n times for y.

    By Leibniz's rule it is x**(y - k) times a polynomial in log(x), with derivatives of y (y - 1) … (y - k + 1) as
    coefficients: all in one piece, as its terms may be infinite with opposite signs, and with a limit of 0 where a
    factor is 0.
    """
    factor = _falling(y, k, 0)
    vanishes = (factor == 0) if n == 0 else np.zeros(np.shape(factor), dtype=bool)
    if n:
        logarithm = np.log(x)
        for j in range(1, n + 1):
            term = math.comb(n, j) * _falling(y, k, j) if j <= k else 0.0
            factor = _vanishing(factor, logarithm) + term
    out = _lowered(x, y, k, factor)
    out = np.where(vanishes, np.where(np.isnan(x), x, 0.0), out)
    far = np.isinf(y)
    if np.any(far) and not np.iscomplexobj(out):
        out = np.where(far, _power_slope_far(x, y, k, n), out)
    return out


def _power_slope_far(x: NDArrayAny, y: NDArrayAny, k: int, n: int) -> NDArrayAny:
    """Its limit for y to ±inf, where x stays: the power outruns the polynomial in y, and at x = 1 leaves it alone.

    Below 0, where whole y alone give a power, it goes to 0 or has no limit, as the sign goes to and fro.
    """
    size, side = np.abs(x), np.sign(y)
    rising = side**k * np.where(size > 1.0, 1.0, (-1.0) ** n) * np.inf
    alone = math.perm(k, n) * (1.0 if k == n else side ** (k - n) * np.inf) if k >= n else 0.0
    out = np.where((size > 1.0) == (side > 0.0), np.where(x < 0, np.nan, rising), 0.0)
    out = np.where(x == 1.0, alone, out)
    return np.where(np.isnan(x) | (x == -1.0) | ((x < 0) & (n > 0)), np.nan, out)


# what differentiating x**y gives
_power_slope_of: Elementwise = Elementwise(
    "power_slope", _power_slope,
    (
        lambda g, out, x, y, k, n: scale(g, _power_slope_of(x, y, params=(k + 1, n))),
        lambda g, out, x, y, k, n: scale(g, _power_slope_of(x, y, params=(k, n + 1))),
    ),
    symbolic=lambda S, x, y, k, n: _symbolic_power_slope(S, x, y, k, n),
)  # fmt: skip


def _symbolic_power_slope(S: Any, x: Any, y: Any, k: int, n: int) -> Any:
    z = S.Dummy("z")
    return S.diff(S.expand_func(S.ff(z, k)) * x ** (z - k), z, n).subs(z, y)


power: Elementwise = elementwise(
    "power", np.power,
    lambda g, out, x, y: scale(g, _power_slope_of(x, y, params=(1, 0))),
    lambda g, out, x, y: scale(g, _power_slope_of(x, y, params=(0, 1))),
    doc="x to the power y: NaN for a negative x and a y that is not whole.", group=GROUP, aliases=("pow", "float_power"),
    domain=((0.3, 2.0), (-2.0, 2.0)), symbolic="Pow",
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
