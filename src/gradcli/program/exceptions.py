"""Exceptions: classes of Python's that a program can raise, handle and derive its own from.

Whatever goes wrong in a program is one of them for an `except`: libraries do not agree what kind of error a shape or a
value is, so an error of the language counts as each of those that NumPy and PyTorch would raise.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import DataError, ExpressionError, GradcliError
from ..text import ALL_DIGITS, number, shortened
from .classes import Instance, UserClass
from .code import CallSite
from .library import MEMBERS
from .namespaces import EXCEPTIONS as ABOVE
from .routines import Keywords, Routine
from .tracer import Tracer
from .values import Value, describe

_ABOVE = {**ABOVE, "FrozenInstanceError": "AttributeError", "LinAlgError": "RuntimeError"}
_KINDS = {
    "argument": ("TypeError", "ValueError"),
    "assert": ("AssertionError",),
    "attribute": ("AttributeError",),
    "autograd": ("RuntimeError",),
    "call": ("TypeError",),
    "import": ("ModuleNotFoundError",),
    "index": ("IndexError", "KeyError"),
    "name": ("NameError", "AttributeError"),
    "shape": ("ValueError", "RuntimeError", "IndexError", "TypeError"),
    "singular": ("LinAlgError", "ValueError"),
    "stop": ("StopIteration",),
    "type": ("TypeError", "ValueError", "RuntimeError"),
}
"""What an error of the language is, by its code."""


class ExceptionClass(UserClass):
    """An exception of Python's, or one that a program derives from it."""

    __slots__ = ()

    def instance(self) -> Instance:
        return Exceptional(self)


class Builtin(ExceptionClass):
    """An exception of Python's."""

    SHARED = True

    __slots__ = ()

    def derived(self) -> type[UserClass]:
        """One of the program's."""
        return ExceptionClass

    def assign(self, tracer: Tracer, name: str, value: Value) -> bool:
        return False


class Exceptional(Instance):
    """An exception. error is what it is for the machine: made when it is raised, kept where it is raised again."""

    __slots__ = ("error", "kinds")

    def __init__(self, kind: UserClass, error: GradcliError | None = None, kinds: tuple[UserClass, ...] = ()) -> None:
        super().__init__(kind)
        self.error = error
        self.kinds = kinds or (kind,)
        self.fields["args"] = ()

    @property
    def text(self) -> str:
        """What print shows of it: its words."""
        given = self.fields["args"]
        if not isinstance(given, tuple):
            return ""
        words = [each if isinstance(each, str) else describe_briefly(each) for each in given]
        return words[0] if len(words) == 1 else f"({', '.join(words)})" if words else ""

    def line(self) -> Iterator[UserClass]:
        """All classes it is an object of."""
        for kind in self.kinds:
            yield from kind.line()


def describe_briefly(value: Value) -> str:
    """What stands in the words of an exception for something that is no text."""
    return number(value, ALL_DIGITS) if isinstance(value, float) else describe(value)


_LONGEST = 300
"""So much of what an exception says is shown where nobody handles it."""


class Raised(DataError):
    """An exception that a program raised."""

    default_code = "raised"

    def __init__(self, value: Exceptional) -> None:
        words = value.text
        super().__init__(shortened(f"{value.kind.name}: {words}" if words else value.kind.name, _LONGEST))
        self.value = value


class _Begin(Routine):
    """`__init__` of an exception: keeps what it is given."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        from .strings import text
        from .values import Template

        made, *given = arguments
        made.fields["args"] = tuple(text(tracer, each) if isinstance(each, Template) else each for each in given)


def _made(name: str) -> ExceptionClass:
    if name not in EXCEPTIONS:
        above = _ABOVE[name]
        members: dict[str, Value] = {} if above else {"__init__": _Begin("__init__")}
        EXCEPTIONS[name] = Builtin(name, members, _made(above) if above else None, False)
    return EXCEPTIONS[name]


EXCEPTIONS: dict[str, ExceptionClass] = {}
for _name in _ABOVE:
    _made(_name)
for _path in ("numpy.linalg", "scipy.linalg", "torch.linalg"):
    MEMBERS[f"{_path}.LinAlgError"] = EXCEPTIONS["LinAlgError"]


# ---- raising and handling ------------------------------------------------------------------------------


def to_raise(value: Value) -> GradcliError:
    """The error that raises a value. Raises ExpressionError for what cannot be raised."""
    if not isinstance(value, Exceptional):
        hint = 'as in raise ValueError("what is wrong")'
        raise ExpressionError(f"raise takes an exception, not {describe(value)}", code="type", hint=hint)
    if value.error is None:
        value.error = Raised(value)
    return value.error


def caught(error: GradcliError) -> Exceptional:
    """The exception that an error is for the program."""
    if isinstance(error, Raised):
        return error.value
    names = _KINDS.get(error.code, ("ValueError", "RuntimeError"))
    kinds = tuple(EXCEPTIONS[name] for name in names)
    made = Exceptional(kinds[0], error, kinds)
    made.fields["args"] = (error.message,)
    if error.code == "stop":
        made.fields["value"] = getattr(error, "returned", None)
    return made


def outside(error: GradcliError) -> GradcliError:
    """What an error of a generator's function is outside of it: one that nothing is left would end a loop there."""
    stops = any(each is EXCEPTIONS["StopIteration"] for each in caught(error).line())
    if not stops:
        return error
    made = EXCEPTIONS["RuntimeError"].instance()
    made.fields["args"] = ("generator raised StopIteration",)
    return to_raise(made)


def matches(value: Exceptional, kinds: Value) -> bool:
    """Whether an exception is one of those that `except` names."""
    line = list(value.line())
    for kind in kinds if isinstance(kinds, tuple) else (kinds,):
        if not isinstance(kind, ExceptionClass):
            hint = "as in except ValueError"
            raise ExpressionError(f"except names classes of exceptions, not {describe(kind)}", code="type", hint=hint)
        if any(each is kind for each in line):
            return True
    return False
