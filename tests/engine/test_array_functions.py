"""Functions of arrays as NumPy and PyTorch spell them: values beside NumPy's, and derivatives at special points."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from mpmath import mp
from numpy.testing import assert_allclose, assert_array_equal

import gradcli
from gradcli.errors import DataError, ExpressionError, GradcliError

RANDOM = np.random.default_rng(1)
V = RANDOM.permutation(7) + RANDOM.random(7) / 2
W = RANDOM.random(7) + 0.5
A = RANDOM.standard_normal((3, 4))
B = RANDOM.standard_normal((4, 3))
S = RANDOM.standard_normal((3, 3)) + 4 * np.eye(3)
C = RANDOM.standard_normal((2, 3, 4))
D = RANDOM.standard_normal((2, 4, 3))
GIVEN = {"v": V, "w": W, "A": A, "B": B, "S": S, "C": C, "D": D}

inf = math.inf
# what is written: what NumPy answers
SPELLINGS: list[tuple[str, Any]] = [
    # norms
    *[(f"norm(v, {p})", np.linalg.norm(V, float(p))) for p in ("1", "2", "3", "0.5", "-1", "-2.5", "0", "inf", "-inf")],
    *[(f"norm(S, {p})", np.linalg.norm(S, float(p))) for p in ("1", "-1", "2", "-2", "inf", "-inf")],
    *[(f"np.linalg.norm(C, {p!r}, axis=(0, 2), keepdims=True)", np.linalg.norm(C, p, axis=(0, 2), keepdims=True)) for p in ("fro", "nuc")],
    ("norm(C)", np.linalg.norm(C)), ("norm(C, axis=(2, 0))", np.linalg.norm(C, axis=(2, 0))), ("norm(C, 1, axis=(2, 0))", np.linalg.norm(C, 1, axis=(2, 0))),
    ("torch.linalg.norm(A, ord=1, dim=1, keepdim=True)", np.linalg.norm(A, 1, axis=1, keepdims=True)),
    ("torch.linalg.vector_norm(A, ord=3)", np.linalg.norm(A.ravel(), 3)), ("torch.linalg.matrix_norm(C, ord='nuc')", np.linalg.norm(C, "nuc", axis=(1, 2))),
    ("torch.norm(A, p=1)", np.abs(A).sum()), ("A.norm(p=1, dim=0)", np.abs(A).sum(0)), ("torch.norm(A, p='fro')", np.linalg.norm(A)), ("torch.norm(A, 'nuc')", np.linalg.norm(A, "nuc")),
    ("np.linalg.cond(S)", np.linalg.cond(S)), ("cond(S, 1)", np.linalg.cond(S, 1)), ("cond(S, -2)", np.linalg.cond(S, -2)), ("matrix_rank(A@B - A@B)", 0.0),
    ("np.linalg.matrix_rank(S)", 3.0), ("norm(5)", 5.0), ("norm(-5, 1)", 5.0), ("norm(-5, 0)", 1.0), ("norm(-5, 'fro')", 5.0), ("norm([0, 0, -1, 3], 0)", 2.0),
    ("matrix_rank(stack([diag([1, 1e-14])] * 999))", np.full(999, 2.0)), ("matrix_rank(diag([1, 1e-16]))", 1.0),
    # products
    *[(f"einsum('{s}', A, B)", np.einsum(s, A, B)) for s in ("ij,jk->ik", "ij,jk", "ij,ji", "ij,kl->il", "...j,jk", "ba,ac", "ij,jk->ki", "ij,jk->")],
    *[(f"np.einsum('{s}', C, D)", np.einsum(s, C, D)) for s in ("bij,bjk->bik", "...ij,...jk->...ik", "...ij,...jk", "aij,akl->ik", "bij,bji->b")],
    ("einsum('ii->i', S)", np.diag(S)), ("einsum('ii', S)", np.trace(S)), ("einsum('ij->ji', A)", A.T), ("einsum('...', A)", A), ("einsum('i,ij,j->', v[:3], A, v[:4])", V[:3] @ A @ V[:4]),
    ("einsum('...i,...i', A, A)", (A * A).sum(1)), ("einsum('bij,jk', C, B)", np.einsum("bij,jk", C, B)), ("einsum(',ij->ij', 2, A)", 2 * A), ("einsum('...ij,jk->...ik', C, B)", C @ B),
    ("tensordot(A, B, 1)", np.tensordot(A, B, 1)), ("tensordot(C, D, axes=([0, 1], [0, 2]))", np.tensordot(C, D, ([0, 1], [0, 2]))), ("torch.tensordot(C, D, dims=([1], [2]))", np.tensordot(C, D, ([1], [2]))),
    ("np.tensordot(A, A)", np.tensordot(A, A)), ("tensordot(v, w, 0)", np.tensordot(V, W, 0)), ("np.inner(A, C[0])", np.inner(A, C[0])), ("np.vdot(A, B)", np.vdot(A, B)),
    ("np.cross(B, D[1])", np.cross(B, D[1])), ("torch.cross(A, A*A, dim=0)", np.cross(A, A * A, axis=0)), ("np.outer(v, w)", np.outer(V, W)), ("np.kron(A, B)", np.kron(A, B)),
    ("torch.bmm(C, D)", C @ D), ("torch.mm(A, B)", A @ B), ("torch.mv(A, v[:4])", A @ V[:4]), ("np.linalg.multi_dot([A, B, A, B])", A @ B @ A @ B), ("torch.chain_matmul(A, B, A)", A @ B @ A), ("multi_dot([v[:3], A, v[:4]])", V[:3] @ A @ V[:4]),
    ("torch.linalg.matrix_power(S, 5)", np.linalg.matrix_power(S, 5)), ("matrix_power(S, 0)", np.eye(3)), ("np.trace(A, 1)", np.trace(A, 1)), ("np.trace(C, axis1=1, axis2=2)", np.trace(C, axis1=1, axis2=2)),
    ("np.diagonal(C, offset=1, axis1=0, axis2=2)", np.diagonal(C, 1, 0, 2)), ("torch.diagonal(C, offset=-1, dim1=-2, dim2=-1)", np.diagonal(C, -1, -2, -1)), ("torch.diag_embed(A)[1]", np.diag(A[1])),
    ("np.diag(v, k=-2)", np.diag(V, -2)), ("torch.diag(A, diagonal=1)", np.diag(A, 1)),
    # equations
    ("np.linalg.slogdet(-S).sign", -1.0), ("torch.linalg.slogdet(S).logabsdet", np.linalg.slogdet(S)[1]), ("torch.linalg.eigh(S@S.T).eigenvalues", np.linalg.eigvalsh(S @ S.T)), ("np.linalg.svd(S, compute_uv=False)", np.linalg.svd(S)[1]),
    ("torch.linalg.svd(A, full_matrices=False).S", np.linalg.svd(A)[1]), ("torch.linalg.solve_triangular(S, B.T, upper=False)", np.linalg.solve(np.tril(S), B.T)), ("torch.linalg.solve_triangular(S, B, upper=True, left=False)", B @ np.linalg.inv(np.triu(S))),
    ("solve_triangular(S, v[:3])", np.linalg.solve(np.triu(S), V[:3])), ("solve_triangular(S, v[:3], lower=True, trans=1)", np.linalg.solve(np.tril(S).T, V[:3])), ("torch.linalg.solve_triangular(S, B.T, upper=True, unitriangular=True)", np.linalg.solve(np.triu(S, 1) + np.eye(3), B.T)),
    ("torch.cholesky_solve(B.T, torch.linalg.cholesky(S@S.T))", np.linalg.solve(S @ S.T, B.T)), ("torch.linalg.cholesky(S@S.T, upper=True)", np.linalg.cholesky(S @ S.T).T), ("np.linalg.pinv(A, rcond=0.5)", np.linalg.pinv(A, rcond=0.5)),
    ("np.linalg.lstsq(B, v[:4], rcond=None)[0]", np.linalg.lstsq(B, V[:4], rcond=None)[0]), ("np.linalg.lstsq(B, v[:4])[1]", np.linalg.lstsq(B, V[:4], rcond=None)[1][0]), ("torch.linalg.lstsq(B, A.T).solution", np.linalg.lstsq(B, A.T, rcond=None)[0]),
    ("torch.svd(B).V @ diag(torch.svd(B).S**2) @ torch.svd(B)[2].T", B.T @ B), ("torch.triangular_solve(B.T, S)[0]", np.linalg.solve(np.triu(S), B.T)), ("lstsq(B, v[:4])", np.linalg.lstsq(B, V[:4], rcond=None)[0]),
    # in order
    ("torch.quantile(v, 0.3)", np.quantile(V, 0.3)), ("np.quantile(A, [0.1, 0.5, 1], axis=1)", np.quantile(A, [0.1, 0.5, 1], axis=1)), ("torch.quantile(A, 0.25, dim=0, keepdim=True)", np.quantile(A, 0.25, axis=0, keepdims=True)),
    *[(f"np.quantile(v, [0, 0.21, 0.5, 0.93, 1], method='{m}')", np.quantile(V, [0, 0.21, 0.5, 0.93, 1], method=m)) for m in ("linear", "lower", "higher", "midpoint", "nearest")],
    ("np.percentile(v, [10, 90])", np.percentile(V, [10, 90])), ("np.median(C, axis=(0, 2))", np.median(C, axis=(0, 2))), ("np.median(A, axis=1, keepdims=True)", np.median(A, axis=1, keepdims=True)), ("quantile(C, 0.4, axis=(0, 1))", np.quantile(C, 0.4, axis=(0, 1))),
    ("np.sort(A, axis=None)", np.sort(A, axis=None)), ("argsort(A, 0, descending=True)", np.argsort(-A, 0)), ("np.argsort(A)", np.argsort(A)), ("topk(v, 3, largest=False)", np.sort(V)[:3]), ("np.ptp(A, axis=0)", np.ptp(A, axis=0)), ("np.argmax(A, axis=1, keepdims=True)", np.argmax(A, 1, keepdims=True)),
    ("np.searchsorted([1, 2, 3], v)", np.searchsorted([1, 2, 3], V)), ("searchsorted([1, 2, 3], [2, 3, 4], side='right')", np.searchsorted([1, 2, 3], [2, 3, 4], "right")),
    # running, differences, integrals
    ("np.cumsum(A)", np.cumsum(A)), ("torch.cumprod(A, dim=1)", np.cumprod(A, 1)), ("np.diff(A, n=2, axis=0)", np.diff(A, 2, 0)), ("np.diff(v, prepend=0)", np.diff(V, prepend=0)), ("torch.diff(A, append=A)", np.diff(A, append=A)), ("np.diff(v, 9)", np.diff(V, 9)),
    ("np.ediff1d(A)", np.ediff1d(A)), ("np.gradient(v)", np.gradient(V)), ("np.gradient(v, 0.5, edge_order=2)", np.gradient(V, 0.5, edge_order=2)), ("np.gradient(v, cumsum(w))", np.gradient(V, np.cumsum(W))), ("np.gradient(v, cumsum(w), edge_order=2)", np.gradient(V, np.cumsum(W), edge_order=2)),
    ("np.gradient(A)[1]", np.gradient(A)[1]), ("np.gradient(A, axis=0)", np.gradient(A, axis=0)), ("np.trapz(v, dx=0.1)", 0.1 * np.trapezoid(V)), ("np.trapezoid(A, x=v[:3], axis=0)", np.trapezoid(A, V[:3], axis=0)), ("np.trapezoid(A, x=A*A, axis=0)", np.trapezoid(A, A * A, axis=0)), ("torch.trapezoid(A, dim=0)", np.trapezoid(A, axis=0)),
    ("torch.cumulative_trapezoid(v, dx=2)", np.cumsum(V[1:] + V[:-1])), ("cumulative_trapezoid(v, w, initial=0)[0]", 0.0),
    ("np.interp([-1, 0, 0.5, 1, 3.5, 6, 9], arange(7), v)", np.interp([-1, 0, 0.5, 1, 3.5, 6, 9], np.arange(7), V)), ("np.interp([-1, 6, 7], arange(7), v, left=-5, right=8)", np.interp([-1, 6, 7], np.arange(7), V, -5, 8)), ("interp(2.5, arange(7), v)", np.interp(2.5, np.arange(7), V)),
    ("np.polyval(v, A)", np.polyval(V, A)), ("np.polyval([2], 3)", 2.0), ("np.vander(v, 3)", np.vander(V, 3)), ("torch.vander(v, N=3, increasing=True)", np.vander(V, 3, True)),
    *[(f"np.{f}(v, w[:{n}], '{m}')", getattr(np, f)(V, W[:n], m)) for f in ("convolve", "correlate") for m in ("full", "same", "valid") for n in (1, 2, 3, 7)], ("np.convolve(w[:2], v)", np.convolve(W[:2], V)),
    ("np.correlate(w[:3], v, 'full')", np.correlate(W[:3], V, "full")), ("np.correlate(w[:3], v)", np.correlate(W[:3], V)),
    # statistics
    ("np.average(A, axis=1, weights=v[:4])", np.average(A, 1, V[:4])), ("np.average(A, weights=A*A)", np.average(A, weights=A * A)), ("np.average(A, 0)", A.mean(0)), ("np.cov(A)", np.cov(A)), ("np.cov(A, rowvar=False)", np.cov(A, rowvar=False)), ("np.cov(A, bias=True)", np.cov(A, bias=True)),
    ("np.cov(v, w)", np.cov(V, W)), ("torch.cov(A, correction=0)", np.cov(A, ddof=0)), ("np.cov(A, aweights=v[:4])", np.cov(A, aweights=V[:4])), ("np.cov(A, fweights=[1, 2, 3, 1])", np.cov(A, fweights=[1, 2, 3, 1])), ("np.cov(v)", np.cov(V)), ("np.cov(A, fweights=[1, 2, 1, 1], aweights=w[:4])", np.cov(A, fweights=[1, 2, 1, 1], aweights=W[:4])),
    ("torch.var(A)", A.var(ddof=1)), ("torch.std(A)", A.std(ddof=1)), ("np.var(A)", A.var()), ("np.corrcoef(v, w)", np.corrcoef(V, W)), ("np.corrcoef(A[:, :2])", np.corrcoef(A[:, :2])), ("np.corrcoef(A, rowvar=False)", np.corrcoef(A, rowvar=False)), ("torch.var(A, dim=0, correction=0)", A.var(0)), ("torch.std(A, dim=1, unbiased=False)", A.std(1)), ("torch.std(v)", V.std(ddof=1)), ("np.var(v, ddof=1)", V.var(ddof=1)), ("np.nansum([1, nan, 2])", 3.0), ("torch.nanmean(tensor([1, nan, 2]))", 1.5), ("np.count_nonzero(A > 0)", np.count_nonzero(A > 0)),
    # moved
    ("np.roll(A, (1, 2), axis=(0, 1))", np.roll(A, (1, 2), (0, 1))), ("torch.roll(A, shifts=1, dims=0)", np.roll(A, 1, 0)), ("np.roll(A, 2)", np.roll(A, 2)), ("torch.rot90(A, 3, [0, 1])", np.rot90(A, 3)), ("np.flip(A, 1)", A[:, ::-1]), ("torch.flip(A, dims=[0])", A[::-1]), ("np.fliplr(A)", A[:, ::-1]),
    ("np.moveaxis(C, [0, 1], [-1, 0])", np.moveaxis(C, [0, 1], [-1, 0])), ("torch.movedim(C, 0, 2)", np.moveaxis(C, 0, 2)), ("np.swapaxes(C, 0, 2)", np.swapaxes(C, 0, 2)), ("C.permute(2, 0, 1)", C.transpose(2, 0, 1)), ("np.expand_dims(v, (0, 2))", V[None, :, None]), ("torch.unsqueeze(v, dim=1)", V[:, None]), ("torch.flatten(C, start_dim=1)", C.reshape(2, -1)), ("C.flatten(0, 1)", C.reshape(6, 4)),
    ("np.repeat(A, [1, 0, 2], axis=0)", np.repeat(A, [1, 0, 2], 0)), ("torch.repeat_interleave(v, 2)", np.repeat(V, 2)), ("torch.tile(v, dims=(2, 1))", np.tile(V, (2, 1))), ("np.tile(v, 2)", np.tile(V, 2)),
    *[(f"np.pad(v, (2, 3), mode='{m}')", np.pad(V, (2, 3), mode=m)) for m in ("constant", "reflect", "edge", "wrap", "symmetric")], ("np.pad(A, ((1, 2), (0, 1)), constant_values=7)", np.pad(A, ((1, 2), (0, 1)), constant_values=7)), ("np.pad(A, pad_width=((1, 1), (2, 0)), mode='edge')", np.pad(A, ((1, 1), (2, 0)), mode="edge")),
    ("F.pad(A, (1, 2))", np.pad(A, ((0, 0), (1, 2)))), ("F.pad(A, (1, 0, 0, 2), value=3)", np.pad(A, ((0, 2), (1, 0)), constant_values=3)), ("F.pad(C, (2, 1), mode='circular')", np.pad(C, ((0, 0), (0, 0), (2, 1)), mode="wrap")), ("F.pad(C, (1, 1), mode='replicate')", np.pad(C, ((0, 0), (0, 0), (1, 1)), mode="edge")),
    ("np.tril(S, k=-1)", np.tril(S, -1)), ("torch.triu(A, diagonal=1)", np.triu(A, 1)), ("np.meshgrid(v, w)[0]", np.meshgrid(V, W)[0]), ("torch.meshgrid(v, w)[0]", np.meshgrid(V, W, indexing="ij")[0]), ("np.meshgrid(v, w, v, indexing='ij')[1]", np.meshgrid(V, W, V, indexing="ij")[1]), ("np.column_stack([v, w])", np.column_stack([V, W])), ("np.dstack([A, A])", np.dstack([A, A])),
    # pieces and picks
    ("np.split(v[:6], 3)[1]", V[2:4]), ("torch.chunk(v, 1)[0]", V), ("np.concatenate([A, B, C], axis=None)", np.concatenate([A, B, C], axis=None)), ("torch.scatter(torch.zeros(4), 0, tensor([2, 0]), v)", [V[1], 0, V[0], 0]), ("torch.scatter(torch.zeros(2, 2), 1, tensor([[1], [0]]), A)", [[0, A[0, 0]], [A[1, 0], 0]]), ("torch.narrow(v, 0, -1, 1)", V[-1:]), ("torch.narrow(v, 0, 7, 0)", V[7:]), ("np.split(v, [2, 5])[1]", V[2:5]), ("torch.split(v, 3)[2]", V[6:]), ("torch.split(v, [1, 6])[1]", V[1:]), ("np.array_split(v, 3)[0]", V[:3]), ("torch.chunk(v, 3)[2]", V[6:]), ("torch.unbind(A)[1]", A[1]), ("torch.narrow(A, 1, 1, 2)", A[:, 1:3]),
    ("np.take(A, [0, -1], axis=1)", A[:, [0, -1]]), ("torch.index_select(A, 1, tensor([2, 0]))", A[:, [2, 0]]), ("torch.gather(A, 1, tensor([[0, 1], [2, 3], [0, 0]]))", np.take_along_axis(A, np.array([[0, 1], [2, 3], [0, 0]]), 1)), ("np.take_along_axis(A, argsort(A, 1), axis=1)", np.sort(A, 1)), ("np.take_along_axis(A, argmax(A, 1, keepdims=True), 1)", A.max(1, keepdims=True)),
    ("torch.take_along_dim(A, argsort(A, 0), dim=0)", np.sort(A, 0)), ("A.masked_select(A > 0)", A[A > 0]), ("A.masked_fill(A > 0, -1)", np.where(A > 0, -1, A)), ("torch.zeros(3).scatter_add(0, tensor([0, 0, 2]), w[:3])", [W[0] + W[1], 0, W[2]]), ("torch.zeros(3).scatter(0, tensor([2, 0]), 1.5)", [1.5, 0, 1.5]), ("torch.index_add(A, 0, tensor([1, 1]), A[:2], alpha=2)", A + 2 * np.array([0 * A[0], A[0] + A[1], 0 * A[0]])),
    ("np.take(v, [-9, 9, 3], mode='clip')", V[[0, -1, 3]]), ("np.take(A, [9, -9], axis=0, mode='clip')", A[[-1, 0]]), ("torch.index_add(v, 0, tensor([0, 2]), w[:2], alpha=0)", V),
    ("torch.index_add(v, 0, tensor([0, 2]), w[:2], alpha=-2)", np.r_[V[0] - 2 * W[0], V[1], V[2] - 2 * W[1], V[3:]]), ("F.pad(C, (1, 0, 0, 1, 2, 0))", np.pad(C, ((2, 0), (0, 1), (1, 0)))),
    # made
    ("np.linspace(0, 1, num=4, endpoint=False)", np.linspace(0, 1, 4, False)), *[(f"np.linspace(1, 3, {n}, endpoint={e})", np.linspace(1, 3, n, e)) for n in (1, 2, 3) for e in (True, False)], ("linspace(v[0], v[1], 3)", np.linspace(V[0], V[1], 3)), ("torch.linspace(0, 1, steps=3)", [0, 0.5, 1]), ("np.eye(2, 3, k=1)", np.eye(2, 3, 1)), ("np.tri(3, k=-1)", np.tri(3, k=-1)), ("np.logspace(0, 2, 3)", [1, 10, 100]), ("np.geomspace(1, 8, 4)", [1, 2, 4, 8]), ("torch.full_like(v, fill_value=2)", np.full(7, 2)), ("torch.block_diag(A, B)[3:, 4:]", B),
]  # fmt: skip


@pytest.mark.parametrize(("written", "want"), SPELLINGS, ids=[written for written, _ in SPELLINGS])
def test_numpys_and_pytorchs_spelling(written, want):
    got = gradcli.eval(written, GIVEN).value
    assert np.shape(got) == np.shape(want)
    assert_allclose(got, want, rtol=1e-12, atol=1e-13)


ERRORS = {
    "where(v > 1)": "where needs a value for x",
    "norm(A, 3)": "a matrix has no norm of order 3",
    "norm(C, 1)": "a vector or a matrix",
    "norm(v, 'fro')": "no order 'fro'",
    "einsum('ij,jk', A)": "names 2 arrays",
    "einsum('ij', v)": "names 2 axes",
    "einsum('ij,ij', A, B)": "both 3 and 4",
    "einsum('i->ii', v)": "cannot be an axis",
    "einsum('i->j', v)": "cannot be an axis",
    "einsum('...i,...i', C, A[:2])": "both 2 and 3|both 3 and 2",
    "einsum('i j!', A)": "cannot read",
    "tensordot(A, B, [[0], [0]])": "have no tensordot",
    "np.split(v, 3)": "equal sections",
    "torch.split(v, [1, 2])": "do not add up",
    "pad(v, 1, 'mirror')": "no mode 'mirror'",
    "pad(A, [[1, 1], [1, 1], [1, 1]])": "do not say how to pad",
    "quantile(v, 2)": r"\[0, 1\]",
    "quantile(v, [0.5, 2])": r"\[0, 1\]",
    "quantile(v, [0.5, -0.1])": r"\[0, 1\]",
    "quantile(v, 0.5, method='best')": "no method 'best'",
    "cross(v, w)": "have no cross product",
    "multi_dot([A, C, B])": "chain",
    "gather(A, 1, [[9]])": "out of range",
    "take(v, 1.5)": "whole numbers",
    "eigvalsh(S, 'X')": "UPLO",
    "qr(S, mode='raw')": "no mode 'raw'",
    "gradient(3)": "not a number",
    "average(A, weights=v)": "weights",
    "linspace(v, 1, 3)": "not between arrays",
}


@pytest.mark.parametrize("written", ERRORS)
def test_what_does_not_fit_is_explained(written):
    with pytest.raises((DataError, ExpressionError), match=ERRORS[written]):
        gradcli.eval(written, GIVEN)


def test_where_with_one_argument_points_to_indexing():
    with pytest.raises(GradcliError) as caught:
        gradcli.eval("where(v > 1)", GIVEN)
    assert "x[x > 0]" in (caught.value.hint or "")


@pytest.mark.parametrize("sizes", [(1e200, 1e-200, 1.0), (1e160, 1e160, 1e-160), (1e-300, 1e300, 5.0)], ids=str)
def test_correlations_know_no_units(sizes):
    units = np.array(sizes)[:, None]
    assert_allclose(gradcli.eval("corrcoef(A)", {"A": A * units}).value, np.corrcoef(A), rtol=1e-13, atol=1e-15)
    slopes = gradcli.jacobian("corrcoef(A)[0, 1:]", {"A": A}).jacobian["A"]
    for mode in ("forward", "reverse"):
        found = gradcli.jacobian("corrcoef(A)[0, 1:]", {"A": A * units}, mode=mode).jacobian["A"]
        assert_allclose(found * units, slopes, rtol=1e-12, atol=1e-15)


# ---- products with zeros -------------------------------------------------------------------------------


@pytest.mark.parametrize("zeros", [[], [1], [1, 3], [0, 2, 4]])
@pytest.mark.parametrize("written", ["prod(x)", "sum(cumprod(x) * [1, 2, 3, 4, 5])"])
def test_products_with_zeros_to_third_order(written, zeros):
    """Against the expansion into monomials, whose derivatives leave factors out."""
    x = np.array([2.0, -1.5, 3.0, 0.5, -4.0])
    x[zeros] = 0.0
    weights = [0, 0, 0, 0, 1] if written.startswith("prod") else [1, 2, 3, 4, 5]

    def derivative(*gone: int) -> float:
        if len(set(gone)) < len(gone):
            return 0.0
        monomials = [(w, range(n + 1)) for n, w in enumerate(weights) if all(g <= n for g in gone)]
        return sum(w * math.prod(x[i] for i in factors if i not in gone) for w, factors in monomials)

    n = range(5)
    for mode in ("forward", "reverse"):
        assert_allclose(
            gradcli.jacobian(written, {"x": x}, mode=mode).jacobian["x"], [derivative(i) for i in n], atol=1e-13
        )
        second = gradcli.hessian(written, {"x": x}, mode=mode).hessian["x"]["x"]
        assert_allclose(second, [[derivative(i, j) for j in n] for i in n], atol=1e-13)
        third = gradcli.jacobian(f"hessian({written}, x)", {"x": x}, mode=mode).jacobian["x"]
        assert_allclose(third, [[[derivative(i, j, k) for k in n] for j in n] for i in n], atol=1e-13)


# ---- softmax and logsumexp -----------------------------------------------------------------------------


def _softmax(xs: Any) -> list[Any]:
    raised = [mp.exp(x) for x in xs]
    return [each / mp.fsum(raised) for each in raised]


@pytest.mark.parametrize(
    "x", [[0.0, 50.0], [700.0, 0.0, -3.0], [1.0, 1.0, -40.0], [0.0, 30.0, 30.0], [-745.0, 0.0, 2.0]], ids=str
)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_tails_of_softmax_keep_all_digits_to_second_order(x, mode):
    with mp.workdps(400):
        p = _softmax([mp.mpf(each) for each in x])
        n = range(len(x))
        first = [[p[i] * (mp.fsum(p[k] for k in n if k != i) if i == j else -p[j]) for j in n] for i in n]
        rest = [[(mp.fsum(p[k] for k in n if k != j) if i == j else -p[j]) for j in n] for i in n]  # of log p
        second = [[[p[i] * rest[i][j] * rest[i][k] - p[i] * first[j][k] for k in n] for j in n] for i in n]
        want = [np.array(each, dtype=object).astype(float) for each in (first, second)]
    given = {"x": np.array(x)}
    assert_allclose(gradcli.jacobian("softmax(x)", given, mode=mode).jacobian["x"], want[0], rtol=2e-14)
    assert_allclose(gradcli.hessian("logsumexp(x)", given, mode=mode).hessian["x"]["x"], want[0], rtol=2e-14)
    got = gradcli.jacobian("jacobian(softmax(x), x)", given, mode=mode).jacobian["x"]
    tied = sorted(x)[-1] == sorted(x)[-2]  # p (1 - p) (1 - 2 p) is all but 0 at a half: terms cancel
    assert_allclose(got, want[1], rtol=1e-12, atol=1e-16 if tied else 0.0)


@pytest.mark.parametrize(
    ("x", "value", "slopes"),
    [
        ([-inf, 1.0], 1.0, [0, 1]), ([-inf, -inf], -inf, [0, 0]), ([inf, 1.0], inf, [1, 0]), ([inf, inf, 2.0], inf, [0.5, 0.5, 0]),
        ([inf, -inf], inf, [1, 0]), ([1e308, -1e308], 1e308, [1, 0]), ([1000.0, 1000.0], 1000 + math.log(2), [0.5, 0.5]),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_logsumexp_of_infinities(x, value, slopes, mode):
    given = {"x": np.array(x)}
    assert_allclose(gradcli.eval("logsumexp(x)", given).value, value)
    assert_array_equal(gradcli.jacobian("logsumexp(x)", given, mode=mode).jacobian["x"], slopes)
    second = np.diag(slopes) - np.outer(slopes, slopes)
    assert_array_equal(gradcli.hessian("logsumexp(x)", given, mode=mode).hessian["x"]["x"], second)
    third = gradcli.jacobian("hessian(logsumexp(x), x)", given, mode=mode).jacobian["x"]
    assert np.isfinite(third).all()


# ---- kinks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "x", "want"),
    [
        ("norm(x, -inf)", [2.0, -2.0, 5.0], [0.5, -0.5, 0]),
        ("norm(x, inf)", [3.0, -3.0, 1.0], [0.5, -0.5, 0]),
        ("norm(x, 3.5)", [0.0, 0.0], [0, 0]),
        ("norm(x, 0)", [0.0, 1.0], [0, 0]),
        ("norm(x, 'fro')", [[0.0, 0.0]], [[0, 0]]),
        ("norm(x, 'nuc')", [[0.0, 0.0], [0.0, 0.0]], [[0, 0], [0, 0]]),
        ("norm(x, 1)", [[1.0, -2.0], [2.0, 1.0]], [[0.5, -0.5], [0.5, 0.5]]),
        ("ptp(x)", [1.0, 1.0, 3.0], [-0.5, -0.5, 1]),
        ("quantile(x, 0.5)", [1.0, 1.0, 3.0], [0.5, 0.5, 0]),
        ("x.masked_fill(x > 0, 0).sum()", [1.0, -1.0], [0, 1]),
    ],
)
def test_kinks(written, x, want):
    for mode in ("forward", "reverse"):
        got = gradcli.jacobian(written, {"x": np.array(x)}, mode=mode).jacobian["x"]
        assert_allclose(got, want, atol=1e-15)
