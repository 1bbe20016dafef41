"""Convolutions and pooling: `torch.nn.functional.conv2d` and its kin, and their modules.

All of them look at windows: an array's entries at the positions of a kernel, which slices with steps pick.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

from ..engine.functions import FUNCTIONS, Flag, Whole, Word
from ..engine.node import Node
from ..engine.operation import reshape_to
from ..engine.operations.indexing import index
from ..engine.operations.structural import stack
from ..errors import DataError, ExpressionError
from .library import built, member
from .operators import BINARY
from .torch_layers import even
from .torch_modules import Applied, Layer
from .tracer import Tracer
from .values import Value

Sizes = tuple[int, ...]


def windows(x: Node, kernel: Sizes, step: Sizes, dilation: Sizes) -> Node:
    """The entries of x at each position of a kernel, along a new first axis: the last axes are where it stands."""
    sizes = x.shape[len(x.shape) - len(kernel) :]
    counts = [(size - d * (k - 1) - 1) // s + 1 for size, k, s, d in zip(sizes, kernel, step, dilation, strict=True)]
    if min(counts) < 1:
        raise DataError(f"a kernel of shape {kernel} is larger than the array of shape {sizes}", code="shape")
    found = []
    for offsets in product(*map(range, kernel)):
        cuts = [
            slice(o * d, o * d + s * (n - 1) + 1, s) for o, d, s, n in zip(offsets, dilation, step, counts, strict=True)
        ]
        found.append(index(x, (..., *cuts)))
    return stack(found)


def sizes_of(tracer: Tracer, value: Value, rank: int, name: str, least: int = 1) -> Sizes:
    """A size for each axis, from one number or several."""
    several = value if isinstance(value, (list, tuple)) else [value] * rank
    found = tuple(tracer.whole(each, name) for each in several)
    if len(found) != rank or min(found) < least:
        raise DataError(f"{name} is a whole number from {least}, or {rank} of them")
    return found


_PADDINGS = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""What lies around an array, by PyTorch's name and by NumPy's."""


def _padded(x: Node, widths: Sequence[tuple[int, int]], value: float = 0.0, mode: str = "constant") -> Node:
    if not any(map(any, widths)):
        return x
    whole = [(0, 0)] * (len(x.shape) - len(widths)) + list(widths)
    return built("pad", x, whole, mode, value)


def _surrounded(x: Node, widths: Sequence[tuple[int, int]], mode: str) -> Node:
    """x with its own entries around it. Raises DataError where it has too few of them."""
    sizes = x.shape[len(x.shape) - len(widths) :]
    least = 1 if mode == "reflect" else 0
    if mode != "replicate" and any(size - least < max(width) for size, width in zip(sizes, widths, strict=True)):
        raise DataError(f"an array of shape {sizes} is too small for so much padding: {mode}", code="shape")
    return _padded(x, widths, 0.0, _PADDINGS[mode])


def batched(x: Node, rank: int, name: str) -> tuple[Node, bool]:
    """x as (batch, channels, …), and whether it had a batch. Raises DataError for other shapes."""
    if len(x.shape) not in (rank + 1, rank + 2):
        axes = ", ".join(("channels", "length") if rank == 1 else ("channels", *("depth", "height", "width")[-rank:]))
        raise DataError(f"{name} takes an array of shape ({axes}), or several in a batch, not {x.shape}", code="shape")
    whole = len(x.shape) == rank + 2
    return (x if whole else reshape_to(x, (1, *x.shape))), whole


def _unbatched(x: Node, whole: bool) -> Node:
    return x if whole else reshape_to(x, x.shape[1:])


# ---- convolutions --------------------------------------------------------------------------------------


