"""What the reader should know of an answer, in words: kinks that were used, and where what is not finite came from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .engine.functions import FUNCTIONS
from .engine.memory import Memory
from .engine.node import Node
from .engine.provenance import Origin, at, origin
from .engine.stable import CANCELLING, spelling
from .engine.sweeps import Watch, ancestors, is_derived
from .errors import Span
from .results import Note
from .text import printable


def at_kink(watch: Watch, source: str) -> str:
    """Where a derivative is a convention: `abs(x) is at a kink of abs`. Operations without a name in the language are
    not named."""
    text, name = quoted(source, watch.node.place), watch.operation.name
    if name not in FUNCTIONS:
        return f"{text or 'the result'} is at a kink"
    return f"{text} is at a kink of {name}" if text else f"{name} is at a kink"


def kink_note(watch: Watch, source: str) -> Note:
    """That a derivative used a convention, and which."""
    message = f"{at_kink(watch, source)}; the derivative used there is {watch.operation.convention}"
    return Note("kink", message, watch.node.place)


def cancelled_note(node: Node, kept: int, outputs: Sequence[Node], source: str) -> Note:
    """That digits were lost at a node, and what is shown was worked out to more than float64 kept; what to write
    instead where arrays are to come, if there is such a thing."""
    what = quoted(source, node.place)
    if len(node.operands) == 1:
        where = f"{what or 'a logarithm'} is near its zero"
    else:
        where = f"the terms of {what} cancel" if what else "terms cancel on the way"
    digits = f"{kept} digit{'' if kept == 1 else 's'}" if kept else "no digit"
    better = spelling(node, list(outputs), CANCELLING)
    told = f"{where}, and float64 keeps {digits}: the answer was worked out to more"
    return Note("cancelled", told + (f"; {better}" if better else ""), node.place)


def nonfinite_note(
    what: str, nodes: Sequence[Node], outputs: Sequence[Node], inputs: Collection[Node],
    feeds: Mapping[Node, Any] | Memory, source: str,
) -> Note:  # fmt: skip
    """That what is asked for is not finite, and which of nodes, or of what they are made of, was the first.

    outputs is what was differentiated, if anything was; inputs are the variables, called by their names.
    """
    found = origin(nodes, feeds)
    if found is None:
        return Note("nonfinite", f"{what} is not finite")
    return Note("nonfinite", f"{what} is not finite: {_told(found, outputs, inputs, feeds, source)}", found.node.place)


def _told(
    found: Origin, outputs: Sequence[Node], inputs: Collection[Node], feeds: Mapping[Node, Any] | Memory, source: str
) -> str:
    backward = is_derived(found.node)
    culprit = _differentiated(found.node, outputs) if backward else found.node
    here = at(culprit, found.element, feeds) if _is_of(found.element, culprit) else found
    text = quoted(source, culprit.place) or culprit.operation.name
    if culprit in inputs:
        text = str(culprit.params[0])
    elif not culprit.operands and culprit.shape and not text.startswith("["):
        # an array that is written out, and not what is called with it
        text = f"the array in {text}" if culprit.place else "the array"
    element = f"element {list(here.element)} of {text}" if culprit.shape and here.node is culprit else text
    told = f"{'the derivative of ' if backward else ''}{element} is {_number(found.value)}"
    operands = ", ".join(_number(value) for value in here.operands)
    where = f" where its operand{'s are' if len(here.operands) > 1 else ' is'} {operands}" if operands else ""
    better = spelling(culprit, list(outputs))
    return told + where + (f"; {better}" if better else "")


def _differentiated(node: Node, outputs: Sequence[Node]) -> Node:
    """The node whose derivative a node is part of: the newest of the values' from the same place."""
    same = (each for each in ancestors(outputs) if each.place == node.place and not is_derived(each))
    return max(same, key=lambda each: each.id, default=node)


def _is_of(element: tuple[int, ...], node: Node) -> bool:
    """Whether an index, which may begin with that of a seed, is one of node's."""
    rank = len(node.shape)
    return len(element) >= rank and all(i < n for i, n in zip(element[len(element) - rank :], node.shape, strict=True))


def _number(value: float) -> str:
    return f"{value:.6g}"


def quoted(source: str, place: Span | None) -> str:
    """The text at a place, on one line and not too long; nothing where there is no place."""
    if place is None:
        return ""
    text = " ".join(source[slice(*place)].split())
    return printable(text if len(text) <= 60 else text[:57] + "…")
