"""Results and errors as one line of JSON.

Numbers are written so that they read back as themselves; NaN and the infinities, which JSON does not
have, as the strings "NaN", "Infinity" and "-Infinity". Strings hold their own characters, except for
those that are not visible (controls, bidirectional marks, lone surrogates), which are escaped: what is
written is always valid UTF-8 and safe to show.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from json import dumps
from json.encoder import encode_basestring
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..errors import GradcliError, Span
from ..results import HessianResult, JacobianResult, SparseHessianResult, SparseJacobianResult, SparseMatrix

if TYPE_CHECKING:
    from ..results import Array, CheckReport, CheckRow, ClaimRow, Line, Note, Output, Result, Value

Writer: TypeAlias = "Callable[[Array], str]"
"""What writes an array."""

_UNUSUAL = re.compile(r"[^ -~]")


def encode(result: Result, array: Writer | None = None) -> str:
    """The answer as one object: command, expression, mode, the command's own keys, check where there is one, notes.

    array writes the arrays in the command's own keys, where that is not to be their numbers.
    """
    write = array or _numbers
    pairs = [
        ("command", string(result.command)),
        ("expression", string(result.expression)),
        ("mode", _text(result.mode)),
    ]
    for key in _KEYS[result.command]:
        pairs.append((key, _PARTS[key](getattr(result, key), write)))
    if isinstance(result, (SparseJacobianResult, SparseHessianResult)):
        pairs.append(("colours", str(result.colours)))
    if isinstance(result, (JacobianResult, HessianResult, SparseJacobianResult, SparseHessianResult)):
        pairs.append(("passes", str(result.passes)))
    if lines := getattr(result, "lines", ()):
        pairs.append(("lines", _list(map(_line, lines))))
    if result.check is not None:
        pairs.append(("check", _check(result.check)))
    return _object([*pairs, ("notes", _list(map(_note, result.notes)))])


def encode_error(error: GradcliError) -> str:
    """`{"error": {"code", "message", "span", "hint"}}`."""
    inner = _object(
        [
            ("code", string(error.code)),
            ("message", string(error.message)),
            ("span", _span(error.span)),
            ("hint", _text(error.hint)),
        ]
    )
    return _object([("error", inner)])


def to_plain(value: Value) -> object:
    """The value as JSON's own types: nested lists of numbers and the strings for what is not finite; None is None."""
    if not isinstance(value, tuple):
        return None if value is None else _nested(value)
    root: list[object] = []
    stack: list[tuple[list[object], Value]] = [(root, value)]
    while stack:
        into, item = stack.pop()
        if isinstance(item, tuple):
            inner: list[object] = []
            into.append(inner)
            stack += [(inner, part) for part in reversed(item)]
        else:
            into.append(to_plain(item))
    return root[0]


def _nested(array: Array) -> object:
    """An array as nested lists; the search for what is not finite is NumPy's."""
    import numpy as np

    array = np.asarray(array, dtype=np.float64)
    finite = np.isfinite(array)
    if finite.all():
        return array.tolist()
    mixed = array.astype(object)
    mixed[np.isnan(array)] = "NaN"
    mixed[array == np.inf] = "Infinity"
    mixed[array == -np.inf] = "-Infinity"
    return mixed.tolist()


# ---- pieces of JSON text -----------------------------------------------------------------------------


def string(text: str) -> str:
    """A text as JSON."""
    written = encode_basestring(text)
    return written if written.isprintable() else _UNUSUAL.sub(_escape, written)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return character if character.isprintable() else dumps(character)[1:-1]


def _text(text: str | None) -> str:
    return "null" if text is None else string(text)


def _span(span: Span | None) -> str:
    return "null" if span is None else f"[{span[0]}, {span[1]}]"


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _number(value: float | None) -> str:
    if value is None:
        return "null"
    value = float(value)
    if value != value:
        return '"NaN"'
    if value in (float("inf"), float("-inf")):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    return repr(value)


def _list(items: Iterable[str]) -> str:
    return f"[{', '.join(items)}]"


def _object(pairs: Iterable[tuple[str, str]]) -> str:
    return f"{{{', '.join(f'{string(key)}: {text}' for key, text in pairs)}}}"


