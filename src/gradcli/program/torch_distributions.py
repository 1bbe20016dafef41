"""`torch.distributions`: the logarithms of densities, which can be differentiated, and numbers that are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine.functions import Parameter, Shape, Whole
from ..engine.node import Node, check_shape
from ..engine.operations.selection import detach
from ..errors import DataError, ExpressionError
from .binding import Bound
from .distribution_kinds import BETWEEN, KINDS, Formula, Kind, alike, category, scores
from .library import MEMBERS, built, member
from .objects import MISSING, Object, method
from .operators import BINARY
from .tracer import Tracer
from .values import Value, describe


class Distribution(Object):
    """A distribution of a kind; values are its parameters, in one shape but for the axes of a single value."""

    __slots__ = ("kind_of", "reinterpreted", "values")

    def __init__(self, name: str, kind: Kind, values: Sequence[Node], fields: dict[str, Value]) -> None:
        super().__init__(name, fields)
        self.kind_of, self.values, self.reinterpreted = kind, list(values), 0

    @property
    def batch(self) -> tuple[int, ...]:
        """The shape of its values, without the axes of a single one."""
        shape = self.values[0].shape
        return shape[: len(shape) - self.kind_of.axes]

    def held(self, name: str) -> Value:
        found = super().held(name)
        asked = _READ.get(name)
        return asked(self) if found is MISSING and asked is not None else found

    def summed(self, node: Node) -> Node:
        """The sum along the axes that `Independent` counts as those of a single value."""
        return built("sum", node, tuple(range(-self.reinterpreted, 0))) if self.reinterpreted else node


def _asked(what: str) -> Callable[[Distribution], Value]:
    def read(distribution: Distribution) -> Value:
        formula: Formula | None = getattr(distribution.kind_of, what)
        if formula is None:
            raise ExpressionError(f"{distribution.name} has no {what} here", code="attribute")
        return formula(*distribution.values)

    return read


def _shape(of_batch: bool) -> Callable[[Distribution], Value]:
    def read(distribution: Distribution) -> Value:
        cut = len(distribution.batch) - distribution.reinterpreted
        own = distribution.values[0].shape if distribution.name != "Categorical" else distribution.batch
        return tuple(float(size) for size in (own[:cut] if of_batch else own[cut:]))

    return read


_READ: dict[str, Callable[[Distribution], Value]] = {
    "batch_shape": _shape(True),
    "event_shape": _shape(False),
    "mean": _asked("mean"),
    "stddev": lambda distribution: built("sqrt", _asked("variance")(distribution)),
    "variance": _asked("variance"),
}
"""What can be read of a distribution, beside its parameters."""


@method(Distribution, "log_prob")
def log_prob(tracer: Tracer, distribution: Value, value: Node) -> Value:
    """The logarithm of the density, or of the probability, of a value."""
    values, kind = distribution.values, distribution.kind_of
    if distribution.name == "Categorical":
        return distribution.summed(category(np.asarray(tracer.known(value)), *values))
    if kind.axes:
        loc, factor = values
        value, loc = alike(value, loc)
        factor = built("broadcast_to", factor, (*loc.shape, loc.shape[-1]))
        return distribution.summed(kind.log_prob(value, loc, factor))
    return distribution.summed(kind.log_prob(*alike(value, *values)))


@method(Distribution, "entropy")
def entropy(tracer: Tracer, distribution: Value) -> Value:
    """The mean of -log_prob."""
    return distribution.summed(_asked("entropy")(distribution))


def _sizes(tracer: Tracer, distribution: Distribution, shape: tuple[int, ...]) -> tuple[int, ...]:
    whole = (*shape, *distribution.values[0].shape)
    if any(size < 0 for size in shape):
        raise DataError(f"shape {shape} has a negative size", code="shape")
    check_shape(whole, tracer.graph.place)
    return whole


@method(Distribution, "rsample")
def rsample(tracer: Tracer, distribution: Value, sample_shape: Shape = ()) -> Value:
    """Numbers drawn as a function of the parameters, for which they can be differentiated."""
    move = distribution.kind_of.moved
    if move is None:
        message = f"what is drawn of {distribution.name} is no function of its parameters here"
        raise ExpressionError(message, code="argument", hint="sample() draws; log_prob() has the derivatives")
    whole = _sizes(tracer, distribution, sample_shape)

    def noise(draw: Callable[..., NDArray[Any]]) -> Node:
        return tracer.graph.constant(draw(tracer.graph.random, whole))

    first, *rest = distribution.values
    shapes = [(*whole, *node.shape[len(first.shape) :]) for node in rest]
    rest = [built("broadcast_to", node, shape) for node, shape in zip(rest, shapes, strict=True)]
    return move(noise, built("broadcast_to", first, whole), *rest)


@method(Distribution, "sample")
def sample(tracer: Tracer, distribution: Value, sample_shape: Shape = ()) -> Value:
    """Numbers drawn, unrecorded."""
    draw = distribution.kind_of.drawn
    if draw is None:
        return detach(rsample(tracer, distribution, sample_shape))
    whole = _sizes(tracer, distribution, sample_shape)
    known = [np.broadcast_to(tracer.known(node), whole) for node in distribution.values]
    with np.errstate(all="ignore"):
        try:
            return tracer.graph.constant(np.asarray(draw(tracer.graph.random, *known), dtype=np.float64))
        except ValueError:
            raise DataError(f"the parameters of {distribution.name} are out of range") from None


# ---- as they are made ----------------------------------------------------------------------------------


def _declare(name: str, kind: Kind) -> None:
    def make(tracer: Tracer, *given: Value) -> Value:
        values = alike(*(tracer.node(each) for each in given[: len(kind.parameters)]))
        return Distribution(name, kind, values, dict(zip(kind.parameters, values, strict=True)))

    last = len(kind.parameters) - len(kind.defaults)
    parameters = [Parameter(each, "Value") for each in kind.parameters[:last]]
    known = zip(kind.parameters[last:], kind.defaults, strict=True)
    parameters += [Parameter(each, "Value", default) for each, default in known]
    parameters.append(Parameter("validate_args", "Value", None))
    MEMBERS[f"torch.distributions.{name}"] = Bound(name, parameters, make)


for _name, _kind in KINDS.items():
    if not _kind.axes and _name != "Bernoulli":
        _declare(_name, _kind)


def _one_of(name: str, first: Value, second: Value) -> None:
    if (first is None) == (second is None):
        raise ExpressionError(f"{name} takes probs or logits, one of the two", code="argument")


@member("torch.distributions.Bernoulli")
def bernoulli(tracer: Tracer, probs: Value = None, logits: Value = None, validate_args: Value = None) -> Value:
    """1 with a probability, or 0."""
    _one_of("Bernoulli", probs, logits)
    odds = tracer.node(logits) if probs is None else built("logit", tracer.node(probs))
    chances = built("sigmoid", odds) if probs is None else tracer.node(probs)
    return Distribution("Bernoulli", KINDS["Bernoulli"], [odds], {"probs": chances, "logits": odds})


@member("torch.distributions.Categorical")
def categorical(tracer: Tracer, probs: Value = None, logits: Value = None, validate_args: Value = None) -> Value:
    """A class, with probabilities that are proportional to probs, or to exp(logits)."""
    _one_of("Categorical", probs, logits)
    logs = tracer.node(logits) if probs is None else built("log", tracer.node(probs))
    if not logs.shape:
        raise DataError("Categorical takes a number for each class, along the last axis", code="shape")
    fields = {"probs": built("softmax", logs, -1), "logits": scores(logs)}
    return Distribution("Categorical", KINDS["Categorical"], [logs], fields)


@member("torch.distributions.MultivariateNormal")
def multivariate_normal(
    tracer: Tracer, loc: Node, covariance_matrix: Value = None, precision_matrix: Value = None,
    scale_tril: Value = None, validate_args: Value = None,
) -> Value:  # fmt: skip
    """Several normal numbers with their covariances."""
    given = [each for each in (covariance_matrix, precision_matrix, scale_tril) if each is not None]
    if len(given) != 1:
        message = "MultivariateNormal takes covariance_matrix, precision_matrix or scale_tril, one of the three"
        raise ExpressionError(message, code="argument")
    matrix = tracer.node(given[0])
    if not loc.shape or matrix.shape[-2:] != (loc.shape[-1],) * 2:
        raise DataError(f"a matrix of shape {matrix.shape} for numbers of shape {loc.shape}", code="shape")
    matrix = built("inv", matrix) if precision_matrix is not None else matrix
    factor = matrix if scale_tril is not None else built("cholesky", matrix)
    (loc,) = alike(loc, built("zeros", tracer.graph, factor.shape[:-1]))[:1]
    factor = built("broadcast_to", factor, (*loc.shape, loc.shape[-1]))
    fields = {
        "loc": loc, "scale_tril": factor,
        "covariance_matrix": BINARY["@"](tracer, factor, built("swapaxes", factor, -1, -2)),
    }  # fmt: skip
    return Distribution("MultivariateNormal", KINDS["MultivariateNormal"], [loc, factor], fields)


@member("torch.distributions.Independent")
def independent(
    tracer: Tracer, base_distribution: Value, reinterpreted_batch_ndims: Whole, validate_args: Value = None
) -> Value:
    """A distribution whose last axes are those of one value: their logarithms are added up."""
    base = _distribution(base_distribution)
    if not 0 <= reinterpreted_batch_ndims <= len(base.batch) - base.reinterpreted:
        raise DataError(f"{base.name} has {len(base.batch)} axes of its own", code="shape")
    made = Distribution(base.name, base.kind_of, base.values, {**base.fields, "base_dist": base})
    made.reinterpreted = base.reinterpreted + reinterpreted_batch_ndims
    return made


def _distribution(value: Value) -> Distribution:
    if not isinstance(value, Distribution):
        raise ExpressionError(f"{describe(value)} is no distribution", code="type")
    return value


# ---- how far two are apart -----------------------------------------------------------------------------


@member("torch.distributions.kl_divergence", "torch.distributions.kl.kl_divergence")
def kl_divergence(tracer: Tracer, p: Value, q: Value) -> Value:
    """The mean, under p, of log p - log q."""
    first, second = _distribution(p), _distribution(q)
    formula = BETWEEN.get(first.name)
    if formula is None or first.name != second.name:
        message = f"the divergence between {first.name} and {second.name} is not here"
        raise ExpressionError(message, code="argument", hint="(p.log_prob(x) - q.log_prob(x)).mean() estimates it")
    pairs = [alike(x, y) for x, y in zip(first.values, second.values, strict=True)]
    return first.summed(formula([x for x, _ in pairs], [y for _, y in pairs]))


for _name in KINDS:
    for _module in ("normal", "categorical", "bernoulli", "multivariate_normal", "uniform"):
        if _name.lower() == _module.replace("_", ""):
            MEMBERS[f"torch.distributions.{_module}.{_name}"] = MEMBERS[f"torch.distributions.{_name}"]
