"""NumPy's reductions with all their arguments: of the elements where a condition holds, and with an initial value."""

from __future__ import annotations

import math

from ..engine.functions import Axis, Flag
from ..engine.node import Node
from .library import built, member
from .library_functions import NUMPY, _paths
from .operators import BINARY
from .tracer import Tracer
from .values import Value


def _reduction(name: str, *paths: str, neutral: float, join: str) -> None:
    """Declare one, with what changes nothing in it, and the operation that joins an initial value to the result."""

    def reduce(
        tracer: Tracer, x: Node, axis: Axis = None, keepdims: Flag = False, initial: Value = None, where: Value = None
    ) -> Value:
        if where is not None:
            x = built("where", tracer.node(where), x, x.lift(neutral))
        if initial is not None and not x.size and neutral not in (0.0, 1.0):
            return built("broadcast_to", tracer.node(initial), built("sum", x, axis, keepdims).shape)
        found = built(name, x, axis, keepdims)
        if initial is None:
            return found
        start = tracer.node(initial)
        return BINARY[join](tracer, start, found) if join in BINARY else built(join, found, start)

    member(*_paths(NUMPY, *paths))(reduce)


_reduction("sum", "sum", neutral=0.0, join="+")
_reduction("prod", "prod", neutral=1.0, join="*")
_reduction("max", "max", "amax", neutral=-math.inf, join="maximum")
_reduction("min", "min", "amin", neutral=math.inf, join="minimum")


@member(*_paths(NUMPY, "mean"))
def mean(tracer: Tracer, x: Node, axis: Axis = None, keepdims: Flag = False, where: Value = None) -> Value:
    """The arithmetic mean, of the elements where a condition holds."""
    if where is None:
        return built("mean", x, axis, keepdims)
    counted = tracer.node(where)
    whole = built("sum", built("where", counted, x, x.lift(0.0)), axis, keepdims)
    return whole / built("sum", built("where", counted, *(x.lift(v) for v in (1.0, 0.0))), axis, keepdims)
