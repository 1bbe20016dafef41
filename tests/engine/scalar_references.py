"""What functions of numbers are, worked out by mpmath."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from mpmath import mp

DIGITS = 60
"""Of a reference; a step of 1e-15 then leaves the second difference with 30 right digits."""
mp.dps = DIGITS

Scalar = Callable[..., Any]


def _step(condition: Callable[..., bool]) -> Scalar:
    return lambda *xs: mp.mpf(bool(condition(*xs)))


def _iterated_erfcx(x: Any, n: int) -> Any:
    """exp(x**2) times the n-times iterated integral of erfc, by DLMF 7.18.7."""
    before, now = 2 / mp.sqrt(mp.pi), mp.exp(x * x) * mp.erfc(x)
    for k in range(1, n + 1):
        before, now = now, (before / 2 - x * now) / k
    return now


def _nth(function: Scalar, x: Any, n: int) -> Any:
    return mp.diff(function, x, n) if n else function(x)


def _gated(x: Any, n: int, kind: str) -> Any:
    """The n-th derivative of x times the logistic function, of x or of gelu's cubic."""
    if kind == "silu":
        return _nth(lambda v: v / (1 + mp.exp(-v)), x, n)
    return _nth(lambda v: v / (1 + mp.exp(-mp.sqrt(8 / mp.pi) * (v + mp.mpf(0.044715) * v**3))), x, n)


