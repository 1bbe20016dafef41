"""Functions of arrays against NumPy's of the same name: values, and Jacobians in both modes by steps off the real axis.

NumPy's functions take complex numbers, and the imaginary part of f(x + ih) is h times the derivative to the last digit.
What is in a family here is one function at every axis, sign of an axis, shape or option that it has.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from graphs import MODES
from numpy.testing import assert_allclose

import gradcli
from gradcli.engine.operations import softmax

STEP = 1e-100
SHAPES: dict[str, tuple[int, ...]] = {
    "v": (5,), "w": (5,), "u": (3,), "p": (2,), "one": (1,), "a": (3, 4), "b": (4, 2), "row": (1, 4), "s": (3, 3),
    "c": (2, 3, 4), "d": (2, 4, 3), "q": (2, 3, 3), "thin": (2, 1, 3), "h": (2, 2, 3, 2),
}  # fmt: skip
"""Names of arrays and their shapes; no two axes of one array are as long, but where a function wants that."""


class Case(NamedTuple):
    """What is written, and the same by NumPy, of the arrays that its parameters name."""

    written: str
    numpy: Callable[..., Any]

    def names(self) -> tuple[str, ...]:
        code = self.numpy.__code__
        return code.co_varnames[: code.co_argcount - len(self.numpy.__defaults__ or ())]


def given(name: str) -> np.ndarray:
    seed = sum(map(ord, name))
    return np.random.default_rng(seed).uniform(0.5, 2.0, SHAPES[name]) * np.random.default_rng(seed + 1).choice([-1.0, 1.0], SHAPES[name])  # fmt: skip


# ---- families --------------------------------------------------------------------------------------------


def sequences() -> Iterator[Case]:
    for n, axis in itertools.product((1, 2, 3), (0, 1, -1, -2)):
        yield Case(f"diff(a, {n}, {axis})", lambda a, n=n, axis=axis: np.diff(a, n, axis))
    for axis in (0, 1, 2, -3):
        yield Case(f"diff(c, axis={axis})", lambda c, axis=axis: np.diff(c, axis=axis))
        yield Case(f"diff(c, axis={axis}, prepend=2, append=c)", lambda c, axis=axis: np.diff(c, axis=axis, prepend=2, append=c))  # fmt: skip
        yield Case(f"trapezoid(c, dx=0.5, axis={axis})", lambda c, axis=axis: np.trapezoid(c, dx=0.5, axis=axis))
        yield Case(f"trapezoid(c, c**2, axis={axis})", lambda c, axis=axis: np.trapezoid(c, c**2, axis=axis))
        yield Case(f"cumulative_trapezoid(c, axis={axis})", lambda c, axis=axis: _running(c, 1.0, axis))
        yield Case(f"cumulative_trapezoid(c, dx=0.5, axis={axis}, initial=0)", lambda c, axis=axis: _running(c, 0.5, axis, 0.0))  # fmt: skip
        yield Case(f"cumulative_trapezoid(c, c**2, axis={axis}, initial=3)", lambda c, axis=axis: _running(c, c**2, axis, 3.0))  # fmt: skip
        yield Case(f"gradient(c, 0.25, axis={axis})", lambda c, axis=axis: np.gradient(c, 0.25, axis=axis))
    yield Case("trapezoid(a, u, axis=0)", lambda a, u: np.trapezoid(a, u, axis=0))
    yield Case("trapezoid(v, w)", lambda v, w: np.trapezoid(v, w))
    yield Case("ediff1d(a)", lambda a: np.ediff1d(a))
    for order in (1, 2):
        yield Case(f"gradient(v, edge_order={order})", lambda v, order=order: np.gradient(v, edge_order=order))
        yield Case(f"gradient(v, -0.5, edge_order={order})", lambda v, order=order: np.gradient(v, -0.5, edge_order=order))  # fmt: skip
        yield Case(f"gradient(v, cumsum(w**2), edge_order={order})", lambda v, w, order=order: _gradient(v, np.cumsum(w**2), order))  # fmt: skip
        yield Case(f"gradient(u, edge_order={order})", lambda u, order=order: np.gradient(u, edge_order=order))
        yield Case(f"gradient(a, u, axis=0, edge_order={order})", lambda a, u, order=order: _gradient(a.T, u, order).T)
    for place in (0, 1):
        yield Case(f"gradient(a)[{place}]", lambda a, place=place: np.gradient(a)[place])
        yield Case(f"gradient(c, axis=(2, 0))[{place}]", lambda c, place=place: np.gradient(c, axis=(2, 0))[place])
    for mode in ("full", "same", "valid"):
        for x, y in itertools.product(("v", "u", "p", "one"), repeat=2):
            yield Case(*_of_two(f"convolve({{x}}, {{y}}, '{mode}')", lambda x, y, mode=mode: np.convolve(x, y, mode), x, y))  # fmt: skip
            yield Case(*_of_two(f"correlate({{x}}, {{y}}, '{mode}')", lambda x, y, mode=mode: np.correlate(x, y.conj(), mode), x, y))  # fmt: skip
    yield Case("polyval(v, a)", lambda v, a: np.polyval(v, a))
    yield Case("polyval(one, a)", lambda one, a: np.polyval(one, a) + 0 * a)
    yield Case("polyval(u, v[0])", lambda u, v: np.polyval(u, v[0]))
    for n, increasing in itertools.product((None, 0, 1, 2, 5), (False, True)):
        yield Case(f"vander(u, {n}, increasing={increasing})", lambda u, n=n, up=increasing: np.vander(u, n, up))


def _of_two(written: str, numpy: Callable[..., Any], x: str, y: str) -> tuple[str, Callable[..., Any]]:
    """A function of two arrays, which may be the same one, by their names."""
    text = written.format(x=x, y=y)
    scope: dict[str, Any] = {"f": numpy}
    names = dict.fromkeys((x, y))
    made: Callable[..., Any] = eval(f"lambda {', '.join(names)}: f({x}, {y})", scope)
    return text, made


def _running(y: Any, x: Any, axis: int, initial: float | None = None) -> Any:
    y = np.moveaxis(y, axis, -1)
    steps = np.diff(np.moveaxis(x, axis, -1)) if np.ndim(x) else x
    out = np.cumsum((y[..., 1:] + y[..., :-1]) / 2 * steps, -1)
    if initial is not None:
        out = np.concatenate([np.full((*out.shape[:-1], 1), initial), out], -1)
    return np.moveaxis(out, -1, axis)


def _gradient(f: Any, x: Any, order: int) -> Any:
    """NumPy's takes no complex coordinates: slopes of parabolas through three points, and at the ends of lines."""
    count, out = len(x), np.empty(f.shape, np.result_type(f, x))
    for i in range(count):
        at = min(max(i - 1, 0), count - 3)
        points = [at, at + 1, at + 2]
        if order == 1 and i in (0, count - 1):
            points = [0, 1] if not i else [count - 2, count - 1]
        out[..., i] = 0
        for j in points:
            rest = [k for k in points if k != j]
            below = np.prod([x[j] - x[k] for k in rest])
            above = sum(np.prod([x[i] - x[k] for k in rest if k != left]) for left in rest)
            out[..., i] += f[..., j] * above / below
    return out


