"""Losses that fewer programs use: of pairs and triples, of margins, of a variance that is predicted too.

Formulas are those of PyTorch's documentation.
"""

from __future__ import annotations

import math

import numpy as np

from ..engine.functions import Flag, Whole, Word
from ..engine.node import Node
from ..engine.operation import reshape_to
from ..engine.operations.selection import detach
from ..errors import DataError
from .library import MEMBERS, built, member
from .operators import BINARY
from .torch_losses import along, as_module, reduced
from .tracer import Tracer
from .values import Value


def _positive_part(x: Node) -> Node:
    return built("relu", x)


def _alike(name: str, *nodes: Node) -> None:
    """Raise DataError where arrays have different numbers of axes: what broadcasts by chance is hardly meant."""
    if len({len(node.shape) for node in nodes}) > 1:
        shapes = ", ".join(str(node.shape) for node in nodes)
        raise DataError(f"{name} takes arrays of as many axes each, not of shapes {shapes}", code="shape")


def _where_not(target: Node, sign: float, losses: Node) -> Node:
    """losses where the target is another number, else 0."""
    return built("where", built("not_equal", target, target.lift(sign)), losses, losses.lift(0.0))


@member("torch.nn.functional.triplet_margin_loss")
def triplet_margin_loss(
    tracer: Tracer, anchor: Node, positive: Node, negative: Node, margin: float = 1.0, p: float = 2.0,
    eps: float = 1e-6, swap: Flag = False, reduction: Word = "mean",
) -> Value:  # fmt: skip
    """How much less than margin the negative is further away than the positive."""
    _alike("triplet_margin_loss", anchor, positive, negative)
    if margin <= 0:
        raise DataError(f"margin is greater than 0, and is {margin:g}")
    distance = MEMBERS["torch.nn.functional.pairwise_distance"].call
    near = distance(tracer, anchor, positive, p, eps, False)
    far = distance(tracer, anchor, negative, p, eps, False)
    if swap:
        far = built("minimum", far, distance(tracer, positive, negative, p, eps, False))
    return reduced(_positive_part(near - far + margin), reduction)


@member("torch.nn.functional.cosine_embedding_loss")
def cosine_embedding_loss(
    tracer: Tracer, input1: Node, input2: Node, target: Node, margin: float = 0.0, reduction: Word = "mean"
) -> Value:
    """1 - cos where the target is 1, and cos - margin, at least 0, where it is -1; elsewhere 0."""
    _alike("cosine_embedding_loss", input1, input2)
    if len(target.shape) > 1 or len(input1.shape) != len(target.shape) + 1:
        message = f"targets of shape {target.shape} do not fit vectors of shape {input1.shape}"
        raise DataError(message, code="shape", hint="a target for each row of a matrix, or one for one vector")
    products = built("sum", BINARY["*"](tracer, input1, input2), -1)
    squares = [built("sum", built("square", x), -1) + 1e-12 for x in (input1, input2)]
    cosine = products / built("sqrt", squares[0] * squares[1])
    likewise, opposite = (built("equal", target, target.lift(sign)) for sign in (1.0, -1.0))
    losses = built("where", opposite, _positive_part(cosine - margin), cosine.lift(0.0))
    return reduced(built("where", likewise, 1.0 - cosine, losses), reduction)


@member("torch.nn.functional.margin_ranking_loss")
def margin_ranking_loss(
    tracer: Tracer, input1: Node, input2: Node, target: Node, margin: float = 0.0, reduction: Word = "mean"
) -> Value:
    """How much less than margin one is ahead of the other, as the target's sign says."""
    _alike("margin_ranking_loss", input1, input2, target)
    ahead = BINARY["*"](tracer, -target, BINARY["-"](tracer, input1, input2))
    return reduced(_positive_part(ahead + margin), reduction)


@member("torch.nn.functional.hinge_embedding_loss")
def hinge_embedding_loss(
    tracer: Tracer, input: Node, target: Node, margin: float = 1.0, reduction: Word = "mean"
) -> Value:
    """x where the target is 1, and margin - x, at least 0, where it is -1; elsewhere both, as in PyTorch."""
    near, far = _where_not(target, -1.0, input), _where_not(target, 1.0, _positive_part(margin - input))
    return reduced(near + far, reduction)


