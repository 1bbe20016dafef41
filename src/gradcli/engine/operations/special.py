"""Special functions: SciPy's kernels, derivatives by rule.

SciPy is imported when a value is first computed. Derivatives are from DLMF: error functions 7.10,
gamma and its logarithmic derivatives 5.2 and 5.15, Bessel functions 10.6 and 10.29.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from .. import compensated
from ..functions import Whole, elementwise, function, sample
from ..node import Node
from ..operation import Elementwise
from .arithmetic import scale

GROUP = "special"
Values = NDArray[Any]


def scipy_kernel(name: str) -> Callable[..., Values]:
    """A function of scipy.special, imported when first called."""

    def kernel(*operands: Values) -> Values:
        from scipy import special

        return np.asarray(getattr(special, name)(*operands))

    return kernel


def _bell(x: Values, coefficients: tuple[float, ...], rate: float) -> Values:
    """A polynomial (the lowest coefficient first) times exp(-rate * x**2)."""
    if np.iscomplexobj(x):
        return np.polyval(coefficients[::-1], x) * np.exp(-rate * x * x)
    first, second, excess = compensated.gauss_factors(x, rate)
    factor = np.polyval(coefficients[::-1], np.clip(x, -60.0, 60.0))
    return second * (first * (factor + factor * excess))


def _bell_rule(g: Node, out: Node, x: Node, coefficients: tuple[float, ...], rate: float) -> Node:
    slope = [k * c for k, c in enumerate(coefficients)][1:] + [0.0, 0.0]
    for k, c in enumerate(coefficients):
        slope[k + 1] -= 2.0 * rate * c
    return scale(g, bell(x, params=(tuple(slope), rate)))


bell: Elementwise = Elementwise(
    "bell", _bell, (_bell_rule,),
    symbolic=lambda S, x, coefficients, rate: sum(S.Rational(c) * x**k for k, c in enumerate(coefficients)) * S.exp(-S.Rational(rate) * x**2),
)  # fmt: skip
bell.__doc__ = (
    "A polynomial times exp(-rate * x**2), in one piece: each may leave float64 where their product does not."
)


def gauss(x: Node, rate: float = 1.0) -> Node:
    """exp(-rate * x**2)."""
    return bell(x, params=((1.0,), rate))


def _erfcx(x: Values) -> Values:
    """SciPy's, and for x below -1 by the reflection 2 exp(x**2) - erfcx(-x)."""
    from scipy import special

    if np.iscomplexobj(x):
        return np.exp(x * x) * special.erfc(x)
    first, second, excess = compensated.gauss_factors(x, -1.0)
    return np.where(x < -1.0, second * (first * (2.0 + 2.0 * excess)) - special.erfcx(-x), special.erfcx(x))


def _erfc(x: Values) -> Values:
    """SciPy's, and for x above 1/2 exp(-x**2) * erfcx(x), where it loses digits."""
    from scipy import special

    if np.iscomplexobj(x):
        return np.asarray(special.erfc(x))
    first, second, excess = compensated.gauss_factors(x, 1.0)
    scaled = special.erfcx(np.abs(x))
    return np.where(x > 0.5, second * (first * (scaled + scaled * excess)), special.erfc(x))


TWO_OVER_ROOT_PI = 2.0 / math.sqrt(math.pi)
ROOT_HALF = math.sqrt(0.5)
PEAK = 1.0 / math.sqrt(2.0 * math.pi)
erf: Elementwise = elementwise(
    "erf", scipy_kernel("erf"), lambda g, out, x: scale(g, TWO_OVER_ROOT_PI * gauss(x)),
    doc="The error function.", group=GROUP, symbolic="erf",
)  # fmt: skip
erfc: Elementwise = elementwise(
    "erfc", _erfc, lambda g, out, x: -scale(g, TWO_OVER_ROOT_PI * gauss(x)),
    doc="1 - erf(x), exact in the tail.", group=GROUP, symbolic="erfc",
)  # fmt: skip