def products() -> Iterator[Case]:
    for text in ("ij,jk->ik", "ij,jk->ki", "ij,jk", "ij,jk->", "ij,jk->j", "ij,jk->i", "ij,jk->k", "ij,jk->ijk", "ij,jk->kji", "ij,kl->likj", "...j,jk", "ij,...k->...kij"):  # fmt: skip
        yield Case(f"einsum('{text}', a, b)", lambda a, b, text=text: np.einsum(text, a, b))
    for text in ("bij,bjk->bik", "bij,bjk->kb", "bij,bji->b", "bij,bji", "bij,ajk->baik", "...ij,...jk", "...ij,...jk->...k", "aij,akl->ijkl", "aij,aji->ij"):  # fmt: skip
        yield Case(f"einsum('{text}', c, d)", lambda c, d, text=text: np.einsum(text, c, d))
    for text in ("ii", "ii->i", "ij->ji", "ij->", "ij->j", "ij->i", "...->...", "i...->...i"):
        yield Case(f"einsum('{text}', s)", lambda s, text=text: np.einsum(text, s))
    for text in ("iji->j", "iji->i", "iji->ij", "iji"):
        yield Case(f"einsum('{text}', q[:, :, :2])", lambda q, text=text: np.einsum(text, q[:, :, :2]))
    for text in ("abi,aci->bc", "aij,aji->a", "ijj->i", "...jj->...j", "...ij->...j"):
        if text.count(",") == 1:
            yield Case(f"einsum('{text}', q, q)", lambda q, text=text: np.einsum(text, q, q))
        else:
            yield Case(f"einsum('{text}', q)", lambda q, text=text: np.einsum(text, q))
    yield Case("einsum('...ij,...j', thin, a[:2, :3])", lambda thin, a: np.einsum("...ij,...j", thin, a[:2, :3]))
    yield Case("einsum('...ij,...ij->...', thin, c[:1, :1, :3])", lambda thin, c: np.einsum("...ij,...ij->...", thin, c[:1, :1, :3]))  # fmt: skip
    yield Case("einsum('...ij,...ij->...', h, q[:, :, :2])", lambda h, q: np.einsum("...ij,...ij->...", h, q[:, :, :2]))
    yield Case("einsum('...ij,...jk->...ik', q, h)", lambda q, h: np.einsum("...ij,...jk->...ik", q, h))
    yield Case("einsum('i,ij,jk,k->', u, a, b, p)", lambda u, a, b, p: u @ a @ b @ p)
    yield Case("einsum('i,j,k->kij', u, p, v)", lambda u, p, v: np.einsum("i,j,k->kij", u, p, v))
    yield Case("einsum('ij,i,j->j', a, u, row[0])", lambda a, u, row: np.einsum("ij,i,j->j", a, u, row[0]))
    for axes in (0, 1, 2, [[0], [1]], [[-1], [0]], [[1, 0], [0, 1]], [[2], [1]], [[0, 2], [1, 0]], [[], []]):
        for x, y in (("c", "d"), ("a", "b"), ("a", "c"), ("s", "s"), ("q", "s")):
            try:
                np.tensordot(np.ones(SHAPES[x]), np.ones(SHAPES[y]), axes)
            except (ValueError, IndexError):
                continue
            yield Case(*_of_two(f"tensordot({{x}}, {{y}}, {axes})", lambda x, y, axes=axes: np.tensordot(x, y, axes), x, y))  # fmt: skip
    for x, y in itertools.product(("v", "u", "one", "a", "s", "c"), repeat=2):
        yield Case(*_of_two("outer({x}, {y})", np.outer, x, y))
        yield Case(*_of_two("kron({x}, {y})", np.kron, x, y))
    for x, y in itertools.product(("u", "a", "b", "s", "c", "d", "q", "thin", "p", "row", "h"), repeat=2):
        for name, function in (("matmul", np.matmul), ("inner", np.inner), ("dot", np.dot)):
            if name == "dot" and len(SHAPES[y]) > 2:
                continue
            try:
                function(np.ones(SHAPES[x]), np.ones(SHAPES[y]))
            except ValueError:
                continue
            yield Case(*_of_two(f"{name}({{x}}, {{y}})", function, x, y))
    for axis in (0, -2):
        yield Case(f"cross(a, a**2, {axis})", lambda a, axis=axis: np.cross(a, a**2, axis=axis))
    for axis in (1, 2, -1, -2):
        yield Case(f"cross(q, q**2, {axis})", lambda q, axis=axis: np.cross(q, q**2, axis=axis))
    yield Case("cross(u, d)", lambda u, d: np.cross(u, d))
    yield Case("cross(d, u)", lambda d, u: np.cross(d, u))
    yield Case("cross(s, thin)", lambda s, thin: np.cross(s, thin))
    yield Case("vdot(a, b[:3, 0] @ a * a)", lambda a, b: np.sum(a * (b[:3, 0] @ a * a)))
    yield Case("bmm(c, d)", lambda c, d: c @ d)
    yield Case("mm(a, b)", lambda a, b: a @ b)
    yield Case("mv(b, p)", lambda b, p: b @ p)


