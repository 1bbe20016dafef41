"""`torch.optim.LBFGS`: a quasi-Newton method with little memory (Nocedal and Wright 2006, algorithm 7.5).

It asks the program for the loss and its gradient as often as it needs them, and works on their values. Where it stops,
and how far it first goes, is as PyTorch documents it.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..engine.functions import Whole
from ..errors import DataError, ExpressionError
from ..record import Record
from . import autograd
from .library import member
from .objects import method
from .torch_optimizers import Optimizer, Settings
from .tracer import Tracer
from .values import Value

Vector: TypeAlias = NDArray[np.float64]
Calls: TypeAlias = Generator[Any, Value, Any]

_DECREASE, _CURVATURE = 1e-4, 0.9
"""The constants of Wolfe's conditions (Nocedal and Wright, section 3.1)."""
_LEAST_CURVATURE = 1e-10


class Point(Record):
    """A point of a line: how far along it lies, the loss, its gradient, and its slope along the line."""

    length: float
    loss: float
    gradient: Any
    slope: float


class LBFGS(Optimizer):
    """The optimizer. moves and changes are the last moves and what they changed the gradient by, the oldest first."""

    __slots__ = ("before", "changes", "direction", "length", "moves", "scale", "tries")

    def __init__(self, tracer: Tracer, params: Value, **settings: Value) -> None:
        super().__init__("LBFGS", tracer, params, **settings)
        if len(self.groups) > 1:
            raise ExpressionError("LBFGS takes one group of parameters", code="argument")
        self.moves: list[Vector] = []
        self.changes: list[Vector] = []
        self.before: Vector | None = None
        self.scale, self.length, self.tries = 1.0, 1.0, 0
        self.direction: Vector = np.zeros(0)

    # ---- values of the program ---------------------------------------------------------------------------

    def gradient(self, tracer: Tracer) -> Vector:
        """The gradients of all parameters one after another."""
        parts = []
        for each in self.params:
            found = None if each.gradient is None else each.gradient.grad
            parts.append(np.zeros(each.node.size) if found is None else np.ravel(tracer.known(found.node)))
        return np.concatenate(parts)

    def place(self, tracer: Tracer) -> Vector:
        """The parameters one after another."""
        return np.concatenate([np.ravel(tracer.known(each.node)) for each in self.params])

    def move(self, tracer: Tracer, place: Vector) -> None:
        """Give the parameters these values."""
        start = 0
        for each in self.params:
            size, shape = each.node.size, each.node.shape
            node = tracer.graph.constant(place[start : start + size].reshape(shape))
            autograd.write(tracer, autograd.Data(each), node)
            start += size

    def at(self, tracer: Tracer, closure: Value, start: Vector, length: float) -> Calls:
        """The point that lies that far along the direction."""
        self.move(tracer, start + length * self.direction)
        loss = tracer.number((yield closure, []), "the loss")
        gradient = self.gradient(tracer)
        return Point(length, loss, gradient, float(gradient @ self.direction))

    # ---- the direction -----------------------------------------------------------------------------------

    def turn(self, gradient: Vector, most: int) -> None:
        """Choose the direction, of the gradient and what is remembered."""
        self.tries += 1
        if self.before is None:
            self.direction = -gradient
        else:
            self.remember(self.length * self.direction, gradient - self.before, most)
            self.direction = self.newton(gradient)
        self.before = gradient

    def remember(self, move: Vector, change: Vector, most: int) -> None:
        curvature = float(move @ change)
        if curvature > _LEAST_CURVATURE:
            if len(self.moves) == most:
                del self.moves[0], self.changes[0]
            self.moves.append(move)
            self.changes.append(change)
            self.scale = curvature / float(change @ change)

    def newton(self, gradient: Vector) -> Vector:
        """Minus the inverse Hessian that is remembered times the gradient, by two loops."""
        pairs = [(s, y, 1.0 / float(s @ y)) for s, y in zip(self.moves, self.changes, strict=True)]
        found, shares = -gradient, []
        for s, y, rate in reversed(pairs):
            shares.append(rate * float(s @ found))
            found = found - shares[-1] * y
        found = self.scale * found
        for (s, y, rate), share in zip(pairs, reversed(shares), strict=True):
            found = found + s * (share - rate * float(y @ found))
        return found

    # ---- steps -------------------------------------------------------------------------------------------

    def steps(self, tracer: Tracer, closure: Value) -> Calls:
        """What `step` does: up to max_iter directions. Gives the loss that it began with."""
        settings = Settings(tracer, self.groups[0])
        most, evaluations = int(settings.number("max_iter")), int(settings.number("max_eval"))
        still, flat = settings.number("tolerance_change"), settings.number("tolerance_grad")
        first = yield closure, []
        loss, gradient, asked = tracer.number(first, "the loss"), self.gradient(tracer), 1
        for number in range(1, most + 1):
            if _largest(gradient) <= flat:
                break
            begin, start = loss, self.place(tracer)
            self.turn(gradient, int(settings.number("history_size")))
            self.length = settings.number("lr") * (min(1.0, 1.0 / _size(gradient)) if self.tries == 1 else 1.0)
            slope = float(gradient @ self.direction)
            if slope > -still:
                break
            if self.groups[0].fields["line_search_fn"] is not None:
                line = Point(0.0, loss, gradient, slope)
                bounds = still, evaluations - asked
                point, more = yield from search(self, tracer, closure, start, line, bounds)
                loss, gradient, self.length, asked = point.loss, point.gradient, point.length, asked + more
                self.move(tracer, start + self.length * self.direction)
            elif number < most:
                point = yield from self.at(tracer, closure, start, self.length)
                loss, gradient, asked = point.loss, point.gradient, asked + 1
            else:
                self.move(tracer, start + self.length * self.direction)
            moved = _largest(self.length * self.direction)
            if asked >= evaluations or moved <= still or abs(loss - begin) < still:
                break
        return first


