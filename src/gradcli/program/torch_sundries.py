"""Smaller things of PyTorch's that fewer programs use: ways to drop, pad and shuffle, and contexts without meaning."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np

from ..engine.functions import Flag, Whole
from ..engine.node import Node
from ..engine.operation import reshape_to
from ..engine.operations.selection import detach
from ..errors import DataError
from .code import CallSite
from .library import MEMBERS, built, member
from .operators import BINARY
from .routines import Keywords, Routine
from .torch_functional import dropout
from .torch_losses import Loss
from .torch_modules import Applied
from .tracer import Tracer
from .values import Context, Value


@member("torch.nn.functional.gumbel_softmax")
def gumbel_softmax(
    tracer: Tracer, logits: Node, tau: float = 1.0, hard: Flag = False, eps: float = 1e-10, dim: Whole = -1
) -> Value:
    """A class that is drawn, softly; where hard, 1 and zeros that are differentiated as the soft ones."""
    noise = tracer.graph.constant(tracer.graph.random.gumbel(size=logits.shape))
    soft = built("softmax", (logits + noise) / tau, dim)
    if not hard:
        return soft
    most = built("max", detach(soft), dim, True)
    chosen = built("equal", detach(soft), built("broadcast_to", most, soft.shape))
    return chosen - detach(soft) + soft


@member("torch.nn.functional.prelu")
def prelu(tracer: Tracer, input: Node, weight: Node) -> Value:
    """x, or weight times x where it is negative; a weight for each channel, or one for all."""
    if weight.size > 1:
        weight = reshape_to(weight, (weight.size, *(1,) * (len(input.shape) - 2)))
    return BINARY["-"](tracer, built("relu", input), BINARY["*"](tracer, weight, built("relu", -input)))


@member("torch.nn.functional.pixel_shuffle")
def pixel_shuffle(tracer: Tracer, input: Node, upscale_factor: Whole) -> Value:
    """Channels laid out as squares of a larger picture (Shi et al. 2016)."""
    r = upscale_factor
    if len(input.shape) < 3 or r < 1 or input.shape[-3] % (r * r):
        raise DataError(f"an array of shape {input.shape} has no squares of {r} by {r} in its channels", code="shape")
    *lead, channels, height, width = input.shape
    split = reshape_to(input, (*lead, channels // (r * r), r, r, height, width))
    n = len(lead)
    order = (*range(n), n, n + 3, n + 1, n + 4, n + 2)
    return reshape_to(built("permute", split, order), (*lead, channels // (r * r), height * r, width * r))


@member("torch.nn.PixelShuffle")
def pixel_shuffle_layer(tracer: Tracer, upscale_factor: Whole) -> Value:
    """pixel_shuffle, as a module."""
    return Applied("PixelShuffle", lambda tracer, x, layer: pixel_shuffle(tracer, x, upscale_factor))


@member("torch.nn.functional.dropout1d", "torch.nn.functional.dropout2d", "torch.nn.functional.dropout3d")
def dropout_channels(tracer: Tracer, input: Node, p: float = 0.5, training: Flag = True) -> Value:
    """Whole channels set to zero with probability p, and all else divided by 1 - p."""
    ones = built("ones", tracer.graph, input.shape[:2])
    kept = reshape_to(dropout(tracer, ones, p, training), (*input.shape[:2], *(1,) * (len(input.shape) - 2)))
    return BINARY["*"](tracer, input, kept)


def _dropout(rank: int) -> None:
    def make(tracer: Tracer, p: float = 0.5, inplace: Flag = False) -> Value:
        return Applied(f"Dropout{rank}d", lambda tracer, x, layer: dropout_channels(tracer, x, p, layer.training))

    member(f"torch.nn.Dropout{rank}d")(make)


for _rank in (1, 2, 3):
    _dropout(_rank)


def _padding(name: str, rank: int, mode: str) -> None:
    """Declare a module that pads: by one width, or by one for each side, the last axis first."""

    def make(tracer: Tracer, padding: Value, value: float = 0.0) -> Value:
        several = padding if isinstance(padding, (list, tuple)) else [padding] * (2 * rank)
        widths = np.array([tracer.whole(each, "padding") for each in several])
        if len(widths) != 2 * rank:
            raise DataError(f"padding is a whole number, or {2 * rank} of them")
        return Applied(name, lambda tracer, x, layer: built("pad", x, widths, mode, np.asarray(value), True))

    member(f"torch.nn.{name}")(make)


_MODES = {"Zero": "constant", "Constant": "constant", "Reflection": "reflect", "Replication": "replicate"}

for _rank in (1, 2, 3):
    for _name, _mode in _MODES.items():
        _padding(f"{_name}Pad{_rank}d", _rank, _mode)


@member("torch.nn.PairwiseDistance")
def pairwise_distance_layer(tracer: Tracer, p: float = 2.0, eps: float = 1e-6, keepdim: Flag = False) -> Value:
    """The norms of x1 - x2 + eps along the last axis."""
    routine = MEMBERS["torch.nn.functional.pairwise_distance"]
    two = routine.parameters[:2]
    return Loss("PairwiseDistance", two, lambda tracer, *x: routine.call(tracer, *x, p, eps, keepdim))


# ---- what means nothing here ---------------------------------------------------------------------------


class Checkpoint(Routine):
    """`checkpoint`: calls a function; that it would be computed again in the backward sweep changes nothing."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        kept = {word: value for word, value in keywords.items() if word not in _OF_CHECKPOINTS}
        return self._calls(arguments, kept)

    def _calls(self, arguments: list[Value], keywords: Keywords) -> Generator[Any, Value, Value]:
        return (yield arguments[0], arguments[1:], keywords)


_OF_CHECKPOINTS = ("context_fn", "debug", "determinism_check", "preserve_rng_state", "use_reentrant")
MEMBERS["torch.utils.checkpoint.checkpoint"] = Checkpoint("checkpoint")


class Autocast(Routine):
    """`autocast`: a context that changes nothing, as all numbers are float64."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return Context(None)


for _path in ("torch.autocast", "torch.amp.autocast", "torch.cuda.amp.autocast"):
    MEMBERS[_path] = Autocast("autocast")
