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
from typing import TYPE_CHECKING, Any, Final

from ..errors import GradcliError, Span

if TYPE_CHECKING:
    from ..results import Array, CheckReport, CheckRow, ClaimRow, Line, Note, Output, Result, Value

_UNUSUAL = re.compile(r"[^ -~]")


def encode(result: Result) -> str:
    """The answer as one object: command, expression, mode, the command's own keys, check where there is one, notes."""
    pairs = [
        ("command", _string(result.command)),
        ("expression", _string(result.expression)),
        ("mode", _text(result.mode)),
    ]
    for key in _KEYS[result.command]:
        pairs.append((key, _PARTS[key](getattr(result, key))))
    if lines := getattr(result, "lines", ()):
        pairs.append(("lines", _list(map(_line, lines))))
    if result.check is not None:
        pairs.append(("check", _check(result.check)))
    return _object([*pairs, ("notes", _list(map(_note, result.notes)))])


def encode_error(error: GradcliError) -> str:
    """`{"error": {"code", "message", "span", "hint"}}`."""
    inner = _object(
        [
            ("code", _string(error.code)),
            ("message", _string(error.message)),
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


def _string(text: str) -> str:
    written = dumps(text, ensure_ascii=False)
    return written if written.isprintable() else _UNUSUAL.sub(_escape, written)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return character if character.isprintable() else dumps(character)[1:-1]


def _text(text: str | None) -> str:
    return "null" if text is None else _string(text)


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
    return f"{{{', '.join(f'{_string(key)}: {text}' for key, text in pairs)}}}"


def _value(value: Value) -> str:
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
            pieces.append(dumps(to_plain(item), allow_nan=False))
    return "".join(pieces)


def _arrays(arrays: Mapping[str, Array]) -> str:
    return _object((name, _value(array)) for name, array in arrays.items())


def _blocks(blocks: Mapping[str, Mapping[str, Array]]) -> str:
    return _object((name, _arrays(row)) for name, row in blocks.items())


def _outputs(outputs: Iterable[Output]) -> str:
    return _list(map(_output, outputs))


def _output(output: Output) -> str:
    pairs = [("line", str(int(output.line))), ("value", _value(output.value))]
    return _object(pairs if output.text is None else [*pairs, ("text", _string(output.text))])


def _line(line: Line) -> str:
    pairs = [("line", str(int(line.line))), ("label", _string(line.label)), ("value", _value(line.value))]
    return _object(pairs if line.words is None else [*pairs, ("text", _string(line.words))])


def _note(note: Note) -> str:
    return _object([("kind", _string(note.kind)), ("message", _string(note.message)), ("span", _span(note.span))])


def _check(check: CheckReport) -> str:
    return _object(
        [
            ("verdict", _string(check.verdict)),
            ("methods", _list(map(_string, check.methods))),
            ("digits", _number(check.digits)),
            ("checked", str(int(check.checked))),
            ("total", str(int(check.total))),
            ("rows", _list(map(_check_row, check.rows))),
            ("remarks", _list(map(_string, check.remarks))),
            ("claims", _object((name, _truth(holds)) for name, holds in check.claims.items())),
            ("claim_differences", str(int(check.claim_differences))),
            ("claim_rows", _list(map(_claim_row, check.claim_rows))),
        ]
    )


def _check_row(row: CheckRow) -> str:
    return _object(
        [
            ("name", _string(row.name)),
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
            ("name", _string(row.name)),
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
_PARTS: Final[Mapping[str, Callable[[Any], str]]] = {
    "value": _value,
    "gradient": _arrays,
    "jacobian": _arrays,
    "hessian": _blocks,
    "tangent": _value,
    "hvp": _arrays,
    "outputs": _outputs,
}