@member("torch.nn.functional.multi_margin_loss")
def multi_margin_loss(
    tracer: Tracer, input: Node, target: Node, p: Whole = 1, margin: float = 1.0, weight: Value = None,
    reduction: Word = "mean",
) -> Value:  # fmt: skip
    """How much less than margin the score of the class is ahead of the others, over the number of classes."""
    if p not in (1, 2):
        raise DataError(f"p of multi_margin_loss is 1 or 2, and not {p}")
    if len(input.shape) == 1 and target.shape == (1,):
        input = reshape_to(input, (1, *input.shape))
    if len(input.shape) not in (1, 2) or target.shape != input.shape[:-1]:
        raise DataError(f"classes of shape {target.shape} do not fit scores of shape {input.shape}", code="shape")
    places, count = np.asarray(tracer.known(target)), input.shape[-1]
    if not ((places == np.floor(places)) & (places >= 0) & (places < count)).all():
        raise DataError(f"a class is a whole number below {count}", code="index")
    hot = tracer.graph.constant((places[..., None] == np.arange(count)).astype(np.float64))
    own = built("sum", hot * input, -1, True)
    losses = _positive_part(BINARY["+"](tracer, BINARY["-"](tracer, input, own), tracer.node(margin))) * (1.0 - hot)
    losses = built("square", losses) if p == 2 else losses
    if weight is not None:
        rate = built("sum", hot * along(tracer, weight, hot, len(hot.shape) - 1), -1, True)
        losses = BINARY["*"](tracer, losses, rate)
    return reduced(built("sum", losses, -1) / float(count), reduction)


@member("torch.nn.functional.multilabel_soft_margin_loss")
def multilabel_soft_margin_loss(
    tracer: Tracer, input: Node, target: Node, weight: Value = None, reduction: Word = "mean"
) -> Value:
    """The mean over classes of binary_cross_entropy_with_logits."""
    losses = built("softplus", input) - target * input
    losses = losses if weight is None else BINARY["*"](tracer, losses, tracer.node(weight))
    return reduced(built("mean", losses, -1), reduction)


@member("torch.nn.functional.gaussian_nll_loss")
def gaussian_nll_loss(
    tracer: Tracer, input: Node, target: Node, var: Value, full: Flag = False, eps: float = 1e-6,
    reduction: Word = "mean",
) -> Value:  # fmt: skip
    """(log var + (x - t)² / var) / 2, where var is at least eps: its derivative is that of what it would be."""
    single, var = isinstance(var, float), tracer.node(var)
    if var.shape != input.shape and not single:
        odd = [size for size, other in zip(var.shape, input.shape, strict=False) if size != other]
        if input.shape and var.shape == input.shape[:-1]:
            var = reshape_to(var, (*var.shape, 1))
        elif len(var.shape) != len(input.shape) or odd != [1]:
            raise DataError(f"variances of shape {var.shape} do not fit an array of shape {input.shape}", code="shape")
    if (np.asarray(tracer.known(var)) < 0).any():
        raise DataError("a variance is not negative")
    var = built("broadcast_to", var, input.shape) if single else var
    enough = built("greater_equal", var, var.lift(eps))
    least = built("where", enough, var, (var - detach(var)) + eps)
    squares = built("square", BINARY["-"](tracer, input, target))
    losses = BINARY["+"](tracer, built("log", least), BINARY["/"](tracer, squares, least)) * 0.5
    return reduced(losses + 0.5 * math.log(2.0 * math.pi) if full else losses, reduction)


for _name, _function, _operands in (
    ("TripletMarginLoss", "triplet_margin_loss", 3), ("CosineEmbeddingLoss", "cosine_embedding_loss", 3),
    ("MarginRankingLoss", "margin_ranking_loss", 3), ("HingeEmbeddingLoss", "hinge_embedding_loss", 2),
    ("MultiMarginLoss", "multi_margin_loss", 2), ("MultiLabelSoftMarginLoss", "multilabel_soft_margin_loss", 2),
    ("GaussianNLLLoss", "gaussian_nll_loss", 3),
):  # fmt: skip
    as_module(_name, _function, _operands)
