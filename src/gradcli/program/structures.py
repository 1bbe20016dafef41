"""Instructions, continued: calls, attributes, indices, lists, functions, contexts."""

from __future__ import annotations

from ..engine.node import Node
from ..engine.operations.selection import detach
from ..errors import DataError, ExpressionError, Span
from ..text import printable
from . import autograd, indexing, mappings, methods, modules, printing, strings
from .code import AccessSite, CallSite, Code, DisplaySite, Label
from .instructions import step
from .machine import Machine
from .objects import MISSING, Object
from .tensor_methods import set_attribute
from .values import Closure, Context, Module, Tensor, Value, describe

# ---- calls and attributes ------------------------------------------------------------------------------


@step("call")
def call(machine: Machine, site: CallSite) -> int | None:
    """Call a value, which lies below its arguments."""
    arguments, keywords = _arguments(machine, site)
    function = machine.stack.pop()
    try:
        return machine.call(function, arguments, keywords, site)
    except DataError as error:
        raise _marked_call(machine, error, site, arguments) from None


@step("call_named")
def call_named(machine: Machine, site: CallSite) -> int | None:
    """Call a function that the program does not define."""
    function = site.function
    if function is MISSING:
        assert site.callee is not None
        function = machine.program.get(site.callee, MISSING)
        if function is MISSING:
            raise _no_function(machine, site.callee).at(site.function_span)
    arguments, keywords = _arguments(machine, site)
    try:
        return machine.call(function, arguments, keywords, site)
    except DataError as error:
        raise _marked_call(machine, error, site, arguments) from None


def _no_function(machine: Machine, name: str) -> ExpressionError:
    known = {*modules.known_names(), *machine.program}
    hint = modules.suggestion(name, known) or "gradcli functions lists those there are"
    return ExpressionError(f"there is no function {printable(name)}", code="name", hint=hint)


@step("apply")
def apply(machine: Machine, site: CallSite) -> int | None:
    """Call a function of one number, elementwise."""
    value = machine.stack[-1]
    if type(value) is not Node or (site.bound and machine.tracer.differentiates):
        return call_named(machine, site)
    machine.graph.place = site.span
    machine.stack[-1] = site.function.operation(value)
    return None


@step("call_method")
def call_method(machine: Machine, site: CallSite) -> int | None:
    """Call a method of the value below the arguments."""
    arguments, keywords = _arguments(machine, site)
    receiver = machine.stack.pop()
    assert site.method is not None
    if isinstance(receiver, Module):
        return machine.call(modules.member(f"{receiver.path}.{site.method}"), arguments, keywords, site)
    function = methods.method(machine.tracer, receiver, site.method)
    if function is None and isinstance(receiver, Object):
        found = receiver.held(site.method)
        if found is not MISSING:
            return machine.call(found, arguments, keywords, site)
    if function is None:
        if site.method in methods.ATTRIBUTES:
            function = methods.attribute(machine.tracer, receiver, site.method, False)
            return machine.call(function, arguments, keywords, site)
        raise methods.unknown(machine.tracer, receiver, site.method)
    return machine.call(function, [receiver, *arguments], keywords, site)


def _arguments(machine: Machine, site: CallSite) -> tuple[list[Value], dict[str, Value]]:
    """A call's arguments, taken off the stack: those by position, those by name."""
    if not site.count:
        return [], {}
    stack = machine.stack
    values = stack[-site.count :]
    del stack[-site.count :]
    keywords: dict[str, Value] = {}
    if site.keywords:
        split = len(values) - len(site.keywords)
        keywords = _by_word(site, values[split:])
        del values[split:]
    if site.starred is not None:
        values = _spread(machine, values, site.starred)
    return values, keywords


def _by_word(site: CallSite, values: list[Value]) -> dict[str, Value]:
    """The arguments that are given by name; those of a dict after `**` too."""
    found: dict[str, Value] = {}
    for word, value in zip(site.keywords, values, strict=True):
        if word is None and not isinstance(value, dict):
            raise ExpressionError(f"`**` takes a dict, not {describe(value)}", code="type", span=site.span)
        for name, each in value.items() if word is None else ((word, value),):
            if not isinstance(name, str):
                raise ExpressionError("the keys of a dict after `**` are strings", code="type", span=site.span)
            if name in found:
                raise ExpressionError(f"{printable(name)} is given twice", code="argument", span=site.span)
            found[name] = each
    return found