def diagonals() -> Iterator[Case]:
    for k in (-3, -2, -1, 0, 1, 2, 3, 4):
        yield Case(f"diag(u, {k})", lambda u, k=k: np.diag(u, k))
        yield Case(f"diagflat(s, {k})", lambda s, k=k: np.diagflat(s, k))
        yield Case(f"diag_embed(a, {k})", lambda a, k=k: np.array([np.diag(row, k) for row in a]))
        if -3 < k < 4:
            yield Case(f"diag(a, {k})", lambda a, k=k: np.diag(a, k))
            yield Case(f"trace(a, {k})", lambda a, k=k: np.trace(a, k))
    for one, two in itertools.permutations((0, 1, -1), 2):
        for k in (-1, 0, 1):
            yield Case(f"diagonal(c, {k}, {one}, {two})", lambda c, k=k, one=one, two=two: np.diagonal(c, k, one, two))
            yield Case(f"trace(c, {k}, {one}, {two})", lambda c, k=k, one=one, two=two: np.trace(c, k, one, two))
    for one, two in ((1, 2), (-1, 0), (3, 1), (-3, -2)):
        yield Case(f"diagonal(h, 0, {one}, {two})", lambda h, one=one, two=two: np.diagonal(h, 0, one, two))
    yield Case("block_diag(u, a, one, v[0], b)", lambda u, a, one, v, b: _blocks(u, a, one, v[0], b))
    yield Case("block_diag(a)", lambda a: a)
    yield Case("block_diag(a, a)", lambda a: _blocks(a, a))
    for n, m, k in ((3, None, 0), (3, 4, 1), (3, 2, -1), (2, 5, -2), (1, 1, 0), (3, 4, 3)):
        yield Case(f"tri({n}, {m}, {k}) * v[0]", lambda v, n=n, m=m, k=k: np.tri(n, m, k) * v[0])
    for name, function in (("tril", np.tril), ("triu", np.triu)):
        for k in (-3, -1, 0, 1, 4):
            yield Case(f"{name}(a, {k})", lambda a, k=k, function=function: function(a, k))
            yield Case(f"{name}(c, {k})", lambda c, k=k, function=function: function(c, k))


