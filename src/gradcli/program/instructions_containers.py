"""Instructions of what has parts: attributes, lists, tuples, dicts, indices, iteration."""

from __future__ import annotations

from ..errors import DataError
from . import indexing, mappings
from .code import AccessSite, CallSite, DisplaySite, Label
from .instructions import step, taken
from .machine import Machine
from .objects import Object
from .tracer import Tracer
from .values import Defaults, Value

# ---- lists, tuples, dicts -----------------------------------------------------------------------------


@step("list")
def list_(machine: Machine, site: DisplaySite) -> None:
    """Make a list of the top values."""
    machine.stack.append(_displayed(machine, site))


@step("tuple")
def tuple_(machine: Machine, site: DisplaySite) -> None:
    """Make a tuple of the top values."""
    machine.stack.append(tuple(_displayed(machine, site)))


@step("set")
def set_(machine: Machine, argument: None) -> None:
    """Replace a list by the set of its entries."""
    from .collecting import members_of

    machine.stack[-1] = members_of(machine.tracer, machine.stack[-1])


def _displayed(machine: Machine, site: DisplaySite) -> list[Value]:
    if not site.count:
        return []
    tracer = machine.tracer
    values = taken(machine.stack, site.count)
    if tracer.differentiates:
        values = [tracer.own(value) if fresh else value for value, fresh in zip(values, site.computed, strict=True)]
    if site.starred is not None:
        values = spread(machine, values, site.starred)
    return [tracer.bind(value) for value in values]


def spread(machine: Machine, values: list[Value], starred: tuple[bool, ...]) -> list[Value]:
    """values, with those that have a star before them as their entries; what has no mark has no star."""
    found: list[Value] = []
    for value, star in zip(values, starred, strict=False):
        if star:
            found.extend(indexing.elements(machine.tracer, value))
        else:
            found.append(value)
    return found


def _kept(tracer: Tracer, value: Value, fresh: bool) -> Value:
    """value, ready to be an entry; fresh where it has just been computed."""
    return tracer.bind(tracer.own(value) if fresh else value)


@step("append")
def append(machine: Machine, argument: tuple[int, bool]) -> None:
    """Add an element to the list that a comprehension makes, which lies below its iterators."""
    depth, fresh = argument
    value = machine.stack.pop()
    machine.stack[-1 - depth].append(_kept(machine.tracer, value, fresh))


@step("dict")
def dict_(machine: Machine, argument: tuple[tuple[bool, ...], tuple[bool, ...]]) -> None:
    """Make a dict of the top values: keys with their values, and dicts whose entries it has too."""
    keyed, fresh = argument
    tracer, stack = machine.tracer, machine.stack
    values = iter(taken(stack, len(keyed) + sum(keyed)))
    made: dict[Value, Value] = {}
    for has_key, computed in zip(keyed, fresh, strict=True):
        if has_key:
            key = mappings.key(tracer, next(values))
            value = next(values)
            made[key] = _kept(tracer, value, computed)
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
    machine.stack[-1 - depth][key] = _kept(tracer, value, fresh)


# ---- indices ------------------------------------------------------------------------------------------


@step("slice")
def slice_(machine: Machine, argument: None) -> None:
    """Make a slice of the top three values."""
    step_ = machine.stack.pop()
    stop = machine.stack.pop()
    machine.stack[-1] = indexing.cut(machine.tracer, machine.stack[-1], stop, step_)


@step("index")
def index(machine: Machine, site: AccessSite) -> int | None:
    """Replace a container and the keys above it by the part they pick."""
    keys = taken(machine.stack, site.count)
    machine.graph.place = site.span
    container = machine.stack[-1]
    if isinstance(container, Object) and (function := container.own_method("__getitem__")) is not None:
        call_site = CallSite(site.span, site.operand, bound=site.bound)
        machine.stack.pop()
        return machine.call(function, [container, keys[0] if len(keys) == 1 else tuple(keys)], {}, call_site)
    if isinstance(container, Defaults):
        name = mappings.key(machine.tracer, keys[0] if len(keys) == 1 else tuple(keys))
        if name not in container:
            machine.stack.pop()
            return machine.call(mappings.MAKING, [container, name], {}, CallSite(site.span, site.operand))
    machine.stack[-1] = indexing.pick(machine.tracer, machine.stack[-1], keys, site.bound)
    return None


@step("store_index")
def store_index(machine: Machine, site: AccessSite) -> None:
    """`container[keys] = value`: the value lies below the container."""
    stack = machine.stack
    keys = taken(stack, site.count)
    container = stack.pop()
    _put(machine, site, container, keys, stack.pop())


@step("restore_index")
def restore_index(machine: Machine, site: AccessSite) -> None:
    """The same at the end of `container[keys] += …`: the value lies on top."""
    stack = machine.stack
    value = stack.pop()
    keys = taken(stack, site.count)
    _put(machine, site, stack.pop(), keys, value)


def _put(machine: Machine, site: AccessSite, container: Value, keys: list[Value], value: Value) -> None:
    machine.graph.place = site.span
    indexing.put(machine.tracer, container, keys, value)


@step("delete_index")
def delete_index(machine: Machine, site: AccessSite) -> None:
    """`del container[keys]`"""
    keys = taken(machine.stack, site.count)
    indexing.remove(machine.tracer, machine.stack.pop(), keys)


# ---- iteration and unpacking --------------------------------------------------------------------------


@step("iterate")
def iterate(machine: Machine, argument: None) -> int | None:
    """Replace a value by an iterator over its entries."""
    value = machine.stack[-1]
    if isinstance(value, Object) and indexing.entries_of(value) is None:
        from . import generators

        if isinstance(value, generators.Lazy):
            return None
        machine.stack.pop()
        span = machine.frames[-1].code.spans[0]  # type: ignore[union-attr]  # code is running
        return machine.call(generators.GOING, [value], {}, CallSite(span, span))
    machine.stack[-1] = indexing.iterate(machine.tracer, value)
    return None


@step("next")
def next_(machine: Machine, exhausted: Label) -> int | None:
    """Put the next element on the stack; at the end, take the iterator off."""
    for value in machine.stack[-1]:
        if type(value) is float and machine.tracer.differentiates:
            value = machine.tracer.own(value)
        machine.stack.append(value)
        return None
    if machine.tracer.lazy is not None and machine.tracer.lazy.waits(machine.stack[-1]):
        going: int = machine.tracer.lazy.proceed(machine, machine.stack[-1], exhausted)
        return going
    machine.stack.pop()
    return exhausted.position


@step("listed")
def listed(machine: Machine, argument: None) -> int | None:
    """Replace what gives its values one by one by a list of them."""
    value = machine.stack[-1]
    if not isinstance(value, Object) or value.IGNORED or indexing.entries_of(value) is not None:
        return None
    from . import generators

    machine.stack.pop()
    span = machine.frames[-1].code.spans[0]  # type: ignore[union-attr]  # code is running
    return machine.call(generators.ALL, [value], {}, CallSite(span, span))


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
