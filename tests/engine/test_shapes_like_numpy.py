"""Functions of arrays on arrays of every shape: what NumPy answers is answered, and what it refuses is refused."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import linalg

import gradcli
from gradcli.errors import GradcliError

Shape = tuple[int, ...]
SHAPES: list[Shape] = [shape for rank in range(4) for shape in itertools.product((0, 1, 2, 3), repeat=rank)]
WITH_ELEMENTS = [shape for shape in SHAPES if 0 not in shape]
OF_ARRAYS = [shape for shape in SHAPES if shape]
FULL_ARRAYS = [shape for shape in WITH_ELEMENTS if shape]
PAIRED: list[Shape] = [
    (), (0,), (1,), (2,), (3,), (2, 0), (1, 2), (2, 2), (2, 3), (3, 2), (3, 3), (2, 2, 2), (2, 2, 3), (2, 3, 2), (2, 3, 3), (3, 2, 2),
]  # fmt: skip
LONG = [shape for shape in PAIRED if 1 not in shape]

# the functions in Python's own spelling, which NumPy reads as it stands once names are its own
OF_ANY = """
reshape(x, (6,)); reshape(x, (-1,)); reshape(x, (2, -1)); reshape(x, (-1, 3)); reshape(x, (0, -1)); reshape(x, (0, 3)); reshape(x, ());
reshape(x, (2, 3)); reshape(x, (1, 2)); reshape(x, (-1, -1)); reshape(x, (-2, -3)); reshape(x, (4, 3)); squeeze(x); squeeze(x, (0, 1)); squeeze(x, (0, -1));
transpose(x); transpose(x, (1, 0)); transpose(x, (0, 2, 1)); transpose(x, (2, 0, 1)); transpose(x, (-1, 0)); transpose(x, (1, 1));
transpose(x, (0, 0)); transpose(x, (0, 1, 1)); swapaxes(x, 0, 1); swapaxes(x, 0, -1); swapaxes(x, -1, -2); moveaxis(x, 0, -1);
moveaxis(x, -1, 1); moveaxis(x, (0, 1), (1, 0)); ravel(x); expand_dims(x, 0); expand_dims(x, -1); expand_dims(x, 1); expand_dims(x, (0, -1));
expand_dims(x, (0, 2)); broadcast_to(x, (2, 3)); broadcast_to(x, (2, 3, 2)); broadcast_to(x, (3,)); broadcast_to(x, (0,)); broadcast_to(x, (2, 0));
broadcast_to(x, (1, 2, 3)); broadcast_to(x, (2, 1, 3)); broadcast_to(x, ()); flip(x); flip(x, 0); flip(x, -1); flip(x, (0, 1));
diag(x); diag(x, 1); diag(x, -2); diagonal(x); diagonal(x, 1); diagonal(x, -1); trace(x); diagflat(x); diagflat(x, 1);
roll(x, 1); roll(x, 1, 0); roll(x, (1, 2), (0, 1)); roll(x, 1, (0, 1)); roll(x, (1, 1), (0, -1)); repeat(x, 2); repeat(x, [1, 2], 0);
repeat(x, [1, 0, 2], -1); repeat(x, [1, 2]); repeat(x, [-1, 2], 0); tile(x, 2); tile(x, (2, 1)); tile(x, (1, 2, 1)); tile(x, (2, 1, 1, 3)); tile(x, (0, 2));
pad(x, 1); pad(x, (0, 1)); pad(x, [[1, 0], [0, 2]]); pad(x, 1, 'edge'); pad(x, 2, 'reflect'); pad(x, (1, 2), 'wrap'); pad(x, 3, 'symmetric');
rot90(x); rot90(x, 1, (0, -1)); split(x, 2)[0]; split(x, 3)[2]; split(x, [1])[1]; split(x, 2, -1)[1]; array_split(x, 2)[1]; array_split(x, 1)[0];
array_split(x, [1, 2], -1)[1]; take(x, [0, 1]); take(x, 1, 0); cumsum(x); cumprod(x); diff(x); diff(x, 2, 0); diff(x, 1, 1); cumsum(x, 1); cumprod(x, 1); sort(x, 1); argsort(x, 1); trapezoid(x, axis=1); gradient(x, axis=1); sum(x); sum(x, (0, -1));
sum(x, 1, keepdims=True); prod(x); max(x); max(x, (0, 1), keepdims=True); sort(x); sort(x, 0); sort(x, None); argmax(x); vander(x);
stack([x, x]); stack([x, x], -1); stack([x, x, x], 1); concatenate([x, x]); concatenate([x, x, x], -1); concatenate([x], 1); hstack([x, x]); vstack([x, x]);
column_stack([x, x]); dstack([x, x]); det(x); slogdet(x)[1]; inv(x); matrix_power(x, 2); matrix_power(x, 0);
matrix_power(x, -1); svdvals(x); pinv(x); cond(x); cond(x, 1); cond(x, -2); cond(x, 2); eigvalsh(x);
norm(x); norm(x, axis=0); norm(x, 3, axis=-1); norm(x, axis=(0, 1)); gradient(x, axis=0); trapezoid(x); trapezoid(x, axis=0);
interp(x, [0, 1], [5, 6]); searchsorted([0, 1], x); correlate(x, [1, 2, 3], 'same'); x[0]; x[-1]; x[1:]; x[..., 0]; x[None]; x[0, 1]; x[[0, 1]]; x[::-1];
x[..., None]; x[1:0]; x[[0], [1]]; x[:, [0, 1]]; x[..., ::2]; x[0, ..., 0]; x[None, 0]; x[[[0, 1], [1, 0]]]; x[1, [0, 0]]; x[-2:, 0]; x[5:]; x[[0, 1], None];
average(x, 0, [1, 2]); average(x, -1, [1, 2, 4])
"""
OF_AXES = """squeeze(x, 0); squeeze(x, -1); repeat(x, 2, 0); cumsum(x, 0); cumprod(x, -1); sum(x, 0); prod(x, 0); ptp(x, -1); argsort(x); argsort(x, 0);
argmin(x, 0); argmax(x, -1, keepdims=True); amin(x, 0); convolve(x, [1, 2])
"""
OF_ELEMENTS = """quantile(x, 0.4); median(x, (0, 1)); std(x, (0, 1)); std(x); var(x, 1, ddof=0.5); mean(x, (1, 0)); matrix_norm(x);
norm(x, 'nuc')
"""
OF_AXES_WITH_ELEMENTS = """quantile(x, [0.25, 1], axis=0); quantile(x, [[0, 0.5], [0.1, 1]], axis=-1, keepdims=True); percentile(x, [75], axis=-1);
var(x, 0); mean(x, -1); norm(x, 1); norm(x, inf); norm(x, -1); norm(x, -inf); norm(x, 2); norm(x, -2); norm(x, 'fro');
norm(x, 0); norm(x, 2, axis=(-1, 0)); take(x, [0, -1], -1)
"""
OF_LONG_AXES = """pad(x, 1, 'reflect', reflect_type='odd'); pad(x, (0, 1), 'reflect', reflect_type='odd'); pad(x, 2, 'symmetric', reflect_type='odd');
pad(x, (1, 0), 'symmetric', reflect_type='odd'); pad(x, (1, 2), 'mean'); pad(x, (2, 1), 'maximum'); pad(x, 1, 'minimum'); pad(x, (0, 3), 'median');
pad(x, (1, 3), 'linear_ramp'); pad(x, [1]); pad(x, [[2]]); pad(x, [[1, 2]], 'edge'); pad(x, [1, 2, 3]); pad(x, [[1], [2]], 'wrap'); pad(x, [])
"""
OF_MATRICES = """expm(x); tril(x); tril(x, -1); triu(x, 1); triu(x, -2); matrix_rank(x); qr(x)[0] @ qr(x)[1]; qr(x, 'complete')[0] @ qr(x, 'complete')[1]
"""
OF_TWO = """
matmul(x, y); inner(x, y); outer(x, y); vdot(x, y); kron(x, y); tensordot(x, y, 0); tensordot(x, y, 1); tensordot(x, y); tensordot(x, y, [[0], [0]]);
tensordot(x, y, [[0, -1], [-1, 0]]); tensordot(x, y, [[1], [0]]); tensordot(x, y, [[0, 0], [0, 1]]); concatenate([x, y]); concatenate([x, y], 1);
concatenate([x, y, x], -1); stack([x, y]); stack([x, x, y], -1); hstack([x, y]); vstack([x, y]); x + y; where(x > 0, x, y); maximum(x, y); correlate(x, y);
solve(x, y); multi_dot([x, y, x]); multi_dot([x, y, y, x]); searchsorted(sort(x), y);
interp(y, [0, 1], x); interp(0.5, sort(x), y); gradient(x, y, axis=0); meshgrid(x, y)[1]; einsum('i,j->ij', x, y); einsum('...,...', x, y);
einsum('...,i->...i', x, y); einsum('i...,j...->ij...', x, y)
"""
EINSUMS = """einsum('ij,jk', x, y); einsum('ij,jk->ki', x, y); einsum('i,i', x, y); einsum('...i,...i', x, y); einsum('...i,...i->...', x, y); einsum('i...,i...->...', x, y);
einsum('...ij,...jk->...ik', x, y); einsum('ij,...j->...i', x, y); einsum('ii,i->i', x, y); einsum('i,i->', x, y); einsum('ijk,k', x, y); einsum('ij,ij->j', x, y)
"""
WEIGHTED = "average(x, weights=y*y); average(x, 0, y*y); average(x, -1, y*y); cov(x, y, ddof=0); cov(x, aweights=y*y, ddof=0); cov(x, fweights=1+round(5*y*y), rowvar=False, ddof=0)"
ROOMS = (np.linalg, np)
NAMES = {name: getattr(room, name) for room in ROOMS for name in room.__all__} | {"expm": linalg.expm}


def written(texts: str) -> list[str]:
    return [text.strip() for text in texts.split(";") if text.strip()]


def differing(text: str, shapes: Iterable[tuple[Shape, ...]]) -> list[Any]:
    """The shapes for which NumPy and gradcli do not agree, or answer and refuse apart."""
    random = np.random.default_rng(5)
    numpy: Callable[..., Any] = eval(f"lambda x, y=None: {text}", dict(NAMES))
    apart = []
    for each in shapes:
        given = dict(zip("xy", (random.normal(size=shape) for shape in each), strict=False))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                wanted = np.asarray(numpy(**given))
        except (ValueError, IndexError, TypeError, RuntimeError, np.linalg.LinAlgError):
            wanted = None
        try:
            found = gradcli.eval(text, given).value
        except GradcliError as error:
            if wanted is not None:
                apart.append((each, error.message))
            continue
        if wanted is None or found.shape != wanted.shape:
            apart.append((each, found.shape))
        else:
            assert_allclose(found, wanted, rtol=1e-11, atol=1e-12, err_msg=str(each))
    return apart


ONE = [
    *((text, SHAPES) for text in written(OF_ANY)), *((text, OF_ARRAYS) for text in written(OF_AXES)),
    *((text, WITH_ELEMENTS) for text in written(OF_ELEMENTS)), *((text, FULL_ARRAYS) for text in written(OF_AXES_WITH_ELEMENTS)),
    *((text, [shape for shape in FULL_ARRAYS if 1 not in shape]) for text in written(OF_LONG_AXES)),
    *((text, [shape for shape in WITH_ELEMENTS if len(shape) > 1]) for text in written(OF_MATRICES)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shapes"), ONE, ids=[text for text, _ in ONE])
def test_of_one_array(text, shapes):
    """Left out are numbers where an axis is named, which NumPy takes for vectors in places, and the means and norms
    of nothing, for which it makes up an answer or a warning."""
    assert differing(text, [(shape,) for shape in shapes]) == []


TWO = [*((text, PAIRED) for text in written(OF_TWO)), *((text, LONG) for text in written(EINSUMS))]
TWO += [(text, [shape for shape in LONG if 0 not in shape]) for text in written(WEIGHTED)]


@pytest.mark.parametrize(("text", "shapes"), TWO, ids=[text for text, _ in TWO])
def test_of_two_arrays(text, shapes):
    """einsum stretches no axis of size 1 for a letter, as PyTorch's neither."""
    assert differing(text, itertools.product(shapes, shapes)) == []
