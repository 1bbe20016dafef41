"""Derivatives in the language: `grad(e, x)` and its kin, of expressions and of functions.

    grad(e, x)        the gradient of a number for x, in x's shape; grad(e, x, y) and grad(e, [x, y]) for several
    jacobian(e, x)    shape e's, then x's
    hessian(e, x)     shape x's, twice; hessian(e, x, y) the mixed block, x's shape, then y's
    jvp(e, x, v)      how e moves when x moves along v
    vjp(e, x, w)      the gradient of sum(w * e)
    hvp(e, x, v)      the Hessian of a number times v

x is whatever the expression was computed from: a variable, or a result with a name. With a function in
the expression's place, `grad(f)` is its derivative as a function (for the first argument, or those that
argnums says) and `grad(f, x)` that function's value at x. Everything can be nested to any depth: a
function's arguments are new variables each time it is differentiated.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TypeAlias

from .. import limits
from ..engine import derivatives
from ..engine.node import Node
from ..engine.operation import alias_of, mismatch
from ..errors import DataError, ExpressionError
from ..text import printable
from .code import CallSite
from .routines import Keywords, Routine
from .tracer import Tracer
from .values import Closure, Tensor, Value, describe

Calls: TypeAlias = Generator[tuple[Value, list[Value]], Value, Value]
Derive: TypeAlias = Callable[[Tracer, Value, Sequence[Value]], Value]


class Differentiator(Routine):
    """`grad` and its kin: derive takes the tracer, the output, and the arguments after it.

    takes says what those are, for errors; of them the last `directions` are not differentiated for,
    and there are at most `most`.
    """

    __slots__ = ("derive", "directions", "most", "takes")

    def __init__(self, name: str, derive: Derive, takes: str, directions: int = 0, most: int = 255) -> None:
        super().__init__(name)
        self.derive = derive
        self.takes = takes
        self.directions = directions
        self.most = most

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        function = bool(arguments) and isinstance(arguments[0], (Closure, Routine))
        for word in keywords:
            if not function or word != "argnums":
                message = f"{self.name} has no parameter {printable(word)}"
                hint = f"it is called as {self.name}({self.takes})"
                raise ExpressionError(message, code="argument", span=site.span, hint=hint)
        least = 2 + self.directions
        if function and len(arguments) == 1:
            return Derivative(self, arguments[0], _positions(tracer, keywords))
        if len(arguments) < least or (len(arguments) > 1 + self.most and not function):
            more = "at least " if self.most > 1 + self.directions else ""
            raise ExpressionError(
                f"{self.name} takes {more}{least} arguments, got {len(arguments)}", code="argument", span=site.span,
                hint=f"it is called as {self.name}({self.takes})",
            )  # fmt: skip
        if function:
            derivative = Derivative(self, arguments[0], _positions(tracer, keywords))
            return derivative.invoke(tracer, arguments[1:], {}, site)
        return self.derive(tracer, arguments[0], arguments[1:])


class Derivative(Routine):
    """The derivative of a function, as a function of the same arguments (and then of directions).

    positions are those of the arguments to differentiate for: a number, or a tuple of them.
    """

    __slots__ = ("differentiator", "function", "positions")

    def __init__(
        self, differentiator: Differentiator, function: Closure | Routine, positions: int | tuple[int, ...]
    ) -> None:
        super().__init__(f"{differentiator.name}({function.name})")
        self.differentiator = differentiator
        self.function = function
        self.positions = positions

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if keywords:
            raise ExpressionError("a derivative takes its arguments by position", code="argument", span=site.span)
        count = len(arguments) - self.differentiator.directions
        positions = self.positions if isinstance(self.positions, tuple) else (self.positions,)
        if any(not -count <= position < count for position in positions):
            wanted = " and ".join(str(position) for position in positions)
            message = f"{self.name} was given {max(count, 0)} arguments, and is to differentiate for number {wanted}"
            raise ExpressionError(message, code="argument", span=site.span, hint="arguments are counted from 0")
        return self._calls(tracer, arguments[:count], arguments[count:])

    def _calls(self, tracer: Tracer, arguments: list[Value], directions: list[Value]) -> Calls:
        several = isinstance(self.positions, tuple)
        positions = self.positions if isinstance(self.positions, tuple) else (self.positions,)
        for position in positions:
            arguments[position] = renewed(tracer, arguments[position])
        output = yield self.function, list(arguments)
        inputs = tuple(arguments[position] for position in positions)
        return self.differentiator.derive(tracer, output, [inputs if several else inputs[0], *directions])


def _positions(tracer: Tracer, keywords: Keywords) -> int | tuple[int, ...]:
    value = keywords.get("argnums", 0.0)
    if isinstance(value, (list, tuple)):
        return tuple(tracer.whole(each, "argnums") for each in value)
    return tracer.whole(value, "argnums")


# ---- what is differentiated, and what for -------------------------------------------------------------


def renewed(tracer: Tracer, value: Value) -> Value:
    """value, or every number in a list, tuple or dict, as a new variable."""
    fresh = [tracer.bind(alias_of(tracer.node(each))) for each in leaves(value)]
    return shaped_like(value, iter(fresh))


def leaves(value: Value, depth: int = 0) -> Iterator[Value]:
    """What stands in lists, tuples and dicts inside one another (in order of the keys, as in JAX), or value."""
    if isinstance(value, (list, tuple, dict)):
        _check_depth(depth)
        for item in [value[key] for key in _keys(value)] if isinstance(value, dict) else value:
            yield from leaves(item, depth + 1)
    else:
        yield value


def shaped_like(value: Value, found: Iterator[Value]) -> Value:
    """What was found for the leaves of value, in the lists, tuples and dicts they were in."""
    if isinstance(value, dict):
        return {key: shaped_like(value[key], found) for key in _keys(value)}
    if isinstance(value, (list, tuple)):
        alike = [shaped_like(item, found) for item in value]
        return alike if isinstance(value, list) else tuple(alike)
    return next(found)


def _keys(value: dict[Value, Value]) -> list[Value]:
    return sorted(value, key=str)


def _check_depth(depth: int) -> None:
    if depth > limits.current().rank:
        raise limits.exceeded("rank", "lists inside one another")


def variable(value: Value) -> Node:
    """The node to differentiate for. Raises ExpressionError for what is no variable."""
    if isinstance(value, Tensor):
        return value.node
    if type(value) is Node:
        return value
    if isinstance(value, (float, bool)):
        raise ExpressionError(
            "a derivative is taken for a variable, and this is a number", code="argument",
            hint="give the number a name first, as in x = 3; grad(x**2, x)",
        )  # fmt: skip
    raise ExpressionError(f"a derivative is taken for a variable, not for {describe(value)}", code="argument")


def scalar(tracer: Tracer, name: str, value: Value) -> Node:
    """The one number to differentiate. Raises DataError for an array."""
    node = tracer.node(value)
    if node.size != 1:
        raise DataError(
            f"{name} differentiates one number, and this is an array of shape {node.shape}", code="not-scalar",
            hint="add its elements up with sum(), weight them with vjp(e, x, w), or ask for jacobian(e, x)",
        )  # fmt: skip
    return node


def _direction(tracer: Tracer, value: Value, like: Node, what: str) -> Node:
    node = tracer.node(value)
    if node.shape != like.shape:
        raise mismatch([node.shape, like.shape], f"do not go together: the direction, and {what}", "they must be equal")
    return node


def _grad(tracer: Tracer, output: Value, inputs: Sequence[Value]) -> Value:
    """The gradient of a number for x, or for a list of variables. grad(f) is a function's derivative as a function."""
    node = scalar(tracer, "grad", output)
    wrt = inputs[0] if len(inputs) == 1 else tuple(inputs)
    variables = [variable(each) for each in leaves(wrt)]
    return shaped_like(wrt, iter(derivatives.gradient(node, None, variables)))


