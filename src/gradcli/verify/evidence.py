"""What each method says of the elements, gathered."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from ..engine.direct import Answer
from ..engine.node import Array
from ..engine.unused import known_unused
from . import modes
from .agreement import Truths
from .elements import Direction, Element, Elements
from .numeric import complex_step, cost, differences
from .point import Point
from .process import Findings

if TYPE_CHECKING:
    from ..answering import Prepared

SYMPY = "sympy"
COMPLEX, DIFFERENCES, STEPPED = "complex step", "differences", "differences of complex steps"
STEPS = (COMPLEX, STEPPED, DIFFERENCES)
WITHOUT_RULES = (SYMPY, *STEPS)
"""The methods that share nothing with gradcli's own derivatives."""
MOST_COMPLEX = 2**23
"""A method that would have to compute more numbers is used on a sample of elements only."""
MOST_DIFFERENCES = 2**25
HOPELESS = 2**28  # of numbers to compute: not even for a sample
HIGHEST = 3  # derivatives of a higher order are beyond differences


class Column:
    """A method's answers.

    Attributes:
        values: a number for each element.
        known: where there is an answer; asked: where one was asked for.
        error: how far off an answer may be, as far as the method itself can tell.
    """

    def __init__(self, total: int) -> None:
        self.values = np.full(total, np.nan)
        self.known: Truths = np.zeros(total, dtype=bool)
        self.asked: Truths = np.zeros(total, dtype=bool)
        self.error = np.zeros(total)

    def put(self, positions: Sequence[int], values: Array) -> None:
        """Answers to some elements, NaN being one."""
        where = list(positions)
        self.values[where] = values
        self.known[where] = self.asked[where] = True


