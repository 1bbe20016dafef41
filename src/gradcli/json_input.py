"""JSON that comes from anyone: read strictly, and turned into arrays.

Strictly means: no key twice, no bare NaN or Infinity, no number beyond float64, no nesting beyond
the limit, nothing but UTF-8. Numbers are float64 from the start, so `-0` stays -0.0. The strings
"NaN", "Infinity" and "-Infinity" stand for what JSON cannot write.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, NoReturn

from . import limits
from .errors import DataError, LimitError
from .text import shortened

if TYPE_CHECKING:
    from .results import Array

_NAMED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def load(data: bytes) -> Any:
    """The value of one JSON text. Raises DataError (code json) or LimitError."""
    check_depth(data)
    try:
        text = data.decode()
        value, end = _DECODER.raw_decode(text)
        if end == len(text):
            return value
    except (ValueError, RecursionError):
        pass  # there is white space around it, or something wrong with it
    return _load_carefully(data)


def _load_carefully(data: bytes) -> Any:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = data[error.start]
        raise DataError(f"this is not UTF-8 text: byte 0x{byte:02x} at offset {error.start}", code="json") from None
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        span = (error.pos, min(error.pos + 1, len(text)))
        problem, hint = _explained(error, text)
        raise DataError(f"this is not JSON: {problem}", code="json", span=span, hint=hint, source=text) from None
    except RecursionError:  # only where the limit was raised beyond what the decoder can do
        raise LimitError("this JSON is nested too deeply") from None


def _explained(error: json.JSONDecodeError, text: str) -> tuple[str, str | None]:
    """What the decoder said, as part of a sentence, and what to do about it."""
    problem = error.msg[:1].lower() + error.msg[1:].rstrip(": ").removesuffix(" starting at").removesuffix(" at")
    here, before = text[error.pos : error.pos + 1], text[: error.pos].rstrip()[-1:]
    if not text.strip():
        return "there is nothing here", None
    if here == "'":
        return problem, "a text stands in double quotes"
    if here in ("]", "}") and before == ",":
        return problem, "remove the comma before it"
    if error.msg.startswith("Invalid control character"):
        return problem, f"inside a text it is written \\u{ord(here):04x}"
    if error.msg == "Extra data":
        return problem, "one JSON text ends before it; another stands on a line of its own"
    return problem, None


def check_depth(data: bytes) -> None:
    """Raise LimitError for JSON nested deeper than the limit, without descending into it."""
    bound = limits.current().json_depth
    if data.count(b"[") + data.count(b"{") <= bound:
        return
    depth = 0
    for bracket in brackets(data):
        depth += 1 if bracket in b"[{" else -1
        if depth > bound:
            raise limits.exceeded("json_depth", "this JSON is nested too deeply")


def brackets(data: bytes) -> bytes:
    """The brackets of a JSON text, in order, without those that stand inside strings."""
    return _STRING.sub(b"", data).translate(None, _NOT_BRACKETS)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise DataError(f"the key `{shortened(twice)}` is given twice", code="json")
    return made


def _refuse_constant(token: str) -> NoReturn:
    raise DataError(f"{token} is not JSON", code="json", hint=f'write it as a string: "{token}"')


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=float)


def array(plain: Any, what: str) -> Array:
    """Numbers, and lists of them, as a float64 array; `what` names it in errors.

    Raises DataError for anything that is not a number, for rows of different lengths and for numbers
    beyond float64; LimitError for too many of them.
    """
    import numpy as np

    try:
        made = np.array(plain)
    except ValueError:  # rows of different lengths, or more axes than NumPy has
        return _careful(plain, what)
    if made.dtype.kind not in "fb" or not np.isfinite(made).all():
        return _careful(plain, what)
    return bounded(made.astype(np.float64, copy=False), what)


def bounded(made: Array, what: str) -> Array:
    """The same array, if the limits allow it."""
    bounds = limits.current()
    if made.size > bounds.elements:
        raise limits.exceeded("elements", f"{what} has {made.size:,} elements")
    if made.ndim > bounds.rank:
        raise limits.exceeded("rank", f"{what} has {made.ndim} axes")
    return made


def _careful(plain: Any, what: str) -> Array:
    """The slow way: gives "NaN" and its kin their meaning, and finds what is wrong and where."""
    root = [plain]
    stack = [(root, "")]
    while stack:
        items, where = stack.pop()
        for position, item in enumerate(items):
            place = where if items is root else f"{where}[{position}]"
            if isinstance(item, list):
                items[position] = copy = list(item)
                stack.append((copy, place))
            else:
                items[position] = _number(item, what + place)
    return even_array(root[0], what)


def even_array(nested: Any, what: str) -> Array:
    """Floats, in lists of equal lengths, as an array. Raises DataError for lists that are not."""
    import numpy as np

    _check_even(nested, what)
    try:
        return bounded(np.array(nested, dtype=np.float64), what)
    except ValueError:
        raise limits.exceeded("rank", f"{what} has too many axes") from None


def _number(item: Any, what: str) -> float:
    if isinstance(item, (float, int)):
        if math.isfinite(item):
            return float(item)
        problem, hint = "too large for a float64", 'infinity is written "Infinity"'
    elif item is None:
        problem, hint = "null, not a number", 'a number that is missing can be written "NaN"'
    elif isinstance(item, str):
        if item in _NAMED:
            return _NAMED[item]
        problem = f"the text `{shortened(item)}`, not a number"
        hint = 'numbers are written without quotes; only "NaN", "Infinity" and "-Infinity" have them'
    else:
        problem, hint = "an object, not a number", "write a number, or lists of numbers"
    raise DataError(f"{what} is {problem}", code="json", hint=hint)


def _check_even(plain: Any, what: str) -> None:
    """Raise DataError where the lists inside a list are not all of one length and depth."""
    level = [plain]
    while any(isinstance(item, list) for item in level):
        lengths = sorted({len(item) if isinstance(item, list) else -1 for item in level})
        if lengths[0] < 0:
            raise DataError(f"{what}: numbers and lists stand side by side", code="shape")
        if len(lengths) > 1:
            raise DataError(f"{what}: rows of different lengths, {lengths[0]} and {lengths[-1]}", code="shape")
        level = [inner for item in level for inner in item]
