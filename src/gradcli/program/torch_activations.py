"""Modules without parameters: activations, reshaping, dropout."""

from __future__ import annotations

from typing import Any

from ..engine.functions import FUNCTIONS, Flag, Parameter, Shape, Whole
from .binding import Bound
from .library import MEMBERS, built, member
from .torch_functional import dropout
from .torch_modules import Applied
from .tracer import Tracer
from .values import Value

_IN_PLACE = frozenset(
    ("CELU", "ELU", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "Mish", "ReLU", "ReLU6", "SELU", "SiLU")
)
"""Modules that PyTorch can tell to write over what they are given; here that is of no use, and ignored."""


def _activation(name: str, function: str) -> None:
    """Declare a module for a function of the language: what it takes after the array, the module is made with."""
    table = FUNCTIONS[function]
    options = table.parameters[1:]
    count = len(options)

    def make(tracer: Tracer, *chosen: Any) -> Value:
        return Applied(name, lambda tracer, x, layer: table.build(x, *chosen[:count]))

    more = [Parameter("inplace", "Flag", False)] if name in _IN_PLACE else []
    defaults = table.torch_defaults
    MEMBERS[f"torch.nn.{name}"] = Bound(name, [*options, *more], make, defaults=defaults)


for _name, _function in {
    "CELU": "celu", "ELU": "elu", "GELU": "gelu", "Hardsigmoid": "hardsigmoid", "Hardswish": "hardswish",
    "Hardtanh": "hardtanh", "LeakyReLU": "leaky_relu", "LogSigmoid": "logsigmoid", "LogSoftmax": "log_softmax",
    "Mish": "mish", "ReLU": "relu", "ReLU6": "relu6", "SELU": "selu", "SiLU": "silu", "Sigmoid": "sigmoid",
    "Softmax": "softmax", "Softplus": "softplus", "Softsign": "softsign", "Tanh": "tanh", "Tanhshrink": "tanhshrink",
}.items():  # fmt: skip
    _activation(_name, _function)


def _of_functional(name: str, function: str) -> None:
    """Declare a module for a function of `torch.nn.functional` that this library adds."""
    routine: Bound = MEMBERS[f"torch.nn.functional.{function}"]

    def make(tracer: Tracer, *chosen: Any) -> Value:
        return Applied(name, lambda tracer, x, layer: routine.call(tracer, x, *chosen))

    MEMBERS[f"torch.nn.{name}"] = Bound(name, routine.parameters[1:], make)


for _name, _function in {
    "GLU": "glu", "Hardshrink": "hardshrink", "Softmin": "softmin", "Softshrink": "softshrink",
    "Threshold": "threshold",
}.items():  # fmt: skip
    _of_functional(_name, _function)


@member("torch.nn.Identity")
def identity(tracer: Tracer, *ignored: Value) -> Value:
    """The array itself; what the module is made with is ignored, as in PyTorch."""
    return Applied("Identity", lambda tracer, x, layer: x)


@member("torch.nn.Flatten")
def flatten_layer(tracer: Tracer, start_dim: Whole = 1, end_dim: Whole = -1) -> Value:
    """Several axes as one; all but the first, unless told."""
    return Applied("Flatten", lambda tracer, x, layer: built("flatten", x, start_dim, end_dim))


@member("torch.nn.Unflatten")
def unflatten_layer(tracer: Tracer, dim: Whole, unflattened_size: Shape) -> Value:
    """One axis as several."""
    unflatten: Bound = MEMBERS["torch.unflatten"]
    return Applied("Unflatten", lambda tracer, x, layer: unflatten.call(tracer, x, dim, unflattened_size))


@member("torch.nn.Dropout", "torch.nn.AlphaDropout")
def dropout_layer(tracer: Tracer, p: float = 0.5, inplace: Flag = False) -> Value:
    """In training, zeros with probability p and all else divided by 1 - p; after eval() the array itself."""
    return Applied("Dropout", lambda tracer, x, layer: dropout(tracer, x, p, layer.training))


@member("torch.nn.CosineSimilarity")
def cosine_layer(tracer: Tracer, dim: Whole = 1, eps: float = 1e-8) -> Value:
    """The cosine of the angle between vectors along an axis."""
    routine: Bound = MEMBERS["torch.nn.functional.cosine_similarity"]
    kept = routine.parameters[:2]
    return Bound("CosineSimilarity", kept, lambda tracer, x1, x2: routine.call(tracer, x1, x2, dim, eps))
