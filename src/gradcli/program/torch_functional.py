"""`torch.nn.functional`: what the language does not have under those names already. Losses are in `torch_losses`."""

from __future__ import annotations

import math

import numpy as np

from ..engine.functions import FUNCTIONS, Flag, Shape, Whole
from ..engine.node import Node
from ..engine.operation import reshape_to
from ..engine.operations.indexing import index
from ..engine.operations.selection import detach
from ..errors import DataError
from .library import built, member
from .operators import BINARY, is_boolean
from .tracer import Tracer
from .values import Value

# ---- activations ---------------------------------------------------------------------------------------


@member("torch.nn.functional.softshrink")
def softshrink(tracer: Tracer, input: Node, lambd: float = 0.5) -> Value:
    """x moved towards 0 by lambd, and 0 between."""
    return built("relu", input - lambd) - built("relu", -input - lambd)


@member("torch.nn.functional.hardshrink")
def hardshrink(tracer: Tracer, input: Node, lambd: float = 0.5) -> Value:
    """x where |x| is above lambd, else 0."""
    return built("where", built("greater", built("abs", input), input.lift(lambd)), input, input.lift(0.0))


@member("torch.nn.functional.threshold")
def threshold(tracer: Tracer, input: Node, threshold: float, value: float) -> Value:
    """x where it is above a threshold, else another value."""
    return built("where", built("greater", input, input.lift(threshold)), input, input.lift(value))


@member("torch.nn.functional.softmin")
def softmin(tracer: Tracer, input: Node, axis: Whole = -1) -> Value:
    """softmax(-x) along an axis."""
    return built("softmax", -input, axis)


@member("torch.nn.functional.glu", "jax.nn.glu")
def glu(tracer: Tracer, input: Node, axis: Whole = -1) -> Value:
    """The first half along an axis, times sigmoid of the second."""
    moved = built("moveaxis", input, (axis,), (-1,))
    half = moved.shape[-1] // 2
    if moved.shape[-1] != 2 * half:
        raise DataError(f"glu halves an axis of even length, not {moved.shape[-1]}", code="shape")
    first, second = index(moved, (..., slice(0, half))), index(moved, (..., slice(half, None)))
    return built("moveaxis", first * built("sigmoid", second), (-1,), (axis,))


@member("jax.nn.gelu")
def jax_gelu(tracer: Tracer, x: Node, approximate: Flag = True) -> Value:
    """x times the normal distribution function, or (as there, unless told) its approximation by tanh."""
    return built("gelu", x, "tanh" if approximate else "none")


@member("jax.nn.squareplus")
def squareplus(tracer: Tracer, x: Node, b: float = 4.0) -> Value:
    """(x + √(x² + b)) / 2."""
    return 0.5 * (x + built("sqrt", x * x + b))


@member("jax.nn.standardize")
def standardize(tracer: Tracer, x: Node, axis: Whole = -1, epsilon: float = 1e-5) -> Value:
    """Centred and divided by √(variance + epsilon) along an axis."""
    return standardized(tracer, x, (axis,), epsilon)


# ---- layers --------------------------------------------------------------------------------------------


@member("torch.nn.functional.linear")
def functional_linear(tracer: Tracer, input: Node, weight: Node, bias: Value = None) -> Value:
    """input @ weight.T + bias."""
    product = BINARY["@"](tracer, input, built("transpose", weight))
    return product if bias is None else BINARY["+"](tracer, product, tracer.node(bias))


@member("torch.nn.functional.bilinear")
def bilinear(tracer: Tracer, input1: Node, input2: Node, weight: Node, bias: Value = None) -> Value:
    """input1 @ weight[k] @ input2 for every k, plus bias."""
    product = FUNCTIONS["einsum"].build("...i,kij,...j->...k", input1, weight, input2)
    return product if bias is None else BINARY["+"](tracer, product, tracer.node(bias))


@member("torch.nn.functional.embedding")
def embedding(tracer: Tracer, input: Node, weight: Node) -> Value:
    """The rows of weight that whole numbers name."""
    return FUNCTIONS["take"].build(weight, tracer.known(input), 0)


@member("torch.nn.functional.dropout")
def dropout(tracer: Tracer, input: Node, p: float = 0.5, training: Flag = True) -> Value:
    """Zeros with probability p and all else divided by 1 - p; outside training the array itself."""
    if not 0.0 <= p <= 1.0:
        raise DataError(f"p is a probability, and is {p:g}")
    if not training or p == 0.0:
        return input
    kept = built("greater_equal", built("rand_like", input), input.lift(p))
    return built("where", kept, input / (1.0 - p), input.lift(0.0)) if p < 1.0 else input * 0.0


@member("torch.nn.functional.layer_norm")
def layer_norm(
    tracer: Tracer, input: Node, normalized_shape: Shape, weight: Value = None, bias: Value = None, eps: float = 1e-5
) -> Value:
    """Centred and divided by √(variance + eps) over its last axes; times weight, plus bias."""
    whole = tuple(normalized_shape)
    if not whole or input.shape[len(input.shape) - len(whole) :] != whole:
        message = f"shape {input.shape} does not end in {whole}, over which layer_norm is to work"
        raise DataError(message, code="shape")
    out = standardized(tracer, input, tuple(range(-len(whole), 0)), eps)
    for parameter, operator, name in ((weight, "*", "weight"), (bias, "+", "bias")):
        if parameter is None:
            continue
        if tracer.node(parameter).shape != whole:
            message = f"{name} has shape {tracer.node(parameter).shape}, and not {whole}"
            raise DataError(message, code="shape")
        out = BINARY[operator](tracer, out, tracer.node(parameter))
    return out


