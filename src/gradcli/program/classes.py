"""Classes that a program defines, and their objects.

A class has the names its body gave values, and those of the class it derives from: another of the program's,
`torch.nn.Module`, or nothing. An object is a module of `torch.nn` where its class is.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

from ..errors import ExpressionError
from .code import CallSite
from .library import MEMBERS
from .objects import MISSING, OBJECT, Base, Object
from .routines import BoundMethod, Keywords, Routine
from .torch_modules import Layer
from .tracer import Tracer
from .values import Closure, Parameter, Tensor, Value, describe

Calls = Generator[Any, Value, Value]


class Static(Routine):
    """A function that a class holds and that is not given the object: what `@staticmethod` makes."""

    __slots__ = ("function",)

    def __init__(self, function: Value) -> None:
        super().__init__(function.name)
        self.function = function

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return _asked(self.function, arguments[1:], keywords)


class OfClass(Static):
    """A function that is given the class: what `@classmethod` makes. What is called first is the class itself."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        owner, *rest = arguments
        return _asked(self.function, [getattr(owner, "kind", owner), *rest], keywords)


class Property(Routine):
    """A method that is called where its name is read: what `@property` makes."""

    __slots__ = ("function",)

    def __init__(self, function: Value) -> None:
        super().__init__(function.name)
        self.function = function

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        raise ExpressionError(f"{self.name} is a property: it is read without brackets", code="call")


class Fields:
    """What a dataclass says of its fields."""

    __slots__ = ()

    def check(self, name: str) -> None:
        """Raise where an object's field cannot be assigned to."""

    def key(self, tracer: Tracer, value: Instance) -> Value:
        """An object of it as a dict's key. Raises ExpressionError where it cannot be one."""
        return value


class UserClass(Object):
    """A class; calling it makes an object. base is the class it derives from, module whether it is a Module.

    annotated are the names that its body annotates, in order; declared the fields of a dataclass, and shown the names
    of those that print shows.
    """

    __slots__ = ("annotated", "base", "declared", "module", "shown")

    def __init__(self, name: str, members: dict[str, Value], base: UserClass | None, module: bool) -> None:
        super().__init__(name, members)
        self.base = base
        self.module = module
        self.annotated: tuple[str, ...] = ()
        self.declared: Fields | None = None if base is None else base.declared
        self.shown: tuple[str, ...] | None = None if base is None else base.shown
        for each in members.values():
            function = each.function if isinstance(each, (Static, Property)) else each
            if isinstance(function, Closure):
                function.code.owner = self

    @property
    def text(self) -> str:
        """As Python writes it."""
        return f"<class '{self.name}'>"

    def line(self) -> Iterator[UserClass]:
        """The class and those it derives from."""
        each: UserClass | None = self
        while each is not None:
            yield each
            each = each.base

    def find(self, name: str) -> Value:
        """What the class or one above it holds under a name; None where there is nothing."""
        return next((each.fields[name] for each in self.line() if name in each.fields), None)

    def own_method(self, name: str) -> Value:
        """A function it holds, which is not given the class."""
        found = self.find(name)
        if found is None or isinstance(found, Static):
            return found
        return Static(found) if isinstance(found, (Closure, Routine)) else None

    def held(self, name: str) -> Value:
        found = self.find(name)
        if isinstance(found, OfClass):
            return BoundMethod(self, found.function)
        found = found.function if isinstance(found, Static) else found
        return MISSING if found is None and name not in self.fields else found

    def assign(self, tracer: Tracer, name: str, value: Value) -> bool:
        self.fields[name] = tracer.bind(tracer.own(value))
        return True

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        made = self.instance()
        begin = self.find("__init__")
        if begin is None:
            if arguments or keywords:
                raise ExpressionError(f"{self.name} takes no arguments: it has no __init__", code="argument")
            return made
        return self._begun(made, begin, arguments, keywords)

    def derived(self) -> type[UserClass]:
        """What a class is that derives from it."""
        return type(self)

    def instance(self) -> Instance | UserModule:
        """An object of it, before its `__init__`."""
        return UserModule(self) if self.module else Instance(self)

    def _begun(self, made: Value, begin: Value, arguments: list[Value], keywords: Keywords) -> Calls:
        yield begin, [made, *arguments], keywords
        return made


class Differentiable(UserClass):
    """A class that derives from `torch.autograd.Function`: `apply` computes forward, and differentiates as backward
    says; applying makes it (see `own_derivatives`)."""

    __slots__ = ()
    applying: Callable[[UserClass], Routine]

    def own_method(self, name: str) -> Value:
        return Static(type(self).applying(self)) if name == "apply" else super().own_method(name)

    def held(self, name: str) -> Value:
        return type(self).applying(self) if name == "apply" else super().held(name)


