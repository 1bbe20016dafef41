"""Smaller things of NumPy's that fewer programs use: `np.c_`, `np.select`, `np.isin`, `np.finfo`, tests of equality."""

from __future__ import annotations

import numpy as np

from ..engine.functions import Flag
from ..engine.node import Node
from ..engine.operations.structural import concatenate
from ..errors import DataError, ExpressionError
from .binding import Bound
from .builtins import parameters_of
from .indexing import elements
from .library import MEMBERS, built, member
from .objects import Object
from .operators import COMPARISONS
from .routines import Routine
from .tracer import Tracer
from .values import Value


@member("numpy.isin", "torch.isin")
def isin(tracer: Tracer, elements: Node, test_elements: Node) -> Value:
    """Whether each element is one of others."""
    ours, theirs = built("unsqueeze", elements, -1), built("ravel", test_elements)
    return built("any", COMPARISONS["=="](tracer, ours, theirs), -1)


@member("numpy.select")
def select(tracer: Tracer, condlist: Value, choicelist: Value, default: Node | None = None) -> Value:
    """Of several arrays, element by element the first whose condition holds."""
    conditions = [tracer.node(each) for each in elements(tracer, condlist)]
    choices = [tracer.node(each) for each in elements(tracer, choicelist)]
    if len(conditions) != len(choices) or not choices:
        message = f"{len(conditions)} conditions choose from {len(choices)} arrays: there are as many"
        raise DataError(message, code="shape")
    made = tracer.node(0.0) if default is None else default
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        made = built("where", condition, choice, made)
    return made


class Columns(Object):
    """`np.c_`: what stands in its brackets as columns beside one another."""

    __slots__ = ()

    def own_method(self, name: str) -> Routine | None:
        """`__getitem__`, which is given all of them."""
        return _BESIDE if name == "__getitem__" else None


def _beside(tracer: Tracer, columns: Value, parts: Value) -> Value:
    given = parts if isinstance(parts, tuple) else (parts,)
    if any(isinstance(each, slice) for each in given):
        raise ExpressionError("np.c_ takes arrays here", code="index", hint="np.linspace(…) makes them")
    nodes = [tracer.node(each) for each in given]
    return concatenate([node if len(node.shape) > 1 else built("reshape", node, (-1, 1)) for node in nodes], -1)


_BESIDE = Bound("__getitem__", parameters_of(_beside), _beside)
MEMBERS["numpy.c_"] = Columns("c_")


@member("numpy.finfo", "torch.finfo")
def finfo(tracer: Tracer, dtype: Value = None) -> Value:
    """The limits of float64, which all numbers are."""
    found = np.finfo(np.float64)
    known = {"eps": found.eps, "max": found.max, "min": found.min, "tiny": found.tiny, "resolution": found.resolution}
    return Object("finfo", {name: float(value) for name, value in known.items()})


# ---- tests of equality ---------------------------------------------------------------------------------


def _same(tracer: Tracer, actual: Node, desired: Node, rtol: float, atol: float) -> None:
    """Raise an assertion where arrays differ by more than atol + rtol times the second."""
    ours, theirs = np.asarray(tracer.known(actual)), np.asarray(tracer.known(desired))
    try:
        same = np.isclose(ours, theirs, rtol, atol, equal_nan=True)
    except ValueError:
        raise DataError(f"arrays of shapes {ours.shape} and {theirs.shape} are not equal", code="assert") from None
    if not same.all():
        apart = float(np.nanmax(np.abs(ours - theirs)))
        message = f"the assertion does not hold: {np.count_nonzero(~same)} of {same.size} elements differ"
        raise DataError(f"{message}, by {apart:.3g} at most", code="assert")


@member("numpy.testing.assert_allclose")
def assert_allclose(
    tracer: Tracer, actual: Node, desired: Node, rtol: float = 1e-7, atol: float = 0.0, equal_nan: Flag = True,
    err_msg: Value = None,
) -> Value:  # fmt: skip
    """An assertion that arrays differ by no more than atol + rtol |desired|."""
    _same(tracer, actual, desired, rtol, atol)


@member("numpy.testing.assert_almost_equal", "numpy.testing.assert_array_almost_equal")
def assert_almost_equal(tracer: Tracer, actual: Node, desired: Node, decimal: float = 7.0) -> Value:
    """An assertion that arrays differ by less than 1.5 of a decimal."""
    _same(tracer, actual, desired, 0.0, 1.5 * 10.0**-decimal)


@member("numpy.testing.assert_array_equal", "numpy.testing.assert_equal")
def assert_array_equal(tracer: Tracer, actual: Node, desired: Node) -> Value:
    """An assertion that arrays are equal."""
    _same(tracer, actual, desired, 0.0, 0.0)


@member("torch.testing.assert_close")
def assert_close(tracer: Tracer, actual: Node, expected: Node, rtol: Value = None, atol: Value = None) -> Value:
    """An assertion that tensors differ by no more than atol + rtol |expected|."""
    relative, absolute = (1e-7 if each is None else tracer.number(each, "a tolerance") for each in (rtol, atol))
    _same(tracer, actual, expected, relative, absolute)
