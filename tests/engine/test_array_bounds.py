"""Arrays as large as the bound are made, larger ones are refused, and what is far too large is refused before any work."""

from __future__ import annotations

import time

import numpy as np
import pytest

import gradcli
from gradcli import limits
from gradcli.errors import LimitError

GIVEN = {"v": np.arange(1.0, 5.0), "w": np.arange(1.0, 4.0), "A": np.arange(1.0, 7.0).reshape(2, 3), "n": np.array(2.0)}
EDGES: dict[str, int] = {
    # what is written: the elements of the largest array on the way
    "tile(v, 3)": 12, "tile(A, 3)": 18, "tile(A, (2, 2))": 24, "tile(A, (2, 1, 2))": 24, "tile(v, (1, 5))": 20, "repeat(v, 3)": 12, "repeat(A, 2, 1)": 12,
    "pad(v, (3, 4))": 11, "pad(A, (2, 3))": 56, "pad(A, [[0, 0], [2, 2]])": 14, "pad(A, (2, 2), 'edge')": 42,
    "vander(v)": 16, "vander(v, 5)": 20, "vander(v, 6, increasing=True)": 24, "convolve(v, w)": 18, "convolve(w, v)": 18, "convolve(v, v)": 28,
    "correlate(v, w, 'same')": 18, "interp(w, v, v)": 12, "interp(A, w, w)": 18, "searchsorted(v, w)": 12, "searchsorted(v, A)": 24,
    "diag(v, 2)": 36, "diag_embed(A)": 18, "diag_embed(A, -1)": 32, "diagflat(A, 1)": 49, "tri(3, 5)": 15, "tri(4)": 16, "eye(3, 4)": 12, "eye(4)": 16,
    "outer(v, w)": 12, "kron(A, A)": 36, "meshgrid(v, w)[0]": 12, "meshgrid(v, w, v)[0]": 48, "meshgrid(v, w, v, indexing='ij')[2]": 48,
    "zeros(3, 4)": 12, "full((2, 7), n)": 14, "arange(13)": 13, "arange(0, 3, 0.25)": 12, "linspace(0, 1, 9)": 9, "linspace(n, 1, 9)": 9,
    "logspace(0, 1, 9)": 9, "geomspace(1, 2, 9)": 9, "randn(3, 5)": 15, "rand(3, 5)": 15, "broadcast_to(v, (5, 4))": 20,
    "einsum('ij,k->ijk', A, v)": 24, "tensordot(A, v, 0)": 24, "concatenate([v, v, w])": 11, "stack([v, v, v])": 12, "block_diag(A, A)": 24,
}  # fmt: skip


@pytest.mark.parametrize("written", EDGES)
def test_the_bound_is_the_largest_that_is_made(written):
    given = {name: value for name, value in GIVEN.items() if name in written.replace("einsum", "").replace("range", "")}
    with limits.overridden({"elements": EDGES[written]}):
        assert np.isfinite(gradcli.eval(written, given).value).all()
    with limits.overridden({"elements": EDGES[written] - 1}), pytest.raises(LimitError, match="elements"):
        gradcli.eval(written, given)


FAR = [
    "tile(v, 10**12)", "tile(A, (10**7, 10**7))", "repeat(v, 10**12)", "repeat(v, [10**12, 0, 0, 0])", "pad(v, 10**12)", "pad(v, (10**12, 0))",
    "pad(v, (0, 10**12))", "pad(A, [[0, 0], [10**12, 0]])", "pad(v, 10**12, 'wrap')", "vander(v, 10**12)", "diag(v, 10**6)", "diag(v, -10**6)",
    "tri(10**6)", "tri(2, 10**12)", "tri(10**12, 2)", "eye(10**6)", "eye(2, 10**12)", "zeros(10**6, 10**6)", "ones(10**12)", "full((10**6, 10**6), 1)",
    "arange(10**12)", "arange(0, 1, 10**-12)", "linspace(0, 1, 10**12)", "linspace(n, 1, 10**12)", "logspace(0, 1, 10**12)", "geomspace(1, 2, 10**12)",
    "randn(10**12)", "rand(10**6, 10**6)", "broadcast_to(v, (10**12, 4))",
    "convolve(arange(20000), arange(20000))", "interp(arange(20000), arange(20000), arange(20000))", "searchsorted(arange(20000), arange(20000))",
    "meshgrid(arange(20000), arange(20000))", "outer(arange(20000), arange(20000))", "diagflat(arange(20000))",
]  # fmt: skip


@pytest.mark.parametrize("written", FAR)
def test_what_is_far_too_large_is_refused_at_once(written):
    given = {name: GIVEN[name] for name in "vAn" if f"({name}," in written}
    began = time.perf_counter()
    with pytest.raises(LimitError, match="elements"):
        gradcli.eval(written, given)
    assert time.perf_counter() - began < 2.0


@pytest.mark.parametrize("order", [1, 2, 3])
def test_derivatives_of_a_determinant_have_their_bound(order):
    """The k-th of an n by n matrix multiplies n**(k + 1) numbers, whatever it is asked for along."""
    n = 7
    expression = "det(A + t*B)"
    given = {"A": np.eye(n), "B": np.ones((n, n)), "t": 0.5}
    with limits.overridden({"elements": n ** max(2, order)}):
        gradcli.grad(expression, given, wrt=["t"], order=order)
    with limits.overridden({"elements": n ** max(2, order) - 1}), pytest.raises(LimitError):
        gradcli.grad(expression, given, wrt=["t"], order=order)
