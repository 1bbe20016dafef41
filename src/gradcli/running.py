"""Running a program for what it shows: from a syntax tree to values, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from .engine.evaluate import Plan
from .engine.memory import Memory
from .engine.node import Array, Node
from .errors import GradcliError
from .language.syntax import Program
from .program import Trace, trace
from .results import Line, Output

Shown: TypeAlias = tuple[tuple[Output, ...], tuple[Line, ...]]


def shown(tree: Program, arrays: Mapping[str, Array], seed: int, *, lines: bool) -> Shown:
    """What a program shows, and, where wanted, what each line of it computed.

    Raises what tracing and evaluating raise, with the place in the program; what it had shown until then is
    the error's `partial`.
    """
    shapes = {name: array.shape for name, array in arrays.items()}
    try:
        traced = trace(tree, shapes, values=arrays, seed=seed, collect=True, lines=lines)
    except GradcliError as error:
        if isinstance(error.partial, Trace):
            error.partial = _evaluated(error.partial, arrays)
        raise
    return _evaluated(traced, arrays)


def _evaluated(traced: Trace, arrays: Mapping[str, Array]) -> Shown:
    feeds = {node: arrays[name] for name, node in traced.inputs.items()}
    trees = [value for _, value, _ in traced.outputs] + [value for _, _, value, _ in traced.lines]
    values = _values(traced, feeds, trees)
    found = iter([_filled(each, values) for each in trees])
    outputs = []
    for line, _, pieces in traced.outputs:
        words = None if pieces is None else " ".join(piece for piece in pieces if piece is not None)
        outputs.append(Output(line, next(found), words, pieces or ()))
    computed = [Line(line, label, next(found), words) for line, label, _, words in traced.lines]
    return tuple(outputs), tuple(computed)


def _values(traced: Trace, feeds: Mapping[Node, Array], trees: list[Any]) -> dict[Node, Array]:
    """The value of every node in trees: remembered from tracing where it had to look at values, else by one plan."""
    nodes = list(dict.fromkeys(_nodes(trees)))
    memory: Memory | None = traced.memory
    if memory is not None:
        return {node: memory.value(node) for node in nodes}
    return dict(zip(nodes, Plan(nodes).run(feeds), strict=True)) if nodes else {}


def _nodes(trees: list[Any]) -> list[Node]:
    nodes, stack = [], list(trees)
    while stack:
        each = stack.pop()
        if isinstance(each, Node):
            nodes.append(each)
        elif isinstance(each, tuple):
            stack.extend(each)
    return nodes


def _filled(tree: Any, values: Mapping[Node, Array]) -> Any:
    """tree with values in place of nodes; its depth is bounded by the limit on axes."""
    if isinstance(tree, tuple):
        return tuple(_filled(each, values) for each in tree)
    return None if tree is None else values[tree]
