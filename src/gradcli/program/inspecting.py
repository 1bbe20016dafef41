"""What values are: their text, their type, and where a program's classes begin."""

from __future__ import annotations

from collections.abc import Callable

from ..engine.node import Node
from ..errors import ExpressionError
from .builtins import BUILTINS, builtin
from .objects import OBJECT
from .printing import own_text
from .routines import Routine
from .strings import joined, pieces, written
from .tracer import Tracer
from .values import Closure, Kind, Template, Tensor, Value, describe


@builtin("str")
def str_(tracer: Tracer, x: Value = "") -> Value:
    """x as text, as print shows it."""
    writer = own_text(x)
    return written(tracer, x) if writer is None else _asked(writer, x)


@builtin("repr")
def repr_(tracer: Tracer, x: Value) -> Value:
    """x as text, as it stands inside a list."""
    writer = own_text(x)
    return joined(tracer, pieces(tracer, x, True)) if writer is None else _asked(writer, x)


def _asked(writer: Closure, x: Value) -> Value:
    return (yield writer, [x])


@builtin("callable")
def callable_(tracer: Tracer, x: Value) -> Value:
    """Whether x is a function."""
    return isinstance(x, (Closure, Routine))


@builtin("hasattr")
def hasattr_(tracer: Tracer, x: Value, name: Value) -> Value:
    """Whether x has an attribute or a method."""
    from .methods import ATTRIBUTES, method

    if not isinstance(name, str):
        raise ExpressionError(f"a name is a string, not {describe(name)}", code="type")
    fields = getattr(x, "fields", {})
    return (
        name in fields or (isinstance(x, (Node, Tensor)) and name in ATTRIBUTES) or method(tracer, x, name) is not None
    )


@builtin("staticmethod")
def staticmethod_(tracer: Tracer, function: Value) -> Value:
    """A function that a class holds and that is not given the object."""
    from .classes import Static

    return Static(function)


@builtin("classmethod")
def classmethod_(tracer: Tracer, function: Value) -> Value:
    """A function that a class holds and that is given the class."""
    from .classes import OfClass

    return OfClass(function)


@builtin("property")
def property_(tracer: Tracer, function: Value) -> Value:
    """A method that is called where its name is read."""
    from .classes import Property

    if not isinstance(function, Closure):
        raise ExpressionError(f"property takes a function, not {describe(function)}", code="type")
    return Property(function)


BUILTINS["object"] = OBJECT


# ---- types ---------------------------------------------------------------------------------------------


@builtin("type")
def type_(tracer: Tracer, x: Value) -> Value:
    """What kind of value x is; for an object of the program's, its class."""
    kind = getattr(x, "kind", None)
    return f"<class '{_type_name(tracer, x)}'>" if kind is None else kind


def _type_name(tracer: Tracer, x: Value) -> str:
    if isinstance(x, (Node, Tensor)):
        tensor = isinstance(x, Tensor) or x.shape
        return ("torch.Tensor" if tracer.torch else "numpy.ndarray") if tensor else "float"
    if isinstance(x, float):
        return "int" if x.is_integer() else "float"
    names = {str: "str", Template: "str", type(None): "NoneType", Closure: "function", Kind: "torch.dtype"}
    plain = (bool, list, tuple, dict, range)
    return type(x).__name__ if isinstance(x, plain) else names.get(type(x), getattr(x, "name", "object"))


@builtin("isinstance")
def isinstance_(tracer: Tracer, x: Value, kinds: Value) -> Value:
    """Whether x is of a type, or of one of several: a whole number is an int and a float."""
    return any(_is_one(x, each) for each in (kinds if isinstance(kinds, tuple) else (kinds,)))


def _is_one(x: Value, kind: Value) -> bool:
    line = getattr(getattr(x, "kind", None), "line", None)
    if line is not None and any(each is kind for each in line()):
        return True
    test = _TESTS.get(getattr(kind, "name", ""))
    if test is not None:
        return test(x)
    if isinstance(kind, Routine):
        return isinstance(x, Routine) and (x.name == kind.name or (kind.name == "nn.Module" and hasattr(x, "parts")))
    raise ExpressionError(f"{describe(kind)} is no type", code="type", hint="as in isinstance(x, torch.Tensor)")


def _is_number(x: Value) -> bool:
    return isinstance(x, float) or (isinstance(x, Node) and not x.shape)


_TESTS: dict[str, Callable[[Value], bool]] = {
    "float": _is_number,
    "int": lambda x: isinstance(x, bool) or (isinstance(x, float) and x.is_integer()),
    "bool": lambda x: isinstance(x, bool),
    "str": lambda x: isinstance(x, (str, Template)),
    "list": lambda x: isinstance(x, list),
    "tuple": lambda x: isinstance(x, tuple),
    "dict": lambda x: isinstance(x, dict),
    "tensor": lambda x: isinstance(x, Tensor) or (isinstance(x, Node) and bool(x.shape)),
    "array": lambda x: isinstance(x, Tensor) or (isinstance(x, Node) and bool(x.shape)),
}