def _erfinv_slope_kernel(x: Values) -> Values:
    # exp(w**2) is erfcx(w) / erfc(w), and erfc(w) is 1 - x: no digit of w is magnified
    from scipy import special

    size = np.abs(x)
    inverse = special.erfinv(size)
    near = np.exp(np.square(inverse)) / TWO_OVER_ROOT_PI
    far = special.erfcx(inverse) / (1.0 - size) / TWO_OVER_ROOT_PI
    return np.where(size < 0.5, near, np.where(size == 1.0, np.inf, far))


_erfinv_slope: Elementwise = elementwise(
    "erfinv_slope", _erfinv_slope_kernel, lambda g, out, x: scale(scale(scale(g, 2.0 * out), erfinv(x)), out),
    doc="The derivative of erfinv.", group=GROUP, public=False, analytic=False, domain=((-0.9, 0.9),),
    symbolic=lambda S, x: S.sqrt(S.pi) / 2 * S.exp(S.erfinv(x) ** 2),
)  # fmt: skip
erfinv: Elementwise = elementwise(
    "erfinv", scipy_kernel("erfinv"), lambda g, out, x: scale(g, _erfinv_slope(x)),
    doc="The inverse of erf, on (-1, 1).", group=GROUP, domain=((-0.9, 0.9),), analytic=False, symbolic="erfinv",
)  # fmt: skip


def normal_tail(x: Values, added: float = 0.0, factor: Values | float = 1.0) -> Values:
    """factor * (ndtr(-|x|) + added * |x| * exp(-x**2 / 2)), in one piece: no digit of x is magnified, and nothing
    leaves float64."""
    from scipy import special

    first, second, excess = compensated.gauss_factors(x, 0.5)
    size = np.minimum(np.abs(x), 60.0)
    near = 0.5 * special.erfc(size * ROOT_HALF) + added * size * np.exp(-0.5 * size * size)
    far = factor * (0.5 * special.erfcx(size * ROOT_HALF) + added * size)
    return np.where(size < 1.0, near * factor, second * (first * (far + far * excess)))


def _ndtr(x: Values) -> Values:
    from scipy import special

    if np.iscomplexobj(x):
        return 0.5 * special.erfc(-x * ROOT_HALF)
    tail = normal_tail(x)
    return np.where(x < 0.0, tail, 1.0 - tail)


ndtr: Elementwise = elementwise(
    "ndtr", _ndtr, lambda g, out, x: scale(g, PEAK * gauss(x, 0.5)),
    doc="The distribution function of the standard normal: the chance that it is below x.", group=GROUP,
    symbolic=lambda S, x: S.erfc(-x / S.sqrt(2)) / 2,
)  # fmt: skip


# ---- exp(x**2) * erfc(x) and its derivatives -------------------------------------------------------


def _scaled_integral(x: Values, order: int) -> Values:
    """exp(x**2) times the order-times iterated integral of erfc (DLMF 7.18.2), without cancellation.

    Y_n(x) = (2/√π) ∫ tⁿ/n! exp(-t² - 2xt) dt over t > 0. For x below 1 the recurrence 7.18.7 upward from
    erfcx; above, the continued fraction 7.18.13 for the ratios, from the far end.
    """
    if not order:
        return np.asarray(_erfcx(x))
    with np.errstate(all="ignore"):
        return np.where(x < 1.0, _recurrence(x, order), _fraction(x, order))


def _recurrence(x: Values, order: int) -> Values:
    before, now = np.full(np.shape(x), TWO_OVER_ROOT_PI), _erfcx(x)
    for n in range(1, order + 1):
        before, now = now, (before / 2.0 - x * now) / n
    return now