def _largest(vector: Vector) -> float:
    return float(np.abs(vector).max())


def _size(vector: Vector) -> float:
    return float(np.abs(vector).sum())


# ---- along a line --------------------------------------------------------------------------------------


def search(
    optimizer: LBFGS, tracer: Tracer, closure: Value, start: Vector, line: Point, bounds: tuple[float, int]
) -> Calls:
    """A point that meets Wolfe's strong conditions, and how many were looked at (Nocedal and Wright, 3.5 and 3.6).

    bounds are how close to one another points of interest are at least, and how many may be looked at.
    """
    before, point = line, (yield from optimizer.at(tracer, closure, start, optimizer.length))
    count = 1
    while count <= bounds[1]:
        if _too_high(point, line) or (count > 2 and point.loss >= before.loss):
            break
        if _flat(point, line):
            return point, count
        if point.slope >= 0.0:
            break
        ahead = point.length + 0.01 * (point.length - before.length), 10.0 * point.length
        length = _cubic(before, point, ahead)
        before, point = point, (yield from optimizer.at(tracer, closure, start, length))
        count += 1
    else:
        before = line
    ends = [before, point]
    if before.loss > point.loss:
        ends.reverse()
    return (yield from _between(optimizer, tracer, closure, start, line, bounds, ends, count))


def _between(
    optimizer: LBFGS, tracer: Tracer, closure: Value, start: Vector, line: Point, bounds: tuple[float, int],
    ends: list[Point], count: int,
) -> Calls:  # fmt: skip
    """The search between two ends, the lower of which comes first."""
    stuck = False
    while count <= bounds[1]:
        low, high = sorted((ends[0].length, ends[1].length))
        if (high - low) * _largest(optimizer.direction) < bounds[0]:
            break
        first, second = sorted(ends, key=lambda end: end.length)
        length, margin = _cubic(first, second, (low, high)), 0.1 * (high - low)
        near = min(high - length, length - low) < margin
        if near and (stuck or length >= high or length <= low):
            length = high - margin if abs(length - high) < abs(length - low) else low + margin
            near = False
        stuck = near
        point = yield from optimizer.at(tracer, closure, start, length)
        count += 1
        if _too_high(point, line) or point.loss >= ends[0].loss:
            ends[1] = point
            if ends[0].loss > ends[1].loss:
                ends.reverse()
            continue
        if _flat(point, line):
            return point, count
        if point.slope * (ends[1].length - ends[0].length) >= 0.0:
            ends[1] = ends[0]
        ends[0] = point
    return ends[0], count


def _too_high(point: Point, line: Point) -> bool:
    return point.loss > line.loss + _DECREASE * point.length * line.slope


def _flat(point: Point, line: Point) -> bool:
    return abs(point.slope) <= -_CURVATURE * line.slope


def _cubic(left: Point, right: Point, bounds: tuple[float, float]) -> float:
    """Where the cubic through two points with their slopes is lowest, within bounds (Nocedal and Wright, 3.59)."""
    middle = (bounds[0] + bounds[1]) / 2.0
    if left.length == right.length:
        return middle
    first = left.slope + right.slope - 3.0 * (left.loss - right.loss) / (left.length - right.length)
    square = first * first - left.slope * right.slope
    if not square >= 0.0:
        return middle
    root = math.sqrt(square)
    curvature = right.slope - left.slope + 2.0 * root
    if curvature == 0.0:
        return middle
    share = (right.slope + root - first) / curvature
    return min(max(right.length - (right.length - left.length) * share, bounds[0]), bounds[1])


# ---- as it is made -------------------------------------------------------------------------------------


@member("torch.optim.LBFGS")
def lbfgs(
    tracer: Tracer, params: Value, lr: Value = 1.0, max_iter: Whole = 20, max_eval: Value = None,
    tolerance_grad: Value = 1e-7, tolerance_change: Value = 1e-9, history_size: Whole = 100,
    line_search_fn: Value = None,
) -> Value:  # fmt: skip
    """A quasi-Newton method with little memory."""
    if line_search_fn not in (None, "strong_wolfe"):
        raise ExpressionError("line_search_fn is 'strong_wolfe', or None", code="argument")
    if history_size < 1:
        raise DataError("history_size is at least 1")
    return LBFGS(
        tracer, params, lr=lr, max_iter=float(max_iter),
        max_eval=float(max_iter * 5 // 4) if max_eval is None else max_eval, tolerance_grad=tolerance_grad,
        tolerance_change=tolerance_change, history_size=float(history_size), line_search_fn=line_search_fn,
    )  # fmt: skip


LBFGS.METHODS.update(Optimizer.METHODS)


@method(LBFGS, "step")
def step(tracer: Tracer, optimizer: Value, closure: Value) -> Value:
    """Take up to max_iter steps. closure forgets the gradients, computes the loss, and calls its `backward`."""
    return optimizer.steps(tracer, closure)
