"""NumPy's `default_rng`: sources of random numbers, which give what NumPy gives for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.functions import REQUIRED, Flag, Parameter, Whole
from ..engine.node import Node, check_shape
from ..engine.operations.indexing import index
from ..errors import DataError, ExpressionError
from .binding import Bound
from .in_place import change
from .library import member
from .objects import Object, method
from .operators import BINARY
from .tracer import Tracer
from .values import Tensor, Value, describe


class Source(Object):
    """What `default_rng` gives."""

    __slots__ = ("random",)

    def __init__(self, random: np.random.Generator) -> None:
        super().__init__("Generator")
        self.random = random


@member("numpy.random.default_rng")
def default_rng(tracer: Tracer, seed: Value = None) -> Value:
    """A source of random numbers: from a seed, or from the program's own."""
    if seed is None:
        return Source(np.random.default_rng(int(tracer.graph.random.integers(2**53))))
    number = tracer.whole(seed, "a seed")
    if number < 0:
        raise DataError("a seed is a whole number that is not negative")
    return Source(np.random.default_rng(number))


def _shape(tracer: Tracer, size: Value) -> tuple[int, ...] | None:
    """A size as a shape. Raises DataError, LimitError."""
    if size is None:
        return None
    found = tuple(tracer.whole(each, "a size") for each in (size if isinstance(size, (list, tuple)) else [size]))
    if any(each < 0 for each in found):
        raise DataError(f"shape {found} has a negative size", code="shape")
    check_shape(found, tracer.graph.place)
    return found


def _given(tracer: Tracer, draw: Callable[[], Any]) -> Value:
    """What a source draws, as an array or a number. Raises DataError for what it refuses."""
    try:
        found = draw()
    except ValueError as error:
        raise DataError(f"these numbers cannot be drawn: {error}") from None
    return tracer.graph.constant(np.asarray(found, dtype=np.float64)) if np.ndim(found) else float(found)


# ---- numbers that are moved and scaled -----------------------------------------------------------------


def _common(tracer: Tracer, first: Node, second: Node, size: Value) -> tuple[int, ...]:
    """The shape of what is to be drawn. Raises DataError where arrays do not fit each other, or the size."""
    shape = _shape(tracer, size)
    try:
        whole = np.broadcast_shapes(first.shape, second.shape, *(() if shape is None else (shape,)))
    except ValueError:
        shapes = f"shapes {first.shape} and {second.shape}"
        raise DataError(f"{shapes} do not fit each other, or the size that is to be drawn", code="shape") from None
    if shape is not None and whole != shape:
        raise DataError(f"arrays of shape {whole} are drawn for a size of {shape}", code="shape")
    return whole


def _check(tracer: Tracer, width: Node, what: str) -> None:
    if (np.asarray(tracer.known(width)) < 0).any():
        raise DataError(f"{what} is not negative")


@method(Source, "normal")
def normal(
    tracer: Tracer, source: Value, loc: Node | None = None, scale: Node | None = None, size: Value = None
) -> Value:
    """Normal numbers of a mean and a standard deviation, for which they can be differentiated."""
    mean, width = (tracer.node(0.0) if loc is None else loc), (tracer.node(1.0) if scale is None else scale)
    _check(tracer, width, "scale")
    drawn = tracer.graph.constant(source.random.standard_normal(_common(tracer, mean, width, size)))
    return BINARY["+"](tracer, mean, BINARY["*"](tracer, width, drawn))


@method(Source, "uniform")
def uniform(
    tracer: Tracer, source: Value, low: Node | None = None, high: Node | None = None, size: Value = None
) -> Value:
    """Numbers between two, for which they can be differentiated."""
    least, most = (tracer.node(0.0) if low is None else low), (tracer.node(1.0) if high is None else high)
    shape = _common(tracer, least, most, size)
    width = BINARY["-"](tracer, most, least)
    _check(tracer, width, "high less low")
    drawn = tracer.graph.constant(source.random.random(shape))
    return BINARY["+"](tracer, least, BINARY["*"](tracer, width, drawn))


