"""Products, running and whole, right where elements are 0 and where their parts would leave float64 in another order.

A running product y[k] = x[k] y[k-1] is a recurrence, and its derivatives are recurrences y[k] = a[k] y[k-1] + b[k],
whose own are again: nothing is divided by. Products are taken one after another, as NumPy takes them, forward for
values and backward for cotangents, so that a derivative leaves float64 only with a product that it is made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..node import Node
from ..operation import Cotangents, General, Reduction, broadcast_to, filled, plus
from ..zeros import Traced, leave_word
from .arithmetic import scale, scale_either
from .indexing import index
from .structural import flip, join

Values = NDArray[Any]
_SHORT, _LONG = 8, 1000
"""Up to so many elements a recurrence goes one by one, and beyond so many by doubling; between them, as is safe."""
_SMALLEST = float(np.finfo(np.float64).smallest_normal)
_SAFE = 900.0
"""How far apart the binary exponents of running products may be so that no product of neighbours leaves float64."""


# ---- kernels -------------------------------------------------------------------------------------------


def _one_by_one(a: Values, b: Values) -> Values:
    out = np.array(b)
    for k in range(1, b.shape[-1]):
        out[..., k] += a[..., k] * out[..., k - 1]
    return out


def _without(a: Values, b: Values, blank: Values) -> Values:
    """The same, where what is blank stays 0 whatever it is multiplied by."""
    out, nothing = np.array(b), blank[..., 0]
    for k in range(1, b.shape[-1]):
        out[..., k] += np.where(nothing, 0.0, a[..., k] * out[..., k - 1])
        nothing = nothing & blank[..., k]
    return out


def _by_doubling(a: Values, b: Values) -> Values:
    """The recurrence in log2(n) steps, each joining two stretches of the same length (Hillis and Steele 1986)."""
    factors, out, step = np.array(a), np.array(b), 1
    factors[..., 0] = 0.0
    while step < b.shape[-1]:
        out[..., step:] = out[..., step:] + factors[..., step:] * out[..., :-step]
        factors[..., step:] = factors[..., step:] * factors[..., :-step]
        step *= 2
    return out


def _is_safe(a: Values) -> bool:
    heights = np.add.accumulate(np.log2(np.abs(a)), -1)
    return bool(np.all(heights.max(-1) - heights.min(-1) < _SAFE))  # nor is NaN


def _recur(a: Values, b: Values) -> Values:
    """y[0] = b[0], y[k] = a[k] y[k-1] + b[k] along the last axis; a[0] is not used."""
    count = b.shape[-1]
    if a.shape != b.shape:  # a batch that one of them lacks
        lead = np.broadcast_shapes(a.shape, b.shape)
        a, b = np.broadcast_to(a, lead), np.broadcast_to(b, lead)
    out = _one_by_one(a, b) if count <= _SHORT or not (count > _LONG or _is_safe(a)) else _by_doubling(a, b)
    if np.isnan(out).any():
        won = _without(a, b, b == 0)
        if (np.isnan(out) & ~np.isnan(won)).any():
            leave_word()
        out = won
    return out


def _trace(a: Traced, b: Traced) -> Traced:
    lead = np.broadcast_shapes(np.shape(a.value), np.shape(b.value))
    blank = np.broadcast_to(b.blank, lead)
    value = _without(np.broadcast_to(a.value, lead), np.broadcast_to(b.value, lead), blank)
    return Traced(value, np.logical_and.accumulate(blank, -1))


# ---- rules ---------------------------------------------------------------------------------------------


def _recurring(a: Node, b: Node) -> Node:
    """The recurrence, where either may have leading axes that the other lacks."""
    shape = max(a.shape, b.shape, key=len)
    return recurrence(broadcast_to(a, shape), broadcast_to(b, shape))


def _before(first: float, y: Node) -> Node:
    """What stands before each element of y, and a number before the first."""
    return join(filled(y, (*y.shape[:-1], 1), first), index(y, (Ellipsis, slice(None, -1))), params=(-1,))


def _backward(a: Node, g: Node) -> Node:
    """The transpose for b: z[k] = g[k] + a[k+1] z[k+1]."""
    turned = flip(a, -1)
    factors = join(index(turned, (Ellipsis, slice(-1, None))), index(turned, (Ellipsis, slice(None, -1))), params=(-1,))
    return flip(_recurring(factors, flip(g, -1)), -1)


def _push_recurrence(node: Node, tangents: Cotangents) -> Node | None:
    moved, added = tangents
    grown = None if moved is None else scale_either(moved, _before(0.0, node))
    total = plus(added, grown)
    return None if total is None else _recurring(node.operands[0], total)


def _pull_recurrence(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    back = _backward(node.operands[0], g)
    return [scale_either(back, _before(0.0, node)) if needed[0] else None, back]


def _symbolic_recurrence(S: Any, a: Values, b: Values) -> Values:
    out = np.array(b, dtype=object)
    for k in range(1, b.shape[-1]):
        out[..., k] = out[..., k] + a[..., k] * out[..., k - 1]
    return out


recurrence: General = General(
    "recurrence",
    _recur,
    lambda a, b: a,
    _push_recurrence,
    _pull_recurrence,
    traced=_trace,
    symbolic=_symbolic_recurrence,
)
recurrence.__doc__ = "y[0] = b[0], y[k] = a[k] y[k-1] + b[k] along the last axis."


def _push_product(node: Node, tangents: Cotangents) -> Node | None:
    (t,), (x,) = tangents, node.operands
    return None if t is None else _recurring(x, scale(t, _before(1.0, node)))


def _pull_product(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
    return [scale(_backward(node.operands[0], g), _before(1.0, node))]


running_product: General = General(
    "cumprod", lambda x: np.multiply.accumulate(x, -1), lambda shape: shape, _push_product, _pull_product,
    symbolic=lambda S, x: np.multiply.accumulate(x, -1, dtype=object),
)  # fmt: skip
running_product.__doc__ = "The running product along the last axis."


# ---- whole products ------------------------------------------------------------------------------------


def _keeps_digits(products: Values) -> bool:
    """Whether no running product has left the normal numbers."""
    size = np.abs(products)
    return bool(size.size and size.min() >= _SMALLEST and size.max() < np.inf)


def _whole(x: Values, axes: tuple[int, ...]) -> Values:
    """The product over the last axis. Where one on the way leaves float64, once more by fractions and exponents."""
    products = np.multiply.accumulate(x, -1)
    if np.iscomplexobj(x) or _keeps_digits(products):
        return products[..., -1]
    fractions, exponents = np.frexp(x)
    return np.ldexp(np.multiply.reduce(fractions, -1), exponents.sum(-1))


def _besides(x: Values) -> Values:
    """For each element the product of those before it and those after it; likewise."""
    if np.iscomplexobj(x) or all(_keeps_digits(np.multiply.accumulate(way, -1)) for way in (x, x[..., ::-1])):
        return _beside(x)
    fractions, exponents = np.frexp(x)
    return np.ldexp(_beside(fractions), exponents.sum(-1, keepdims=True) - exponents)


def _beside(x: Values) -> Values:
    out = np.ones_like(x)
    np.multiply.accumulate(x[..., :-1], -1, out=out[..., 1:])
    out[..., :-1] *= np.multiply.accumulate(x[..., :0:-1], -1)[..., ::-1]
    return out


def _others_move(x: Node, t: Node) -> Node:
    """How they move along t: each by the products before it, and by those after it. It is its own transpose."""
    turned, back = flip(x, -1), flip(t, -1)
    before, after = _before(1.0, running_product(x)), _before(1.0, running_product(turned))
    first = _before(0.0, _recurring(x, scale(t, before)))
    second = _before(0.0, _recurring(turned, scale(back, after)))
    return scale(first, flip(after, -1)) + scale(flip(second, -1), before)


others: General = General(
    "product_of_others", _besides, lambda shape: shape,
    push=lambda node, t: None if t[0] is None else _others_move(node.operands[0], t[0]),
    pull=lambda node, g, needed: [_others_move(node.operands[0], g)],
    symbolic=lambda S, x: _beside(x),
)  # fmt: skip
others.__doc__ = "For each element along the last axis the product of all others."
last_product: Reduction = Reduction(
    "prod", _whole, lambda g, out, x, axes: scale(g, others(x)), symbolic=lambda S, xs: S.Mul(*xs)
)
last_product.__doc__ = (
    "The product over the last axis, one element after another; of few, as their exponents are added up."
)