SCALAR: dict[str, Scalar] = {
    # arithmetic
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "negative": lambda x: -x,
    "positive": lambda x: x,
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "abs": abs,
    "sign": mp.sign,
    "floor": mp.floor,
    "ceil": mp.ceil,
    "trunc": lambda x: mp.sign(x) * mp.floor(abs(x)),
    "rint": mp.nint,
    "fmod": lambda x, y: x - y * mp.sign(x / y) * mp.floor(abs(x / y)),
    "frac": lambda x: x - mp.sign(x) * mp.floor(abs(x)),
    "copysign": lambda x, y: abs(x) * (1 if y >= 0 else -1),
    "heaviside": lambda x, values: values if x == 0 else mp.mpf(x > 0),
    "floor_divide": lambda x, y: mp.floor(x / y),
    "remainder": lambda x, y: x - y * mp.floor(x / y),
    "where_defined": lambda x, value: x,
    "power": lambda x, y: x**y,
    "power_slope": lambda x, y, k, n: _nth(lambda v: mp.ff(v, k) * x ** (v - k), y, n),
    "over_power": lambda x, y, n, *how: x / y**n,
    "scale": lambda g, p: g * p,
    "scale_either": lambda a, b: a * b,
    "vanishing": lambda a, b: a * b,
    "computed": lambda x: x,
    "ratio": lambda g, p: g / p,
    "constant_power": lambda x, exponent, residual=0.0: x ** (mp.mpf(exponent) + residual),
    # comparisons
    "equal": _step(lambda x, y: x == y),
    "not_equal": _step(lambda x, y: x != y),
    "less": _step(lambda x, y: x < y),
    "less_equal": _step(lambda x, y: x <= y),
    "greater": _step(lambda x, y: x > y),
    "greater_equal": _step(lambda x, y: x >= y),
    "logical_and": _step(lambda x, y: x != 0 and y != 0),
    "logical_or": _step(lambda x, y: x != 0 or y != 0),
    "logical_xor": _step(lambda x, y: (x != 0) != (y != 0)),
    "logical_not": _step(lambda x: x == 0),
    "isnan": _step(mp.isnan),
    "isinf": _step(mp.isinf),
    "isfinite": _step(mp.isfinite),
    # selection
    "where": lambda c, x, y: x if c != 0 else y,
    "maximum": max,
    "minimum": min,
    "clip": lambda x, low, high: min(max(x, low), high),
    "relu": lambda x: max(x, mp.mpf(0)),
    "portion": lambda g, share: g * share,
    "above": _step(lambda x, y: x > y),
    "lead": lambda x, y: (mp.sign(x - y) + 1) / 2,
    "inside": _step(lambda x, low, high: low < x < high),
    "finite": lambda x: x,
    "detach": lambda x: x,
    "within": lambda x, low, high: x,
    # exponentials, logarithms, roots
    "exp": mp.exp,
    "exp2": lambda x: mp.mpf(2) ** x,
    "expm1": mp.expm1,
    "log": mp.log,
    "log2": lambda x: mp.log(x, 2),
    "log10": mp.log10,
    "log1p": lambda x: mp.log(1 + x),
    "complement": lambda x: 1 - x * x,
    "sqrt": mp.sqrt,
    "rsqrt": lambda x: 1 / mp.sqrt(x),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "cbrt_slope": lambda x: 1 / (3 * mp.cbrt(x * x)),
    "hypot": mp.hypot,
    "polar": lambda x, y, a, b, m: x**a * y**b / mp.hypot(x, y) ** (a + b + m),
    "inverse_part": lambda x, y, n, part: getattr(mp.mpc(x, y) ** -n, {"real": "real", "imaginary": "imag"}[part]),
    # trigonometric, hyperbolic
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "sec": mp.sec,
    "csc": mp.csc,
    "csc_square": lambda x: mp.csc(x) ** 2,
    "cot": mp.cot,
    "degrees": mp.degrees,
    "radians": mp.radians,
    "witch": lambda x: 1 / (1 + x * x),
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "atan2": mp.atan2,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "sech": mp.sech,
    "tanh_slope": lambda x: mp.sech(x) ** 2,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    # smooth steps
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "sigmoid_slope": lambda x: 1 / (2 + mp.exp(x) + mp.exp(-x)),
    "softplus_of": lambda x: mp.log(1 + mp.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "softsign_slope": lambda x: 1 / (1 + abs(x)) ** 2,
    "softsign_nth": lambda x, n: (-mp.sign(x)) ** (n + 1) * mp.factorial(n) / (1 + abs(x)) ** (n + 1),
    "tanhshrink": lambda x: x - mp.tanh(x),
    "share": lambda x, y, rate: 1 / (1 + mp.exp((mp.ln2 if rate == math.log(2.0) else rate) * (y - x))),
    "gate": lambda x, n, kind: _gated(x, n, kind),
    "gelu_of": lambda x: x * mp.ncdf(x),
    "gelu_slope": lambda x: mp.ncdf(x) + x * mp.npdf(x),
    "mish": lambda x, n: _nth(lambda v: v * mp.tanh(mp.log(1 + mp.exp(v))), x, n),
    "entr": lambda x: -x * mp.log(x),
    "entropy_slope": lambda x: -1 - mp.log(x),
    "on_the_way": lambda a, b, part: a + mp.mpf(part) * (b - a),
    "bend": lambda x, y, left: x if x > 0 else y,
    "logaddexp2": lambda x, y: mp.log(mp.mpf(2) ** x + mp.mpf(2) ** y, 2),
    "logit_slope": lambda x: 1 / (x * (1 - x)),
    "logit": lambda x: mp.log(x / (1 - x)),
    "logaddexp": lambda x, y: mp.log(mp.exp(x) + mp.exp(y)),
    "xlogy": lambda x, y: x * mp.log(y),
    "xlog1py": lambda x, y: x * mp.log(1 + y),
    # special
    "bell": lambda x, coefficients, rate: mp.polyval(coefficients[::-1], x) * mp.exp(-rate * x * x),
    "ndtr": mp.ncdf,
    "erfinv_slope": lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(mp.erfinv(x) ** 2),
    "polygamma_drop": lambda x, y, n: mp.psi(n, x) - mp.psi(n, x + y),
    "erf": mp.erf,
    "erfc": mp.erfc,
    "erfinv": mp.erfinv,
    "erfcx_integral": _iterated_erfcx,
    "gamma": mp.gamma,
    "lgamma": lambda x: mp.log(abs(mp.gamma(x))),
    "digamma": mp.digamma,
    "polygamma": lambda x, n: mp.psi(n, x),
    "beta": mp.beta,
    "beta_turned": lambda x, y: mp.gamma(x) * mp.gamma(y) * mp.gamma(1 - x - y) * mp.cos(mp.pi * (x + y)),
    "beta_slope": lambda x, y: mp.beta(x, y) * (mp.psi(0, x) - mp.psi(0, x + y)),
    "beta_mixed": lambda x, y: mp.beta(x, y) * ((mp.psi(0, x) - mp.psi(0, x + y)) * (mp.psi(0, y) - mp.psi(0, x + y)) - mp.psi(1, x + y)),
    "betaln": lambda x, y: mp.log(abs(mp.beta(x, y))),
    "i0": lambda x: mp.besseli(0, x),
    "i1": lambda x: mp.besseli(1, x),
    "j0": lambda x: mp.besselj(0, x),
    "j1": lambda x: mp.besselj(1, x),
    "bessel_scaled": lambda x, order, n: _nth(lambda v: mp.exp(-abs(v)) * mp.besseli(order, v), x, n),
    "iv": mp.besseli,
    "jv": mp.besselj,
    "i0e": lambda x: mp.exp(-abs(x)) * mp.besseli(0, x),
    "i1e": lambda x: mp.exp(-abs(x)) * mp.besseli(1, x),
    "bessel_i": lambda x, n: mp.besseli(n, x),
    "bessel_j": lambda x, n: mp.besselj(n, x),
    "sinc": lambda x, n: mp.taylor(mp.sinc, mp.pi * x, n)[n] * mp.factorial(n),
}  # fmt: skip


def each(function: Scalar) -> Callable[..., Any]:
    """function on every element of arrays."""
    return np.vectorize(function, otypes=[object])
