"""Requests: what is asked, whether by options or as JSON.

A request in JSON is an object,

    {"expression": "2*dot(x,x)", "variables": {"x": [0, 1, 2, 3]}, "wrt": ["x"], "grad_outputs": null}

and a stream of them is JSON Lines: one object a line. A single object may also stand over several
lines, as editors and `jq` print it; then so may those that follow.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from . import json_input, limits
from .errors import DataError, GradcliError
from .record import Record
from .text import closest, shortened

if TYPE_CHECKING:
    from .results import Array

MODES: Final = ("auto", "forward", "reverse")
AT_KINK: Final = ("convention", "error")
"""What may be done at a point without a derivative: answer by convention, or refuse."""
_CHUNK: Final = 1 << 18

Numbered: TypeAlias = tuple[int, bytes | GradcliError]
"""A line of a stream and its 1-based number, or in its place what is wrong with it."""


_NOTHING: Final[Mapping[str, Any]] = {}


class Request(Record):
    """One question. A command looks at the fields that mean something to it; the others stay None."""

    expression: str = ""
    variables: Mapping[str, Array] = _NOTHING
    wrt: tuple[str, ...] | None = None
    grad_outputs: Array | None = None
    mode: str = "auto"
    order: int = 1
    tangent: Mapping[str, Array] = _NOTHING
    vector: Mapping[str, Array] = _NOTHING
    claim: Mapping[str, str] = _NOTHING
    check: bool = False
    sparse: bool = False
    at_kink: str = "convention"
    seed: int = 0
    trace_lines: bool = False


KEYS: Final = Request._fields
ALWAYS: Final = ("expression", "variables", "seed")


def from_json(data: bytes, base: Request, command: str, keys: Iterable[str]) -> Request:
    """The request in one JSON text; what it leaves out (or gives as null) is taken from `base`.

    `keys` are those that mean something to `command`, beside those that always do. Raises DataError
    for anything a request cannot hold.
    """
    return from_plain(json_input.load(data), base, command, keys)


def from_plain(plain: Any, base: Request, command: str, keys: Iterable[str]) -> Request:
    """The same, of what the JSON text says."""
    plain = _object(plain, "a request", _ON_A_LINE)
    allowed = (*ALWAYS, *keys)
    given: dict[str, Any] = {}
    for key, value in plain.items():
        if key not in KEYS:
            raise _unknown(key, allowed)
        if value is not None:
            if key not in allowed:
                raise DataError(
                    f"a request to {command} has no `{key}`", code="json", hint=f"it has {', '.join(allowed)}"
                )
            given[key] = _READERS[key](value, key)
    if "expression" not in given and not base.expression:
        raise DataError("the request has no expression", code="json", hint='give one: {"expression": "x^2", …}')
    if "variables" in given:
        given["variables"] = {**base.variables, **given["variables"]}
    return base.replaced(**given)


def from_values(data: bytes, base: Request) -> Request:
    """`base` with the variables of one JSON object of values, over those it already has."""
    return from_plain_values(json_input.load(data), base)


def from_plain_values(plain: Any, base: Request) -> Request:
    """The same, of what the JSON text says."""
    plain = _object(plain, "a record of values", _ON_A_LINE, 'a number for every name: {"x": 3}')
    return base.replaced(variables={**base.variables, **_named_arrays(plain, "variable")})


_ON_A_LINE: Final = "several of them stand on a line each, without brackets around"


def _object(plain: Any, what: str, of_several: str, example: str | None = None) -> dict[str, Any]:
    """`plain`, which is to be an object; of_several is what to do about a list."""
    if not isinstance(plain, dict):
        hint = of_several if isinstance(plain, list) else example
        raise DataError(f"{what} is an object in braces, not {_kind(plain)}", code="json", hint=hint)
    return plain


def _kind(plain: Any) -> str:
    if plain is None:
        return "null"
    return {list: "a list", dict: "an object", str: "a text", bool: "true or false"}.get(type(plain), "a number")


def _unknown(key: str, allowed: Iterable[str]) -> DataError:
    close = closest(key, allowed)
    hint = f"did you mean `{close}`?" if close else f"the keys are {', '.join(allowed)}"
    return DataError(f"a request has no `{shortened(key)}`", code="json", hint=hint)


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str):
        raise DataError(f"{key} is {_kind(value)}, not a text", code="json")
    return value


def _names(value: Any, key: str) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [name.strip() for name in value.split(",")]
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        raise DataError(f"{key} is a list of names", code="json", hint=f'"{key}": ["x", "y"]')
    return tuple(value)


def _mode(value: Any, key: str) -> str:
    if value not in MODES:
        raise DataError(f"{key} is one of {', '.join(MODES)}", code="json")
    return str(value)


def _at_kink(value: Any, key: str) -> str:
    if value not in AT_KINK:
        raise DataError(f"{key} is one of {', '.join(AT_KINK)}", code="json")
    return str(value)


def _whole(value: Any, key: str) -> int:
    if isinstance(value, bool) or not isinstance(value, float) or not value.is_integer() or not 0 <= value <= 2**53:
        raise DataError(f"{key} is a whole number", code="json")
    return int(value)


def _order(value: Any, key: str) -> int:
    order = _whole(value, key)
    if order < 1:
        raise DataError(f"{key} is at least 1", code="json")
    return order


def _truth(value: Any, key: str) -> bool:
    if not isinstance(value, bool):
        raise DataError(f"{key} is true or false", code="json")
    return value


def _array(value: Any, key: str) -> Array:
    return json_input.array(value, key)


def _arrays(value: Any, key: str) -> dict[str, Array]:
    return _named_arrays(_by_name(value, key, "[1, 2]"), "variable" if key == "variables" else key)


def _named_arrays(plain: Mapping[str, Any], what: str) -> dict[str, Array]:
    return {name: json_input.array(numbers, f"{what} {shortened(name)}") for name, numbers in plain.items()}


def _texts(value: Any, key: str) -> dict[str, str]:
    return {name: _text(text, f"{key} {shortened(name)}") for name, text in _by_name(value, key, '"2*x"').items()}


def _by_name(value: Any, key: str, example: str) -> dict[str, Any]:
    written = f'one for every name: "{key}": {{"x": {example}}}'
    return _object(value, f"`{key}`", written, written)


_READERS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "expression": _text,
    "variables": _arrays,
    "wrt": _names,
    "grad_outputs": _array,
    "mode": _mode,
    "at_kink": _at_kink,
    "order": _order,
    "tangent": _arrays,
    "vector": _arrays,
    "claim": _texts,
    "check": _truth,
    "sparse": _truth,
    "seed": _whole,
}


# ---- streams ---------------------------------------------------------------------------------------


def arrivals(read: Callable[[int], bytes], before_reading: Callable[[], None]) -> Iterator[list[Numbered]]:
    """The lines of a stream with their 1-based numbers, in a list what came together; blank ones are passed over, and
    so is a mark of the encoding that stands alone on the first.

    `read(n)` returns up to n bytes as soon as there are any, b"" at the end. `before_reading` is
    called whenever what has been read is used up: the moment to write out the answers so far. A line
    beyond the limit is a LimitError in its place, and is not kept.
    """
    bound = limits.current().line_bytes
    held, number, too_long = bytearray(), 1, False
    while True:
        before_reading()
        chunk = read(_CHUNK)
        if not chunk:
            break
        *whole, rest = chunk.split(b"\n")
        arrived: list[Numbered] = []
        for piece in whole:
            if too_long or len(held) + len(piece) > bound:
                arrived.append((number, limits.exceeded("line_bytes", "this line is too long")))
            elif (line := bytes(held) + piece if held else piece) and not _is_blank(line, number):
                arrived.append((number, line))
            held.clear()
            number, too_long = number + 1, False
        too_long = too_long or len(held) + len(rest) > bound
        if too_long:
            held.clear()
        else:
            held += rest
        if arrived:
            yield arrived
    if too_long:
        yield [(number, limits.exceeded("line_bytes", "this line is too long"))]
    elif held and not _is_blank(held, number):
        yield [(number, bytes(held))]


def records(arrived: Iterable[list[Numbered]]) -> Iterator[list[Numbered]]:
    """The JSON texts of a stream, in a list those that came together: its lines, or objects over several lines.

    The first line decides. Where it leaves brackets open that later lines close, objects stand over
    several lines; otherwise every line is a record, right or wrong.
    """
    lists = iter(arrived)
    here: deque[Numbered] = deque()
    lines = _one_by_one(lists, here)
    held: list[Numbered] = []
    size = balance = 0
    for number, line in lines:
        held.append((number, line))
        if isinstance(line, GradcliError) or ((balance_here := _balance(line)) == 0 and _begins_object(line)):
            break
        if balance == 0 and balance_here <= 0:  # the first line, and nothing is open behind it
            break
        size, balance = size + len(line), balance + balance_here
        if size > limits.current().line_bytes:
            break
        if balance <= 0:
            yield [_joined(held)]
            yield from ([each] for each in _spread(lines))
            return
    if held or here:
        yield [*held, *here]
    yield from lists


def _one_by_one(lists: Iterator[list[Numbered]], here: deque[Numbered]) -> Iterator[Numbered]:
    """The members of some lists; `here` holds what is left of the list that is being read."""
    for each in lists:
        here.extend(each)
        while here:
            yield here.popleft()


def _spread(rest: Iterable[Numbered]) -> Iterator[Numbered]:
    """Objects that stand over several lines."""
    held: list[Numbered] = []
    size = balance = 0
    for number, line in rest:
        if isinstance(line, GradcliError):
            yield number, line
            return
        held.append((number, line))
        size, balance = size + len(line), balance + _balance(line)
        if size > limits.current().line_bytes:
            yield held[0][0], limits.exceeded("line_bytes", "this object is too long")
            return
        if balance <= 0:
            yield _joined(held)
            held, size, balance = [], 0, 0
    if held:
        yield _joined(held)


def _joined(held: list[Numbered]) -> Numbered:
    return held[0][0], b"\n".join(line for _, line in held if isinstance(line, bytes))


def _begins_object(line: bytes) -> bool:
    return line.lstrip(_MARK + b" \t")[:1] == b"{"


def _is_blank(line: bytes | bytearray, number: int) -> bool:
    return line.isspace() or (number == 1 and line.strip() == _MARK)


_MARK = "\ufeff".encode()
"""What some programs begin a text with."""


def _balance(line: bytes) -> int:
    """How many more brackets a line opens than it closes."""
    found = json_input.brackets(line)
    return 2 * (found.count(b"[") + found.count(b"{")) - len(found)