def _jacobian(tracer: Tracer, output: Value, inputs: Sequence[Value]) -> Value:
    """The derivatives of all elements for x: the expression's shape, then x's."""
    node = tracer.node(output)
    wrt = inputs[0] if len(inputs) == 1 else tuple(inputs)
    return shaped_like(wrt, iter([derivatives.jacobian(node, variable(each)) for each in leaves(wrt)]))


def _hessian(tracer: Tracer, output: Value, inputs: Sequence[Value]) -> Value:
    """The second derivatives of a number for x, in x's shape twice; hessian(e, x, y) is the mixed block."""
    node = scalar(tracer, "hessian", output)
    rows, columns = inputs[0], inputs[-1]
    blocks = [
        shaped_like(columns, iter([derivatives.hessian(node, variable(a), variable(b)) for b in leaves(columns)]))
        for a in leaves(rows)
    ]
    return shaped_like(rows, iter(blocks))


def _jvp(tracer: Tracer, output: Value, inputs: Sequence[Value]) -> Value:
    """How the expression moves when x moves along a direction: the Jacobian times a vector."""
    node = tracer.node(output)
    variables, tangents = _with_directions(tracer, *inputs)
    return derivatives.jvp(node, variables, tangents)


def _vjp(tracer: Tracer, output: Value, inputs: Sequence[Value]) -> Value:
    """The gradient of sum(weights * expression) for x: a vector times the Jacobian."""
    node = tracer.node(output)
    wrt, weights = inputs
    cotangent = _direction(tracer, weights, node, "what is differentiated")
    found = derivatives.vjp(node, cotangent, [variable(each) for each in leaves(wrt)])
    return shaped_like(wrt, iter(found))


def _hvp(tracer: Tracer, output: Value, inputs: Sequence[Value]) -> Value:
    """The Hessian of a number times a direction, in x's shape."""
    node = scalar(tracer, "hvp", output)
    variables, vectors = _with_directions(tracer, *inputs)
    return shaped_like(inputs[0], iter(derivatives.hvp(node, variables, vectors)))


def _with_directions(tracer: Tracer, wrt: Value, directions: Value) -> tuple[list[Node], list[Node]]:
    """The variables, and for each its direction. Raises DataError where they do not match."""
    variables = [variable(each) for each in leaves(wrt)]
    given = list(leaves(directions)) if isinstance(wrt, (list, tuple, dict)) else [directions]
    if len(given) != len(variables):
        raise DataError(f"{len(variables)} variables need as many directions, got {len(given)}", code="shape")
    pairs = zip(given, variables, strict=True)
    return variables, [_direction(tracer, each, like, "its variable") for each, like in pairs]


DIFFERENTIATION: dict[str, Differentiator] = {
    each.name: each
    for each in (
        Differentiator("grad", _grad, "expression, x"),
        Differentiator("jacobian", _jacobian, "expression, x"),
        Differentiator("hessian", _hessian, "expression, x", most=2),
        Differentiator("jvp", _jvp, "expression, x, direction", 1, 2),
        Differentiator("vjp", _vjp, "expression, x, weights", 1, 2),
        Differentiator("hvp", _hvp, "expression, x, direction", 1, 2),
    )
}
