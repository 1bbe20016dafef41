"""What SymPy is asked: the expression's graph and the elements to be checked, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..engine.operation import variable
from .elements import Element
from .point import Point
from .wire import UnsendableError, pack

MOST = 400_000
"""Graphs that compute more numbers than this are not sent."""
WHOLE = 5_000
"""Of graphs that compute more, only what the asked-for elements can depend on becomes expressions."""


class TooMuchError(Exception):
    """Why there is no asking, as the end of a sentence."""


def request(point: Point, elements: Sequence[Element], forms: int) -> dict[str, Any]:
    """The request for these elements. Raises TooMuchError."""
    if point.size > MOST:
        raise TooMuchError(f"the expression computes {point.size:,} numbers, and it takes on at most {MOST:,}")
    try:
        graph, positions = pack([point.output])
    except UnsendableError as error:
        raise TooMuchError(f"it has no word for {error}") from None
    fed = [node for node in point.nodes if node.operation is variable]
    missing = [node for node in point.inputs if node not in positions]  # the output does not depend on them
    for node in missing:
        positions[node] = len(graph)
        graph.append(["variable", [], [str(node.params[0])], list(node.shape)])
    return {
        "graph": graph,
        "output": positions[point.output],
        "inputs": [
            [str(node.params[0]), positions[node], point.feeds[node].ravel().tolist()] for node in (*fed, *missing)
        ],
        "axes": [positions[node] for node in point.inputs],
        "weights": point.weights.tolist() if point.weighted else None,
        "given": [given.ravel().tolist() for given in point.given],
        "elements": [[element.output, [list(direction) for direction in element.directions]] for element in elements],
        "outputs": list(dict.fromkeys(element.output for element in elements)),
        "forms": forms,
        "sparing": point.size > WHOLE,
    }
