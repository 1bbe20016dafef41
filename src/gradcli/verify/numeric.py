"""Derivatives from nothing but the values that the graph computes.

**Complex step** (Squire and Trapp, SIAM Review 40, 1998): for analytic f, Im f(x + ihv) / h is the slope
along v up to terms in h², and nothing cancels. The real part of every intermediate result is held at
its float64 value, so that a complex kernel that is less exact in its real part does no harm; an h
a thousand times smaller must give the same, or there is no answer.

**Differences** with Richardson's extrapolation, over every window of a long row of halved steps
(Ridders, Advances in Engineering Software 4, 1982); what the windows give for the error is kept, and
an answer confirms no more digits than that. From both sides at once come the one-sided slopes,
which differ at a kink.

For higher orders, complex steps along the first direction are differenced along the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..engine.evaluate import Values, interpret
from ..engine.node import Array, Node
from ..record import Record
from ..telling import telling
from .elements import Direction
from .point import Point

Vectors: TypeAlias = list[Array]  # an array for each input, the directions along its first axis
Steps: TypeAlias = NDArray[np.intp]  # which of the halved steps

_EPSILON = 2.0**-52
_NORMAL = 2.0**-1022  # below this float64 has fewer digits
_STEP = 2.0**-100  # of a complex step, relative: its square is nothing beside 1
_LEAST = 2.0**-960  # h times a slope keeps its digits above this
_SMALLEST = 2.0**-700  # inputs below this leave no room for such a step
_LEVELS = range(3, 7)  # of extrapolation: a window has one step more, and three could agree by chance
_HALVINGS = 24
_TRIES = 20  # windows that are passed over before there is no answer
_MOST_STEPS = 90
_CHUNK = 2**22  # numbers computed at one time
_SAFETY = 10.0  # by which an estimated error is multiplied before it is relied on


def complex_step(point: Point, directions: Sequence[Direction]) -> tuple[Array, Array]:
    """The slopes along directions: a row a direction, a column an element of the output or one for
    the weighted sum; NaN where there is no answer. All operations on the path must be analytic.

    Then for each direction the least size that a slope can have: one below it may come out as 0.
    """
    many = max(1, _CHUNK // max(1, point.size))
    slopes, least = [], []
    with telling("complex steps", len(directions), "directions") as tell:
        for start in range(0, len(directions), many):
            vectors = point.vectors(directions[start : start + many])
            unit = _unit(point.at(), vectors, np.minimum, len(vectors[0]))
            slopes.append(_complex_slopes(point, point.at(), point.base, vectors, len(vectors[0])))
            least.append(_LEAST / np.maximum(unit * _STEP, _LEAST))
            tell(start + len(vectors[0]))
    return np.concatenate(slopes), np.concatenate(least)


def _complex_slopes(
    point: Point, at: Sequence[Values], base: dict[Node, Values], vectors: Sequence[Values], count: int
) -> Array:
    """Slopes along vectors where the inputs are `at` and the nodes' values base: a row a point."""
    unit = _unit(at, vectors, np.minimum, count)
    coarse = _complex_slope(point, at, base, vectors, unit * _STEP, count)
    fine = _complex_slope(point, at, base, vectors, unit * (_STEP / 1024.0), count)
    with np.errstate(all="ignore"):
        good = np.abs(coarse - fine) <= 1e-10 * np.abs(coarse)
    return np.where(good & (unit > _SMALLEST)[:, None], coarse, np.nan)


def _complex_slope(
    point: Point, at: Sequence[Values], base: dict[Node, Values], vectors: Sequence[Values], h: Array, count: int
) -> Array:
    feeds = dict(base)
    for node in point.path:
        feeds.pop(node)
    for node, here, vector in zip(point.inputs, at, vectors, strict=True):
        feeds[node] = _complex(here, vector * _columns_of(h, len(node.shape)))

    def held(node: Node, operands: list[Values]) -> Values:
        value = node.operation.kernel(*operands, *node.params)
        if not np.iscomplexobj(value):
            return base[node]
        real = base[node]
        near = np.abs(value.real - real) <= 1e-6 * np.abs(real) + 1e-9
        return _complex(real, np.where(near, value.imag, np.nan))

    with np.errstate(all="ignore"):
        (output,) = interpret([point.output], feeds, held)
        rows = point.columns(np.imag(output), count)
        return rows / h[:, None]


def _complex(real: Values, imaginary: Values) -> Values:
    made = np.empty(np.broadcast_shapes(np.shape(real), np.shape(imaginary)), dtype=np.complex128)
    made.real, made.imag = real, imaginary
    return made


def _columns_of(h: Array, rank: int) -> Array:
    return h.reshape(-1, *(1,) * rank)