def standardized(tracer: Tracer, x: Node, axes: tuple[int, ...], eps: float) -> Value:
    """Centred and divided by √(variance + eps) along axes."""
    centred = BINARY["-"](tracer, x, built("mean", x, axes, True))
    variance = built("mean", centred * centred, axes, True)
    return BINARY["/"](tracer, centred, built("sqrt", variance + eps))


# ---- vectors -------------------------------------------------------------------------------------------


@member("torch.nn.functional.one_hot", "jax.nn.one_hot")
def one_hot(tracer: Tracer, tensor: Node, num_classes: Whole = -1) -> Value:
    """For each whole number k a row that is 1 at k and 0 elsewhere."""
    classes = tracer.known(tensor)
    if not ((classes == classes.round()) & (classes >= 0)).all():
        raise DataError("classes are whole numbers from 0")
    count = int(classes.max()) + 1 if num_classes < 0 and classes.size else num_classes
    if classes.size and classes.max() >= count:
        raise DataError(f"class {int(classes.max())} is out of range for {count} classes", code="index")
    numbers = tracer.graph.constant(list(range(count)))
    return built("equal", index(detach(tensor), (..., None)), numbers)


@member("torch.nn.functional.normalize")
def normalize(tracer: Tracer, input: Node, p: float = 2.0, dim: Whole = 1, eps: float = 1e-12) -> Value:
    """input divided by its norms along an axis, or by eps where they are smaller."""
    norms = built("norm", input, p, dim, True)
    return BINARY["/"](tracer, input, built("maximum", norms, norms.lift(eps)))


@member("torch.nn.functional.cosine_similarity", "torch.cosine_similarity")
def cosine_similarity(tracer: Tracer, x1: Node, x2: Node, dim: Whole = 1, eps: float = 1e-8) -> Value:
    """The cosine of the angle between vectors along an axis."""
    products = built("sum", BINARY["*"](tracer, x1, x2), dim)
    first, second = (built("maximum", built("norm", x, 2.0, dim), x.lift(eps)) for x in (x1, x2))
    return products / (first * second)


@member("torch.nn.functional.pairwise_distance", "torch.pairwise_distance")
def pairwise_distance(
    tracer: Tracer, x1: Node, x2: Node, p: float = 2.0, eps: float = 1e-6, keepdim: Flag = False
) -> Value:
    """The norms of x1 - x2 + eps along the last axis."""
    return built("norm", BINARY["-"](tracer, x1, x2) + eps, p, -1, keepdim)


@member("torch.nn.functional.scaled_dot_product_attention")
def attention(
    tracer: Tracer, query: Node, key: Node, value: Node, attn_mask: Value = None, dropout_p: float = 0.0,
    is_causal: Flag = False, scale: Value = None,
) -> Value:  # fmt: skip
    """softmax(query keyᵀ / √d + mask) value (Vaswani et al. 2017, eq. 1); a mask of truth values keeps what is true."""
    factor = 1.0 / math.sqrt(query.shape[-1]) if scale is None else tracer.number(scale, "scale")
    scores = BINARY["@"](tracer, query, built("swapaxes", key, -1, -2)) * factor
    masks = [tracer.node(attn_mask)] if attn_mask is not None else []
    if is_causal:
        masks.append(_causal(tracer, scores))
    for mask in masks:
        if is_boolean(mask):
            scores = built("where", mask, scores, scores.lift(-math.inf))
        else:
            scores = BINARY["+"](tracer, scores, mask)
    return BINARY["@"](tracer, dropout(tracer, built("softmax", scores, -1), dropout_p), value)


def _causal(tracer: Tracer, scores: Node) -> Node:
    """Whether a row (of a matrix of scores) may see a column: those up to its own."""
    return built("greater", tracer.graph.constant(np.tri(scores.shape[-2], scores.shape[-1])), scores.lift(0.0))


# ---- arrays --------------------------------------------------------------------------------------------


@member("torch.empty")
def empty(tracer: Tracer, shape: Shape) -> Value:
    """An array to be filled; until then it holds zeros."""
    return built("zeros", tracer.graph, shape)


@member("torch.unflatten")
def unflatten(tracer: Tracer, input: Node, dim: Whole, sizes: Shape) -> Value:
    """One axis as several; one of the sizes may be -1."""
    rank = len(input.shape)
    if not -rank <= dim < rank:
        raise DataError(f"there is no axis {dim} in shape {input.shape}", code="axis")
    at = dim % rank
    if sizes.count(-1) == 1:
        known = -math.prod(sizes)
        sizes = tuple(input.shape[at] // known if size == -1 and known else size for size in sizes)
    if math.prod(sizes) != input.shape[at]:
        raise DataError(f"an axis of length {input.shape[at]} does not become {tuple(sizes)}", code="shape")
    return reshape_to(input, (*input.shape[:at], *sizes, *input.shape[at + 1 :]))