def _spread(machine: Machine, values: list[Value], starred: tuple[bool, ...]) -> list[Value]:
    spread: list[Value] = []
    for value, star in zip(values, starred, strict=False):
        if star:
            spread.extend(indexing.elements(machine.tracer, value))
        else:
            spread.append(value)
    return spread


def _marked_call(machine: Machine, error: DataError, site: CallSite, arguments: list[Value]) -> DataError:
    """error with the shapes of the arguments beside them, where it is about the shapes of several."""
    if error.code != "shape" or error.marks or error.span is not None or site.starred is not None:
        return error
    arrays = [
        (span, str(machine.tracer.node(value).shape))
        for span, value in zip(site.argument_spans, arguments, strict=False)
        if isinstance(value, (Node, Tensor))
    ]
    if len(arrays) > 1:
        error.marks = tuple(arrays)
        error.span = site.span
    return error


@step("attribute")
def attribute(machine: Machine, site: AccessSite) -> None:
    """Replace a value by one of its attributes."""
    machine.graph.place = site.span
    machine.stack[-1] = methods.attribute(machine.tracer, machine.stack[-1], site.name, site.bound)


@step("store_attribute")
def store_attribute(machine: Machine, site: AccessSite) -> None:
    """`owner.name = value`: the value lies below the owner."""
    owner = machine.stack.pop()
    machine.graph.place = site.span
    set_attribute(machine.tracer, owner, site.name, machine.stack.pop())


@step("restore_attribute")
def restore_attribute(machine: Machine, site: AccessSite) -> None:
    """The same at the end of `owner.name += …`: the value lies on top."""
    value = machine.stack.pop()
    owner = machine.stack.pop()
    if not isinstance(value, autograd.Data):  # which the operator has changed already
        machine.graph.place = site.span
        set_attribute(machine.tracer, owner, site.name, value)


# ---- lists, tuples, indices ----------------------------------------------------------------------------


@step("list")
def list_(machine: Machine, site: DisplaySite) -> None:
    """Make a list of the top values."""
    machine.stack.append(_displayed(machine, site))


@step("tuple")
def tuple_(machine: Machine, site: DisplaySite) -> None:
    """Make a tuple of the top values."""
    machine.stack.append(tuple(_displayed(machine, site)))


def _displayed(machine: Machine, site: DisplaySite) -> list[Value]:
    if not site.count:
        return []
    tracer, stack = machine.tracer, machine.stack
    values = stack[-site.count :]
    del stack[-site.count :]
    if tracer.differentiates:
        values = [tracer.own(value) if fresh else value for value, fresh in zip(values, site.computed, strict=True)]
    if site.starred is not None:
        values = _spread(machine, values, site.starred)
    return [tracer.bind(value) for value in values]


@step("append")
def append(machine: Machine, argument: tuple[int, bool]) -> None:
    """Add an element to the list that a comprehension makes, which lies below its iterators."""
    depth, fresh = argument
    tracer = machine.tracer
    value = machine.stack.pop()
    machine.stack[-1 - depth].append(tracer.bind(tracer.own(value) if fresh else value))


@step("dict")
def dict_(machine: Machine, argument: tuple[tuple[bool, ...], tuple[bool, ...]]) -> None:
    """Make a dict of the top values: keys with their values, and dicts whose entries it has too."""
    keyed, fresh = argument
    tracer, stack = machine.tracer, machine.stack
    count = len(keyed) + sum(keyed)
    values = iter(stack[len(stack) - count :])
    del stack[len(stack) - count :]
    made: dict[Value, Value] = {}
    for has_key, computed in zip(keyed, fresh, strict=True):
        if has_key:
            key = mappings.key(tracer, next(values))
            value = next(values)
            made[key] = tracer.bind(tracer.own(value) if computed else value)
        else:
            made |= mappings.mapping(next(values))
    stack.append(made)


