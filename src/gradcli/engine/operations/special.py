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

from ..functions import Whole, elementwise, function, sample
from ..node import Node
from ..operation import Elementwise
from .arithmetic import ratio, scale

GROUP = "special"
Values = NDArray[Any]


def _scipy(name: str) -> Callable[..., Values]:
    """A function of scipy.special, imported when first called."""

    def kernel(*operands: Values) -> Values:
        from scipy import special

        return np.asarray(getattr(special, name)(*operands))

    return kernel


def _gauss(x: Values) -> Values:
    """exp(-x**2) to the last digits: x is split so that the square of its head is exact."""
    if np.iscomplexobj(x):
        return np.exp(-x * x)
    magnitude = np.minimum(np.abs(x), 30.0)  # the result is 0 from 27.3 on
    head = np.round(magnitude * 1024.0) / 1024.0  # 15 bits: head**2 is exact
    tail = magnitude - head
    out = np.exp(-head * head) * np.exp(-tail * (magnitude + head))
    return np.where(np.isnan(x), np.nan, out)


gauss: Elementwise = elementwise(
    "gauss", _gauss, lambda g, out, x: -scale(scale(g, 2.0 * x), out),
    doc="exp(-x**2).", group=GROUP, public=False, symbolic=lambda S, x: S.exp(-(x**2)),
)  # fmt: skip
TWO_OVER_ROOT_PI = 2.0 / math.sqrt(math.pi)
erf: Elementwise = elementwise(
    "erf", _scipy("erf"), lambda g, out, x: scale(g, TWO_OVER_ROOT_PI * gauss(x)),
    doc="The error function.", group=GROUP, symbolic="erf",
)  # fmt: skip
erfc: Elementwise = elementwise(
    "erfc", _scipy("erfc"), lambda g, out, x: -scale(g, TWO_OVER_ROOT_PI * gauss(x)),
    doc="1 - erf(x), exact in the tail.", group=GROUP, symbolic="erfc",
)  # fmt: skip
erfinv: Elementwise = elementwise(
    "erfinv", _scipy("erfinv"), lambda g, out, x: ratio(g, TWO_OVER_ROOT_PI * gauss(out)),
    doc="The inverse of erf, on (-1, 1).", group=GROUP, domain=((-0.9, 0.9),), analytic=False, symbolic="erfinv",
)  # fmt: skip


# ---- exp(x**2) * erfc(x) and its derivatives -------------------------------------------------------


def _scaled_integral(x: Values, order: int) -> Values:
    """exp(x**2) times the order-times iterated integral of erfc (DLMF 7.18.2), without cancellation.

    Y_n(x) = (2/√π) ∫ tⁿ/n! exp(-t² - 2xt) dt over t > 0. For x below 1 the recurrence 7.18.7 upward from
    erfcx; above, the continued fraction 7.18.13 for the ratios, from the far end.
    """
    from scipy import special

    if order == 0:
        return np.asarray(special.erfcx(x))
    with np.errstate(all="ignore"):
        low = _recurrence(np.minimum(x, 1.0), order)
        return np.where(x < 1.0, low, _fraction(np.maximum(x, 1.0), order))


def _recurrence(x: Values, order: int) -> Values:
    from scipy import special

    before, now = np.full(np.shape(x), TWO_OVER_ROOT_PI), np.asarray(special.erfcx(x))
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
    "gamma", _scipy("gamma"), lambda g, out, x: scale(scale(g, out), digamma(x)),
    doc="The gamma function: (x-1)! at whole x.", group=GROUP, domain=digamma_domain, special=(1.0, 0.5), symbolic="gamma",
)  # fmt: skip


def _lgamma(x: Values) -> Values:
    from scipy import special

    return np.asarray(special.loggamma(x) if np.iscomplexobj(x) else special.gammaln(x))


lgamma: Elementwise = elementwise(
    "lgamma", _lgamma, lambda g, out, x: scale(g, digamma(x)),
    doc="log |gamma(x)|.", group=GROUP, aliases=("gammaln",), domain=digamma_domain, special=(1.0, 2.0), symbolic="loggamma",
)  # fmt: skip
digamma: Elementwise = elementwise(
    "digamma", _scipy("digamma"), lambda g, out, x: scale(g, _polygamma(x, params=(1,))),
    doc="The logarithmic derivative of gamma.", group=GROUP, aliases=("psi",), domain=digamma_domain,
    special=(1.0,), symbolic="digamma",
)  # fmt: skip


def _polygamma_kernel(x: Values, n: int) -> Values:
    from scipy import special

    return np.asarray(special.polygamma(n, x))


_polygamma: Elementwise = Elementwise(
    "polygamma", _polygamma_kernel, (lambda g, out, x, n: scale(g, _polygamma(x, params=(n + 1,))),),
    analytic=False, symbolic=lambda S, x, n: S.polygamma(n, x),
)  # fmt: skip


@function(GROUP, method=False, samples=[sample("polygamma(2, 1 + square(x))", x=(3,))])
def polygamma(n: Whole, x: Node) -> Node:
    """The n-th derivative of digamma."""
    return digamma(x) if n == 0 else _polygamma(x, params=(n,))


