"""`interpolate`: arrays of another size, axis by axis."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..engine.functions import Flag, Word
from ..engine.node import Node, check_shape
from ..errors import DataError, ExpressionError
from .library import built, member
from .operators import BINARY
from .torch_convolution import sizes_of
from .torch_modules import Applied
from .tracer import Tracer
from .values import Value

Shares: TypeAlias = Callable[[NDArray[Any], int, float, bool], NDArray[np.float64]]
"""What entries at places of the new axis are made of, from the old size and how much of it is between two of them."""


def _picked(at: NDArray[Any], size: int) -> NDArray[np.float64]:
    found = np.zeros((at.size, size))
    found[np.arange(at.size), np.minimum(np.floor(at).astype(int), size - 1)] = 1.0
    return found


def _nearest(places: NDArray[Any], size: int, scale: float, corners: bool) -> NDArray[np.float64]:
    return _picked(places * scale, size)


def _nearest_exact(places: NDArray[Any], size: int, scale: float, corners: bool) -> NDArray[np.float64]:
    return _picked((places + 0.5) * scale, size)


def _area(places: NDArray[Any], size: int, scale: float, corners: bool) -> NDArray[np.float64]:
    found = np.zeros((places.size, size))
    for i in range(places.size):
        part = slice(i * size // places.size, -(-(i + 1) * size // places.size))
        found[i, part] = 1.0 / (part.stop - part.start)
    return found


def _at(places: NDArray[Any], size: int, scale: float, corners: bool) -> NDArray[Any]:
    """Where entries lie on the old axis."""
    if corners:
        return places * ((size - 1) / (places.size - 1) if places.size > 1 else 0.0)
    return (places + 0.5) * scale - 0.5


def _linear(places: NDArray[Any], size: int, scale: float, corners: bool) -> NDArray[np.float64]:
    at = np.maximum(_at(places, size, scale, corners), 0.0)
    low = np.minimum(np.floor(at).astype(int), size - 1)
    found = np.zeros((places.size, size))
    np.add.at(found, (places, low), 1.0 - (at - low))
    np.add.at(found, (places, np.minimum(low + 1, size - 1)), at - low)
    return found


def _cubic(places: NDArray[Any], size: int, scale: float, corners: bool) -> NDArray[np.float64]:
    """Keys's kernel (1981) with a = -3/4, as PyTorch takes it."""
    at = _at(places, size, scale, corners)
    low, a = np.floor(at), -0.75
    found = np.zeros((places.size, size))
    for offset in (-1, 0, 1, 2):
        away = np.abs(at - (low + offset))
        near = ((a + 2) * away - (a + 3)) * away**2 + 1
        far = ((a * away - 5 * a) * away + 8 * a) * away - 4 * a
        np.add.at(found, (places, np.clip(low + offset, 0, size - 1).astype(int)), np.where(away <= 1, near, far))
    return found


_MODES: dict[str, tuple[Shares, tuple[int, ...]]] = {
    "nearest": (_nearest, (1, 2, 3)), "nearest-exact": (_nearest_exact, (1, 2, 3)), "area": (_area, (1, 2, 3)),
    "linear": (_linear, (1,)), "bilinear": (_linear, (2,)), "trilinear": (_linear, (3,)), "bicubic": (_cubic, (2,)),
}  # fmt: skip
"""By mode what makes its entries, and for how many axes beside batch and channels it is there."""


