"""Enough of `torch.nn` and `torch.optim` for what is written with autograd, over the language's own operations."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..engine.functions import FUNCTIONS, REQUIRED, Flag, Parameter, Shape, Whole, Word
from ..engine.node import Node
from ..engine.operation import broadcast_to, reshape_to, zeros
from ..engine.operations.selection import detach
from ..errors import DataError, ExpressionError
from . import autograd
from .builtins import parameters_of
from .code import CallSite
from .objects import Object, method
from .operators import BINARY
from .routines import Bound, Keywords
from .tensor_methods import requires_grad_
from .tracer import Tracer
from .values import Tensor, Value, describe

MEMBERS: dict[str, Value] = {}


def _member(*paths: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Declare what stands under dotted names: a function, or one that makes an object."""

    def declare(call: Callable[..., Value]) -> Callable[..., Value]:
        for path in paths:
            variadic = bool(call.__code__.co_flags & 0x04)
            MEMBERS[path] = Bound(path.rpartition(".")[2], parameters_of(call), call, variadic=variadic)
        return call

    return declare


def _built(name: str, *arguments: Any) -> Node:
    node = FUNCTIONS[name].build(*arguments)
    assert isinstance(node, Node)
    return node


def _drawn(tracer: Tracer, name: str, shape: tuple[int, ...]) -> Node:
    return _built(name, tracer.graph, shape)


# ---- modules -------------------------------------------------------------------------------------------


