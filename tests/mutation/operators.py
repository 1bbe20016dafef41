"""Changes that the mistakes of whoever writes a rule would make, and that Cosmic Ray does not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import parso
from cosmic_ray.operators.operator import Example, Operator

Place = tuple[tuple[int, int], tuple[int, int]]

SIBLINGS = {
    "sin": "cos", "cos": "sin", "sinh": "cosh", "cosh": "sinh", "tan": "tanh", "tanh": "tan", "exp": "expm1", "log": "log1p",
    "log1p": "log", "expm1": "exp", "sqrt": "square", "square": "sqrt", "maximum": "minimum", "minimum": "maximum",
    "max": "min", "min": "max", "argmax": "argmin", "argmin": "argmax", "greater": "greater_equal", "less": "less_equal",
    "greater_equal": "greater", "less_equal": "less", "equal": "not_equal", "not_equal": "equal", "floor": "ceil",
    "ceil": "floor", "tril": "triu", "triu": "tril", "scale": "ratio", "ratio": "scale", "isposinf": "isneginf",
    "real": "imag", "any": "all", "all": "any", "cummax": "cummin", "highest": "lowest", "lowest": "highest",
}  # fmt: skip
"""Functions that are taken for one another."""


COMMUTATIVE = {
    "scale_either", "multiply", "add", "equal", "not_equal", "maximum", "minimum", "max", "min", "logical_and", "logical_or",
    "hypot", "_either", "isinstance", "gcd", "lcm", "plus", "two_product", "two_sum", "array_equal", "broadcast_shapes", "swapaxes",
    "Eq", "Ne", "Min", "Max", "clip", "polymul", "result_type", "beta", "betaln", "_turned", "_turned_kernel", "_reflects", "_reflecting", "_pair", "_full", "convolve",
}  # fmt: skip
"""Functions whose arguments may stand in either order; and one that Python itself would refuse."""


class SwapFunction(Operator):  # type: ignore[misc]
    """A function called, or handed on as an attribute, in place of its sibling."""

    def mutation_positions(self, node: Any) -> Iterator[Place]:
        if isinstance(node, parso.python.tree.Name) and node.value in SIBLINGS and self._called(node):
            yield (node.start_pos, node.end_pos)

    @staticmethod
    def _called(node: Any) -> bool:
        before, after = node.get_previous_leaf(), node.get_next_leaf()
        if before is not None and before.value in ("def", "class", "import"):
            return False
        if before is not None and before.value == "." and before.get_previous_leaf().value == "math":
            return hasattr(math, SIBLINGS[node.value])
        return (after is not None and after.value == "(") or (before is not None and before.value == ".")

    def mutate(self, node: Any, index: int) -> Any:
        return parso.python.tree.Name(SIBLINGS[node.value], node.start_pos, node.prefix)

    @classmethod
    def examples(cls) -> Iterable[Example]:
        return (Example("sin(x)", "cos(x)"),)


class SwapArguments(Operator):  # type: ignore[misc]
    """The first two arguments of a call exchanged."""

    def mutation_positions(self, node: Any) -> Iterator[Place]:
        if self._pair(node) is not None:
            yield (node.start_pos, node.end_pos)

    @staticmethod
    def _pair(node: Any) -> tuple[int, int] | None:
        called = node.get_first_leaf().get_previous_leaf() if node.type == "arglist" else None
        if called is None or called.get_previous_leaf() is None or called.get_previous_leaf().value in COMMUTATIVE:
            return None
        places = [i for i, child in enumerate(node.children) if child.type != "operator"][:2]
        plain = all(node.children[i].type != "argument" for i in places)
        if len(places) < 2 or not plain:
            return None
        one, two = (node.children[i].get_code(include_prefix=False) for i in places)
        return (places[0], places[1]) if one != two else None

    def mutate(self, node: Any, index: int) -> Any:
        pair = self._pair(node)
        assert pair is not None
        one, two = (node.children[i].get_code(include_prefix=False) for i in pair)
        for place, text in zip(pair, (two, one), strict=True):
            child = node.children[place]
            prefix = child.get_first_leaf().prefix
            node.children[place] = parso.python.tree.Name(text, child.start_pos, prefix)
        return node

    @classmethod
    def examples(cls) -> Iterable[Example]:
        return (Example("f(x, y)", "f(y, x)"),)
