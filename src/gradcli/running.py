"""Running a program for what it shows: from a syntax tree to values, line by line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from .engine.evaluate import Plan
from .engine.extended import refined
from .engine.memory import Memory
from .engine.node import Array, Node
from .engine.provenance import placed
from .engine.sweeps import Watch, counting, watches_within
from .engine.unused import NoAnswer
from .errors import GradcliError, LimitError
from .language.syntax import Program
from .noting import cancelled_note, kink_note, nonfinite_note
from .program import Trace, trace
from .program.printing import Words
from .program.tracer import Pieces
from .record import Record
from .results import Line, Note, Output
from .text import Listed, in_form

Progress: TypeAlias = Callable[[int, int], None]
"""Is told now and then on which line a program is, and how many operations it has recorded."""


class Shown(Record):
    """What a program showed, what each line of it computed, and what the reader should know of that."""

    outputs: tuple[Output, ...]
    lines: tuple[Line, ...]
    notes: tuple[Note, ...] = ()


def shown(
    tree: Program, arrays: Mapping[str, Array], seed: int, *, lines: bool, progress: Progress | None = None
) -> Shown:
    """What a program shows, and, where wanted, what each line of it computed.

    Raises what tracing and evaluating raise, with the place in the program; what it had shown until then is
    the error's `partial`.
    """
    shapes = {name: array.shape for name, array in arrays.items()}
    try:
        traced = trace(tree, shapes, values=arrays, seed=seed, collect=True, lines=lines, progress=progress)
    except GradcliError as error:
        if isinstance(error.partial, Trace):
            error.partial = _evaluated(error.partial, arrays, tree.source)[0]
        raise
    found, values, standing = _evaluated(traced, arrays, tree.source)
    return found.replaced(notes=(*standing, *_notes(traced, arrays, values, tree.source)))


def _evaluated(
    traced: Trace, arrays: Mapping[str, Array], source: str
) -> tuple[Shown, dict[Node, Array], tuple[Note, ...]]:
    """What was shown, the values of its nodes, and what is to be said of these."""
    feeds = _feeds(traced, arrays)
    trees = [value for _, value, _ in traced.outputs] + [value for _, _, value, _ in traced.lines]
    values = _values(traced, feeds, list(dict.fromkeys(_nodes(trees))))
    notes = _refine(values, feeds, traced.memory, source)
    found = iter([_filled(each, values) for each in trees])
    outputs = tuple(_output(line, next(found), pieces) for line, _, pieces in traced.outputs)
    computed = tuple(Line(line, label, next(found), words) for line, label, _, words in traced.lines)
    return Shown(outputs, computed), values, notes


def _refine(
    values: dict[Node, Array], feeds: Mapping[Node, Array], memory: Memory | None, source: str
) -> tuple[Note, ...]:
    """Work out again which of the numbers among values float64 got wrong, where terms cancelled; notes of that."""
    found = refined(values, memory or Memory(feeds))
    values.update((node, each.value) for node, each in found.items())
    return tuple(dict.fromkeys(cancelled_note(each.lost, each.kept, [node], source) for node, each in found.items()))


def _feeds(traced: Trace, arrays: Mapping[str, Array]) -> dict[Node, Array]:
    return {node: arrays[name] for name, node in traced.inputs.items()}


def _output(line: int, value: Any, pieces: Pieces | None) -> Output:
    if pieces is None:
        return Output(line, value)
    separator, end = (pieces.separator, pieces.end) if isinstance(pieces, Words) else (" ", "\n")
    values = iter(value if sum(not isinstance(piece, str) for piece in pieces) > 1 else (value,))
    words: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            words.append(piece)
        else:
            shown = next(values)
            if piece is not None and isinstance(shown, np.ndarray) and not shown.ndim:
                words.append(in_form(float(shown), piece))
    text = None if not words and len(pieces) == 1 else separator.join(words)
    return Output(line, value, text, tuple(pieces), separator, end)


def _values(traced: Trace, feeds: Mapping[Node, Array], nodes: list[Node]) -> dict[Node, Array]:
    """The values of nodes: remembered from tracing where it had to look at values, else by one plan."""
    memory: Memory | None = traced.memory
    try:
        if memory is not None:
            return {node: memory.value(node) for node in nodes}
        return dict(zip(nodes, Plan(nodes).run(feeds), strict=True)) if nodes else {}
    except NoAnswer as error:
        raise placed(error, nodes, feeds) from None


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
        return (Listed if isinstance(tree, Listed) else tuple)(_filled(each, values) for each in tree)
    return None if tree is None else values[tree]


# ---- notes ---------------------------------------------------------------------------------------------


def _notes(traced: Trace, arrays: Mapping[str, Array], values: Mapping[Node, Array], source: str) -> tuple[Note, ...]:
    """Kinks at which derivatives that were shown were taken, and where what is not finite came from."""
    feeds = _feeds(traced, arrays)
    notes = _kinks(traced, feeds, list(values), source)
    if traced.ignored is not None:
        notes.append(Note("ignored", "plots mean nothing here: calls of matplotlib are ignored", traced.ignored))
    odd = [(line, node) for line, value, _ in traced.outputs for node in _nodes([value])]
    odd = [(line, node) for line, node in odd if not np.isfinite(values[node]).all()]
    if odd:
        memory = traced.memory or Memory(feeds)
        inputs = traced.inputs.values()
        found = {node: line for line, node in reversed(odd[:_MOST])}
        notes += [
            nonfinite_note(f"what line {line} shows", [node], [node], inputs, memory, source)
            for node, line in reversed(found.items())
        ]
    return tuple(dict.fromkeys(notes))


def _kinks(traced: Trace, feeds: Mapping[Node, Array], shown: list[Node], source: str) -> list[Note]:
    try:
        watches = watches_within(traced.graph, shown)
        used = _used(traced, feeds, watches)
        if any(watch.parts for watch in used):
            used = _used(traced, feeds, counting(used, shown))
    except LimitError as error:
        return [Note("kink", f"whether derivatives met a kink was not looked at: {error.message}")]
    return [kink_note(watch, source) for watch in used]


def _used(traced: Trace, feeds: Mapping[Node, Array], watches: list[Watch]) -> list[Watch]:
    values = _values(traced, feeds, list(dict.fromkeys(watch.used for watch in watches)))
    return [watch for watch in watches if np.any(values[watch.used])]


_MOST = 8
"""So many outputs that are not finite are explained."""
