"""Kinds of distributions: a row each, of its parameters, the logarithm of its density, and what else there is to say.

Parameters and values are nodes of one shape when a row's functions see them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..engine.node import Node
from ..engine.operation import reshape_to
from ..errors import DataError
from ..record import Record
from .library import built

if TYPE_CHECKING:
    from numpy.random import Generator

Formula = Callable[..., Node]


def alike(*nodes: Node) -> list[Node]:
    """Nodes in the one shape that they have together. Raises DataError where there is none."""
    try:
        shape = np.broadcast_shapes(*(node.shape for node in nodes))
    except ValueError:
        shapes = " and ".join(str(node.shape) for node in nodes)
        raise DataError(f"shapes {shapes} do not broadcast", code="shape") from None
    return [node if node.shape == shape else built("broadcast_to", node, shape) for node in nodes]


def _log(x: Node) -> Node:
    return built("log", x)


def _square(x: Node) -> Node:
    return built("square", x)


def _inside(holds: Node, value: Node) -> Node:
    """value where a condition holds, and elsewhere minus infinity."""
    return built("where", holds, value, value.lift(-math.inf))


def _at_least(x: Node, low: Node | float) -> Node:
    return built("greater_equal", x, x.lift(low))


class Kind(Record):
    """A kind of distribution. moved gives a number drawn as a function of the parameters, and drawn without one."""

    parameters: tuple[str, ...]
    log_prob: Formula
    mean: Formula | None = None
    variance: Formula | None = None
    entropy: Formula | None = None
    moved: Callable[..., Node] | None = None
    drawn: Callable[..., NDArray[Any]] | None = None
    axes: int = 0  # of a single value
    defaults: tuple[float, ...] = ()  # of the last parameters


def _randn(random: Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    return random.standard_normal(shape)


def _rand(random: Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    return random.random(shape)


def _laplace(random: Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    return random.laplace(size=shape)


def _cauchy(random: Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    return random.standard_cauchy(shape)


def _gumbel(random: Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    return random.gumbel(size=shape)


def _exponential(random: Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    return random.standard_exponential(shape)


_HALF_LOG_TAU = 0.5 * math.log(2.0 * math.pi)


def _normal(x: Node, loc: Node, scale: Node) -> Node:
    return -0.5 * _square((x - loc) / scale) - _log(scale) - _HALF_LOG_TAU


def _beta(x: Node, a: Node, b: Node) -> Node:
    return built("xlogy", a - 1.0, x) + built("xlog1py", b - 1.0, -x) - built("betaln", a, b)


def _gamma(x: Node, shape: Node, rate: Node) -> Node:
    return built("xlogy", shape - 1.0, x) + shape * _log(rate) - rate * x - built("lgamma", shape)


def _student(x: Node, df: Node, loc: Node, scale: Node) -> Node:
    half = 0.5 * (df + 1.0)
    norm = built("lgamma", half) - built("lgamma", 0.5 * df) - 0.5 * _log(df * math.pi) - _log(scale)
    return norm - half * built("log1p", _square((x - loc) / scale) / df)


def _bernoulli(x: Node, logits: Node) -> Node:
    return x * logits - built("softplus", logits)


def scores(logits: Node) -> Node:
    """The logarithms of the classes' probabilities."""
    return built("log_softmax", logits, -1)


def category(x: NDArray[Any], logits: Node) -> Node:
    """Of classes, which are known."""
    count = logits.shape[-1]
    odd = x[~((x == np.floor(x)) & (x >= 0) & (x < count))]
    if odd.size:
        raise DataError(f"class {odd.ravel()[0]:g} is out of range for {count} classes", code="index")
    try:
        shape = np.broadcast_shapes(logits.shape[:-1], x.shape)
    except ValueError:
        raise DataError(f"classes of shape {x.shape} for scores of shape {logits.shape}", code="shape") from None
    logs = built("broadcast_to", scores(logits), (*shape, count))
    places = np.broadcast_to(x[..., None], (*shape, 1))
    return reshape_to(built("take_along_axis", logs, places.astype(np.float64), -1), shape)


def _surprise(logits: Node) -> Node:
    logs = scores(logits)
    return -built("sum", built("exp", logs) * logs, -1)


def _solved(lower: Node, right: Node) -> Node:
    return built("solve_triangular", lower, right, False, True)


