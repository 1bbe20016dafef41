"""What each step means, on arrays of jets: partial derivatives by the textbook, in as many digits as it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise, permutations
from typing import Any

import numpy as np
from mpmath import mp, mpf

from .jets import NOTHING, UNDEFINED, Jet, Undefined, local, nothing, number
from .one_variable import ONE, decide, kink, logistic, softplus
from .trees import Step

Scalar = Callable[..., Jet]


def one(name: str) -> Scalar:
    """A function of one variable, on a jet."""
    f = ONE[name]

    def applied(x: Jet) -> Jet:
        if x.state == UNDEFINED:
            return NOTHING
        try:
            value, first, second = f(x.v)
        except Undefined as why:
            return nothing(why.cause)
        return local((x,), value, (first,), ((0, 0, second),))

    return applied


# ---- of two variables --------------------------------------------------------------------------------


def _power(x: Jet, y: Jet) -> Jet:
    if x.state == UNDEFINED or y.state == UNDEFINED:
        return NOTHING
    if decide(not x.v):
        return _power_of_zero(x, y)
    a, b = x.v, y.v
    whole = decide(b == mp.floor(b))
    if decide(a < 0) and not whole:
        return nothing("outside the domain")
    if b * mp.log(abs(a)) > 100_000:
        return nothing("overflow")

    def raised(b: mpf) -> mpf:
        if b * mp.log(abs(a)) < -100_000:
            return mpf(10) ** -40_000
        if not whole:
            return mp.exp(b * mp.log(a))
        return mp.exp(b * mp.log(abs(a))) * (-1 if a < 0 and int(b) % 2 else 1) if abs(b) > 64 else a ** int(b)

    value = raised(b)
    fx, fxx = b * value / a, b * (b - 1) * value / a**2
    if a < 0:
        return local((x, y), value, (fx, None), ((0, 0, fxx), (0, 1, None), (1, 0, None), (1, 1, None)))
    log = mp.log(a)
    fxy = value / a * (1 + b * log)
    return local((x, y), value, (fx, value * log), ((0, 0, fxx), (0, 1, fxy), (1, 0, fxy), (1, 1, value * log**2)))


def _power_of_zero(x: Jet, y: Jet) -> Jet:
    b = y.v
    if decide(b < 0):
        return nothing("division by 0")

    def term(order: int, factor: mpf) -> Any:  # factor · 0**(b - order)
        if not factor:
            return 0
        return 0 if b > order else factor if b == order else None

    first = term(1, b)
    second = term(2, b * (b - 1))
    along_y = 0 if b > 0 else None
    mixed = 0 if b > 1 else None
    return local(
        (x, y), mpf(1) if b == 0 else mp.zero, (first, along_y),
        ((0, 0, second), (0, 1, mixed), (1, 0, mixed), (1, 1, along_y)),
    )  # fmt: skip


def _extreme(sign: int) -> Scalar:
    def extreme(x: Jet, y: Jet) -> Jet:
        if x.state == UNDEFINED or y.state == UNDEFINED:
            return NOTHING
        if decide(x.v == y.v):
            kink()
            half = mpf(0.5)
            return local((x, y), x.v, (half, half), ())
        first = decide(sign * x.v > sign * y.v)
        return x if first else y

    return extreme


def _hypot(x: Jet, y: Jet) -> Jet:
    if x.state == UNDEFINED or y.state == UNDEFINED:
        return NOTHING
    a, b = x.v, y.v
    r = mp.sqrt(a * a + b * b)
    if decide(not r):
        kink()
        return local((x, y), r, (0, 0), ((0, 0, None), (0, 1, None), (1, 0, None), (1, 1, None)))
    c = -a * b / r**3
    return local((x, y), r, (a / r, b / r), ((0, 0, b * b / r**3), (0, 1, c), (1, 0, c), (1, 1, a * a / r**3)))


def _atan2(y: Jet, x: Jet) -> Jet:
    if x.state == UNDEFINED or y.state == UNDEFINED:
        return NOTHING
    a, b = y.v, x.v
    w = a * a + b * b
    if decide(not w):
        return nothing("no angle at 0")
    if decide(a == 0 and b < 0):
        return nothing("on the cut, where the sign of 0 decides")
    c = (a * a - b * b) / w**2
    m = -2 * a * b / w**2
    return local((y, x), mp.atan2(a, b), (b / w, -a / w), ((0, 0, m), (0, 1, c), (1, 0, c), (1, 1, -m)))


def _logaddexp(x: Jet, y: Jet) -> Jet:
    if x.state == UNDEFINED or y.state == UNDEFINED:
        return NOTHING
    value, share, slope = softplus(x.v - y.v)
    other = logistic(y.v - x.v)[0]
    return local((x, y), y.v + value, (share, other), ((0, 0, slope), (0, 1, -slope), (1, 0, -slope), (1, 1, slope)))


def _xlogy(x: Jet, y: Jet) -> Jet:
    if x.state == UNDEFINED or y.state == UNDEFINED:
        return NOTHING
    a, b = x.v, y.v
    if decide(b > 0):
        return local((x, y), a * mp.log(b), (mp.log(b), a / b), ((0, 1, 1 / b), (1, 0, 1 / b), (1, 1, -a / b**2)))
    if decide(a == 0):
        return local((x, y), mp.zero, (None, None), ())
    return nothing("outside the domain")


def _remainder(x: Jet, y: Jet) -> Jet:
    if x.state == UNDEFINED or y.state == UNDEFINED:
        return NOTHING
    if decide(not y.v):
        return nothing("division by 0")
    whole = decide(mp.floor(x.v / y.v))
    rest = x.v - whole * y.v
    if decide(not rest):
        kink()
    return local((x, y), rest, (1, -whole), ())


TWO: dict[str, Scalar] = {
    "add": lambda x, y: x + y, "subtract": lambda x, y: x - y, "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y, "power": _power, "maximum": _extreme(1), "minimum": _extreme(-1),
    "hypot": _hypot, "atan2": _atan2, "logaddexp": _logaddexp, "xlogy": _xlogy, "remainder": _remainder,
    "add_number": lambda x, p: x + number(p), "multiply_number": lambda x, p: x * number(p),
    "divide_number": lambda x, p: x / number(p), "number_divide": lambda x, p: number(p) / x,
    "power_number": lambda x, p: _power(x, number(p)), "number_power": lambda x, p: _power(number(p), x),
    "maximum_number": lambda x, p: _extreme(1)(x, number(p)),
    "silu": lambda x: x * one("sigmoid")(x),
    "log_sigmoid": lambda x: -one("softplus")(-x),
    "mish": lambda x: x * one("tanh")(one("softplus")(x)),
    "gelu": lambda x: x * number(0.5) * one("erfc")(-x * Jet(1 / mp.sqrt(2))),
}  # fmt: skip


def _clip(x: Jet, low: float, high: float) -> Jet:
    if x.state == UNDEFINED:
        return NOTHING
    if decide(x.v == low or x.v == high):
        kink()
        return local((x,), x.v, (0,), ())
    side = decide(-1 if x.v < low else 1 if x.v > high else 0)
    return x if not side else number(low if side < 0 else high)


def _chosen(condition: Any, x: Jet, y: Jet, *compared: Jet) -> Jet:
    if any(jet.state == UNDEFINED for jet in compared):
        return NOTHING
    return x if decide(bool(condition)) else y


# ---- of arrays ---------------------------------------------------------------------------------------

Many = Callable[[list[Jet]], Jet]


def _sum(xs: Sequence[Jet]) -> Jet:
    out = xs[0]
    for x in xs[1:]:
        out = out + x
    return out


def _prod(xs: Sequence[Jet]) -> Jet:
    out = xs[0]
    for x in xs[1:]:
        out = out * x
    return out


def _mean(xs: Sequence[Jet]) -> Jet:
    return _sum(xs) / number(float(len(xs)))


def _most(sign: int) -> Many:
    def most(xs: list[Jet]) -> Jet:
        if any(x.state == UNDEFINED for x in xs):
            return NOTHING
        best = max(sign * x.v for x in xs)
        ties = [x for x in xs if decide(sign * x.v == best)]
        if len(ties) == 1:
            return ties[0]
        kink()
        return _sum([Jet(1 / mpf(len(ties))) * x for x in ties])

    return most


def _norm(xs: list[Jet]) -> Jet:
    if any(x.state == UNDEFINED for x in xs):
        return NOTHING
    if decide(not any(x.v for x in xs)):
        kink()
        pairs = [(a, a, None) for a in range(len(xs))]
        return local(xs, mp.zero, [0] * len(xs), pairs)
    r = mp.sqrt(sum(x.v * x.v for x in xs))
    second = [
        (a, b, ((r * r if a == b else 0) - xs[a].v * xs[b].v) / r**3) for a in range(len(xs)) for b in range(len(xs))
    ]
    return local(xs, r, [x.v / r for x in xs], second)


def _norm3(xs: list[Jet]) -> Jet:
    if any(x.state == UNDEFINED for x in xs):
        return NOTHING
    r = mp.cbrt(sum(abs(x.v) ** 3 for x in xs))
    if decide(not r):
        kink()
        return local(xs, mp.zero, [0] * len(xs), [(a, a, None) for a in range(len(xs))])
    s = [x.v * abs(x.v) / r**2 for x in xs]
    second = [
        (a, b, (2 * abs(xs[a].v) / r**2 if a == b else 0) - 2 * s[a] * s[b] / r)
        for a in range(len(xs))
        for b in range(len(xs))
    ]
    return local(xs, r, s, second)


def _std(xs: list[Jet]) -> Jet:
    middle = _mean(xs)
    return _norm([x - middle for x in xs]) * Jet(1 / mp.sqrt(len(xs)))


def _var(xs: list[Jet]) -> Jet:
    middle = _mean(xs)
    return _mean([(x - middle) * (x - middle) for x in xs])


def _logsumexp(xs: list[Jet]) -> Jet:
    if any(x.state == UNDEFINED for x in xs):
        return NOTHING
    shift = max(x.v for x in xs)
    raised = [mp.exp(max(x.v - shift, mpf(-100_000))) for x in xs]
    total = sum(raised)
    p = [e / total for e in raised]
    second = [(a, b, (p[a] if a == b else 0) - p[a] * p[b]) for a in range(len(xs)) for b in range(len(xs))]
    return local(xs, mp.log(total) + shift, p, second)


REDUCTIONS: dict[str, Many] = {
    "sum": _sum, "mean": _mean, "prod": _prod, "max": _most(1), "min": _most(-1), "norm": _norm, "norm3": _norm3,
    "logsumexp": _logsumexp, "var": _var, "std": _std,
    "norm1": lambda xs: _sum([one("abs")(x) for x in xs]), "norminf": lambda xs: _most(1)([one("abs")(x) for x in xs]),
}  # fmt: skip


def _running(f: Callable[[Jet, Jet], Jet]) -> Callable[[list[Jet]], list[Jet]]:
    def along(xs: list[Jet]) -> list[Jet]:
        out = [xs[0]]
        for x in xs[1:]:
            out.append(f(out[-1], x))
        return out

    return along


def _most_so_far(xs: list[Jet]) -> list[Jet]:
    return [_most(1)(xs[:count]) for count in range(1, len(xs) + 1)]


def _softmax(xs: list[Jet]) -> list[Jet]:
    total = _logsumexp(xs)
    return [one("exp")(x - total) for x in xs]


def _sort(xs: list[Jet]) -> list[Jet]:
    if any(x.state == UNDEFINED for x in xs):
        return [NOTHING] * len(xs)
    order = decide(sorted(range(len(xs)), key=lambda i: xs[i].v))
    out = [xs[i] for i in order]
    tied: list[list[Jet]] = []
    for i, x in enumerate(out):
        if i and decide(out[i - 1].v == x.v):
            kink()
            tied[-1].append(x)
        else:
            tied.append([x])
    return [_sum([Jet(1 / mpf(len(run))) * x for x in run]) if len(run) > 1 else run[0] for run in tied for _ in run]


ALONG: dict[str, Callable[[list[Jet]], list[Jet]]] = {
    "cumsum": _running(lambda a, b: a + b), "cumprod": _running(lambda a, b: a * b), "cummax": _most_so_far,
    "softmax": _softmax, "log_softmax": lambda xs: [x - _logsumexp(xs) for x in xs], "sort": _sort,
    "flip": lambda xs: xs[::-1], "diff": lambda xs: [b - a for a, b in pairwise(xs)],
}  # fmt: skip


def _dot(xs: Sequence[Jet], ys: Sequence[Jet]) -> Jet:
    return _sum([x * y for x, y in zip(xs, ys, strict=True)])


def _matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if b.ndim == 1:
        return array([_dot(row, b) for row in a], a.shape[:1])
    return array([_dot(row, column) for row in a for column in b.T], (len(a), b.shape[1]))


def _det(a: np.ndarray) -> Jet:
    n = len(a)
    terms = []
    for order in permutations(range(n)):
        odd = sum(order[i] > order[j] for i in range(n) for j in range(i + 1, n)) % 2
        term = _prod([a[i, j] for i, j in enumerate(order)])
        terms.append(-term if odd else term)
    return _sum(terms)


def _solve(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """By Cramer's rule."""
    whole = _det(a)
    columns = b.reshape(len(b), -1)
    out = np.empty(columns.shape, dtype=object)
    for i, k in np.ndindex(columns.shape):
        replaced = a.copy()
        replaced[:, i] = columns[:, k]
        out[i, k] = _det(replaced) / whole
    return out.reshape(b.shape)


