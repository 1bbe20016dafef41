"""`torch.nn.init`: functions that fill a tensor, unrecorded."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..engine.functions import REQUIRED, Parameter, Word
from ..engine.node import Node
from ..engine.operation import broadcast_to
from ..engine.operations.selection import detach
from ..errors import DataError, ExpressionError
from . import autograd
from .binding import Bound
from .library import MEMBERS, built, member
from .tracer import Tracer
from .values import Value


def _fill(tracer: Tracer, tensor: Value, node: Node) -> Value:
    box = autograd.boxed(tracer, tensor)
    autograd.write(tracer, autograd.Data(box), detach(broadcast_to(node, box.node.shape)))
    return box


def _start(name: str, build: Callable[..., Node], *names: tuple[str, float | None]) -> None:
    """Declare a function that fills a tensor; build takes the tracer, the shape, and numbers."""

    def fill(tracer: Tracer, tensor: Value, *numbers: float) -> Value:
        return _fill(tracer, tensor, build(tracer, autograd.boxed(tracer, tensor).node.shape, *numbers))

    parameters = [Parameter("tensor", "Value")]
    parameters += [Parameter(each, "float", REQUIRED if default is None else default) for each, default in names]
    MEMBERS[f"torch.nn.init.{name}"] = Bound(name, parameters, fill)


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many inputs and outputs a weight of this shape joins."""
    if len(shape) < 2:
        raise DataError(f"this start needs at least two axes, not shape {shape}", code="shape")
    return shape[1] * math.prod(shape[2:]), shape[0] * math.prod(shape[2:])


def _even(tracer: Tracer, shape: tuple[int, ...], low: float, high: float) -> Node:
    return low + built("rand", tracer.graph, shape) * (high - low)


def _normal(tracer: Tracer, shape: tuple[int, ...], mean: float, std: float) -> Node:
    return mean + built("randn", tracer.graph, shape) * std


def _xavier(tracer: Tracer, shape: tuple[int, ...], gain: float) -> Node:
    bound = gain * math.sqrt(6.0 / sum(_fans(shape)))
    return _even(tracer, shape, -bound, bound)


def _xavier_normal(tracer: Tracer, shape: tuple[int, ...], gain: float) -> Node:
    return _normal(tracer, shape, 0.0, gain * math.sqrt(2.0 / sum(_fans(shape))))


def _eye(tracer: Tracer, shape: tuple[int, ...]) -> Node:
    if len(shape) != 2:
        raise DataError(f"eye_ fills a matrix, not shape {shape}", code="shape")
    return built("eye", tracer.graph, *shape)


_start("zeros_", lambda tracer, shape: tracer.graph.constant(0.0))
_start("ones_", lambda tracer, shape: tracer.graph.constant(1.0))
_start("constant_", lambda tracer, shape, value: tracer.graph.constant(value), ("val", None))
_start("eye_", _eye)
_start("normal_", _normal, ("mean", 0.0), ("std", 1.0))
_start("uniform_", _even, ("a", 0.0), ("b", 1.0))
_start("xavier_uniform_", _xavier, ("gain", 1.0))
_start("xavier_normal_", _xavier_normal, ("gain", 1.0))


# ---- after He et al. 2015 ------------------------------------------------------------------------------


@member("torch.nn.init.calculate_gain")
def calculate_gain(tracer: Tracer, nonlinearity: Word, param: Value = None) -> Value:
    """What keeps the spread of activations through a nonlinearity."""
    slope = 0.01 if param is None else tracer.number(param, "the slope")
    gains = {
        "relu": math.sqrt(2.0), "leaky_relu": math.sqrt(2.0 / (1.0 + slope**2)), "tanh": 5.0 / 3.0, "selu": 0.75,
        "linear": 1.0, "sigmoid": 1.0,
    }  # fmt: skip
    if nonlinearity not in gains:
        raise ExpressionError(f"there is a gain for {', '.join(gains)}", code="argument")
    return gains[nonlinearity]


def _spread(tracer: Tracer, shape: tuple[int, ...], a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ExpressionError("mode is 'fan_in' or 'fan_out'", code="argument")
    gain: float = calculate_gain(tracer, nonlinearity, a)
    return gain / math.sqrt(_fans(shape)[mode == "fan_out"])


@member("torch.nn.init.kaiming_uniform_")
def kaiming_uniform_(
    tracer: Tracer, tensor: Value, a: float = 0.0, mode: Word = "fan_in", nonlinearity: Word = "leaky_relu"
) -> Value:
    """Evenly distributed, so that the spread of activations is kept."""
    shape = autograd.boxed(tracer, tensor).node.shape
    bound = math.sqrt(3.0) * _spread(tracer, shape, a, mode, nonlinearity)
    return _fill(tracer, tensor, _even(tracer, shape, -bound, bound))


@member("torch.nn.init.kaiming_normal_")
def kaiming_normal_(
    tracer: Tracer, tensor: Value, a: float = 0.0, mode: Word = "fan_in", nonlinearity: Word = "leaky_relu"
) -> Value:
    """Normally distributed, so that the spread of activations is kept."""
    shape = autograd.boxed(tracer, tensor).node.shape
    return _fill(tracer, tensor, _normal(tracer, shape, 0.0, _spread(tracer, shape, a, mode, nonlinearity)))
