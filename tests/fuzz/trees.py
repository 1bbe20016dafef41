"""Random expressions: what is computed, at which point, and what is asked of it.

A case is a list of steps, each an operation on inputs and earlier steps, so that parts may be shared. It is
made from its seed alone, and NumPy, which steers the choice of operations towards values that exist, is the
only thing it hears. What a step means is for each backend's own table to say.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import with_numpy

Shape = tuple[int, ...]


class Step(NamedTuple):
    """An operation by name, the positions of its operands (inputs first, then steps), and its parameters."""

    op: str
    operands: tuple[int, ...]
    params: tuple[Any, ...] = ()


class Case(NamedTuple):
    """The last step's elements, weighted and added up, at a point, and along a direction for the second order."""

    seed: int
    inputs: tuple[np.ndarray, ...]
    steps: tuple[Step, ...]
    weights: np.ndarray
    direction: tuple[np.ndarray, ...]

    @property
    def size(self) -> int:
        return sum(x.size for x in self.inputs)


# ---- points ----------------------------------------------------------------------------------------

SPECIAL = (0.0, 0.0, 1.0, -1.0, 1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -0.0)
WIDE = (20.0, -20.0, 40.0, -40.0, 300.0, -300.0, 800.0, -800.0, 1e5, -1e5, 1e-5, -1e-5, 1e-9, 1e10, -1e10)
EXTREME = (1e160, -1e160, 1e200, 1e-160, -1e-160, 1e-200, 1e300, 1e-300, 1e30, 1e-30, 5e-324)


def _number(r: random.Random, regime: str) -> float:
    if regime == "special" or (regime == "mixed" and r.random() < 0.5):
        return r.choice(SPECIAL)
    if regime == "wide" and r.random() < 0.6:
        return r.choice(WIDE) * r.choice((1.0, 1.0, r.random()))
    if regime == "extreme" and r.random() < 0.6:
        return r.choice(EXTREME)
    return r.uniform(-2.0, 2.0) if r.random() < 0.7 else r.gauss(0.0, 4.0)


def _point(r: random.Random, shapes: Sequence[Shape]) -> tuple[np.ndarray, ...]:
    regime = r.choices(("ordinary", "mixed", "special", "wide", "extreme"), (60, 14, 12, 10, 4))[0]
    return tuple(np.array([_number(r, regime) for _ in range(int(np.prod(s)))]).reshape(s) for s in shapes)


# ---- operations ------------------------------------------------------------------------------------

UNARY = {
    **dict.fromkeys(("exp", "log", "sqrt", "sin", "cos", "tanh", "square", "reciprocal", "negative", "abs"), 6),
    **dict.fromkeys(("sigmoid", "softplus", "relu", "expm1", "log1p", "tan", "asin", "acos", "atan"), 3),
    **dict.fromkeys(("sinh", "cosh", "asinh", "acosh", "atanh", "exp2", "log2", "log10", "rsqrt"), 2),
    **dict.fromkeys(("erf", "erfc", "sinc", "lgamma", "log_sigmoid", "silu", "gelu", "elu", "leaky_relu"), 2),
    **dict.fromkeys(("sign", "floor", "round", "cbrt", "selu", "mish", "logit", "entr", "digamma", "gamma"), 1),
    "erfinv": 1,
}  # fmt: skip
BINARY = {
    **dict.fromkeys(("add", "subtract", "multiply", "divide"), 18),
    **dict.fromkeys(("maximum", "minimum", "power"), 6),
    **dict.fromkeys(("hypot", "atan2", "logaddexp", "xlogy"), 3),
    "remainder": 1,
}
ALONG = {  # an axis, or all elements
    "sum": 6, "mean": 3, "prod": 5, "max": 4, "min": 3, "norm": 4, "logsumexp": 4, "var": 2, "std": 2,
    "norm1": 1, "norm3": 1, "norminf": 1,
}  # fmt: skip
RUNNING = {"cumsum": 3, "cumprod": 4, "cummax": 1, "softmax": 4, "log_softmax": 2, "sort": 2, "flip": 1, "diff": 1}
MATRIX = {"T": 2, "tril": 1, "trace": 2, "det": 3, "inv": 2, "logabsdet": 1}
PRODUCT = {"matmul": 5, "dot": 4, "outer": 2, "solve": 2}
EXPONENTS = (0.0, 1.0, 2.0, 3.0, 4.0, -1.0, -2.0, 0.5, 1.5, -0.5, 2.5, 1 / 3, 7.0)
BASES = (2.0, 0.5, 10.0, -2.0, 0.0, 1.0)
CONSTANTS = (0.0, 1.0, 2.0, -1.0, 0.5, 3.0, 10.0, 1e-3)

