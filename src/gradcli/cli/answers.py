"""The arrays in a result, each under a name that says where it stands: `gradient.x`, `hessian.x.y`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import NotFiniteError

if TYPE_CHECKING:
    from ..results import Array, Result

_PARTS = ("value", "gradient", "jacobian", "hessian", "tangent", "hvp", "outputs")
_DERIVATIVE = {
    "eval": "value",
    "grad": "gradient",
    "vjp": "gradient",
    "jacobian": "jacobian",
    "hessian": "hessian",
    "jvp": "tangent",
    "hvp": "hvp",
}


def arrays(result: Result) -> dict[str, Array]:
    """Every array of an answer: its value, then its derivatives."""
    found: dict[str, Array] = {}
    for part in _PARTS:
        found.update(_flat(part, getattr(result, part, None)))
    return found


def derivatives(result: Result) -> dict[str, Array]:
    """The arrays a command is asked for: the gradients of grad, the blocks of hessian, the value of eval."""
    part = _DERIVATIVE.get(result.command)
    return {} if part is None else _flat(part, getattr(result, part))


def _flat(part: str, held: Any) -> dict[str, Array]:
    """The arrays in nested mappings and tuples, in order; a program's outputs by the line they came from."""
    found: dict[str, Array] = {}
    stack = [(part, held)]
    while stack:
        name, item = stack.pop()
        if isinstance(item, Mapping):
            stack += reversed([(f"{name}.{key}", inner) for key, inner in item.items()])
        elif isinstance(item, tuple):
            stack += reversed([(f"{name}.{index}", getattr(inner, "value", inner)) for index, inner in enumerate(item)])
        elif item is not None:
            found[name] = item
    return found


def require_finite(result: Result) -> None:
    """Raise NotFiniteError for the first value or derivative that is NaN or infinite, naming its place."""
    import numpy as np

    for name, array in arrays(result).items():
        if not np.isfinite(array).all():
            index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            place = f"{name}[{', '.join(map(str, index))}]" if index else name
            note = next((note for note in result.notes if note.kind == "nonfinite"), None)
            why = note.message.partition("not finite: ")[2] if note else ""
            raise NotFiniteError(
                f"{place} is {array[index]}" + (f": {why}" if why else ""),
                span=note.span if note else None,
                source=result.expression,
            )