class Methods:
    """What objects of a program's classes have in common."""

    __slots__ = ()
    kind: UserClass
    fields: dict[str, Value]

    def own_method(self, name: str) -> Value:
        """A method of its class, to be called with the object first; None where there is none."""
        found = None if name in self.fields else self.kind.find(name)
        return found if isinstance(found, (Closure, Routine)) else None

    def held(self, name: str) -> Value:
        """What it has under a name, or its class has; methods are bound to it."""
        found = super().held(name)  # type: ignore[misc]  # of the class beside this one
        if found is not MISSING:
            return found
        found = self.kind.held(name)
        method = self.own_method(name)
        bound = method is not None and not isinstance(method, (Static, Property))
        return BoundMethod(self, found) if bound else found

    def called(self, arguments: list[Value], keywords: Keywords) -> Calls | None:
        """What calling it asks for, where its class says so."""
        function = self.kind.find("__call__") or (self.kind.find("forward") if self.kind.module else None)
        return None if function is None else _asked(function, [self, *arguments], keywords)


def _asked(function: Value, arguments: list[Value], keywords: Keywords) -> Calls:
    return (yield function, arguments, keywords)


class Instance(Methods, Object):
    """An object of a plain class. identity is what it is as a key, where it equals others."""

    __slots__ = ("identity", "kind")

    def __init__(self, kind: UserClass) -> None:
        super().__init__(kind.name)
        self.kind = kind
        self.identity: Value = None

    def __hash__(self) -> int:
        return object.__hash__(self) if self.identity is None else hash(self.identity)

    def __eq__(self, other: object) -> bool:
        if self is other or self.identity is None:
            return self is other
        return isinstance(other, Instance) and self.identity == other.identity

    def keyed(self, tracer: Tracer) -> Value:
        return self if self.kind.declared is None else self.kind.declared.key(tracer, self)

    @property
    def text(self) -> str:
        """What is shown of it."""
        return f"<{self.name} object>"

    def assign(self, tracer: Tracer, name: str, value: Value) -> bool:
        if self.kind.declared is not None:
            self.kind.declared.check(name)
        self.fields[name] = tracer.bind(tracer.own(value))
        return True

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        calls = self.called(arguments, keywords)
        if calls is None:
            raise ExpressionError(f"an object of {self.name} cannot be called: it has no __call__", code="call")
        return calls


class UserModule(Methods, Layer):
    """An object of a class that derives from `torch.nn.Module`: what is assigned to it becomes parameter or part."""

    __slots__ = ("kind",)

    def __init__(self, kind: UserClass) -> None:
        super().__init__(kind.name)
        self.kind = kind

    def own_parameters(self) -> Iterator[tuple[str, Tensor]]:
        return ((name, each) for name, each in self.fields.items() if isinstance(each, Parameter))

    def assign(self, tracer: Tracer, name: str, value: Value) -> bool:
        self.parts.pop(name, None)
        if isinstance(value, Layer):
            self.fields.pop(name, None)
            self.parts[name] = value
        else:
            self.fields[name] = tracer.bind(tracer.own(value))
        return True

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        calls = self.called(arguments, keywords)
        if calls is None:
            raise ExpressionError(f"{self.name} cannot be called: it has no method forward", code="call")
        return calls


Instance.METHODS = dict(Object.METHODS)
UserModule.METHODS = dict(Layer.METHODS)


class Above(Object):
    """`super()`: an object as one of the class above kind."""

    __slots__ = ("kind", "owner")

    def __init__(self, owner: Value, kind: UserClass) -> None:
        super().__init__("super()")
        self.owner = owner
        self.kind = kind

    def own_method(self, name: str) -> Value:
        """A method of the class above, bound to the object."""
        found = None if self.kind.base is None else self.kind.base.find(name)
        if found is not None:
            return Static(BoundMethod(self.owner, found))
        return _NOTHING if name == "__init__" else None


class _Nothing(Routine):
    """The `__init__` of classes that are not the program's own."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return None


_NOTHING = _Nothing("__init__")


_FUNCTION = MEMBERS["torch.autograd.Function"] = Base("torch.autograd.Function")
MODULE = MEMBERS["torch.nn.Module"] = Base("nn.Module")


def property_of(value: Value, name: str) -> BoundMethod | None:
    """What reading a name of an object calls, where its class has a property of that name."""
    if isinstance(value, Methods):
        found = None if name in value.fields else value.kind.find(name)
        return BoundMethod(value, found.function) if isinstance(found, Property) else None
    if isinstance(value, Above) and value.kind.base is not None:
        found = value.kind.base.find(name)
        return BoundMethod(value.owner, found.function) if isinstance(found, Property) else None
    return None


def make(name: str, bases: list[Value], members: dict[str, Value]) -> Value:
    """The class that a statement defines. Raises ExpressionError for what it cannot derive from."""
    bases = [each for each in bases if each is not OBJECT]
    if len(bases) > 1:
        raise ExpressionError("a class derives from one class at most", code="type", hint="leave the others out")
    base = bases[0] if bases else OBJECT
    if isinstance(base, UserClass):
        return base.derived()(name, members, base, base.module)
    if base is _FUNCTION:
        return Differentiable(name, members, None, False)
    if base is not MODULE and base is not OBJECT:
        hint = "classes derive from nn.Module, or from another class of the program"
        raise ExpressionError(f"a class cannot derive from {describe(base)}", code="type", hint=hint)
    return UserClass(name, members, None, base is MODULE)


def above(owner: Value, kind: Value) -> Above:
    """What `super()` gives inside a method. Raises ExpressionError outside of one."""
    if not isinstance(owner, (Instance, UserModule)) or kind is None:
        raise ExpressionError("super() stands in a method of a class", code="call")
    return Above(owner, kind)
