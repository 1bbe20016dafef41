"""`torch.nn`'s modules, over the language's own operations."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from types import GeneratorType
from typing import Any, TypeAlias

from ..engine.functions import FUNCTIONS, Flag, Shape, Whole
from ..engine.node import Node
from ..engine.operation import zeros
from ..engine.operations.selection import detach
from ..errors import DataError, ExpressionError
from . import autograd
from .code import CallSite
from .indexing import elements
from .library import MEMBERS, built, member
from .objects import Object, method
from .routines import Bound, Keywords, Routine
from .tensor_methods import requires_grad_
from .torch_functional import bilinear, dropout, embedding, functional_linear, layer_norm
from .tracer import Tracer
from .values import Parameter, Tensor, Value, describe

Calls: TypeAlias = Generator[Any, Value, Value]


class Layer(Object):
    """A module: parts are the modules in it, by name; training is what `train()` and `eval()` set."""

    __slots__ = ("parts", "training")

    def __init__(self, name: str, fields: dict[str, Value] | None = None) -> None:
        super().__init__(name, fields)
        self.parts: dict[str, Layer] = {}
        self.training = True

    @property
    def text(self) -> str:
        """Its name, and those of its parts in brackets."""
        parts = ", ".join(part.name for part in self.parts.values())
        return f"{self.name}({parts})" if parts else self.name

    def layers(self) -> Iterator[tuple[str, Layer]]:
        """The module itself and all in it, with the dotted names that come before theirs, outermost first."""
        stack: list[tuple[str, Layer]] = [("", self)]
        while stack:
            before, layer = stack.pop()
            yield before, layer
            stack += reversed([(f"{before}{name}.", part) for name, part in layer.parts.items()])

    def held(self, name: str) -> Value:
        if name == "training":
            return self.training
        return self.parts.get(name) or super().held(name)

    def assign(self, tracer: Tracer, name: str, value: Value) -> bool:
        if name == "training":
            self.training = tracer.truth(value)
            return True
        if isinstance(value, Layer) and (name in self.parts or name not in self.fields):
            self.parts[name] = value
            return True
        if name in self.fields and (value is None or isinstance(value, Tensor)):
            self.fields[name] = value
            return True
        return False

    def own_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Its parameters, without those of its parts, by name."""
        return ((name, each) for name, each in self.fields.items() if isinstance(each, Tensor))

    def parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Its own parameters, then those of its parts, by dotted name; each once."""
        seen: set[int] = set()
        for before, layer in self.layers():
            for name, value in layer.own_parameters():
                if id(value) not in seen:
                    seen.add(id(value))
                    yield f"{before}{name}", value

    def entries(self) -> list[Value] | None:
        """What it holds by number, for those modules that are lists too."""
        return None


class Applied(Layer):
    """A module that calls a function of one array, with its own parameters where it has any."""

    __slots__ = ("function",)

    def __init__(self, name: str, function: Callable[..., Value], fields: dict[str, Value] | None = None) -> None:
        super().__init__(name, fields)
        self.function = function

    def apply(self, tracer: Tracer, input: Node) -> Value:
        return self.function(tracer, input, self)


class Bilinear(Layer):
    """`nn.Bilinear`: x1 W x2 + b for every matrix of W."""

    __slots__ = ()

    def apply(self, tracer: Tracer, input1: Node, input2: Node) -> Value:  # type: ignore[override]  # of two arrays
        weight = tracer.node(self.fields["weight"])
        return bilinear(tracer, input1, input2, weight, self.fields["bias"])


class Sequential(Layer):
    """`nn.Sequential`: one module after another."""

    __slots__ = ()

    def entries(self) -> list[Value]:
        return list(self.parts.values())

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        rest = iter(self.parts.values())
        for layer in rest:
            result = layer.invoke(tracer, arguments, keywords, site)
            if type(result) is GeneratorType:  # of a class that the program defines
                return self._asking(tracer, result, rest, site)
            arguments, keywords = [result], {}
        return arguments[0]

    def _asking(
        self, tracer: Tracer, calls: Value, rest: Iterator[Layer], site: CallSite
    ) -> Generator[Any, Value, Value]:
        value = yield from calls
        for layer in rest:
            value = layer.invoke(tracer, [value], {}, site)
            if type(value) is GeneratorType:
                value = yield from value
        return value


class Listed(Layer):
    """`nn.ModuleList`, `nn.ParameterList`: modules or parameters by number."""

    __slots__ = ()

    def entries(self) -> list[Value]:
        return [*self.parts.values(), *self.fields.values()]

    def add(self, value: Value) -> None:
        """Put a module or a parameter at the end."""
        place = str(len(self.parts) + len(self.fields))
        if isinstance(value, Layer):
            self.parts[place] = value
        elif isinstance(value, Tensor):
            self.fields[place] = value
        else:
            raise ExpressionError(f"{self.name} holds modules and parameters, not {describe(value)}", code="type")


# ---- what modules can be asked -------------------------------------------------------------------------


@method(Layer, "parameters")
def parameters(tracer: Tracer, module: Value) -> Value:
    """All parameters, as a list."""
    return [value for _, value in module.parameters()]


@method(Layer, "named_parameters")
def named_parameters(tracer: Tracer, module: Value) -> Value:
    """All parameters with their names."""
    return list(module.parameters())


@method(Layer, "named_children")
def named_children(tracer: Tracer, module: Value) -> Value:
    """The modules in it, with their names."""
    return list(module.parts.items())


@method(Layer, "modules")
def modules(tracer: Tracer, module: Value) -> Value:
    """The module itself and all in it."""
    return [layer for _, layer in module.layers()]


@method(Layer, "state_dict")
def state_dict(tracer: Tracer, module: Value) -> Value:
    """All parameters by name."""
    return dict(module.parameters())


@method(Layer, "apply")
def apply_to_all(tracer: Tracer, module: Value, function: Value) -> Generator[Any, Value, Value]:
    """Call a function with the module and with all in it, innermost first."""
    for _, layer in reversed(list(module.layers())):
        yield function, [layer]
    return module


@method(Layer, "register_parameter")
def register_parameter(tracer: Tracer, module: Value, name: Value, value: Value) -> Value:
    """Make a tensor one of the module's parameters."""
    module.fields[name] = value