@step("insert")
def insert(machine: Machine, argument: tuple[int, bool]) -> None:
    """Add an entry to the dict that a comprehension makes, which lies below its iterators."""
    depth, fresh = argument
    tracer = machine.tracer
    value = machine.stack.pop()
    key = mappings.key(tracer, machine.stack.pop())
    machine.stack[-1 - depth][key] = tracer.bind(tracer.own(value) if fresh else value)


@step("field")
def field(machine: Machine, argument: tuple[str, Span]) -> int | None:
    """Replace a value and its format by the text that they are; an object of the program's writes itself."""
    conversion, span = argument
    spec = machine.stack.pop()
    value = machine.stack[-1]
    writer = printing.own_text(value)
    if writer is not None and spec is None:
        machine.stack.pop()
        return machine.call(writer, [value], {}, CallSite(span, span, (), (), None, (), False))
    machine.stack[-1] = strings.joined(machine.tracer, strings.formatted(machine.tracer, value, conversion, spec))
    return None


@step("template")
def template(machine: Machine, count: int) -> None:
    """Make one text of the top values."""
    stack = machine.stack
    parts = stack[len(stack) - count :]
    del stack[len(stack) - count :]
    pieces = [piece for part in parts for piece in strings.pieces(machine.tracer, part)]
    stack.append(strings.joined(machine.tracer, pieces))


@step("slice")
def slice_(machine: Machine, argument: None) -> None:
    """Make a slice of the top three values."""
    step_ = machine.stack.pop()
    stop = machine.stack.pop()
    machine.stack[-1] = indexing.cut(machine.tracer, machine.stack[-1], stop, step_)


@step("index")
def index(machine: Machine, site: AccessSite) -> int | None:
    """Replace a container and the keys above it by the part they pick."""
    keys = machine.stack[-site.count :]
    del machine.stack[-site.count :]
    machine.graph.place = site.span
    container = machine.stack[-1]
    if isinstance(container, Object) and (function := container.own_method("__getitem__")) is not None:
        call_site = CallSite(site.span, site.operand, (), (), None, (), site.bound)
        machine.stack.pop()
        return machine.call(function, [container, keys[0] if len(keys) == 1 else tuple(keys)], {}, call_site)
    machine.stack[-1] = indexing.pick(machine.tracer, machine.stack[-1], keys, site.bound)
    return None


@step("store_index")
def store_index(machine: Machine, site: AccessSite) -> None:
    """`container[keys] = value`: the value lies below the container."""
    stack = machine.stack
    keys = stack[-site.count :]
    del stack[-site.count :]
    container = stack.pop()
    _put(machine, site, container, keys, stack.pop())


@step("restore_index")
def restore_index(machine: Machine, site: AccessSite) -> None:
    """The same at the end of `container[keys] += …`: the value lies on top."""
    stack = machine.stack
    value = stack.pop()
    keys = stack[-site.count :]
    del stack[-site.count :]
    _put(machine, site, stack.pop(), keys, value)


def _put(machine: Machine, site: AccessSite, container: Value, keys: list[Value], value: Value) -> None:
    machine.graph.place = site.span
    indexing.put(machine.tracer, container, keys, value)


@step("delete_index")
def delete_index(machine: Machine, site: AccessSite) -> None:
    """`del container[keys]`"""
    keys = machine.stack[-site.count :]
    del machine.stack[-site.count :]
    indexing.remove(machine.tracer, machine.stack.pop(), keys)


@step("delete_attribute")
def delete_attribute(machine: Machine, site: AccessSite) -> None:
    """`del owner.name`"""
    owner = machine.stack.pop()
    if not isinstance(owner, Object) or owner.fields.pop(site.name, MISSING) is MISSING:
        raise ExpressionError(f"{describe(owner)} has no {printable(site.name)} to delete", code="attribute")


@step("iterate")
def iterate(machine: Machine, argument: None) -> None:
    """Replace a value by an iterator over its entries."""
    machine.stack[-1] = indexing.iterate(machine.tracer, machine.stack[-1])