class Layer(Object):
    """A module of `torch.nn`: parts are the modules in it, by name."""

    __slots__ = ("parts",)

    def __init__(self, name: str, fields: dict[str, Value] | None = None) -> None:
        super().__init__(name, fields)
        self.parts: dict[str, Layer] = {}

    def parameters(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """Its own parameters, then those of its parts, by dotted name."""
        stack_: list[tuple[str, Layer]] = [(prefix, self)]
        while stack_:
            before, layer = stack_.pop()
            for name, value in layer.fields.items():
                if isinstance(value, Tensor):
                    yield f"{before}{name}", value
            stack_ += reversed([(f"{before}{name}.", part) for name, part in layer.parts.items()])


class Linear(Layer):
    """`nn.Linear`: x @ weight.T + bias."""

    __slots__ = ()

    def apply(self, tracer: Tracer, input: Value) -> Value:
        weight, bias = self.fields["weight"], self.fields["bias"]
        product = BINARY["@"](tracer, tracer.node(input), _built("transpose", tracer.node(weight)))
        return product if bias is None else BINARY["+"](tracer, product, tracer.node(bias))


class Activation(Layer):
    """A module without parameters: a function of the language."""

    __slots__ = ("function",)

    def __init__(self, name: str, function: Callable[[Node], Node]) -> None:
        super().__init__(name)
        self.function = function

    def apply(self, tracer: Tracer, input: Value) -> Value:
        return self.function(tracer.node(input))


class Sequential(Layer):
    """`nn.Sequential`: one module after another."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        for layer in self.parts.values():
            arguments, keywords = [layer.invoke(tracer, arguments, keywords, site)], {}
        return arguments[0]


class Loss(Layer):
    """A module that compares two tensors, as a function does."""

    __slots__ = ("compare", "reduction")

    def __init__(self, name: str, compare: Callable[..., Value], reduction: str) -> None:
        super().__init__(name)
        self.compare, self.reduction = compare, reduction

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        compare = Bound(self.name, parameters_of(self.compare)[:2], lambda tracer, x, y: self._of(tracer, x, y))
        return compare.invoke(tracer, arguments, keywords, site)

    def _of(self, tracer: Tracer, x: Value, y: Value) -> Value:
        return self.compare(tracer, x, y, self.reduction)


@method(Layer, "parameters")
def parameters(tracer: Tracer, module: Value) -> Value:
    """All parameters, as a list."""
    return [value for _, value in module.parameters()]


@method(Layer, "named_parameters")
def named_parameters(tracer: Tracer, module: Value) -> Value:
    """All parameters with their names."""
    return list(module.parameters())


@method(Layer, "requires_grad_")
def module_requires_grad_(tracer: Tracer, module: Value, requires_grad: Flag = True) -> Value:
    """Let all parameters gather gradients (or no longer)."""
    for _, value in module.parameters():
        requires_grad_(tracer, value, requires_grad)
    return module


@method(Layer, "zero_grad")
def module_zero_grad(tracer: Tracer, module: Value, set_to_none: Flag = True) -> Value:
    """Forget what all parameters have gathered."""
    _forget([value for _, value in module.parameters()], set_to_none)


@method(Layer, "train", "eval", "double", "float")
def unchanged(tracer: Tracer, module: Value, mode: Flag = True) -> Value:
    """The module itself: nothing here differs between training and use."""
    return module


for _kind in (Linear, Activation, Sequential, Loss):
    _kind.METHODS.update(Layer.METHODS)


@_member("torch.nn.Linear")
def linear(tracer: Tracer, in_features: Whole, out_features: Whole, bias: Flag = True) -> Value:
    """A linear layer, its parameters drawn evenly from ±1/√in_features."""
    if in_features < 1 or out_features < 1:
        raise DataError("a linear layer has at least one input and one output")
    bound = 1 / math.sqrt(in_features)
    weight = (_drawn(tracer, "rand", (out_features, in_features)) * 2.0 - 1.0) * bound
    start = (_drawn(tracer, "rand", (out_features,)) * 2.0 - 1.0) * bound if bias else None
    fields = {
        "weight": autograd.leaf(tracer, weight), "bias": None if start is None else autograd.leaf(tracer, start),
        "in_features": float(in_features), "out_features": float(out_features),
    }  # fmt: skip
    return Linear("Linear", fields)


@_member("torch.nn.Sequential")
def sequential(tracer: Tracer, *modules: Value) -> Value:
    """Modules one after another."""
    made = Sequential("Sequential")
    for i, module in enumerate(modules):
        if not isinstance(module, Layer):
            raise ExpressionError(f"Sequential takes modules, not {describe(module)}", code="type")
        made.parts[str(i)] = module
    if not modules:
        raise ExpressionError("Sequential takes at least one module", code="argument")
    return made


@_member("torch.nn.Parameter", "torch.nn.parameter.Parameter")
def parameter(tracer: Tracer, data: Value, requires_grad: Flag = True) -> Value:
    """A tensor that requires a gradient."""
    box = Tensor(detach(tracer.node(data)))
    return autograd.leaf(tracer, box) if requires_grad else box


def _activation(name: str, function: Callable[[Node], Node]) -> None:
    MEMBERS[f"torch.nn.{name}"] = Bound(name, [], lambda tracer: Activation(name, function))


for _name, _function in {
    "ELU": "elu", "GELU": "gelu", "LeakyReLU": "leaky_relu", "LogSigmoid": "logsigmoid", "Mish": "mish", "ReLU": "relu",
    "SELU": "selu", "SiLU": "silu", "Sigmoid": "sigmoid", "Softplus": "softplus", "Tanh": "tanh",
}.items():  # fmt: skip
    _activation(_name, FUNCTIONS[_function].build)  # type: ignore[arg-type]  # each gives one array
_activation("Identity", lambda x: x)
_activation("Flatten", lambda x: reshape_to(x, (x.shape[0], x.size // x.shape[0])) if len(x.shape) > 1 else x)


@_member("torch.nn.Softmax")
def softmax(tracer: Tracer, dim: Whole = -1) -> Value:
    """Softmax along an axis, as a module."""
    return Activation("Softmax", lambda x: _built("softmax", x, dim))


# ---- comparing -----------------------------------------------------------------------------------------


def _reduced(losses: Node, reduction: str) -> Node:
    if reduction not in ("mean", "sum", "none"):
        raise ExpressionError("reduction is 'mean', 'sum' or 'none'", code="argument")
    return losses if reduction == "none" else _built(reduction, losses)


def _same_shape(x: Node, y: Node) -> None:
    if x.shape != y.shape:
        raise DataError(f"shapes {x.shape} and {y.shape} are compared element by element", code="shape")


@_member("torch.nn.functional.mse_loss")
def mse_loss(tracer: Tracer, input: Node, target: Node, reduction: Word = "mean") -> Value:
    """The mean of squared differences."""
    return _reduced(_built("square", BINARY["-"](tracer, input, target)), reduction)


@_member("torch.nn.functional.l1_loss")
def l1_loss(tracer: Tracer, input: Node, target: Node, reduction: Word = "mean") -> Value:
    """The mean of absolute differences."""
    return _reduced(_built("abs", BINARY["-"](tracer, input, target)), reduction)


@_member("torch.nn.functional.binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(tracer: Tracer, input: Node, target: Node, reduction: Word = "mean") -> Value:
    """-t log σ(x) - (1 - t) log σ(-x), which is softplus(x) - t x."""
    _same_shape(input, target)
    return _reduced(_built("softplus", input) - target * input, reduction)


@_member("torch.nn.functional.binary_cross_entropy")
def binary_cross_entropy(tracer: Tracer, input: Node, target: Node, reduction: Word = "mean") -> Value:
    """-t log x - (1 - t) log(1 - x)."""
    _same_shape(input, target)
    losses = _built("xlogy", target, input) + _built("xlog1py", 1.0 - target, -input)
    return _reduced(-losses, reduction)


@_member("torch.nn.functional.cross_entropy")
def cross_entropy(tracer: Tracer, input: Node, target: Node, reduction: Word = "mean") -> Value:
    """-log softmax(input), at the class that target numbers or weighted with the probabilities it holds."""
    logs = _built("log_softmax", input, -1)
    if target.shape == input.shape:
        weights = target
    elif target.shape == input.shape[:-1]:
        weights = one_hot(tracer, target, input.shape[-1])
    else:
        raise DataError(f"classes of shape {target.shape} do not fit scores of shape {input.shape}", code="shape")
    return _reduced(-_built("sum", weights * logs, -1), reduction)


for _name, _compare in {
    "MSELoss": mse_loss, "L1Loss": l1_loss, "BCEWithLogitsLoss": binary_cross_entropy_with_logits,
    "BCELoss": binary_cross_entropy, "CrossEntropyLoss": cross_entropy,
}.items():  # fmt: skip

    def _loss(tracer: Tracer, reduction: Word = "mean", name: Any = _name, compare: Any = _compare) -> Value:
        return Loss(name, compare, reduction)

    MEMBERS[f"torch.nn.{_name}"] = Bound(_name, parameters_of(_loss)[:1], _loss)


@_member("torch.nn.functional.one_hot", "jax.nn.one_hot")
def one_hot(tracer: Tracer, tensor: Node, num_classes: Whole = -1) -> Value:
    """For each whole number k a row that is 1 at k and 0 elsewhere."""
    classes = tracer.known(tensor)
    if not ((classes == classes.round()) & (classes >= 0)).all():
        raise DataError("classes are whole numbers from 0")
    count = int(classes.max()) + 1 if num_classes < 0 and classes.size else num_classes
    if classes.size and classes.max() >= count:
        raise DataError(f"class {int(classes.max())} is out of range for {count} classes", code="index")
    numbers = tracer.graph.constant(list(range(count)))
    return _built("equal", _built("unsqueeze", detach(tensor), -1), numbers)


@_member("torch.nn.functional.normalize")
def normalize(tracer: Tracer, input: Node, p: float = 2.0, dim: Whole = 1, eps: float = 1e-12) -> Value:
    """input divided by its norms along an axis, or by eps where they are smaller."""
    norms = _built("norm", input, p, dim, True)
    return BINARY["/"](tracer, input, _built("maximum", norms, norms.lift(eps)))


@_member("torch.nn.functional.cosine_similarity", "torch.cosine_similarity")
def cosine_similarity(tracer: Tracer, x1: Node, x2: Node, dim: Whole = 1, eps: float = 1e-8) -> Value:
    """The cosine of the angle between vectors along an axis."""
    products = _built("sum", BINARY["*"](tracer, x1, x2), dim)
    first, second = (_built("maximum", _built("norm", x, 2.0, dim), x.lift(eps)) for x in (x1, x2))
    return products / (first * second)


@_member("torch.nn.functional.linear")
def functional_linear(tracer: Tracer, input: Node, weight: Node, bias: Value = None) -> Value:
    """input @ weight.T + bias."""
    product = BINARY["@"](tracer, input, _built("transpose", weight))
    return product if bias is None else BINARY["+"](tracer, product, tracer.node(bias))


@_member("torch.empty")
def empty(tracer: Tracer, shape: Shape) -> Value:
    """An array to be filled; until then it holds zeros."""
    return _built("zeros", tracer.graph, shape)


# ---- torch.nn.init -------------------------------------------------------------------------------------


def _start(name: str, build: Callable[..., Node], *names: tuple[str, float | None]) -> None:
    """Declare a function that fills a tensor, unrecorded; build takes the tracer, the shape, and numbers."""

    def fill(tracer: Tracer, tensor: Value, *numbers: float) -> Value:
        box = autograd.boxed(tracer, tensor)
        node = detach(broadcast_to(build(tracer, box.node.shape, *numbers), box.node.shape))
        autograd.write(tracer, autograd.Data(box), node)
        return box

    parameters = [Parameter("tensor", "Value")]
    parameters += [Parameter(each, "float", REQUIRED if default is None else default) for each, default in names]
    MEMBERS[f"torch.nn.init.{name}"] = Bound(name, parameters, fill)


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) < 2:
        raise DataError(f"this start needs at least two axes, not shape {shape}", code="shape")
    return shape[1] * math.prod(shape[2:]), shape[0] * math.prod(shape[2:])


def _even(tracer: Tracer, shape: tuple[int, ...], low: float, high: float) -> Node:
    return low + _drawn(tracer, "rand", shape) * (high - low)


def _normal(tracer: Tracer, shape: tuple[int, ...], mean: float, std: float) -> Node:
    return mean + _drawn(tracer, "randn", shape) * std


def _xavier(tracer: Tracer, shape: tuple[int, ...], gain: float) -> Node:
    bound = gain * math.sqrt(6.0 / sum(_fans(shape)))
    return _even(tracer, shape, -bound, bound)


def _xavier_normal(tracer: Tracer, shape: tuple[int, ...], gain: float) -> Node:
    return _drawn(tracer, "randn", shape) * (gain * math.sqrt(2.0 / sum(_fans(shape))))


_start("zeros_", lambda tracer, shape: tracer.graph.constant(0.0))
_start("ones_", lambda tracer, shape: tracer.graph.constant(1.0))
_start("constant_", lambda tracer, shape, value: tracer.graph.constant(value), ("val", None))
_start("normal_", _normal, ("mean", 0.0), ("std", 1.0))
_start("uniform_", _even, ("a", 0.0), ("b", 1.0))
_start("xavier_uniform_", _xavier, ("gain", 1.0))
_start("xavier_normal_", _xavier_normal, ("gain", 1.0))


# ---- torch.optim ---------------------------------------------------------------------------------------


class Optimizer(Object):
    """Changes parameters along their gradients; buffers are what it remembers of each."""

    __slots__ = ("buffers", "params", "settings", "steps")

    def __init__(self, name: str, params: Sequence[Tensor], settings: dict[str, Any]) -> None:
        super().__init__(name)
        self.params = params
        self.settings = settings
        self.buffers: dict[int, tuple[Node, ...]] = {}
        self.steps = 0

    def change(self, position: int, gradient: Node) -> Node:
        """What is to be taken from a parameter."""
        raise NotImplementedError


class SGD(Optimizer):
    """Stochastic gradient descent, with PyTorch's momentum."""

    __slots__ = ()

    def change(self, position: int, gradient: Node) -> Node:
        momentum: float = self.settings["momentum"]
        if momentum:
            before = self.buffers.get(position)
            damped = gradient * (1.0 - self.settings["dampening"])
            buffer = gradient if before is None else detach(before[0] * momentum + damped)
            self.buffers[position] = (buffer,)
            gradient = gradient + buffer * momentum if self.settings["nesterov"] else buffer
        return gradient * float(self.settings["lr"])


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015), with its correction of the first steps."""

    __slots__ = ()

    def change(self, position: int, gradient: Node) -> Node:
        first, second = self.settings["betas"]
        before = self.buffers.get(position) or (zeros(gradient, gradient.shape),) * 2
        mean = detach(before[0] * first + gradient * (1.0 - first))
        square = detach(before[1] * second + gradient * gradient * (1.0 - second))
        self.buffers[position] = (mean, square)
        root = _built("sqrt", square) / math.sqrt(1.0 - second**self.steps)
        rate: float = self.settings["lr"] / (1.0 - first**self.steps)
        return mean / (root + float(self.settings["eps"])) * rate


def _params(tracer: Tracer, params: Value) -> list[Tensor]:
    if not isinstance(params, (list, tuple)) or not params or not all(isinstance(each, Tensor) for each in params):
        raise ExpressionError("an optimizer takes a list of tensors, such as model.parameters()", code="argument")
    return list(params)


@_member("torch.optim.SGD")
def sgd(
    tracer: Tracer, params: Value, lr: float = 1e-3, momentum: float = 0.0, dampening: float = 0.0,
    weight_decay: float = 0.0, nesterov: Flag = False,
) -> Value:  # fmt: skip
    """Stochastic gradient descent."""
    settings = {"lr": lr, "momentum": momentum, "dampening": dampening, "decay": weight_decay, "nesterov": nesterov}
    return SGD("SGD", _params(tracer, params), settings)


@_member("torch.optim.Adam")
def adam(
    tracer: Tracer, params: Value, lr: float = 1e-3, betas: Value = (0.9, 0.999), eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> Value:  # fmt: skip
    """Adam."""
    if not isinstance(betas, (list, tuple)) or len(betas) != 2:
        raise ExpressionError("betas are two numbers", code="argument")
    pair = tuple(tracer.number(each, "a beta") for each in betas)
    return Adam("Adam", _params(tracer, params), {"lr": lr, "betas": pair, "eps": eps, "decay": weight_decay})


@method(Optimizer, "zero_grad")
def zero_grad(tracer: Tracer, optimizer: Value, set_to_none: Flag = True) -> Value:
    """Forget what the parameters have gathered."""
    _forget(optimizer.params, set_to_none)


def _forget(params: Sequence[Tensor], to_none: bool) -> None:
    for each in params:
        if each.gradient is not None and each.gradient.grad is not None:
            if to_none:
                each.gradient.grad = None
            else:
                each.gradient.grad.node = zeros(each.node, each.node.shape)


@method(Optimizer, "step")
def step(tracer: Tracer, optimizer: Value) -> Value:
    """Change every parameter that has a gradient, unrecorded."""
    optimizer.steps += 1
    for i, each in enumerate(optimizer.params):
        if each.gradient is not None and each.gradient.grad is not None:
            gradient = detach(each.gradient.grad.node)
            if optimizer.settings["decay"]:
                gradient = gradient + detach(each.node) * optimizer.settings["decay"]
            data = autograd.Data(each)
            autograd.write(tracer, data, data.node - optimizer.change(i, gradient))


for _optimizer in (SGD, Adam):
    _optimizer.METHODS.update(Optimizer.METHODS)
