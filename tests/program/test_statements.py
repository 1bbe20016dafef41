"""Statements mean what they mean in Python: the same text, run by both."""

import math

import numpy as np
import pytest

from .running import failure, marked, needs_values, run, shown, slope

PROGRAMS = [
    "r = x", "r = 1; r += x; r *= 3; r -= 1; r /= 2; r **= 2; r //= 1; r %= 7", "a = b = x; r = a + b", "if x > 0:\n    r = 1\nelse:\n    r = 2",
    "if x > 5:\n    r = 1\nelif x > 1:\n    r = 2\nelif x > 0:\n    r = 3\nelse:\n    r = 4", "r = 0\nif x:\n    r = 5", "i = 0\nwhile i < 10:\n    i += 1\nr = i", "r = x\nwhile r < 100:\n    r = r * 2",
    "r = 0\nfor i in range(5):\n    if i == 1:\n        continue\n    if i == 4:\n        break\n    r += i", "r = 0\nfor i in range(3):\n    for j in range(i):\n        if j == 1:\n            break\n        r += 10*i + j",
    "r = 0\ni = 0\nwhile True:\n    i += 1\n    if i % 2:\n        continue\n    if i > 7:\n        break\n    r += i", "r = 0\nfor i in range(10, 0, -3):\n    r = 10*r + i", "r = 1\nfor i in range(0):\n    r = 2", "for i in range(3):\n    pass\nr = i",
    "def f(a):\n    return a*2\nr = f(x)", "def f(a, b=2, c=3):\n    return a + 10*b + 100*c\nr = f(x) + f(x, 5) + f(x, c=7) + f(b=1, a=2)", "def f():\n    pass\nr = 1 if f() is None else 2", "def f(a):\n    if a > 1:\n        return 1\n    return 2\nr = f(x)",
    "def f(n):\n    return 1 if n < 2 else n*f(n-1)\nr = f(10)", "def fib(n):\n    if n < 2:\n        return n\n    return fib(n-1) + fib(n-2)\nr = fib(12)", "def even(n):\n    return True if n == 0 else odd(n-1)\ndef odd(n):\n    return False if n == 0 else even(n-1)\nr = even(9) + 2*even(8)",
    "def f(a):\n    a = a + 1\n    return a\nr = f(x) + x", "k = 1\ndef f():\n    return k\nk = 2\nr = f()", "k = 1\ndef f(k=k):\n    return k\nk = 2\nr = f()", "def make(n):\n    def add(a):\n        return a + n\n    return add\nr = make(3)(x) + make(5)(x)",
    "def make():\n    n = 0\n    def get():\n        return n\n    n = 7\n    return get\nr = make()()", "def f(a, b):\n    return b, a\np, q = f(1, 2)\nr = 10*p + q", "def f(a):\n    return (a, (a + 1, a + 2))\np, (q, s) = f(x)\nr = p + 10*q + 100*s",
    "r = (lambda a, b=2: a*b)(x)", "f = lambda g, a: g(g(a))\nr = f(lambda t: t*t, x)", "compose = lambda f, g: lambda t: f(g(t))\nr = compose(lambda t: t + 1, lambda t: t*2)(x)", "def f(a): return a + 1\nr = f(f(f(x)))", "r = 5 if x > 1 else 6 if x > 0 else 7",
    "r = (x > 1) + (x > 0 and x < 3) + (x < 0 or x == 2) + (not x)", "def f(a):\n    for i in range(10):\n        for j in range(10):\n            if i*j > a:\n                return 10*i + j\nr = f(20)", "def f(a):\n    while True:\n        a = a*2\n        if a > 50:\n            return a\nr = f(x)",
    "def gcd(a, b):\n    while b:\n        a, b = b, a % b\n    return a\nr = gcd(84, 36)", "lo, hi = 0, 4\nwhile hi - lo > 1e-9:\n    mid = (lo + hi)/2\n    if mid*mid > x:\n        hi = mid\n    else:\n        lo = mid\nr = lo", "x = x + 1\nr = x", "r = 0\nfor x in range(3): r += x\nr += x", "r = [x for x in range(5)][-1] + x",
    "def f(n):\n    if n == 0: return 0\n    return n + f(n - 1)\nr = f(500)", "f = abs\nr = f(-x) + sum(map(f, [-1, -2]))", "def f(a, n=0):\n    \"\"\"Doc.\"\"\"\n    return a if n == 3 else f(a*2, n + 1)\nr = f(x)", "import math\nr = math.sin(x) + math.pi", "from math import sin as s, cos\nr = s(x) + cos(x)", "import math as m\ndef f(t): return m.exp(t)\nr = f(x)",
    "n = 3\ndef f():\n    n = 5\n    return n\nr = f() + n", "a = 1\ndef f(b):\n    return [a + b for a in [10, 20]]\nr = sum(f(2)) + a", "assert x > 0, 'positive'\nr = 1", "r = 0\nfor i, (a, b) in enumerate(zip([1, 2], [3, 4])):\n    r += i*a*b", "y = [x, 2*x]\ny[1] = y[0] + 1\nr = y[1]", "x, y = 1, x\nr = 10*x + y",
    "def f(a):\n    def g(b):\n        def h(c):\n            return a + b + c\n        return h\n    return g\nr = f(1)(2)(x)", "r = sum(i*x for i in range(4))", "def f(x):\n    x = [x]\n    x.append(2)\n    return x\nr = len(f(x)) + x", "total = 0\nfor k in [1, 2, 3]:\n    total += k\nelse_ = total\nr = else_",
]  # fmt: skip