def _blocks(*arrays: Any) -> Any:
    blocks = [np.atleast_2d(each) for each in arrays]
    out = np.zeros(np.sum([each.shape for each in blocks], 0), complex)
    row = column = 0
    for each in blocks:
        out[row : row + each.shape[0], column : column + each.shape[1]] = each
        row, column = row + each.shape[0], column + each.shape[1]
    return out


def rearranged() -> Iterator[Case]:
    for axis in (0, 1, 2, -1, -2, -3):
        yield Case(f"concatenate([c, 2 * c, c**2], {axis})", lambda c, axis=axis: np.concatenate([c, 2 * c, c**2], axis))  # fmt: skip
        yield Case(f"stack([c, 2 * c], {axis})", lambda c, axis=axis: np.stack([c, 2 * c], axis))
        yield Case(f"flip(c, {axis})", lambda c, axis=axis: np.flip(c, axis))
        yield Case(f"roll(c, 1, {axis})", lambda c, axis=axis: np.roll(c, 1, axis))
        yield Case(f"roll(c, -3, {axis})", lambda c, axis=axis: np.roll(c, -3, axis))
        yield Case(f"repeat(c, 2, {axis})", lambda c, axis=axis: np.repeat(c, 2, axis))
        yield Case(f"take(c, [1, 0, -1, 1], {axis})", lambda c, axis=axis: np.take(c, [1, 0, -1, 1], axis))
        yield Case(f"cumsum(c, {axis})", lambda c, axis=axis: np.cumsum(c, axis))
        yield Case(f"cumprod(c, {axis})", lambda c, axis=axis: np.cumprod(c, axis))
        yield Case(f"expand_dims(c, {axis})", lambda c, axis=axis: np.expand_dims(c, axis))
        yield Case(f"unbind(c, {axis})[1]", lambda c, axis=axis: np.moveaxis(c, axis, 0)[1])
        yield Case(f"narrow(c, {axis}, 1, 1)", lambda c, axis=axis: np.take(c, [1], axis))
        for other in (0, 1, 2, -1, -2, -3):
            yield Case(f"swapaxes(c, {axis}, {other})", lambda c, i=axis, j=other: np.swapaxes(c, i, j))
            yield Case(f"moveaxis(c, {axis}, {other})", lambda c, i=axis, j=other: np.moveaxis(c, i, j))
            if axis % 3 != other % 3:
                yield Case(f"rot90(c, 1, ({axis}, {other}))", lambda c, i=axis, j=other: np.rot90(c, 1, (i, j)))
                yield Case(f"flip(c, ({axis}, {other}))", lambda c, i=axis, j=other: np.flip(c, (i, j)))
    for axes in itertools.permutations(range(3)):
        yield Case(f"transpose(c, {axes})", lambda c, axes=axes: np.transpose(c, axes))
        yield Case(f"transpose(h, {(*axes, -1)})", lambda h, axes=axes: np.transpose(h, (*axes, -1)))
        yield Case(f"transpose(transpose(h, {(3, *axes)}), {(*axes, 3)})", lambda h, axes=axes: np.transpose(np.transpose(h, (3, *axes)), (*axes, 3)))  # fmt: skip
    for name in ("v", "a", "c", "h", "one", "thin"):
        yield Case(*_of_one("transpose({x})", np.transpose, name))
        yield Case(*_of_one("ravel({x})", np.ravel, name))
        yield Case(*_of_one("squeeze({x})", np.squeeze, name))
        yield Case(*_of_one("flip({x})", np.flip, name))
        yield Case(*_of_one("{x}.T", lambda x: x.T, name))
        yield Case(*_of_one("roll({x}, 2)", lambda x: np.roll(x, 2), name))
        yield Case(*_of_one("repeat({x}, 2)", lambda x: np.repeat(x, 2), name))
        for times in (2, (2, 1), (1, 2, 2), (3, 1, 1, 2)):
            yield Case(*_of_one(f"tile({{x}}, {times})", lambda x, times=times: np.tile(x, times), name))
    for first, last in itertools.product(range(-4, 4), repeat=2):
        if first % 4 <= last % 4:
            yield Case(f"flatten(h, {first}, {last})", lambda h, i=first % 4, j=last % 4: h.reshape(*h.shape[:i], -1, *h.shape[j + 1 :]))  # fmt: skip
    for shape in ((24,), (-1,), (4, 6), (6, -1), (2, 2, -1, 3), (1, 24, 1), (-1, 1)):
        yield Case(f"reshape(c, {shape})", lambda c, shape=shape: np.reshape(c, shape))
    for axes in ((0, 2), (-1, 0), (1, 2), (0, 1, 2), (0, -1, 1)):
        yield Case(f"expand_dims(u, {axes})", lambda u, axes=axes: np.expand_dims(u, axes))
    yield Case("squeeze(thin, 1)", lambda thin: np.squeeze(thin, 1))
    yield Case("squeeze(row, (-2,))", lambda row: row[0])
    for shape, sizes in (((3, 4), (3, 4)), ((2, 3, 4), (2, 3, 4)), ((2, 3, -1), (2, 3, 4))):
        yield Case(f"broadcast_to(row, {shape})", lambda row, sizes=sizes: np.broadcast_to(row, sizes))
    yield Case("expand(thin, (4, -1, 5, -1))", lambda thin: np.broadcast_to(thin, (4, 2, 5, 3)))
    yield Case("expand(thin, (-1, 5, 3))", lambda thin: np.broadcast_to(thin, (2, 5, 3)))
    for width in (0, 1, (1, 2), ((1, 0), (0, 2))):
        for mode in ("constant", "edge", "reflect", "wrap", "symmetric"):
            yield Case(f"pad(a, {width}, '{mode}')", lambda a, width=width, mode=mode: np.pad(a, width, mode))
    for k, axes in itertools.product((-1, 0, 1, 2, 3, 5), ((0, 1), (1, 0))):
        yield Case(f"rot90(a, {k}, {axes})", lambda a, k=k, axes=axes: np.rot90(a, k, axes))