@method(Layer, "register_buffer")
def register_buffer(tracer: Tracer, module: Value, name: Value, value: Value) -> Value:
    """Give a module a tensor that is no parameter."""
    module.fields[name] = tracer.bind(value)


@method(Layer, "add_module", "register_module")
def add_module(tracer: Tracer, module: Value, name: Value, part: Value) -> Value:
    """Give a module another one as a part."""
    if not isinstance(name, str) or not isinstance(part, Layer):
        raise ExpressionError("add_module takes a name and a module", code="argument")
    module.parts[name] = part


@method(Listed, "append")
def append(tracer: Tracer, module: Value, entry: Value) -> Value:
    """Put a module or a parameter at the end."""
    module.add(entry)
    return module


@method(Layer, "children")
def children(tracer: Tracer, module: Value) -> Value:
    """The modules in it."""
    return list(module.parts.values())


class Forward(Routine):
    """`module.forward(x)`: what calling the module gives."""

    __slots__ = ()

    def invoke(self, tracer: Tracer, arguments: list[Value], keywords: Keywords, site: CallSite) -> Value:
        return arguments[0].invoke(tracer, arguments[1:], keywords, site)


Layer.METHODS["forward"] = Forward("forward")


@method(Layer, "requires_grad_")
def module_requires_grad_(tracer: Tracer, module: Value, requires_grad: Flag = True) -> Value:
    """Let all parameters gather gradients (or no longer)."""
    for _, value in module.parameters():
        requires_grad_(tracer, value, requires_grad)
    return module


@method(Layer, "zero_grad")
def module_zero_grad(tracer: Tracer, module: Value, set_to_none: Flag = True) -> Value:
    """Forget what all parameters have gathered."""
    forget([value for _, value in module.parameters()], set_to_none)


def forget(params: Sequence[Tensor], to_none: bool) -> None:
    """Set the gradients that parameters have gathered to None, or to zeros."""
    for each in params:
        if each.gradient is not None and each.gradient.grad is not None:
            if to_none:
                each.gradient.grad = None
            else:
                each.gradient.grad.node = zeros(each.node, each.node.shape)


@method(Layer, "train")
def train(tracer: Tracer, module: Value, mode: Flag = True) -> Value:
    """Prepare for training: dropout drops."""
    for _, layer in module.layers():
        layer.training = mode
    return module


@method(Layer, "eval")
def eval_(tracer: Tracer, module: Value) -> Value:
    """Prepare for use: dropout drops nothing."""
    return train(tracer, module, False)


@method(Layer, "double", "float", "cpu", "cuda")
def unchanged(tracer: Tracer, module: Value) -> Value:
    """The module itself: all numbers are float64."""
    return module


@method(Layer, "to")
def to(tracer: Tracer, module: Value, place: Value) -> Value:
    """The module itself: there is one place and one type of number."""
    return module


for _kind in (Applied, Bilinear, Sequential, Listed):
    _kind.METHODS.update(Layer.METHODS)


