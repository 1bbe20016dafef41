"""Modules with parameters of their own: linear and bilinear layers, embeddings, normalisation; and `Parameter`."""

from __future__ import annotations

import math

from ..engine.functions import Flag, Shape, Whole
from ..engine.node import Node
from ..engine.operations.assignment import assign
from ..engine.operations.indexing import index, positions
from ..engine.operations.selection import detach
from ..errors import DataError, ExpressionError
from . import autograd
from .library import built, member
from .torch_functional import bilinear, embedding, functional_linear, layer_norm
from .torch_modules import Applied, Layer
from .tracer import Tracer
from .values import Parameter, Value


def even(tracer: Tracer, shape: tuple[int, ...], bound: float) -> Value:
    """A parameter drawn evenly from -bound to bound."""
    return autograd.leaf(tracer, (built("rand", tracer.graph, shape) * 2.0 - 1.0) * bound)


def positive(**sizes: int) -> None:
    """Raises DataError for a size that is none."""
    for name, size in sizes.items():
        if size < 1:
            raise DataError(f"{name} is at least 1, and is {size}")


@member("torch.nn.Linear")
def linear(tracer: Tracer, in_features: Whole, out_features: Whole, bias: Flag = True) -> Value:
    """x @ weight.T + bias; both are drawn evenly from ±1/√in_features."""
    positive(in_features=in_features, out_features=out_features)
    bound = 1 / math.sqrt(in_features)
    fields = {
        "weight": even(tracer, (out_features, in_features), bound),
        "bias": even(tracer, (out_features,), bound) if bias else None,
        "in_features": float(in_features), "out_features": float(out_features),
    }  # fmt: skip

    def apply(tracer: Tracer, x: Node, layer: Layer) -> Value:
        return functional_linear(tracer, x, tracer.node(layer.fields["weight"]), layer.fields["bias"])

    return Applied("Linear", apply, fields)


class Bilinear(Layer):
    """`nn.Bilinear`: x1 W x2 + b for every matrix of W."""

    __slots__ = ()

    def apply(self, tracer: Tracer, input1: Node, input2: Node) -> Value:  # type: ignore[override]  # of two arrays
        weight = tracer.node(self.fields["weight"])
        return bilinear(tracer, input1, input2, weight, self.fields["bias"])


@member("torch.nn.Bilinear")
def bilinear_layer(
    tracer: Tracer, in1_features: Whole, in2_features: Whole, out_features: Whole, bias: Flag = True
) -> Value:
    """x1 weight x2 + bias; both are drawn evenly from ±1/√in1_features."""
    positive(in1_features=in1_features, in2_features=in2_features, out_features=out_features)
    bound = 1 / math.sqrt(in1_features)
    fields = {
        "weight": even(tracer, (out_features, in1_features, in2_features), bound),
        "bias": even(tracer, (out_features,), bound) if bias else None,
    }
    return Bilinear("Bilinear", fields)


@member("torch.nn.Embedding")
def embedding_layer(tracer: Tracer, num_embeddings: Whole, embedding_dim: Whole, padding_idx: Value = None) -> Value:
    """A row of weight for every whole number, drawn from the normal distribution; that of padding_idx is not moved."""
    positive(num_embeddings=num_embeddings, embedding_dim=embedding_dim)
    drawn = built("randn", tracer.graph, (num_embeddings, embedding_dim))
    fixed = None if padding_idx is None else tracer.whole(padding_idx, "padding_idx") % num_embeddings
    if fixed is not None:
        drawn = assign(drawn, positions(drawn.shape, (fixed,)), drawn.lift(0.0))
    weight = autograd.leaf(tracer, drawn)

    def apply(tracer: Tracer, numbers: Node, layer: Layer) -> Value:
        found = embedding(tracer, numbers, tracer.node(layer.fields["weight"]))
        if fixed is None:
            return found
        padding = index(built("equal", numbers, numbers.lift(float(fixed))), (..., None))
        return built("where", padding, detach(found), found)

    return Applied("Embedding", apply, {"weight": weight})


@member("torch.nn.LayerNorm")
def layer_norm_layer(
    tracer: Tracer, normalized_shape: Shape, eps: float = 1e-5, elementwise_affine: Flag = True, bias: Flag = True
) -> Value:
    """Centred and scaled over its last axes, then times weight (ones) plus bias (zeros)."""
    graph, shape = tracer.graph, normalized_shape
    fields = {
        "weight": autograd.leaf(tracer, built("ones", graph, shape)) if elementwise_affine else None,
        "bias": autograd.leaf(tracer, built("zeros", graph, shape)) if elementwise_affine and bias else None,
    }

    def apply(tracer: Tracer, x: Node, layer: Layer) -> Value:
        return layer_norm(tracer, x, shape, layer.fields["weight"], layer.fields["bias"], eps)

    return Applied("LayerNorm", apply, fields)


@member("torch.nn.PReLU")
def prelu(tracer: Tracer, num_parameters: Whole = 1, init: float = 0.25) -> Value:
    """x, or weight times x where it is negative."""
    if num_parameters != 1:
        raise ExpressionError("PReLU has one parameter here", code="argument")
    weight = autograd.leaf(tracer, built("full", tracer.graph, (1,), tracer.graph.constant(init)))

    def apply(tracer: Tracer, x: Node, layer: Layer) -> Value:
        return built("relu", x) - tracer.node(layer.fields["weight"]) * built("relu", -x)

    return Applied("PReLU", apply, {"weight": weight})


@member("torch.nn.Parameter", "torch.nn.parameter.Parameter")
def parameter(tracer: Tracer, data: Value, requires_grad: Flag = True) -> Value:
    """A tensor that requires a gradient."""
    box = Parameter(detach(tracer.node(data)))
    return autograd.leaf(tracer, box) if requires_grad else box
