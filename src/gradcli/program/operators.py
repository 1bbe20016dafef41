"""What operators do: on known numbers at once, on lists and tuples as in Python, else by building nodes."""

from __future__ import annotations

import operator as python
from collections.abc import Callable
from math import isfinite
from typing import Any, TypeAlias

import numpy as np

from .. import limits
from ..engine.functions import FUNCTIONS
from ..engine.node import Node
from ..engine.operation import mismatch
from ..engine.operations import arithmetic
from ..engine.operations.chains import in_best_order
from ..engine.operations.linalg import matmul
from ..engine.operations.powers import power, power_of
from ..errors import DataError, ExpressionError
from .tracer import Tracer
from .truths import holds_truths
from .values import Template, Tensor, Value, describe

Fold: TypeAlias = Callable[[float, float], float]
Build: TypeAlias = Callable[[Node, Node], Node]
Special: TypeAlias = Callable[[Tracer, Value, Value], Any]

_KNOWN = frozenset((float, bool))
_NONE = object()
"""What a special case answers when it does not apply."""


class Operator:
    """A binary operator.

    fold works on known numbers, as float64 arithmetic does; build on nodes. special is asked first
    about everything that is neither; with_number builds from a node and a known number on the right.
    """

    __slots__ = ("build", "fold", "special", "symbol", "with_number")

    def __init__(
        self,
        symbol: str,
        fold: Fold,
        build: Build,
        special: Special | None = None,
        with_number: Callable[[Node, float], Node] | None = None,
    ) -> None:
        self.symbol = symbol
        self.fold = fold
        self.build = build
        self.special = special
        self.with_number = with_number

    def __call__(self, tracer: Tracer, left: Value, right: Value) -> Value:
        """The result: a known number, a node, or a list or tuple."""
        left_kind, right_kind = type(left), type(right)
        if left_kind is Node:
            if right_kind is Node:
                return self.build(left, right)
            if right_kind is float:
                if self.with_number is not None:
                    return self.with_number(left, right)
                return self.build(left, tracer.constants.get(right) or tracer.node(right))
        elif right_kind is Node and left_kind is float:
            return self.build(tracer.constants.get(left) or tracer.node(left), right)
        if left_kind in _KNOWN and right_kind in _KNOWN:
            folded = self.fold(float(left), float(right))
            # what first overflows or has no value becomes a node, which knows its place in the source
            if isfinite(folded) or not (isfinite(left) and isfinite(right)):
                return folded
            return self.build(tracer.node(left), tracer.node(right))
        if self.special is not None:
            result = self.special(tracer, left, right)
            if result is not _NONE:
                return result
        if self.with_number is not None and right_kind in _KNOWN:
            return self.with_number(tracer.node(left), float(right))
        return self.build(tracer.node(left), tracer.node(right))


def _by_kernel(kernel: Callable[..., Any]) -> Fold:
    """What the kernel of an operation says: the same number as when the graph is run."""
    return lambda left, right: float(kernel(np.float64(left), np.float64(right)))


_quotient = _by_kernel(np.divide)


def _divide(left: float, right: float) -> float:
    return left / right if right else _quotient(left, right)


def _no_product(left: float, right: float) -> float:
    raise mismatch([(), ()], "have no matrix product", "multiply numbers with *")


def _named_product(tracer: Tracer, left: Value, right: Value) -> Value:
    """A product on whose left is what has a name: it is used as it is, and not taken apart."""
    return matmul(left.node, tracer.node(right)) if isinstance(left, Tensor) else _NONE


# ---- lists and tuples ------------------------------------------------------------------------------


_TEXTS = (str, Template)


def _text_operation(name: str) -> Special:
    """An operation of `strings`, which needs this module itself."""

    def special(tracer: Tracer, left: Value, right: Value) -> Value:
        from . import strings

        return getattr(strings, name)(tracer, left, right)

    return special


_concatenated, _written_often, _filled = map(_text_operation, ("concatenated", "repeated", "percent"))


def _modulo(tracer: Tracer, left: Value, right: Value) -> Value:
    return _filled(tracer, left, right) if isinstance(left, _TEXTS) else _NONE


def _joined(tracer: Tracer, left: Value, right: Value) -> Value:
    if isinstance(left, _TEXTS) or isinstance(right, _TEXTS):
        return _concatenated(tracer, left, right)
    if type(left) is type(right) and isinstance(left, (list, tuple)):
        tracer.charge_entries(len(left) + len(right))
        return left + right
    return _NONE