@member("torch.nn.functional.interpolate")
def interpolate(
    tracer: Tracer, input: Node, size: Value = None, scale_factor: Value = None, mode: Word = "nearest",
    align_corners: Value = None, recompute_scale_factor: Value = None, antialias: Flag = False,
) -> Value:  # fmt: skip
    """An array of another size: of the nearest entries, or linear or cubic between them."""
    rank = len(input.shape) - 2
    shares, ranks = _MODES.get(mode, (_nearest, ()))
    if rank not in ranks:
        raise ExpressionError(
            f"interpolate has no mode {mode!r:.20} for shape {input.shape}", code="argument",
            hint=f"there are {', '.join(_MODES)}, for one to three axes beside batch and channels",
        )  # fmt: skip
    if antialias:
        raise ExpressionError("interpolate has no antialias here", code="argument")
    if align_corners is not None and shares not in (_linear, _cubic):
        raise ExpressionError(f"align_corners means nothing for the mode {mode}", code="argument")
    if (size is None) == (scale_factor is None):
        raise ExpressionError("interpolate takes size or scale_factor, one of the two", code="argument")
    if 0 in input.shape[2:]:
        raise DataError(f"an array of shape {input.shape} has no entries along some axis", code="shape")
    wanted, scales = _sizes(tracer, input.shape[2:], size, scale_factor)
    if recompute_scale_factor is not None and tracer.truth(recompute_scale_factor):
        if size is not None:
            raise ExpressionError("recompute_scale_factor goes with scale_factor, not with size", code="argument")
        scales = [old / new for old, new in zip(input.shape[2:], wanted, strict=True)]
    check_shape((*input.shape[:2], *wanted), tracer.graph.place)
    corners = align_corners is not None and tracer.truth(align_corners)
    for axis, (old, new, scale) in enumerate(zip(input.shape[2:], wanted, scales, strict=True)):
        if old == new and (shares is _linear or (mode == "nearest" and rank == 2)):
            continue  # PyTorch takes the entries as they are here, whatever scale_factor is
        check_shape((new, old), tracer.graph.place)
        table = tracer.graph.constant(shares(np.arange(new), old, scale, corners))
        made = BINARY["@"](tracer, built("swapaxes", input, axis + 2, -1), built("swapaxes", table, 0, 1))
        input = built("swapaxes", made, axis + 2, -1)
    return input


def _sizes(
    tracer: Tracer, sizes: tuple[int, ...], size: Value, scale_factor: Value
) -> tuple[tuple[int, ...], list[float]]:
    """The new sizes, and how much of the old axes lies between two new entries. Raises DataError."""
    rank = len(sizes)
    if size is not None:
        wanted = sizes_of(tracer, size, rank, "size")
        return wanted, [old / new for old, new in zip(sizes, wanted, strict=True)]
    several = scale_factor if isinstance(scale_factor, (list, tuple)) else [scale_factor] * rank
    factors = [tracer.number(each, "scale_factor") for each in several]
    if len(factors) != rank or not all(0 < each < math.inf for each in factors):
        raise DataError(f"scale_factor is a number greater than 0, or {rank} of them")
    wanted = tuple(int(old * factor) for old, factor in zip(sizes, factors, strict=True))
    if min(wanted) < 1:
        raise DataError(f"nothing is left of shape {sizes} by a scale_factor of {min(factors):g}", code="shape")
    return wanted, [1.0 / factor for factor in factors]


def _module(name: str, tracer: Tracer, *settings: Value) -> Value:
    return Applied(name, lambda tracer, x, layer: interpolate(tracer, x, *settings))


@member("torch.nn.Upsample")
def upsample(
    tracer: Tracer, size: Value = None, scale_factor: Value = None, mode: Word = "nearest",
    align_corners: Value = None, recompute_scale_factor: Value = None,
) -> Value:  # fmt: skip
    """interpolate, as a module."""
    return _module("Upsample", tracer, size, scale_factor, mode, align_corners, recompute_scale_factor)


@member("torch.nn.UpsamplingNearest2d")
def upsampling_nearest(tracer: Tracer, size: Value = None, scale_factor: Value = None) -> Value:
    """interpolate by the nearest entries, as a module."""
    return _module("UpsamplingNearest2d", tracer, size, scale_factor)


@member("torch.nn.UpsamplingBilinear2d")
def upsampling_bilinear(tracer: Tracer, size: Value = None, scale_factor: Value = None) -> Value:
    """interpolate linearly with corners on corners, as a module."""
    return _module("UpsamplingBilinear2d", tracer, size, scale_factor, "bilinear", True)
