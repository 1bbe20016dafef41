"""The losses of `torch.nn.functional`, and the modules of `torch.nn` that compute them.

Formulas are those of PyTorch's documentation. Every loss takes `reduction`: the mean or the sum of the losses of
the single entries, or with "none" those themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.functions import Flag, Parameter, Whole, Word
from ..engine.node import Node
from ..engine.operations.selection import detach
from ..errors import DataError, ExpressionError
from .binding import Bound
from .code import CallSite
from .library import MEMBERS, built, member
from .operators import BINARY
from .routines import Keywords
from .torch_modules import Layer
from .tracer import Tracer
from .values import Value


def reduced(losses: Node, reduction: str, count: Node | float | None = None) -> Node:
    """The losses, added up or averaged; count is what a mean divides by, where that is not their number."""
    if reduction not in ("mean", "sum", "none"):
        raise ExpressionError("reduction is 'mean', 'sum' or 'none'", code="argument")
    if reduction == "none":
        return losses
    return built(reduction, losses) if count is None or reduction == "sum" else built("sum", losses) / count


def _same_shape(x: Node, y: Node) -> None:
    if x.shape != y.shape:
        raise DataError(f"shapes {x.shape} and {y.shape} are compared element by element", code="shape")


def _weighted(tracer: Tracer, losses: Node, weight: Value) -> Node:
    return losses if weight is None else BINARY["*"](tracer, losses, tracer.node(weight))


# ---- differences ---------------------------------------------------------------------------------------


@member("torch.nn.functional.mse_loss")
def mse_loss(tracer: Tracer, input: Node, target: Node, reduction: Word = "mean") -> Value:
    """The squares of differences."""
    return reduced(built("square", BINARY["-"](tracer, input, target)), reduction)


@member("torch.nn.functional.l1_loss")
def l1_loss(tracer: Tracer, input: Node, target: Node, reduction: Word = "mean") -> Value:
    """The absolute values of differences."""
    return reduced(built("abs", BINARY["-"](tracer, input, target)), reduction)


@member("torch.nn.functional.huber_loss")
def huber_loss(tracer: Tracer, input: Node, target: Node, reduction: Word = "mean", delta: float = 1.0) -> Value:
    """Half the squares of differences up to delta, and beyond it the straight lines that continue them."""
    if delta <= 0:
        raise DataError(f"delta is greater than 0, and is {delta:g}")
    return reduced(_huber(tracer, input, target, delta), reduction)


def _huber(tracer: Tracer, input: Node, target: Node, delta: float) -> Node:
    difference = BINARY["-"](tracer, input, target)
    size = built("abs", difference)
    near = built("less_equal", size, size.lift(delta))
    return built("where", near, 0.5 * built("square", difference), delta * (size - 0.5 * delta))


@member("torch.nn.functional.smooth_l1_loss")
def smooth_l1_loss(tracer: Tracer, input: Node, target: Node, reduction: Word = "mean", beta: float = 1.0) -> Value:
    """huber_loss with delta = beta, divided by beta; for beta = 0 the l1_loss."""
    if beta < 0:
        raise DataError(f"beta is not negative, and is {beta:g}")
    if beta == 0:
        return l1_loss(tracer, input, target, reduction)
    return reduced(_huber(tracer, input, target, beta) / beta, reduction)


# ---- two classes ---------------------------------------------------------------------------------------


@member("torch.nn.functional.binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(
    tracer: Tracer, input: Node, target: Node, weight: Value = None, reduction: Word = "mean", pos_weight: Value = None
) -> Value:
    """-t log σ(x) - (1 - t) log σ(-x), which is softplus(x) - t x; the first term times pos_weight."""
    _same_shape(input, target)
    if pos_weight is None:
        losses = built("softplus", input) - target * input
    else:
        positive = _weighted(tracer, target, pos_weight) + (1.0 - target)
        losses = (1.0 - target) * input + positive * built("softplus", -input)
    return reduced(_weighted(tracer, losses, weight), reduction)


@member("torch.nn.functional.binary_cross_entropy")
def binary_cross_entropy(
    tracer: Tracer, input: Node, target: Node, weight: Value = None, reduction: Word = "mean"
) -> Value:
    """-t log x - (1 - t) log(1 - x), where no logarithm is below -100; its slope is (x - t) / max(x (1 - x), 1e-12)."""
    _same_shape(input, target)
    yes, no = (built("maximum", logs, logs.lift(-100.0)) for logs in (built("log", input), built("log1p", -input)))
    losses = -(target * yes + (1.0 - target) * no)
    least, width = 1e-12, input * (1.0 - input)
    steep = detach(losses) + (input - detach(input)) * detach((input - target) / least)
    losses = built("where", built("greater_equal", width, width.lift(least)), losses, steep)
    return reduced(_weighted(tracer, losses, weight), reduction)


@member("torch.nn.functional.soft_margin_loss")
def soft_margin_loss(tracer: Tracer, input: Node, target: Node, reduction: Word = "mean") -> Value:
    """log(1 + exp(-t x)), for t of 1 and -1."""
    _same_shape(input, target)
    return reduced(built("softplus", -target * input), reduction)


# ---- several classes -----------------------------------------------------------------------------------


class _Classes:
    """Which class each entry is of: axis is that of the classes, hot is 1 at an entry's class and 0 elsewhere.

    kept is whether an entry counts.
    """

    def __init__(self, tracer: Tracer, input: Node, target: Node, ignore: int) -> None:
        self.axis = 1 if len(input.shape) > 1 else 0
        shape = input.shape[: self.axis] + input.shape[self.axis + 1 :]
        if not input.shape or target.shape != shape:
            raise DataError(f"classes of shape {target.shape} do not fit scores of shape {input.shape}", code="shape")
        numbers, count = np.asarray(tracer.known(target)), input.shape[self.axis]
        kept = numbers != ignore
        odd = numbers[kept & ~((numbers == np.floor(numbers)) & (numbers >= 0) & (numbers < count))]
        if odd.size:
            raise DataError(f"class {odd.ravel()[0]:g} is out of range for {count} classes", code="index")
        hot = (numbers[..., None] == np.arange(count)) & kept[..., None]
        self.hot = tracer.graph.constant(np.moveaxis(hot, -1, self.axis).astype(np.float64))
        self.kept = tracer.graph.constant(kept.astype(np.float64))

    def weights(self, tracer: Tracer, weight: Value) -> Node:
        """hot times each class's weight."""
        return self.hot if weight is None else self.hot * along(tracer, weight, self.hot, self.axis)


