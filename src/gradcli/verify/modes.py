"""Forward and reverse mode: the one that was not asked for, and either of them for some elements only."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..engine import problems
from ..engine.derivatives import jvp, vjp
from ..engine.direct import Direct
from ..engine.evaluate import Plan, Values
from ..engine.node import Array, Node
from ..engine.problems import Problem
from .elements import Element, Elements
from .point import Point
from .rounding import rounding

if TYPE_CHECKING:
    from ..answering import Prepared

MOST = 2**26
"""A mode that would have to compute more numbers is taken for a sample of elements only."""

_HIGHEST = 3  # forward sweeps over forward sweeps are looked at up to this order
_UNSEEN = 2.0**-50

Slopes: TypeAlias = tuple[Array, Array]  # of some elements; and how far rounding moves each


def other_name(prepared: Prepared) -> str:
    """The mode that was not asked for; over reverse, where there are two sweeps."""
    mode = prepared.problem.mode or ""
    if prepared.question.command in ("hessian", "hvp"):
        return "reverse-over-reverse" if mode == "forward-over-reverse" else "forward-over-reverse"
    return "reverse" if mode == "forward" else "forward"


def other(prepared: Prepared, weighted: bool) -> Problem:
    """The same question by that mode."""
    question, output, inputs = prepared.question, prepared.output, prepared.inputs
    command, name = question.command, other_name(prepared)
    second: Any = "reverse" if name == "reverse-over-reverse" else None
    first: Any = name
    if command == "hessian":
        return problems.hessians(output, inputs, second)
    if command == "hvp":
        vectors = [prepared.extra["vector"].get(each) for each in question.names]
        return problems.hessian_products(output, inputs, vectors, second)
    if command == "jvp":
        tangents = [prepared.extra["tangent"].get(each) for each in question.names]
        build = problems.tangents if first == "forward" else problems.tangents_by_reverse
        return build(output, inputs, tangents)
    if not weighted:
        return problems.jacobians(output, inputs, first)
    cotangent = prepared.extra.get("grad_outputs", {}).get("")
    return problems.gradients(output, cotangent, inputs, first, int(question.options.get("order", 1)))


def is_cheap(prepared: Prepared, point: Point) -> bool:
    """Whether the other mode is cheap enough to be taken for all elements."""
    command, name = prepared.question.command, other_name(prepared)
    if command in ("hessian", "hvp", "jvp") or (point.weighted and name == "reverse"):
        return True  # as many sweeps as the answer itself took
    seeds = point.output.size if name == "reverse" else sum(node.size for node in point.inputs)
    return seeds * point.size <= MOST


def some(prepared: Prepared, point: Point, elements: Sequence[Element]) -> Array:
    """These elements of a gradient or Jacobian by the other mode."""
    if other_name(prepared) == "forward":
        return forward(point, elements)[0]
    return _rows(point, elements)


def _rows(point: Point, elements: Sequence[Element]) -> Array:
    """Elements of a Jacobian, each from a reverse sweep of its own output element."""
    seed = point.output.graph.input("seed", point.output.shape)
    units = np.zeros((len(elements), point.output.size))
    units[np.arange(len(elements)), [element.output or 0 for element in elements]] = 1.0
    rows = vjp(point.output, seed, point.inputs)
    feeds = {**point.feeds, seed: units.reshape(len(elements), *seed.shape)}
    values = Plan(rows).run(feeds)
    found = np.zeros(len(elements))
    for number, element in enumerate(elements):
        ((position, own),) = element.directions
        row = np.broadcast_to(values[position], (len(elements), *rows[position].shape))[number]
        found[number] = row.reshape(-1)[own]
    return found


def forward(point: Point, elements: Sequence[Element], with_spread: bool = False) -> Slopes:
    """Elements by forward sweeps, one over the other where they are of a higher order."""
    found, moved = np.zeros(len(elements)), np.zeros(len(elements))
    start = 0
    for order, group in groupby(elements, key=lambda element: len(element.directions)):
        members = list(group)
        stop = start + len(members)
        found[start:stop], moved[start:stop] = _pushed(point, members, order, with_spread)
        start = stop
    return found, moved


def _pushed(point: Point, elements: Sequence[Element], order: int, with_spread: bool) -> Slopes:
    node = point.output
    feeds: dict[Node, Values] = dict(point.feeds)
    for level in range(order):
        seeds = [node.graph.input("seed", x.shape) for x in point.inputs]
        vectors = point.vectors([element.directions[level] for element in elements])
        feeds.update(zip(seeds, vectors, strict=True))
        node = jvp(node, point.inputs, seeds)
    rows = np.arange(len(elements))
    picked = [element.output or 0 for element in elements]
    (value,) = Plan([node]).run(feeds)
    slopes = point.columns(value, len(elements))[rows, picked]
    if not with_spread:
        return slopes, np.zeros(len(elements))
    (spread,) = rounding([node], feeds).spreads
    wide = np.broadcast_to(spread, (len(elements), *node.shape)).reshape(len(elements), -1)
    return slopes, point.widened(wide)[rows, picked]


def moved_by_rounding(
    found: Sequence[Problem], point: Point, elements: Elements, positions: Sequence[int], scales: Array
) -> Array:
    """How far rounding moves each element: seen on those at positions, and on all where an answer is a graph
    of its own; a few units of the largest of its block (scales) for the others."""
    direct = [problem for problem in found if isinstance(problem, Direct)]
    moved = np.zeros(elements.total) if direct else _UNSEEN * scales
    for problem in direct:
        moved = np.maximum(moved, elements.flat(rounding(problem.nodes[1:], point.feeds).spreads))
    chosen = [elements[position] for position in positions]
    if chosen and len(chosen[0].directions) <= _HIGHEST and len(chosen) * point.size <= MOST:
        seen = forward(point, chosen, with_spread=True)[1]
        where = list(positions)
        moved[where] = np.maximum(moved[where] if direct else 0.0, seen)
    return moved