beta: Elementwise = elementwise(
    "beta", _scipy("beta"),
    lambda g, out, x, y: scale(scale(g, out), digamma(x) - digamma(x + y)),
    lambda g, out, x, y: scale(scale(g, out), digamma(y) - digamma(x + y)),
    doc="gamma(x) gamma(y) / gamma(x + y).", group=GROUP, domain=((0.5, 3.0), (0.5, 3.0)), special=(1.0,), analytic=False,
    symbolic=lambda S, x, y: S.gamma(x) * S.gamma(y) / S.gamma(x + y), commutative=True,
)  # fmt: skip
betaln: Elementwise = elementwise(
    "betaln", _scipy("betaln"),
    lambda g, out, x, y: scale(g, digamma(x) - digamma(x + y)),
    lambda g, out, x, y: scale(g, digamma(y) - digamma(x + y)),
    doc="log |beta(x, y)|.", group=GROUP, domain=((0.5, 3.0), (0.5, 3.0)), special=(1.0,), analytic=False,
    symbolic=lambda S, x, y: S.loggamma(x) + S.loggamma(y) - S.loggamma(x + y), commutative=True,
)  # fmt: skip

# ---- Bessel functions ------------------------------------------------------------------------------

# SciPy's complex J loses the imaginary part where it is tiny, so there is no complex step through it.


def _bessel(name: str, order: int) -> Callable[[Values], Values]:
    """SciPy's real kernel of order 0 or 1, and its general one for complex arguments."""

    def kernel(x: Values) -> Values:
        from scipy import special

        if np.iscomplexobj(x):
            return np.asarray(getattr(special, f"{name}v")(order, x))
        return np.asarray(getattr(special, f"{name}{order}")(x))

    return kernel


i0: Elementwise = elementwise(
    "i0", _bessel("i", 0), lambda g, out, x: scale(g, i1(x)),
    doc="The modified Bessel function of the first kind, order 0.", group=GROUP, symbolic=lambda S, x: S.besseli(0, x),
)  # fmt: skip
i1: Elementwise = elementwise(
    "i1", _bessel("i", 1), lambda g, out, x: scale(g, 0.5 * (i0(x) + _bessel_i(x, params=(2,)))),
    doc="The modified Bessel function of the first kind, order 1.", group=GROUP, symbolic=lambda S, x: S.besseli(1, x),
)  # fmt: skip
j0: Elementwise = elementwise(
    "j0", _bessel("j", 0), lambda g, out, x: -scale(g, j1(x)),
    doc="The Bessel function of the first kind, order 0.", group=GROUP, analytic=False, symbolic=lambda S, x: S.besselj(0, x),
)  # fmt: skip
j1: Elementwise = elementwise(
    "j1", _bessel("j", 1), lambda g, out, x: scale(g, 0.5 * (j0(x) - _bessel_j(x, params=(2,)))),
    doc="The Bessel function of the first kind, order 1.", group=GROUP, analytic=False, symbolic=lambda S, x: S.besselj(1, x),
)  # fmt: skip


def _general_bessel(name: str) -> Callable[[Values, int], Values]:
    def kernel(x: Values, order: int) -> Values:
        from scipy import special

        return np.asarray(getattr(special, name)(order, x))

    return kernel


_bessel_i: Elementwise = Elementwise(
    "bessel_i", _general_bessel("iv"),
    (lambda g, out, x, n: scale(g, 0.5 * (_order_i(x, n - 1) + _order_i(x, n + 1))),),
    symbolic=lambda S, x, n: S.besseli(n, x),
)  # fmt: skip
_bessel_j: Elementwise = Elementwise(
    "bessel_j", _general_bessel("jv"),
    (lambda g, out, x, n: scale(g, 0.5 * (_order_j(x, n - 1) - _order_j(x, n + 1))),),
    analytic=False, symbolic=lambda S, x, n: S.besselj(n, x),
)  # fmt: skip


def _order_i(x: Node, n: int) -> Node:
    return i1(x) if n == 1 else _bessel_i(x, params=(n,))


def _order_j(x: Node, n: int) -> Node:
    return j1(x) if n == 1 else _bessel_j(x, params=(n,))


# ---- sin(πx) / (πx) --------------------------------------------------------------------------------


def _sinc(x: Values, order: int) -> Values:
    """The order-th derivative of sin(z)/z at z = πx.

    By the power series below |z| = order + 2, where the recurrence z s_n = sin^(n)(z) - n s_(n-1), from
    Leibniz's rule for z s = sin(z), would cancel; by that recurrence above.
    """
    z = math.pi * x
    real = np.abs(np.real(z)) < order + 2.0
    with np.errstate(all="ignore"):
        return np.where(real, _sinc_series(np.where(real, z, 0.0), order), _sinc_recurrence(z, order))


def _sinc_series(z: Values, order: int) -> Values:
    total = np.zeros_like(z)
    first = (order + 1) // 2
    for k in reversed(range(first, first + 16 + 2 * order)):
        power = 2 * k - order
        total = total + (-1.0) ** k * z**power / ((2 * k + 1) * math.factorial(power))
    return total


def _sinc_recurrence(z: Values, order: int) -> Values:
    turns = (np.sin(z), np.cos(z), -np.sin(z), -np.cos(z))
    out = turns[0] / z
    for n in range(1, order + 1):
        out = (turns[n % 4] - n * out) / z
    return out


_sinc_derivative: Elementwise = Elementwise(
    "sinc", _sinc, (lambda g, out, x, n: scale(g, math.pi * _sinc_derivative(x, params=(n + 1,))),),
    symbolic=lambda S, x, n: S.diff(S.sinc(z := S.Dummy("z", real=True)), z, n).subs(z, S.pi * x),
)  # fmt: skip


@function("trigonometric", samples=[sample("sinc(x)", x=(3,))])
def sinc(x: Node) -> Node:
    """sin(πx) / (πx), and 1 at 0."""
    return _sinc_derivative(x, params=(0,))
