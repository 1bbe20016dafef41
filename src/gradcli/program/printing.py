"""`print`, and what a bare expression shows."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from ..errors import ExpressionError, Span
from ..text import Form, printable
from .code import CallSite
from .routines import Keywords, Routine
from .strings import Piece, pieces
from .tracer import Tracer
from .values import Closure, Slot, Value, describe


class Words(tuple["str | Form | None", ...]):
    """The pieces of a print, with what stands between and after them where the program says so."""

    separator = " "
    end = "\n"


class Print(Routine):
    """`print`: shows values, and the words between them."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        for word in keywords:
            if word not in ("sep", "end", "flush"):
                hint = "it is called as print(values, sep=' ', end='\\n')"
                message = f"print has no parameter {printable(word)}"
                raise ExpressionError(message, code="argument", span=site.span, hint=hint)
        if not tracer.collects:
            return None
        span = tracer.graph.place or (0, 0)
        if any(own_text(value) is not None for value in arguments):
            return self._asking(tracer, arguments, keywords, span)
        self._show(tracer, arguments, keywords, span)
        return None

    def _asking(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, span: Span) -> Generator[Any, Value]:
        """Objects are asked for their text first."""
        shown = []
        for value in arguments:
            writer = own_text(value)
            shown.append(value if writer is None else (yield writer, [value]))
        self._show(tracer, shown, keywords, span)

    def _show(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, span: Span) -> None:
        separator, end = self._given(keywords, "sep", Words.separator), self._given(keywords, "end", Words.end)
        found = [pieces(tracer, value) for value in arguments]
        if len(found) == 1 and end == Words.end and _alone(found[0]):
            tracer.printed.append((span, tracer.tree(_value(found[0][0])), None))
            return
        if any(len(each) != 1 for each in found):  # a text with values in it: what separates is written out
            parts = [part for i, each in enumerate(found) for part in ([separator] if i else []) + each]
            separator = ""
        else:
            parts = [each[0] for each in found]
        record(tracer, span, parts, separator, end)

    def _given(self, keywords: Keywords, word: str, default: str) -> str:
        value = keywords.get(word)
        if value is not None and not isinstance(value, str):
            raise ExpressionError(f"{word} of print is a string, not {describe(value)}", code="type")
        return default if value is None else value


def own_text(value: Value) -> Closure | None:
    """The method by which an object of the program's own says what is shown of it."""
    kind = getattr(value, "kind", None)
    found = None if kind is None else kind.find("__str__") or kind.find("__repr__")
    return found if isinstance(found, Closure) else None


def show(tracer: Tracer, span: Span, value: Value) -> None:
    """What a bare expression shows: a string as it is, anything else as inside a list."""
    found = pieces(tracer, value, quoted=not isinstance(value, str) and not hasattr(value, "pieces"))
    if value is None or _alone(found):
        tracer.printed.append((span, tracer.tree(value), None))
    else:
        record(tracer, span, found, "", Words.end)


def record(tracer: Tracer, span: Span, parts: Sequence[Piece], separator: str, end: str) -> None:
    """Note what is shown: the words in order, and the values that stand between them."""
    words = Words(part if isinstance(part, str) else _form(part) for part in parts)
    words.separator, words.end = separator, end
    shown = [tracer.tree(part.value) for part in parts if not isinstance(part, str)]
    value = shown[0] if len(shown) == 1 else tuple(shown) if shown else None
    tracer.printed.append((span, value, words))


def _alone(found: list[Piece]) -> bool:
    """Whether nothing but one value is shown, as usual."""
    return len(found) == 1 and isinstance(found[0], Slot) and _form(found[0]) is None


def _form(slot: Slot) -> Form | None:
    return None if slot.form is None or slot.form == Form() else slot.form


def _value(piece: Piece) -> Value:
    return piece.value if isinstance(piece, Slot) else None