class Evidence:
    """All that was found about a derivative.

    Attributes:
        columns: by the method's name, the two modes first, then SymPy.
        left, right: slopes on either side where they differ, NaN elsewhere.
        moved: how far rounding moves each element.
        stepped: how many elements complex steps or differences were tried on.
        kinked: whether there is a kink at the point.
        beyond: whether the answer was worked out to more digits than float64 keeps there.
    """

    def __init__(self, elements: Elements, answer: Array, mode: str, *, beyond: bool = False) -> None:
        self.elements, self.answer, self.beyond = elements, answer, beyond
        self._columns: dict[str, Column] = {}
        self.column(mode).put(range(elements.total), answer)
        self.left, self.right = np.full(elements.total, np.nan), np.full(elements.total, np.nan)
        self.moved = np.zeros(elements.total)
        self.stepped = 0
        self.kinked = False

    @property
    def columns(self) -> dict[str, Column]:
        names = sorted(
            self._columns, key=lambda name: (WITHOUT_RULES.index(name) if name in WITHOUT_RULES else -1, name)
        )
        return {name: self._columns[name] for name in names}

    def spoke(self, name: str) -> bool:
        """Whether a method gave any answers: slopes on two sides are one too."""
        differences = name in (DIFFERENCES, STEPPED)
        return bool(self._columns[name].known.any() or not self.elements.total or (differences and self.kinks.any()))

    @property
    def kinks(self) -> Truths:
        """Where the slopes on the two sides differ."""
        return ~np.isnan(self.left) & ~np.isnan(self.right)

    @property
    def jumps(self) -> Truths:
        """Those of them where the function jumps."""
        return np.isinf(self.left) | np.isinf(self.right)

    def column(self, name: str) -> Column:
        """The answers of a method, none to begin with."""
        return self._columns.setdefault(name, Column(self.elements.total))

    # ---- forward and reverse ------------------------------------------------------------------------------

    def take_modes(self, prepared: Prepared, point: Point, sample: list[int]) -> None:
        """The mode that was not asked for; and what rounding does."""
        other = self.column(modes.other_name(prepared))
        problems = [prepared.problem]
        if modes.is_cheap(prepared, point):
            problem = modes.other(prepared, point.weighted)
            problems.append(problem)
            found: Answer = problem.solve(point.feeds)
            other.put(range(self.elements.total), self.elements.flat(found.derivatives))
        elif len(sample) * point.size <= HOPELESS:
            other.put(sample, modes.some(prepared, point, [self.elements[position] for position in sample]))
        if not self.beyond:  # where the rounding errors are gone
            scales = self.elements.scales(self.answer)
            self.moved = modes.moved_by_rounding(problems, point, self.elements, sample, scales)

    # ---- numbers alone ------------------------------------------------------------------------------------

    @known_unused
    def take_numbers(self, point: Point, sample: list[int], noise: Array, kinked: bool) -> None:
        """Complex steps, and differences where those cannot go; at kinks the slopes on either side. They are computed
        in float64, and not asked where that loses the digits.

        noise is how far rounding moves the function's values; kinked, whether there is a kink at the point.
        """
        self.kinked = kinked
        if not self.elements.total or self.beyond:
            return
        positions = range(self.elements.total) if self.elements.total * point.size <= MOST_COMPLEX else sample
        if len(positions) * point.size > HOPELESS:
            return
        self.stepped = len(positions)
        chosen = [(position, self.elements[position]) for position in positions]
        for order, group in groupby(chosen, key=lambda pair: len(pair[1].directions)):
            members = list(group)
            if order == 1 and point.analytic:
                self._complex(point, members)
                known = self._columns[COMPLEX].known
                members = [(position, element) for position, element in members if kinked or not known[position]]
            if order <= HIGHEST and members:
                self._differences(point, members, set(sample), noise, order)

    def _complex(self, point: Point, members: Sequence[tuple[int, Element]]) -> None:
        column = self.column(COMPLEX)
        unique = list(dict.fromkeys(element.directions[0] for _, element in members))
        rows, least = complex_step(point, unique)
        row_of = {direction: row for row, direction in enumerate(unique)}
        at = [row_of[element.directions[0]] for _, element in members]
        positions = [position for position, _ in members]
        values, answers = rows[at, [element.output or 0 for _, element in members]], self.answer[positions]
        column.put(positions, values)
        with np.errstate(all="ignore"):
            significant = (np.abs(values) >= least[at]) | (values == answers)
        column.known[positions] = np.isfinite(values) & np.isfinite(answers) & significant

    def _differences(
        self, point: Point, members: Sequence[tuple[int, Element]], sample: set[int], noise: Array, order: int
    ) -> None:
        if order - (point.analytic and order > 1) > 2:
            return
        unique = _directions(members)
        if cost(point, unique) > MOST_DIFFERENCES:
            members = [(position, element) for position, element in members if position in sample]
            unique = _directions(members)
            if not members or cost(point, unique) > HOPELESS:
                return
        found = differences(point, unique, noise)
        row_of = {directions: row for row, directions in enumerate(unique)}
        at = ([row_of[e.directions] for _, e in members], [e.output or 0 for _, e in members])
        positions = [position for position, _ in members]
        column = self.column(STEPPED if point.analytic and order > 1 else DIFFERENCES)
        column.put(positions, found.slope[at])
        column.error[positions] = found.error[at]
        largest = float(np.max(self.elements.scales(self.answer), initial=0.0))
        size = np.maximum(1e-4 * np.abs(column.values), max(1e-6 * largest, 1e-9))
        column.known &= np.isfinite(column.values) & (column.error <= size)
        self._sides(positions, found.left[at], found.left_error[at], found.right[at], found.right_error[at])

    def _sides(self, positions: list[int], left: Array, left_error: Array, right: Array, right_error: Array) -> None:
        """Keep the slopes on either side where they are known well enough to tell that they differ."""
        with np.errstate(all="ignore"):
            size = np.maximum(np.abs(left), np.abs(right))
            sure = left_error + right_error <= 0.01 * size
            apart = np.abs(left - right) > left_error + right_error + 1e-6 * size
            jumps = np.isinf(left) | np.isinf(right)
        differ = ((sure & apart) | jumps) & ~np.isnan(left) & ~np.isnan(right)
        where = np.array(positions)[differ]
        self.left[where], self.right[where] = left[differ], right[differ]
        for name in STEPS:
            if name in self._columns:
                self._columns[name].known[where] = False

    # ---- SymPy -------------------------------------------------------------------------------------------

    def take_symbolic(self, findings: Findings, asked: Sequence[int]) -> None:
        """SymPy's answers; that there is none confirms NaN, and where there is a pole, infinity."""
        column = self.column(SYMPY)
        for number, value in findings.slopes.items():
            position = asked[number]
            answer = self.answer[position]
            column.asked[position] = True
            column.values[position] = np.copysign(value, answer) if np.isinf(value) and np.isinf(answer) else value
            column.known[position] = not np.isnan(value) or np.isnan(answer)


def _directions(members: Sequence[tuple[int, Element]]) -> list[tuple[Direction, ...]]:
    return list(dict.fromkeys(element.directions for _, element in members))
