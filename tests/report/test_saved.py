"""Tables of what is saved too: of large arrays only the ends, and where the rest is."""

import numpy as np
import pytest
from handmade import PIPE, made, shown

SAVED = PIPE.replaced(saved="g.npz")


def gradient(count):
    values = np.arange(float(count))
    return made("Grad", "sum(x)", variables={"x": values}, value=1.0, gradient={"x": values})


def test_a_large_array_that_is_saved():
    lines = shown(gradient(2000), SAVED).splitlines()
    assert len(lines) == 2 + 1 + 2 + 10 + 1 + 10
    assert "  … 1,980 more, all in g.npz …" in lines
    assert lines[-1].split() == ["x[1999]", "1999", "1999"]


@pytest.mark.parametrize(("count", "page"), [(1000, SAVED), (2000, PIPE)], ids=["small", "not saved"])
def test_everything_else_is_whole(count, page):
    assert len(shown(gradient(count), page).splitlines()) == 2 + 1 + 2 + count


def test_a_value_beside_the_one_derivative_in_a_file_is_whole():
    result = made(
        "Jacobian", "f(x)", variables={"x": np.zeros(5)}, value=np.zeros(2500), jacobian={"x": np.zeros((2500, 5))}
    )
    both = shown(result, PIPE.replaced(saved="J.npz"))
    assert both.count("… 2,480 more, all in J.npz …") == 2
    one = shown(result, PIPE.replaced(saved="J.npy", saved_alone=True))
    assert "y[1250]" in one and one.count("… 2,480 more, all in J.npy …") == 1


def test_columns_that_are_left_out():
    values = np.ones((30, 100))
    result = made("Grad", "sum(A)", variables={"A": values}, value=1.0, gradient={"A": values})
    assert shown(result, SAVED).endswith("  the columns between are in g.npz\n")


def test_a_grid_of_which_the_ends_are_shown():
    result = made("Grad", "sum(A)", variables={"A": np.ones((300, 5))}, value=1.0, gradient={"A": np.ones((300, 5))})
    text = shown(result, SAVED)
    assert "… 280 more, all in g.npz …" in text and "[150, :]" not in text and "[299, :]" in text
