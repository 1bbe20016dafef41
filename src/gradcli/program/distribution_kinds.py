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


def log(x: Node) -> Node:
    """The natural logarithm."""
    return built("log", x)


def square(x: Node) -> Node:
    """x times itself."""
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
    cdf: Formula | None = None
    icdf: Formula | None = None
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


_LEAST = float(np.finfo(np.float64).min)
_HALF_LOG_TAU = 0.5 * math.log(2.0 * math.pi)


def _normal(x: Node, loc: Node, scale: Node) -> Node:
    return -0.5 * square((x - loc) / scale) - log(scale) - _HALF_LOG_TAU


def _beta(x: Node, a: Node, b: Node) -> Node:
    return built("xlogy", a - 1.0, x) + built("xlog1py", b - 1.0, -x) - built("betaln", a, b)


def _gamma(x: Node, shape: Node, rate: Node) -> Node:
    return built("xlogy", shape - 1.0, x) + shape * log(rate) - rate * x - built("lgamma", shape)


def _student(x: Node, df: Node, loc: Node, scale: Node) -> Node:
    half = 0.5 * (df + 1.0)
    norm = built("lgamma", half) - built("lgamma", 0.5 * df) - 0.5 * log(df * math.pi) - log(scale)
    return norm - half * built("log1p", square((x - loc) / scale) / df)


def _student_entropy(df: Node, loc: Node, scale: Node) -> Node:
    half = 0.5 * (df + 1.0)
    digammas = half * (built("digamma", half) - built("digamma", 0.5 * df))
    return log(scale) + digammas + 0.5 * log(df) + built("betaln", df.lift(0.5), 0.5 * df)


def _from(least: float, df: Node, value: Node, otherwise: Node | float) -> Node:
    """value where there are more degrees of freedom."""
    other = value.lift(otherwise) if isinstance(otherwise, float) else otherwise
    return built("where", built("greater", df, df.lift(least)), value, other)


def _student_variance(df: Node, loc: Node, scale: Node) -> Node:
    return _from(2.0, df, square(scale) * df / (df - 2.0), _from(1.0, df, scale.lift(math.inf), math.nan))


def _bernoulli(x: Node, logits: Node, probs: Node) -> Node:
    return x * logits - built("softplus", logits)


def scores(logits: Node) -> Node:
    """The logarithms of the classes' probabilities."""
    return built("log_softmax", logits, -1)


def category(x: NDArray[Any], logits: Node, probs: Node) -> Node:
    """Of classes, which are known; logits are the logarithms of their probabilities."""
    count = logits.shape[-1]
    odd = x[~((x == np.floor(x)) & (x >= 0) & (x < count))]
    if odd.size:
        raise DataError(f"class {odd.ravel()[0]:g} is out of range for {count} classes", code="index")
    try:
        shape = np.broadcast_shapes(logits.shape[:-1], x.shape)
    except ValueError:
        raise DataError(f"classes of shape {x.shape} for scores of shape {logits.shape}", code="shape") from None
    logs = built("broadcast_to", logits, (*shape, count))
    places = np.broadcast_to(x[..., None], (*shape, 1))
    return reshape_to(built("take_along_axis", logs, places.astype(np.float64), -1), shape)


def _surprise(logits: Node, probs: Node) -> Node:
    return -built("sum", probs * built("maximum", logits, logits.lift(_LEAST)), -1)


def solved(lower: Node, right: Node) -> Node:
    """lower⁻¹ right, for a lower triangle."""
    return built("solve_triangular", lower, right, False, True)


def _many(x: Node, loc: Node, factor: Node) -> Node:
    """Of several normal numbers at once; factor is the lower one of their covariances."""
    away = solved(factor, built("unsqueeze", x - loc, -1))
    distance = built("sum", square(away), (-2, -1))
    logs = built("sum", log(built("diagonal", factor, 0, -2, -1)), -1)
    return -0.5 * distance - logs - loc.shape[-1] * _HALF_LOG_TAU


