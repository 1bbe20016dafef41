"""A question that was asked of an expression, with its answer; and how questions are read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import DataError, UsageError
from .text import apart, closest

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .answering import Prepared
    from .api import Expression
    from .engine.direct import Answer
    from .results import Array, CheckReport

T = TypeVar("T")


class Asked:
    """An answer together with the question: what the results are made from."""

    def __init__(
        self,
        expression: Expression,
        arrays: Mapping[str, Array],
        names: tuple[str, ...],
        extra: Mapping[str, Mapping[str, Array]],
        prepared: Prepared,
        answer: Answer,
    ) -> None:
        self.expression = expression
        self.arrays, self.names, self.extra = arrays, names, extra
        self.prepared, self.answer = prepared, answer

    def common(self, check: CheckReport | None) -> dict[str, Any]:
        """The fields that all results share, the value aside."""
        return {
            "expression": self.expression.source,
            "reading": self.expression.reading,
            "variables": self.arrays,
            "mode": self.prepared.problem.mode,
            "notes": self.prepared.notes(self.answer, self.arrays, self.extra, self.expression.source),
            "check": check,
        }

    def compressed(self) -> dict[str, Any]:
        """The fields of sparse results that say what they took."""
        return {"colours": self.prepared.colours, "passes": self.answer.passes}

    def by_name(self, derivatives: Sequence[T]) -> dict[str, T]:
        return dict(zip(self.names, derivatives, strict=True))

    def by_names(self, blocks: Sequence[T]) -> dict[str, dict[str, T]]:
        """Blocks for every pair of names, the second varying fastest."""
        count = len(self.names)
        rows = [self.by_name(blocks[count * i : count * (i + 1)]) for i in range(count)]
        return self.by_name(rows)

    def value_tree(self) -> Any:
        return self.prepared.value_tree(self.answer)


def array_of(name: str, value: ArrayLike) -> Array:
    """A variable's value as an array of float64. Raises DataError for what is none."""
    import numpy as np

    try:
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise ValueError
        return np.ascontiguousarray(array, dtype=np.float64).reshape(array.shape)
    except (ValueError, TypeError, OverflowError):
        raise DataError(
            f"the value of {name} is not a number or an array of numbers",
            hint="rows of an array must all have the same length",
        ) from None


def shapes_of(arrays: Mapping[str, Array]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """The names with their shapes."""
    return tuple((name, array.shape) for name, array in arrays.items())


def known_names(wrt: Sequence[str], arrays: Mapping[str, Array]) -> tuple[str, ...]:
    """The names to differentiate for, once each. Raises UsageError for one that has no value."""
    for name in wrt:
        if name not in arrays:
            given = ", ".join(arrays) or "none"
            raise UsageError(
                f"cannot differentiate for {name}: it was given no value", hint=f"variables given: {given}"
            )
    return tuple(dict.fromkeys(wrt))


_CONSTANTS = ("pi", "tau", "e")
_MODULES = ("math", "np", "numpy", "torch", "jax", "jnp")


def torn_apart(name: str, given: Collection[str]) -> str | None:
    """What to write for names that stand without a sign between: `xy`, `sinx`; None for what is not made of such."""
    from .api import functions

    callable_names = {alias for each in functions() for alias in (each.name, *each.aliases)}
    written = apart(name, {*given, *_CONSTANTS}, callable_names)
    return f"{name} is one name; write {written}" if written else None


def missing_hint(name: str, given: Mapping[str, object]) -> str:
    """What to do about a variable without a value."""
    if torn := torn_apart(name, given):
        return torn
    close = closest(name, given) or next((each for each in (*_CONSTANTS, *_MODULES) if each == name.lower()), None)
    return f"did you mean {close}?" if close else f"give it one, as in --{name} 1.5"
