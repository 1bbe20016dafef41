"""Batch and instance normalisation, which may follow the mean and the variance of what they see."""

from __future__ import annotations

import math
from typing import Any

from ..engine.functions import Flag, Whole
from ..engine.node import Node
from ..engine.operation import reshape_to
from ..engine.operations.selection import detach
from ..errors import DataError
from . import autograd
from .library import built, member
from .objects import MISSING, method
from .operators import BINARY
from .torch_modules import Layer
from .torch_norms import affine_fields, scaled
from .tracer import Tracer
from .values import Tensor, Value

Running = tuple[Value, Value]


def _channels(x: Node, least: int, name: str) -> int:
    if len(x.shape) < least:
        raise DataError(f"{name} takes an array of at least {least} axes, batch and channels first, not {x.shape}")
    return x.shape[1]


def _along(tracer: Tracer, value: Value, x: Node, name: str) -> Node:
    """A number for each channel, beside an array. Raises DataError for another shape."""
    node = tracer.node(value)
    if node.shape != (x.shape[1],):
        raise DataError(f"{name} has shape {node.shape}, and there are {x.shape[1]} channels", code="shape")
    return reshape_to(node, (node.size, *(1,) * (len(x.shape) - 2)))


def _standard(tracer: Tracer, x: Node, mean: Node, variance: Node, eps: float) -> Node:
    """x less a mean over √(variance + eps)."""
    made: Node = BINARY["/"](tracer, BINARY["-"](tracer, x, mean), built("sqrt", variance + eps))
    return made


def _by_running(tracer: Tracer, x: Node, running: Running, eps: float, name: str) -> Node:
    if None in running:
        raise DataError(f"{name} takes running_mean and running_var where it does not use the input's own")
    mean, variance = (
        _along(tracer, each, x, word) for each, word in zip(running, ("running_mean", "running_var"), strict=True)
    )
    return _standard(tracer, x, mean, variance, eps)


def _follow(tracer: Tracer, running: Running, x: Node, new: tuple[Node, Node], share: float) -> None:
    """Move a running mean and variance towards new ones, in place and unrecorded."""
    for before, now, name in zip(running, new, ("running_mean", "running_var"), strict=True):
        if before is None:
            continue
        _along(tracer, before, x, name)
        after = detach(tracer.node(before) * (1.0 - share) + now * share)
        if isinstance(before, Tensor):
            autograd.write(tracer, autograd.Data(before), after)


@member("torch.nn.functional.batch_norm")
def batch_norm(
    tracer: Tracer, input: Node, running_mean: Value, running_var: Value, weight: Value = None, bias: Value = None,
    training: Flag = False, momentum: float = 0.1, eps: float = 1e-5,
) -> Value:  # fmt: skip
    """Centred and divided by √(variance + eps), channel by channel; in training by input's own."""
    count, running = _channels(input, 2, "batch_norm"), (running_mean, running_var)
    if not training:
        return scaled(tracer, _by_running(tracer, input, running, eps, "batch_norm"), weight, bias)
    values = input.size // max(count, 1)
    if values == 1:
        raise DataError("one value a channel has no variance", code="shape", hint="eval() uses what was seen before")
    axes = tuple(each for each in range(len(input.shape)) if each != 1)
    mean, variance = built("mean", input, axes), built("var", input, axes, 0.0)
    _follow(tracer, running, input, (mean, variance * (values / max(values - 1, 1))), momentum)
    middle, width = (_along(tracer, each, input, "what is normalised") for each in (mean, variance))
    return scaled(tracer, _standard(tracer, input, middle, width, eps), weight, bias)


