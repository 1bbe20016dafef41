"""Convolutions the other way round, which make arrays larger, and `interpolate`."""

from __future__ import annotations

import numpy as np

from ..engine.functions import Flag, Whole, Word
from ..engine.node import Node
from ..engine.operation import reshape_to, zeros
from ..engine.operations.assignment import assign
from ..engine.operations.indexing import index, positions
from ..errors import DataError, ExpressionError
from .library import built, member
from .operators import BINARY
from .torch_convolution import batched, convolved, filters, sizes_of
from .torch_modules import Applied, Layer
from .tracer import Tracer
from .values import Value


def _spread(x: Node, step: tuple[int, ...], widths: list[tuple[int, int]]) -> Node:
    """x with step - 1 zeros between its entries, and zeros around (or entries cut off, where a width is negative)."""
    lead = x.shape[: len(x.shape) - len(step)]
    sizes = [s * (n - 1) + 1 for s, n in zip(step, x.shape[len(lead) :], strict=True)]
    whole = (*lead, *(max(before, 0) + n + max(after, 0) for n, (before, after) in zip(sizes, widths, strict=True)))
    cuts = tuple(
        slice(max(before, 0), max(before, 0) + n, s) for n, s, (before, _) in zip(sizes, step, widths, strict=True)
    )
    made = assign(zeros(x, whole), positions(whole, (..., *cuts)), x)
    kept = tuple(
        slice(max(-before, 0), size - max(-after, 0))
        for size, (before, after) in zip(whole[len(lead) :], widths, strict=True)
    )
    return index(made, (..., *kept))


