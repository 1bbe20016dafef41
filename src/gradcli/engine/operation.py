"""The families of operations: what each declares, and what follows from it.

| family      | declares                           | forward mode (push)       | reverse mode (pull)     |
|-------------|------------------------------------|---------------------------|-------------------------|
| Elementwise | for each operand `rule(g, out, …)` | the sum of the rules      | the same rules          |
| Reduction   | one `rule(g, out, x, axes)` inside | the sum of the rule       | the rule of a copy      |
| Linear      | `transpose(g, node)`               | itself                    | the transpose           |
| Bilinear    | its halves                         | itself, once an operand   | the halves              |

An elementwise operation's Jacobian is diagonal, hence its own transpose: one rule, linear in g and
written in the engine's own operations, serves both modes and can be differentiated again. A
reduction is a sum after a diagonal. Whatever fits none of these declares push and pull apart
(`General`, or `First` where one operand alone moves it).

Operations act on trailing axes; any leading axes are a batch. Shapes and parameters therefore count
from the end, and a rule works unchanged on cotangents with more leading axes than the primal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..record import Record
from .node import Frozen, Node, Params, Shape
from .placed import Placed
from .zeros import Trace, Traced, carried, together

Kernel = Callable[..., NDArray[Any]]
Rule = Callable[..., Node | None]
Cotangents = Sequence[Node | None]


class Operation:
    """Base of the families.

    Attributes:
        name: unique; for a function of the language, its name there.
        kernel: NumPy function of the operands' values and the parameters.
        symbolic: its SymPy counterpart: the name of a SymPy function, or a function of the sympy
            module and the operands. None where the kernel itself works on arrays of symbols.
        analytic: whether the kernel takes complex arrays and is analytic, so that a complex step
            through it gives a derivative.
        kink: condition node for the points where the derivative is a convention, made from
            `(out, *operands, *params)`; None where there are no such points.
        convention: what is answered there, in words.
        traced: the kernel for runs that tell zeros apart (see `zeros`); None where all zeros that
            come out are computed.
        plain: the kernel without its look at zeros, which differs from it only where that is NaN; None
            where it has none.
        hands_on: the operands, by position, whose NaN is NaN in every element that hangs on it.
        by_blocks: gives what blocks can read in place of the kernel's value (see `placed`), or None.
        bounded: whether the operands (and parameters) say that every number of the value is finite, where that is
            sooner seen than by looking at them all.
    """

    commutative = False
    plain: Kernel | None = None
    hands_on: Container[int] = ()
    by_blocks: Callable[..., Placed | None] | None = None
    bounded: Callable[..., bool] | None = None

    def __init__(
        self,
        name: str,
        kernel: Kernel,
        *,
        symbolic: str | Callable[..., Any] | None = None,
        analytic: bool = True,
        kink: Callable[..., Node] | None = None,
        convention: str = "",
        traced: Trace | None = None,
    ) -> None:
        self.name = name
        self.kernel = kernel
        self.symbolic = symbolic
        self.analytic = analytic
        self.kink = kink
        self.convention = convention
        self.traced = traced

    def trace(self, *operands: Traced, params: Params) -> Traced:
        """The value, and where it is blank."""
        if self.traced is not None:
            return self.traced(*operands, *params)
        return Traced(self.kernel(*(operand.value for operand in operands), *params), False)

    def __repr__(self) -> str:
        return self.name

    def push(self, node: Node, tangents: Cotangents) -> Node | None:
        """The tangent of node, given those of its operands (None: zero)."""
        raise NotImplementedError

    def pull(self, node: Node, cotangent: Node, needed: Sequence[bool]) -> Cotangents:
        """The cotangents that node's operands get from its own (None: zero, or not needed)."""
        raise NotImplementedError


class Leaf(Operation):
    """No operands: a constant, or an input whose value is fed."""

    def push(self, node: Node, tangents: Cotangents) -> Node | None:
        return None

    def pull(self, node: Node, cotangent: Node, needed: Sequence[bool]) -> Cotangents:
        return ()


def _frozen(frozen: Frozen) -> NDArray[Any]:
    return frozen.array


def _unfed(name: str) -> NDArray[Any]:
    raise DataError(f"no value for {name}", code="missing")


constant = Leaf("constant", _frozen)
variable = Leaf("variable", _unfed)


class Halves(Record):
    """A kernel as second(first(x)): what is first is computed once for all operations that begin so. It is as large as
    so many arrays."""

    first: Callable[[NDArray[Any]], Any]
    second: Callable[[Any], NDArray[Any]]
    arrays: int