def _times(matrix: Node, vector: Node) -> Node:
    return built("sum", matrix * built("broadcast_to", built("unsqueeze", vector, -2), matrix.shape), -1)


def _quantile(p: Node) -> Node:
    """Of the normal distribution."""
    return math.sqrt(2.0) * built("erfinv", 2.0 * p - 1.0)


def _uniform(x: Node, low: Node, high: Node) -> Node:
    within = built("logical_and", _at_least(x, low), built("less", x, high))
    return _inside(within, -log(high - low))


KINDS = {
    "Normal": Kind(
        ("loc", "scale"), _normal, lambda loc, scale: loc, lambda loc, scale: square(scale),
        lambda loc, scale: 0.5 + _HALF_LOG_TAU + log(scale),
        moved=lambda noise, loc, scale: loc + scale * noise(_randn),
        cdf=lambda x, loc, scale: built("ndtr", (x - loc) / scale),
        icdf=lambda p, loc, scale: loc + scale * _quantile(p),
    ),
    "LogNormal": Kind(
        ("loc", "scale"), lambda x, loc, scale: _normal(log(x), loc, scale) - log(x),
        lambda loc, scale: built("exp", loc + 0.5 * square(scale)),
        lambda loc, scale: built("expm1", square(scale)) * built("exp", 2.0 * loc + square(scale)),
        lambda loc, scale: 0.5 + _HALF_LOG_TAU + log(scale) + loc,
        moved=lambda noise, loc, scale: built("exp", loc + scale * noise(_randn)),
        cdf=lambda x, loc, scale: built("ndtr", (log(x) - loc) / scale),
        icdf=lambda p, loc, scale: built("exp", loc + scale * _quantile(p)),
    ),
    "HalfNormal": Kind(
        ("scale",), lambda x, scale: _inside(_at_least(x, 0.0), _normal(x, x.lift(0.0) * scale, scale) + math.log(2.0)),
        lambda scale: scale * math.sqrt(2.0 / math.pi), lambda scale: square(scale) * (1.0 - 2.0 / math.pi),
        lambda scale: 0.5 + _HALF_LOG_TAU + log(scale) - math.log(2.0),
        moved=lambda noise, scale: built("abs", scale * noise(_randn)),
        cdf=lambda x, scale: built("erf", x / scale * math.sqrt(0.5)),
        icdf=lambda p, scale: scale * math.sqrt(2.0) * built("erfinv", p),
    ),
    "Laplace": Kind(
        ("loc", "scale"), lambda x, loc, scale: -built("abs", x - loc) / scale - log(2.0 * scale),
        lambda loc, scale: loc, lambda loc, scale: 2.0 * square(scale), lambda loc, scale: 1.0 + log(2.0 * scale),
        moved=lambda noise, loc, scale: loc + scale * noise(_laplace),
        cdf=lambda x, loc, scale: 0.5 - 0.5 * built("sign", x - loc) * built("expm1", -built("abs", x - loc) / scale),
        icdf=lambda p, loc, scale: loc
        - scale * built("sign", p - 0.5) * built("log1p", -2.0 * built("abs", p - 0.5)),
    ),
    "Cauchy": Kind(
        ("loc", "scale"), lambda x, loc, scale: -log(scale * math.pi) - built("log1p", square((x - loc) / scale)),
        lambda loc, scale: loc.lift(math.nan) + 0.0 * loc, lambda loc, scale: built("full_like", scale, math.inf),
        lambda loc, scale: log(4.0 * math.pi * scale),
        cdf=lambda x, loc, scale: built("arctan", (x - loc) / scale) / math.pi + 0.5,
        icdf=lambda p, loc, scale: loc + scale * built("tan", math.pi * (p - 0.5)),
        moved=lambda noise, loc, scale: loc + scale * noise(_cauchy),
    ),
    "Gumbel": Kind(
        ("loc", "scale"),
        lambda x, loc, scale: -(x - loc) / scale - built("exp", -(x - loc) / scale) - log(scale),
        lambda loc, scale: loc + scale * float(np.euler_gamma), lambda loc, scale: square(scale) * (math.pi**2 / 6.0),
        lambda loc, scale: log(scale) + (1.0 + float(np.euler_gamma)),
        moved=lambda noise, loc, scale: loc + scale * noise(_gumbel),
        cdf=lambda x, loc, scale: built("exp", -built("exp", (loc - x) / scale)),
        icdf=lambda p, loc, scale: loc - scale * log(-log(p)),
    ),
    "Uniform": Kind(
        ("low", "high"), _uniform, lambda low, high: 0.5 * (low + high), lambda low, high: square(high - low) / 12.0,
        lambda low, high: log(high - low), moved=lambda noise, low, high: low + (high - low) * noise(_rand),
        cdf=lambda x, low, high: built("clip", (x - low) / (high - low), low.lift(0.0), low.lift(1.0)),
        icdf=lambda p, low, high: low + (high - low) * p,
    ),
    "Exponential": Kind(
        ("rate",), lambda x, rate: _inside(_at_least(x, 0.0), log(rate) - rate * x), lambda rate: 1.0 / rate,
        lambda rate: 1.0 / square(rate), lambda rate: 1.0 - log(rate),
        moved=lambda noise, rate: noise(_exponential) / rate,
        cdf=lambda x, rate: -built("expm1", -rate * x), icdf=lambda p, rate: -built("log1p", -p) / rate,
    ),
    "Gamma": Kind(
        ("concentration", "rate"), _gamma, lambda a, rate: a / rate, lambda a, rate: a / square(rate),
        lambda a, rate: a - log(rate) + built("lgamma", a) + (1.0 - a) * built("digamma", a),
        drawn=lambda random, a, rate: random.gamma(a, 1.0 / rate),
    ),
    "Beta": Kind(
        ("concentration1", "concentration0"), _beta, lambda a, b: a / (a + b),
        lambda a, b: a * b / (square(a + b) * (a + b + 1.0)),
        lambda a, b: built("betaln", a, b) - (a - 1.0) * built("digamma", a) - (b - 1.0) * built("digamma", b)
        + (a + b - 2.0) * built("digamma", a + b),
        drawn=lambda random, a, b: random.beta(a, b),
    ),
    "StudentT": Kind(
        ("df", "loc", "scale"), _student, lambda df, loc, scale: _from(1.0, df, loc, math.nan), _student_variance,
        _student_entropy, drawn=lambda random, df, loc, scale: loc + scale * random.standard_t(df),
        defaults=(0.0, 1.0),
    ),
    "Poisson": Kind(
        ("rate",), lambda x, rate: built("xlogy", x, rate) - rate - built("lgamma", x + 1.0), lambda rate: rate,
        lambda rate: rate, drawn=lambda random, rate: random.poisson(rate),
    ),
    "Bernoulli": Kind(
        ("logits", "probs"), _bernoulli, lambda logits, probs: probs, lambda logits, probs: probs * (1.0 - probs),
        lambda logits, probs: built("softplus", logits) - logits * probs,
        drawn=lambda random, logits, probs: random.random(logits.shape) < probs,
    ),
    "Categorical": Kind(
        ("logits", "probs"), category, entropy=_surprise, axes=1,
        drawn=lambda random, logits, probs: np.argmax(np.log(probs) + random.gumbel(size=logits.shape), -1),
    ),
    "MultivariateNormal": Kind(
        ("loc", "scale_tril"), _many, lambda loc, factor: loc, lambda loc, factor: built("sum", square(factor), -1),
        lambda loc, factor: built("sum", log(built("diagonal", factor, 0, -2, -1)), -1)
        + loc.shape[-1] * (0.5 + _HALF_LOG_TAU),
        moved=lambda noise, loc, factor: loc + _times(factor, noise(_randn)), axes=1,
    ),
}  # fmt: skip
