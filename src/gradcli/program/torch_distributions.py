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
from . import distribution_domains as domains
from .binding import Bound
from .distribution_distances import BETWEEN
from .distribution_kinds import KINDS, Formula, Kind, alike, category, scores
from .library import MEMBERS, built, member
from .objects import MISSING, Object, method
from .operators import BINARY
from .tracer import Tracer
from .values import Value, describe

NAMESPACES = (
    "bernoulli", "beta", "categorical", "cauchy", "exponential", "gamma", "gumbel", "half_normal", "laplace",
    "log_normal", "multivariate_normal", "normal", "poisson", "studentT", "uniform",
)  # fmt: skip
"""The modules of `torch.distributions`, which are named like what is in them."""


class Distribution(Object):
    """A distribution of a kind; values are its parameters, in one shape but for the axes of a single value.

    checked is whether it looks at the values that it is asked for.
    """

    __slots__ = ("checked", "kind_of", "reinterpreted", "values")

    def __init__(
        self, name: str, kind: Kind, values: Sequence[Node], fields: dict[str, Value], checked: bool = True
    ) -> None:
        super().__init__(name, fields)
        self.kind_of, self.values, self.reinterpreted, self.checked = kind, list(values), 0, checked

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
    _look_at(tracer, distribution, value)
    if kind.axes:
        loc, factor = values
        if value.shape[-1:] != loc.shape[-1:]:
            message = f"a value of {distribution.name} is {loc.shape[-1]} numbers, and here is shape {value.shape}"
            raise DataError(message, code="shape")
        value, loc = alike(value, loc)
        factor = built("broadcast_to", factor, (*loc.shape, loc.shape[-1]))
        return distribution.summed(kind.log_prob(value, loc, factor))
    return distribution.summed(kind.log_prob(*alike(value, *values)))


def _look_at(tracer: Tracer, distribution: Distribution, value: Node) -> None:
    """Raise DataError where a value is none that the distribution gives."""
    if not distribution.checked:
        return
    known = np.asarray(tracer.known(value))
    if distribution.name == "Uniform":
        low, high = (np.asarray(tracer.known(each)) for each in distribution.values)
        alike(value, *distribution.values)
        domains.check_between(known, low, high, distribution.name)
    else:
        domains.check(known, domains.VALUES.get(distribution.name, domains.REAL), f"a value of {distribution.name}")


def _along(what: str, x: str) -> None:
    """Declare a method of numbers of a distribution, if its kind has such a formula."""

    def call(tracer: Tracer, distribution: Value, value: Node) -> Value:
        formula: Formula | None = getattr(distribution.kind_of, what)
        if formula is None:
            raise ExpressionError(f"{distribution.name} has no {what} here", code="attribute")
        if what == "cdf":
            _look_at(tracer, distribution, value)
        return formula(*alike(value, *distribution.values))

    call.__doc__ = f"The {x}."
    method(Distribution, what)(call)


_along("cdf", "probability of a value that is not larger")
_along("icdf", "value for which cdf is a number")


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


def _validates(tracer: Tracer, validate_args: Value) -> bool:
    return validate_args is None or tracer.truth(validate_args)


def _declare(name: str, kind: Kind) -> None:
    def make(tracer: Tracer, *given: Value) -> Value:
        values = alike(*(tracer.node(each) for each in given[: len(kind.parameters)]))
        fields = dict(zip(kind.parameters, values, strict=True))
        checked = _validates(tracer, given[-1])
        if checked:
            known = {word: np.asarray(tracer.known(node)) for word, node in fields.items()}
            for word, array in known.items():
                domain = domains.NOT_NEGATIVE if name == "Poisson" else domains.PARAMETERS[word]
                domains.check(array, domain, f"{word} of {name}")
            if name == "Uniform":
                domains.check_order(known["low"], known["high"], name)
        return Distribution(name, kind, values, fields, checked)

    last = len(kind.parameters) - len(kind.defaults)
    parameters = [Parameter(each, "Value") for each in kind.parameters[:last]]
    known = zip(kind.parameters[last:], kind.defaults, strict=True)
    parameters += [Parameter(each, "Value", default) for each, default in known]
    parameters.append(Parameter("validate_args", "Value", None))
    MEMBERS[f"torch.distributions.{name}"] = Bound(name, parameters, make)


_OF_CHANCES = ("Bernoulli", "Categorical")
for _name, _kind in KINDS.items():
    if not _kind.axes and _name not in _OF_CHANCES:
        _declare(_name, _kind)


