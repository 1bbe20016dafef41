"""Python's own `random`: numbers from the program's one generator."""

from __future__ import annotations

import math

from ..engine.functions import Whole
from ..errors import DataError, ExpressionError
from .builtins import BUILTINS
from .indexing import elements
from .library import MEMBERS, member
from .tracer import Tracer
from .values import Value, describe

MEMBERS["random.seed"] = BUILTINS["manual_seed"]


@member("random.random")
def random(tracer: Tracer) -> Value:
    """A number from 0 to below 1."""
    return float(tracer.graph.random.random())


@member("random.uniform")
def uniform(tracer: Tracer, a: float, b: float) -> Value:
    """A number between two."""
    return a + (b - a) * float(tracer.graph.random.random())


@member("random.gauss", "random.normalvariate")
def gauss(tracer: Tracer, mu: float = 0.0, sigma: float = 1.0) -> Value:
    """A normal number."""
    return mu + sigma * float(tracer.graph.random.standard_normal())


@member("random.randint")
def randint(tracer: Tracer, a: Whole, b: Whole) -> Value:
    """A whole number from a to b, both counted in."""
    if not -(2**53) <= a <= b <= 2**53:
        raise DataError(f"there is no whole number from {a} to {b} to draw")
    return float(tracer.graph.random.integers(a, b + 1))


@member("random.randrange")
def randrange(tracer: Tracer, *bounds: Whole) -> Value:
    """A whole number of a range."""
    if not 1 <= len(bounds) <= 3 or bounds[2:] == (0,):
        raise DataError("randrange takes stop, or start, stop and a step other than 0")
    return choice(tracer, range(*bounds))


@member("random.choice")
def choice(tracer: Tracer, seq: Value) -> Value:
    """One of the entries."""
    items = seq if isinstance(seq, range) else elements(tracer, seq)
    if not items:
        raise DataError("there is nothing to choose from")
    item = items[int(tracer.graph.random.integers(len(items)))]
    return float(item) if isinstance(seq, range) else item


@member("random.choices")
def choices(tracer: Tracer, population: Value, weights: Value = None, k: Whole = 1) -> Value:
    """Some of the entries, each perhaps several times, as likely as their weights say."""
    items = elements(tracer, population)
    given = (
        [1.0] * len(items)
        if weights is None
        else [tracer.number(each, "a weight") for each in elements(tracer, weights)]
    )
    if len(given) != len(items) or not 0 < sum(given) < math.inf or min(given) < 0:
        raise DataError("every entry has a weight, none is negative or infinite, and not all are 0")
    tracer.charge_entries(max(k, 0))
    places = tracer.graph.random.choice(len(items), max(k, 0), p=[each / sum(given) for each in given])
    return [items[i] for i in places]


@member("random.sample")
def sample(tracer: Tracer, population: Value, k: Whole) -> Value:
    """So many of the entries, each once."""
    items = elements(tracer, population)
    if not 0 <= k <= len(items):
        raise DataError(f"{k} of {len(items)} entries cannot be drawn")
    return [items[i] for i in tracer.graph.random.permutation(len(items))[:k]]


@member("random.shuffle")
def shuffle(tracer: Tracer, x: Value) -> Value:
    """Bring a list in a random order, in place."""
    if not isinstance(x, list):
        raise ExpressionError(f"{describe(x)} cannot be changed in place", code="type")
    x[:] = [x[i] for i in tracer.graph.random.permutation(len(x))]
