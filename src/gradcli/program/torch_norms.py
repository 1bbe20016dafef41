"""Normalisation of groups of channels, of single ones, and by root mean squares."""

from __future__ import annotations

import math

from ..engine.functions import Flag, Shape, Whole
from ..engine.node import Node
from ..engine.operation import reshape_to
from ..errors import DataError
from . import autograd
from .library import built, member
from .operators import BINARY
from .torch_functional import standardized
from .torch_modules import Applied, Layer
from .tracer import Tracer
from .values import Value


def _scaled(tracer: Tracer, x: Node, weight: Value, bias: Value) -> Node:
    """x times a weight and plus a bias for each channel, which are the second axis."""
    ones = (1,) * (len(x.shape) - 2)
    for parameter, operator in ((weight, "*"), (bias, "+")):
        if parameter is not None:
            node = tracer.node(parameter)
            x = BINARY[operator](tracer, x, reshape_to(node, (node.size, *ones)))
    return x


@member("torch.nn.functional.group_norm")
def group_norm(
    tracer: Tracer, input: Node, num_groups: Whole, weight: Value = None, bias: Value = None, eps: float = 1e-5
) -> Value:
    """Centred and divided by √(variance + eps) within each group of channels (Wu and He 2018)."""
    if len(input.shape) < 2 or num_groups < 1 or input.shape[1] % num_groups:
        raise DataError(f"an array of shape {input.shape} has no {num_groups} groups of channels", code="shape")
    length = input.shape[1] // num_groups * math.prod(input.shape[2:])
    grouped = reshape_to(input, (input.shape[0], num_groups, length))
    return _scaled(tracer, reshape_to(standardized(tracer, grouped, (-1,), eps), input.shape), weight, bias)


@member("torch.nn.functional.instance_norm")
def instance_norm(
    tracer: Tracer, input: Node, running_mean: Value = None, running_var: Value = None, weight: Value = None,
    bias: Value = None, use_input_stats: Flag = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Value:  # fmt: skip
    """Centred and divided by √(variance + eps) within each channel of each example."""
    if len(input.shape) < 3:
        raise DataError(f"an array of shape {input.shape} has nothing beside batch and channels", code="shape")
    axes = tuple(range(2 - len(input.shape), 0))
    return _scaled(tracer, standardized(tracer, input, axes, eps), weight, bias)


@member("torch.nn.functional.rms_norm")
def rms_norm(tracer: Tracer, input: Node, normalized_shape: Shape, weight: Value = None, eps: Value = None) -> Value:
    """Divided by √(mean of squares + eps) over its last axes; times weight (Zhang and Sennrich 2019)."""
    if input.shape[len(input.shape) - len(normalized_shape) :] != tuple(normalized_shape):
        raise DataError(f"shape {input.shape} does not end in {tuple(normalized_shape)}", code="shape")
    least = 2.0**-52 if eps is None else tracer.number(eps, "eps")
    squares = built("mean", built("square", input), tuple(range(-len(normalized_shape), 0)), True)
    out = BINARY["/"](tracer, input, built("sqrt", squares + least))
    return out if weight is None else BINARY["*"](tracer, out, tracer.node(weight))


# ---- as modules ----------------------------------------------------------------------------------------


def _affine(tracer: Tracer, shape: tuple[int, ...], wanted: bool) -> dict[str, Value]:
    """A weight of ones and a bias of zeros, where they are wanted."""
    kinds = {"weight": "ones", "bias": "zeros"}
    return {
        name: autograd.leaf(tracer, built(kind, tracer.graph, shape)) if wanted else None
        for name, kind in kinds.items()
    }


@member("torch.nn.GroupNorm")
def group_norm_layer(
    tracer: Tracer, num_groups: Whole, num_channels: Whole, eps: float = 1e-5, affine: Flag = True
) -> Value:
    """group_norm with a weight and a bias for each channel."""
    if num_groups < 1 or num_channels % num_groups:
        raise DataError(f"{num_channels} channels are no {num_groups} groups")

    def apply(tracer: Tracer, x: Node, layer: Layer) -> Value:
        return group_norm(tracer, x, num_groups, layer.fields["weight"], layer.fields["bias"], eps)

    return Applied("GroupNorm", apply, _affine(tracer, (num_channels,), affine))


def _instance_norm(rank: int) -> None:
    def make(
        tracer: Tracer, num_features: Whole, eps: float = 1e-5, momentum: float = 0.1, affine: Flag = False,
        track_running_stats: Flag = False,
    ) -> Value:  # fmt: skip
        if track_running_stats:
            raise DataError(f"InstanceNorm{rank}d tracks no statistics here")

        def apply(tracer: Tracer, x: Node, layer: Layer) -> Value:
            whole = x if len(x.shape) == rank + 2 else reshape_to(x, (1, *x.shape))
            fields = layer.fields
            made = instance_norm(tracer, whole, None, None, fields["weight"], fields["bias"], True, momentum, eps)
            return reshape_to(made, x.shape)

        return Applied(f"InstanceNorm{rank}d", apply, _affine(tracer, (num_features,), affine))

    member(f"torch.nn.InstanceNorm{rank}d")(make)


for _rank in (1, 2, 3):
    _instance_norm(_rank)


@member("torch.nn.RMSNorm")
def rms_norm_layer(
    tracer: Tracer, normalized_shape: Shape, eps: Value = None, elementwise_affine: Flag = True
) -> Value:
    """rms_norm with a weight for each entry."""
    fields = {"weight": _affine(tracer, normalized_shape, elementwise_affine)["weight"]}

    def apply(tracer: Tracer, x: Node, layer: Layer) -> Value:
        return rms_norm(tracer, x, normalized_shape, layer.fields["weight"], eps)

    return Applied("RMSNorm", apply, fields)
