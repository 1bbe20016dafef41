"""What is written elsewhere, in words and in LaTeX, and how it is written here. Loaded only to explain it."""

from __future__ import annotations

from typing import Final

from ..text import shortened
from .tokens import Token

DERIVATIVE: Final = "a derivative is a command, gradcli grad 'x^2' --x 3, or inside an expression grad(x^2, x)"

# Words among values, and what stands for them here.
_WORDS: Final = {
    "mod": "%", "div": "//", "times": "*", "plus": "+", "minus": "-", "over": "/",
    "AND": "and", "OR": "or", "NOT": "not", "squared": "^2", "cubed": "^3",
}  # fmt: skip
_DERIVED: Final = ("derivative", "derive", "differentiate", "diff")
_LATEX: Final = {"frac": "(a)/(b)", "cdot": "a*b", "times": "a*b", "left": "(", "right": ")"}


def instead_of(word: str) -> str | None:
    """What to write for a word among values: `x mod 2`, `x squared`, `if x then y`."""
    if word == "then":
        return "a choice is written: a if condition else b"
    written = _WORDS.get(word) or _WORDS.get(word.lower())
    return f"`{word}` is written {written}" if written else None


def is_derivative(before: list[Token]) -> bool:
    """Whether tokens end as the notation of a derivative begins: `d/dx`, `derivative`."""
    if before[-1].text in _DERIVED:
        return True
    return len(before) > 2 and before[-1].text[:1] == "d" and [each.text for each in before[-3:-1]] == ["d", "/"]


def power_of_call(name: str, power: str, arguments: str) -> str:
    r"""`sin^2(x)` as the power of what is called."""
    return f"for the power of a call {shortened(f'{name}{arguments}{power}')}"


def latex(word: str) -> str | None:
    r"""What to write for `\word`."""
    if not word:
        return None
    return f"LaTeX is not read: write {_LATEX.get(word, f'{shortened(word)}(x)' if len(word) > 2 else word)}"
