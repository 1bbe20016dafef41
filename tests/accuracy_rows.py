"""The smooth elementwise functions whose digits are counted, each with its formula and where it is real.

Whatever is not named for PyTorch or JAX is looked up there by its name.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from gradcli.engine.functions import FUNCTIONS
from gradcli.engine.node import Node
from gradcli.engine.operations.powers import power_of

Build = Callable[..., Any]
Range = tuple[float, float]
ALL: Range = (-math.inf, math.inf)
POSITIVE: Range = (5e-324, math.inf)
UNIT: Range = (-1.0, 1.0)


class Row(NamedTuple):
    """A function of x (and y): its formula for SymPy, its domains, and places worth a denser look.

    kernel: its values are SciPy's. torch, jax: how it is written there, if not by its name; "" where it has no name.
    """

    name: str
    formula: str
    domains: tuple[Range, ...] = (ALL,)
    near: tuple[float, ...] = ()
    kernel: bool = False
    build: Build | None = None
    torch: str | None = None
    jax: str | None = None

    def node(self, *xs: Node) -> Node:
        """The function in gradcli."""
        build = self.build or FUNCTIONS[self.name].build
        made = build(*xs)
        assert isinstance(made, Node)
        return made


def _call(name: str, *after: Any) -> Build:
    return lambda *xs: FUNCTIONS[name].build(*xs, *after)


def _constant_power(exponent: float) -> Build:
    return lambda x: power_of(x, exponent)


def _quotient(x: Node) -> Node:
    return 3.0 / x


_ERFCX = "exp(x**2)*erfc(x)"
_NDTR = "erfc(-x/sqrt(2))/2"
_GELU_TANH = f"x/(1+exp(-sqrt(8/pi)*(x+({Fraction(0.044715)})*x**3)))"

UNARY: tuple[Row, ...] = (
    # exponentials, logarithms, roots
    Row("exp", "exp(x)", near=(709.78, -745.1)),
    Row("exp2", "2**x", near=(1023.9, -1074.0)),
    Row("expm1", "exp(x)-1", near=(709.78, -40.0)),
    Row("log", "log(x)", (POSITIVE,)),
    Row("log2", "log(x)/log(2)", (POSITIVE,)),
    Row("log10", "log(x)/log(10)", (POSITIVE,)),
    Row("log1p", "log(1+x)", ((-1.0, math.inf),)),
    Row("sqrt", "sqrt(x)", (POSITIVE,)),
    Row("rsqrt", "1/sqrt(x)", (POSITIVE,), jax="lax.rsqrt(x)"),
    Row("cbrt", "x*(x**2)**(-1/3)", torch=""),
    Row("square", "x**2"),
    Row("reciprocal", "1/x"),
    Row("log1mexp", "log(1-exp(x))", ((-math.inf, -5e-324),), near=(-math.log(2),), torch="", jax="jnp.log1p(-jnp.exp(x))"),
    Row("entr", "-x*log(x)", (POSITIVE,), near=(math.exp(-1),)),
    # trigonometric, hyperbolic
    Row("sin", "sin(x)", near=(math.pi, math.pi / 2)),
    Row("cos", "cos(x)", near=(math.pi, math.pi / 2)),
    Row("tan", "tan(x)", near=(math.pi, math.pi / 2)),
    Row("sec", "1/cos(x)", near=(math.pi, math.pi / 2), torch="", jax=""),
    Row("csc", "1/sin(x)", near=(math.pi, math.pi / 2), torch="", jax=""),
    Row("cot", "1/tan(x)", near=(math.pi, math.pi / 2), torch="", jax=""),
    Row("asin", "asin(x)", (UNIT,)),
    Row("acos", "acos(x)", (UNIT,)),
    Row("atan", "atan(x)", near=(1e154, 1e160, 1e104)),
    Row("sinc", "hyper((), (3/2,), -(pi*x)**2/4)", ((-1e6, 1e6),), near=(0.5, 2.0)),
    Row("degrees", "x*180/pi", torch="torch.rad2deg(x)"),
    Row("radians", "x*pi/180", torch="torch.deg2rad(x)"),
    Row("sinh", "(exp(x)-exp(-x))/2", near=(710.4,)),
    Row("cosh", "(exp(x)+exp(-x))/2", near=(710.4,)),
    Row("tanh", "tanh(x)", near=(20.0, 372.0)),
    Row("sech", "1/cosh(x)", near=(0.88137358701954, 710.4, 745.0), torch="", jax=""),
    Row("asinh", "asinh(x)", near=(1e154, 1e104)),
    Row("acosh", "acosh(x)", ((1.0, math.inf),), near=(1e154, 1e104)),
    Row("atanh", "atanh(x)", (UNIT,)),
    # activations
    Row("sigmoid", "1/(1+exp(-x))", near=(37.0, -709.0, 745.0), jax="jax.nn.sigmoid(x)"),
    Row("softplus", "log(1+exp(x))", near=(20.0, 37.0, -709.0)),
    Row("softplus(x, 2)", "log(1+exp(2*x))/2", near=(10.0, 20.0), build=_call("softplus", 2.0), torch="F.softplus(x, 2.0)", jax=""),
    Row("logit", "log(x/(1-x))", ((5e-324, 1.0),), near=(0.5,)),
    Row("log_sigmoid", "-log(1+exp(-x))", near=(37.0, -37.0), torch="F.logsigmoid(x)"),
    Row("silu", "x/(1+exp(-x))", near=(-1.2784645427610738, 2.399, -709.0)),
    Row("gelu", "x*erfc(-x/sqrt(2))/2", near=(-0.7517915, 1.4142, -37.5), jax="jax.nn.gelu(x, approximate=False)"),
    Row("gelu(x, 'tanh')", _GELU_TANH, near=(-0.7524614, 5.0, -20.0), build=_call("gelu", "tanh"), torch="F.gelu(x, approximate='tanh')", jax="jax.nn.gelu(x)"),
    Row("mish", "x-2*x/(exp(2*x)+2*exp(x)+2)", near=(-1.1924541, 1.5, 20.0, -709.0)),
    Row("elu (x < 0)", "exp(x)-1", ((-math.inf, -5e-324),), build=_call("elu"), torch="F.elu(x)", jax="jax.nn.elu(x)"),
    Row("selu (x < 0)", "1.0507009873554805*1.6732632423543772*(exp(x)-1)", ((-math.inf, -5e-324),), build=_call("selu"), torch="F.selu(x)", jax="jax.nn.selu(x)"),
    Row("celu (x < 0)", "2*(exp(x/2)-1)", ((-math.inf, -5e-324),), build=_call("celu", 2.0), torch="F.celu(x, 2.0)", jax="jax.nn.celu(x, 2.0)"),
    Row("softsign (x > 0)", "x/(1+x)", (POSITIVE,), build=_call("softsign"), torch="F.softsign(x)", jax="jax.nn.soft_sign(x)"),
    Row("tanhshrink", "x-tanh(x)", near=(20.0,), torch="F.tanhshrink(x)", jax="x - jnp.tanh(x)"),
    # powers of one variable
    Row("x**3", "x**3", build=_constant_power(3.0), torch="x**3", jax="x**3"),
    Row("x**-2", "x**(-2)", build=_constant_power(-2.0), torch="x**-2", jax="x**-2"),
    Row("x**7", "x**7", build=_constant_power(7.0), torch="x**7", jax="x**7"),
    Row("x**0.5", "x**(1/2)", (POSITIVE,), build=_constant_power(0.5), torch="x**0.5", jax="x**0.5"),
    Row("x**2.5", "x**(5/2)", (POSITIVE,), build=_constant_power(2.5), torch="x**2.5", jax="x**2.5"),
    Row("x**-1.25", "x**(-5/4)", (POSITIVE,), build=_constant_power(-1.25), torch="x**-1.25", jax="x**-1.25"),
    Row("x**0.3", "x**(5404319552844595/18014398509481984)", (POSITIVE,), build=_constant_power(0.3), torch="x**0.3", jax="x**0.3"),
    Row("3 / x", "3/x", build=_quotient, torch="3/x", jax="3/x"),
    # special functions
    Row("erf", "erf(x)", near=(26.0, 5.0), kernel=True),
    Row("erfc", "erfc(x)", near=(26.0, 5.0), kernel=True),
    Row("erfcx", _ERFCX, ((-27.0, math.inf),), near=(-26.0, 26.0, 50.0), kernel=True, jax=""),
    Row("erfinv", "erfinv(x)", (UNIT,), near=(0.5,), kernel=True, jax="jss.erfinv(x)"),
    Row("ndtr", _NDTR, near=(-37.5, 8.0), kernel=True),
    Row("gamma", "gamma(x)", ((-184.0, 171.7),), near=(1.4616321449683622, 2.0, -0.5, -1.5731), kernel=True, torch="torch.exp(torch.lgamma(x))"),
    Row("lgamma", "loggamma(x)", ((-30.0, 1e300),), near=(1.4616321449683622, 2.0, -0.5, -1.5731), kernel=True, jax="jss.gammaln(x)"),
    Row("digamma", "digamma(x)", ((-30.0, 1e300),), near=(1.4616321449683622, -0.504083008264, 2.0), kernel=True),
    Row("polygamma(1, x)", "polygamma(1,x)", ((-30.0, 1e300),), near=(2.0, -0.5), kernel=True, build=lambda x: FUNCTIONS["polygamma"].build(1, x), torch="torch.polygamma(1, x)", jax="jss.polygamma(1, x)"),
    Row("polygamma(3, x)", "polygamma(3,x)", ((-30.0, 1e300),), near=(2.0, -0.5), kernel=True, build=lambda x: FUNCTIONS["polygamma"].build(3, x), torch="torch.polygamma(3, x)", jax="jss.polygamma(3, x)"),
    Row("i0", "besseli(0,x)", ((-714.0, 714.0),), near=(8.0,), kernel=True),
    Row("i1", "besseli(1,x)", ((-714.0, 714.0),), near=(8.0,), kernel=True),
    Row("i0e", "exp(-x)*besseli(0,x)", ((1e-300, 1e5),), near=(8.0,), kernel=True),
    Row("i1e", "exp(-x)*besseli(1,x)", ((1e-300, 1e5),), near=(8.0,), kernel=True),
    Row("j0", "besselj(0,x)", ((-1e5, 1e5),), near=(2.404825557695773, 5.0), kernel=True, torch="torch.special.bessel_j0(x)"),
    Row("j1", "besselj(1,x)", ((-1e5, 1e5),), near=(1.8411837813406593, 5.0), kernel=True, torch="torch.special.bessel_j1(x)"),
    Row("jv(2, x)", "besselj(2,x)", ((-1e5, 1e5),), near=(3.0542, 5.0), kernel=True, build=lambda x: FUNCTIONS["jv"].build(2.0, x), torch="", jax=""),
)  # fmt: skip

BINARY: tuple[Row, ...] = (
    Row("multiply", "x*y", (ALL, ALL)),
    Row("divide", "x/y", (ALL, ALL)),
    Row("hypot", "sqrt(x**2+y**2)", (ALL, ALL), near=(1e154, 1e-160)),
    Row("atan2", "atan(x/y)", ((-math.inf, math.inf), POSITIVE), near=(1e154, 1e-160), jax="jnp.arctan2(x, y)"),
    Row("power", "x**y", (POSITIVE, ALL), near=(2.0, 0.5), torch="torch.pow(x, y)", jax="jnp.power(x, y)"),
    Row("logaddexp", "log(exp(x)+exp(y))", ((-1e5, 1e5), (-1e5, 1e5)), near=(700.0, -700.0)),
    Row("logaddexp2", "log(2**x+2**y)/log(2)", ((-1e5, 1e5), (-1e5, 1e5)), near=(1000.0, -1000.0)),
    Row("xlogy", "x*log(y)", (ALL, POSITIVE)),
    Row("xlog1py", "x*log(1+y)", (ALL, (-1.0, math.inf)), torch="torch.special.xlog1py(x, y)"),
    Row("beta", "gamma(x)*gamma(y)/gamma(x+y)", ((1e-5, 1e3), (1e-5, 1e3)), near=(0.5, 2.0), kernel=True, torch=""),
    Row("betaln", "loggamma(x)+loggamma(y)-loggamma(x+y)", ((1e-5, 1e8), (1e-5, 1e8)), near=(0.5, 2.0), kernel=True, torch=""),
)  # fmt: skip

ROWS: tuple[Row, ...] = UNARY + BINARY
