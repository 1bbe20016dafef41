"""Texts that programs make: bounds, mistakes with their places, and values that stay in the graph."""

import pytest

from gradcli.errors import LimitError

from .running import failure, marked, run, shown, traced

MISTAKES = [
    ('x = 1.0\nf"{x + «yy»:.3f}"', "no value for yy"),
    ('«"a" + 1»', "cannot be added"),
    ('f"«{[1, 2]:.3f}»"', "a list has no format"),
    ('f"«{1.5:d}»"', "whole number"),
    ('f"«{1:.3q}»"', "no format of a number"),
    ('f"«{1:>99999}»"', "too wide"),
    ('«"%d %d" % 1»', "more values"),
    ('«"%q" % 1»', "no format"),
    ("«{1: 2}[3]»", "no key 3"),
    ("x = {}\n«x[[1]]» = 2", "cannot be a key"),
    ("«1 in 2»", "holds nothing"),
    ("class A: pass\n«A(3)»", "no __init__"),
    ("def f(*a, b): return b\n«f(1)»", "needs a value for b"),
    ("def f(a): return a\n«f(1, **3)»", "takes a dict"),
    ("import torch\nclass F(torch.autograd.Function): pass\n«F.apply(1.0)»", "has no forward"),
    ("class A: pass\n«A() + 1»", "an object of A stands"),
    ("class A:\n    def __lt__(self, o): return True\n«A() < A() < A()»", "not compared in a chain"),
    ("s = set()\n«s.add([1])»", "cannot be a key"),
    ("«set(1, 2)»", "at most one list"),
    ("«property(3)»", "takes a function"),
    ("«super()»", "in a method"),
    ("del «x»", "before anything"),
]


@pytest.mark.parametrize(("text", "words"), MISTAKES)
def test_mistakes_have_their_places(text, words):
    error = failure(text.replace("«", "").replace("»", "") + "\n1")
    assert words in error.message
    assert marked(error) == text[text.index("«") + 1 : text.index("»")]


def test_texts_are_bounded():
    assert isinstance(failure("'x' * 1e12"), LimitError)
    assert isinstance(failure("x = 'ab'\nwhile True:\n    x = x + x\n1"), LimitError)


def test_a_text_does_not_look_at_its_values():
    made, _ = traced('print(f"{x:.3f}", str(x), "%g" % x)\nx * 2', {"x": 3.0}, collect=True)
    assert not made.concrete


def test_values_in_a_text_are_kept_beside_it():
    ((line, value, pieces),) = shown('print(f"loss {x * 2:.1f} after {3}")', x=1.5)
    assert (line, value) == (1, (3.0, 3.0))
    assert [piece for piece in pieces if isinstance(piece, str)] == ["loss ", " after "]


def test_bars_are_ignored():
    source = "from tqdm import tqdm, trange\nn = 0\nfor i in tqdm(range(3), desc='a'):\n    n += i\n"
    assert run(source + "for i in trange(2):\n    n += 10\nn") == 23.0


def test_plots_are_ignored():
    source = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])\nplt.show()\n1 + 1"
    assert [value for _, value, _ in shown(source)] == [2.0]
