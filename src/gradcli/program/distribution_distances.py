"""How far two distributions are apart: the mean, under one, of the logarithm of the quotient of both."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from ..engine.node import Node
from .distribution_kinds import log, solved, square
from .library import built

Parameters: TypeAlias = list[Node]
Distance: TypeAlias = Callable[[Parameters, Parameters], Node]


def _normals(p: Parameters, q: Parameters) -> Node:
    (loc, scale), (other, wide) = p, q
    ratio = square(scale / wide)
    return 0.5 * (ratio + square((loc - other) / wide) - 1.0 - log(ratio))


def _halves(p: Parameters, q: Parameters) -> Node:
    ratio = square(p[0] / q[0])
    return 0.5 * (ratio - 1.0 - log(ratio))


def _exponentials(p: Parameters, q: Parameters) -> Node:
    ratio = q[0] / p[0]
    return ratio - 1.0 - log(ratio)


def _unless(never: Node, impossible: Node, losses: Node) -> Node:
    """losses, but 0 for what never happens, and infinite for what happens and is impossible."""
    endless = built("where", impossible, losses.lift(math.inf), losses)
    return built("where", never, losses.lift(0.0), endless)


def _is(x: Node, value: float) -> Node:
    return built("equal", x, x.lift(value))


def _bernoullis(p: Parameters, q: Parameters) -> Node:
    (logits, chance), (others, other) = p, q
    yes = chance * (built("softplus", -others) - built("softplus", -logits))
    no = (1.0 - chance) * (built("softplus", others) - built("softplus", logits))
    return _unless(_is(chance, 0.0), _is(other, 0.0), yes) + _unless(_is(chance, 1.0), _is(other, 1.0), no)


def _categories(p: Parameters, q: Parameters) -> Node:
    (logs, chances), (others, other) = p, q
    return built("sum", _unless(_is(chances, 0.0), _is(other, 0.0), chances * (logs - others)), -1)


def _laplaces(p: Parameters, q: Parameters) -> Node:
    (loc, scale), (other, wide) = p, q
    ratio, away = scale / wide, built("abs", loc - other)
    return -log(ratio) + away / wide + ratio * built("exp", -away / scale) - 1.0


def _cauchys(p: Parameters, q: Parameters) -> Node:
    (loc, scale), (other, wide) = p, q
    return log((square(scale + wide) + square(loc - other)) / (4.0 * scale * wide))


def _gumbels(p: Parameters, q: Parameters) -> Node:
    (loc, scale), (other, wide) = p, q
    ratio, away = scale / wide, (other - loc) / wide
    euler = float(np.euler_gamma)
    return built("exp", away + built("lgamma", 1.0 + ratio)) - log(ratio) - away + euler * ratio - (1.0 + euler)


def _uniforms(p: Parameters, q: Parameters) -> Node:
    (low, high), (least, most) = p, q
    outside = built("logical_or", built("less", low, least), built("greater", high, most))
    wider = log((most - least) / (high - low))
    return built("where", outside, wider.lift(math.inf), wider)


def _gammas(p: Parameters, q: Parameters) -> Node:
    (a, rate), (other, quick) = p, q
    shapes = built("lgamma", other) - built("lgamma", a) + (a - other) * built("digamma", a)
    return other * log(rate / quick) + shapes + (quick - rate) * (a / rate)


def _betas(p: Parameters, q: Parameters) -> Node:
    (a, b), (other, last) = p, q
    made = built("betaln", other, last) - built("betaln", a, b)
    made = made + (a - other) * built("digamma", a) + (b - last) * built("digamma", b)
    return made + (other + last - a - b) * built("digamma", a + b)


def _poissons(p: Parameters, q: Parameters) -> Node:
    return p[0] * (log(p[0]) - log(q[0])) - (p[0] - q[0])


def _many(p: Parameters, q: Parameters) -> Node:
    (loc, factor), (other, wide) = p, q
    logs = log(built("diagonal", wide, 0, -2, -1)) - log(built("diagonal", factor, 0, -2, -1))
    spread = built("sum", square(solved(wide, factor)), (-2, -1))
    away = solved(wide, built("unsqueeze", other - loc, -1))
    return built("sum", logs, -1) + 0.5 * (spread + built("sum", square(away), (-2, -1)) - loc.shape[-1])


BETWEEN: dict[str, Distance] = {
    "Bernoulli": _bernoullis, "Beta": _betas, "Categorical": _categories, "Cauchy": _cauchys,
    "Exponential": _exponentials, "Gamma": _gammas, "Gumbel": _gumbels, "HalfNormal": _halves, "Laplace": _laplaces,
    "LogNormal": _normals, "MultivariateNormal": _many, "Normal": _normals, "Poisson": _poissons, "Uniform": _uniforms,
}  # fmt: skip
"""What kl_divergence is, by the kind that both are of, from the parameters of one and the other."""