def _many(x: Node, loc: Node, factor: Node) -> Node:
    """Of several normal numbers at once; factor is the lower one of their covariances."""
    away = _solved(factor, built("unsqueeze", x - loc, -1))
    distance = built("sum", _square(away), (-2, -1))
    logs = built("sum", _log(built("diagonal", factor, 0, -2, -1)), -1)
    return -0.5 * distance - logs - loc.shape[-1] * _HALF_LOG_TAU


def _times(matrix: Node, vector: Node) -> Node:
    return built("sum", matrix * built("broadcast_to", built("unsqueeze", vector, -2), matrix.shape), -1)


def _uniform(x: Node, low: Node, high: Node) -> Node:
    within = built("logical_and", _at_least(x, low), built("less", x, high))
    return _inside(within, -_log(high - low))


KINDS = {
    "Normal": Kind(
        ("loc", "scale"), _normal, lambda loc, scale: loc, lambda loc, scale: _square(scale),
        lambda loc, scale: 0.5 + _HALF_LOG_TAU + _log(scale),
        moved=lambda noise, loc, scale: loc + scale * noise(_randn),
    ),
    "LogNormal": Kind(
        ("loc", "scale"), lambda x, loc, scale: _normal(_log(x), loc, scale) - _log(x),
        lambda loc, scale: built("exp", loc + 0.5 * _square(scale)),
        lambda loc, scale: built("expm1", _square(scale)) * built("exp", 2.0 * loc + _square(scale)),
        lambda loc, scale: 0.5 + _HALF_LOG_TAU + _log(scale) + loc,
        moved=lambda noise, loc, scale: built("exp", loc + scale * noise(_randn)),
    ),
    "HalfNormal": Kind(
        ("scale",), lambda x, scale: _inside(_at_least(x, 0.0), _normal(x, x.lift(0.0) * scale, scale) + math.log(2.0)),
        lambda scale: scale * math.sqrt(2.0 / math.pi), lambda scale: _square(scale) * (1.0 - 2.0 / math.pi),
        lambda scale: 0.5 + _HALF_LOG_TAU + _log(scale) - math.log(2.0),
        moved=lambda noise, scale: built("abs", scale * noise(_randn)),
    ),
    "Laplace": Kind(
        ("loc", "scale"), lambda x, loc, scale: -built("abs", x - loc) / scale - _log(2.0 * scale),
        lambda loc, scale: loc, lambda loc, scale: 2.0 * _square(scale), lambda loc, scale: 1.0 + _log(2.0 * scale),
        moved=lambda noise, loc, scale: loc + scale * noise(_laplace),
    ),
    "Cauchy": Kind(
        ("loc", "scale"), lambda x, loc, scale: -_log(scale * math.pi) - built("log1p", _square((x - loc) / scale)),
        entropy=lambda loc, scale: _log(4.0 * math.pi * scale),
        moved=lambda noise, loc, scale: loc + scale * noise(_cauchy),
    ),
    "Gumbel": Kind(
        ("loc", "scale"),
        lambda x, loc, scale: -(x - loc) / scale - built("exp", -(x - loc) / scale) - _log(scale),
        lambda loc, scale: loc + scale * float(np.euler_gamma), lambda loc, scale: _square(scale) * (math.pi**2 / 6.0),
        lambda loc, scale: _log(scale) + (1.0 + float(np.euler_gamma)),
        moved=lambda noise, loc, scale: loc + scale * noise(_gumbel),
    ),
    "Uniform": Kind(
        ("low", "high"), _uniform, lambda low, high: 0.5 * (low + high), lambda low, high: _square(high - low) / 12.0,
        lambda low, high: _log(high - low), moved=lambda noise, low, high: low + (high - low) * noise(_rand),
    ),
    "Exponential": Kind(
        ("rate",), lambda x, rate: _inside(_at_least(x, 0.0), _log(rate) - rate * x), lambda rate: 1.0 / rate,
        lambda rate: 1.0 / _square(rate), lambda rate: 1.0 - _log(rate),
        moved=lambda noise, rate: noise(_exponential) / rate,
    ),
    "Gamma": Kind(
        ("concentration", "rate"), _gamma, lambda a, rate: a / rate, lambda a, rate: a / _square(rate),
        lambda a, rate: a - _log(rate) + built("lgamma", a) + (1.0 - a) * built("digamma", a),
        drawn=lambda random, a, rate: random.gamma(a, 1.0 / rate),
    ),
    "Beta": Kind(
        ("concentration1", "concentration0"), _beta, lambda a, b: a / (a + b),
        lambda a, b: a * b / (_square(a + b) * (a + b + 1.0)),
        lambda a, b: built("betaln", a, b) - (a - 1.0) * built("digamma", a) - (b - 1.0) * built("digamma", b)
        + (a + b - 2.0) * built("digamma", a + b),
        drawn=lambda random, a, b: random.beta(a, b),
    ),
    "StudentT": Kind(
        ("df", "loc", "scale"), _student, drawn=lambda random, df, loc, scale: loc + scale * random.standard_t(df),
        defaults=(0.0, 1.0),
    ),
    "Poisson": Kind(
        ("rate",), lambda x, rate: built("xlogy", x, rate) - rate - built("lgamma", x + 1.0), lambda rate: rate,
        lambda rate: rate, drawn=lambda random, rate: random.poisson(rate),
    ),
    "Bernoulli": Kind(
        ("logits",), _bernoulli, lambda logits: built("sigmoid", logits),
        lambda logits: built("sigmoid", logits) * built("sigmoid", -logits),
        lambda logits: built("softplus", logits) - logits * built("sigmoid", logits),
        drawn=lambda random, logits: random.random(logits.shape) < 1.0 / (1.0 + np.exp(-logits)),
    ),
    "Categorical": Kind(
        ("logits",), category, entropy=_surprise, axes=1,
        drawn=lambda random, logits: np.argmax(logits + random.gumbel(size=logits.shape), -1),
    ),
    "MultivariateNormal": Kind(
        ("loc", "scale_tril"), _many, lambda loc, factor: loc, lambda loc, factor: built("sum", _square(factor), -1),
        lambda loc, factor: built("sum", _log(built("diagonal", factor, 0, -2, -1)), -1)
        + loc.shape[-1] * (0.5 + _HALF_LOG_TAU),
        moved=lambda noise, loc, factor: loc + _times(factor, noise(_randn)), axes=1,
    ),
}  # fmt: skip


