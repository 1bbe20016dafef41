"""Random numbers as PyTorch, NumPy and JAX ask for them, beside those that the language draws itself.

PyTorch's and NumPy's come from the program's one generator, which `--seed` and `manual_seed` start. JAX's come from
keys: two whole numbers, as there, of which the same numbers are made whenever they are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..engine.functions import Data, Flag, Shape, Whole
from ..engine.node import Node, check_shape
from ..engine.operations.indexing import index
from ..errors import DataError
from .binding import Bound
from .builtins import parameters_of
from .code import CallSite
from .library import MEMBERS, member
from .routines import Keywords, Routine
from .tracer import Tracer
from .values import Value

if TYPE_CHECKING:
    from numpy.random import Generator, SeedSequence


def _checked(tracer: Tracer, *shape: int) -> tuple[int, ...]:
    """A shape that can be had. Raises DataError, LimitError."""
    if any(size < 0 for size in shape):
        raise DataError(f"shape {shape} has a negative size", code="shape")
    check_shape(shape, tracer.graph.place)
    return shape


# ---- whole numbers and orders --------------------------------------------------------------------------


@member("torch.randperm")
def randperm(tracer: Tracer, n: Whole) -> Value:
    """The whole numbers below n, in a random order."""
    return tracer.graph.constant(tracer.graph.random.permutation(*_checked(tracer, n)))


@member("numpy.random.permutation")
def permutation(tracer: Tracer, x: Node) -> Value:
    """The entries of an array in a random order; of a number, the whole numbers below it."""
    if not x.shape:
        return randperm(tracer, tracer.whole(x, "what permutation takes"))
    return index(x, (tracer.graph.random.permutation(x.shape[0]),))


def _whole(tracer: Tracer, source: Generator, low: int, high: int, shape: Sequence[int]) -> Node:
    """Whole numbers from low to below high. Raises DataError where there are none."""
    if not -(2**53) <= low < high <= 2**53:
        raise DataError(f"there is no whole number from {low} to below {high} to draw")
    return tracer.graph.constant(source.integers(low, high, _checked(tracer, *shape)))


class _Randint(Routine):
    """`randint`: whole numbers from low (0 unless told) to below high."""

    __slots__ = ("_from_zero", "_full")

    def __init__(self) -> None:
        super().__init__("randint")

        def full(tracer: Tracer, low: Whole, high: Whole, size: Shape = ()) -> Value:
            return _whole(tracer, tracer.graph.random, low, high, size)

        def from_zero(tracer: Tracer, high: Whole, size: Shape = ()) -> Value:
            return _whole(tracer, tracer.graph.random, 0, high, size)

        self._full = Bound(self.name, parameters_of(full), full)
        self._from_zero = Bound(self.name, parameters_of(from_zero), from_zero)

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        second = arguments[1] if len(arguments) > 1 else None
        sized = second is None or isinstance(second, (tuple, list))  # as in randint(high, size)
        full = "low" in keywords or len(arguments) > 2 or not sized or (bool(arguments) and "high" in keywords)
        chosen = self._full if full else self._from_zero
        return chosen.invoke(tracer, arguments, keywords, site)


MEMBERS["torch.randint"] = MEMBERS["numpy.random.randint"] = _Randint()


# ---- JAX's keys ----------------------------------------------------------------------------------------


def _seeds(key: Data) -> SeedSequence:
    """What a key starts. Raises DataError where it is none."""
    if key.shape != (2,) or not all(0 <= each < 2**32 and each == int(each) for each in key):
        raise DataError("a key is what jax.random.key or jax.random.split gives", code="argument")
    return np.random.SeedSequence([int(each) for each in key])


def _generator(key: Data) -> Generator:
    return np.random.default_rng(_seeds(key))


@member("jax.random.key", "jax.random.PRNGKey")
def key(tracer: Tracer, seed: Whole) -> Value:
    """The key of a seed."""
    if not 0 <= seed < 2**53:
        raise DataError("a seed is a whole number that is not negative")
    return tracer.graph.constant(np.array(divmod(seed, 2**32)))


@member("jax.random.split")
def split(tracer: Tracer, key: Data, num: Whole = 2) -> Value:
    """Several keys made of one."""
    shape = _checked(tracer, num, 2)
    return tracer.graph.constant(_seeds(key).generate_state(2 * num).reshape(shape))


@member("jax.random.fold_in")
def fold_in(tracer: Tracer, key: Data, data: Whole) -> Value:
    """The key made of a key and a whole number."""
    _seeds(key)
    if not 0 <= data < 2**32:
        raise DataError("what is folded into a key is a whole number from 0 to below 2**32")
    return tracer.graph.constant(np.random.SeedSequence([*map(int, key), data]).generate_state(2))


@member("jax.random.normal")
def normal(tracer: Tracer, key: Data, shape: Shape = ()) -> Value:
    """Normally distributed numbers."""
    return tracer.graph.constant(_generator(key).standard_normal(_checked(tracer, *shape)))


@member("jax.random.uniform")
def uniform(tracer: Tracer, key: Data, shape: Shape = (), minval: float = 0.0, maxval: float = 1.0) -> Value:
    """Evenly distributed numbers, from minval to below maxval."""
    drawn = _generator(key).random(_checked(tracer, *shape))
    return tracer.graph.constant(minval + drawn * (maxval - minval))


@member("jax.random.bernoulli")
def bernoulli(tracer: Tracer, key: Data, p: float = 0.5, shape: Shape = ()) -> Value:
    """1 with probability p, else 0."""
    return tracer.graph.constant(_generator(key).random(_checked(tracer, *shape)) < p)


@member("jax.random.randint")
def randint(tracer: Tracer, key: Data, shape: Shape, minval: Whole, maxval: Whole) -> Value:
    """Whole numbers from minval to below maxval."""
    return _whole(tracer, _generator(key), minval, maxval, shape)


@member("jax.random.permutation")
def permutation_of(tracer: Tracer, key: Data, x: Node, independent: Flag = False) -> Value:
    """The entries of an array in a random order; of a number, the whole numbers below it."""
    if independent:
        raise DataError("permutation takes whole entries here", code="argument")
    if x.shape:
        return index(x, (_generator(key).permutation(x.shape[0]),))
    n = tracer.whole(x, "what permutation takes")
    return tracer.graph.constant(_generator(key).permutation(*_checked(tracer, n)))