Maker = Callable[[random.Random, "list[np.ndarray]"], "Step | None"]


def _pick(
    r: random.Random, values: list[np.ndarray], wanted: Callable[[np.ndarray], bool] = lambda x: True
) -> int | None:
    fitting = [i for i, x in enumerate(values) if wanted(x)]
    if not fitting:
        return None
    return fitting[-1] if r.random() < 0.6 else r.choice(fitting)


def _weighted(r: random.Random, table: dict[str, int]) -> str:
    return r.choices(list(table), list(table.values()))[0]


def _unary(r: random.Random, values: list[np.ndarray]) -> Step | None:
    i = _pick(r, values)
    return None if i is None else Step(_weighted(r, UNARY), (i,))


def _fits(shape: Shape) -> Callable[[np.ndarray], bool]:
    def fits(x: np.ndarray) -> bool:
        try:
            return np.broadcast_shapes(shape, x.shape) is not None
        except ValueError:
            return False

    return fits


def _pair(r: random.Random, values: list[np.ndarray]) -> tuple[int, int]:
    i = _pick(r, values)
    assert i is not None
    fitting = [k for k, x in enumerate(values) if _fits(values[i].shape)(x)]
    j = r.choice(fitting)
    return (i, j) if r.random() < 0.5 else (j, i)


def _binary(r: random.Random, values: list[np.ndarray]) -> Step:
    return Step(_weighted(r, BINARY), _pair(r, values))


def _with_constant(r: random.Random, values: list[np.ndarray]) -> Step | None:
    i = _pick(r, values)
    kind = r.choice(("power_number", "power_number", "number_power", "add_number", "multiply_number", "divide_number",
                     "number_divide", "maximum_number", "clip_numbers"))  # fmt: skip
    if kind == "power_number":
        return Step(kind, (i,), (r.choice(EXPONENTS),))
    if kind == "number_power":
        return Step(kind, (i,), (r.choice(BASES),))
    if kind == "clip_numbers":
        low = r.choice((-1.0, 0.0, 0.5))
        return Step(kind, (i,), (low, low + r.choice((0.5, 1.0, 2.0))))
    return Step(kind, (i,), (r.choice(CONSTANTS[1:] if kind == "divide_number" else CONSTANTS),))


def _choice(r: random.Random, values: list[np.ndarray]) -> Step:
    """where(a > b, x, y), most often guarding one side by the other's domain."""
    i, j = _pair(r, values)
    shape = np.broadcast_shapes(values[i].shape, values[j].shape)
    fitting = [k for k, x in enumerate(values) if _fits(shape)(x)]
    k = r.choice(fitting)
    if r.random() < 0.6:
        return Step("where_positive", (k, i, j))
    m = r.choice([m for m, x in enumerate(values) if _fits(np.broadcast_shapes(shape, values[k].shape))(x)])
    return Step(r.choice(("where_greater", "where_equal")), (k, m, i, j))


def _reduction(r: random.Random, values: list[np.ndarray]) -> Step | None:
    i = _pick(r, values, lambda x: x.ndim > 0)
    if i is None:
        return None
    axis = None if values[i].ndim == 1 or r.random() < 0.5 else r.choice((0, 1))
    return Step(_weighted(r, ALONG), (i,), (axis,))


def _running(r: random.Random, values: list[np.ndarray]) -> Step | None:
    i = _pick(r, values, lambda x: x.ndim > 0 and x.shape[-1] > 1)
    if i is None:
        return None
    return Step(_weighted(r, RUNNING), (i,), (-1 if values[i].ndim == 1 or r.random() < 0.6 else 0,))


