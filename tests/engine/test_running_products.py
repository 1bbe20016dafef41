"""Products of numbers of any size, and the recurrences that their derivatives are, against exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import gradcli
from gradcli.engine import zeros
from gradcli.engine.operations.running_products import last_product, others, recurrence, running_product
from gradcli.engine.zeros import Traced

inf, nan = math.inf, math.nan
SIZES = [
    [1e200, 1e-200, 1e200, 1e-200], [1e-200, 1e200, 1e200, 1e-200, 0.5], [1e200, 1e200, 1e-200], [3.0, 1e-200, 1e-200, 1e300, -2.0],
    [1e200, 0.0, 1e200], [5e-324, 1e300, 2.0], [1e-160, 1e-160, -1e160, 1e160, 7.0],
    [1e-200, 3.0, 1e200, 1e200], [1e200, 1e200, 3.0, 1e-200],
]  # fmt: skip


def exact(factors: list[float]) -> float:
    found = Fraction(1)
    for each in factors:
        found *= Fraction(each)
    try:
        return float(found)
    except OverflowError:
        return inf if found > 0 else -inf


@pytest.mark.parametrize("x", SIZES, ids=str)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_products_of_any_size(x, mode):
    found = gradcli.grad("prod(x)", {"x": x}, mode=mode)
    assert_allclose(found.value, exact(x), rtol=1e-15)
    assert_allclose(found.gradient["x"], [exact(x[:i] + x[i + 1 :]) for i in range(len(x))], rtol=1e-15)


@pytest.mark.parametrize("x", SIZES, ids=str)
def test_running_products_are_taken_in_order(x):
    """As NumPy does; and the slopes backward, from the last."""
    with np.errstate(all="ignore"):
        assert_array_equal(gradcli.eval("cumprod(x)", {"x": x}).value, np.cumprod(x))
    if x in (SIZES[0], SIZES[1], SIZES[4]):  # where none on the way leaves float64
        for k in range(len(x)):
            found = gradcli.grad("cumprod(x)[k]", {"x": x, "k": k}, wrt=["x"], mode="reverse").gradient["x"]
            want = [exact(x[:i] + x[i + 1 : k + 1]) if i <= k else 0.0 for i in range(len(x))]
            assert_allclose(found, want, rtol=1e-15)


def test_rows_and_columns_of_any_size():
    """Each row is a product of its own: beside rows whose columns stay in float64."""
    rows = np.array([[1e200, 1e200, 1e-200, 3.0], [1e-200, 1e-200, 1e200, 2.0]])
    assert_allclose(last_product.kernel(rows, (-1,)), [exact(row) for row in rows.tolist()], rtol=1e-15)
    want = [[exact(row[:i] + row[i + 1 :]) for i in range(4)] for row in rows.tolist()]
    assert_allclose(others.kernel(rows), want, rtol=1e-15)


def slowly(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = [Fraction(b[0])]
    for factor, added in zip(a[1:], b[1:], strict=True):
        out.append(Fraction(factor) * out[-1] + Fraction(added))
    return np.array([float(each) for each in out])


@pytest.mark.parametrize("count", [1, 2, 8, 9, 50, 200])
@pytest.mark.parametrize("size", [1.0, 1e-3, 1e150])
def test_recurrences(count, size):
    """Short ones, long ones, and those that only go one by one; of a batch that one operand lacks."""
    random = np.random.default_rng(count)
    a = random.uniform(0.5, 1.5, count) * np.where(np.arange(count) % 2, size, 1.0 / size)
    b = random.standard_normal((2, count))
    want = [slowly(a, row) for row in b]
    assert_allclose(recurrence.kernel(a, b), want, rtol=1e-11)
    assert_allclose(recurrence.kernel(np.stack([a, a]), b[0]), [want[0], want[0]], rtol=1e-11)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_recurrence_that_falls_as_far_as_it_rises(sign):
    """Neighbours are multiplied to what is beyond float64 where it is joined from both ends."""
    exponents = sign * np.repeat([-1.0, 1.0, -1.0], [8, 16, 8])
    a, b = 2.0 ** (100.0 * exponents), np.eye(32)[0]
    assert_allclose(recurrence.kernel(a, b), slowly(a, b), rtol=1e-13)
    rows = np.stack([a, np.ones(32), 1.0 / a])
    assert_allclose(recurrence.kernel(rows, b), [slowly(row, b) for row in rows], rtol=1e-13)


def test_very_long_recurrences():
    a, b = np.full(3000, 0.5), np.ones(3000)
    assert_allclose(recurrence.kernel(a, b), 2.0 - 0.5 ** np.arange(3000.0), rtol=1e-14)


@pytest.mark.parametrize("count", [4, 12])
def test_nothing_stays_nothing(count):
    """A zero that has not moved wins over what is not finite, and leaves word; once moved it does not."""
    a, b = np.full(count, 2.0), np.zeros(count)
    a[1], b[2] = inf, 3.0
    before = zeros.absorbed()
    with np.errstate(invalid="ignore"):
        found = recurrence.kernel(a, b)
        assert_array_equal(found[:4], [0.0, 0.0, 3.0, 6.0])
        assert zeros.absorbed() == before + 1
        rows = np.stack([np.arange(count) < 2, np.arange(count) == 1, np.zeros(count, dtype=bool)])
        found = recurrence.traced(Traced(a, False), Traced(np.stack([b] * 3), rows))
        assert_array_equal(found.blank, np.stack([rows[0], rows[2], rows[2]]))
        assert_array_equal(found.value[0][:4], [0.0, 0.0, 3.0, 6.0])
        value, blank = recurrence.traced(Traced(a, False), Traced(b, np.arange(count) == 0))
        assert np.isnan(value[3]) or value[3] == 6.0
        assert_array_equal(blank, np.arange(count) == 0)
        a[3] = nan
        assert np.isnan(recurrence.kernel(a, b)[3])


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("product", ["cumprod(x)[-1]", "prod(x)"])
def test_a_long_product_is_differentiated_twice(product, mode):
    """Each second derivative is the product of all others."""
    x = np.linspace(0.6, 1.5, 20)
    found = gradcli.jacobian(f"grad({product}, x)", {"x": x}, mode=mode).jacobian["x"]
    others = np.prod(x) / np.outer(x, x)
    assert_allclose(found, others - np.diag(np.diag(others)), rtol=1e-12, atol=1e-13)


def test_what_sympy_is_told():
    sympy = pytest.importorskip("sympy")
    x = np.array([sympy.Rational(v) for v in (2, -3, 5)])
    assert last_product.symbolic(sympy, list(x)) == -30
    assert list(running_product.symbolic(sympy, x)) == [2, -6, -30]
    assert list(others.symbolic(sympy, x)) == [-15, 10, -6]
    assert list(recurrence.symbolic(sympy, x, np.array([1, 2, 3]))) == [1, -1, -2]