def along(tracer: Tracer, weight: Value, like: Node, axis: int) -> Node:
    """A weight for every class, in the shape of scores whose classes lie along an axis."""
    node = tracer.node(weight)
    if node.shape != (like.shape[axis],):
        raise DataError(f"weights of shape {node.shape} for {like.shape[axis]} classes", code="shape")
    ones = (1,) * (len(like.shape) - axis - 1)
    return built("broadcast_to", built("reshape", node, (*node.shape, *ones)), like.shape)


@member("torch.nn.functional.nll_loss")
def nll_loss(
    tracer: Tracer, input: Node, target: Node, weight: Value = None, ignore_index: Whole = -100,
    reduction: Word = "mean",
) -> Value:  # fmt: skip
    """-input at the classes that target numbers; the mean divides by the sum of the classes' weights."""
    classes = _Classes(tracer, input, target, ignore_index)
    weights = classes.weights(tracer, weight)
    losses = -built("sum", weights * input, classes.axis)
    return reduced(losses, reduction, built("sum", weights))


@member("torch.nn.functional.cross_entropy")
def cross_entropy(
    tracer: Tracer, input: Node, target: Node, weight: Value = None, ignore_index: Whole = -100,
    reduction: Word = "mean", label_smoothing: float = 0.0,
) -> Value:  # fmt: skip
    """-log softmax(input) at the class that target numbers, or weighted with the probabilities it holds."""
    if not 0.0 <= label_smoothing <= 1.0:
        raise DataError(f"label_smoothing lies between 0 and 1, and is {label_smoothing:g}")
    axis = 1 if len(input.shape) > 1 else 0
    logs = built("log_softmax", input, axis)
    count = input.shape[axis] if input.shape else 1
    if target.shape == input.shape:
        smooth = target * (1.0 - label_smoothing) + label_smoothing / count if label_smoothing else target
        smooth = smooth if weight is None else smooth * along(tracer, weight, smooth, axis)
        losses = -built("sum", smooth * logs, axis)
        return reduced(losses, reduction, float(max(1, input.size // count)))
    losses = nll_loss(tracer, logs, target, weight, ignore_index, reduction)
    if not label_smoothing:
        return losses
    classes = _Classes(tracer, input, target, ignore_index)
    spread = logs if weight is None else logs * along(tracer, weight, logs, axis)
    rest = -built("sum", spread, axis) * classes.kept
    rest = reduced(rest, reduction, built("sum", classes.weights(tracer, weight)))
    return losses * (1.0 - label_smoothing) + rest * (label_smoothing / count)


@member("torch.nn.functional.kl_div")
def kl_div(tracer: Tracer, input: Node, target: Node, reduction: Word = "mean", log_target: Flag = False) -> Value:
    """t (log t - input), where input holds logarithms, and target too where log_target says so."""
    if log_target:
        losses = BINARY["*"](tracer, built("exp", target), BINARY["-"](tracer, target, input))
    else:
        losses = BINARY["-"](tracer, built("xlogy", target, target), BINARY["*"](tracer, target, input))
    if reduction == "batchmean":
        return built("sum", losses) / float(losses.shape[0] if losses.shape else 1)
    return reduced(losses, reduction)


@member("torch.nn.functional.poisson_nll_loss")
def poisson_nll_loss(
    tracer: Tracer, input: Node, target: Node, log_input: Flag = True, full: Flag = False, eps: float = 1e-8,
    reduction: Word = "mean",
) -> Value:  # fmt: skip
    """exp(x) - t x; with log_input=False x - t log(x + eps). full adds Stirling's log t! where t is greater than 1."""
    if log_input:
        losses = BINARY["-"](tracer, built("exp", input), BINARY["*"](tracer, target, input))
    else:
        losses = BINARY["-"](tracer, input, BINARY["*"](tracer, target, built("log", input + eps)))
    if full:
        factorials = built("xlogy", target, target) - target + 0.5 * built("log", 2.0 * math.pi * target)
        many = built("greater", target, target.lift(1.0))
        losses = BINARY["+"](tracer, losses, built("where", many, factorials, target.lift(0.0)))
    return reduced(losses, reduction)


# ---- as modules ----------------------------------------------------------------------------------------


class Loss(Layer):
    """A module that compares two tensors, as a function does."""

    __slots__ = ("compare",)

    def __init__(self, name: str, operands: Sequence[Parameter], compare: Callable[..., Value]) -> None:
        super().__init__(name)
        self.compare = Bound(name, operands, compare)

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return self.compare.invoke(tracer, arguments, keywords, site)


Loss.METHODS.update(Layer.METHODS)


def as_module(name: str, function: str, count: int = 2) -> None:
    """Declare a module for a loss: what the function takes after so many tensors, the module is made with."""
    routine: Bound = MEMBERS[f"torch.nn.functional.{function}"]
    operands, options = routine.parameters[:count], routine.parameters[count:]

    def make(tracer: Tracer, *chosen: Any) -> Value:
        return Loss(name, operands, lambda tracer, *tensors: routine.call(tracer, *tensors, *chosen))

    MEMBERS[f"torch.nn.{name}"] = Bound(name, options, make)


for _name, _function in {
    "BCELoss": "binary_cross_entropy", "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "CrossEntropyLoss": "cross_entropy", "HuberLoss": "huber_loss", "KLDivLoss": "kl_div", "L1Loss": "l1_loss",
    "MSELoss": "mse_loss", "NLLLoss": "nll_loss", "PoissonNLLLoss": "poisson_nll_loss",
    "SmoothL1Loss": "smooth_l1_loss", "SoftMarginLoss": "soft_margin_loss",
}.items():  # fmt: skip
    as_module(_name, _function)