def _fraction(x: Values, order: int) -> Values:
    """Y_n from Y_-1 by the ratios r_n = Y_n / Y_(n-1) = 1 / (2x + 2(n+1) r_(n+1)), started far out."""
    depth = order + 250  # at x = 1, where it converges most slowly, to the last digit
    r = np.zeros(np.shape(x))
    ratios = []
    for n in range(depth, -1, -1):
        r = 1.0 / (2.0 * x + 2.0 * (n + 1) * r)
        if n <= order:
            ratios.append(r)
    out = np.full(np.shape(x), TWO_OVER_ROOT_PI)
    for each in reversed(ratios):
        out = out * each
    return out


_scaled: Elementwise = Elementwise(
    "erfcx_integral", _scaled_integral,
    (lambda g, out, x, n: -scale(g, 2.0 * (n + 1) * _scaled(x, params=(n + 1,))),),
    analytic=False,
    symbolic=lambda S, x, n: _symbolic_scaled(S, x, n),
)  # fmt: skip


def _symbolic_scaled(S: Any, x: Any, n: int) -> Any:
    before, now = 2 / S.sqrt(S.pi), S.exp(x**2) * S.erfc(x)
    for k in range(1, n + 1):
        before, now = now, (before / 2 - x * now) / k
    return now


@function(GROUP, samples=[sample("erfcx(x)", x=(3,))])
def erfcx(x: Node) -> Node:
    """exp(x**2) * erfc(x) without overflow."""
    return _scaled(x, params=(0,))


# ---- gamma and its kin -----------------------------------------------------------------------------

digamma_domain = ((0.5, 4.0),)
gamma: Elementwise = elementwise(
    "gamma", scipy_kernel("gamma"), lambda g, out, x: scale(scale(g, out), digamma(x)),
    doc="The gamma function: (x-1)! at whole x.", group=GROUP, domain=digamma_domain, special=(1.0, 0.5), symbolic="gamma",
)  # fmt: skip


def _lgamma(x: Values) -> Values:
    from scipy import special

    if np.iscomplexobj(x):
        return np.asarray(special.loggamma(x))
    tiny = np.abs(x) < 1e-300  # where SciPy's 1 / x overflows
    return np.where(tiny, -np.log(np.abs(x)), special.gammaln(x))


lgamma: Elementwise = elementwise(
    "lgamma", _lgamma, lambda g, out, x: scale(g, digamma(x)),
    doc="log |gamma(x)|.", group=GROUP, aliases=("gammaln",), domain=digamma_domain, special=(1.0, 2.0), symbolic="loggamma",
)  # fmt: skip