def _matrix(r: random.Random, values: list[np.ndarray]) -> Step | None:
    op = _weighted(r, MATRIX)
    i = _pick(r, values, lambda x: x.ndim == 2 and (op in ("T", "tril") or x.shape[0] == x.shape[1]))
    return None if i is None else Step(op, (i,))


def _product(r: random.Random, values: list[np.ndarray]) -> Step | None:
    op = _weighted(r, PRODUCT)
    if op in ("dot", "outer"):
        i = _pick(r, values, lambda x: x.ndim == 1)
        j = (
            None
            if i is None
            else _pick(r, values, lambda x: x.ndim == 1 and (op == "outer" or x.shape == values[i].shape))
        )
    else:
        square = op == "solve"
        i = _pick(r, values, lambda x: x.ndim == 2 and (not square or x.shape[0] == x.shape[1]))
        j = None if i is None else _pick(r, values, lambda x: x.ndim > 0 and x.shape[0] == values[i].shape[-1])
    return None if i is None or j is None else Step(op, (i, j))


def _indexed(r: random.Random, values: list[np.ndarray]) -> Step | None:
    i = _pick(r, values, lambda x: x.ndim > 0)
    if i is None:
        return None
    n = values[i].shape[0]
    kind = r.choice(("element", "element", "reversed", "gather"))
    if kind == "element":
        return Step("element", (i,), (r.randrange(n),))
    if kind == "reversed":
        return Step("reversed", (i,))
    return Step("gather", (i,), (tuple(r.randrange(n) for _ in range(r.choice((2, 3)))),))


def _joined(r: random.Random, values: list[np.ndarray]) -> Step | None:
    scalars = [k for k, x in enumerate(values) if x.ndim == 0]
    if len(scalars) < 2:
        return None
    return Step("stack", tuple(r.choice(scalars) for _ in range(r.choice((2, 3)))))


MAKERS: tuple[tuple[Maker, int], ...] = (
    (_unary, 34), (_binary, 26), (_with_constant, 12), (_choice, 5), (_reduction, 9), (_running, 5),
    (_matrix, 4), (_product, 5), (_indexed, 3), (_joined, 4),
)  # fmt: skip
SHAPES: tuple[tuple[tuple[Shape, ...], int], ...] = (
    (((),), 16), (((), ()), 20), (((), (), ()), 6), (((2,),), 8), (((3,),), 14), (((4,),), 5), (((3,), ()), 10),
    (((3,), (3,)), 7), (((2,), (2,)), 4), (((2, 2),), 8), (((2, 2), (2,)), 5), (((2, 3),), 3), (((2, 2), ()), 2),
    (((3, 3),), 2),
)  # fmt: skip


def _grow(r: random.Random, inputs: Sequence[np.ndarray]) -> list[Step]:
    values, steps = list(inputs), []
    makers, weights = zip(*MAKERS, strict=True)
    count = r.choice((1, 2, 3, 4, 4, 5, 6, 7))
    while len(steps) < count:
        step = r.choices(makers, weights)[0](r, values)
        if step is None:
            continue
        value = with_numpy.apply(step, [values[i] for i in step.operands])
        if value.size > 9 or (not _usable(value) and r.random() < 0.93):
            continue
        steps.append(step)
        values.append(value)
    return steps


def _usable(value: np.ndarray) -> bool:
    return bool(np.isfinite(value).all() and (np.abs(value) < 1e120).all())


def pruned(inputs: int, steps: Sequence[Step], root: int) -> tuple[Step, ...]:
    """The steps that the one at position root is made of, renumbered."""
    needed, stack = {root}, [root]
    while stack:
        position = stack.pop()
        if position >= inputs:
            for operand in steps[position - inputs].operands:
                if operand not in needed:
                    needed.add(operand)
                    stack.append(operand)
    kept = sorted(position for position in needed if position >= inputs)
    places = {**{i: i for i in range(inputs)}, **{old: inputs + new for new, old in enumerate(kept)}}
    return tuple(
        steps[old - inputs]._replace(operands=tuple(places[i] for i in steps[old - inputs].operands)) for old in kept
    )


