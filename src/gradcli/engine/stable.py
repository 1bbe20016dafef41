"""Stable spellings: what to write instead of a formula that leaves float64 or loses its derivative.

One table of patterns, each a formula as nested tuples: an operation's name and its operands, a number, or
a name ("x", "y") that stands for anything, and for the same thing wherever it occurs again. A pattern is
looked for in the graph, so that `1 + exp(x)` and `exp(x) + 1`, with names in between or without, are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from .node import Node
from .operation import alias, constant, expand, reshape
from .sweeps import ancestors

Pattern: TypeAlias = "str | float | tuple[Any, ...]"
Bound: TypeAlias = dict[str, Node]
NEAR = 8
"""A formula is looked for in so many steps up from a node."""
ANYTHING = "_"
SQUARES = "a sum of squares"

X, Y = "x", "y"
MINUS_X = ("negative", X)


def _any(*patterns: Pattern) -> Pattern:
    return ("|", *patterns)


def _root(inside: Pattern) -> Pattern:
    return _any(("sqrt", inside), ("constant_power", inside, 0.5), ("power", inside, 0.5))


def _squared(inside: Pattern) -> Pattern:
    plain = _any(("square", inside), ("multiply", inside, inside), ("power", inside, 2.0))
    return _any(plain, ("square", ("abs", inside))) if inside == X else plain


def _over(above: Pattern, below: Pattern) -> Pattern:
    return ("divide", above, below)


def _one_over(below: Pattern) -> Pattern:
    return _any(_over(1.0, below), ("reciprocal", below), ("constant_power", below, -1.0))


EXP, EXP_Y, EXP_MINUS_X = ("exp", X), ("exp", Y), ("exp", MINUS_X)
ONE_PLUS_EXP = ("add", 1.0, EXP)
SUM_EXP = ("total", EXP)
SIGMOID = _any(_one_over(("add", 1.0, ("exp", MINUS_X))), _over(EXP, ONE_PLUS_EXP), ("sigmoid", X))
SOFTMAX = _any(_over(EXP, SUM_EXP), ("softmax", X))
CENTRED = ("subtract", X, _over(("total", X), ANYTHING))
EXP_MINUS_ONE = _any(("subtract", EXP, 1.0), ("add", EXP, -1.0))
LOG_ONE_PLUS = ("log", ("add", 1.0, X))
WITHOUT_OVERFLOW, TO_BOTH_ENDS = "without overflow", "to the last digits in both tails"
SMOOTH = f"{WITHOUT_OVERFLOW}, with a derivative where it is 0"

TABLE: tuple[tuple[Pattern, str], ...] = (
    (("log", SOFTMAX), "log_softmax(x) is log(softmax(x)) without underflow"),
    (("log", SIGMOID), "log_sigmoid(x) is log(sigmoid(x)) without underflow"),
    (("log", ("subtract", 1.0, SIGMOID)), "log_sigmoid(-x) is log(1 - sigmoid(x)) without underflow"),
    (SOFTMAX, f"softmax(x) is exp(x) / sum(exp(x)) {WITHOUT_OVERFLOW}"),
    (_any(("log", ONE_PLUS_EXP), ("log1p", EXP)), f"softplus(x) is log(1 + exp(x)) {WITHOUT_OVERFLOW}"),
    (("log", _any(SUM_EXP, _over(SUM_EXP, ANYTHING))), f"logsumexp(x) is log(sum(exp(x))) {WITHOUT_OVERFLOW}"),
    (("log", ("add", EXP, EXP_Y)), f"logaddexp(x, y) is log(exp(x) + exp(y)) {WITHOUT_OVERFLOW}"),
    (("log", ("subtract", 1.0, EXP)), "log1mexp(x) is log(1 - exp(x)) for negative x, exact near 0 and far from it"),
    (("log", ("cosh", X)), f"logaddexp(x, -x) - log(2) is log(cosh(x)) {WITHOUT_OVERFLOW}"),
    (("log", ("det", X)), f"logdet(x) is log(det(x)), and slogdet(x) its sign and logarithm, {WITHOUT_OVERFLOW}"),
    (("log", _any(("gamma", X), ("abs", ("gamma", X)))), f"lgamma(x) is log(gamma(x)) {WITHOUT_OVERFLOW}"),
    (SIGMOID, f"sigmoid(x) is 1 / (1 + exp(-x)), {TO_BOTH_ENDS}"),
    (_one_over(ONE_PLUS_EXP), f"sigmoid(-x) is 1 / (1 + exp(x)), {TO_BOTH_ENDS}"),
    (_over(("subtract", EXP, EXP_MINUS_X), ("add", EXP, EXP_MINUS_X)), f"tanh(x) is this quotient, {TO_BOTH_ENDS}"),
    (("multiply", ("exp", _squared(X)), ("erfc", X)), f"erfcx(x) is exp(x**2) * erfc(x) {WITHOUT_OVERFLOW}"),
    (_over(("multiply", ("gamma", X), ("gamma", Y)), ("gamma", ("add", X, Y))),
     f"beta(x, y) is gamma(x) * gamma(y) / gamma(x + y) {WITHOUT_OVERFLOW}"),
    (_root(_over(("total", _squared(CENTRED)), ANYTHING)), "std(x) is sqrt(var(x)), with a derivative where it is 0"),
    (_root(("total", _squared(X))), f"norm(x) is sqrt(sum(x * x)) {SMOOTH}"),
    (_root(("matmul", X, _any(X, ("permute", X)))), f"norm(x) is sqrt(x @ x) {SMOOTH}"),
    (_root(_squared(X)), f"abs(x) is sqrt(x**2) {SMOOTH}"),
    (_root(("add", _squared(X), _squared(Y))), f"hypot(x, y) is sqrt(x**2 + y**2) {SMOOTH}"),
    (_root((SQUARES,)),
     f"norm([x, y, z]) is sqrt(x**2 + y**2 + z**2) {SMOOTH}"),
    (_root(("abs", X)),
     "norm(x), hypot(x, y) and abs(x) have a derivative where they are 0; the root of abs(x) has none"),
    (("multiply", _any(MINUS_X, X), ("log", X)),
     "xlogy(x, x) is x * log(x) with its limit at 0, and entr(x) is -x * log(x)"),
    (("multiply", X, ("log", ("add", 1.0, Y))), "xlog1py(x, y) is x * log(1 + y) with its limit at x = 0"),
    (("multiply", X, ("log1p", Y)), "xlog1py(x, y) is x * log1p(y) with its limit at x = 0"),
    (("multiply", X, ("log", Y)), "xlogy(x, y) is x * log(y) with its limit at x = 0"),
    (_over(("sin", ("multiply", np.pi, X)), ("multiply", np.pi, X)),
     "sinc(x) is sin(pi*x) / (pi*x) with its limit at 0"),
    (_over(("sin", X), X), "sinc(x / pi) is sin(x) / x with its limit at 0"),
    (_over(X, ("abs", X)), "sign(x) is x / abs(x), and 0 at 0"),
    (_over(X, _root(("total", _squared(X)))),
     "x / norm(x) has no limit at 0; where(norm(x) > 0, x / norm(x), 0) chooses 0"),
    (_any(_over(EXP_MINUS_ONE, ANYTHING), _over(ANYTHING, EXP_MINUS_ONE), ("log", EXP_MINUS_ONE)),
     "expm1(x) is exp(x) - 1 without cancellation"),
    (_any(_over(LOG_ONE_PLUS, ANYTHING), _over(ANYTHING, LOG_ONE_PLUS), ("log", LOG_ONE_PLUS)),
     "log1p(x) is log(1 + x) without cancellation"),
)  # fmt: skip
"""Formula, and what is better: the more special one before the one that it contains."""

CANCELLING: tuple[tuple[Pattern, str], ...] = (
    *TABLE,
    (EXP_MINUS_ONE, "expm1(x) is exp(x) - 1, exact near 0"),
    (LOG_ONE_PLUS, "log1p(x) is log(1 + x), exact near 0"),
    (("subtract", 1.0, ("cos", X)), "2 * sin(x/2)**2 is 1 - cos(x), exact near 0"),
    (("subtract", 1.0, _squared(("cos", X))), "sin(x)**2 is 1 - cos(x)**2, exact near 0"),
    (("subtract", 1.0, _squared(("tanh", X))), "sech(x)**2 is 1 - tanh(x)**2, to the last digits in both tails"),
    (("subtract", 1.0, ("erf", X)), "erfc(x) is 1 - erf(x), to the last digits for large x"),
    (("subtract", 1.0, SIGMOID), f"sigmoid(-x) is 1 - sigmoid(x), {TO_BOTH_ENDS}"),
    (("subtract", X, ("tanh", X)), "tanhshrink(x) is x - tanh(x), exact near 0"),
)  # fmt: skip
"""The same, for formulas whose value is finite, and has lost digits."""


def spelling(culprit: Node, outputs: Sequence[Node], table: Sequence[tuple[Pattern, str]] = TABLE) -> str | None:
    """What to write instead of the formula that a node is part of, if a table knows one."""
    reached = _above(culprit, outputs)
    for pattern, better in table:
        for node in reached:
            part: set[Node] = set()
            if _matches(pattern, node, {}, part) and culprit in part:
                return better
    return None


def _above(node: Node, outputs: Sequence[Node]) -> list[Node]:
    """node and what is made of it in a few steps, within outputs, oldest first."""
    steps = {node: 0}
    for each in ancestors(outputs, node.id):
        near = min((steps[operand] for operand in each.operands if operand in steps), default=NEAR)
        if near < NEAR:
            steps[each] = near + 1
    return list(steps)


def _plain(node: Node) -> Node:
    """node without what only names, copies or reshapes it."""
    while node.operation in (alias, expand, reshape) or node.operation.name == "positive":
        (node,) = node.operands
    return node


def _matches(pattern: Pattern, node: Node, bound: Bound, part: set[Node]) -> bool:
    """Whether a node is the formula, where names stand for what is bound; part gathers what it consists of."""
    node = _plain(node)
    if isinstance(pattern, str):
        return pattern == ANYTHING or bound.setdefault(pattern, node) is node
    if isinstance(pattern, tuple):
        return _matches_operation(pattern, node, bound, part)
    return node.operation is constant and bool(np.all(node.params[0].array == pattern))


def _matches_operation(pattern: tuple[Any, ...], node: Node, bound: Bound, part: set[Node]) -> bool:
    name, *operands = pattern
    if name == "|":
        return any(_tried(((choice, node),), bound, part) for choice in operands)
    if name == SQUARES:
        return _is_sum_of_squares(node, part)
    if node.operation.name != name:
        return False
    if name == "constant_power":
        exponent = operands.pop()
        if node.params != (exponent,):
            return False
    for order in _orders(node):
        if len(order) == len(operands) and _tried(tuple(zip(operands, order, strict=True)), bound, part):
            part.add(node)
            return True
    return False


def _is_sum_of_squares(node: Node, part: set[Node]) -> bool:
    terms, gathered = [node], set(part)
    while terms:
        term = _plain(terms.pop())
        if term.operation.name == "add":
            gathered.add(term)
            terms += term.operands
        elif not _matches(_squared(X), term, {}, gathered):
            return False
    part |= gathered
    return True


def _orders(node: Node) -> Iterator[tuple[Node, ...]]:
    yield node.operands
    if node.operation.commutative:
        yield node.operands[::-1]


def _tried(pairs: Sequence[tuple[Pattern, Node]], bound: Bound, part: set[Node]) -> bool:
    """Whether all pairs match; where not, bound and part stay as they were."""
    known, gathered = dict(bound), set(part)
    if all(_matches(pattern, node, known, gathered) for pattern, node in pairs):
        bound.update(known)
        part |= gathered
        return True
    return False