def convolved(
    tracer: Tracer, rank: int, input: Node, weight: Node, bias: Value, stride: Value, padding: Value, dilation: Value,
    groups: int,
) -> Node:  # fmt: skip
    """What a kernel gives at each place of an array."""
    name = f"conv{rank}d"
    x, whole = batched(input, rank, name)
    channels, out = x.shape[1], (weight.shape or (0,))[0]
    if len(weight.shape) != rank + 2 or groups < 1 or channels != weight.shape[1] * groups or out % groups:
        raise DataError(
            f"{name} with weights of shape {weight.shape} and {groups} groups does not take {channels} channels",
            code="shape", hint="weights have the shape (outputs, channels / groups, kernel …)",
        )  # fmt: skip
    kernel = weight.shape[2:]
    step, spread = sizes_of(tracer, stride, rank, "stride"), sizes_of(tracer, dilation, rank, "dilation")
    if padding == "same" and max(step) > 1:
        raise DataError("padding='same' goes with a stride of 1", code="argument")
    seen = windows(_padded(x, _around(tracer, padding, kernel, spread)), kernel, step, spread)
    places = seen.shape[3:]
    grouped = reshape_to(seen, (seen.shape[0], x.shape[0], groups, channels // groups, *places))
    weights = reshape_to(weight, (groups, out // groups, channels // groups, math.prod(kernel)))
    made: Any = FUNCTIONS["einsum"].build("kngc...,gock->ngo...", grouped, weights)
    made = reshape_to(made, (x.shape[0], out, *places))
    if bias is not None:
        offsets = tracer.node(bias)
        if offsets.shape != (out,):
            raise DataError(f"bias has shape {offsets.shape}, and there are {out} outputs", code="shape")
        made = BINARY["+"](tracer, made, reshape_to(offsets, (out, *(1,) * rank)))
    return _unbatched(made, whole)


def _around(tracer: Tracer, padding: Value, kernel: Sizes, dilation: Sizes) -> list[tuple[int, int]]:
    """How many zeros go before and after each axis."""
    if padding == "valid":
        return [(0, 0)] * len(kernel)
    if padding == "same":
        spans = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return [(span // 2, span - span // 2) for span in spans]
    return [(width, width) for width in sizes_of(tracer, padding, len(kernel), "padding", 0)]


def _convolution(rank: int) -> None:
    """Declare the function and the module for arrays with so many axes beside batch and channels."""

    def function(
        tracer: Tracer, input: Node, weight: Node, bias: Value = None, stride: Value = 1.0, padding: Value = 0.0,
        dilation: Value = 1.0, groups: Whole = 1,
    ) -> Value:  # fmt: skip
        return convolved(tracer, rank, input, weight, bias, stride, padding, dilation, groups)

    def layer(
        tracer: Tracer, in_channels: Whole, out_channels: Whole, kernel_size: Value, stride: Value = 1.0,
        padding: Value = 0.0, dilation: Value = 1.0, groups: Whole = 1, bias: Flag = True, padding_mode: Word = "zeros",
    ) -> Value:  # fmt: skip
        if padding_mode not in _PADDINGS:
            raise ExpressionError(f"padding_mode is one of {', '.join(_PADDINGS)}", code="argument")
        kernel = sizes_of(tracer, kernel_size, rank, "kernel_size")
        fields = filters(tracer, (out_channels, in_channels), groups, kernel, out_channels if bias else None)

        def apply(tracer: Tracer, x: Node, layer: Layer) -> Value:
            weight, around = tracer.node(layer.fields["weight"]), padding
            if padding_mode != "zeros":
                widths = _around(tracer, padding, kernel, sizes_of(tracer, dilation, rank, "dilation"))
                x, around = _surrounded(x, widths, padding_mode), 0.0
            return convolved(tracer, rank, x, weight, layer.fields["bias"], stride, around, dilation, groups)

        return Applied(made, apply, fields)

    made = f"Conv{rank}d"
    member(f"torch.nn.functional.conv{rank}d", f"torch.conv{rank}d")(function)
    member(f"torch.nn.{made}")(layer)


def filters(
    tracer: Tracer, channels: tuple[int, int], groups: int, kernel: Sizes, offsets: int | None
) -> dict[str, Value]:
    """The weights of a module, of shape (channels[0], channels[1] // groups, *kernel), and its offsets, if any."""
    if min(*channels, groups) < 1 or channels[0] % groups or channels[1] % groups:
        raise DataError("in_channels and out_channels are whole numbers from 1, and multiples of groups")
    shape = (channels[0], channels[1] // groups, *kernel)
    bound = 1 / math.sqrt(math.prod(shape[1:]))
    return {"weight": even(tracer, shape, bound), "bias": None if offsets is None else even(tracer, (offsets,), bound)}


# ---- pooling -------------------------------------------------------------------------------------------


def _pooling(rank: int, kind: str, reduced: str, filling: float) -> None:
    """Declare what takes the largest entry, or the mean, of every window."""
    name = f"{kind}_pool{rank}d"

    def function(
        tracer: Tracer, input: Node, kernel_size: Value, stride: Value = None, padding: Value = 0.0,
    ) -> Value:  # fmt: skip
        x, whole = batched(input, rank, name)
        kernel = sizes_of(tracer, kernel_size, rank, "kernel_size")
        step = kernel if stride is None else sizes_of(tracer, stride, rank, "stride")
        widths = sizes_of(tracer, padding, rank, "padding", 0)
        if any(2 * width > size for width, size in zip(widths, kernel, strict=True)):
            raise DataError("padding is at most half of the kernel: windows would lie outside", code="shape")
        seen = windows(_padded(x, [(width, width) for width in widths], filling), kernel, step, (1,) * rank)
        return _unbatched(built(reduced, seen, 0), whole)

    def layer(tracer: Tracer, kernel_size: Value, stride: Value = None, padding: Value = 0.0) -> Value:
        return Applied(made, lambda tracer, x, layer: function(tracer, x, kernel_size, stride, padding))

    made = f"{kind.capitalize()}Pool{rank}d"
    member(f"torch.nn.functional.{name}", *([f"torch.{name}"] if kind == "max" else []))(function)
    member(f"torch.nn.{made}")(layer)


def _adaptive(rank: int, kind: str, reduced: str) -> None:
    """Declare what divides each axis into so many parts, and takes the largest entry, or the mean, of each."""
    name = f"adaptive_{kind}_pool{rank}d"

    def function(tracer: Tracer, input: Node, output_size: Value) -> Value:
        x, whole = batched(input, rank, name)
        counts = sizes_of(tracer, output_size, rank, "output_size")
        axes = tuple(range(-rank, 0))
        parts = [
            [slice(i * size // n, -(-(i + 1) * size // n)) for i in range(n)]
            for size, n in zip(x.shape[2:], counts, strict=True)
        ]
        found = [built(reduced, index(x, (..., *cuts)), axes) for cuts in product(*parts)]
        made = reshape_to(built("moveaxis", stack(found), (0,), (-1,)), (*x.shape[:2], *counts))
        return _unbatched(made, whole)

    def layer(tracer: Tracer, output_size: Value) -> Value:
        return Applied(made, lambda tracer, x, layer: function(tracer, x, output_size))

    made = f"Adaptive{kind.capitalize()}Pool{rank}d"
    member(f"torch.nn.functional.{name}")(function)
    member(f"torch.nn.{made}")(layer)


for _rank in (1, 2, 3):
    _convolution(_rank)
    for _kind, _reduced, _filling in (("max", "max", -math.inf), ("avg", "mean", 0.0)):
        _pooling(_rank, _kind, _reduced, _filling)
        _adaptive(_rank, _kind, _reduced)


@member("torch.nn.functional.unfold")
def unfold(
    tracer: Tracer, input: Node, kernel_size: Value, dilation: Value = 1.0, padding: Value = 0.0, stride: Value = 1.0
) -> Value:
    """The windows of an image as columns."""
    x, whole = batched(input, 2, "unfold")
    kernel, spread = sizes_of(tracer, kernel_size, 2, "kernel_size"), sizes_of(tracer, dilation, 2, "dilation")
    step = sizes_of(tracer, stride, 2, "stride")
    seen = windows(_padded(x, _around(tracer, padding, kernel, spread)), kernel, step, spread)
    columns = reshape_to(
        built("moveaxis", seen, (0,), (2,)), (x.shape[0], x.shape[1] * seen.shape[0], math.prod(seen.shape[3:]))
    )
    return _unbatched(columns, whole)