def _unit(n: int) -> np.ndarray:
    return array([number(float(i == j)) for i in range(n) for j in range(n)], (n, n))


def _tril(a: np.ndarray) -> np.ndarray:
    out = a.copy()
    for i, j in np.ndindex(a.shape):
        if j > i:
            out[i, j] = number(0.0)
    return out


def _logabsdet(a: np.ndarray) -> Jet:
    return one("log")(one("abs")(_det(a)))


WHOLE: dict[str, Callable[..., Any]] = {
    "matmul": _matmul, "dot": _dot, "outer": lambda x, y: array([a * b for a in x for b in y], (len(x), len(y))),
    "T": lambda a: a.T, "tril": _tril, "trace": lambda a: _sum(list(np.diagonal(a))), "det": _det,
    "inv": lambda a: _solve(a, _unit(len(a))), "solve": _solve, "logabsdet": _logabsdet,
    "element": lambda x, i: x[i], "reversed": lambda x: x[::-1], "gather": lambda x, many: x[list(many)],
    "stack": lambda *xs: array([x[()] for x in xs], (len(xs),)),
}  # fmt: skip


# ---- a step ------------------------------------------------------------------------------------------


def array(flat: Sequence[Jet], shape: tuple[int, ...]) -> np.ndarray:
    """An array of jets."""
    out = np.empty(len(flat), dtype=object)
    out[:] = flat
    return out.reshape(shape)


