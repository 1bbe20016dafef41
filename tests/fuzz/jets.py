"""Truth: a value with its derivatives of first and second order, in mpmath's numbers.

A jet carries a value, its gradient g, its slope d along the direction asked about, and the gradient h of that
slope. They are carried forward by the chain rule from each operation's partial derivatives (`with_mpmath`), so
nothing here knows of sweeps, graphs or float64.

A run may be noisy: then every value and product that float64 could not hold is moved by up to half a unit in
its last place, as rounding would. What spreads between noisy runs is what float64 cannot know about an
expression, however it is differentiated.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from mpmath import mp, mpf

from .trees import Case

LARGEST, SMALLEST = mpf(2) ** 1024, mpf(2) ** -1022
UNIT = mpf(2) ** -53

FINE, SECOND, FIRST, UNDEFINED = range(4)
"""How far a jet can be trusted: fully; not in its second derivatives, which are singular; in its value only;
or not at all, because it has none (or an infinite one) in the real numbers or in float64."""


NEAREST = random.Random()
"""In place of noise: every number is rounded as float64 does, which finds what becomes equal to something else."""


class Undefined(Exception):
    """An operation has no finite value here. `cause` says why."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Run:
    """One evaluation: how many inputs, whether noisy, and what was met on the way."""

    def __init__(self, size: int, noise: random.Random | None = None, decisions: list[Any] | None = None) -> None:
        self.size = size
        self.noise = noise
        self.kinks: set[str] = set()
        self.ranges: set[str] = set()
        self.flips: set[str] = set()
        self.causes: set[str] = set()
        self.discarded = False
        self.decisions: list[Any] = [] if decisions is None else decisions
        self._next = 0
        self.op = ""

    def decide(self, value: Any) -> Any:
        """value, on which a branch hangs: in a noisy run what the exact one had decided."""
        if self.noise is None:
            self.decisions.append(value)
            return value
        decided = self.decisions[self._next]
        self._next += 1
        if decided != value:
            self.flips.add(self.op)
        return decided

    def rounded(self, x: mpf) -> mpf:
        """x, moved as rounding to float64 could in a noisy run; whether it is in float64's range is noted."""
        if not x:
            return x
        if self.noise is None:
            size = abs(x)
            if size >= LARGEST or size < SMALLEST:
                self.ranges.add(self.op)
            return x
        if float_holds(x):
            return x
        return mpf(float(x)) if self.noise is NEAREST else x * (1 + UNIT * self.noise.uniform(-1.0, 1.0))


def float_holds(x: mpf) -> bool:
    """Whether a float64 has the value of x exactly."""
    return x._mpf_[3] <= 53


run = Run(0)
"""The evaluation going on."""


class Jet:
    """A value v, gradient g, slope d along the direction, gradient h of the slope; g None for a constant.

    sizes are those of g, d and h with the size of each term in place of the term: beside what cancels.
    """

    __slots__ = ("d", "g", "h", "sizes", "state", "v")

    def __init__(
        self, v: mpf, g: list[mpf] | None = None, d: mpf | int = 0, h: list[mpf] | None = None, state: int = FINE
    ) -> None:
        self.v, self.g, self.d, self.h, self.state = v, g, d, h, state
        self.sizes = Sizes(list(map(abs, g or [])), abs(mpf(d)), list(map(abs, h or [])))

    def __add__(self, other: Jet) -> Jet:
        return local((self, other), self.v + other.v, (1, 1), ())

    def __sub__(self, other: Jet) -> Jet:
        return local((self, other), self.v - other.v, (1, -1), ())

    def __mul__(self, other: Jet) -> Jet:
        return local((self, other), self.v * other.v, (other.v, self.v), ((0, 1, 1), (1, 0, 1)))

    def __truediv__(self, other: Jet) -> Jet:
        a, b = self, other
        if a.state == UNDEFINED or b.state == UNDEFINED:
            return NOTHING
        if run.decide(not b.v):
            return nothing("division by 0")
        return local(
            (a, b), a.v / b.v, (1 / b.v, -a.v / b.v**2),
            ((0, 1, -1 / b.v**2), (1, 0, -1 / b.v**2), (1, 1, 2 * a.v / b.v**3)),
        )  # fmt: skip

    def __neg__(self) -> Jet:
        return local((self,), -self.v, (-1,), ())


class Sizes(NamedTuple):
    """The sizes of a gradient's terms, added up, of a slope's, and of those of the gradient of the slope."""

    g: list[mpf]
    d: mpf
    h: list[mpf]


NOTHING = Jet(mp.nan, state=UNDEFINED)


def nothing(cause: str) -> Jet:
    """No value, for this cause."""
    run.causes.add(f"{cause} ({run.op})")
    return NOTHING


def number(value: float) -> Jet:
    """A constant."""
    return Jet(mpf(value))


