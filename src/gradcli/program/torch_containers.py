"""Modules of modules: `Sequential`, and the lists of modules and of parameters."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from types import GeneratorType
from typing import Any

from ..errors import ExpressionError
from .code import CallSite
from .indexing import elements
from .library import member
from .objects import method
from .routines import Keywords
from .torch_modules import Layer
from .tracer import Tracer
from .transforms import Made
from .values import Tensor, Value, describe


class Sequential(Layer):
    """`nn.Sequential`: one module after another."""

    __slots__ = ()

    def entries(self) -> list[Value]:
        return list(self.parts.values())

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        rest = iter(self.parts.values())
        for layer in rest:
            result = layer.invoke(tracer, arguments, keywords, site)
            if type(result) is GeneratorType:  # of a class that the program defines
                return self._asking(tracer, result, rest, site)
            arguments, keywords = [result], {}
        return arguments[0]

    def _asking(
        self, tracer: Tracer, calls: Value, rest: Iterator[Layer], site: CallSite
    ) -> Generator[Any, Value, Value]:
        value = yield from calls
        for layer in rest:
            value = layer.invoke(tracer, [value], {}, site)
            if type(value) is GeneratorType:
                value = yield from value
        return value


class Listed(Layer):
    """`nn.ModuleList`, `nn.ParameterList`: modules or parameters by number."""

    __slots__ = ()

    def entries(self) -> list[Value]:
        return [*self.parts.values(), *self.fields.values()]

    def add(self, value: Value) -> None:
        """Put a module or a parameter at the end."""
        place = str(len(self.parts) + len(self.fields))
        if isinstance(value, Layer):
            self.parts[place] = value
        elif isinstance(value, Tensor):
            self.fields[place] = value
        else:
            raise ExpressionError(f"{self.name} holds modules and parameters, not {describe(value)}", code="type")


@method(Listed, "append")
def append(tracer: Tracer, module: Value, entry: Value) -> Value:
    """Put a module or a parameter at the end."""
    module.add(entry)
    return module


@member("torch.nn.Sequential")
def sequential(tracer: Tracer, *modules: Value) -> Value:
    """Modules one after another."""
    made = Sequential("Sequential")
    if len(modules) == 1 and isinstance(modules[0], dict):  # an OrderedDict's entries keep their names
        made.parts = {str(name): each for name, each in modules[0].items()}
        return made
    if len(modules) == 1 and isinstance(modules[0], (list, tuple)):
        raise ExpressionError("Sequential takes modules one by one", code="argument", hint="write Sequential(*modules)")
    for i, module in enumerate(modules):
        if not isinstance(module, Layer):
            raise ExpressionError(f"Sequential takes modules, not {describe(module)}", code="type")
        made.parts[str(i)] = module
    if not modules:
        raise ExpressionError("Sequential takes at least one module", code="argument")
    return made


class Named(Layer):
    """`nn.ModuleDict`: modules by name."""

    __slots__ = ()

    def own_method(self, name: str) -> Value:
        """What an index asks."""
        return _PART if name == "__getitem__" else None


def _part(tracer: Tracer, arguments: list[Value], keywords: Keywords) -> Value:
    module, name = arguments
    if name not in module.parts:
        raise ExpressionError(f"there is no module {name!r:.40} in it", code="index")
    return module.parts[name]


_PART = Made("__getitem__", _part)


@member("torch.nn.ModuleDict")
def module_dict(tracer: Tracer, modules: Value = ()) -> Value:
    """Modules by name."""
    made = Named("ModuleDict")
    for name, each in modules.items() if isinstance(modules, dict) else elements(tracer, modules):
        if not isinstance(each, Layer):
            raise ExpressionError(f"ModuleDict holds modules, not {describe(each)}", code="type")
        made.parts[str(name)] = each
    return made


@method(Named, "keys")
def keys(tracer: Tracer, module: Value) -> Value:
    """The names."""
    return list(module.parts)


@method(Named, "values")
def values(tracer: Tracer, module: Value) -> Value:
    """The modules."""
    return list(module.parts.values())


@method(Named, "items")
def items(tracer: Tracer, module: Value) -> Value:
    """The modules with their names."""
    return list(module.parts.items())


def _list(name: str) -> None:
    """Declare a module that is a list."""

    def make(tracer: Tracer, entries: Value = ()) -> Value:
        made = Listed(name)
        for each in elements(tracer, entries):
            made.add(each)
        return made

    member(f"torch.nn.{name}")(make)


_list("ModuleList")
_list("ParameterList")
