"""Tracing: a program, run once, leaves behind the graph of what it computed."""

from __future__ import annotations

import gc
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from ..engine.memory import Memory
from ..engine.node import Array, Graph, Node, Shape
from ..errors import ExpressionError, GradcliError
from ..language.syntax import Program
from .compiler import Compiled, compiled
from .journal import Journal
from .linker import link
from .machine import Machine
from .strings import is_plain
from .tracer import NeedsValues, Tracer
from .values import Tree

__all__ = ["NeedsValues", "Trace", "trace"]


class Trace:
    """What a program computed, as a graph.

    Attributes:
        graph: all that was built.
        value: of the last bare expression: a node, None, or a tuple of those; None where there is none.
        inputs: variable name -> its node.
        concrete: whether the graph holds for the values given only, because a condition, an index or a
            size depended on them.
        outputs: what bare expressions and prints showed, as `(line, value, pieces)`; where collected.
        lines: what each line computed, as `(line, label, value, words)`; where noted.
        memory: what had to be evaluated on the way, where values were needed.
        ignored: where something that means nothing here (a plot) was first called.
    """

    __slots__ = ("concrete", "graph", "ignored", "inputs", "lines", "memory", "outputs", "value")

    def __init__(self, tracer: Tracer, value: Tree, source: str, journal: Journal | None = None) -> None:
        noted = journal.entries if journal is not None else []
        starts = [0, *(i + 1 for i, character in enumerate(source) if character == "\n")]
        self.graph: Graph = tracer.graph
        self.value = value
        self.inputs: dict[str, Node] = tracer.inputs
        self.concrete: bool = tracer.concrete
        self.memory: Memory | None = tracer.memory
        self.ignored = tracer.ignored
        self.outputs = [(bisect_right(starts, span[0]), shown, pieces) for span, shown, pieces in tracer.printed]
        self.lines = [(bisect_right(starts, span[0]), label, shown, words) for span, label, shown, words in noted]


def trace(
    tree: Program,
    shapes: Mapping[str, Shape],
    *,
    values: Mapping[str, Array] | None = None,
    seed: int = 0,
    collect: bool = False,
    lines: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Trace:
    """Run a program for inputs of these shapes.

    Where collect is false the program must end in an expression, whose value is wanted; where it is
    true, what it shows is. Where lines is true, what each line computed is noted too. progress is told
    now and then on which line the program is, and how many operations it has recorded.

    Raises:
        NeedsValues: the graph depends on the inputs' values, and values is None.
        ExpressionError, DataError, LimitError: with place and source; where collect is true, with the trace so far
            as `partial`.
    """
    program = Compiled(tree) if lines else compiled(tree)  # its code is linked differently
    if not program.ends_in_value and not collect:
        raise _no_value(program, tree.source)
    tracer = Tracer(shapes, values, seed, torch=program.torch, differentiates=program.differentiates, collects=collect)
    journal = Journal(tracer, tree.source) if lines else None
    names = {name: tracer.bind(node) for name, node in tracer.inputs.items()}
    machine = Machine(tracer, names, link if journal is None else journal.link, progress)
    with np.errstate(all="ignore"), _no_collection():
        try:
            machine.run(program.code)
        except GradcliError as error:
            if collect:
                error.partial = Trace(tracer, None, tree.source, journal)
            raise
        try:
            shown = collect and not is_plain(machine.result)  # a text, a dict, an object
            value = tracer.tree(machine.result) if program.ends_in_value and not shown else None
        except GradcliError as error:
            raise error.at(program.end, tree.source) from None
    tracer.graph.place = None
    return Trace(tracer, value, tree.source, journal)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the cycle collector from walking through a graph that only grows: it would take half the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _no_value(program: Compiled, source: str) -> ExpressionError:
    return ExpressionError(
        "the program ends without an expression, so there is nothing to answer with", code="value", span=program.end,
        source=source, hint="end with the expression that is wanted, as in y = 3*x; y",
    )  # fmt: skip
