"""The optimizers of `torch.optim`: PyTorch's formulas, on values outside the graph."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from typing import Any, TypeAlias

from ..engine.functions import Flag, Parameter
from ..engine.node import Node
from ..engine.operation import zeros
from ..engine.operations.selection import detach
from ..errors import DataError, ExpressionError
from . import autograd
from .binding import Bound
from .library import MEMBERS, built, member
from .objects import Object, method
from .torch_modules import forget
from .tracer import Tracer
from .values import Entries, Tensor, Value

Calls: TypeAlias = Generator[tuple[Value, list[Value]], Value, Value]
State: TypeAlias = dict[str, Any]
"""What an optimizer remembers of a parameter: nodes, and how often it was changed."""


class Settings:
    """The numbers and flags of a group of parameters, as they are now: a program may change them."""

    __slots__ = ("_fields", "_tracer")

    def __init__(self, tracer: Tracer, group: Entries) -> None:
        self._tracer, self._fields = tracer, group.fields

    def number(self, name: str) -> float:
        return self._tracer.number(self._fields[name], name)

    def flag(self, name: str) -> bool:
        return self._tracer.truth(self._fields[name])

    def pair(self, name: str) -> tuple[float, float]:
        first, second = (self._tracer.number(each, name) for each in self._fields[name])
        return first, second


class Optimizer(Object):
    """Changes parameters along their gradients; states is what it remembers of each."""

    __slots__ = ("groups", "states")

    def __init__(self, name: str, tracer: Tracer, params: Value, **settings: Value) -> None:
        self.groups = [Entries(fields) for fields in _groups(params, settings)]
        super().__init__(name, {"param_groups": list(self.groups)})
        if any(Settings(tracer, group).number("lr") < 0 for group in self.groups):
            raise DataError("lr is not negative")
        self.states: dict[tuple[int, int], State] = {}

    @property
    def params(self) -> list[Tensor]:
        return [each for group in self.groups for each in group.fields["params"]]

    def change(self, value: Node, gradient: Node, state: State, settings: Settings) -> Node:
        """What is to be taken from a parameter; state["steps"] counts from 1."""
        raise NotImplementedError

    def value(self, value: Node, settings: Settings) -> Node:
        """What it is to be taken from."""
        return value

    def step(self, tracer: Tracer) -> None:
        """Change every parameter that has a gradient."""
        for number in range(len(self.groups)):
            self.step_group(tracer, number)

    def step_group(self, tracer: Tracer, number: int) -> None:
        """Change the parameters of one group."""
        group = self.groups[number]
        settings = Settings(tracer, group)
        decay, ascends = settings.number("weight_decay"), settings.flag("maximize")
        for position, each in enumerate(group.fields["params"]):
            if each.gradient is None or each.gradient.grad is None:
                continue
            value, gradient = detach(each.node), detach(each.gradient.grad.node)
            gradient = -gradient if ascends else gradient
            if decay and not isinstance(self, AdamW):
                gradient = gradient + value * decay
            state = self.states.setdefault((number, position), {"steps": 0})
            state["steps"] += 1
            value = self.value(value, settings)
            autograd.write(tracer, autograd.Data(each), value - self.change(value, gradient, state, settings))


def _groups(params: Value, settings: dict[str, Value]) -> list[dict[str, Value]]:
    """The groups of parameters, each with its settings: its own where it has any. Raises ExpressionError."""
    grouped = isinstance(params, (list, tuple)) and bool(params) and all(isinstance(each, dict) for each in params)
    groups = []
    for given in params if grouped else [{"params": params}]:
        unknown = next((name for name in given if name != "params" and name not in settings), None)
        if unknown is not None or "params" not in given:
            known = ", ".join(("params", *settings))
            message = (
                "a group of parameters has no params" if unknown is None else f"there is no setting {unknown!r:.40}"
            )
            raise ExpressionError(message, code="argument", hint=f"a group has {known}")
        single = isinstance(given["params"], Tensor)
        groups.append({**settings, **given, "params": _params([given["params"]] if single else given["params"])})
    return groups


def _params(params: Value) -> list[Tensor]:
    if not isinstance(params, (list, tuple)) or not params or not all(isinstance(each, Tensor) for each in params):
        raise ExpressionError("an optimizer takes a list of tensors, such as model.parameters()", code="argument")
    return list(params)


def _average(state: State, name: str, gradient: Node, new: Node, share: float) -> Node:
    """A running average that starts at 0: share of what it was, and the rest of what is new."""
    before = state.get(name)
    before = zeros(gradient, gradient.shape) if before is None else before
    found: Node = detach(before * share + new * (1.0 - share))
    state[name] = found
    return found


class SGD(Optimizer):
    """Stochastic gradient descent, with PyTorch's momentum: the first step is not damped."""

    __slots__ = ()

    def change(self, value: Node, gradient: Node, state: State, settings: Settings) -> Node:
        momentum = settings.number("momentum")
        if momentum:
            before = state.get("momentum")
            damped = gradient * (1.0 - settings.number("dampening"))
            buffer = gradient if before is None else detach(before * momentum + damped)
            state["momentum"] = buffer
            gradient = gradient + buffer * momentum if settings.flag("nesterov") else buffer
        return gradient * settings.number("lr")


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015), with its correction of the first steps."""

    __slots__ = ()

    def change(self, value: Node, gradient: Node, state: State, settings: Settings) -> Node:
        first, second = settings.pair("betas")
        mean = _average(state, "mean", gradient, gradient, first)
        square = _average(state, "square", gradient, gradient * gradient, second)
        if settings.flag("amsgrad"):
            square = state["most"] = built("maximum", square, state.get("most", square))
        root = built("sqrt", square) / math.sqrt(1.0 - second ** state["steps"])
        rate = settings.number("lr") / (1.0 - first ** state["steps"])
        return mean / (root + settings.number("eps")) * rate


class AdamW(Adam):
    """Adam with decay apart from the gradient (Loshchilov and Hutter, 2019)."""

    __slots__ = ()

    def value(self, value: Node, settings: Settings) -> Node:
        return value * (1.0 - settings.number("lr") * settings.number("weight_decay"))


class RMSprop(Optimizer):
    """Gradients divided by the root of their running mean square (Hinton's lecture 6e)."""

    __slots__ = ()

    def change(self, value: Node, gradient: Node, state: State, settings: Settings) -> Node:
        alpha, momentum = settings.number("alpha"), settings.number("momentum")
        square = _average(state, "square", gradient, gradient * gradient, alpha)
        if settings.flag("centered"):
            mean = _average(state, "mean", gradient, gradient, alpha)
            square = square - mean * mean
        moved = gradient / (built("sqrt", square) + settings.number("eps"))
        if momentum:
            moved = state["moved"] = detach(state["moved"] * momentum + moved) if "moved" in state else moved
        return moved * settings.number("lr")


class Adagrad(Optimizer):
    """Gradients divided by the root of the sum of their squares (Duchi et al., 2011)."""

    __slots__ = ()

    def change(self, value: Node, gradient: Node, state: State, settings: Settings) -> Node:
        start = settings.number("initial_accumulator_value")
        before = state.get("sum", start)
        total = state["sum"] = detach(gradient * gradient + before)
        rate = settings.number("lr") / (1.0 + (state["steps"] - 1) * settings.number("lr_decay"))
        return gradient / (built("sqrt", total) + settings.number("eps")) * rate


class Adadelta(Optimizer):
    """Gradients times the root of what moves were over what gradients were (Zeiler, 2012)."""

    __slots__ = ()

    def change(self, value: Node, gradient: Node, state: State, settings: Settings) -> Node:
        rho, eps = settings.number("rho"), settings.number("eps")
        square = _average(state, "square", gradient, gradient * gradient, rho)
        before = state.get("moves", zeros(gradient, gradient.shape))
        moved = gradient * (built("sqrt", before + eps) / built("sqrt", square + eps))
        _average(state, "moves", gradient, moved * moved, rho)
        return moved * settings.number("lr")


class Adamax(Optimizer):
    """Adam with the largest gradient, fading, in place of the root mean square (Kingma and Ba, 2015)."""

    __slots__ = ()

    def change(self, value: Node, gradient: Node, state: State, settings: Settings) -> Node:
        first, second = settings.pair("betas")
        mean = _average(state, "mean", gradient, gradient, first)
        before = state.get("most", zeros(gradient, gradient.shape))
        most = state["most"] = detach(
            built("maximum", before * second, built("abs", gradient) + settings.number("eps"))
        )
        return mean / most * (settings.number("lr") / (1.0 - first ** state["steps"]))


class NAdam(Optimizer):
    """Adam with Nesterov's momentum (Dozat, 2016)."""

    __slots__ = ()

    def change(self, value: Node, gradient: Node, state: State, settings: Settings) -> Node:
        first, second = settings.pair("betas")
        now, after = (
            first * (1.0 - 0.5 * 0.96 ** (step * settings.number("momentum_decay")))
            for step in (state["steps"], state["steps"] + 1)
        )
        product = state["product"] = state.get("product", 1.0) * now
        mean = _average(state, "mean", gradient, gradient, first)
        square = _average(state, "square", gradient, gradient * gradient, second)
        root = built("sqrt", square / (1.0 - second ** state["steps"])) + settings.number("eps")
        ahead = gradient * ((1.0 - now) / (1.0 - product)) + mean * (after / (1.0 - product * after))
        return ahead / root * settings.number("lr")


class RAdam(Optimizer):
    """Adam that waits with dividing until it knows the variance (Liu et al., 2020)."""

    __slots__ = ()

    def change(self, value: Node, gradient: Node, state: State, settings: Settings) -> Node:
        (first, second), step = settings.pair("betas"), state["steps"]
        mean = _average(state, "mean", gradient, gradient, first) / (1.0 - first**step)
        square = _average(state, "square", gradient, gradient * gradient, second)
        most = 2.0 / (1.0 - second) - 1.0
        length = most - 2.0 * step * second**step / (1.0 - second**step)
        if length <= 5.0:
            return mean * settings.number("lr")
        known = math.sqrt((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length))
        root = (built("sqrt", square) + settings.number("eps")) / math.sqrt(1.0 - second**step)
        return mean / root * (known * settings.number("lr"))


class Rprop(Optimizer):
    """Steps by sign alone, longer while that stays and shorter when it turns (Riedmiller and Braun, 1993)."""

    __slots__ = ()

    def change(self, value: Node, gradient: Node, state: State, settings: Settings) -> Node:
        (shorter, longer), (least, most) = settings.pair("etas"), settings.pair("step_sizes")
        nothing = zeros(gradient, gradient.shape)
        turns = built("sign", gradient * state.get("before", nothing))
        factor = built("where", built("greater", turns, nothing), turns.lift(longer), turns.lift(1.0))
        factor = built("where", built("less", turns, nothing), turns.lift(shorter), factor)
        size = state.get("size", nothing + settings.number("lr")) * factor
        state["size"] = size = detach(built("clip", size, size.lift(least), size.lift(most)))
        gradient = built("where", built("less", turns, nothing), nothing, gradient)
        state["before"] = gradient
        return built("sign", gradient) * size


# ---- as they are made ----------------------------------------------------------------------------------


@member("torch.optim.SGD")
def sgd(
    tracer: Tracer, params: Value, lr: Value = 1e-3, momentum: Value = 0.0, dampening: Value = 0.0,
    weight_decay: Value = 0.0, nesterov: Flag = False, maximize: Flag = False,
) -> Value:  # fmt: skip
    """Stochastic gradient descent."""
    if nesterov and not (tracer.number(momentum, "momentum") and not tracer.number(dampening, "dampening")):
        raise DataError("nesterov takes a momentum, and no dampening")
    return SGD(
        "SGD", tracer, params, lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay,
        nesterov=nesterov, maximize=maximize,
    )  # fmt: skip


@member("torch.optim.Adam")
def adam(
    tracer: Tracer, params: Value, lr: Value = 1e-3, betas: Value = (0.9, 0.999), eps: Value = 1e-8,
    weight_decay: Value = 0.0, amsgrad: Flag = False, maximize: Flag = False,
) -> Value:  # fmt: skip
    """Adam."""
    return Adam(
        "Adam", tracer, params, lr=lr, betas=_betas(betas), eps=eps, weight_decay=weight_decay, amsgrad=amsgrad,
        maximize=maximize,
    )  # fmt: skip


@member("torch.optim.AdamW")
def adamw(
    tracer: Tracer, params: Value, lr: Value = 1e-3, betas: Value = (0.9, 0.999), eps: Value = 1e-8,
    weight_decay: Value = 1e-2, amsgrad: Flag = False, maximize: Flag = False,
) -> Value:  # fmt: skip
    """Adam with decay apart from the gradient."""
    return AdamW(
        "AdamW", tracer, params, lr=lr, betas=_betas(betas), eps=eps, weight_decay=weight_decay, amsgrad=amsgrad,
        maximize=maximize,
    )  # fmt: skip


def _betas(betas: Value) -> Sequence[Value]:
    if not isinstance(betas, (list, tuple)) or len(betas) != 2:
        raise ExpressionError("betas are two numbers", code="argument")
    return betas


@member("torch.optim.RMSprop")
def rmsprop(
    tracer: Tracer, params: Value, lr: Value = 1e-2, alpha: Value = 0.99, eps: Value = 1e-8,
    weight_decay: Value = 0.0, momentum: Value = 0.0, centered: Flag = False, maximize: Flag = False,
) -> Value:  # fmt: skip
    """RMSprop."""
    return RMSprop(
        "RMSprop", tracer, params, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum,
        centered=centered, maximize=maximize,
    )  # fmt: skip


@member("torch.optim.Adagrad")
def adagrad(
    tracer: Tracer, params: Value, lr: Value = 1e-2, lr_decay: Value = 0.0, weight_decay: Value = 0.0,
    initial_accumulator_value: Value = 0.0, eps: Value = 1e-10, maximize: Flag = False,
) -> Value:  # fmt: skip
    """Adagrad."""
    return Adagrad(
        "Adagrad", tracer, params, lr=lr, lr_decay=lr_decay, weight_decay=weight_decay,
        initial_accumulator_value=initial_accumulator_value, eps=eps, maximize=maximize,
    )  # fmt: skip


def _maker(kind: type[Optimizer], **settings: Value) -> None:
    """Declare an optimizer whose settings are numbers, and pairs of them."""

    def make(tracer: Tracer, params: Value, *given: Value) -> Value:
        return kind(kind.__name__, tracer, params, **dict(zip(known, given, strict=True)))

    known = {"lr": 1e-3, **settings, "weight_decay": 0.0, "maximize": False}
    parameters = [Parameter("params", "Value"), *(Parameter(name, "Value", value) for name, value in known.items())]
    MEMBERS[f"torch.optim.{kind.__name__}"] = Bound(kind.__name__, parameters, make)


_maker(Adadelta, lr=1.0, rho=0.9, eps=1e-6)
_maker(Adamax, lr=2e-3, betas=(0.9, 0.999), eps=1e-8)
_maker(NAdam, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, momentum_decay=4e-3)
_maker(RAdam, betas=(0.9, 0.999), eps=1e-8)
_maker(Rprop, lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50.0))


# ---- what they can be asked ----------------------------------------------------------------------------


@method(Optimizer, "zero_grad")
def zero_grad(tracer: Tracer, optimizer: Value, set_to_none: Flag = True) -> Value:
    """Forget what the parameters have gathered."""
    forget(optimizer.params, set_to_none)


@method(Optimizer, "step")
def step(tracer: Tracer, optimizer: Value, closure: Value = None) -> Calls:
    """Change every parameter that has a gradient, unrecorded; closure, which computes them, is called first."""
    loss = None if closure is None else (yield closure, [])
    optimizer.step(tracer)
    return loss


for _kind in (SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, Adamax, NAdam, RAdam, Rprop):
    _kind.METHODS.update(Optimizer.METHODS)