class Elementwise(Operation):
    """One output element from one element of each operand; operands of unequal shapes are broadcast.

    rules has an entry an operand: None where the derivative is zero everywhere. halves are the kernel in two parts, for
    many real numbers at once, or None.
    """

    halves: Halves | None = None

    def __init__(
        self, name: str, kernel: Kernel, rules: Sequence[Rule | None], *, commutative: bool = False, **kw: Any
    ) -> None:
        super().__init__(name, kernel, **kw)
        self.rules = tuple(rules)
        self.commutative = commutative
        self.simplify: Callable[..., Node | None] | None = None

    def __call__(self, *operands: Node, params: Params = ()) -> Node:
        shape = operands[0].shape
        for operand in operands:
            if operand.shape != shape:
                operands = broadcast(operands, self.name)
                shape = operands[0].shape
                break
        if self.simplify is not None:
            simpler = self.simplify(*operands, *params)
            if simpler is not None:
                return simpler
        return operands[0].graph.node(self, operands, params, shape)

    def push(self, node: Node, tangents: Cotangents) -> Node | None:
        total: Node | None = None
        for rule, tangent in zip(self.rules, tangents, strict=True):
            if rule is not None and tangent is not None:
                total = plus(total, rule(tangent, node, *node.operands, *node.params))
        return total

    def pull(self, node: Node, cotangent: Node, needed: Sequence[bool]) -> Cotangents:
        return [
            rule(cotangent, node, *node.operands, *node.params) if need and rule is not None else None
            for rule, need in zip(self.rules, needed, strict=True)
        ]


class Linear(Operation):
    """Linear in all operands together.

    infer(*shapes, *params) is the output's shape; transpose(g, node) the cotangents of the operands.
    """

    hands_on = range(sys.maxsize)

    def __init__(
        self,
        name: str,
        kernel: Kernel,
        infer: Callable[..., Shape],
        transpose: Callable[[Node, Node], Sequence[Node]],
        **kw: Any,
    ) -> None:
        super().__init__(name, kernel, traced=carried(kernel), **kw)
        self.infer = infer
        self.transpose = transpose
        self.simplify: Callable[..., Node | None] | None = None

    def __call__(self, *operands: Node, params: Params = ()) -> Node:
        if self.simplify is not None:
            simpler = self.simplify(*operands, *params)
            if simpler is not None:
                return simpler
        shape = self.infer(*(operand.shape for operand in operands), *params)
        return operands[0].graph.node(self, operands, params, shape)

    def push(self, node: Node, tangents: Cotangents) -> Node | None:
        lead = next(
            t.shape[: len(t.shape) - len(o.shape)]
            for t, o in zip(tangents, node.operands, strict=True)
            if t is not None
        )
        filled = [
            zeros(operand, lead + operand.shape) if tangent is None else tangent
            for tangent, operand in zip(tangents, node.operands, strict=True)
        ]
        return self(*filled, params=node.params)

    def pull(self, node: Node, cotangent: Node, needed: Sequence[bool]) -> Cotangents:
        return self.transpose(cotangent, node)


class Bilinear(Operation):
    """Linear in each of two operands.

    halves are two functions of `(g, node)`: the cotangents of the left and of the right operand;
    apply(node, left, right) is the operation with operands replaced, for push.
    """

    def __init__(
        self,
        name: str,
        kernel: Kernel,
        infer: Callable[..., Shape],
        halves: tuple[Callable[[Node, Node], Node], Callable[[Node, Node], Node]],
        pushes: tuple[Callable[[Node, Node], Node], Callable[[Node, Node], Node]],
        **kw: Any,
    ) -> None:
        super().__init__(name, kernel, **kw)
        self.infer = infer
        self.halves = halves
        self.pushes = pushes

    def __call__(self, left: Node, right: Node, params: Params = ()) -> Node:
        shape = self.infer(left.shape, right.shape, *params)
        return left.graph.node(self, (left, right), params, shape)

    def push(self, node: Node, tangents: Cotangents) -> Node | None:
        total: Node | None = None
        for push, tangent in zip(self.pushes, tangents, strict=True):
            if tangent is not None:
                total = plus(total, push(tangent, node))
        return total

    def pull(self, node: Node, cotangent: Node, needed: Sequence[bool]) -> Cotangents:
        return [half(cotangent, node) if need else None for half, need in zip(self.halves, needed, strict=True)]