def _given(tracer: Tracer, name: str, probs: Value, logits: Value, checked: bool) -> Node:
    """One of two ways to say how probable something is. Raises ExpressionError, DataError."""
    if (probs is None) == (logits is None):
        raise ExpressionError(f"{name} takes probs or logits, one of the two", code="argument")
    word, node = ("logits", tracer.node(logits)) if probs is None else ("probs", tracer.node(probs))
    if name == "Categorical" and not node.shape:
        raise DataError("Categorical takes a number for each class, along the last axis", code="shape")
    if checked:
        domain = domains.NOT_NEGATIVE if name == "Categorical" and word == "probs" else domains.PARAMETERS[word]
        domains.check(np.asarray(tracer.known(node)), domain, f"{word} of {name}")
    return node


_LEAST = 2.0**-52
"""PyTorch takes probabilities for no less, and for no more than 1 less that, where it takes their logarithms."""


@member("torch.distributions.Bernoulli")
def bernoulli(tracer: Tracer, probs: Value = None, logits: Value = None, validate_args: Value = None) -> Value:
    """1 with a probability, or 0."""
    checked = _validates(tracer, validate_args)
    given = _given(tracer, "Bernoulli", probs, logits, checked)
    bounds = given.lift(_LEAST), given.lift(1.0 - _LEAST)
    odds = given if probs is None else built("logit", built("clip", given, *bounds))
    chances = built("sigmoid", given) if probs is None else given
    return Distribution("Bernoulli", KINDS["Bernoulli"], [odds, chances], {"probs": chances, "logits": odds}, checked)


@member("torch.distributions.Categorical")
def categorical(tracer: Tracer, probs: Value = None, logits: Value = None, validate_args: Value = None) -> Value:
    """A class, with probabilities that are proportional to probs, or to exp(logits)."""
    checked = _validates(tracer, validate_args)
    given = _given(tracer, "Categorical", probs, logits, checked)
    if probs is None:
        logs, chances = scores(given), built("softmax", given, -1)
    else:
        chances = BINARY["/"](tracer, given, built("sum", given, -1, True))
        if checked:
            domains.check(np.asarray(tracer.known(chances)), domains.SHARE, "a probability of Categorical")
        logs = built("log", built("clip", chances, given.lift(_LEAST), given.lift(1.0 - _LEAST)))
    fields = {"probs": chances, "logits": logs}
    return Distribution("Categorical", KINDS["Categorical"], [logs, chances], fields, checked)


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
    checked = _validates(tracer, validate_args)
    if checked:
        domains.check(np.asarray(tracer.known(loc)), domains.REAL, "loc of MultivariateNormal")
        domains.check_factor(np.asarray(tracer.known(factor)))
    (loc,) = alike(loc, built("zeros", tracer.graph, factor.shape[:-1]))[:1]
    factor = built("broadcast_to", factor, (*loc.shape, loc.shape[-1]))
    fields = {
        "loc": loc, "scale_tril": factor,
        "covariance_matrix": BINARY["@"](tracer, factor, built("swapaxes", factor, -1, -2)),
    }  # fmt: skip
    return Distribution("MultivariateNormal", KINDS["MultivariateNormal"], [loc, factor], fields, checked)


@member("torch.distributions.Independent")
def independent(
    tracer: Tracer, base_distribution: Value, reinterpreted_batch_ndims: Whole, validate_args: Value = None
) -> Value:
    """A distribution whose last axes are those of one value: their logarithms are added up."""
    base = _distribution(base_distribution)
    if not 0 <= reinterpreted_batch_ndims <= len(base.batch) - base.reinterpreted:
        raise DataError(f"{base.name} has {len(base.batch)} axes of its own", code="shape")
    made = Distribution(base.name, base.kind_of, base.values, {**base.fields, "base_dist": base}, base.checked)
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
    if first.reinterpreted != second.reinterpreted:
        message = f"values of one have {first.reinterpreted} axes more, and those of the other {second.reinterpreted}"
        raise DataError(message, code="shape", hint="make both Independent with as many axes")
    if formula is None or first.name != second.name:
        message = f"the divergence between {first.name} and {second.name} is not here"
        raise ExpressionError(message, code="argument", hint="(p.log_prob(x) - q.log_prob(x)).mean() estimates it")
    pairs = [alike(x, y) for x, y in zip(first.values, second.values, strict=True)]
    return first.summed(formula([x for x, _ in pairs], [y for _, y in pairs]))


for _name in KINDS:
    for _module in NAMESPACES:
        if _name.lower() == _module.replace("_", "").lower():
            MEMBERS[f"torch.distributions.{_module}.{_name}"] = MEMBERS[f"torch.distributions.{_name}"]
MEMBERS["torch.distributions.independent.Independent"] = MEMBERS["torch.distributions.Independent"]