def make(seed: int) -> Case:
    """The case of a seed."""
    r = random.Random(seed)
    shapes = r.choices([s for s, _ in SHAPES], [w for _, w in SHAPES])[0]
    inputs = _point(r, shapes)
    steps = _grow(r, inputs)
    return asked(seed, inputs, pruned(len(inputs), steps, len(inputs) + len(steps) - 1))


def asked(seed: int, inputs: tuple[np.ndarray, ...], steps: tuple[Step, ...]) -> Case:
    """A case of these steps, with weights and a direction drawn from its seed."""
    r = random.Random(seed ^ 0x5EED)
    values = list(inputs)
    for step in steps:
        values.append(with_numpy.apply(step, [values[i] for i in step.operands]))
    shape = values[-1].shape
    weights = np.array([r.choice((1.0, 1.0, -0.5, 2.0, 0.0)) for _ in range(int(np.prod(shape)))]).reshape(shape)
    if not weights.any():
        weights = np.ones(shape)
    unit = r.random() < 0.3
    count = sum(x.size for x in inputs)
    if unit:
        flat = np.zeros(count)
        flat[r.randrange(count)] = 1.0
    else:
        flat = np.array([r.choice((1.0, -0.75, 0.5, 1.25)) for _ in range(count)])
    parts = np.split(flat, np.cumsum([x.size for x in inputs])[:-1])
    return Case(seed, inputs, steps, weights, tuple(p.reshape(x.shape) for p, x in zip(parts, inputs, strict=True)))


# ---- as text ---------------------------------------------------------------------------------------

INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "remainder": "%", "matmul": "@"}
SPELT: dict[str, Callable[..., str]] = {
    "power_number": lambda x, p: f"({x}**{_real(p)})",
    "number_power": lambda x, p: f"({_real(p)}**{x})",
    "add_number": lambda x, p: f"({x} + {_real(p)})",
    "multiply_number": lambda x, p: f"({x} * {_real(p)})",
    "divide_number": lambda x, p: f"({x} / {_real(p)})",
    "number_divide": lambda x, p: f"({_real(p)} / {x})",
    "maximum_number": lambda x, p: f"maximum({x}, {_real(p)})",
    "clip_numbers": lambda x, low, high: f"clip({x}, {low!r}, {high!r})",
    "where_positive": lambda c, x, y: f"where({c} > 0, {x}, {y})",
    "where_greater": lambda a, b, x, y: f"where({a} > {b}, {x}, {y})",
    "where_equal": lambda a, b, x, y: f"where({a} == {b}, {x}, {y})",
    "norm1": lambda x, axis: _norm(x, "1", axis),
    "norm3": lambda x, axis: _norm(x, "3", axis),
    "norminf": lambda x, axis: _norm(x, "inf", axis),
    "element": lambda x, i: f"({x})[{i}]",
    "reversed": lambda x: f"({x})[::-1]",
    "gather": lambda x, many: f"({x})[{list(many)}]",
    "stack": lambda *xs: f"array([{', '.join(xs)}])",
    "logabsdet": lambda x: f"slogdet({x})[1]",
    "diff": lambda x, axis: f"diff({x}, axis={axis})",
}


def _norm(x: str, order: str, axis: int | None) -> str:
    return f"norm(ravel({x}), {order})" if axis is None else f"norm({x}, {order}, axis={axis})"


def _real(p: float) -> str:
    return repr(p) if p >= 0 else f"({p!r})"


def text(case: Case) -> str:
    """The expression in gradcli's language. Shared parts are written out."""
    parts = list("xyz"[: len(case.inputs)])
    for step in case.steps:
        operands = [parts[i] for i in step.operands]
        if step.op in INFIX:
            parts.append(f"({f' {INFIX[step.op]} '.join(operands)})")
        elif step.op in SPELT:
            parts.append(SPELT[step.op](*operands, *step.params))
        else:
            parameters = [f"axis={p}" for p in step.params]
            parts.append(f"{step.op}({', '.join([*operands, *parameters])})")
    return parts[-1]


def described(case: Case) -> str:
    """The expression and its point, on one line."""
    point = ", ".join(f"{name}={x.tolist()}" for name, x in zip("xyz", case.inputs, strict=False))
    return f"{text(case)}  at {point}"