class Reduction(Operation):
    """Trailing axes of one operand reduced to nothing: a sum after an elementwise map.

    rule(g, out, x, axes) is elementwise in x's shape, with g and out already copied along the
    reduced axes; params is `(axes,)`, negative and sorted.
    """

    def __init__(self, name: str, kernel: Kernel, rule: Rule, **kw: Any) -> None:
        super().__init__(name, kernel, **kw)
        self.rule = rule

    def __call__(self, x: Node, axes: tuple[int, ...]) -> Node:
        return x.graph.node(self, (x,), (axes,), without(x.shape, axes))

    def push(self, node: Node, tangents: Cotangents) -> Node | None:
        (x,), (tangent,), (axes,) = node.operands, tangents, node.params
        if tangent is None:
            return None
        inside = self.rule(tangent, copied(node, x.shape, axes), x, axes)
        return None if inside is None else total_over(inside, axes)

    def pull(self, node: Node, cotangent: Node, needed: Sequence[bool]) -> Cotangents:
        (x,), (axes,) = node.operands, node.params
        return [self.rule(copied(cotangent, x.shape, axes), copied(node, x.shape, axes), x, axes)]


class General(Operation):
    """An operation that declares its shape, push and pull apart.

    infer(*shapes, *params); push(node, tangents); pull(node, g, needed).
    """

    def __init__(
        self,
        name: str,
        kernel: Kernel,
        infer: Callable[..., Shape],
        push: Callable[[Node, Cotangents], Node | None],
        pull: Callable[[Node, Node, Sequence[bool]], Cotangents],
        **kw: Any,
    ) -> None:
        super().__init__(name, kernel, **kw)
        self.infer = infer
        self._push = push
        self._pull = pull

    def __call__(self, *operands: Node, params: Params = ()) -> Node:
        shape = self.infer(*(operand.shape for operand in operands), *params)
        return operands[0].graph.node(self, operands, params, shape)

    def push(self, node: Node, tangents: Cotangents) -> Node | None:
        return self._push(node, tangents)

    def pull(self, node: Node, cotangent: Node, needed: Sequence[bool]) -> Cotangents:
        return self._pull(node, cotangent, needed)


class First(General):
    """A general operation that its first operand alone moves, which may be the only one.

    push(t, out, *operands) and pull(g, out, *operands) are linear in t and g; None is zero.
    """

    def __init__(
        self, name: str, kernel: Kernel, infer: Callable[..., Shape], *, push: Rule, pull: Rule, **kw: Any
    ) -> None:
        def pushed(node: Node, tangents: Cotangents) -> Node | None:
            return None if tangents[0] is None else push(tangents[0], node, *node.operands)

        def pulled(node: Node, g: Node, needed: Sequence[bool]) -> Cotangents:
            return [pull(g, node, *node.operands) if needed[0] else None, *[None] * (len(node.operands) - 1)]

        super().__init__(name, kernel, infer, pushed, pulled, **kw)


# ---- the same value under another identity -----------------------------------------------------------

alias = Elementwise("alias", lambda x: x, (lambda g, out, x: g,), symbolic=lambda S, x: x, traced=together(lambda x: x))
alias.hands_on = (0,)
alias.__doc__ = "Its operand, as a node of its own: what is differentiated for one is not differentiated for the other."


def alias_of(x: Node) -> Node:
    """A new node with the value of x."""
    return x.graph.fresh(alias, (x,), (), x.shape)


def own(x: Node) -> Node:
    """A node with the value of x that nothing else is made of, now or later: x itself where it has just been
    made, which then is no longer shared with equal expressions."""
    operation = x.operation
    # simplifications look into what moves data, and into a function of one operand that undoes itself
    opaque = isinstance(operation, Elementwise) and (len(x.operands) > 1 or operation.simplify is None)
    return x if opaque and x.graph.withdraw(x) else alias_of(x)


# ---- broadcast and sum: each other's transpose -----------------------------------------------------


def without(shape: Shape, axes: tuple[int, ...]) -> Shape:
    """shape with these (negative) axes removed."""
    gone = {len(shape) + axis for axis in axes}
    return tuple(size for position, size in enumerate(shape) if position not in gone)


def _expanded_shape(shape: Shape, axes: tuple[int, ...], sizes: tuple[int, ...]) -> Shape:
    rank = len(shape) + len(axes)
    new = {rank + axis: size for axis, size in zip(axes, sizes, strict=True)}
    rest = iter(shape)
    return tuple(new[position] if position in new else next(rest) for position in range(rank))


def _expand(x: NDArray[Any] | np.float64, axes: tuple[int, ...], sizes: tuple[int, ...]) -> NDArray[Any]:
    if isinstance(x, np.float64):  # by far the most frequent; NumPy's own way takes ten times as long
        made = sizes if len(sizes) < 2 else _expanded_shape((), axes, sizes)  # axes may stand in any order
        return np.ndarray(made, np.float64, x, strides=(0,) * len(sizes))
    spread = np.expand_dims(x, axes)
    shape = list(spread.shape)
    for axis, size in zip(axes, sizes, strict=True):
        shape[axis] = size
    return np.broadcast_to(spread, shape)