def _repeated(tracer: Tracer, left: Value, right: Value) -> Value:
    if isinstance(left, _TEXTS) or isinstance(right, _TEXTS):
        return _written_often(tracer, left, right)
    sequence, count = (left, right) if isinstance(left, (list, tuple)) else (right, left)
    if not isinstance(sequence, (list, tuple)) or type(count) is not float or not count.is_integer():
        return _NONE
    if isinstance(sequence, list) and len(sequence) > 1 and count > 1:
        raise ExpressionError(
            "a list times a number is a longer list in Python and a multiple in mathematics", code="ambiguous",
            hint="write array([…]) * n for the multiple, [x for _ in range(n)] for repetition",
        )  # fmt: skip
    tracer.charge_entries(len(sequence) * int(count))
    return sequence * int(count)


# ---- powers, logic -----------------------------------------------------------------------------------


def is_boolean(value: Value) -> bool:
    """Whether value is made of truth values: comparisons, logic, True and False, and lists of them."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, Tensor):
            each = each.node
        if isinstance(each, list) and each:
            pending.extend(each)
        elif not isinstance(each, bool) and not (isinstance(each, Node) and holds_truths(each)):
            return False
    return True


def require_boolean(symbol: str, *values: Value) -> None:
    """Raise ExpressionError where a bitwise operator meets anything but truth values."""
    for value in values:
        if not is_boolean(value):
            does, comparison = ("turns", "~(x > 0)") if symbol == "~" else ("combines", f"(x > 0) {symbol} (y > 0)")
            raise ExpressionError(
                f"`{symbol}` {does} truth values, such as comparisons, and this is {describe(value)}", code="type",
                hint=f"compare first, as in {comparison}; brackets are needed",
            )  # fmt: skip


class Logic(Operator):
    """`&` and `|`: of truth values only, which on floats have no other meaning in NumPy either."""

    __slots__ = ()

    def __call__(self, tracer: Tracer, left: Value, right: Value) -> Value:
        require_boolean(self.symbol, left, right)
        if type(left) is bool and type(right) is bool:
            return (left and right) if self.symbol == "&" else (left or right)
        return self.build(tracer.node(left), tracer.node(right))


def _no_logic(symbol: str) -> Fold:
    def fold(left: float, right: float) -> float:
        require_boolean(symbol, left, right)
        raise AssertionError("numbers are no truth values")

    return fold


BINARY = {
    each.symbol: each
    for each in (
        Operator("+", python.add, arithmetic.add, _joined),
        Operator("-", python.sub, arithmetic.subtract),
        Operator("*", python.mul, arithmetic.multiply, _repeated),
        Operator("/", _divide, arithmetic.divide),
        Operator("//", _by_kernel(np.floor_divide), arithmetic.floor_divide),
        Operator("%", _by_kernel(np.remainder), arithmetic.remainder, _modulo),
        Operator("**", _by_kernel(np.power), power, with_number=power_of),
        Operator("@", _no_product, in_best_order, _named_product),
        Logic("&", _no_logic("&"), arithmetic.logical_and),
        Logic("|", _no_logic("|"), arithmetic.logical_or),
    )
}


# ---- comparisons -------------------------------------------------------------------------------------


def _whole_values(symbol: str) -> Special:
    """Equality of what is not made of numbers: strings, None, lists, tuples."""

    def special(tracer: Tracer, left: Value, right: Value) -> Value:
        left, right = _characters(tracer, left), _characters(tracer, right)
        if _is_plain(left) and _is_plain(right) and not (type(left) in _KNOWN and type(right) in _KNOWN):
            return equal_values(left, right) == (symbol == "==")
        if left is None or right is None or isinstance(left, str) or isinstance(right, str):
            return symbol == "!="
        if hasattr(left, "fields") and hasattr(right, "fields"):  # objects and classes
            return (left is right) == (symbol == "==")
        return _NONE

    return special


def _characters(tracer: Tracer, value: Value) -> Value:
    """value, a text as the string that it is."""
    if isinstance(value, Template):
        from .strings import text

        return text(tracer, value)
    return value


def _is_plain(value: Value) -> bool:
    return value is None or isinstance(value, (str, float, bool, list, tuple, range, dict))


def equal_values(left: Value, right: Value, depth: int = 0) -> bool:
    """Whether two known values are equal; lists and tuples item by item."""
    if isinstance(left, (list, tuple)) and type(left) is type(right):
        if depth > limits.current().rank:
            raise limits.exceeded("rank", "lists inside one another")
        pairs = zip(left, right, strict=False)
        return len(left) == len(right) and all(equal_values(a, b, depth + 1) for a, b in pairs)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal_values(left[key], right[key], depth + 1) for key in left)
    if isinstance(left, (Node, Tensor)) or isinstance(right, (Node, Tensor)):
        raise DataError("lists that hold tensors are compared item by item", hint="make arrays of them with stack()")
    return bool(left == right)


class Membership(Operator):
    """`in` and `not in`: of a dict's keys, a string's characters, what a list or an array holds."""

    __slots__ = ()

    def __init__(self, symbol: str) -> None:
        super().__init__(symbol, _no_member, lambda left, right: self._of_array(left, right), self._decided)

    def _of_array(self, left: Node, right: Node) -> Node:
        met = arithmetic.equal(left, right)
        found = FUNCTIONS["any"].build(met)
        assert isinstance(found, Node)
        return found if self.symbol == "in" else arithmetic.logical_not(found)

    def _decided(self, tracer: Tracer, left: Value, right: Value) -> Value:
        return _NONE if isinstance(right, (Node, Tensor)) else _holds(tracer, right, left) == (self.symbol == "in")


def _no_member(left: float, right: float) -> float:
    raise ExpressionError("a number holds nothing, so nothing is in it", code="type")


def _holds(tracer: Tracer, container: Value, value: Value) -> bool:
    if isinstance(container, dict):
        from .mappings import key

        return key(tracer, value) in container
    if isinstance(container, _TEXTS):
        if not isinstance(value, _TEXTS):
            raise ExpressionError(f"{describe(value)} is in no string", code="type", hint="write str(…)")
        return bool(_characters(tracer, value) in _characters(tracer, container))
    if not isinstance(container, (list, tuple, range)):
        raise ExpressionError(f"{describe(container)} holds nothing, so nothing is in it", code="type")
    if isinstance(container, range):
        return isinstance(value, float) and value.is_integer() and int(value) in container
    tracer.charge(len(container))
    same = COMPARISONS["=="]
    return any(each is value or tracer.truth(same(tracer, each, value)) for each in container)


COMPARISONS = {
    each.symbol: each
    for each in (
        Membership("in"),
        Membership("not in"),
        Operator("<", python.lt, arithmetic.less),
        Operator("<=", python.le, arithmetic.less_equal),
        Operator(">", python.gt, arithmetic.greater),
        Operator(">=", python.ge, arithmetic.greater_equal),
        Operator("==", python.eq, arithmetic.equal, _whole_values("==")),
        Operator("!=", python.ne, arithmetic.not_equal, _whole_values("!=")),
        Operator("is", python.eq, arithmetic.equal, lambda tracer, left, right: left is right),
        Operator("is not", python.ne, arithmetic.not_equal, lambda tracer, left, right: left is not right),
    )
}


# ---- one operand, and truth --------------------------------------------------------------------------


def negative(tracer: Tracer, value: Value) -> Value:
    """-value"""
    return -float(value) if type(value) in _KNOWN else arithmetic.negative(tracer.node(value))


def positive(tracer: Tracer, value: Value) -> Value:
    """+value"""
    return float(value) if type(value) in _KNOWN else tracer.node(value)


def logical_not(tracer: Tracer, value: Value) -> Value:
    """`not value`: of what is computed elementwise, else its truth now."""
    if isinstance(value, (Node, Tensor)):
        return arithmetic.logical_not(tracer.node(value))
    return not tracer.truth(value)


def invert(tracer: Tracer, value: Value) -> Value:
    """`~value`, of truth values only"""
    require_boolean("~", value)
    return not value if type(value) is bool else arithmetic.logical_not(tracer.node(value))


UNARY: dict[str, Callable[[Tracer, Value], Value]] = {
    "-": negative,
    "+": positive,
    "not": logical_not,
    "~": invert,
}


def truth_value(tracer: Tracer, value: Value) -> Value:
    """value as 1 or 0, as `and` and `or` give it; what is no number stays what it is."""
    if type(value) is float:
        return bool(value)
    if isinstance(value, (Node, Tensor)) and not is_boolean(value):
        node = tracer.node(value)
        return arithmetic.not_equal(node, node.lift(0.0))
    return value


def combined(tracer: Tracer, operator: str, left: Value, right: Value) -> Value:
    """`left and right`, `left or right`, where left alone did not decide: elementwise for what is computed."""
    if isinstance(left, (Node, Tensor)):
        build = arithmetic.logical_and if operator == "and" else arithmetic.logical_or
        return build(tracer.node(left), tracer.node(right))
    return truth_value(tracer, right) if type(left) in _KNOWN else right
