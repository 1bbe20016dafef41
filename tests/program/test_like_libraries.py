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
np.quantile(v, 0.3, method='hazen'); np.quantile(v, [0, 0.2, 0.4, 0.55, 1], method='weibull'); np.quantile(v, [0.01, 0.37, 0.99], method='median_unbiased');
np.quantile(x, 0.3, axis=1, method='normal_unbiased'); np.quantile(v, [0, 0.2, 0.4, 0.55, 1], method='inverted_cdf'); np.quantile(v, [0, 0.2, 0.4, 0.55, 1], method='averaged_inverted_cdf');
np.quantile(v, [0, 0.2, 0.47, 1], method='interpolated_inverted_cdf'); np.percentile(v, 30, method='higher'); np.median([inf, inf, 1]);
np.pad(v, (1, 2), constant_values=(3, 4)); np.pad(x, ((1, 0), (0, 2)), constant_values=((1, 2), (3, 4))); np.pad(v, (2, 3), 'linear_ramp', end_values=(1, -2)); np.pad(x, 2, 'linear_ramp');
np.pad(x, ((1, 2), (2, 0)), 'maximum'); np.pad(x, 1, 'minimum'); np.pad(x, ((1, 2), (2, 0)), 'mean'); np.pad(x, 1, 'median'); np.pad(v, (1, 4), 'reflect', reflect_type='odd');
np.pad(x, ((1, 2), (3, 1)), 'symmetric', reflect_type='odd'); np.pad(x, ((1, 2), (3, 1)), mode='reflect', reflect_type='odd');
np.take(v, [0, 7, -6], mode='wrap'); np.take(x, [5, -9], axis=1, mode='clip'); np.concatenate([x, S], axis=None); np.cross(S, S.T, axisa=0, axisb=1, axisc=0); np.cross(S, S + 1, axis=0);
np.sum(x, initial=2); np.sum(x, axis=0, where=x > 0); np.prod(x, axis=1, initial=3, where=x < 1); np.max(x, axis=0, initial=0.3, where=x > 0); np.min(x, initial=-5); np.mean(x, axis=1, where=x < 1);
np.hsplit(x, 2)[1]; np.hsplit(v, [2])[0]; np.vsplit(x, 3)[2]; np.dsplit(C, [1])[1]; np.vecdot(x, x); np.linalg.pinv(S, hermitian=True);
np.sort(v, kind='stable'); np.argsort(v, kind='stable'); np.einsum('ij,kj->ik', x, x, optimize=True); np.split(ary=v, indices_or_sections=[2])[1]; np.hstack(tup=[v, w]); np.kron(a=S, b=x);
np.convolve(a=v, v=w); np.tensordot(a=x, b=x, axes=2); np.heaviside([nan, 0, -1, 2], 0.5); np.nan_to_num([nan, inf, -inf, 1]); np.nan_to_num([nan, inf, -inf, 1], nan=3, posinf=4, neginf=5)
"""
TORCH = """
torch.std(x, False); torch.var(x, True); torch.var(x, 1, False); torch.std(x, 0); torch.std(x, dim=1, unbiased=False); torch.std(x, 1, keepdim=True);
torch.where(condition=v > 0, input=v, other=w); torch.xlogy(input=w, other=w); torch.nn.functional.elu(input=v, alpha=0.5, inplace=False); torch.tensordot(a=x, b=x, dims=2);
torch.pinverse(x); torch.linalg.solve(S, S + 1, left=False); torch.cholesky_inverse(torch.linalg.cholesky(S)); torch.cholesky_inverse(torch.linalg.cholesky(S, upper=True), upper=True);
torch.linalg.qr(x.T, mode='r').R ** 2; torch.qr(x.T, some=True)[1] ** 2; torch.logit(w / 2, eps=0.2); torch.hsplit(x, 2)[0]; torch.vsplit(x, 3)[1]; torch.linalg.pinv(S, hermitian=True); torch.msort(x); torch.linalg.diagonal(C); torch.linalg.diagonal(C, offset=-1); torch.linalg.vander(v); torch.linalg.vander(v, N=3); torch.frac(v);
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


def test_what_lies_between_elements_stays_in_range():
    """NumPy takes the difference first, which does not."""
    assert gradcli.eval("quantile([-1.6e308, 1.6e308], 0.25)").value == pytest.approx(-8e307, rel=1e-15)
    assert gradcli.eval("quantile([inf, inf], 0.3)").value == math.inf
    assert gradcli.eval("polygamma(n=1, input=1)").value == pytest.approx(math.pi**2 / 6, rel=1e-15)


def test_another_order_of_elements_is_a_copy():
    text = "y = x.reshape(4, 3, order='F'); y[0, 0] = 9; z = x.ravel(); z[1] = 7; x"
    expected = ARRAYS["x"].copy()
    expected[0, 1] = 7.0
    assert_allclose(gradcli.eval(text, {"x": ARRAYS["x"]}).value, expected)
