"""Derivatives inside the language, nested, under closures and names."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .running import failure, marked, run, slope

X = np.array([1.0, -2.0, 0.5])
A = np.array([[1.0, 2.0, 0.0], [3.0, 4.0, -1.0], [0.5, 0.0, 2.0]])


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("grad(x**2, x)", 6), ("x = 3; grad(x**2, x)", 6), ("x = 3; z = 3; grad(x*z, x)", 3), ("x = 3; z = x; grad(x*z, x)", 6), ("x = 3; z = x*1; grad(x*z, z)", 3), ("a = 2x; b = 2x; grad(a*b, a)", 6),
        ("a = 2x; b = a; grad(a*b, a)", 12), ("u = sin(x); grad(u**2, u)", 2 * math.sin(3)), ("grad(sin(x)**2, sin(x))", 2 * math.sin(3)), ("grad(x*y, y)", 3), ("sum(grad(x*y*y, x, y))", 25 + 30), ("sum(grad(x*y*y, [x, y]))", 25 + 30),
        ("grad(y, x)", 0), ("grad(7, x)", 0), ("grad(x**3, x)", 27), ("grad(grad(x**3, x), x)", 18), ("grad(grad(grad(x**3, x), x), x)", 6), ("grad(x*grad(x*y, x), y)", 3), ("y = x*x; grad(y*x, x)", 27), ("y = x*x; grad(y*x, y)", 3),
        ("y = x*x; x = 2; grad(y, x)", 0), ("z = x; x = x + 1; grad(x*x, z)", 8), ("grad(detach(x)*x, x)", 3), ("grad(stop_gradient(x*x)*x, x)", 9), ("hessian(x**2*y, x, y)", 6), ("hessian(x**2*y, x)", 10), ("jvp(x*y, x, 2)", 10), ("jvp(x*y, [x, y], [2, 10])", 40),
        ("vjp(x*y, x, 2)", 10), ("hvp(x**3, x, 2)", 36), ("sum(vjp(x*y, (x, y), 2))", 16), ("grad(x, x)", 1), ("grad(grad(x, x), x)", 0), ("jacobian(x*y, x)", 5), ("sum(jacobian(x*y, x, y))", 8), ("grad([x*x][0], x)", 6), ("ps = [x, y]; grad(ps[0]*ps[1], ps[1])", 3),
        ("ps = [2, 3]; grad(ps[0]*ps[1]**2, ps)[1]", 12), ("a, b = 2, 2; grad(a*b, a)", 2), ("s = 0\nfor k in range(3): s += grad(k**2, k)\ns", 6), ("sum([grad(k**2, k) for k in [1, 2]])", 6), ("def f(t): return grad(t**2, t)\nf(3)", 6), ("def f(t=3): return grad(t**2, t)\nf()", 6),
        ("def f(a, b): return grad(a*b, a)\nf(2x, 2x)", 6), ("def f(t): return t\ny = f(x); grad(x*x, y)", 6), ("def f(t): return 2t\na = f(x); b = f(x); grad(a*b, a)", 6), ("w = array([1, 2]); v = array([1, 2]); sum(grad(sum(w*v), w))", 3), ("w = ones(2); sum(grad(sum(w*(x + ones(2))), w))", 8),
    ],
)  # fmt: skip
def test_of_expressions(source, value):
    assert run(source, x=3.0, y=5.0) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("grad(lambda t: t**2)(3)", 6), ("grad(lambda t: t**2, 3)", 6), ("def f(t): return t**3\ngrad(f)(x)", 27), ("grad(grad(lambda t: t**3))(2)", 12), ("grad(sin)(0)", 1), ("grad(grad(grad(sin)))(0)", -1), ("g = grad(lambda t, u: t*u)\ng(2, 5)", 5), ("grad(lambda t, u: t*u, argnums=1)(2, 5)", 2),
        ("sum(grad(lambda t, u: t*u*u, argnums=(0, 1))(2, 5))", 45), ("grad(lambda t, u: t*u, 2, 5)", 5), ("grad(lambda z: grad(lambda x: x*z*z)(1) + 0*z)(3)", 6), ("grad(lambda x: x*grad(lambda x: x**2)(x))(3)", 12), ("grad(lambda x: x*grad(lambda y: x*y)(2))(3)", 6),
        ("grad(lambda x: grad(lambda y: x*y*y)(x))(3)", 12), ("grad(lambda x: grad(lambda x: x*x)(2*x))(3)", 4), ("grad(lambda p: sum([p[0]*p[1]**2]))([2, 3])[1]", 12), ("jacobian(lambda t: t*t)(3)", 6), ("hessian(lambda t: t**3)(3)", 18), ("jvp(lambda t: t**2, 3, 2)", 12), ("vjp(lambda t: t**2)(3, 2)", 12),
        ("hvp(lambda t: t**3, 3, 2)", 36), ("k = 2\nf = lambda t: k*t\nk = 5\ngrad(f)(1)", 5), ("def f(t):\n    s = t\n    for i in range(3): s = s*t\n    return s\ngrad(f)(2)", 32), ("def f(t): return t if t < 1 else f(t/2)*t\ngrad(f)(3)", 9 * 3**2 / 8 / 3), ("d = grad\nd(lambda t: t*t)(3)", 6),
        ("torch.func.grad(lambda t: t**2)(3.0)", 6), ("jax.grad(lambda t: t**2)(3.0)", 6), ("from jax import grad as g\ng(lambda t: t**2)(3.0)", 6), ("f = lambda t: lambda u: t*u\ngrad(lambda t: f(t)(t))(3)", 6), ("sum([grad(f)(2) for f in [sin, cos]])", math.cos(2) - math.sin(2)), ("sum(map(grad(lambda t: t*t), [1, 2]))", 6),
    ],
)  # fmt: skip
def test_of_functions(source, value):
    assert run(source, x=3.0) == pytest.approx(value, rel=1e-13)


def test_shapes():
    assert run("grad(sum(x**2), x)", x=X).tolist() == (2 * X).tolist()
    assert np.array_equal(run("jacobian(A@x, x)", A=A, x=X), A)
    assert run("jacobian(A@x, A).shape", A=A, x=X) == (3, 3, 3)
    assert np.array_equal(run("jacobian([x[0]*x[1], x[2]], x)", x=X), [[-2, 1, 0], [0, 0, 1]])
    assert np.array_equal(run("hessian(x@A@x, x)", A=A, x=X), A + A.T)
    assert np.array_equal(run("hvp(x@A@x, x, ones(3))", A=A, x=X), (A + A.T).sum(1))
    assert np.array_equal(run("jvp(A@x, x, [1, 0, 0])", A=A, x=X), A[:, 0])
    assert np.array_equal(run("vjp(A@x, x, [1, 0, 0])", A=A, x=X), A[0])
    assert run("hessian(sum(x)*y, x, y).shape", x=X, y=2.0) == (3,)
    assert run("[len(grad(sum(x)*y, [x, y])), len(hessian(y*sum(x), [x, y])[0])]", x=X, y=2.0).tolist() == [2, 2]
    assert run("y = x + 0; y[0] = x[1]**2; grad(sum(y), x)", x=X).tolist() == [0, -3, 1]


def test_inner_derivatives_are_differentiated_from_outside():
    """The gradient penalty, against differences."""
    program = "(norm(grad(sum(tanh(A@x)), x)) - 1)**2"
    step = 1e-6
    numeric = (run(program, A=A, x=X + [step, 0, 0]) - run(program, A=A, x=X - [step, 0, 0])) / (2 * step)
    assert slope(program, A=A, x=X)[0] == pytest.approx(numeric, rel=1e-7)


def test_partial_differential_equations():
    assert run("u = exp(-t)*sin(x); grad(u, t) - grad(grad(u, x), x)", t=0.7, x=0.4) == 0.0
    assert (
        run(
            "def u(t, x): return exp(-t)*sin(x)\ngrad(u)(t, x) - grad(grad(u, argnums=1), argnums=1)(t, x)",
            t=0.7,
            x=0.4,
        )
        == 0.0
    )


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=4), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_nested_derivatives_of_polynomials(coefficients, order):
    """Nesting lambdas to any depth gives what NumPy's polynomials give."""
    polynomial = np.polynomial.Polynomial(coefficients)
    body = " + ".join(f"({c!r})*t**{i}" for i, c in enumerate(coefficients))
    source = "f = lambda t: " + body + "\n" + "f = grad(f)\n" * order + "f(0.5) + 0"
    assert run(source) == pytest.approx(polynomial.deriv(order)(0.5) if order else polynomial(0.5), rel=1e-9, abs=1e-9)