def _cotangent_derivative(x: Values, n: int) -> Values:
    """The n-th derivative of π cot(πx).

    By the power series about the nearest pole, DLMF 4.19.6; halfway between poles as a polynomial in the cotangent,
    by P' = -(1 + c**2) dP/dc.
    """
    from numpy.polynomial import polynomial
    from scipy import special

    turn = x - np.round(x)  # exact, so that the distance from a pole keeps its digits
    near = np.abs(turn) < 0.25
    series = np.zeros(np.shape(x))
    for k in reversed(range(n // 2 + 1, n // 2 + 22)):
        series = series - 2.0 * special.zeta(2 * k) * math.perm(2 * k - 1, n) * turn ** (2 * k - 1 - n)
    series = series + (-1.0) ** n * math.factorial(n) / turn ** (n + 1)
    # cot(πt) is tan(π/2 - πt), and 1/2 - t is exact: halfway, the cotangent is 0
    cotangent = np.sign(turn) * np.tan(math.pi * (0.5 - np.abs(turn)))
    coefficients = np.array([0.0, 1.0])
    for _ in range(n):
        coefficients = polynomial.polymul([-1.0, 0.0, -1.0], polynomial.polyder(coefficients))
    return np.where(near, series, math.pi ** (n + 1) * polynomial.polyval(cotangent, coefficients))


def _digamma(x: Values) -> Values:
    """SciPy's, and below 0 by the reflection formula, DLMF 5.5.4."""
    from scipy import special

    if np.iscomplexobj(x):
        return np.asarray(special.digamma(x))
    low = (x < -0.6) | (x < 0) & (x > -0.4)  # between lies a zero that SciPy expands about
    reflected = special.digamma(1.0 - x) - _cotangent_derivative(x, 0)
    return np.where(low, np.where(x == np.round(x), np.nan, reflected), special.digamma(x))


digamma: Elementwise = elementwise(
    "digamma", _digamma, lambda g, out, x: scale(g, _polygamma(x, params=(1,))),
    doc="The logarithmic derivative of gamma.", group=GROUP, aliases=("psi",), domain=digamma_domain,
    special=(1.0,), symbolic="digamma",
)  # fmt: skip


def polygamma_kernel(x: Values, n: int) -> Values:
    """SciPy's, and below 0 by the reflection formula, DLMF 5.15.6."""
    from scipy import special

    low = x < 0
    out = np.asarray(special.polygamma(n, np.where(low, 1.0 - x, x)))
    if not np.any(low):
        return out
    reflected = (-1.0) ** n * out - _cotangent_derivative(x, n)
    pole = np.where(n % 2, np.inf, np.nan)
    return np.where(low, np.where(x == np.round(x), pole, reflected), out)


_polygamma: Elementwise = Elementwise(
    "polygamma", polygamma_kernel, (lambda g, out, x, n: scale(g, _polygamma(x, params=(n + 1,))),),
    analytic=False, symbolic=lambda S, x, n: S.polygamma(n, x),
)  # fmt: skip


_HIGHEST = 100
"""The order of polygamma beyond which its factorials leave float64, with room for derivatives."""


@function(GROUP, method=False, samples=[sample("polygamma(2, 1 + square(x))", x=(3,))])
def polygamma(n: Whole, x: Node) -> Node:
    """The n-th derivative of digamma, n from 0 to 100."""
    if not 0 <= n <= _HIGHEST:
        raise DataError(f"polygamma takes an order from 0 to {_HIGHEST}, not {n}", code="value")
    return _polygamma(x, params=(n,)) if n else digamma(x)


_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
_FAR = 16
"""Where the asymptotic series with as many terms as there are numbers above has all digits."""


def polygamma_drop(x: Values, y: Values, n: int) -> Values:
    """polygamma(n, x) - polygamma(n, x + y) for positive x and y, without their cancellation.

    The series DLMF 5.15.1 down to x + 16 and the asymptotic one 5.11.2 from there, term by term: a difference
    of powers is a power times -expm1(-p log1p(y / a)). Elsewhere the difference is taken as it stands.
    """
    regular = (x > 0) & (y > 0) & np.isfinite(x) & np.isfinite(y)

    def fall(p: int, at: Values) -> Values:
        return at ** float(-p) * -np.expm1(-p * np.log1p(y / at))

    far = x + _FAR
    total = 0.5 * math.factorial(n) * fall(n + 1, far)
    for k, bernoulli in reversed(list(enumerate(_BERNOULLI, 1))):
        total = total + bernoulli * math.factorial(2 * k + n - 1) / math.factorial(2 * k) * fall(2 * k + n, far)
    total = total + (math.factorial(n - 1) * fall(n, far) if n else np.log1p(y / far))
    for k in reversed(range(_FAR)):
        total = total + math.factorial(n) * fall(n + 1, x + k)
    kernel = polygamma_kernel if n else lambda x, n: _digamma(x)
    return np.where(regular, (-1.0) ** (n + 1) * total, kernel(x, n) - kernel(x + y, n))


dropped: Elementwise = Elementwise(
    "polygamma_drop", polygamma_drop,
    (
        lambda g, out, x, y, n: scale(g, dropped(x, y, params=(n + 1,))),
        lambda g, out, x, y, n: -scale(g, polygamma(n + 1, x + y)),
    ),
    analytic=False, symbolic=lambda S, x, y, n: S.polygamma(n, x) - S.polygamma(n, x + y),
)  # fmt: skip


def digamma_drop(x: Node, y: Node) -> Node:
    """digamma(x) - digamma(x + y)."""
    return dropped(x, y, params=(0,))