def _numbers(array: Array) -> str:
    if array.ndim == 0 and isfinite(array):
        return repr(float(array))
    return dumps(to_plain(array), allow_nan=False)


def _value(value: Value, write: Writer = _numbers) -> str:
    """A value, however deep its tuples are: brackets and commas are put on a stack beside what they surround."""
    pieces: list[str] = []
    stack: list[Value | str] = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            pieces.append(item)
        elif isinstance(item, tuple):
            stack.append("]")
            for position in range(len(item) - 1, -1, -1):
                stack += [item[position], ", " if position else ""]
            pieces.append("[")
        else:
            pieces.append("null" if item is None else write(item))
    return "".join(pieces)


def _arrays(arrays: Mapping[str, Array | SparseMatrix], write: Writer) -> str:
    return _object((name, _matrix(held, write)) for name, held in arrays.items())


def _matrix(held: Array | SparseMatrix, write: Writer) -> str:
    """An array; of a sparse matrix the entries that can be nonzero."""
    if not isinstance(held, SparseMatrix):
        return _value(held, write)
    return _object(
        [
            ("shape", dumps(list(held.shape))),
            ("row", dumps(held.row.tolist())),
            ("col", dumps(held.col.tolist())),
            ("data", write(held.data)),
        ]
    )


def _blocks(blocks: Mapping[str, Mapping[str, Array | SparseMatrix]], write: Writer) -> str:
    return _object((name, _arrays(row, write)) for name, row in blocks.items())


def _outputs(outputs: Iterable[Output], write: Writer) -> str:
    return _list(_output(output, write) for output in outputs)


def _output(output: Output, write: Writer) -> str:
    pairs = [("line", str(int(output.line))), ("value", _value(output.value, write))]
    return _object(pairs if output.text is None else [*pairs, ("text", string(output.text))])


def _line(line: Line) -> str:
    pairs = [("line", str(int(line.line))), ("label", string(line.label)), ("value", _value(line.value))]
    return _object(pairs if line.words is None else [*pairs, ("text", string(line.words))])


def _note(note: Note) -> str:
    return _object([("kind", string(note.kind)), ("message", string(note.message)), ("span", _span(note.span))])


def _check(check: CheckReport) -> str:
    return _object(
        [
            ("verdict", string(check.verdict)),
            ("methods", _list(map(string, check.methods))),
            ("digits", _number(check.digits)),
            ("checked", str(int(check.checked))),
            ("total", str(int(check.total))),
            ("rows", _list(map(_check_row, check.rows))),
            ("remarks", _list(map(string, check.remarks))),
            ("claims", _object((name, _truth(holds)) for name, holds in check.claims.items())),
            ("claim_differences", str(int(check.claim_differences))),
            ("claim_rows", _list(map(_claim_row, check.claim_rows))),
        ]
    )


def _check_row(row: CheckRow) -> str:
    return _object(
        [
            ("name", string(row.name)),
            ("values", _object((method, _number(value)) for method, value in row.values.items())),
            ("digits", _number(row.digits)),
            ("agrees", _truth(row.agrees)),
            ("form", _text(row.form)),
            ("one_sided", "null" if row.one_sided is None else _list(map(_number, row.one_sided))),
        ]
    )


def _claim_row(row: ClaimRow) -> str:
    return _object(
        [
            ("name", string(row.name)),
            ("claimed", _number(row.claimed)),
            ("computed", _number(row.computed)),
            ("difference", _number(row.difference)),
        ]
    )


_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "eval": ("value",),
    "grad": ("value", "gradient"),
    "vjp": ("value", "gradient"),
    "jacobian": ("value", "jacobian"),
    "hessian": ("value", "gradient", "hessian"),
    "jvp": ("value", "tangent"),
    "hvp": ("value", "gradient", "hvp"),
    "run": ("outputs",),
    "check": (),
}
_PARTS: Final[Mapping[str, Callable[[Any, Writer], str]]] = {
    "value": _value,
    "gradient": _arrays,
    "jacobian": _arrays,
    "hessian": _blocks,
    "tangent": _value,
    "hvp": _arrays,
    "outputs": _outputs,
}