def _unit(at: Sequence[Values], vectors: Sequence[Values], pick: np.ufunc, count: int) -> Array:
    """For each direction the size of what it moves: the least or the largest of |x|/|v| over the
    elements that it moves and that are not 0, as a power of two; 1/|v| where all are 0."""
    start = np.inf if pick is np.minimum else 0.0
    unit, length = np.full(count, start), np.zeros(count)
    for here, vector in zip(at, vectors, strict=True):
        size = np.abs(vector).reshape(len(vector), -1)
        where = np.broadcast_to(np.abs(here), (count, *vector.shape[1:])).reshape(count, -1)
        counts = (size > 0) & (where > 0) & np.isfinite(where)
        with np.errstate(all="ignore"):
            ratio = np.where(counts, where / size, start)
        unit = pick(unit, pick.reduce(ratio, axis=1, initial=start))
        length = np.maximum(length, np.max(size, axis=1, initial=0.0))
    none = ~((unit > 0) & np.isfinite(unit))
    unit = np.where(none, 1.0 / np.where(length > 0, length, 1.0), unit)
    return np.exp2(np.floor(np.log2(unit)))


# ---- differences -----------------------------------------------------------------------------------


class Differences(Record):
    """Slopes by differences and bounds on their errors (infinite where there is no answer), a row a
    direction, a column an element; left and right likewise from one side (NaN: none; ±inf: a jump)."""

    slope: Array
    error: Array
    left: Array
    left_error: Array
    right: Array
    right_error: Array