@member("torch.nn.functional.instance_norm")
def instance_norm(
    tracer: Tracer, input: Node, running_mean: Value = None, running_var: Value = None, weight: Value = None,
    bias: Value = None, use_input_stats: Flag = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Value:  # fmt: skip
    """Centred and divided by √(variance + eps) within each channel of each example."""
    _channels(input, 3, "instance_norm")
    running = (running_mean, running_var)
    if not use_input_stats:
        return scaled(tracer, _by_running(tracer, input, running, eps, "instance_norm"), weight, bias)
    values = math.prod(input.shape[2:])
    if values == 1:
        raise DataError("one value a channel has no variance", code="shape")
    axes = tuple(range(2 - len(input.shape), 0))
    mean, variance = built("mean", input, axes, True), built("var", input, axes, 0.0, True)
    of_all = [reshape_to(built("mean", each, 0), (input.shape[1],)) for each in (mean, variance)]
    _follow(tracer, running, input, (of_all[0], of_all[1] * (values / max(values - 1, 1))), momentum)
    return scaled(tracer, _standard(tracer, input, mean, variance, eps), weight, bias)


# ---- as modules ----------------------------------------------------------------------------------------


class Normalizing(Layer):
    """`nn.BatchNorm1d` and its kin. ranks are the numbers of axes that it takes, and settings what it was made with."""

    __slots__ = ("ranks", "settings")

    def __init__(self, name: str, fields: dict[str, Value], settings: dict[str, Value], ranks: tuple[int, ...]) -> None:
        super().__init__(name, fields)
        self.buffers = dict.fromkeys(("running_mean", "running_var", "num_batches_tracked"), True)
        self.ranks, self.settings = ranks, settings

    def held(self, name: str) -> Value:
        found = super().held(name)
        return self.settings.get(name, MISSING) if found is MISSING else found

    def assign(self, tracer: Tracer, name: str, value: Value) -> bool:
        if name not in ("eps", "momentum"):
            return super().assign(tracer, name, value)
        self.settings[name] = value
        return True

    def share(self, tracer: Tracer) -> float:
        """How much of what is new a running mean takes: without momentum it is the mean of all."""
        if self.settings["momentum"] is not None:
            return tracer.number(self.settings["momentum"], "momentum")
        return 1.0 / tracer.number(self.fields["num_batches_tracked"], "num_batches_tracked")

    def apply(self, tracer: Tracer, input: Node) -> Value:
        if len(input.shape) not in self.ranks:
            axes = " or ".join(map(str, self.ranks))
            raise DataError(f"{self.name} takes an array of {axes} axes, not of shape {input.shape}", code="shape")
        fields, eps = self.fields, tracer.number(self.settings["eps"], "eps")
        mean, variance, weight, bias = (fields[name] for name in ("running_mean", "running_var", "weight", "bias"))
        own = self.training or mean is None
        if self.name.startswith("Batch"):
            follows = self.training and mean is not None
            if follows:
                counted = fields["num_batches_tracked"]
                autograd.write(tracer, autograd.Data(counted), detach(tracer.node(counted) + 1.0))
            share = self.share(tracer) if follows else 0.0
            return batch_norm(tracer, input, mean, variance, weight, bias, own, share, eps)
        whole = input if len(input.shape) == self.ranks[-1] else reshape_to(input, (1, *input.shape))
        share = 0.0 if self.settings["momentum"] is None else self.share(tracer)
        return reshape_to(instance_norm(tracer, whole, mean, variance, weight, bias, own, share, eps), input.shape)


def _begun(tracer: Tracer, count: int, wanted: bool) -> dict[str, Value]:
    """What is followed, before anything was seen."""

    def tensor(node: Node) -> Value:
        return Tensor(node) if wanted else None

    return {
        "running_mean": tensor(built("zeros", tracer.graph, (count,))),
        "running_var": tensor(built("ones", tracer.graph, (count,))),
        "num_batches_tracked": tensor(tracer.node(0.0)),
    }


def _declare(kind: str, rank: int, ranks: tuple[int, ...], affine_by_default: bool) -> None:
    name = f"{kind}Norm{rank}d"

    def layer(
        tracer: Tracer, num_features: Whole, eps: float = 1e-5, momentum: Value = 0.1,
        affine: Flag = affine_by_default, track_running_stats: Flag = affine_by_default,
    ) -> Value:  # fmt: skip
        if num_features < 1:
            raise DataError("num_features is at least 1")
        settings: dict[str, Any] = {
            "num_features": float(num_features), "eps": eps, "momentum": momentum, "affine": affine,
            "track_running_stats": track_running_stats,
        }  # fmt: skip
        fields = affine_fields(tracer, (num_features,), affine)
        return Normalizing(name, fields | _begun(tracer, num_features, track_running_stats), settings, ranks)

    member(f"torch.nn.{name}")(layer)


for _rank in (1, 2, 3):
    _declare("Batch", _rank, (2, 3) if _rank == 1 else (_rank + 2,), True)
    _declare("Instance", _rank, (_rank + 1, _rank + 2), False)


@method(Normalizing, "reset_running_stats")
def reset_running_stats(tracer: Tracer, module: Value) -> Value:
    """Forget what was seen."""
    tracked = module.fields["running_mean"] is not None
    module.fields.update(_begun(tracer, int(module.settings["num_features"]), tracked))