# ---- modules with parameters ---------------------------------------------------------------------------


def _even(tracer: Tracer, shape: tuple[int, ...], bound: float) -> Value:
    """A parameter drawn evenly from -bound to bound."""
    return autograd.leaf(tracer, (built("rand", tracer.graph, shape) * 2.0 - 1.0) * bound)


def _positive(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise DataError(f"{name} is at least 1, and is {size}")


@member("torch.nn.Linear")
def linear(tracer: Tracer, in_features: Whole, out_features: Whole, bias: Flag = True) -> Value:
    """x @ weight.T + bias; both are drawn evenly from ±1/√in_features."""
    _positive(in_features=in_features, out_features=out_features)
    bound = 1 / math.sqrt(in_features)
    fields = {
        "weight": _even(tracer, (out_features, in_features), bound),
        "bias": _even(tracer, (out_features,), bound) if bias else None,
        "in_features": float(in_features), "out_features": float(out_features),
    }  # fmt: skip

    def apply(tracer: Tracer, x: Node, layer: Layer) -> Value:
        return functional_linear(tracer, x, tracer.node(layer.fields["weight"]), layer.fields["bias"])

    return Applied("Linear", apply, fields)


@member("torch.nn.Bilinear")
def bilinear_layer(
    tracer: Tracer, in1_features: Whole, in2_features: Whole, out_features: Whole, bias: Flag = True
) -> Value:
    """x1 weight x2 + bias; both are drawn evenly from ±1/√in1_features."""
    _positive(in1_features=in1_features, in2_features=in2_features, out_features=out_features)
    bound = 1 / math.sqrt(in1_features)
    fields = {
        "weight": _even(tracer, (out_features, in1_features, in2_features), bound),
        "bias": _even(tracer, (out_features,), bound) if bias else None,
    }
    return Bilinear("Bilinear", fields)


@member("torch.nn.Embedding")
def embedding_layer(tracer: Tracer, num_embeddings: Whole, embedding_dim: Whole) -> Value:
    """A row of weight for every whole number, drawn from the normal distribution."""
    _positive(num_embeddings=num_embeddings, embedding_dim=embedding_dim)
    weight = autograd.leaf(tracer, built("randn", tracer.graph, (num_embeddings, embedding_dim)))

    def apply(tracer: Tracer, numbers: Node, layer: Layer) -> Value:
        return embedding(tracer, numbers, tracer.node(layer.fields["weight"]))

    return Applied("Embedding", apply, {"weight": weight})


@member("torch.nn.LayerNorm")
def layer_norm_layer(
    tracer: Tracer, normalized_shape: Shape, eps: float = 1e-5, elementwise_affine: Flag = True, bias: Flag = True
) -> Value:
    """Centred and scaled over its last axes, then times weight (ones) plus bias (zeros)."""
    graph, shape = tracer.graph, normalized_shape
    fields = {
        "weight": autograd.leaf(tracer, built("ones", graph, shape)) if elementwise_affine else None,
        "bias": autograd.leaf(tracer, built("zeros", graph, shape)) if elementwise_affine and bias else None,
    }

    def apply(tracer: Tracer, x: Node, layer: Layer) -> Value:
        return layer_norm(tracer, x, shape, layer.fields["weight"], layer.fields["bias"], eps)

    return Applied("LayerNorm", apply, fields)


@member("torch.nn.PReLU")
def prelu(tracer: Tracer, num_parameters: Whole = 1, init: float = 0.25) -> Value:
    """x, or weight times x where it is negative."""
    if num_parameters != 1:
        raise ExpressionError("PReLU has one parameter here", code="argument")
    weight = autograd.leaf(tracer, built("full", tracer.graph, (1,), tracer.graph.constant(init)))

    def apply(tracer: Tracer, x: Node, layer: Layer) -> Value:
        return built("relu", x) - tracer.node(layer.fields["weight"]) * built("relu", -x)

    return Applied("PReLU", apply, {"weight": weight})


@member("torch.nn.Parameter", "torch.nn.parameter.Parameter")
def parameter(tracer: Tracer, data: Value, requires_grad: Flag = True) -> Value:
    """A tensor that requires a gradient."""
    box = Parameter(detach(tracer.node(data)))
    return autograd.leaf(tracer, box) if requires_grad else box


# ---- modules of modules --------------------------------------------------------------------------------


@member("torch.nn.Sequential")
def sequential(tracer: Tracer, *modules: Value) -> Value:
    """Modules one after another."""
    made = Sequential("Sequential")
    if len(modules) == 1 and isinstance(modules[0], dict):  # an OrderedDict's entries keep their names
        made.parts = {str(name): each for name, each in modules[0].items()}
        return made
    if len(modules) == 1 and isinstance(modules[0], (list, tuple)):
        raise ExpressionError("Sequential takes modules one by one", code="argument", hint="write Sequential(*modules)")
    for i, module in enumerate(modules):
        if not isinstance(module, Layer):
            raise ExpressionError(f"Sequential takes modules, not {describe(module)}", code="type")
        made.parts[str(i)] = module
    if not modules:
        raise ExpressionError("Sequential takes at least one module", code="argument")
    return made


def _list(name: str) -> None:
    """Declare a module that is a list."""

    def make(tracer: Tracer, entries: Value = ()) -> Value:
        made = Listed(name)
        for each in elements(tracer, entries):
            made.add(each)
        return made

    member(f"torch.nn.{name}")(make)


_list("ModuleList")
_list("ParameterList")


# ---- activations ---------------------------------------------------------------------------------------


def _activation(name: str, function: str) -> None:
    """Declare a module for a function of the language: what it takes after the array, the module is made with."""
    table = FUNCTIONS[function]
    options = table.parameters[1:]

    def make(tracer: Tracer, *chosen: Any) -> Value:
        return Applied(name, lambda tracer, x, layer: table.build(x, *chosen))

    MEMBERS[f"torch.nn.{name}"] = Bound(name, options, make, defaults=table.torch_defaults)


for _name, _function in {
    "CELU": "celu", "ELU": "elu", "GELU": "gelu", "Hardsigmoid": "hardsigmoid", "Hardswish": "hardswish",
    "Hardtanh": "hardtanh", "LeakyReLU": "leaky_relu", "LogSigmoid": "logsigmoid", "LogSoftmax": "log_softmax",
    "Mish": "mish", "ReLU": "relu", "ReLU6": "relu6", "SELU": "selu", "SiLU": "silu", "Sigmoid": "sigmoid",
    "Softmax": "softmax", "Softplus": "softplus", "Softsign": "softsign", "Tanh": "tanh", "Tanhshrink": "tanhshrink",
}.items():  # fmt: skip
    _activation(_name, _function)


def _of_functional(name: str, function: str) -> None:
    """Declare a module for a function of `torch.nn.functional` that this library adds."""
    routine: Bound = MEMBERS[f"torch.nn.functional.{function}"]

    def make(tracer: Tracer, *chosen: Any) -> Value:
        return Applied(name, lambda tracer, x, layer: routine.call(tracer, x, *chosen))

    MEMBERS[f"torch.nn.{name}"] = Bound(name, routine.parameters[1:], make)


for _name, _function in {
    "GLU": "glu", "Hardshrink": "hardshrink", "Softmin": "softmin", "Softshrink": "softshrink",
    "Threshold": "threshold",
}.items():  # fmt: skip
    _of_functional(_name, _function)


@member("torch.nn.Identity")
def identity(tracer: Tracer, *ignored: Value) -> Value:
    """The array itself; what the module is made with is ignored, as in PyTorch."""
    return Applied("Identity", lambda tracer, x, layer: x)


@member("torch.nn.Flatten")
def flatten_layer(tracer: Tracer, start_dim: Whole = 1, end_dim: Whole = -1) -> Value:
    """Several axes as one; all but the first, unless told."""
    return Applied("Flatten", lambda tracer, x, layer: built("flatten", x, start_dim, end_dim))


@member("torch.nn.Unflatten")
def unflatten_layer(tracer: Tracer, dim: Whole, unflattened_size: Shape) -> Value:
    """One axis as several."""
    unflatten: Bound = MEMBERS["torch.unflatten"]
    return Applied("Unflatten", lambda tracer, x, layer: unflatten.call(tracer, x, dim, unflattened_size))


@member("torch.nn.Dropout", "torch.nn.AlphaDropout")
def dropout_layer(tracer: Tracer, p: float = 0.5, inplace: Flag = False) -> Value:
    """In training, zeros with probability p and all else divided by 1 - p; after eval() the array itself."""
    return Applied("Dropout", lambda tracer, x, layer: dropout(tracer, x, p, layer.training))


@member("torch.nn.CosineSimilarity")
def cosine_layer(tracer: Tracer, dim: Whole = 1, eps: float = 1e-8) -> Value:
    """The cosine of the angle between vectors along an axis."""
    routine: Bound = MEMBERS["torch.nn.functional.cosine_similarity"]
    kept = routine.parameters[:2]
    return Bound("CosineSimilarity", kept, lambda tracer, x1, x2: routine.call(tracer, x1, x2, dim, eps))
