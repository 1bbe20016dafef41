"""Normalisation of groups of channels, and by root mean squares."""

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


def scaled(tracer: Tracer, x: Node, weight: Value, bias: Value) -> Node:
    """x times a weight and plus a bias for each channel, which are the second axis. Raises DataError."""
    ones = (1,) * (len(x.shape) - 2)
    for parameter, operator, name in ((weight, "*", "weight"), (bias, "+", "bias")):
        if parameter is not None:
            node = tracer.node(parameter)
            if node.shape != (x.shape[1],):
                raise DataError(f"{name} has shape {node.shape}, and there are {x.shape[1]} channels", code="shape")
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
    if input.shape[0] * length == 1:
        raise DataError("one value a group has no variance", code="shape")
    grouped = reshape_to(input, (input.shape[0], num_groups, length))
    return scaled(tracer, reshape_to(standardized(tracer, grouped, (-1,), eps), input.shape), weight, bias)


@member("torch.nn.functional.rms_norm")
def rms_norm(tracer: Tracer, input: Node, normalized_shape: Shape, weight: Value = None, eps: Value = None) -> Value:
    """Divided by √(mean of squares + eps) over its last axes; times weight (Zhang and Sennrich 2019)."""
    whole = tuple(normalized_shape)
    if not whole or input.shape[len(input.shape) - len(whole) :] != whole:
        raise DataError(f"shape {input.shape} does not end in {whole}, over which rms_norm is to work", code="shape")
    if weight is not None and tracer.node(weight).shape != whole:
        raise DataError(f"weight has shape {tracer.node(weight).shape}, and not {whole}", code="shape")
    least = 2.0**-52 if eps is None else tracer.number(eps, "eps")
    squares = built("mean", built("square", input), tuple(range(-len(normalized_shape), 0)), True)
    out = BINARY["/"](tracer, input, built("sqrt", squares + least))
    return out if weight is None else BINARY["*"](tracer, out, tracer.node(weight))


# ---- as modules ----------------------------------------------------------------------------------------


def affine_fields(tracer: Tracer, shape: tuple[int, ...], wanted: bool, offset: bool = True) -> dict[str, Value]:
    """A weight of ones and a bias of zeros, where they are wanted."""
    kinds = {"weight": ("ones", wanted), "bias": ("zeros", wanted and offset)}
    return {
        name: autograd.leaf(tracer, built(kind, tracer.graph, shape)) if there else None
        for name, (kind, there) in kinds.items()
    }


@member("torch.nn.GroupNorm")
def group_norm_layer(
    tracer: Tracer, num_groups: Whole, num_channels: Whole, eps: float = 1e-5, affine: Flag = True, bias: Flag = True
) -> Value:
    """group_norm with a weight and a bias for each channel."""
    if num_groups < 1 or num_channels % num_groups:
        raise DataError(f"{num_channels} channels are no {num_groups} groups")

    def apply(tracer: Tracer, x: Node, layer: Layer) -> Value:
        return group_norm(tracer, x, num_groups, layer.fields["weight"], layer.fields["bias"], eps)

    return Applied("GroupNorm", apply, affine_fields(tracer, (num_channels,), affine, bias))


@member("torch.nn.RMSNorm")
def rms_norm_layer(
    tracer: Tracer, normalized_shape: Shape, eps: Value = None, elementwise_affine: Flag = True
) -> Value:
    """rms_norm with a weight for each entry."""
    fields = {"weight": affine_fields(tracer, normalized_shape, elementwise_affine)["weight"]}

    def apply(tracer: Tracer, x: Node, layer: Layer) -> Value:
        return rms_norm(tracer, x, normalized_shape, layer.fields["weight"], eps)

    return Applied("RMSNorm", apply, fields)