@pytest.mark.parametrize("source", PROGRAMS)
@pytest.mark.parametrize("x", [2.0, 0.5])
def test_programs_are_pythons(source, x):
    scope = {"x": x}
    exec(source, scope)
    assert run(f"{source}\nr", x=x) == pytest.approx(scope["r"], rel=1e-15)


def test_the_branch_not_taken_contributes_nothing():
    program = "y = sqrt(x) if x > 0 else -x\ny"
    assert slope(program, x=4.0) == 0.25
    assert slope(program, x=-4.0) == -1.0
    assert slope(program, x=0.0) == -1.0


def test_loops_differentiate():
    newton = "y = 1\nfor i in range(8): y = y - (y*y - x)/(2*y)\ny"
    assert run(newton, x=2.0) == pytest.approx(math.sqrt(2), rel=1e-15)
    assert slope(newton, x=2.0) == pytest.approx(0.5 / math.sqrt(2), rel=1e-12)
    assert not needs_values(newton, x=())


def test_conditions_on_data_make_the_trace_concrete():
    assert needs_values("1 if x > 0 else 2", x=())
    assert needs_values("while x < 3: x = x + 1\nx", x=())
    assert not needs_values("n = 3\nif n > 2: n = 4\nx + n", x=())
    assert not needs_values("1 if len(x) > 2 and x.shape[0] == 5 else 2", x=(5,))
    assert not needs_values("x = x + 0; y = 2; grad(y**2, y) if y > 1 else x", x=())


@pytest.mark.parametrize(
    "source", ["if x: pass", "while x: pass", "1 if x > 0 else 2", "assert x", "not_ = [t for t in [1] if x]"]
)
def test_conditions_on_arrays_offer_where_any_all(source):
    error = failure(f"{source}\n1", x=[1.0, 2.0])
    assert error.status == 4
    assert all(word in error.hint for word in ("where", "any", "all"))


def test_a_condition_looks_at_no_more_than_it_must():
    assert run("i = 0\nwhile i < len(v) and v[i] < 5: i += 1\ni", v=[1.0, 2.0]) == 2.0
    assert run("1 if x > 0 or v[9] > 0 else 2", x=1.0, v=[1.0]) == 1.0
    assert run("1 if not (x < 0 and v[9] > 0) else 2", x=1.0, v=[1.0]) == 1.0
    assert run("1 if (x < 0 or x > 2) and not x == 3 else 2", x=4.0) == 1.0


def test_no_grad():
    assert slope("with no_grad():\n    y = x*x\ny*x", x=3.0) == 9.0
    assert slope("with torch.no_grad():\n    y = x*x\n    with enable_grad():\n        z = x*x\ny*x + z", x=3.0) == 15.0
    assert slope("def f(t):\n    with no_grad():\n        return t*t\ny = f(x)\ny*x + x*x", x=3.0) == 15.0
    assert (
        slope(
            "for i in range(3):\n    with no_grad():\n        if i == 1: break\n        y = x*x\n        continue\ny*x + x*x",
            x=3.0,
        )
        == 15.0
    )
    assert slope("ys = []\nwith no_grad():\n    ys.append(x*x); zs = [x*x]\nys[0]*x + zs[0]", x=3.0) == 9.0
    assert slope("y = x + 0\nwith no_grad(): y += x\nsum(y*x)", x=[3.0]).tolist() == [6.0]
    assert run("with no_grad():\n    y = x*x\ny", x=3.0) == 9.0


# ---- what is shown -------------------------------------------------------------------------------------


def test_bare_expressions_and_prints_are_shown():
    source = "'''Doc.'''\nx = 2\nx\nprint('x is', x, 'now')\n\nfor i in range(2):\n    x*i\ny = [x, 3]\ny.append(4)\ny\nNone\nprint()\nprint('a')\ndef f():\n    1\n    return None\nf()\n(x, (1, 2))"
    expected = [
        (3, 2, None),
        (4, 2, ("x is", None, "now")),
        (7, 0, None),
        (7, 2, None),
        (10, [2, 3, 4], None),
        (11, None, None),
        (12, None, ()),
        (13, None, ("a",)),
        (18, (2, (1, 2)), None),
    ]
    found = shown(source)
    assert [(line, pieces) for line, _, pieces in found] == [(line, pieces) for line, _, pieces in expected]
    for (_, value, _), (_, wanted, _) in zip(found, expected, strict=True):
        assert np.array_equal(value, wanted) if isinstance(wanted, list) else value == wanted


