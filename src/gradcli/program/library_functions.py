"""Functions of NumPy, SciPy, PyTorch, JAX and `math` that are a line or two of the language's own."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ..engine.functions import FUNCTIONS, Axis, Flag, Whole
from ..engine.node import Node
from ..engine.operations.selection import detach
from ..errors import DataError
from . import autograd
from .indexing import elements
from .library import built, member
from .operators import BINARY
from .tracer import Tracer
from .values import Tensor, Value

NUMPY = ("numpy", "jax.numpy", "autograd.numpy")
LINALG = ("numpy.linalg", "torch.linalg", "jax.numpy.linalg", "autograd.numpy.linalg", "scipy.linalg")
SPECIAL = ("scipy.special", "torch.special", "jax.scipy.special", "autograd.scipy.special")


def _paths(modules: Sequence[str], *names: str) -> list[str]:
    return [f"{module}.{name}" for module in modules for name in names]


# ---- math: whole numbers -------------------------------------------------------------------------------


def _counting(name: str, count: Callable[..., int], arity: int) -> None:
    """Declare a function of whole numbers that are known."""

    def one(tracer: Tracer, n: Whole) -> Value:
        return _counted(count, n)

    def two(tracer: Tracer, n: Whole, k: Whole) -> Value:
        return _counted(count, n, k)

    member(f"math.{name}")(one if arity == 1 else two)


def _counted(count: Callable[..., int], *numbers: int) -> float:
    if max(map(abs, numbers)) > _MOST:
        raise DataError(f"this function takes whole numbers up to {_MOST:,}")
    try:
        return float(count(*numbers))
    except ValueError:
        raise DataError("this function takes whole numbers that are not negative") from None
    except OverflowError:
        return math.inf


_MOST = 1000
for _name, _count, _arity in (
    ("comb", math.comb, 2), ("factorial", math.factorial, 1), ("gcd", math.gcd, 2), ("lcm", math.lcm, 2),
    ("perm", math.perm, 2),
):  # fmt: skip
    _counting(_name, _count, _arity)


@member("math.isqrt")
def isqrt(tracer: Tracer, n: Whole) -> Value:
    """The whole part of the square root."""
    if n < 0:
        raise DataError("isqrt takes a whole number that is not negative")
    return float(math.isqrt(n))


@member("math.log")
def log(tracer: Tracer, x: Node, base: Value = None) -> Value:
    """The natural logarithm, or that to another base."""
    found = built("log", x)
    return found if base is None else BINARY["/"](tracer, found, built("log", tracer.node(base)))


@member("math.fsum")
def fsum(tracer: Tracer, seq: Value) -> Value:
    """The sum."""
    return built("sum", tracer.node(elements(tracer, seq)))


# ---- numbers, one by one -------------------------------------------------------------------------------


@member(*_paths(NUMPY, "rint", "around"))
def rint(tracer: Tracer, x: Node, decimals: Whole = 0) -> Value:
    """x rounded, halves to even."""
    return built("round", x, decimals)


@member("torch.div", "torch.divide")
def div(tracer: Tracer, input: Node, other: Node, rounding_mode: Value = None) -> Value:
    """input / other, rounded down ('floor') or towards zero ('trunc')."""
    if rounding_mode not in (None, "floor", "trunc"):
        raise DataError("rounding_mode is None, 'floor' or 'trunc'")
    ratio = BINARY["/"](tracer, input, other)
    return ratio if rounding_mode is None else built(rounding_mode, ratio)


@member("torch.clamp_min")
def clamp_min(tracer: Tracer, input: Node, min: Node) -> Value:
    """input, and min where it is below that."""
    return built("maximum", input, min)


@member("torch.clamp_max")
def clamp_max(tracer: Tracer, input: Node, max: Node) -> Value:
    """input, and max where it is above that."""
    return built("minimum", input, max)


@member("torch.gradient")
def gradient(tracer: Tracer, input: Node, spacing: Value = 1.0, axis: Axis = None, edge_order: Whole = 1) -> Value:
    """The slope at each sample along each axis, as a tuple."""
    found: Value = FUNCTIONS["gradient"].build(input, tracer.node(spacing), axis, edge_order)
    return found if isinstance(found, tuple) else (found,)


@member("torch.ldexp")
def ldexp(tracer: Tracer, input: Node, other: Node) -> Value:
    """input times 2 to the power other."""
    return BINARY["*"](tracer, input, built("exp2", other))


@member("torch.lerp")
def lerp(tracer: Tracer, input: Node, end: Node, weight: Node) -> Value:
    """input + weight (end - input)."""
    return BINARY["+"](tracer, input, BINARY["*"](tracer, weight, BINARY["-"](tracer, end, input)))


@member(*_paths(("math", *NUMPY, "torch"), "isclose"))
def isclose(tracer: Tracer, x: Node, y: Node, rel_tol: float = 1e-5, abs_tol: float = 1e-8) -> Value:
    """Whether numbers differ by less than abs_tol + rel_tol |y|, element by element."""
    size = built("abs", BINARY["-"](tracer, x, y))
    return built("less_equal", size, built("abs", y) * rel_tol + abs_tol)


@member(*_paths((*NUMPY, "torch"), "allclose"))
def allclose(tracer: Tracer, x: Node, y: Node, rtol: float = 1e-5, atol: float = 1e-8) -> Value:
    """Whether all numbers differ by less than atol + rtol |y|."""
    return built("all", tracer.node(isclose(tracer, x, y, rtol, atol)))


@member(*_paths(NUMPY, "array_equal"), "torch.equal")
def array_equal(tracer: Tracer, x: Node, y: Node) -> Value:
    """Whether shapes and all numbers are equal."""
    return x.shape == y.shape and tracer.truth(built("all", built("equal", x, y)))


# ---- special functions ---------------------------------------------------------------------------------


@member("torch.logit", "torch.special.logit")
def logit(tracer: Tracer, input: Node, eps: float | None = None) -> Value:
    """log(x / (1 - x)), of x moved into [eps, 1 - eps] where eps is given."""
    return built("logit", input if eps is None else built("clip", input, input.lift(eps), input.lift(1.0 - eps)))


@member(*_paths(SPECIAL, "log_ndtr"))
def log_ndtr(tracer: Tracer, x: Node) -> Value:
    """The logarithm of the normal distribution function, without underflow."""
    z = x * -math.sqrt(0.5)
    below = built("log", 0.5 * built("erfcx", built("maximum", z, z.lift(0.0)))) - z * z
    above = built("log1p", -0.5 * built("erfc", -built("minimum", z, z.lift(0.0))))
    return built("where", built("greater", detach(z), z.lift(0.0)), below, above)


@member(*_paths(SPECIAL, "ndtri"))
def ndtri(tracer: Tracer, p: Node) -> Value:
    """The quantile of the normal distribution."""
    return math.sqrt(2.0) * built("erfinv", 2.0 * p - 1.0)


@member(*_paths(SPECIAL, "rel_entr"))
def rel_entr(tracer: Tracer, x: Node, y: Node) -> Value:
    """x log(x / y)."""
    return BINARY["-"](tracer, built("xlogy", x, x), built("xlogy", x, y))


@member(*_paths(SPECIAL, "kl_div"))
def kl_div(tracer: Tracer, x: Node, y: Node) -> Value:
    """x log(x / y) - x + y."""
    return BINARY["+"](tracer, rel_entr(tracer, x, y) - x, y)


@member(*_paths(SPECIAL, "exp10"))
def exp10(tracer: Tracer, x: Node) -> Value:
    """10 to the power x."""
    return built("exp", x * math.log(10.0))


@member(*_paths(SPECIAL, "boxcox"))
def boxcox(tracer: Tracer, x: Node, lmbda: float) -> Value:
    """(x**λ - 1) / λ, and log(x) for λ = 0."""
    return built("log", x) if lmbda == 0.0 else built("expm1", lmbda * built("log", x)) / lmbda


@member(*_paths(SPECIAL, "binom", "comb"))
def binom(tracer: Tracer, n: Node, k: Node) -> Value:
    """The binomial coefficient, for real numbers."""
    one = BINARY["-"](tracer, n, k) + 1.0
    return 1.0 / ((n + 1.0) * FUNCTIONS["beta"].build(*_alike(one, k + 1.0)))  # type: ignore[operator]


@member(*_paths(SPECIAL, "factorial"))
def factorial(tracer: Tracer, n: Node) -> Value:
    """gamma(n + 1)."""
    return built("gamma", n + 1.0)


def _alike(x: Node, y: Node) -> tuple[Node, Node]:
    shape = np.broadcast_shapes(x.shape, y.shape)
    return built("broadcast_to", x, shape), built("broadcast_to", y, shape)


# ---- matrices ------------------------------------------------------------------------------------------


@member(*_paths((*LINALG, *NUMPY), "vecdot"))
def vecdot(tracer: Tracer, x: Node, y: Node, axis: Whole = -1) -> Value:
    """Sums of products along an axis."""
    return built("sum", BINARY["*"](tracer, x, y), axis)


@member("torch.addmm", "torch.addmv", "torch.baddbmm")
def addmm(tracer: Tracer, input: Node, mat1: Node, mat2: Node, beta: float = 1.0, alpha: float = 1.0) -> Value:
    """beta input + alpha mat1 @ mat2."""
    return BINARY["+"](tracer, beta * input, alpha * BINARY["@"](tracer, mat1, mat2))


@member("torch.addcmul")
def addcmul(tracer: Tracer, input: Node, tensor1: Node, tensor2: Node, value: float = 1.0) -> Value:
    """input + value tensor1 tensor2."""
    return BINARY["+"](tracer, input, value * BINARY["*"](tracer, tensor1, tensor2))


@member("torch.addcdiv")
def addcdiv(tracer: Tracer, input: Node, tensor1: Node, tensor2: Node, value: float = 1.0) -> Value:
    """input + value tensor1 / tensor2."""
    return BINARY["+"](tracer, input, value * BINARY["/"](tracer, tensor1, tensor2))


# ---- arrays --------------------------------------------------------------------------------------------


@member("torch.std_mean")
def std_mean(tracer: Tracer, input: Node, axis: Axis = None, correction: float = 1.0, keepdim: Flag = False) -> Value:
    """The standard deviation and the mean."""
    return built("std", input, axis, correction, keepdim), built("mean", input, axis, keepdim)


@member("torch.var_mean")
def var_mean(tracer: Tracer, input: Node, axis: Axis = None, correction: float = 1.0, keepdim: Flag = False) -> Value:
    """The variance and the mean."""
    return built("var", input, axis, correction, keepdim), built("mean", input, axis, keepdim)


@member(*_paths(NUMPY, "asarray", "ascontiguousarray"), "torch.as_tensor", "torch.asarray", "torch.from_numpy")
def asarray(tracer: Tracer, x: Value) -> Value:
    """An array itself, which is shared; what is none becomes one."""
    return x if isinstance(x, Tensor) else tracer.node(x)


@member("torch.clone", *_paths(NUMPY, "copy"))
def clone(tracer: Tracer, input: Node) -> Value:
    """A copy."""
    return input


@member("torch.numel", *_paths(NUMPY, "size"))
def numel(tracer: Tracer, input: Node) -> Value:
    """The number of elements."""
    return float(input.size)


@member(*_paths(NUMPY, "shape"))
def shape(tracer: Tracer, input: Node) -> Value:
    """The sizes of the axes."""
    return tuple(float(size) for size in input.shape)


@member(*_paths(NUMPY, "ndim"))
def ndim(tracer: Tracer, input: Node) -> Value:
    """The number of axes."""
    return float(len(input.shape))


@member("torch.is_tensor")
def is_tensor(tracer: Tracer, obj: Value) -> Value:
    """Whether it is a tensor."""
    return isinstance(obj, (Node, Tensor))


# ---- gradients that are too large ----------------------------------------------------------------------


@member("torch.nn.utils.clip_grad_norm_")
def clip_grad_norm_(tracer: Tracer, parameters: Value, max_norm: float, norm_type: float = 2.0) -> Value:
    """Shrink the gradients so that their norm together is max_norm at most; gives the norm they had."""
    boxes = [each for each in map(autograd.boxed, *_with(tracer, parameters)) if _grad(each) is not None]
    flat = [built("ravel", _grad(each).node) for each in boxes]
    total = built("norm", FUNCTIONS["concatenate"].build(flat, 0), norm_type) if flat else tracer.graph.constant(0.0)
    factor = built("minimum", max_norm / (total + 1e-6), total.lift(1.0))
    for each in boxes:
        _grad(each).node = detach(_grad(each).node * built("broadcast_to", factor, each.node.shape))
    return total


@member("torch.nn.utils.clip_grad_value_")
def clip_grad_value_(tracer: Tracer, parameters: Value, clip_value: float) -> Value:
    """Bring every element of the gradients between -clip_value and clip_value."""
    for each in map(autograd.boxed, *_with(tracer, parameters)):
        if _grad(each) is not None:
            node = _grad(each).node
            _grad(each).node = detach(built("clip", node, node.lift(-clip_value), node.lift(clip_value)))


def _with(tracer: Tracer, parameters: Value) -> tuple[list[Tracer], list[Value]]:
    found = list(parameters) if isinstance(parameters, (list, tuple)) else [parameters]
    return [tracer] * len(found), found


def _grad(box: Tensor) -> Value:
    return None if box.gradient is None else box.gradient.grad


# ---- settings that change nothing ----------------------------------------------------------------------


@member("torch.set_printoptions", *_paths(NUMPY, "set_printoptions"))
def set_printoptions(
    tracer: Tracer, precision: Value = None, threshold: Value = None, edgeitems: Value = None, linewidth: Value = None,
    suppress: Value = None, profile: Value = None, sci_mode: Value = None, formatter: Value = None,
) -> Value:  # fmt: skip
    """Nothing: numbers are shown as they are."""


@member(
    "torch.set_default_dtype", "torch.set_default_device", "torch.cuda.manual_seed", "torch.cuda.manual_seed_all",
    "torch.set_num_threads", "jax.config.update",
)  # fmt: skip
def set_up(tracer: Tracer, *settings: Value) -> Value:
    """Nothing: all numbers are float64, and are shown as they are."""


@member("torch.cuda.is_available")
def is_available(tracer: Tracer) -> Value:
    """False: there is one device."""
    return False


@member("torch.device")
def device(tracer: Tracer, name: Value = "cpu") -> Value:
    """The one device there is."""
    return "cpu"