# ---- how far two are apart -----------------------------------------------------------------------------


def _between_normals(p: list[Node], q: list[Node]) -> Node:
    (loc, scale), (other, wide) = p, q
    ratio = _square(scale / wide)
    return 0.5 * (ratio + _square((loc - other) / wide) - 1.0 - _log(ratio))


def _between_exponentials(p: list[Node], q: list[Node]) -> Node:
    ratio = q[0] / p[0]
    return ratio - 1.0 - _log(ratio)


def _between_bernoullis(p: list[Node], q: list[Node]) -> Node:
    chance = built("sigmoid", p[0])
    yes = built("log_sigmoid", p[0]) - built("log_sigmoid", q[0])
    no = built("log_sigmoid", -p[0]) - built("log_sigmoid", -q[0])
    return chance * yes + (1.0 - chance) * no


def _between_categories(p: list[Node], q: list[Node]) -> Node:
    logs = scores(p[0])
    return built("sum", built("exp", logs) * (logs - scores(q[0])), -1)


def _between_laplaces(p: list[Node], q: list[Node]) -> Node:
    (loc, scale), (other, wide) = p, q
    ratio, away = scale / wide, built("abs", loc - other)
    return -_log(ratio) + away / wide + ratio * built("exp", -away / scale) - 1.0


def _between_poissons(p: list[Node], q: list[Node]) -> Node:
    return p[0] * (_log(p[0]) - _log(q[0])) - (p[0] - q[0])


def _between_many(p: list[Node], q: list[Node]) -> Node:
    (loc, factor), (other, wide) = p, q
    logs = _log(built("diagonal", wide, 0, -2, -1)) - _log(built("diagonal", factor, 0, -2, -1))
    spread = built("sum", _square(_solved(wide, factor)), (-2, -1))
    away = _solved(wide, built("unsqueeze", other - loc, -1))
    return built("sum", logs, -1) + 0.5 * (spread + built("sum", _square(away), (-2, -1)) - loc.shape[-1])


BETWEEN = {
    "Bernoulli": _between_bernoullis, "Categorical": _between_categories, "Exponential": _between_exponentials,
    "Laplace": _between_laplaces, "LogNormal": _between_normals, "MultivariateNormal": _between_many,
    "Normal": _between_normals, "Poisson": _between_poissons,
}  # fmt: skip
"""What kl_divergence is, by the kind that both are of, from the parameters of one and the other."""