def _transposed(
    tracer: Tracer, rank: int, input: Node, weight: Node, bias: Value, stride: Value, padding: Value,
    output_padding: Value, groups: int, dilation: Value,
) -> Value:  # fmt: skip
    """The transpose of a convolution: each entry adds a multiple of the kernel."""
    x, whole = batched(input, rank, f"conv_transpose{rank}d")
    if len(weight.shape) != rank + 2 or x.shape[1] != weight.shape[0] or x.shape[1] % groups:
        message = f"weights of shape {weight.shape} and {groups} groups do not take {x.shape[1]} channels"
        raise DataError(message, code="shape", hint="weights have the shape (inputs, outputs / groups, kernel …)")
    kernel, step = weight.shape[2:], sizes_of(tracer, stride, rank, "stride")
    around, more = sizes_of(tracer, padding, rank, "padding", 0), sizes_of(tracer, output_padding, rank, "padding", 0)
    apart = sizes_of(tracer, dilation, rank, "dilation")
    widths = [(d * (k - 1) - p, d * (k - 1) - p + o) for d, k, p, o in zip(apart, kernel, around, more, strict=True)]
    turned = index(weight, (..., *(slice(None, None, -1),) * rank))
    split = reshape_to(turned, (groups, weight.shape[0] // groups, weight.shape[1], *kernel))
    kernels = reshape_to(built("swapaxes", split, 1, 2), (groups * weight.shape[1], split.shape[1], *kernel))
    made = convolved(tracer, rank, _spread(x, step, widths), kernels, bias, 1.0, 0.0, dilation, groups)
    return made if whole else reshape_to(made, made.shape[1:])


def _declare(rank: int) -> None:
    def function(
        tracer: Tracer, input: Node, weight: Node, bias: Value = None, stride: Value = 1.0, padding: Value = 0.0,
        output_padding: Value = 0.0, groups: Whole = 1, dilation: Value = 1.0,
    ) -> Value:  # fmt: skip
        return _transposed(tracer, rank, input, weight, bias, stride, padding, output_padding, groups, dilation)

    def layer(
        tracer: Tracer, in_channels: Whole, out_channels: Whole, kernel_size: Value, stride: Value = 1.0,
        padding: Value = 0.0, output_padding: Value = 0.0, groups: Whole = 1, bias: Flag = True, dilation: Value = 1.0,
    ) -> Value:  # fmt: skip
        kernel = sizes_of(tracer, kernel_size, rank, "kernel_size")
        fields = filters(tracer, (in_channels, out_channels), groups, kernel, out_channels if bias else None)

        def apply(tracer: Tracer, x: Node, layer: Layer) -> Value:
            weight, offset = tracer.node(layer.fields["weight"]), layer.fields["bias"]
            return _transposed(tracer, rank, x, weight, offset, stride, padding, output_padding, groups, dilation)

        return Applied(f"ConvTranspose{rank}d", apply, fields)

    member(f"torch.nn.functional.conv_transpose{rank}d", f"torch.conv_transpose{rank}d")(function)
    member(f"torch.nn.ConvTranspose{rank}d")(layer)


for _rank in (1, 2, 3):
    _declare(_rank)


# ---- interpolation -------------------------------------------------------------------------------------


def _matrix(mode: str, size: int, wanted: int, scale: float, corners: bool) -> np.ndarray:
    """What each entry of the larger axis is made of: a row of shares for each."""
    places = np.arange(wanted)
    found = np.zeros((wanted, size))
    if mode == "nearest":
        found[places, np.minimum(np.floor(places * scale).astype(int), size - 1)] = 1.0
        return found
    if corners:
        at = places * ((size - 1) / (wanted - 1) if wanted > 1 else 0.0)
    else:
        at = np.maximum((places + 0.5) * scale - 0.5, 0.0)
    low = np.minimum(np.floor(at).astype(int), size - 1)
    high = np.minimum(low + 1, size - 1)
    np.add.at(found, (places, low), 1.0 - (at - low))
    np.add.at(found, (places, high), at - low)
    return found


@member("torch.nn.functional.interpolate")
def interpolate(
    tracer: Tracer, input: Node, size: Value = None, scale_factor: Value = None, mode: Word = "nearest",
    align_corners: Value = None,
) -> Value:  # fmt: skip
    """An array of another size: of the nearest entries, or linear between them."""
    rank = len(input.shape) - 2
    linear = {1: "linear", 2: "bilinear", 3: "trilinear"}.get(rank)
    if linear is None or mode not in ("nearest", linear):
        hint = "there are nearest, linear, bilinear and trilinear, for one to three axes beside batch and channels"
        message = f"interpolate has no mode {mode!r:.20} for shape {input.shape}"
        raise ExpressionError(message, code="argument", hint=hint)
    if (size is None) == (scale_factor is None):
        raise ExpressionError("interpolate takes size or scale_factor, one of the two", code="argument")
    sizes = input.shape[2:]
    if size is not None:
        wanted = sizes_of(tracer, size, rank, "size")
        scales = [old / new for old, new in zip(sizes, wanted, strict=True)]
    else:
        several = scale_factor if isinstance(scale_factor, (list, tuple)) else [scale_factor] * rank
        factors = [tracer.number(each, "scale_factor") for each in several]
        if len(factors) != rank or min(factors) <= 0:
            raise DataError(f"scale_factor is a number greater than 0, or {rank} of them")
        wanted = tuple(int(old * factor) for old, factor in zip(sizes, factors, strict=True))
        scales = [1.0 / factor for factor in factors]
    for axis, (old, new, scale) in enumerate(zip(sizes, wanted, scales, strict=True)):
        shares = tracer.graph.constant(_matrix(mode, old, new, scale, bool(align_corners)))
        moved = built("swapaxes", input, axis + 2, -1)
        made = BINARY["@"](tracer, moved, built("swapaxes", shares, 0, 1))
        input = built("swapaxes", made, axis + 2, -1)
    return input


@member("torch.nn.Upsample")
def upsample(
    tracer: Tracer, size: Value = None, scale_factor: Value = None, mode: Word = "nearest", align_corners: Value = None
) -> Value:
    """interpolate, as a module."""
    return Applied("Upsample", lambda tracer, x, layer: interpolate(tracer, x, size, scale_factor, mode, align_corners))
