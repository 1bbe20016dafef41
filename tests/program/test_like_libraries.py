"""What is written for NumPy, SciPy and PyTorch gives what they give: the same text, read by gradcli and by Python."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.special
from numpy.testing import assert_allclose

import gradcli

RANDOM = np.random.default_rng(7)
ARRAYS: dict[str, Any] = {
    "v": RANDOM.normal(size=5),
    "w": RANDOM.uniform(0.2, 2.0, 5),
    "x": RANDOM.normal(size=(3, 4)),
    "S": (lambda a: a @ a.T + np.eye(3))(RANDOM.normal(size=(3, 3))),
    "C": RANDOM.normal(size=(2, 3, 3)),
}

NUMPY = """
np.ravel(x, order='F'); x.ravel('F'); x.flatten('F'); x.flatten(); np.reshape(x, (4, 3), order='F'); x.reshape((2, -1), order='F'); x.reshape(2, 6, order='C');
np.linalg.diagonal(C); np.linalg.diagonal(C, offset=1); np.linalg.trace(C); np.linalg.trace(C, offset=-1);
scipy.linalg.cholesky(S); scipy.linalg.cholesky(S, lower=True); np.fmod(1e17, 3); np.fmod(v, w); math.fmod(-7.5, 2); np.copysign(v, -0.0);
np.heaviside([nan, 0, -1, 2], 0.5); np.nan_to_num([nan, inf, -inf, 1]); np.nan_to_num([nan, inf, -inf, 1], nan=3, posinf=4, neginf=5)
"""
TORCH = """
torch.std(x, False); torch.var(x, True); torch.var(x, 1, False); torch.std(x, 0); torch.std(x, dim=1, unbiased=False); torch.std(x, 1, keepdim=True);
torch.msort(x); torch.linalg.diagonal(C); torch.linalg.diagonal(C, offset=-1); torch.linalg.vander(v); torch.linalg.vander(v, N=3); torch.frac(v);
torch.fmod(v, w); torch.copysign(v, -w)
"""


def _each(texts: str) -> list[str]:
    return [each.strip() for each in texts.replace("\n", " ").split(";")]


def _held(text: str, expected: Any) -> None:
    wanted = gradcli.Expression(text).variables
    found = gradcli.eval(text, {name: ARRAYS[name] for name in wanted}).value
    assert np.shape(found) == np.shape(expected)
    assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("text", _each(NUMPY))
def test_as_numpy_and_scipy_have_it(text):
    names = {"np": np, "scipy": scipy, "math": math, "nan": math.nan, "inf": math.inf}
    _held(text, eval(text, names, ARRAYS))


@pytest.mark.parametrize("text", _each(TORCH))
def test_as_pytorch_has_it(text):
    torch = pytest.importorskip("torch")
    tensors = {name: torch.tensor(value) for name, value in ARRAYS.items()}
    _held(text, eval(text, {"torch": torch}, tensors).numpy())


def test_another_order_of_elements_is_a_copy():
    text = "y = x.reshape(4, 3, order='F'); y[0, 0] = 9; z = x.ravel(); z[1] = 7; x"
    expected = ARRAYS["x"].copy()
    expected[0, 1] = 7.0
    assert_allclose(gradcli.eval(text, {"x": ARRAYS["x"]}).value, expected)
