"""Functions of one variable by the textbook: value, first and second derivative, in as many digits as it takes.

A derivative that is infinite is None. Where a function has no finite value, Undefined is raised.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf

from . import jets
from .jets import Undefined

Three = tuple[Any, Any, Any]


def decide(value: Any) -> Any:
    """value, on which a branch hangs."""
    return jets.run.decide(value)


def kink() -> None:
    """A kink is met."""
    jets.run.kinks.add(jets.run.op)


def _exp(x: mpf) -> mpf:
    if x > 100_000:
        raise Undefined("overflow")
    return mp.exp(max(x, mpf(-100_000)))


def _need(holds: Any, cause: str = "outside the domain") -> None:
    if not decide(bool(holds)):
        raise Undefined(cause)


def _log(x: mpf, base: mpf | int = 1) -> Three:
    _need(x > 0)
    return mp.log(x) / base, 1 / (base * x), -1 / (base * x**2)


def _sqrt(x: mpf) -> Three:
    _need(x >= 0)
    if decide(x == 0):
        return mp.zero, None, None
    root = mp.sqrt(x)
    return root, 1 / (2 * root), -1 / (4 * root * x)


def _rsqrt(x: mpf) -> Three:
    _need(x > 0)
    root = mp.sqrt(x)
    return 1 / root, -1 / (2 * x * root), 3 / (4 * x**2 * root)


def _cbrt(x: mpf) -> Three:
    if decide(x == 0):
        return mp.zero, None, None
    root = mp.sign(x) * mp.cbrt(abs(x))
    return root, 1 / (3 * root**2), -2 / (9 * root**2 * x)


def _tan(x: mpf) -> Three:
    c = mp.cos(x)
    return mp.tan(x), 1 / c**2, 2 * mp.tan(x) / c**2


def _asin(x: mpf, sign: int = 1) -> Three:
    _need(abs(x) <= 1)
    value = mp.asin(x) if sign > 0 else mp.acos(x)
    if decide(abs(x) == 1):
        return value, None, None
    w = (1 - x) * (1 + x)
    return value, sign / mp.sqrt(w), sign * x / (w * mp.sqrt(w))


def _tanh(x: mpf) -> Three:
    e = mp.exp(-2 * min(abs(x), mpf(100_000)))
    value = mp.sign(x) * (1 - e) / (1 + e)
    if abs(x) < 1:
        value = mp.tanh(x)
    slope = 4 * e / (1 + e) ** 2
    return value, slope, -2 * value * slope


def _sinh(x: mpf, odd: bool = True) -> Three:
    up, down = _exp(abs(x)), mp.exp(-min(abs(x), mpf(100_000)))
    s = mp.sinh(x) if abs(x) < 1 else mp.sign(x) * (up - down) / 2
    c = (up + down) / 2
    return (s, c, s) if odd else (c, s, c)


def _asinh(x: mpf) -> Three:
    w = 1 + x * x
    return mp.asinh(x), 1 / mp.sqrt(w), -x / (w * mp.sqrt(w))


def _acosh(x: mpf) -> Three:
    _need(x >= 1)
    if decide(x == 1):
        return mp.zero, None, None
    w = (x - 1) * (x + 1)
    return mp.acosh(x), 1 / mp.sqrt(w), -x / (w * mp.sqrt(w))


def _atanh(x: mpf) -> Three:
    _need(abs(x) < 1)
    w = (1 - x) * (1 + x)
    return mp.atanh(x), 1 / w, 2 * x / w**2


def logistic(x: mpf) -> Three:
    e = mp.exp(-min(abs(x), mpf(100_000)))
    value = (1 if x >= 0 else e) / (1 + e)
    slope = e / (1 + e) ** 2
    return value, slope, -slope * _tanh(x / 2)[0]


def softplus(x: mpf) -> Three:
    value, slope, _ = logistic(x)
    return max(x, mp.zero) + mp.log1p(mp.exp(-min(abs(x), mpf(100_000)))), value, slope


def _erf(x: mpf, sign: int = 1) -> Three:
    x = min(max(x, mpf(-1000)), mpf(1000))
    value = mp.erf(x) if sign > 0 else mp.erfc(x)
    slope = sign * 2 / mp.sqrt(mp.pi) * mp.exp(-x * x)
    return value, slope, -2 * x * slope


def _erfinv(x: mpf) -> Three:
    _need(abs(x) < 1)
    y = mp.erfinv(x)
    slope = mp.sqrt(mp.pi) / 2 * mp.exp(y * y)
    return y, slope, 2 * y * slope**2


def _sinc(x: mpf) -> Three:
    z = mp.pi * x
    if abs(x) < mpf(10) ** -8:
        return (
            1 - z**2 / 6,
            mp.pi * (-z / 3 + z**3 / 30 - z**5 / 840),
            mp.pi**2 * (-mpf(1) / 3 + z**2 / 10 - z**4 / 168),
        )
    value = mp.sinpi(x) / z
    slope = (mp.cospi(x) - value) / x
    return value, slope, -(mp.pi**2) * value - 2 * slope / x


def _not_a_pole(x: mpf) -> None:
    _need(x > 0 or x != mp.floor(x), "a pole")
    _need(-200 < x < mpf(10) ** 20, "too large for the reference")


def _lgamma(x: mpf) -> Three:
    _not_a_pole(x)
    return mp.re(mp.loggamma(x)), mp.digamma(x), mp.psi(1, x)


def _digamma(x: mpf) -> Three:
    _not_a_pole(x)
    return mp.digamma(x), mp.psi(1, x), mp.psi(2, x)


def _gamma(x: mpf) -> Three:
    _not_a_pole(x)
    _need(x < 180, "overflow")
    value, slope = mp.gamma(x), mp.digamma(x)
    return value, value * slope, value * (slope**2 + mp.psi(1, x))


def _abs(x: mpf) -> Three:
    if decide(x == 0):
        kink()
        return mp.zero, 0, 0
    return abs(x), int(mp.sign(x)), 0


def _step(f: Callable[[mpf], Any]) -> Callable[[mpf], Three]:
    def stepped(x: mpf) -> Three:
        value = decide(mpf(f(x)))
        if _jumps(f, x):
            kink()
        return value, 0, 0

    return stepped


def _jumps(f: Callable[[mpf], Any], x: mpf) -> bool:
    step = mpf(10) ** -25 * max(1, abs(x))
    return f(x - step) != f(x + step)


def _relu(x: mpf) -> Three:
    if decide(x == 0):
        kink()
    return (x, 1, 0) if decide(x > 0) else (mp.zero, 0, 0)


def _entr(x: mpf) -> Three:
    _need(x >= 0)
    if decide(x == 0):
        return mp.zero, None, None
    return -x * mp.log(x), -mp.log(x) - 1, -1 / x


def _elu(x: mpf) -> Three:
    if decide(x > 0):
        return x, 1, 0
    e = mp.exp(max(x, mpf(-100_000)))
    return mp.expm1(max(x, mpf(-100_000))), e, e


def _selu(x: mpf) -> Three:
    scale, alpha = mpf(1.0507009873554805), mpf(1.6732632423543772)
    if decide(x == 0):
        kink()
        return mp.zero, scale, 0
    value, first, second = _elu(x)
    if x > 0:
        return scale * value, scale, 0
    return scale * alpha * value, scale * alpha * first, scale * alpha * second


def _leaky(x: mpf) -> Three:
    slope = mpf(0.01)
    if decide(x == 0):
        kink()
    return (x, 1, 0) if decide(x > 0) else (slope * x, slope, 0)


def _expm1(x: mpf) -> Three:
    e = _exp(x)
    return mp.expm1(max(x, mpf(-100_000))), e, e


def _exp2(x: mpf) -> Three:
    _need(x < 100_000, "overflow")
    e = mpf(2) ** max(x, mpf(-100_000))
    return e, mp.ln2 * e, mp.ln2**2 * e


def _log1p(x: mpf) -> Three:
    _need(x > -1)
    return mp.log1p(x), 1 / (1 + x), -1 / (1 + x) ** 2


def _reciprocal(x: mpf) -> Three:
    _need(x != 0, "division by 0")
    return 1 / x, -1 / x**2, 2 / x**3


def _logit(x: mpf) -> Three:
    _need(0 < x < 1)
    w = x * (1 - x)
    return mp.log(x) - mp.log1p(-x), 1 / w, (2 * x - 1) / w**2


def _atan(x: mpf) -> Three:
    w = 1 + x * x
    return mp.atan(x), 1 / w, -2 * x / w**2


ONE: dict[str, Callable[[mpf], Three]] = {
    "exp": lambda x: (_exp(x),) * 3,
    "exp2": _exp2, "expm1": _expm1, "log": _log, "log1p": _log1p,
    "log2": lambda x: _log(x, mp.log(2)), "log10": lambda x: _log(x, mp.log(10)),
    "sqrt": _sqrt, "rsqrt": _rsqrt, "cbrt": _cbrt,
    "sin": lambda x: (mp.sin(x), mp.cos(x), -mp.sin(x)), "cos": lambda x: (mp.cos(x), -mp.sin(x), -mp.cos(x)),
    "tan": _tan, "asin": _asin, "acos": lambda x: _asin(x, -1), "atan": _atan,
    "sinh": _sinh, "cosh": lambda x: _sinh(x, False), "tanh": _tanh, "asinh": _asinh, "acosh": _acosh, "atanh": _atanh,
    "square": lambda x: (x * x, 2 * x, 2), "reciprocal": _reciprocal, "negative": lambda x: (-x, -1, 0), "abs": _abs,
    "sign": _step(mp.sign), "floor": _step(mp.floor), "round": _step(mp.nint),
    "sigmoid": logistic, "softplus": softplus, "relu": _relu, "erf": _erf, "erfc": lambda x: _erf(x, -1), "erfinv": _erfinv,
    "sinc": _sinc, "lgamma": _lgamma, "digamma": _digamma, "gamma": _gamma, "entr": _entr, "logit": _logit,
    "elu": _elu, "selu": _selu, "leaky_relu": _leaky,
}  # fmt: skip