def local(operands: Sequence[Jet], value: mpf, first: Sequence[Any], second: Sequence[tuple[int, int, Any]]) -> Jet:
    """A jet from those of its operands, by the chain rule; a partial derivative of None is singular."""
    state = max(operand.state for operand in operands)
    if state == UNDEFINED:
        return NOTHING
    if abs(value) >= LARGEST:
        run.ranges.add(run.op)
        return nothing("overflow")
    varying = [operand.g is not None for operand in operands]
    out = Jet(run.rounded(value), state=state)
    if not any(varying):
        return out
    if any(p is None and varies for p, varies in zip(first, varying, strict=True)):
        out.state = max(state, FIRST)
    elif any(p is None and varying[a] and varying[b] for a, b, p in second):
        out.state = max(state, SECOND)
    n = run.size
    g, d, h = [mp.zero] * n, mp.zero, [mp.zero] * n
    rounded = run.rounded
    for operand, p, varies in zip(operands, first, varying, strict=True):
        if varies and p:
            p = p if isinstance(p, int) else rounded(p)
            for i in range(n):
                if operand.g[i]:
                    g[i] += rounded(p * operand.g[i])
                if operand.h[i]:
                    h[i] += rounded(p * operand.h[i])
            d += rounded(p * operand.d)
    for a, b, p in second:
        if p and varying[a] and varying[b]:
            factor = rounded(rounded(mpf(p)) * operands[b].d)
            for i in range(n):
                if operands[a].g[i]:
                    h[i] += rounded(factor * operands[a].g[i])
    out.g, out.d, out.h = [rounded(x) for x in g], rounded(d), [rounded(x) for x in h]
    if run.noise is None:
        out.sizes = _sizes(operands, first, second, varying)
    return out


def _sizes(operands: Sequence[Jet], first: Sequence[Any], second: Sequence[Any], varying: Sequence[bool]) -> Sizes:
    """Those of a jet made by the chain rule."""
    n = run.size
    g, d, h = [mp.zero] * n, mp.zero, [mp.zero] * n
    for operand, p, varies in zip(operands, first, varying, strict=True):
        if varies and p:
            d += abs(p) * operand.sizes.d
            for i in range(n):
                g[i] += abs(p) * operand.sizes.g[i]
                h[i] += abs(p) * operand.sizes.h[i]
    for a, b, p in second:
        if p and varying[a] and varying[b]:
            for i in range(n):
                h[i] += abs(p) * operands[b].sizes.d * operands[a].sizes.g[i]
    return Sizes(g, d, h)


class Truth:
    """What a case's value and derivatives are, and what stood in the way.

    state as for jets; value, gradient (one number an input element), product (Hessian times direction), slope; and the
    sizes of the terms of each, added up.
    """

    def __init__(self, met: Run, weighted: Jet) -> None:
        self.run = met
        self.state = weighted.state
        n = met.size
        self.value = weighted.v
        self.gradient = weighted.g or [mp.zero] * n
        self.slope = weighted.d or mp.zero
        self.product = weighted.h or [mp.zero] * n
        self.terms = {"gradient": weighted.sizes.g or [mp.zero] * n, "product": weighted.sizes.h or [mp.zero] * n,
                      "slope": [weighted.sizes.d]}  # fmt: skip


def evaluate(
    case: Case, digits: int = 60, noise: random.Random | None = None, decisions: list[Any] | None = None
) -> Truth:
    """The truth of a case, to so many digits."""
    from . import with_mpmath

    global run
    met = Run(case.size, noise, decisions)
    run = met
    with mp.workdps(digits):
        values = _inputs(case)
        for step in case.steps:
            met.op = step.op
            operands = [values[i] for i in step.operands]
            values.append(with_mpmath.apply(step, operands))
        met.op = ""
        weighted = number(0.0)
        for weight, jet in zip(case.weights.ravel().tolist(), values[-1].ravel(), strict=True):
            if weight:
                weighted = weighted + number(weight) * jet
        met.discarded = any(jet.state == UNDEFINED for value in values for jet in value.ravel())
        return Truth(met, weighted)


def _inputs(case: Case) -> list[np.ndarray]:
    values, position = [], 0
    for x, direction in zip(case.inputs, case.direction, strict=True):
        jets = np.empty(x.shape, dtype=object)
        for index in np.ndindex(x.shape):
            unit = [mp.zero] * case.size
            unit[position] = mp.one
            position += 1
            jets[index] = Jet(mpf(float(x[index])), unit, mpf(float(direction[index])), [mp.zero] * case.size)
        values.append(jets)
    return values


def spread(case: Case, exact: Truth, runs: int = 3) -> tuple[Truth, set[str]]:
    """How far rounding in float64 could move each number of exact, and the branches it could turn."""
    moved = Truth(exact.run, Jet(mp.zero))
    flips: set[str] = set()
    parts = ("gradient", "product")
    noises = [NEAREST, *(random.Random(seed * 7919 + case.seed) for seed in range(runs))]
    for noise in noises:
        try:
            noisy = evaluate(case, 60, noise, exact.run.decisions)
        except (ArithmeticError, ValueError, LookupError, AttributeError, TypeError):
            flips.add("out of the domain")  # a noisy value fell outside, where mpmath goes on in complex numbers
            continue
        flips |= noisy.run.flips
        for part in parts:
            pairs = zip(getattr(moved, part), getattr(noisy, part), getattr(exact, part), strict=True)
            setattr(moved, part, [max(before, abs(a - b)) for before, a, b in pairs])
        moved.value = max(moved.value, abs(noisy.value - exact.value))
        moved.slope = max(moved.slope, abs(noisy.slope - exact.slope))
    return moved, flips