def differences(point: Point, directions: Sequence[tuple[Direction, ...]], noise: Array) -> Differences:
    """The slopes along directions one after the other, by differences along the last of them, or the
    last two; where there is one more and the path is analytic, complex steps along the first.

    noise is how far rounding moves the function's values, a number an element of the output or one for
    the weighted sum.
    """
    pieces: list[Differences] = []
    order = len(directions[0]) if directions else 0
    stepped = point.analytic and order > 1
    levels = order - stepped
    ladders = _ladders(point, directions, levels)
    many = max(1, _CHUNK // max(1, point.size * ladders[0].shape[1] * 2**levels)) if ladders else 1
    with telling("differences", len(directions), "directions") as tell:
        for start in range(0, len(directions), many):
            part = slice(start, start + many)
            pieces.append(_differenced(point, directions[part], stepped, [each[part] for each in ladders], noise))
            tell(min(part.stop, len(directions)))
    return Differences(*(np.concatenate([getattr(piece, field) for piece in pieces]) for field in Differences._fields))


def cost(point: Point, directions: Sequence[tuple[Direction, ...]]) -> int:
    """How many numbers `differences` computes."""
    order = len(directions[0]) if directions else 0
    levels = order - (point.analytic and order > 1)
    return point.size * sum(each.size for each in _ladders(point, directions, levels)[:1]) * 2**levels


def _ladders(point: Point, directions: Sequence[tuple[Direction, ...]], levels: int) -> list[Array]:
    """For each differenced direction its halved steps: from an eighth of the inputs' size (or of 1) down
    to 2**-24 of it."""
    found = []
    for level in range(levels):
        vectors = point.vectors([each[len(each) - levels + level] for each in directions])
        high = np.maximum(_unit(point.at(), vectors, np.maximum, len(directions)), 1.0) / 8.0
        low = np.minimum(_unit(point.at(), vectors, np.minimum, len(directions)), 1.0) * 2.0**-_HALVINGS
        found.append((high, np.maximum(low, _NORMAL)))
    spans = [int(np.max(np.log2(high) - np.log2(low), initial=0.0)) + 1 for high, low in found]
    steps = min(max(spans, default=1), _MOST_STEPS)
    halvings = np.exp2(-np.arange(steps))
    return [np.minimum(high, low * 2.0 ** (steps - 1))[:, None] * halvings for high, low in found]


def _differenced(
    point: Point, directions: Sequence[tuple[Direction, ...]], stepped: bool, ladders: Sequence[Array], noise: Array
) -> Differences:
    count, steps, levels = len(directions), ladders[0].shape[1], len(ladders)
    first = point.vectors([each[0] for each in directions]) if stepped else None
    moving = [point.vectors([each[len(each) - levels + k] for each in directions]) for k in range(levels)]
    signs = np.array(np.meshgrid(*[[1.0, -1.0]] * levels, indexing="ij")).reshape(levels, -1)  # corners of the stencil

    def spread(each: Values) -> Values:
        """A row a direction -> a row a direction, step and corner."""
        shape = (count, steps, signs.shape[1], *each.shape[1:])
        return np.broadcast_to(each[:, None, None], shape).reshape(-1, *each.shape[1:])

    inputs = []
    for number, here in enumerate(point.at()):
        moved = np.broadcast_to(here, (count * steps * signs.shape[1], *here.shape)).copy()
        for k in range(levels):
            h = (ladders[k][:, :, None] * signs[k]).reshape(-1)
            moved += _columns_of(h, here.ndim) * spread(moving[k][number])
        inputs.append(moved)
    at_corners = _values(point, inputs, None if first is None else [spread(each) for each in first])
    corners = at_corners.reshape(count, steps, signs.shape[1], -1)
    here_value = _values(point, [np.broadcast_to(x, (count, *x.shape)) for x in point.at()], first)[:, None]
    scale = _unit(point.at(), moving[-1], np.maximum, count)[:, None, None]
    rounding = np.maximum(4.0 * _EPSILON * np.abs(here_value), _NORMAL + (noise if first is None else 0.0))
    product = np.prod(np.stack(ladders), axis=0)[:, :, None]
    with np.errstate(all="ignore"):
        central = (corners * np.prod(signs, axis=0)[:, None]).sum(axis=2) / (product * 2.0**levels)
        slope, error = _extrapolated(central, 4.0, product, rounding, scale)
        if levels > 1:
            none, unknown = np.full_like(slope, np.nan), np.full_like(slope, np.inf)
            return Differences(slope, error, none, unknown, none, unknown)
        ahead, behind = corners[:, :, 0] - here_value, here_value - corners[:, :, 1]
        right, right_error = _one_sided(ahead, product, rounding, scale)
        left, left_error = _one_sided(behind, product, rounding, scale)
    return Differences(slope, error, left, left_error, right, right_error)


def _values(point: Point, inputs: Sequence[Values], first: Sequence[Values] | None) -> Values:
    """The function, or its slope along first, at many points: a row a point."""
    count = len(inputs[0]) if inputs else 1
    base = point.moved(inputs)
    if first is None:
        return point.columns(base[point.output], count)
    return _complex_slopes(point, inputs, base, first, count)


def _one_sided(change: Array, h: Array, rounding: Array, scale: Array) -> tuple[Array, Array]:
    """The slope from a function's changes over steps to one side; infinite where it jumps."""
    slope, error = _extrapolated(change / h, 2.0, h, rounding, scale)
    last = change[:, -6:]
    size = np.min(np.abs(last), axis=1)
    steady = np.max(last, axis=1) - np.min(last, axis=1) <= 0.1 * size
    jumps = steady & (size > 1e-6 * np.abs(change[:, 0])) & (size > 1e3 * rounding[:, 0])
    return np.where(jumps, np.copysign(np.inf, last[:, -1]), slope), np.where(jumps, 0.0, error)


def _extrapolated(rows: Array, factor: float, h: Array, rounding: Array, scale: Array) -> tuple[Array, Array]:
    """The limit of rows (direction, step, element) as steps halve, their errors falling as powers of
    factor do; of all windows the one with the least error, and that error.

    A window whose slope smaller steps do not bear out is passed over, and so are all with larger steps.
    """
    windows = list(_windows(rows, factor, h, rounding, scale))
    noise = (rounding + _EPSILON * np.abs(rows) * scale) / h
    first: Steps = np.zeros(rows[:, 0].shape, dtype=np.intp)
    for _ in range(_TRIES):
        slope, error, last = _best(windows, rows, first)
        steady = _steady(rows, slope, error, last, noise)
        passed_over = ~steady & np.isfinite(error)
        if not passed_over.any():
            break
        first = np.where(passed_over, last, first)
    return slope, np.where(steady, _SAFETY * error, np.inf)


def _windows(rows: Array, factor: float, h: Array, rounding: Array, scale: Array) -> Iterator[tuple[int, Array, Array]]:
    """For each level of extrapolation the slopes of all windows, by their first step, and their errors."""
    table = rows
    for level in range(1, min(_LEVELS.stop, rows.shape[1])):
        power = factor**level
        finer = (power * table[:, 1:] - table[:, :-1]) / (power - 1.0)
        if level in _LEVELS:
            change = np.maximum(np.abs(finer - table[:, 1:]), np.abs(finer - table[:, :-1]))
            error = change + 2.0 * (rounding + _EPSILON * np.abs(finer) * scale) / h[:, level:]
            yield level, finer, np.where(np.isfinite(finer) & np.isfinite(error), error, np.inf)
        table = finer


def _best(windows: Sequence[tuple[int, Array, Array]], rows: Array, first: Steps) -> tuple[Array, Array, Steps]:
    """The slope with the least error of the windows that begin with step `first` or later, that error, and
    the window's last step."""
    slope, error = rows[:, -1], np.full_like(rows[:, -1], np.inf)
    last: Steps = np.zeros(slope.shape, dtype=np.intp)
    for level, slopes, errors in windows:
        begins = np.arange(slopes.shape[1])[None, :, None]
        allowed = np.where(begins >= first[:, None], errors, np.inf)
        best = np.argmin(allowed, axis=1)[:, None]
        least = np.take_along_axis(allowed, best, 1)[:, 0]
        better = least < error
        slope = np.where(better, np.take_along_axis(slopes, best, 1)[:, 0], slope)
        error = np.where(better, least, error)
        last = np.where(better, best[:, 0] + level, last)
    return slope, error, last


def _steady(rows: Array, slope: Array, error: Array, last: Steps, noise: Array) -> NDArray[np.bool_]:
    """Whether steps smaller than the last of a window come no further from its slope than that one did: at
    a kink or a jump nearby they would."""
    off = np.abs(rows - slope[:, None])
    at_last = np.take_along_axis(off, last[:, None], 1)
    smaller = np.arange(rows.shape[1])[None, :, None] > last[:, None]
    far = off > 2.0 * at_last + _SAFETY * (error[:, None] + noise)
    return ~np.any(smaller & far, axis=1)
