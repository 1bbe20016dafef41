"""Convolutions the other way round, which make arrays larger."""

from __future__ import annotations

from ..engine.functions import Flag, Whole, Word
from ..engine.node import Node
from ..engine.operation import reshape_to, zeros
from ..engine.operations.assignment import assign
from ..engine.operations.indexing import index, positions
from ..errors import DataError, ExpressionError
from .library import built, member
from .torch_convolution import batched, convolved, filters, sizes_of
from .torch_modules import Layer
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
    if len(weight.shape) != rank + 2 or groups < 1 or x.shape[1] != weight.shape[0] or x.shape[1] % groups:
        message = f"weights of shape {weight.shape} and {groups} groups do not take {x.shape[1]} channels"
        raise DataError(message, code="shape", hint="weights have the shape (inputs, outputs / groups, kernel …)")
    if 0 in x.shape[2:]:
        raise DataError(f"an array of shape {input.shape} has no entries along some axis", code="shape")
    kernel, step = weight.shape[2:], sizes_of(tracer, stride, rank, "stride")
    around, more = (
        sizes_of(tracer, each, rank, name, 0)
        for each, name in ((padding, "padding"), (output_padding, "output_padding"))
    )
    apart = sizes_of(tracer, dilation, rank, "dilation")
    if any(o >= max(s, d) for o, s, d in zip(more, step, apart, strict=True)):
        message = "output_padding is smaller than stride or dilation: it says which of several sizes is meant"
        raise DataError(message, code="argument")
    widths = [(d * (k - 1) - p, d * (k - 1) - p + o) for d, k, p, o in zip(apart, kernel, around, more, strict=True)]
    turned = index(weight, (..., *(slice(None, None, -1),) * rank))
    split = reshape_to(turned, (groups, weight.shape[0] // groups, weight.shape[1], *kernel))
    kernels = reshape_to(built("swapaxes", split, 1, 2), (groups * weight.shape[1], split.shape[1], *kernel))
    made = convolved(tracer, rank, _spread(x, step, widths), kernels, bias, 1.0, 0.0, dilation, groups)
    return made if whole else reshape_to(made, made.shape[1:])


class Transposing(Layer):
    """`nn.ConvTranspose2d` and its kin; strides, padding and the like are as they are given to the function."""

    __slots__ = ("dilation", "groups", "kernel", "output_padding", "padding", "stride")
    dilation: Value
    groups: int
    kernel: tuple[int, ...]
    output_padding: Value
    padding: Value
    stride: Value

    def apply(self, tracer: Tracer, input: Node, output_size: Value = None) -> Value:
        weight, bias = tracer.node(self.fields["weight"]), self.fields["bias"]
        more = self.output_padding if output_size is None else self.missing(tracer, input, output_size)
        rank, settings = len(self.kernel), (self.stride, self.padding, more, self.groups, self.dilation)
        return _transposed(tracer, rank, input, weight, bias, *settings)

    def missing(self, tracer: Tracer, input: Node, output_size: Value) -> Value:
        """The output_padding by which the result has a size. Raises DataError where none has."""
        rank = len(self.kernel)
        wanted = sizes_of(
            tracer, output_size[-rank:] if isinstance(output_size, (list, tuple)) else None, rank, "output_size"
        )
        stride, padding, dilation = (
            sizes_of(tracer, each, rank, name, least)
            for each, name, least in (
                (self.stride, "stride", 1), (self.padding, "padding", 0), (self.dilation, "dilation", 1)
            )
        )  # fmt: skip
        sizes = input.shape[len(input.shape) - rank :]
        least = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, s, p, d, k in zip(sizes, stride, padding, dilation, self.kernel, strict=True)
        ]
        more = [size - low for size, low in zip(wanted, least, strict=True)]
        if any(not 0 <= each < s for each, s in zip(more, stride, strict=True)):
            most = tuple(low + s - 1 for low, s in zip(least, stride, strict=True))
            raise DataError(f"output_size is from {tuple(least)} to {most} here, not {wanted}", code="shape")
        return tuple(float(each) for each in more)


def _declare(rank: int) -> None:
    def function(
        tracer: Tracer, input: Node, weight: Node, bias: Value = None, stride: Value = 1.0, padding: Value = 0.0,
        output_padding: Value = 0.0, groups: Whole = 1, dilation: Value = 1.0,
    ) -> Value:  # fmt: skip
        return _transposed(tracer, rank, input, weight, bias, stride, padding, output_padding, groups, dilation)

    def layer(
        tracer: Tracer, in_channels: Whole, out_channels: Whole, kernel_size: Value, stride: Value = 1.0,
        padding: Value = 0.0, output_padding: Value = 0.0, groups: Whole = 1, bias: Flag = True, dilation: Value = 1.0,
        padding_mode: Word = "zeros",
    ) -> Value:  # fmt: skip
        if padding_mode != "zeros":
            raise ExpressionError("padding_mode is 'zeros' for what is transposed", code="argument")
        kernel = sizes_of(tracer, kernel_size, rank, "kernel_size")
        fields = filters(tracer, (in_channels, out_channels), groups, kernel, out_channels if bias else None)
        made = Transposing(f"ConvTranspose{rank}d", fields)
        made.kernel, made.stride, made.padding, made.dilation = kernel, stride, padding, dilation
        made.output_padding, made.groups = output_padding, groups
        return made

    member(f"torch.nn.functional.conv_transpose{rank}d", f"torch.conv_transpose{rank}d")(function)
    member(f"torch.nn.ConvTranspose{rank}d")(layer)


for _rank in (1, 2, 3):
    _declare(_rank)
