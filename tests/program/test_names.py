"""Which names a program needs values for, and what the others mean."""

import subprocess
import sys

import pytest

from gradcli.language.parser import parse
from gradcli.program.scope import first_use, free_variables

from .running import failure, run


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("x", "x"), ("b*a + b", "b a"), ("sin(x)", "x"), ("y = x; y", "x"), ("x = 3; x", ""), ("x = x + 1; x", "x"), ("y = 1; x = y", ""), ("[i for i in range(n)]", "n"), ("[i + i2 for i in a for i2 in i if i2 > b]", "a b"), ("lambda t: t*k", "k"),
        ("def f(a): return a*k\nf(x)", "k x"), ("def f(): return c\nc = 1\nf()", ""), ("def f(a):\n    b = a\n    return b + d\nf(1)", "d"), ("for i in x: i + j", "x j"), ("x += 1", "x"), ("x[0] = y", "y x"), ("a, (b, *c) = d; a + b + c", "d"), ("torch.sin(x)", "x"), ("np.pi*x", "x"),
        ("x.sum(axis=k)", "x k"), ("f(x)", "x"), ("f = lambda x: x; f(y)", "y"), ("x(1+x)", "x"), ("import numpy as q\nq.sin(x)", "x"), ("from math import sin as s\ns(x)", "x"), ("F.relu(x)", "x"), ("F @ x", "F x"), ("grad(f)(x)", "x"), ("grad(f, x)", "x"), ("grad(f*1, x)", "f x"), ("e**x", "x"), ("def f(a, b=k): return a\n1", "k"),
        ("x if y else z", "y x z"), ("while c: d", "c d"), ("with no_grad(): y", "y"), ("assert p, q", "p q"), ("x.T @ T", "x T"), ("i = 1; [i for i in range(3)]; i", ""), ("[j for j in range(3)]; j", "j"), ("print(x)", "x"), ("θ + λ2", "θ λ2"), ("P*V/(n*R*T)", "P V n R T"),
    ],
)  # fmt: skip
def test_free_variables(source, names):
    assert free_variables(parse(source))[0] == tuple(names.split())


def test_names_that_a_variable_can_take_over():
    assert free_variables(parse("e**x + pi*tau"))[1] == ("e", "pi", "tau")
    assert "f" in free_variables(parse("f(x)"))[1]
    assert "F" in free_variables(parse("F.relu(x)"))[1]
    assert free_variables(parse("e = 1; e"))[1] == ()


def test_first_use():
    tree = parse("y = 2; y*x + x*e")
    assert first_use(tree, "x") == (9, 10)
    assert first_use(tree, "e") == (15, 16)
    assert first_use(tree, "y") is None


def test_variables_take_over_constants_and_functions():
    assert run("e*2", e=5.0) == 10.0
    assert run("mean*2 + mean([1, 3])", mean=5.0) == 12.0
    assert run("P*V/(n*R*T)", P=1.0, V=2.0, n=1.0, R=8.0, T=0.5) == 0.5
    assert run("F*2", F=5.0) == 10.0
    assert run("F.sum()", F=[1.0, 2.0]) == 3.0
    assert run("e = 3; e") == 3.0
    assert run("sum = 3; sum + max(1, 2)") == 5.0
    assert run("norm = norm([3, 4]); norm") == 5.0
    assert failure("sum = 3; sum([1])").code == "call"
    assert run("torch = 3; torch*2") == 6.0


def test_a_function_without_a_call():
    error = failure("T*2")
    assert error.status == 3
    assert "--T" in error.hint


def test_names_need_no_numpy():
    script = (
        "import sys\nfrom gradcli.language.parser import parse\nfrom gradcli.program.scope import free_variables\n"
        "print(free_variables(parse('f(x) + [i*e for i in range(n)]')), 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "(('x', 'n'), ('e', 'f', 'range')) False"


def test_closures_see_the_names_around_them():
    program = "def outer(a):\n    def middle():\n        def inner():\n            return a + b\n        b = 10\n        return inner()\n    return middle()\nouter(x)"
    assert run(program, x=1.0) == 11.0
    assert run("fs = []\nfor i in range(3): fs.append(lambda: i)\nsum([f() for f in fs])") == 6.0
    assert run("def f():\n    return [g() for g in [lambda: k for k in range(3)]]\nsum(f())") == 6.0
    assert run("x = 1\ndef f():\n    x = 2\n    return [x + y for y in [1]][0]\nf() + x") == 4.0