@given(st.integers(0, 6))
@settings(max_examples=7, deadline=None)
def test_perturbations_are_not_confused(depth):
    """d/dx x·d/dy x·y…: each level multiplies by one more x, whatever the variables are called."""
    for names in ("t" * 7, "tuvwabc"):
        source = "1"
        for name in reversed(names[: depth + 1]):
            source = f"grad(lambda {name}: x*{name}*{source})(1)"
        assert run(source, x=1.5) == pytest.approx(1.5 ** (depth + 1), rel=1e-12)
        assert slope(source, x=1.5) == pytest.approx((depth + 1) * 1.5**depth, rel=1e-12)


@pytest.mark.parametrize(
    ("source", "status", "mentions"),
    [
        ("grad(v, x)", 4, ["(3,)", "sum", "jacobian"]), ("hessian(v, v)", 4, ["sum"]), ("hvp(v, v, v)", 4, ["sum"]), ("grad(x**2, 3)", 3, ["number", "name"]), ("grad(pi*x, pi)", 3, ["number"]), ("grad(x)", 3, ["2 arguments", "1"]), ("grad()", 3, ["0"]), ("jvp(x, x)", 3, ["3 arguments"]),
        ("hessian(x, x, x, x)", 3, ["got 4"]), ("grad(x, x, axis=0)", 3, ["axis"]), ("grad(x, 'x')", 3, ["string"]), ("grad(x, sin)", 3, ["sin"]), ("jvp(v, v, x)", 4, ["()", "(3,)"]), ("vjp(v, x, x)", 4, ["()", "(3,)"]), ("jvp(x, [x, v], [x])", 4, ["2"]), ("grad(sin, argnums=3)(x)", 3, ["number 3"]),
        ("grad(lambda t: v)(x)", 4, ["(3,)"]), ("grad(sin)()", 3, ["0"]), ("grad(sin)(x, t=1)", 3, ["position"]), ("grad(sum(x), argnums=0)", 3, ["argnums"]),
    ],
)  # fmt: skip
def test_what_cannot_be_differentiated(source, status, mentions):
    error = failure(source, x=2.0, v=X)
    assert error.status == status
    for each in mentions:
        assert each in f"{error.message} {error.hint}"
    assert marked(error)