def _sum(x: NDArray[Any], axes: tuple[int, ...]) -> NDArray[Any]:
    return np.add.reduce(x, axis=axes)


expand: Linear = Linear(
    "expand",
    _expand,
    _expanded_shape,
    lambda g, node: [total_over(g, node.params[0])],
)
expand.__doc__ = "Insert axes at these (negative) positions of the result, copying along them."

total: Linear = Linear(
    "total",
    _sum,
    without,
    lambda g, node: [copied(g, node.operands[0].shape, node.params[0])],
)
total.__doc__ = "Sum over these (negative) axes."


def total_over(x: Node, axes: tuple[int, ...]) -> Node:
    """The sum of x over these (negative) axes."""
    return total(x, params=(axes,)) if axes else x


def copied(x: Node, shape: Shape, axes: tuple[int, ...]) -> Node:
    """x copied along axes of shape that it lacks."""
    return expand(x, params=(axes, tuple(shape[axis] for axis in axes))) if axes else x


def broadcast_to(x: Node, shape: Shape) -> Node:
    """x with NumPy's broadcasting to shape, which must be possible."""
    if x.shape == shape:
        return x
    rank = len(shape)
    core = (1,) * (rank - len(x.shape)) + x.shape
    axes = tuple(a - rank for a in range(rank) if core[a] != shape[a] or a < rank - len(x.shape))
    kept = tuple(size for a, size in enumerate(core) if a - rank not in axes)
    return copied(reshape_to(x, kept), shape, axes)


def broadcast(operands: tuple[Node, ...], name: str = "") -> tuple[Node, ...]:
    """All operands brought to their common shape. Raises DataError where there is none."""
    try:
        shape = np.broadcast_shapes(*(operand.shape for operand in operands))
    except ValueError:
        shapes = [operand.shape for operand in operands if operand.shape]
        raise mismatch(shapes, "do not broadcast") from None
    return tuple(broadcast_to(operand, shape) for operand in operands)


def mismatch(shapes: Sequence[Shape], problem: str, hint: str | None = None) -> DataError:
    """The error for operands whose shapes do not go together, to be raised."""
    distinct = list(dict.fromkeys(shapes)) if len(set(shapes)) > 1 else list(shapes)
    words = ", ".join(str(shape) for shape in distinct[:-1]) + f" and {distinct[-1]}"
    hint = hint or "aligned from the right, sizes must be equal or 1; reshape, or index with None to add an axis"
    return DataError(f"shapes {words} {problem}", code="shape", hint=hint)


# ---- reshape ---------------------------------------------------------------------------------------


def _reshaped(shape: Shape, rank: int, target: Shape) -> Shape:
    return shape[: len(shape) - rank] + target


def _reshape(x: NDArray[Any], rank: int, target: Shape) -> NDArray[Any]:
    return x.reshape(x.shape[: x.ndim - rank] + target)


def _reshape_back(g: Node, node: Node) -> Sequence[Node]:
    rank, target = node.params
    (x,) = node.operands
    old = x.shape[len(x.shape) - rank :]
    return [reshape(g, params=(len(target), old))]


def _simpler_reshape(x: Node, rank: int, target: Shape) -> Node | None:
    if x.shape[len(x.shape) - rank :] == target:
        return x
    if x.operation is reshape and len(x.params[1]) == rank:
        return reshape(x.operands[0], params=(x.params[0], target))
    return None


reshape: Linear = Linear("reshape", _reshape, _reshaped, _reshape_back)
reshape.__doc__ = "The last `rank` axes rearranged, in C order, to `target`."
reshape.simplify = _simpler_reshape


def reshape_to(x: Node, shape: Shape) -> Node:
    """All axes of x rearranged to shape, which has as many elements."""
    return reshape(x, params=(len(x.shape), shape))


def number_of(node: Node) -> float | None:
    """The number that node is, copied to any shape; None where it is no constant."""
    while node.operation is expand or node.operation is reshape:
        (node,) = node.operands
    return float(node.params[0].array) if node.operation is constant and not node.shape else None


# ---- what sweeps need ------------------------------------------------------------------------------


def plus(left: Node | None, right: Node | None) -> Node | None:
    """The sum of two cotangents, where None is zero."""
    if left is None or right is None:
        return left if right is None else right
    return left + right


def filled(like: Node, shape: Shape, value: float) -> Node:
    """An array of one value in like's graph."""
    return broadcast_to(like.graph.constant(value), shape)


def zeros(like: Node, shape: Shape) -> Node:
    """Zeros in like's graph."""
    return filled(like, shape, 0.0)


def ones(like: Node, shape: Shape) -> Node:
    """Ones in like's graph."""
    return filled(like, shape, 1.0)
