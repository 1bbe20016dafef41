"""What every module of `torch.nn` is and can be asked: its parts, its parameters, training or not."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

from ..engine.functions import Flag
from ..engine.node import Node
from ..engine.operation import reshape_to, zeros
from ..engine.operations.indexing import index
from ..engine.operations.selection import detach
from ..engine.operations.structural import concatenate
from ..errors import DataError, ExpressionError
from . import autograd
from .code import CallSite
from .library import built, member
from .objects import Object, method
from .routines import Keywords, Routine
from .tensor_methods import requires_grad_
from .tracer import Tracer
from .values import Tensor, Value


class Layer(Object):
    """A module: parts are the modules in it, by name; training is what `train()` and `eval()` set.

    buffers are the names of tensors that it keeps and that are no parameters, and whether they are part of its state.
    """

    __slots__ = ("buffers", "parts", "training")

    def __init__(self, name: str, fields: dict[str, Value] | None = None) -> None:
        super().__init__(name, fields)
        self.parts: dict[str, Layer] = {}
        self.buffers: dict[str, bool] = {}
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
        if name in self.buffers and isinstance(value, Node):
            value = tracer.bind(value)
        if name in self.fields and (value is None or isinstance(value, Tensor)):
            self.fields[name] = value
            return True
        return False

    def own_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Its parameters, without those of its parts, by name."""
        return (
            (name, each) for name, each in self.fields.items() if isinstance(each, Tensor) and name not in self.buffers
        )

    def own_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """Its buffers, without those of its parts, by name."""
        held = ((name, self.fields.get(name)) for name in self.buffers)
        return ((name, each) for name, each in held if isinstance(each, Tensor))

    def all_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """Its own buffers, then those of its parts, by dotted name."""
        return ((f"{before}{name}", each) for before, layer in self.layers() for name, each in layer.own_buffers())

    def state(self) -> dict[str, Tensor]:
        """Parameters and those buffers that are part of its state, layer by layer, by dotted name."""
        return {
            f"{before}{name}": each
            for before, layer in self.layers()
            for name, each in (*layer.own_parameters(), *layer.own_buffers())
            if layer.buffers.get(name, True)
        }

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


# ---- what modules can be asked ------------------------------------------------------------------------


@method(Layer, "parameters")
def parameters(tracer: Tracer, module: Value) -> Value:
    """All parameters, as a list."""
    return [value for _, value in module.parameters()]


@method(Layer, "named_parameters")
def named_parameters(tracer: Tracer, module: Value) -> Value:
    """All parameters with their names."""
    return list(module.parameters())


@method(Layer, "buffers")
def buffers(tracer: Tracer, module: Value) -> Value:
    """All buffers, as a list."""
    return [value for _, value in module.all_buffers()]


@method(Layer, "named_buffers")
def named_buffers(tracer: Tracer, module: Value) -> Value:
    """All buffers with their names."""
    return list(module.all_buffers())


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
    """The values of all parameters and buffers by name, which follow them."""
    return {name: autograd.Data(value) for name, value in module.state().items()}


@method(Layer, "load_state_dict")
def load_state_dict(tracer: Tracer, module: Value, state_dict: Value, strict: Flag = True) -> Value:
    """Give all parameters and buffers the values that stand under their names, unrecorded."""
    own = module.state()
    if not isinstance(state_dict, dict):
        raise ExpressionError("load_state_dict takes what state_dict gives: parameters by name", code="type")
    odd = next((name for name in (*own, *state_dict) if name not in state_dict or name not in own), None)
    if strict and odd is not None:
        where = "is missing" if odd in own else f"is no parameter of {module.name}"
        raise DataError(f"the parameter {odd!r:.40} {where}", code="argument", hint="strict=False leaves it out")
    for name in own.keys() & state_dict.keys():
        value = tracer.node(state_dict[name])
        if value.shape != own[name].node.shape:
            message = f"{name} has shape {own[name].node.shape}, and what is to be loaded has {value.shape}"
            raise DataError(message, code="shape")
        autograd.write(tracer, autograd.Data(own[name]), detach(value))


@member("torch.func.functional_call")
def functional_call(
    tracer: Tracer, module: Value, parameter_and_buffer_dicts: Value, args: Value = None, kwargs: Value = None
) -> Generator[Any, Value, Value]:
    """What a module gives where tensors stand in for those that it has under their names."""
    if not isinstance(module, Layer) or not isinstance(parameter_and_buffer_dicts, dict):
        raise ExpressionError("functional_call takes a module, and tensors by name", code="type")
    given = {str(name): tracer.bind(each) for name, each in parameter_and_buffer_dicts.items()}
    replaced = []
    for before, layer in module.layers():
        for name, value in layer.fields.items():
            if f"{before}{name}" in given:
                replaced.append((layer.fields, name, value))
                layer.fields[name] = given[f"{before}{name}"]
    arguments = list(args) if isinstance(args, (list, tuple)) else [] if args is None else [args]
    result = yield module, arguments, kwargs or {}
    for fields, name, value in replaced:
        fields[name] = value
    return result


@method(Layer, "named_modules")
def named_modules(tracer: Tracer, module: Value) -> Value:
    """The module itself and all in it, with their dotted names."""
    return [(before.rstrip("."), layer) for before, layer in module.layers()]


@member("torch.nn.utils.parameters_to_vector")
def parameters_to_vector(tracer: Tracer, parameters: Value) -> Value:
    """All parameters one after another."""
    return concatenate([built("ravel", tracer.node(each)) for each in parameters], 0)


@member("torch.nn.utils.vector_to_parameters")
def vector_to_parameters(tracer: Tracer, vec: Node, parameters: Value) -> Value:
    """Give parameters the values that stand in a vector one after another, unrecorded."""
    sizes = [tracer.node(each).size for each in parameters]
    if vec.shape != (sum(sizes),):
        raise DataError(f"the parameters are {sum(sizes)} numbers, and the vector has shape {vec.shape}", code="shape")
    start = 0
    for each, size in zip(parameters, sizes, strict=True):
        part = index(vec, (slice(start, start + size),))
        autograd.write(tracer, autograd.Data(each), detach(reshape_to(part, each.node.shape)))
        start += size


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
def register_buffer(tracer: Tracer, module: Value, name: Value, tensor: Value, persistent: Flag = True) -> Value:
    """Give a module a tensor that is no parameter; state_dict has it where it is persistent."""
    module.fields[name] = tracer.bind(tensor)
    module.buffers[name] = persistent


@method(Layer, "add_module", "register_module")
def add_module(tracer: Tracer, module: Value, name: Value, part: Value) -> Value:
    """Give a module another one as a part."""
    if not isinstance(name, str) or not isinstance(part, Layer):
        raise ExpressionError("add_module takes a name and a module", code="argument")
    module.parts[name] = part


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


# ---- modules of one function --------------------------------------------------------------------------


class Applied(Layer):
    """A module that calls a function of one array, with its own parameters where it has any."""

    __slots__ = ("function",)

    def __init__(self, name: str, function: Callable[..., Value], fields: dict[str, Value] | None = None) -> None:
        super().__init__(name, fields)
        self.function = function

    def apply(self, tracer: Tracer, input: Node) -> Value:
        return self.function(tracer, input, self)
