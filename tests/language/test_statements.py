"""Statements, where the language differs from Python or a tree is worth seeing."""

from __future__ import annotations

import pytest
from python_ast import read

from gradcli.language import syntax as s
from gradcli.language.parser import parse


def test_an_expression_is_a_program_of_one_statement():
    tree = parse("  x + 1  ")
    assert tree == s.Program((s.ExprStmt(s.Binary("+", s.Name("x"), s.Number(1.0))),))
    assert (tree.source, tree.span, tree.body[0].span) == ("  x + 1  ", (0, 9), (2, 7))


def test_statements_on_one_line():
    tree = parse("y = x*x; u = y.detach(); z = u*x; z.sum()")
    assert [type(statement) for statement in tree.body] == [s.Assign, s.Assign, s.Assign, s.ExprStmt]


def test_a_program_pasted_with_a_margin():
    source = "    def f(a):\n        return a\n\n    f(1)\n"
    assert parse(source) == read("def f(a):\n    return a\n\nf(1)\n")


def test_annotations_are_dropped():
    source = "def f(x: 'Tensor', y: float = 2.0, z: int | None = None) -> tuple[int, 2]:\n  n: float = x\n  return n"
    assert parse(source) == read("def f(x, y=2.0, z=None):\n  n = x\n  return n")


def test_elif_is_an_if_in_the_else():
    chain = parse("if a: b\nelif c: d\nelse: e").body[0]
    assert chain.orelse == (s.If(s.Name("c"), (s.ExprStmt(s.Name("d")),), (s.ExprStmt(s.Name("e")),)),)
    assert parse("if a:\n b\nelse:\n if c:\n  d\n else:\n  e").body[0] == chain


def test_contexts():
    assert parse("with no_grad(): x -= 1").body[0] == s.With(
        (s.Call(s.Name("no_grad"), ()),), (s.AugmentedAssign(s.Name("x"), "-", s.Number(1.0)),)
    )
    assert parse("with (a(), b()): c") == parse("with a(), b(): c")


def test_imports():
    assert parse("import torch.nn as nn, numpy as np; import math").body == (
        s.Import("torch.nn", (), "nn"),
        s.Import("numpy", (), "np"),
        s.Import("math"),
    )
    expected = s.Import("torch", (("autograd", "ag"), ("nn", "nn")))
    assert parse("from torch import autograd as ag, nn").body == (expected,)
    assert parse("from torch import (\n  autograd as ag,\n  nn,\n)").body == (expected,)
    spans = [statement.span for statement in parse("import a as b, c").body]
    assert spans == [(0, 13), (15, 16)]


@pytest.mark.parametrize(
    "source", ["def f(): ...", "def f():\n  '''doc'''", "if x: pass", "while x: break", "x = y = 1, 2", "x,", "x;"]
)
def test_as_python(source):
    assert parse(source) == read(source)


def test_functions_called_where_they_are_made():
    assert parse("jax.grad(f)(x)(y)") == read("jax.grad(f)(x)(y)")
    assert parse("(lambda x: x)(2)") == read("(lambda x: x)(2)")


@pytest.mark.parametrize(
    "source",
    [
        "\nx = torch.tensor(0.0, requires_grad=True)\nfor i in range(500):\n    y = x**2 - 2*x + 1\n    y.backward()\n"
        "    with torch.no_grad():\n        x -= 0.01 * x.grad\n    x.grad.zero_()\nx\n",
        "\ndef f(a):\n    b = a * 2\n    while b.norm() < 1000:\n        b = b * 2\n    if b.sum() > 0:\n        c = b\n"
        "    else:\n        c = 100 * b\n    return c\n\na = torch.tensor(-0.7, requires_grad=True)\nd = f(a)\nd.backward()\na.grad == d / a\n",
        "import torch.nn as nn\nM = nn.Linear(2, 2)\nwith torch.no_grad():\n    for param in M.parameters():\n        param.fill_(1)\n",
    ],
)
def test_programs_of_the_tutorials(source):
    assert parse(source) == read(source)
