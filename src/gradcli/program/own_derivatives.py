"""Functions whose derivative the program writes itself: `torch.autograd.Function`, `jax.custom_vjp`, `jax.custom_jvp`.

Where such a function is called, what the program wrote for its derivative is called too, with a new variable where a
cotangent (or a tangent) will stand: what it gives is a graph, linear in that variable. Pushing along the variable and
pulling back to it are the two modes, whichever of them was written; and being a graph, they are differentiated again.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, TypeAlias

from ..engine.node import Node
from ..engine.operation import Cotangents, General, plus
from ..engine.operations.selection import detach
from ..engine.sweeps import ancestors, between, pull, push
from ..engine.unused import NoAnswer
from ..errors import DataError, ExpressionError
from . import autograd
from .classes import Differentiable, Static, UserClass
from .code import CallSite
from .differentiate import leaves, shaped_like
from .library import member
from .objects import Object, method
from .routines import Keywords, Routine
from .torch_autograd import alike, check_function, several
from .tracer import Tracer
from .transforms import Made
from .values import Tensor, Value

Calls: TypeAlias = Generator[Any, Value, Value]

_LATER = "the gradient, which is known only when derivatives are asked for"


# ---- operations ----------------------------------------------------------------------------------------


class _Written(General):
    """An operation with the value of its first operand, which hangs on the others as the program wrote.

    seeds are variables, results what was written for them.
    """

    def __init__(self, name: str, seeds: Sequence[Node], results: Sequence[Node | None]) -> None:
        super().__init__(name, lambda value, *inputs: value, lambda shape, *inputs: shape, self._pushed, self._pulled)
        self.seeds = list(seeds)
        self.results = list(results)

    def _pushed(self, node: Node, tangents: Cotangents) -> Node | None:
        raise NotImplementedError

    def _pulled(self, node: Node, cotangent: Node, needed: Sequence[bool]) -> Cotangents:
        raise NotImplementedError

    def check_graph(self, node: Node) -> None:
        """Raise NoAnswer where a rule is asked for outside the graph that it was written in."""
        if node.graph is not self.seeds[0].graph:
            raise NoAnswer("the derivative of this operation is a graph")


class _Backward(_Written):
    """From the cotangent of the output, the one seed, to those of the inputs."""

    def _pulled(self, node: Node, cotangent: Node, needed: Sequence[bool]) -> Cotangents:
        self.check_graph(node)
        (seed,), present = self.seeds, [each for each in self.results if each is not None]
        found = push(present, [seed], [cotangent], [])
        made = [each for each in found if each is not None]
        if seed in ancestors(made, seed.id, {cotangent}):
            found = self._with_cotangent(present, cotangent)
        given = iter(found)
        return [None, *(None if each is None else next(given) for each in self.results)]

    def _with_cotangent(self, results: list[Node], cotangent: Node) -> list[Node | None]:
        """The results for a cotangent in which they are not linear (one that clips it, say)."""
        (seed,) = self.seeds
        if cotangent.shape != seed.shape:
            raise self._not_linear()
        found = {seed: cotangent}
        for each in between(results, [seed]):
            if each is not seed:
                operands = tuple(found.get(operand, operand) for operand in each.operands)
                found[each] = each.graph.node(each.operation, operands, each.params, each.shape)
        return [found.get(each) for each in results]

    def _pushed(self, node: Node, tangents: Cotangents) -> Node | None:
        self.check_graph(node)
        total: Node | None = None
        for result, tangent in zip(self.results, tangents[1:], strict=True):
            if result is not None and tangent is not None:
                total = plus(total, pull([result], [tangent], self.seeds, [])[0])
        if total is not None and self.seeds[0] in ancestors([total], self.seeds[0].id):
            raise self._not_linear()
        return total

    def _not_linear(self) -> DataError:
        return DataError(
            f"the backward of {self.name} is not linear in the gradient it is given", code="autograd",
            hint="such a function can be differentiated once, by backward()",
        )  # fmt: skip


class _Tangent(_Written):
    """From the tangents of the inputs, the seeds, to that of the output, the one result."""

    def _pushed(self, node: Node, tangents: Cotangents) -> Node | None:
        self.check_graph(node)
        moving = [(seed, each) for seed, each in zip(self.seeds, tangents[1:], strict=True) if each is not None]
        (result,) = self.results
        assert result is not None
        return push([result], [seed for seed, _ in moving], [each for _, each in moving], [])[0]

    def _pulled(self, node: Node, cotangent: Node, needed: Sequence[bool]) -> Cotangents:
        self.check_graph(node)
        (result,) = self.results
        assert result is not None
        return [None, *pull([result], [cotangent], self.seeds, [])]


def _applied(operation: _Written, value: Node, inputs: Sequence[Node]) -> Node:
    return value.graph.node(operation, (detach(value), *inputs), (), value.shape)


def _cotangent_of(name: str, found: Value, tracer: Tracer, wanted: Node) -> Node | None:
    """What was written for an input, or None. Raises DataError where it has another shape."""
    if found is None:
        return None
    node = tracer.node(found)
    if node.shape != wanted.shape:
        message = f"{name} gave a gradient of shape {node.shape} for an input of shape {wanted.shape}"
        raise DataError(message, code="shape", hint="a gradient has the shape of what it is for")
    return node


# ---- PyTorch: classes with forward and backward --------------------------------------------------------


class Notes(Object):
    """`ctx`: what forward leaves for backward."""

    __slots__ = ("saved",)

    def __init__(self, needed: tuple[bool, ...]) -> None:
        super().__init__("ctx", {"needs_input_grad": needed})
        self.saved: tuple[Value, ...] = ()

    def held(self, name: str) -> Value:
        return self.saved if name in ("saved_tensors", "saved_variables") else super().held(name)

    def assign(self, tracer: Tracer, name: str, value: Value) -> bool:
        self.fields[name] = tracer.bind(tracer.own(value))
        return True


@method(Notes, "save_for_backward")
def save_for_backward(tracer: Tracer, ctx: Value, *tensors: Value) -> Value:
    """Keep tensors for backward."""
    ctx.saved = tensors


@method(Notes, "mark_non_differentiable", "set_materialize_grads", "mark_dirty")
def unchanged(tracer: Tracer, ctx: Value, *tensors: Value) -> Value:
    """Nothing: what is not differentiable gets no gradient from backward, and all others are numbers."""


class _Apply(Routine):
    """`F.apply` of a class F that derives from `torch.autograd.Function`."""

    __slots__ = ("kind",)

    def __init__(self, kind: UserClass) -> None:
        super().__init__(kind.name)
        self.kind = kind

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        for needed in ("forward", "backward"):
            if self.kind.find(needed) is None:
                message = f"{self.name} has no {needed}, which a torch.autograd.Function is made of"
                raise ExpressionError(message, code="call", span=site.span)
        return self._calls(tracer, arguments)

    def _calls(self, tracer: Tracer, arguments: list[Value]) -> Calls:
        recorded = not tracer.detached
        differentiable = [isinstance(each, (Node, Tensor)) for each in arguments]
        inputs = [tracer.node(each) for each, is_one in zip(arguments, differentiable, strict=True) if is_one]
        given = iter([autograd.requires_grad(tracer, each) for each in inputs])
        notes = Notes(tuple(is_one and next(given) for is_one in differentiable))
        tracer.detached = True
        output = yield from self._forward(notes, arguments)
        tracer.detached = not recorded
        if not recorded:
            return output
        return (yield from self._recorded(tracer, notes, output, inputs, differentiable))

    def _forward(self, notes: Notes, arguments: list[Value]) -> Calls:
        prepare = _plain(self.kind.find("setup_context"))
        forward = _plain(self.kind.find("forward"))
        output = yield forward, list(arguments) if prepare else [notes, *arguments]
        if prepare:
            yield prepare, [notes, tuple(arguments), output]
        return output

    def _recorded(
        self, tracer: Tracer, notes: Notes, output: Value, inputs: list[Node], differentiable: list[bool]
    ) -> Calls:
        """The outputs as results of operations that differentiate as backward says."""
        values = [tracer.node(each) for each in several(output)]
        seeds = [tracer.graph.input(_LATER, value.shape) for value in values]
        operations = [_Backward(self.name, [seed], []) for seed in seeds]
        made = [Tensor(_applied(operation, value, inputs)) for operation, value in zip(operations, values, strict=True)]
        for before, after in zip(several(output), made, strict=True):
            notes.saved = tuple(after if each is before else each for each in notes.saved)
        found = yield _plain(self.kind.find("backward")), [notes, *map(Tensor, seeds)]
        results = self._cotangents(tracer, found, inputs, differentiable)
        for operation in operations:
            operation.results = results
        return alike(output, made)

    def _cotangents(
        self, tracer: Tracer, found: Value, inputs: list[Node], differentiable: list[bool]
    ) -> list[Node | None]:
        given = several(found)
        if len(given) < len(differentiable) or any(each is not None for each in given[len(differentiable) :]):
            raise DataError(
                f"the backward of {self.name} gave {len(given)} gradients for {len(differentiable)} inputs",
                code="autograd", hint="it returns one for every argument of forward, None for those without",
            )  # fmt: skip
        chosen = [each for each, is_one in zip(given, differentiable, strict=False) if is_one]
        name = f"the backward of {self.name}"
        return [_cotangent_of(name, each, tracer, wanted) for each, wanted in zip(chosen, inputs, strict=True)]


def _plain(function: Value) -> Value:
    return function.function if isinstance(function, Static) else function


Differentiable.applying = _Apply


# ---- JAX: functions with rules -------------------------------------------------------------------------


class Ruled(Object):
    """A function that `custom_vjp` or `custom_jvp` decorates; rules are what was declared for it.

    Inside its own rules it is the function that it was made of.
    """

    __slots__ = ("constant", "function", "inside", "rules")

    def __init__(self, name: str, function: Value, constant: tuple[int, ...]) -> None:
        super().__init__(name)
        self.function = function
        self.constant = constant
        self.rules: tuple[Value, ...] = ()
        self.inside = False

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        if not self.rules:
            message = f"{self.name} has no rules: they are declared by {self.name}.{self.declared_by}(…)"
            raise ExpressionError(message, code="call", span=site.span)
        return self._calls(tracer, arguments, keywords)

    declared_by = ""

    def _calls(self, tracer: Tracer, arguments: list[Value], keywords: Keywords) -> Calls:
        if self.inside or tracer.detached or keywords:
            return (yield self.function, arguments, keywords)
        self.inside = True
        output = yield from self._ruled(tracer, arguments)
        self.inside = False
        return output

    def _ruled(self, tracer: Tracer, arguments: list[Value]) -> Calls:
        raise NotImplementedError

    def _moving(self, arguments: list[Value]) -> tuple[Value, ...]:
        """The arguments that it is differentiated for."""
        return tuple(each for i, each in enumerate(arguments) if i not in self.constant)

    def _constants(self, arguments: list[Value]) -> list[Value]:
        return [arguments[i] for i in self.constant]


class Pulled(Ruled):
    """`custom_vjp`: the rules are forward, which gives the output and what backward needs, and backward."""

    __slots__ = ()
    declared_by = "defvjp"

    def _ruled(self, tracer: Tracer, arguments: list[Value]) -> Calls:
        forward, backward = self.rules
        moving = self._moving(arguments)
        inputs = [tracer.node(each) for each in leaves(moving)]
        pair = yield forward, list(arguments)
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            message = f"the forward rule of {self.name} gives a pair: the output, and what the backward rule needs"
            raise ExpressionError(message, code="type")
        output, kept = pair
        values = [tracer.node(each) for each in leaves(output)]
        seeds = [tracer.graph.input(_LATER, value.shape) for value in values]
        weights = shaped_like(output, iter([tracer.bind(seed) for seed in seeds]))
        found = yield backward, [*self._constants(arguments), kept, weights]
        results = self._cotangents(tracer, found, moving, inputs)
        made = [
            tracer.bind(_applied(_Backward(self.name, [seed], results), value, inputs))
            for seed, value in zip(seeds, values, strict=True)
        ]
        return shaped_like(output, iter(made))

    def _cotangents(
        self, tracer: Tracer, found: Value, moving: tuple[Value, ...], inputs: list[Node]
    ) -> list[Node | None]:
        if not isinstance(found, (list, tuple)) or len(found) != len(moving):
            message = (
                f"the backward rule of {self.name} gives a tuple with a cotangent for each of {len(moving)} inputs"
            )
            raise ExpressionError(message, code="type")
        flat: list[Value] = []
        for each, argument in zip(found, moving, strict=True):
            flat += [None] * len(list(leaves(argument))) if each is None else list(leaves(each))
        name = f"the backward rule of {self.name}"
        return [_cotangent_of(name, each, tracer, wanted) for each, wanted in zip(flat, inputs, strict=True)]


class Pushed(Ruled):
    """`custom_jvp`: the one rule gives output and tangent from inputs and tangents."""

    __slots__ = ()
    declared_by = "defjvp"

    def _ruled(self, tracer: Tracer, arguments: list[Value]) -> Calls:
        moving = self._moving(arguments)
        inputs = [tracer.node(each) for each in leaves(moving)]
        seeds = [tracer.graph.input(_LATER, each.shape) for each in inputs]
        tangents = shaped_like(moving, iter([tracer.bind(seed) for seed in seeds]))
        pair = yield self.rules[0], [*self._constants(arguments), moving, tangents]
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            message = f"the rule of {self.name} gives a pair: the output, and its tangent"
            raise ExpressionError(message, code="type")
        output, tangent = pair
        made = [
            tracer.bind(_applied(_Tangent(self.name, seeds, [tracer.node(moved)]), tracer.node(value), inputs))
            for value, moved in zip(leaves(output), leaves(tangent), strict=True)
        ]
        return shaped_like(output, iter(made))


@method(Pulled, "defvjp")
def defvjp(tracer: Tracer, function: Value, fwd: Value, bwd: Value) -> Value:
    """Declare the rules."""
    check_function(fwd)
    check_function(bwd)
    function.rules = (fwd, bwd)


@method(Pushed, "defjvp")
def defjvp(tracer: Tracer, function: Value, jvp: Value) -> Value:
    """Declare the rule; gives it back, so that this can decorate it."""
    check_function(jvp)
    function.rules = (jvp,)
    return jvp


@method(Pushed, "defjvps")
def defjvps(tracer: Tracer, function: Value, *jvps: Value) -> Value:
    """Declare the rule by one function for each input, of its tangent, the output and the inputs."""

    def together(tracer: Tracer, arguments: list[Value], keywords: Keywords) -> Calls:
        primals, tangents = arguments[-2:]
        output = yield function.function, list(primals)
        moved: Value = 0.0
        for rule, tangent in zip(jvps, tangents, strict=True):
            if rule is not None:
                part = tracer.node((yield rule, [tangent, output, *primals]))
                moved = part if type(moved) is float else moved + part
        return output, moved

    function.rules = (Made(function.name, together),)


def _ruled(kind: type[Ruled], path: str) -> None:
    """Declare what decorates a function with rules."""

    def make(tracer: Tracer, fun: Value, nondiff_argnums: Value = ()) -> Value:
        check_function(fun)
        return kind(fun.name, fun, tuple(tracer.whole(each, "nondiff_argnums") for each in several(nondiff_argnums)))

    member(path)(make)


_ruled(Pulled, "jax.custom_vjp")
_ruled(Pushed, "jax.custom_jvp")