def test_lists_of_tensors_are_shown_one_by_one():
    found = shown("[zeros(2), ones(3)]\n[None, zeros(1)]")
    assert [tuple(np.shape(each) for each in value if each is not None) for _, value, _ in found] == [
        ((2,), (3,)),
        ((1,),),
    ]
    assert failure("[zeros(2), ones(3)]").code == "shape"


def test_a_program_that_is_only_run_needs_no_value():
    assert shown("x = 3") == []


# ---- errors --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["y = 3", "def f(): return 1", "if 1:\n    2", "x = 1; y = x", "import torch"])
def test_a_program_must_end_in_an_expression(source):
    error = failure(source)
    assert error.status == 3
    assert error.hint


@pytest.mark.parametrize(
    ("source", "mentions"),
    [
        ("'abc'", ["string"]), ("sin", ["sin", "function"]), ("f = lambda t: t; f", ["function"]), ("torch", ["torch"]), ("[1, 'a']", ["string"]), ("[1, None]", ["None"]), ("no_grad()", ["context"]), ("float", ["float"]),
        ("x(1+x)", ["x*(1+x)"]), ("3 * x (2)", ["x*(2)"]), ("x()", ["brackets"]), ("f = 3; f(1)", ["f*(1)"]), ("(lambda t: t)()", ["lambda", "t"]), ("f = lambda a, b: a; f(1, 2, 3)", ["2", "3", "lambda"]),
        ("f = lambda a: a; f(b=1)", ["b"]), ("f = lambda a: a; f(1, a=2)", ["a twice"]), ("f = lambda a: a; f()", ["a"]), ("unknown(2)", ["unknown"]), ("y + 1", ["y", "--y"]), ("xx", ["xx", "did you mean x?"]), ("import os\n1", ["os"]),
        ("import torchh\n1", ["torchh", "torch"]), ("from torch import sinn\n1", ["sinn", "sin"]), ("def f():\n    return t\n    t = 1\nf()", ["t", "before"]), ("with 3: pass\n1", ["context"]), ("for i in sin: pass\n1", ["function"]), ("x.T = 3\n1", ["T"]),
        ("map(3, [1])", ["function"]), ("sorted([1], key=3)", ["function"]), ("__import__('os').system('true')", ["__import__"]), ("open('x')", ["open"]), ("eval('1')", ["eval"]), ("f = 1\nf.x", ["x"]), ("with no_grad: pass\n1", ["context"]),
    ],
)  # fmt: skip
def test_errors_in_the_readers_words(source, mentions):
    error = failure(source, x=2.0)
    assert error.status == 3
    for each in mentions:
        assert each in f"{error.message} {error.hint}"
    assert error.source == source
    assert error.span is not None


def test_failed_assertions():
    error = failure("assert x > 3, 'too small'\nx", x=2.0)
    assert error.code == "assert"
    assert "too small" in error.message
    assert marked(error) == "x > 3"


def test_shape_errors_mark_both_operands():
    error = failure("z = 1; (x + 1) * y", x=[1.0, 2.0], y=[1.0, 2.0, 3.0])
    assert [(error.source[slice(*span)], label) for span, label in error.marks] == [("x + 1", "(2,)"), ("y", "(3,)")]
    error = failure("dot(x, y)", x=[1.0, 2.0], y=[1.0, 2.0, 3.0])
    assert [label for _, label in error.marks] == ["(2,)", "(3,)"]
    error = failure("x @ y", x=[[1.0, 2.0]], y=[1.0, 2.0, 3.0])
    assert [label for _, label in error.marks] == ["(1, 2)", "(3,)"]


def test_errors_tell_the_calls_they_came_through():
    source = "def f(a):\n    return a[9]\ndef g(a):\n    return 1 + f(a)\ng(x)"
    error = failure(source, x=[1.0, 2.0])
    assert marked(error) == "a[9]"
    assert [(source[slice(*span)], told) for span, told in error.trail] == [("f(a)", "f(a)"), ("g(x)", "g(x)")]


def test_errors_through_functions_that_call():
    error = failure("grad(lambda t: sum(t[9]), x)", x=[1.0, 2.0])
    assert marked(error) == "t[9]"
    assert error.trail
    error = failure("list(map(lambda t: t + ones(2), [ones(3)]))")
    assert [label for _, label in error.marks] == ["(3,)", "(2,)"]


def test_messages_show_no_control_characters():
    error = failure("assert x > 3, '\x1b[2J'\nx", x=2.0)
    assert "\x1b" not in error.message
    assert "\\x1b" in error.message
