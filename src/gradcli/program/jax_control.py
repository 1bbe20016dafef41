"""JAX's loops and branches (`jax.lax`) and its copies with a change: `x.at[i].set(v)`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeAlias

from ..engine.functions import FUNCTIONS, Flag, Whole
from ..engine.node import Node
from ..engine.operation import reshape_to
from ..engine.operations.indexing import index, positions
from ..engine.operations.structural import stack
from ..errors import DataError, ExpressionError
from .differentiate import leaves, shaped_like
from .indexing import elements, entry, pick, put
from .library import built, member
from .objects import Object, method
from .operators import BINARY
from .tracer import Tracer
from .transforms import Made
from .values import Tensor, Value

Calls: TypeAlias = Generator[Any, Value, Value]


# ---- loops and branches --------------------------------------------------------------------------------


@member("jax.lax.fori_loop")
def fori_loop(tracer: Tracer, lower: Whole, upper: Whole, body_fun: Value, init_val: Value) -> Calls:
    """What body_fun(i, value) makes of a value, for one i after another."""
    value = init_val
    for i in range(lower, upper):
        value = yield body_fun, [float(i), value]
    return value


@member("jax.lax.while_loop")
def while_loop(tracer: Tracer, cond_fun: Value, body_fun: Value, init_val: Value) -> Calls:
    """What body_fun makes of a value, as long as cond_fun holds of it."""
    value = init_val
    while tracer.truth((yield cond_fun, [value])):
        value = yield body_fun, [value]
    return value


@member("jax.lax.cond")
def cond(tracer: Tracer, pred: Value, true_fun: Value, false_fun: Value, *operands: Value) -> Calls:
    """What one of two functions gives."""
    return (yield true_fun if tracer.truth(pred) else false_fun, list(operands))


@member("jax.lax.select")
def select(tracer: Tracer, pred: Node, on_true: Node, on_false: Node) -> Value:
    """on_true where pred holds, else on_false, element by element."""
    return built("where", pred, on_true, on_false)


@member("jax.lax.switch")
def switch(tracer: Tracer, index: Whole, branches: Value, *operands: Value) -> Calls:
    """What one of several functions gives; an index beyond them means the first or the last."""
    functions = elements(tracer, branches)
    if not functions:
        raise ExpressionError("switch takes at least one function", code="argument")
    return (yield functions[min(max(index, 0), len(functions) - 1)], list(operands))


@member("jax.lax.scan")
def scan(
    tracer: Tracer, f: Value, init: Value, xs: Value = None, length: Value = None, reverse: Flag = False,
    unroll: Value = None,
) -> Calls:  # fmt: skip
    """`f(carry, x)` gives the next carry and an output, for one x after another; outputs are stacked."""
    count = _length(tracer, xs, length)
    carry, found = init, []
    for i in reversed(range(count)) if reverse else range(count):
        pair = yield f, [carry, _row(tracer, xs, i)]
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise ExpressionError("the function that scan takes gives a pair: the carry, and an output", code="type")
        carry, output = pair
        found.append(output)
    return carry, _stacked(tracer, found[::-1] if reverse else found)


@member("jax.lax.map")
def map_(tracer: Tracer, f: Value, xs: Value, batch_size: Value = None) -> Calls:
    """What a function gives for each entry along the first axis, stacked."""
    found = []
    for i in range(_length(tracer, xs, None)):
        found.append((yield f, [_row(tracer, xs, i)]))
    return _stacked(tracer, found)


def _length(tracer: Tracer, xs: Value, length: Value) -> int:
    """How many entries all arrays of xs have. Raises DataError where they differ."""
    shapes = [tracer.node(each).shape for each in leaves(xs) if each is not None]
    counts = {shape[0] if shape else -1 for shape in shapes}
    if length is not None:
        counts.add(tracer.whole(length, "length"))
    if len(counts) != 1 or -1 in counts:
        raise DataError("a scan goes over arrays whose first axes have one length, or takes length=…", code="shape")
    return counts.pop()


def _row(tracer: Tracer, xs: Value, i: int) -> Value:
    rows = [None if each is None else tracer.bind(index(tracer.node(each), (i,))) for each in leaves(xs)]
    return shaped_like(xs, iter(rows))


def _stacked(tracer: Tracer, outputs: Sequence[Value]) -> Value:
    """Outputs of one kind, each of their arrays stacked."""
    columns = list(zip(*(list(leaves(each)) for each in outputs), strict=True))
    made = [
        None if column[0] is None else tracer.bind(stack([tracer.node(each) for each in column])) for column in columns
    ]
    return shaped_like(outputs[0], iter(made)) if outputs else None


# ---- copies with a change --------------------------------------------------------------------------------


class At(Object):
    """`x.at`, of which an index makes a place."""

    __slots__ = ("array",)

    def __init__(self, array: Node) -> None:
        super().__init__("at")
        self.array = array

    def own_method(self, name: str) -> Value:
        """What `x.at[…]` gives."""
        return _PLACE if name == "__getitem__" else None


_PLACE = Made("at", lambda tracer, arguments, keywords: Place(arguments[0].array, arguments[1]))


class Place(Object):
    """`x.at[key]`: its methods give x with another part there."""

    __slots__ = ("array", "keys")

    def __init__(self, array: Node, key: Value) -> None:
        super().__init__("at[…]")
        self.array = array
        self.keys = list(key) if type(key) is tuple else [key]


@method(Place, "get")
def get(tracer: Tracer, place: Value) -> Value:
    """The part that is there."""
    return pick(tracer, place.array, place.keys, False)


def _changing(change: Callable[[Tracer, Node, Node], Value], *names: str) -> None:
    """Declare methods that put what change makes of a part and a value in its place."""

    def changed(tracer: Tracer, place: Value, values: Node) -> Value:
        copy = Tensor(place.array)
        part = tracer.node(pick(tracer, copy, place.keys, False))
        put(tracer, copy, place.keys, change(tracer, part, values))
        return copy.node

    method(Place, *names)(changed)


_changing(lambda tracer, part, values: values, "set")
_changing(lambda tracer, part, values: BINARY["*"](tracer, part, values), "multiply", "mul")
_changing(lambda tracer, part, values: BINARY["/"](tracer, part, values), "divide", "div")
_changing(lambda tracer, part, values: BINARY["**"](tracer, part, values), "power")
_changing(lambda tracer, part, values: built("minimum", part, values), "min")
_changing(lambda tracer, part, values: built("maximum", part, values), "max")


@method(Place, "add")
def add(tracer: Tracer, place: Value, values: Node) -> Value:
    """x with values added there, once for each time an index names a place."""
    array = place.array
    where = positions(array.shape, tuple(entry(tracer, each) for each in place.keys))
    added = reshape_to(built("broadcast_to", values, where.shape), (where.size,))
    flat = FUNCTIONS["index_add"].build(reshape_to(array, (array.size,)), 0, where.ravel(), added)
    return reshape_to(flat, array.shape)  # type: ignore[arg-type]  # one array


@method(Place, "subtract", "sub")
def subtract(tracer: Tracer, place: Value, values: Node) -> Value:
    """x with values taken off there."""
    return add(tracer, place, -values)


@method(Place, "apply")
def apply(tracer: Tracer, place: Value, func: Value) -> Calls:
    """x with what a function gives for the part there in its place."""
    copy = Tensor(place.array)
    part = tracer.bind(pick(tracer, copy, place.keys, False))
    put(tracer, copy, place.keys, (yield func, [part]))
    return copy.node