# ---- numbers of a distribution -------------------------------------------------------------------------

_DRAWS: dict[str, tuple[Callable[..., Any], dict[str, Value]]] = {
    "beta": (np.random.Generator.beta, {"a": REQUIRED, "b": REQUIRED}),
    "binomial": (np.random.Generator.binomial, {"n": REQUIRED, "p": REQUIRED}),
    "exponential": (np.random.Generator.exponential, {"scale": 1.0}),
    "gamma": (np.random.Generator.gamma, {"shape": REQUIRED, "scale": 1.0}),
    "laplace": (np.random.Generator.laplace, {"loc": 0.0, "scale": 1.0}),
    "lognormal": (np.random.Generator.lognormal, {"mean": 0.0, "sigma": 1.0}),
    "poisson": (np.random.Generator.poisson, {"lam": 1.0}),
    "random": (np.random.Generator.random, {}),
    "standard_normal": (np.random.Generator.standard_normal, {}),
}


def _declare(name: str, draw: Callable[..., Any], known: dict[str, Value]) -> None:
    """Declare a method that takes numbers or arrays, then a size."""

    def call(tracer: Tracer, source: Value, *given: Value) -> Value:
        *numbers, size = given
        shape = _shape(tracer, size)
        values = [np.asarray(tracer.known(tracer.node(each))) for each in numbers]
        whole = [each.astype(np.int64) if name == "binomial" and i == 0 else each for i, each in enumerate(values)]
        return _given(tracer, lambda: draw(source.random, *whole, size=shape))

    parameters = [Parameter("source", "Value"), *(Parameter(word, "Value", value) for word, value in known.items())]
    Source.METHODS[name] = Bound(name, [*parameters, Parameter("size", "Value", None)], call)


for _name, (_draw, _known) in _DRAWS.items():
    _declare(_name, _draw, _known)


# ---- whole numbers, and choices ------------------------------------------------------------------------


@method(Source, "integers")
def integers(
    tracer: Tracer, source: Value, low: Whole, high: Value = None, size: Value = None, endpoint: Flag = False
) -> Value:
    """Whole numbers from low (0 where only one bound is given) to below high."""
    first, last = (0, low) if high is None else (low, tracer.whole(high, "high"))
    if not -(2**53) <= first < last + endpoint <= 2**53:
        raise DataError(f"there is no whole number from {first} to below {last + endpoint} to draw")
    shape = _shape(tracer, size)
    return _given(tracer, lambda: source.random.integers(first, last, shape, endpoint=endpoint))


@method(Source, "choice")
def choice(tracer: Tracer, source: Value, a: Value, size: Value = None, replace: Flag = True, p: Value = None) -> Value:
    """Entries of an array, or whole numbers below one."""
    node, shape = tracer.node(a), _shape(tracer, size)
    chances = None if p is None else np.asarray(tracer.known(tracer.node(p)))
    count = node.shape[0] if node.shape else tracer.whole(node, "what choice takes")
    places = _given(tracer, lambda: source.random.choice(count, shape, replace, chances))
    if not node.shape:
        return places
    return index(node, (np.asarray(tracer.known(tracer.node(places))).astype(np.intp),))


@method(Source, "permutation")
def permutation(tracer: Tracer, source: Value, x: Node) -> Value:
    """The entries of an array in a random order; of a number, the whole numbers below it."""
    if not x.shape:
        return tracer.graph.constant(source.random.permutation(tracer.whole(x, "what permutation takes")))
    return index(x, (source.random.permutation(x.shape[0]),))


@method(Source, "shuffle")
def shuffle(tracer: Tracer, source: Value, x: Value) -> Value:
    """Bring a list or an array in a random order, in place."""
    if isinstance(x, list):
        x[:] = [x[i] for i in source.random.permutation(len(x))]
    elif isinstance(x, Tensor):
        change(tracer, x, permutation(tracer, source, x.node))
    else:
        raise ExpressionError(f"{describe(x)} cannot be changed in place", code="type")
