"""Text that a program makes: of strings, and of values that are written only when it is shown.

A `Template` is a string with values in it, as f-strings, `%`, `format` and `str` give it. Its values stay
in the graph until it is shown; what looks at its characters (a comparison, `len`, `upper`) has them computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from .. import limits
from ..engine.node import Node
from ..errors import DataError, ExpressionError
from ..text import Form, in_form, number, printable
from .operators import is_boolean
from .tracer import Tracer
from .values import Kind, Members, Slot, Template, Tensor, Value, describe

Piece: TypeAlias = str | Slot

_SPEC = r"(?s:.?[<>=^])?[+\- ]?z?#?0?(\d*)[,_]?(?:\.(\d+))?([a-zA-Z%]?)"
_WIDEST = 10_000
_MOST_DIGITS = 100
_WHOLE_TYPES = frozenset("bcdoxX")
_NUMBER_TYPES = _WHOLE_TYPES | frozenset("eEfFgGn%")
_PERCENT = r"(?s)%(?:\((\w+)\))?([#0\- +]*)(\*|\d*)(?:\.(\*|\d*))?[hlL]?(.)"
_FIELD = r"\{\{|\}\}|\{([^{}!:]*)(?:!([rsa]))?(?::([^{}]*))?\}|[{}]"


# ---- what values look like -----------------------------------------------------------------------------


def pieces(tracer: Tracer, value: Value, quoted: bool = False, depth: int = 0) -> list[Piece]:
    """value as words and, where numbers stand, slots for them; quoted as inside a list."""
    if isinstance(value, str):
        return [repr(value) if quoted else value]
    if isinstance(value, Template):
        return [repr(text(tracer, value))] if quoted else list(value.pieces)
    if isinstance(value, bool):
        return [Slot(value, Form(kind="truth"))]
    if isinstance(value, (float, Node, Tensor)):
        node = value if isinstance(value, float) else tracer.node(value)
        if isinstance(node, Node) and is_boolean(node):
            return [Slot(node, Form(kind="truth"))]
        return [Slot(node, None if isinstance(node, Node) and node.shape else Form())]
    if value is None:
        return ["None"]
    if isinstance(value, (list, tuple, range, dict)):
        if depth > limits.current().rank:
            raise limits.exceeded("rank", "lists inside one another")
        if is_plain(value):
            return [Slot(value, None)]
        return _container(tracer, value, depth + 1)
    if isinstance(value, Kind):
        return [value.shown]
    names = getattr(getattr(value, "kind", None), "shown", None)
    if names is not None:
        return _dataclass(tracer, value, names, depth + 1)
    return [getattr(value, "text", None) or f"<{describe(value)}>"]


def is_plain(value: Value) -> bool:
    """Whether a list (or tuple) holds nothing but numbers, arrays, None and such lists, of one length each."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, (list, tuple)):
            if isinstance(each, list) and len(set(map(_entries, each))) > 1:
                return False
            pending.extend(each)
        elif isinstance(each, bool) or not (each is None or isinstance(each, (float, Node, Tensor, range))):
            return False
    return True


def _entries(value: Value) -> int:
    """How many entries a list or tuple has; -1 for anything else."""
    return len(value) if isinstance(value, (list, tuple)) else -1


def _container(tracer: Tracer, value: Value, depth: int) -> list[Piece]:
    tracer.charge_entries(len(value))
    found: list[Piece] = []
    if isinstance(value, dict) and not isinstance(value, Members):
        for key, each in value.items():
            found += [", "] if found else []
            found += [*pieces(tracer, key, True, depth), ": ", *pieces(tracer, each, True, depth)]
        return ["{", *found, "}"]
    for each in value:
        found += [", "] if found else []
        found += pieces(tracer, each, True, depth)
    if isinstance(value, list):
        return ["[", *found, "]"]
    if isinstance(value, Members):
        return ["{", *found, "}"] if found else ["set()"]
    return ["(", *found, ",)" if len(value) == 1 else ")"]


def _dataclass(tracer: Tracer, value: Value, names: tuple[str, ...], depth: int) -> list[Piece]:
    """An object as the call that makes it."""
    if depth > limits.current().rank:
        raise limits.exceeded("rank", "objects inside one another")
    found: list[Piece] = []
    for name in names:
        found += [", "] if found else []
        found += [f"{name}=", *pieces(tracer, value.fields.get(name), True, depth)]
    return [f"{value.name}(", *found, ")"]


# ---- making text ---------------------------------------------------------------------------------------