@step("next")
def next_(machine: Machine, exhausted: Label) -> int | None:
    """Put the next element on the stack; at the end, take the iterator off."""
    for value in machine.stack[-1]:
        if type(value) is float and machine.tracer.differentiates:
            value = machine.tracer.own(value)
        machine.stack.append(value)
        return None
    machine.stack.pop()
    return exhausted.position


@step("unpack")
def unpack(machine: Machine, count: int) -> None:
    """Replace a value by its entries, the first on top."""
    value = machine.stack.pop()
    if isinstance(value, Object) and value.IGNORED:
        machine.stack.extend([value] * count)
        return
    values = indexing.elements(machine.tracer, value)
    if len(values) != count:
        raise DataError(f"{len(values)} values cannot be given to {count} names")
    machine.stack.extend(reversed(values))


@step("unpack_starred")
def unpack_starred(machine: Machine, argument: tuple[int, int]) -> None:
    """The same, where a list takes up those between the first and the last few."""
    before, after = argument
    values = indexing.elements(machine.tracer, machine.stack.pop())
    if len(values) < before + after:
        raise DataError(f"{len(values)} values are too few for {before + after} names and a list of the others")
    stop = len(values) - after
    machine.stack.extend(reversed([*values[:before], values[before:stop], *values[stop:]]))


# ---- functions, contexts, what is shown ----------------------------------------------------------------


@step("closure")
def closure(machine: Machine, code: Code) -> None:
    """Make a function, of which the default values lie on top."""
    count = sum(not parameter.required for parameter in code.parameters)
    defaults: tuple[Value, ...] = ()
    if count:
        defaults = tuple(machine.tracer.bind(value) for value in machine.stack[-count:])
        del machine.stack[-count:]
    machine.stack.append(Closure(code, defaults, machine.environment))


@step("return")
def return_(machine: Machine, fresh: bool) -> int:
    """End the function with the value on top."""
    tracer = machine.tracer
    value = machine.stack.pop()
    if fresh and tracer.differentiates:
        value = tracer.own(value)
    if tracer.detached and type(value) is Node:
        value = detach(value)
    return machine.leave(value)


@step("members")
def members(machine: Machine, argument: None) -> None:
    """Put the names that a class's body gave values on the stack."""
    machine.stack.append(dict(machine.names))


@step("class")
def class_(machine: Machine, argument: tuple[str, tuple[Span, ...]]) -> None:
    """Make a class of its names; the classes it derives from lie below them."""
    from .classes import make

    name, bases = argument
    stack = machine.stack
    found = stack.pop()
    above = stack[len(stack) - len(bases) :]
    del stack[len(stack) - len(bases) :]
    stack.append(make(name, above, found))


@step("super")
def super_(machine: Machine, argument: tuple[str, Code]) -> None:
    """The object that the method was called on, as one of the class above."""
    from .classes import above

    name, code = argument
    machine.stack.append(above(machine.names.get(name), code.owner))


@step("enter_context")
def enter_context(machine: Machine, argument: None) -> None:
    """Begin a `with` block."""
    context = machine.stack.pop()
    if not isinstance(context, Context):
        message = f"with takes a context, such as no_grad(), not {describe(context)}"
        raise ExpressionError(message, code="type")
    machine.contexts.append(machine.tracer.detached if context.before is None else context.before)
    if context.tracks is not None:
        machine.tracer.detached = not context.tracks


@step("leave_context")
def leave_context(machine: Machine, argument: None) -> None:
    """End a `with` block."""
    machine.leave_contexts(len(machine.contexts) - 1)


@step("fail")
def fail(machine: Machine, argument: None) -> None:
    """An assertion that does not hold."""
    message = machine.stack.pop()
    words = f": {printable(message)}" if isinstance(message, str) else ""
    raise DataError(f"the assertion does not hold{words}", code="assert")


@step("show")
def show(machine: Machine, argument: tuple[Span, bool, bool]) -> None:
    """The value of a bare expression, which `run` shows: not what a call gives that acts."""
    span, is_call, acts = argument
    value = machine.stack.pop()
    machine.result = value
    tracer = machine.tracer
    if not tracer.collects or acts or (is_call and (value is None or isinstance(value, Context))):
        return
    if not (isinstance(value, Object) and value.IGNORED):
        printing.show(tracer, span, value)
