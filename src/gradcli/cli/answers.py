"""The arrays and matrices in a result, each under a name that says where it stands: `gradient.x`, `hessian.x.y`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .. import files
from ..errors import NotFiniteError, UsageError
from ..results import SparseMatrix

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


def save(path: str, result: Result, text_form: Callable[[], str]) -> None:
    """Write an answer to a file. Raises what `files.save` raises.

    A sparse matrix is written as scipy.sparse.load_npz reads it, its value and gradient beside it; where there
    are several, each to a file of its own that bears its variables' names: `J.npz`, `J.x.npz`, `J.y.npz`.
    """
    found = _all(result)
    matrices = {name: held for name, held in found.items() if isinstance(held, SparseMatrix)}
    arrays = {name: held for name, held in found.items() if not isinstance(held, SparseMatrix)}
    if not matrices:
        files.save(path, arrays, derivatives(result), text_form)
        return
    stem, ending = os.path.splitext(path)
    if ending.lower() == ".npy":
        raise UsageError("an .npy file holds no sparse matrix", hint="save to .npz, or leave out --sparse")
    if ending.lower() == ".npz":
        for name, matrix in matrices.items() if len(matrices) > 1 else ():
            own = f"{stem}{name.removeprefix(_DERIVATIVE[result.command])}{ending}"
            files.save(own, _coordinates(matrix), {}, text_form)
        if len(matrices) == 1:
            arrays |= _coordinates(next(iter(matrices.values())))
    files.save(path, arrays, {}, text_form)


def _coordinates(matrix: SparseMatrix) -> dict[str, Any]:
    """The arrays of scipy.sparse.save_npz for the format coo."""
    import numpy as np

    return {
        "row": matrix.row,
        "col": matrix.col,
        "data": matrix.data,
        "shape": np.array(matrix.shape),
        "format": np.array(b"coo"),
    }


def _all(result: Result) -> dict[str, Array | SparseMatrix]:
    """Every array of an answer: its value, then its derivatives."""
    found: dict[str, Array | SparseMatrix] = {}
    for part in _PARTS:
        found.update(_flat(part, getattr(result, part, None)))
    return found


def derivatives(result: Result) -> dict[str, Array]:
    """The arrays a command is asked for: the gradients of grad, the blocks of hessian, the value of eval."""
    part = _DERIVATIVE.get(result.command)
    return {} if part is None else _flat(part, getattr(result, part))


def _flat(part: str, held: Any) -> dict[str, Any]:
    """The arrays in nested mappings and tuples, in order; a program's outputs by the line they came from."""
    found: dict[str, Any] = {}
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

    for name, held in _all(result).items():
        array = held.data if isinstance(held, SparseMatrix) else held
        if not np.isfinite(array).all():
            index = at = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            if isinstance(held, SparseMatrix):
                index = int(held.row[at]), int(held.col[at])
            place = f"{name}[{', '.join(map(str, index))}]" if index else name
            note = next((note for note in result.notes if note.kind == "nonfinite"), None)
            why = note.message.partition("not finite: ")[2] if note else ""
            raise NotFiniteError(
                f"{place} is {array[at]}" + (f": {why}" if why else ""),
                span=note.span if note else None,
                source=result.expression,
            )