def joined(tracer: Tracer, parts: Iterable[Piece]) -> Value:
    """The pieces as one text: a string where no value stands in it. Raises LimitError for one that is too long."""
    words: list[Piece] = []
    size = 0
    for part in parts:
        if isinstance(part, str):
            size += len(part)
            if words and isinstance(words[-1], str) and len(words[-1]) < _WIDEST:
                words[-1] += part
                continue
            if not part:
                continue
        words.append(part)
    check_length(tracer, size + len(words))
    if all(isinstance(each, str) for each in words):
        return "".join(each for each in words if isinstance(each, str))
    return Template(tuple(words))


def check_length(tracer: Tracer, size: int) -> None:
    """Count the characters of a text that is about to be made. Raises LimitError where they are too many."""
    if size > limits.current().line_bytes:
        raise limits.exceeded("line_bytes", f"a text of {size:,} characters")
    tracer.charge(size // 16)


def written(tracer: Tracer, value: Value) -> Value:
    """`str(value)`"""
    return joined(tracer, pieces(tracer, value))


def text(tracer: Tracer, value: Value) -> str:
    """The characters of a text, for which the values in it are computed. Raises ExpressionError for no text."""
    if isinstance(value, str):
        return value
    if not isinstance(value, Template):
        raise ExpressionError(f"{describe(value)} stands where a string is needed", code="type", hint="use str(…)")
    words = [each if isinstance(each, str) else _now(tracer, each) for each in value.pieces]
    check_length(tracer, sum(map(len, words)))
    return "".join(words)


def _now(tracer: Tracer, slot: Slot) -> str:
    """A slot's value as it is now."""
    if isinstance(slot.value, (list, tuple)):
        return _nested(tracer.known(tracer.node(slot.value)).tolist()) if slot.value else "[]"
    array = tracer.known(tracer.node(slot.value))
    tracer.charge_entries(array.size)
    if array.ndim:
        return _nested(array.tolist())
    return in_form(float(array), slot.form or Form())


def _nested(numbers: Any) -> str:
    """Nested lists of numbers, as deep as arrays have axes."""
    return f"[{', '.join(map(_nested, numbers))}]" if isinstance(numbers, list) else number(numbers)


# ---- formats -------------------------------------------------------------------------------------------


def formatted(tracer: Tracer, value: Value, conversion: str, spec: Value) -> list[Piece]:
    """A field of an f-string. Raises DataError for a format that value does not have."""
    spec = "" if spec is None else text(tracer, spec)
    if conversion and conversion != "s":
        value = joined(tracer, pieces(tracer, value, True))
    elif conversion:
        value = written(tracer, value)
    return in_spec(tracer, value, spec) if spec else pieces(tracer, value)


def in_spec(tracer: Tracer, value: Value, spec: str, kind: str = "number") -> list[Piece]:
    """value in a format of Python's, which is checked first."""
    code = _checked(spec)
    if isinstance(value, (str, Template)):
        if code not in ("", "s") or not _accepts("", spec):
            raise DataError(f"the format {printable(spec)} is none of a string", code="format")
        return [format(text(tracer, value), spec)]
    if isinstance(value, bool):
        value = float(value)
    if not isinstance(value, (float, Node, Tensor)):
        raise DataError(f"{describe(value)} has no format {printable(spec)}", code="format", hint="format its entries")
    node = tracer.node(value)
    if node.shape:
        raise DataError(
            f"the format {printable(spec)} writes one number, and this is {describe(value)}", code="format",
            hint="leave the format out, or format the elements: x[0], x.item()",
        )  # fmt: skip
    if kind == "number" and code in _WHOLE_TYPES:
        tracer.whole(value, f"what the format {printable(spec)} writes")
        kind = "int"
    if (code not in _NUMBER_TYPES | {""} and kind == "number") or not _accepts(1 if kind == "int" else 1.0, spec):
        raise DataError(f"{printable(spec)} is no format of a number", code="format", hint="as in .3f, 10.2e, >8, d, %")
    return [Slot(value if isinstance(value, float) else node, Form(spec, kind))]


def _accepts(example: object, spec: str) -> bool:
    try:
        format(example, spec)
    except ValueError:
        return False
    return True


def _checked(spec: str) -> str:
    """The type that a format names. Raises DataError where it is none, or too wide."""
    match = re.fullmatch(_SPEC, spec)
    if match is None:
        raise DataError(f"{printable(spec)} is no format", code="format", hint="as in .3f, 10.2e, >8, d, %")
    width, precision, code = match.groups()
    if len(width) > 5 or int(width or 0) > _WIDEST or len(precision or "") > 3 or int(precision or 0) > _MOST_DIGITS:
        limit = f"a format is at most {_WIDEST:,} wide, with {_MOST_DIGITS} digits"
        raise DataError(f"the format {printable(spec)} is too wide", code="format", hint=limit)
    return code


def percent(tracer: Tracer, template: Value, values: Value) -> Value:
    """`template % values`"""
    template = text(tracer, template)
    given: list[Value] = list(values) if isinstance(values, tuple) else [values]
    named = values if isinstance(values, dict) else {}
    found: list[Piece] = []
    position = used = 0

    def next_value() -> Value:
        nonlocal used
        if used >= len(given):
            raise DataError(f"{printable(template)} writes more values than the {len(given)} given", code="format")
        used += 1
        return given[used - 1]

    pattern = re.compile(_PERCENT)
    while (start := template.find("%", position)) >= 0:
        match = pattern.match(template, start)
        if match is None:
            raise DataError("the text ends inside a format", code="format", hint="a percent sign is written %%")
        found.append(template[position:start])
        position = match.end()
        name, flags, width, precision, code = match.groups()
        if code == "%":
            found.append("%")
            continue
        width = f"{tracer.whole(next_value(), 'a width'):d}" if width == "*" else width
        precision = f"{tracer.whole(next_value(), 'a precision'):d}" if precision == "*" else precision
        if name is not None and name not in named:
            raise DataError(f"no value for {printable(name)}", code="format")
        value = named[name] if name is not None else next_value()
        found += _percent_field(tracer, value, flags, width, precision, code)
    if used < len(given) and not isinstance(values, dict):
        raise DataError(f"{len(given)} values are given, and the text writes {used}", code="format")
    return joined(tracer, [*found, template[position:]])


def _percent_field(
    tracer: Tracer, value: Value, flags: str, width: str, precision: str | None, code: str
) -> list[Piece]:
    if code in "sra":
        spec = (">" if width and "-" not in flags else "") + width
        spec += f".{precision or 0}" if precision is not None else ""
        shown = joined(tracer, pieces(tracer, value, code != "s"))
        return in_spec(tracer, shown, spec) if spec else pieces(tracer, shown)
    code = {"i": "d", "u": "d"}.get(code, code)
    if code not in _NUMBER_TYPES - {"n", "%"}:
        raise DataError(f"%{printable(code)} is no format", code="format", hint="as in %d, %.3f, %e, %s")
    align = "<" if "-" in flags else ""
    sign = "+" if "+" in flags else " " if " " in flags else ""
    spec = align + sign + ("#" if "#" in flags else "") + ("0" if "0" in flags and not align else "") + width
    if precision is not None and code not in _WHOLE_TYPES:
        spec += f".{precision or 0}"
    if isinstance(value, (str, Template)):
        raise DataError(f"%{code} writes a number, not a string", code="format", hint="write %s")
    if code == "d":
        tracer.known(tracer.node(value))
        return in_spec(tracer, value, spec + code, "int")
    return in_spec(tracer, value, spec + code)


def format_method(tracer: Tracer, template: str, arguments: Sequence[Value], keywords: dict[str, Value]) -> Value:
    """`template.format(arguments)`: fields are empty, a number, or a name, with a conversion and a format."""
    found: list[Piece] = []
    position = count = 0
    for match in re.finditer(_FIELD, template):
        found.append(template[position : match.start()])
        position = match.end()
        if match[0] in ("{{", "}}"):
            found.append(match[0][0])
            continue
        if match[1] is None:
            raise DataError(
                f"`{match[0]}` in the text has no partner", code="format", hint="a brace is written {{ or }}"
            )
        name = match[1]
        if not name:
            name, count = str(count), count + 1
        if name.isdigit() and int(name[:9]) < len(arguments):
            value = arguments[int(name)]
        elif name in keywords:
            value = keywords[name]
        else:
            raise DataError(f"no value for the field {printable(name)}", code="format")
        found += formatted(tracer, value, match[2] or "", match[3] or "")
    return joined(tracer, [*found, template[position:]])


# ---- operators -----------------------------------------------------------------------------------------


def concatenated(tracer: Tracer, left: Value, right: Value) -> Value:
    """`left + right`, of two texts."""
    for each in (left, right):
        if not isinstance(each, (str, Template)):
            message = f"a string and {describe(each)} cannot be added"
            raise ExpressionError(message, code="type", hint='write str(…), or an f-string: f"… {x}"')
    return joined(tracer, [*pieces(tracer, left), *pieces(tracer, right)])


def repeated(tracer: Tracer, left: Value, right: Value) -> Value:
    """A text times a whole number."""
    value, count = (left, right) if isinstance(left, (str, Template)) else (right, left)
    if isinstance(count, (str, Template)):
        raise ExpressionError("two strings cannot be multiplied", code="type")
    times = max(tracer.whole(count, "how often a text is repeated"), 0)
    found = pieces(tracer, value)
    size = sum(len(each) if isinstance(each, str) else 1 for each in found)
    check_length(tracer, size * times)
    if isinstance(value, str):
        return value * times
    tracer.charge_entries(len(found) * times)
    return joined(tracer, found * times)
