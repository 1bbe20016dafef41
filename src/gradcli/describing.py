"""What the reference says of a function of the language: what is declared, its rule, its domain, an example."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .record import Record
from .text import number

if TYPE_CHECKING:
    from .engine.functions import Function
    from .results import Array


class Entry(Record):
    """A function of the language as the reference shows it. Texts that do not apply are None.

    Attributes:
        rule: its derivative, for each operand.
        kink: what its derivative is where it has none.
        domain: the numbers it has a value for.
        example: an expression with it, and what that gives.
    """

    name: str
    aliases: tuple[str, ...]
    group: str
    signature: str
    doc: str
    rule: str | None
    kink: str | None
    domain: str | None
    example: str | None


def entry(function: Function) -> Entry:
    """All that is said of a function."""
    from .engine.printing import rule_text

    return Entry(
        function.name,
        function.aliases,
        function.group,
        function.signature,
        function.doc,
        rule_text(function),
        function.convention or None,
        domain(function),
        example(function),
    )


_OF_EXPRESSIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "grad": ("grad(x**3, x)", {"x": 2.0}),
    "jacobian": ("jacobian([x[0]*x[1], x[1]**2], x)", {"x": [2.0, 3.0]}),
    "hessian": ("hessian(x[0]**2*x[1], x)", {"x": [2.0, 3.0]}),
    "jvp": ("jvp(x**2, x, [1, 0])", {"x": [2.0, 3.0]}),
    "vjp": ("vjp(x**2, x, [1, 10])", {"x": [2.0, 3.0]}),
    "hvp": ("hvp(x[0]**2*x[1], x, [1, 0])", {"x": [2.0, 3.0]}),
}
"""For each derivative of the language an expression to try it on."""


def derivatives() -> list[Entry]:
    """The language's own derivatives: `grad(expression, x)` and its kin."""
    import numpy as np

    from .program.differentiate import DIFFERENTIATION

    return [
        Entry(
            name, (), "derivatives", f"{name}({each.takes})", each.derive.__doc__ or "", None, None, None,
            _told(_OF_EXPRESSIONS[name][0], {x: np.asarray(value) for x, value in _OF_EXPRESSIONS[name][1].items()}),
        )
        for name, each in DIFFERENTIATION.items()
    ]  # fmt: skip


# ---- domain --------------------------------------------------------------------------------------------

_PROBES = (-1000.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 1000.0)
_ENDS = (-1.0, 0.0, 1.0)


def domain(function: Function) -> str | None:
    """The interval a function of one number is real on, as far as its values tell; None for other functions,
    and for one whose domain is no interval with ends among -1, 0, 1 and infinity."""
    import numpy as np

    operation = function.operation
    if operation is None or len(operation.rules) != 1 or len(function.parameters) != 1:
        return None
    with np.errstate(all="ignore"):
        values = operation.kernel(np.array(_PROBES))
    # far out a function may overflow; between, an infinity is a pole
    inside = [
        not math.isnan(v) and (abs(p) == 1000.0 or math.isfinite(v)) for p, v in zip(_PROBES, values, strict=True)
    ]
    if all(inside):
        return "all numbers"
    found = [position for position, there in enumerate(inside) if there]
    if not found or found != list(range(found[0], found[-1] + 1)):
        return None
    low, high = _PROBES[found[0]], _PROBES[found[-1]]
    below, above = _end(low, -1.0), _end(high, 1.0)
    if below and above:
        return f"{below[0]} {'≤' if below[1] else '<'} x {'≤' if above[1] else '<'} {above[0]}"
    if below:
        return f"x {'≥' if below[1] else '>'} {below[0]}"
    return f"x {'≤' if above[1] else '<'} {above[0]}" if above else None


def _end(last: float, outward: float) -> tuple[str, bool] | None:
    """The end of an interval whose outermost probe is known, and whether it belongs to it; None: it has none."""
    if abs(last) == 1000.0:
        return None
    return (number(last), True) if last in _ENDS else (number(last + 0.5 * outward), False)


# ---- an example ----------------------------------------------------------------------------------------

_LONG = 130


def example(function: Function) -> str | None:
    """`tanh(x) at x = 0.5 is 0.4621171573; its derivative there is 0.7864477330`; None where there is no sample."""
    from .errors import GradcliError

    if function.operation is not None and len(function.operation.rules) == len(function.domain):
        names = [parameter.name for parameter in function.parameters]
        expression = f"{function.name}({', '.join(names)})"
        wanted: list[tuple[str, tuple[int, ...], float, float]] = [
            (name, (), low, high) for name, (low, high) in zip(names, function.domain, strict=False)
        ]
    elif function.samples:
        expression = function.samples[0].expression
        wanted = [(name, *drawn) for name, drawn in function.samples[0].variables.items()]
    else:
        return None
    point = {name: _between(low, high, shape, place) for place, (name, shape, low, high) in enumerate(wanted)}
    try:
        return _told(expression, point)
    except GradcliError:
        return None


def _told(expression: str, point: dict[str, Array]) -> str | None:
    """What an expression and, where it is one number, its derivatives are at a point."""
    import numpy as np

    from .api import Expression

    asked = Expression(expression)
    value = asked.eval(point).value
    if not isinstance(value, np.ndarray):
        return None
    text = f"{expression}{_given(point)} is {_shown(value)}"
    if value.size != 1 or not point:
        return text
    slopes = asked.grad(point).gradient
    if len(slopes) == 1:
        return f"{text}; its derivative there is {_shown(*slopes.values())}"
    each = ", ".join(f"{_shown(slope)} for {name}" for name, slope in slopes.items())
    return f"{text}; its derivatives there are {each}"


def _between(low: float, high: float, shape: tuple[int, ...], place: int) -> Array:
    """Different numbers with few digits between two; others for the variable in another place."""
    import numpy as np

    size = math.prod(shape)
    if size == 1:
        return np.full(shape, round(low + (0.625 - 0.25 * (place % 3)) * (high - low), 2))
    steps = low + (high - low) * (np.arange(size) + 1.0) / (size + 1.5)
    rolled: Array = np.roll(steps, size // 2 + place).reshape(shape)
    return rolled.round(1 if high - low > 0.2 * size else 2)


def _given(point: dict[str, Array]) -> str:
    if not point:
        return ""
    return " at " + ", ".join(f"{name} = {_shown(value)}" for name, value in point.items())


def _shown(value: Any) -> str:
    """A number, or an array as nested lists; a long one by its shape."""
    text = _nested(value.tolist())
    return text if len(text) <= _LONG else f"an array of shape {value.shape}"


def _nested(value: Any) -> str:
    return f"[{', '.join(map(_nested, value))}]" if isinstance(value, list) else _digits(value)


def _digits(value: float) -> str:
    return number(value) if math.isfinite(value) else str(value)