def _of_one(written: str, numpy: Callable[..., Any], x: str) -> tuple[str, Callable[..., Any]]:
    made: Callable[..., Any] = eval(f"lambda {x}: f({x})", {"f": numpy})
    return written.format(x=x), made


def pieces() -> Iterator[Case]:
    for n in (1, 2, 3, 5):
        for place in range(n):
            yield Case(f"array_split(v, {n})[{place}]", lambda v, n=n, i=place: np.array_split(v, n)[i])
    for cuts in ([2], [1, 3], [0, 2, 5], [1, 1, 4]):
        for place in range(len(cuts) + 1):
            for name in ("split", "array_split"):
                yield Case(f"{name}(v, {cuts})[{place}]", lambda v, cuts=cuts, i=place: np.split(v, cuts)[i])
                yield Case(f"{name}(h, {cuts[:1]}, 2)[{place % 2}]", lambda h, cuts=cuts, i=place % 2: np.split(h, cuts[:1], 2)[i])  # fmt: skip
    for axis in (1, -2):
        for place in range(3):
            yield Case(f"split(c, 3, {axis})[{place}]", lambda c, axis=axis, i=place: np.split(c, 3, axis)[i])
            yield Case(f"torch.split(c, 1, {axis})[{place}]", lambda c, axis=axis, i=place: np.split(c, 3, axis)[i])
            yield Case(f"chunk(c, 5, {axis})[{place}]", lambda c, axis=axis, i=place: np.split(c, 3, axis)[i])
    for place in range(3):
        yield Case(f"torch.split(v, [1, 3, 1])[{place}]", lambda v, i=place: np.split(v, [1, 4])[i])
        yield Case(f"torch.split(v, [2, 0, 3])[{place}]", lambda v, i=place: np.split(v, [2, 2])[i])
        yield Case(f"torch.split(v, 2)[{place}]", lambda v, i=place: np.split(v, [2, 4])[i])
        yield Case(f"chunk(v, 3)[{place}]", lambda v, i=place: np.split(v, [2, 4])[i])
    yield Case("roll(a, 1, (0, 1))", lambda a: np.roll(a, 1, (0, 1)))
    yield Case("roll(c, (1, -2), (-1, 0))", lambda c: np.roll(c, (1, -2), (-1, 0)))
    yield Case("roll(c, (1, -2, 3), (-1, 0, 1))", lambda c: np.roll(c, (1, -2, 3), (-1, 0, 1)))
    for first, length in ((0, 2), (1, 3), (-2, 1), (-4, 4), (0, 0)):
        yield Case(f"narrow(a, 1, {first}, {length})", lambda a, i=first % 4, j=length: a[:, i : i + j])
    for axis in (0, 1, -1):
        yield Case(f"index_select(a, {axis}, [1, 0, 1])", lambda a, axis=axis: np.take(a, [1, 0, 1], axis))
    places = [[1, 0], [0, 2], [2, 1]]
    for axis in (1, -1):
        yield Case(f"take_along_axis(a, {places}, {axis})", lambda a, axis=axis: np.take_along_axis(a, np.array(places), axis))  # fmt: skip
    yield Case("take(a, [[1, 0], [5, 11]])", lambda a: np.take(a, [[1, 0], [5, 11]]))
    for name, function in (
        ("vstack", np.vstack),
        ("hstack", np.hstack),
        ("column_stack", np.column_stack),
        ("dstack", np.dstack),
    ):
        for x in ("v", "a", "c"):
            if name != "column_stack" or x != "c":
                yield Case(
                    *_of_one(f"{name}([{{x}}, {{x}} * {{x}}])", lambda x, function=function: function([x, x * x]), x)
                )