def _each(f: Scalar, operands: Sequence[np.ndarray], params: Sequence[Any]) -> np.ndarray:
    shape = np.broadcast_shapes(*(x.shape for x in operands))
    columns = [np.broadcast_to(x, shape).ravel() for x in operands]
    return array([f(*jets, *params) for jets in zip(*columns, strict=True)], shape)


CHOICES: dict[str, Scalar] = {
    "where_positive": lambda c, x, y: _chosen(c.v > 0, x, y, c),
    "where_greater": lambda a, b, x, y: _chosen(a.v > b.v, x, y, a, b),
    "where_equal": lambda a, b, x, y: _chosen(a.v == b.v, x, y, a, b),
    "clip_numbers": _clip,
}
EACH: dict[str, Scalar] = {**{name: one(name) for name in ONE}, **TWO, **CHOICES}


def apply(step: Step, operands: Sequence[np.ndarray]) -> np.ndarray:
    """The jets of a step."""
    if step.op in EACH:
        return _each(EACH[step.op], operands, step.params)
    if step.op in REDUCTIONS:
        (x,), (axis,) = operands, step.params
        if axis is None:
            return array([REDUCTIONS[step.op](list(x.ravel()))], ())
        rows = np.moveaxis(x, axis, -1)
        return array([REDUCTIONS[step.op](list(row)) for row in rows.reshape(-1, rows.shape[-1])], rows.shape[:-1])
    if step.op in ALONG:
        (x,), (axis,) = operands, step.params
        rows = np.moveaxis(x, axis, -1)
        flat = [jet for row in rows.reshape(-1, rows.shape[-1]) for jet in ALONG[step.op](list(row))]
        return np.moveaxis(array(flat, (*rows.shape[:-1], len(flat) // (rows.size // rows.shape[-1]))), -1, axis)
    found = WHOLE[step.op](*operands, *step.params)
    return found if isinstance(found, np.ndarray) else array([found], ())
