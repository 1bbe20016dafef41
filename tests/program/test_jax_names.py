"""Programs written for JAX and NumPy, against those running the same text."""

import ast

import numpy as np
import pytest

from .test_autograd_api import shown
from .torch_twin import _Showing, assert_same

HEAD = "import jax\nimport jax.numpy as jnp\nimport numpy as np\nx = jnp.array([0.3, -1.2, 2.0])\nA = jnp.array([[2.0, 0.5], [0.5, 1.5]])\nf = lambda x: jnp.sum(x**3 * jnp.sin(x))\n"
PROGRAMS = {
    "grad": "jax.grad(f)(x)\njax.value_and_grad(f)(x)\nh = lambda a, b: a**2 * b\njax.grad(h, argnums=1)(2., 3.)\njax.grad(h, argnums=(0, 1))(2., 3.)\njax.value_and_grad(h, argnums=(0, 1))(2., 3.)\njax.grad(lambda x: (f(x), x), has_aux=True)(x)\njax.value_and_grad(lambda x: (f(x), x), has_aux=True)(x)\njax.grad(jax.grad(jnp.tanh))(0.4)",
    "named arguments": "def loss(w, b, scale=1.):\n    return scale * jnp.sum((w * x + b)**2)\njax.grad(loss)(2., 1., scale=3.)\njax.value_and_grad(loss, argnums=1)(2., b=1.) if False else 0.\njax.vmap(lambda a: loss(a, 1.))(x)",
    "pairs": "p = [jnp.array([1., 2.]), 3.]\njax.grad(lambda p: jnp.sum(p[0]**2) * p[1])(p)",
    "matrices": "jax.jacfwd(jnp.sin)(x)\njax.jacrev(lambda x: x**2)(x)\njax.jacobian(lambda x: (x**2, jnp.sum(x)))(x)\njax.hessian(f)(x)",
    "products": "jax.jvp(f, (x,), (x,))\nout, pull = jax.vjp(jnp.sin, x)\npull(x)\nout, push = jax.linearize(jnp.sin, x)\npush(x)",
    "vmap": "jax.vmap(lambda a: a**2)(x)\njax.vmap(lambda a, b: a * b, in_axes=(0, None))(A, x[0])\njax.vmap(jnp.sum, in_axes=1)(A)\njax.vmap(lambda r: r * 2, out_axes=1)(A)\njax.vmap(jax.grad(jnp.tanh))(x)",
    "as they are": "g = jax.jit(f)\ng(x)\njax.grad(jax.jit(f))(x)\njax.grad(lambda x: jnp.sum(x * jax.lax.stop_gradient(x)))(x)\njax.grad(jax.checkpoint(f))(x)",
    "nn": "jax.nn.relu(x)\njax.nn.sigmoid(x)\njax.nn.softplus(x)\njax.nn.gelu(x), jax.nn.gelu(x, approximate=False)\njax.nn.silu(x), jax.nn.swish(x)\njax.nn.elu(x), jax.nn.selu(x), jax.nn.celu(x), jax.nn.leaky_relu(x)\njax.nn.softmax(x), jax.nn.log_softmax(x)\njax.nn.logsumexp(x)\njax.nn.hard_tanh(x), jax.nn.hard_sigmoid(x), jax.nn.hard_swish(x), jax.nn.relu6(x), jax.nn.soft_sign(x)\njax.nn.squareplus(x)\njax.nn.standardize(x)\njax.nn.glu(jnp.array([1., 2., 3., 4.]))\njax.nn.one_hot(jnp.array([0, 2]), 3)\njax.nn.log_sigmoid(x)\njax.grad(lambda x: jnp.sum(jax.nn.gelu(x)))(x)",
    "linalg": "jnp.linalg.det(A), jnp.linalg.norm(A), jnp.linalg.slogdet(A)[1]\njnp.linalg.inv(A)\njnp.linalg.solve(A, x[:2])\nnp.linalg.eigvalsh(np.array([[2.0, 0.5], [0.5, 1.5]]))\nnp.linalg.slogdet(np.array([[2.0, 0.5], [0.5, 1.5]])).logabsdet\nnp.linalg.multi_dot([np.ones((2, 2)), np.ones((2, 2))])\nnp.linalg.matrix_rank(np.ones((2, 2)))\nnp.linalg.cond(np.array([[2.0, 0.5], [0.5, 1.5]]))\njnp.linalg.cholesky(A)\njax.grad(lambda A: jnp.linalg.slogdet(A)[1])(A)",
    "scipy": "from scipy import special\nu = np.array([0.3, 1.2, 2.0])\nspecial.expit(u), special.gammaln(u), special.psi(u), special.digamma(u), special.loggamma(u)\nspecial.erf(u), special.ndtr(u), special.log_ndtr(u), special.ndtri(u / 3), special.xlogy(u, u), special.entr(u)\nspecial.rel_entr(u, u[::-1]), special.kl_div(u, u[::-1])\nspecial.j0(u), special.j1(u), special.i0(u), special.i1(u), special.jv(2, u), special.iv(2, u)\nspecial.exp10(u), special.boxcox(u, 0.5), special.boxcox(u, 0.), special.binom(5., u), special.comb(5, 2), special.factorial(4)\nspecial.logsumexp(u), special.softmax(u), special.log_softmax(u)",
    "math": "import math\nmath.sqrt(2.), math.exp(1.), math.pi, math.e, math.tau, math.hypot(3., 4.), math.atan2(1., 2.)\nmath.comb(5, 2), math.factorial(5), math.gcd(12, 18), math.lcm(4, 6), math.perm(5, 2), math.isqrt(17)\nmath.degrees(1.), math.radians(180.), math.fmod(-7., 3.), math.copysign(2., -1.)\nmath.floor(2.5), math.ceil(2.5), math.trunc(-2.5), math.fabs(-1.), math.log2(8.), math.log1p(0.5), math.gamma(4.5), math.lgamma(4.5), math.erf(0.5)\nmath.fsum([0.1, 0.2]), math.prod([2., 3.]), math.dist([1., 2.], [4., 6.]), math.isclose(1., 1. + 1e-12)",
    "a derivative as a tangent": "@jax.custom_jvp\ndef g(x): return jnp.log(1. + jnp.exp(x))\n@g.defjvp\ndef rule(primals, tangents):\n    x, = primals\n    x_dot, = tangents\n    return g(x), (1 - 1/(1 + jnp.exp(x))) * x_dot\ng(3.), jax.grad(g)(100.)\njax.vmap(jax.grad(jax.grad(g)))(x)\njax.jvp(g, (0.3,), (2.,))\n@jax.custom_jvp\ndef h(x, y): return jnp.sin(x) * y\nh.defjvps(lambda t, out, x, y: 2. * t * y, lambda t, out, x, y: jnp.sin(x) * t)\njax.grad(h, (0, 1))(2., 3.)\njax.jvp(h, (2., 3.), (1., 0.5))",
    "a derivative as a cotangent": "from functools import partial\n@jax.custom_vjp\ndef g(x, y): return jnp.sin(x) * y\ndef fwd(x, y): return g(x, y), (jnp.cos(x), jnp.sin(x), y)\ndef bwd(res, w): return (res[0] * w * res[2], res[1] * w)\ng.defvjp(fwd, bwd)\ng(1., 2.), jax.grad(g, (0, 1))(0.5, 2.), jax.grad(jax.grad(g))(0.5, 2.)\n@partial(jax.custom_vjp, nondiff_argnums=(0,))\ndef app(k, x): return k(x)\napp.defvjp(lambda k, x: (app(k, x), x), lambda k, x, w: (7. * w,))\njax.grad(lambda x: app(jnp.cos, x) * 2)(1.)\n@jax.custom_vjp\ndef clipped(lo, hi, x): return x\nclipped.defvjp(lambda lo, hi, x: (x, (lo, hi)), lambda res, w: (None, None, jnp.clip(w, *res)))\njax.grad(lambda x: jnp.sum(clipped(-1., 1., x)**2))(x)\n@jax.custom_vjp\ndef d(p): return p['a'] * p['b'].sum()\nd.defvjp(lambda p: (d(p), p), lambda p, w: ({'a': w * p['b'].sum(), 'b': w * p['a'] * jnp.ones_like(p['b']) * 2},))\njax.grad(lambda a: d({'a': a, 'b': x}))(2.), jax.grad(lambda b: d({'a': 3., 'b': b}))(x)",
    "loops and branches": "from jax import lax\n(lax.fori_loop(0, 5, lambda i, x: x + i * 2.0, 1.0))\n(lax.while_loop(lambda s: s[0] < 10., lambda s: (s[0] * 2, s[1] + 1), (1., 0)))\nc, ys = lax.scan(lambda c, x: (c + x, c * x), 0., jnp.arange(5.))\n(c, ys)\n(lax.cond(True, lambda x: x + 1, lambda x: x - 1, 3.0), lax.select(jnp.array([True, False]), jnp.ones(2), jnp.zeros(2)))\n(jax.grad(lambda x: lax.scan(lambda c, t: (jnp.sin(c) * t, c), x, jnp.array([1., 2., 3.]))[0])(0.7))\n(jax.grad(lambda x: lax.fori_loop(0, 3, lambda i, v: v * x, 1.0))(2.0))\n(lax.stop_gradient(3.0), lax.switch(1, [lambda x: x, lambda x: 2 * x], 5.))\ndef newton(f, x0):\n    def cond(s): return jnp.abs(f(s)) > 1e-10\n    def body(s): return s - f(s) / jax.grad(f)(s)\n    return lax.while_loop(cond, body, x0)\n(newton(lambda x: x**3 - 2., 1.))\ndef rnn(W, xs):\n    def step(h, x):\n        h = jnp.tanh(W @ h + x)\n        return h, h\n    return lax.scan(step, jnp.zeros(2), xs)\nh, hs = rnn(jnp.array([[0.5, 0.1], [0., 0.3]]), jnp.ones((4, 2)))\n(h, hs, jax.grad(lambda W: rnn(W, jnp.ones((4, 2)))[1].sum())(jnp.eye(2)))\n(jax.vmap(lambda x: lax.cond(x > 0, lambda y: y, lambda y: -y, x))(jnp.array([1., -2.])))\nlax.scan(lambda c, x: (c * x['a'] + x['b'], c), 1., {'a': jnp.arange(3.), 'b': jnp.ones(3)}, reverse=True)\nlax.scan(lambda c, _: (c * 2, None), 1., None, length=4)[0]\nlax.map(lambda x: x**2, x)",
    "copies with a change": "y = jnp.zeros((3, 3)).at[1, :].set(1.0)\ny = y.at[0, 1].add(5.).at[:, 2].multiply(3.).at[2, 2].max(9.)\ny, y.at[0, 1].get(), y.at[y > 4].set(-1.), y.at[jnp.array([0, 0])].add(1.)\ny.at[0].apply(jnp.sin), y.at[1].subtract(2.), y.at[1].divide(2.), y.at[1].power(2.), y.at[..., 0].min(-1.)\ny.at[1:, ::2].set(jnp.array([[1., 2.], [3., 4.]]))\nz = x.at[0].set(10.)\nx, z\njax.grad(lambda v: jnp.sum(x.at[1].set(v**2)**2))(3.)\njax.grad(lambda y: jnp.sum(y.at[jnp.array([0, 1, 0])].add(y)**2))(x)",
}  # fmt: skip


def by_jax(source):
    """The values that a program shows, in order."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    seen = []

    def show(value, called=False, acts=False):
        if not acts and not (called and value is None):
            seen.append(plain(value))

    exec(compile(_Showing().visit(ast.parse(source)), "program", "exec"), {"show": show})
    return seen


def plain(value):
    if isinstance(value, (tuple, list)):
        return [plain(each) for each in value]
    return None if value is None else np.asarray(value, dtype=np.float64).tolist()


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_jax_and_numpy(name):
    source = HEAD + PROGRAMS[name]
    assert_same(shown(source), by_jax(source), 1e-12)