def matrices() -> Iterator[Case]:
    for name, size in (("one[:, None]", 1), ("s[:2, :2]", 2), ("s", 3)):
        shift = 4.0 * np.eye(size)
        for written, function in (
            ("inv", np.linalg.inv), ("det", np.linalg.det), ("matrix_power(2)", lambda x: x @ x),
            ("matrix_power(3)", lambda x: x @ x @ x), ("matrix_power(-1)", np.linalg.inv), ("matrix_power(-2)", lambda x: np.linalg.inv(x @ x)),
        ):  # fmt: skip
            head, _, rest = written.partition("(")
            text = f"{head}({name} + 4 * eye({size}){', ' + rest if rest else ')'}"
            of = name.partition("[")[0]
            made = eval(f"lambda {of}: f({name} + shift)", {"f": function, "shift": shift})
            yield Case(text, made)
    yield Case("inv(q + 4 * eye(3))", lambda q: np.linalg.inv(q + 4 * np.eye(3)))
    yield Case("det(q)", lambda q: np.linalg.det(q))
    yield Case("solve(s + 4 * eye(3), u)", lambda s, u: np.linalg.solve(s + 4 * np.eye(3), u))
    yield Case("solve(s + 4 * eye(3), a)", lambda s, a: np.linalg.solve(s + 4 * np.eye(3), a))
    yield Case("solve(q + 4 * eye(3), c)", lambda q, c: np.linalg.solve(q + 4 * np.eye(3), c))
    yield Case("solve(s + 4 * eye(3), c)", lambda s, c: np.linalg.solve(s + 4 * np.eye(3), c))
    yield Case("solve(q + 4 * eye(3), a)", lambda q, a: np.linalg.solve(q + 4 * np.eye(3), a))
    yield Case("solve(q + 4 * eye(3), u)", lambda q, u: np.linalg.solve(q + 4 * np.eye(3), u[:, None])[..., 0])
    for lower, unit in itertools.product((False, True), repeat=2):
        half = lambda s, lower=lower, unit=unit: _half(s + 4 * np.eye(3), lower, unit)  # noqa: E731
        text = "s + 4 * eye(3)"
        yield Case(f"triangular_solve({text}, a, lower={lower}, unit={unit})", lambda s, a, half=half: np.linalg.solve(half(s), a))  # fmt: skip
        yield Case(f"triangular_solve({text}, u, {lower}, {unit})", lambda s, u, half=half: np.linalg.solve(half(s), u))
        for trans in (False, True):
            turned = (lambda m: m.T) if trans else (lambda m: m)
            how = f"lower={lower}, unit={unit}, trans={int(trans)}"
            yield Case(f"solve_triangular({text}, a, {how})", lambda s, a, half=half, turned=turned: np.linalg.solve(turned(half(s)), a))  # fmt: skip
            yield Case(f"solve_triangular({text}, u, {how})", lambda s, u, half=half, turned=turned: np.linalg.solve(turned(half(s)), u))  # fmt: skip
            yield Case(f"solve_triangular({text}, d[0], {how}, left=False)", lambda s, d, half=half, turned=turned: d[0] @ np.linalg.inv(turned(half(s))))  # fmt: skip
    yield Case("triangular_solve(q + 4 * eye(3), c, unit=True)", lambda q, c: np.linalg.solve(_half(q + 4 * np.eye(3), True, True), c))  # fmt: skip
    yield Case("triangular_solve(q + 4 * eye(3), a, lower=False, unit=True)", lambda q, a: np.linalg.solve(_half(q, False, True), a))  # fmt: skip
    for trans in (0, 1):
        turned = (lambda m: m.T) if trans else (lambda m: m)
        yield Case(f"solve_triangular(s + 4 * eye(3), u, trans={trans}, left=False)", lambda s, u, turned=turned: u @ np.linalg.inv(turned(np.triu(s + 4 * np.eye(3)))))  # fmt: skip
    yield Case("solve_triangular(q + 4 * eye(3), c, upper=False)", lambda q, c: np.linalg.solve(np.tril(q + 4 * np.eye(3)), c))  # fmt: skip


