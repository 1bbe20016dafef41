"""What names stand for where the program does not say: functions, constants, namespaces."""

from __future__ import annotations

from collections.abc import Iterable

from ..engine.functions import FUNCTIONS
from ..errors import ExpressionError
from ..text import closest, printable
from . import collecting, inspecting
from .binding import from_table
from .builtins import BUILTINS, SPECIAL
from .differentiate import DIFFERENTIATION
from .library import all_members, members, seldom
from .namespaces import CONSTANTS, EXCEPTIONS, ITERATION, MODULES, SHORT_ROOTS, is_torch
from .objects import MISSING
from .routines import Routine
from .values import Kind, Module, Value

assert all((collecting, inspecting))  # importing them declares their BUILTINS

_KINDS = {
    **dict.fromkeys(("float16", "float32", "float", "double", "half", "float_", "bfloat16"), "float"),
    **dict.fromkeys(("int8", "int16", "int32", "int64", "int", "long", "short", "uint8", "intp"), "int"),
    **dict.fromkeys(("bool", "bool_"), "bool"),
}
_RENAMED = {
    "Tensor": "tensor", "FloatTensor": "tensor", "DoubleTensor": "tensor", "LongTensor": "tensor",
    "ndarray": "tensor", "random_sample": "rand", "standard_normal": "randn",
    "hard_tanh": "hardtanh", "hard_sigmoid": "hardsigmoid", "hard_swish": "hardswish", "hard_silu": "hardswish",
    "soft_sign": "softsign", "modified_bessel_i0": "i0", "modified_bessel_i1": "i1", "loggamma": "lgamma",
}  # fmt: skip
"""Functions of other libraries that are one of the language's under another name."""
_PYTHON = frozenset(
    (
        "callable", "classmethod", "dict", "enumerate", "filter", "hasattr", "isinstance", "len", "list", "map",
        "print", "property", "range", "repr", "reversed", "sorted", "staticmethod", "str", "tuple", "type", "zip",
    )
)  # fmt: skip
"""Functions that are Python's own, and in no module."""
_PLOTS = "matplotlib.pyplot."
_HARMLESS = ("typing.", "__future__.")
"""Modules of names that only annotations and the like use."""
_CACHE: dict[tuple[str, bool], Routine] = {}


def meaning(name: str) -> Value:
    """What a bare name stands for, or MISSING."""
    if name in CONSTANTS:
        return CONSTANTS[name]
    if name in SHORT_ROOTS:
        return Module(SHORT_ROOTS[name])
    found = routine(name, False)
    if found is None and (name in ITERATION or name in EXCEPTIONS):
        return _seldom(name)
    return MISSING if found is None else found


def _seldom(name: str) -> Value:
    """What few programs name."""
    if name in ITERATION:
        from .generators import ROUTINES

        return ROUTINES[name]
    from . import exceptions

    return exceptions.EXCEPTIONS[name]


def routine(name: str, torch: bool) -> Routine | None:
    """A function of the language by name; torch is whether PyTorch's defaults hold."""
    if name in DIFFERENTIATION:
        return DIFFERENTIATION[name]
    if name in BUILTINS:
        return BUILTINS[name]
    found = _CACHE.get((name, torch))
    if found is None and name in FUNCTIONS:
        found = _CACHE[name, torch] = from_table(name, FUNCTIONS[name], torch)
    return found


def member(path: str) -> Value:
    """What a dotted name stands for. Raises ExpressionError where there is no such thing."""
    if path in MODULES:
        return Module(path)
    library = members()
    if path in library or seldom(path) is not None:
        return library[path]
    if path.startswith(_PLOTS):
        return library["matplotlib"]
    if path.startswith(_HARMLESS):
        return None
    module, _, name = path.rpartition(".")
    if name in CONSTANTS:
        return CONSTANTS[name]
    if name == "newaxis":
        return None
    if name in _KINDS:
        return Kind(name, _KINDS[name])
    torch = is_torch(module)
    name = _RENAMED.get(name, name)
    if name in FUNCTIONS and name in BUILTINS and name not in SPECIAL:
        return from_table(name, FUNCTIONS[name], torch)  # np.max(x, 0) takes an axis, max(x, 0) compares
    found = None if name in _PYTHON else routine(name, torch)
    if found is None:
        raise _unknown_member(module, name)
    return found


def _unknown_member(module: str, name: str) -> ExpressionError:
    inside = _inside(module, MODULES)
    known = {*FUNCTIONS, *DIFFERENTIATION, *inside, *_inside(module, all_members())}
    hint = suggestion(name, known) or "gradcli functions lists what there is"
    return ExpressionError(f"{module} has no {printable(name)} here", code="name", hint=hint)


def _inside(module: str, paths: Iterable[str]) -> set[str]:
    """The names of what lies directly in a namespace."""
    return {path.rpartition(".")[2] for path in paths if path.rpartition(".")[0] == module}


def suggestion(name: str, known: Iterable[str]) -> str | None:
    """`did you mean …?`, where a known name is close."""
    known = sorted(known)
    close = closest(name, known) or next((each for each in known if each.lower() == name.lower()), None)
    return f"did you mean {close}?" if close else None


def known_names() -> set[str]:
    """Everything a bare name can stand for."""
    return {*FUNCTIONS, *BUILTINS, *DIFFERENTIATION, *CONSTANTS}
