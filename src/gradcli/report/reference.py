"""What the language knows: a list of all functions, and a page about one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from json import dumps
from typing import Final, Protocol

from .page import Page, columns

_WIDEST_SIGNATURE: Final = 30
_DETAILS: Final = (
    ("rule", "derivative", ("rule",)),
    ("kink", "at kinks", ("kink", "convention")),
    ("domain", "domain", ("domain",)),
    ("example", "example", ("example",)),
)
"""Key in JSON, words before it on the page, and the attributes that may hold it."""


class FunctionInfo(Protocol):
    """A function of the language, as far as the reference needs it.

    It may have, as texts, a `rule` (its derivative), a `kink` or `convention` (what its derivative is
    where there is none), a `domain` and an `example` besides; what is missing or empty is left out.
    """

    @property
    def name(self) -> str: ...
    @property
    def aliases(self) -> Sequence[str]: ...
    @property
    def group(self) -> str: ...
    @property
    def signature(self) -> str: ...
    @property
    def doc(self) -> str: ...


def every_function(functions: Iterable[FunctionInfo], page: Page) -> str:
    """All functions under the names of their groups, each with its signature and meaning. Ends with a newline."""
    lines: list[str] = []
    for group, members in groupby(functions, key=lambda function: function.group):
        lines += [""] * bool(lines) + [page.paint(page.user(group), "strong")]
        for function in members:
            signature = page.user(function.signature)
            space = " " * max(_WIDEST_SIGNATURE - columns(signature), 0)
            indent = 2 + _WIDEST_SIGNATURE + 2
            meaning = page.wrapped(function.doc, indent)
            if columns(signature) > _WIDEST_SIGNATURE:
                meaning.insert(0, "")
            lines.append(f"  {page.paint(signature, 'name')}{space}  {meaning[0]}".rstrip())
            lines += [" " * indent + line for line in meaning[1:]]
    return _text(lines)


def one_function(function: FunctionInfo, page: Page) -> str:
    """What there is to say of one function. Ends with a newline."""
    said = [("also", ", ".join(function.aliases)), ("group", function.group)]
    said += [(words, text) for _, words, attributes in _DETAILS if (text := _detail(function, attributes))]
    lines = [page.paint(page.user(function.signature), "strong")]
    lines += [f"  {line}" for line in page.wrapped(function.doc, 2)] + [""]
    width = max(len(words) for words, _ in said)
    for words, text in said:
        for position, line in enumerate(page.wrapped(text, width + 4) if text else ()):
            label = page.paint(words, "faint") + " " * (width - len(words)) if not position else " " * width
            lines.append(f"  {label}  {line}")
    return _text(lines)


def encode(functions: Iterable[FunctionInfo]) -> str:
    """`{"functions": [...]}`, each with name, aliases, group, signature, doc, rule, kink, domain and example."""
    listed = []
    for function in functions:
        entry: dict[str, object] = {
            "name": function.name,
            "aliases": list(function.aliases),
            "group": function.group,
            "signature": function.signature,
            "doc": function.doc,
        }
        entry.update((key, _detail(function, attributes)) for key, _, attributes in _DETAILS)
        listed.append(entry)
    return dumps({"functions": listed}, ensure_ascii=False)


def _detail(function: FunctionInfo, attributes: Sequence[str]) -> str | None:
    texts = (getattr(function, attribute, None) for attribute in attributes)
    return next((text for text in texts if isinstance(text, str) and text), None)


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