def _half(matrix: Any, lower: bool, unit: bool) -> Any:
    half = np.tril(matrix) if lower else np.triu(matrix)
    return np.where(np.eye(half.shape[-1]) > 0, 1.0, half) if unit else half


CASES = [each for family in (sequences, products, diagonals, rearranged, pieces, matrices) for each in family()]


@pytest.mark.parametrize("case", CASES, ids=[each.written.replace(" ", "") for each in CASES])
def test_value_and_jacobians_are_numpys(case):
    values = {name: given(name) for name in case.names()}
    want = case.numpy(*values.values())
    for mode in MODES:
        found = gradcli.jacobian(case.written, values, mode=mode)
        assert found.value.shape == np.shape(want)
        assert_allclose(found.value, want, rtol=1e-12, atol=1e-13)
        for name, value in values.items():
            slopes = np.empty(np.shape(want) + value.shape)
            for place in np.ndindex(value.shape):
                moved = {each: other.astype(complex) for each, other in values.items()}
                moved[name][place] += STEP * 1j
                slopes[(..., *place)] = np.imag(case.numpy(*moved.values())) / STEP
            assert_allclose(found.jacobian[name], slopes, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("at", [[0.5, -1.0, 2.0], [1.5, 1.5, -3.0]])
def test_logsumexp_off_the_real_axis(at):
    x = np.array(at) + 1e-100j * np.array([1.0, -2.0, 0.5])
    found = complex(softmax._logsumexp(x, (-1,)))
    assert found.real == pytest.approx(math.log(sum(map(math.exp, at))), rel=1e-15)
    shares = np.exp(at) / np.sum(np.exp(at))
    assert found.imag / 1e-100 == pytest.approx(float(shares @ [1.0, -2.0, 0.5]), rel=1e-14)
