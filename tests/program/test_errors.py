"""Errors that a program raises and handles, and generators: what cannot be written as a program that Python runs too."""

import pytest

from gradcli import limits
from gradcli.errors import DataError, ExpressionError, LimitError
from gradcli.language.parser import parse
from gradcli.program.scope import free_variables

from .running import failure, marked, needs_values, run, shown, slope

MISTAKES = [
    ("import numpy as np\n«np.testing.assert_allclose([1.0], [2.0])»", "1 of 1 elements differ, by 1"),
    ("import numpy as np\n«np.testing.assert_array_equal([1.0, 2.0], [1.0, 2.0, 3.0])»", "are not equal"),
    ("import numpy as np\n«np.c_[1:3]»", "takes arrays"),
    ("«raise ValueError('too large')»", "ValueError: too large"),
    ("class E(Exception): pass\n«raise E»", "E"),
    ("«raise 3»", "takes an exception, not a number"),
    ("«raise»", "outside any `except`"),
    ("try:\n    raise KeyError\nexcept «3»:\n    x = 1", "names classes of exceptions, not a number"),
    ("for i in range(3):\n    try:\n        x = 1\n    finally:\n        «break»", "`break` cannot leave"),
    ("def f():\n    try:\n        x = 1\n    finally:\n        «return 2»", "`return` cannot leave"),
    ("«next([1, 2])»", "not a list"),
    ("«next(iter([]))»", "no value is left"),
    ("def f(): yield 1\n«f()()»", "cannot be called"),
    ("def f(): yield 1\n«a, b» = f()", "1 values cannot be given to 2 names"),
    ("def f(): yield 1\n«len(f())»", "has no length"),
    ("def f():\n    x = yield 1\n«f().send(2)»", "has not begun"),
    ("def f():\n    «yield from [1]»\ng = f()\nnext(g)\ng.send(2)", "takes no values"),
    ("def f(): yield 1\n«f().throw(2)»", "takes an exception"),
    ("def f():\n    yield next(g)\ng = f()\n«next(g)»", "running already"),
    ("class A:\n    @property\n    def b(self): return 1\n«A().b()»", "read without brackets"),
    ("class A: pass\nfor x in «A()»: pass", "one by one"),
    ("ValueError.x = 1", "cannot be assigned"),
    ("del BaseException.__init__", "no __init__ to delete"),
    ("from dataclasses import dataclass\n«dataclass(ValueError)»", "takes a class"),
]


@pytest.mark.parametrize(("text", "words"), MISTAKES)
def test_mistakes_have_their_places(text, words):
    error = failure(text.replace("«", "").replace("»", "") + "\n1")
    assert words in error.message
    if "«" in text and "running" not in words:
        assert marked(error) == text[text.index("«") + 1 : text.index("»")]


def test_what_nobody_handles_is_an_error_with_the_calls_it_came_through():
    source = "def f(x):\n    if x < 0:\n        raise ValueError('negative')\n    return x\nf(-1)"
    error = failure(source)
    assert (type(error).__mro__[1], error.status, error.code) == (DataError, 4, "raised")
    assert marked(error) == "raise ValueError('negative')"
    assert [what for _, what in error.trail] == ["f(-1)"]


def test_an_error_that_is_raised_again_keeps_its_place():
    source = "def f(x):\n    return x[5]\ntry:\n    f([1])\nexcept IndexError:\n    raise\n1"
    error = failure(source)
    assert marked(error) == "x[5]"
    assert [what for _, what in error.trail] == ["f([1])"]


def test_limits_are_not_handled():
    endless = "def f():\n    while True:\n        yield 1\n"
    for source in (
        "try:\n    while True:\n        pass\nexcept:\n    x = 1\n1",
        endless + "try:\n    list(f())\nexcept Exception:\n    x = 1\n1",
        "while True:\n    try:\n        raise ValueError\n    except ValueError:\n        pass\n1",
        "def f():\n    try:\n        f()\n    finally:\n        pass\nf()",
        "def f(n):\n    yield from f(n + 1)\nlist(f(0))",
    ):
        with limits.overridden({"steps": 300_000, "calls": 200}):
            assert isinstance(failure(source), LimitError)


def test_a_matrix_without_an_answer_is_found_where_it_is_tried():
    source = "try:\n    y = cholesky(A)\nexcept LinAlgError:\n    y = 3*A\ny[0, 0]"
    source = source.replace("LinAlgError", "np.linalg.LinAlgError")
    assert run(source, A=[[1.0, 2.0], [2.0, 1.0]]) == 3.0
    assert run(source, A=[[4.0, 0.0], [0.0, 1.0]]) == 2.0
    assert slope(source, "A", A=[[4.0, 0.0], [0.0, 1.0]])[0, 0] == 0.25
    assert needs_values(source, A=(2, 2))


def test_what_raises_nothing_needs_no_values():
    assert not needs_values("try:\n    y = x**2\nexcept ValueError:\n    y = 0\ny", x=())


def test_derivatives_go_through_generators_and_handlers():
    source = """
def powers(x):
    y = x
    while True:
        yield y
        y = y*x
total = 0
for i, y in zip(range(3), [1, 1, 1]):
    total += i
it = powers(x)
next(it)
try:
    total = total + next(it)*next(it)
    raise ValueError
except ValueError:
    total = total + x
total
"""
    assert run(source, x=2.0) == 3 + 4 * 8 + 2
    assert slope(source, x=2.0) == 5 * 16 + 1


def test_contexts_of_a_generator_are_its_own():
    source = """
import torch
def f(x):
    with torch.no_grad():
        yield 2*x
        yield 3*x
    yield 4*x
x = torch.tensor(1.0, requires_grad=True)
for y in f(x):
    print(y.requires_grad, (2*x).requires_grad)
"""
    assert [value for _, value, _ in shown(source)] == [(0.0, 1.0), (0.0, 1.0), (1.0, 1.0)]


def test_contexts_that_an_error_leaves_are_left():
    source = """
import torch
x = torch.tensor(1.0, requires_grad=True)
@torch.no_grad()
def f():
    raise ValueError
try:
    with torch.no_grad():
        f()
except ValueError:
    pass
(2*x).requires_grad
"""
    assert [value for _, value, _ in shown(source)] == [1.0]


def test_functions_that_a_library_calls_can_fail():
    source = (
        "def f(a):\n    raise ValueError('x')\ntry:\n    y = list(map(f, [1, 2]))\nexcept ValueError:\n    y = 7\ny"
    )
    assert run(source) == 7.0
    assert isinstance(failure("try:\n    x = 1\nfinally:\n    y = [][1]\n1"), DataError)
    assert isinstance(failure("try:\n    x = sin(1, 2)\nexcept KeyError:\n    y = 1\n1"), ExpressionError)


def test_a_module_that_is_not_there_can_be_tried():
    source = "try:\n    import nowhere\n    x = nowhere.value(3)\nexcept ImportError:\n    x = 7\nx"
    assert run(source) == 7.0
    assert free_variables(parse(source)) == ((), ("ImportError",))
    assert "no module nowhere" in failure("import nowhere\n1").message


def test_long_words_are_shortened_and_control_characters_written_out():
    error = failure("raise ValueError('a\\x1b[2J' + 'b' * 100000)\n1")
    assert len(error.message) < 400
    assert "\\x1b" in error.message
    assert "\x1b" not in error.message


def test_what_gives_values_one_by_one_is_named():
    for source in ("def f(): yield 1\nf() + 1", "def f(): yield 1\nf()[0]"):
        assert failure(source).message == "a generator stands where a number is needed"
    assert "an iterator" in failure("iter([1]) * 2").message
    assert "a set" in failure("{1, 2}[0]").message
    assert "a set" in failure("x = {1, 2}\nx[0] = 1\n1").message
    assert "a set" in failure("x = {**{1}}\n1").message


def test_python_s_own_exceptions_are_the_same_for_all_programs():
    assert run("class E(ValueError):\n    code = 3\nE.code = 4\ndel E.code\nE.code = 5\nE.code") == 5.0
    assert run("try:\n    raise ValueError('a')\nexcept ValueError as e:\n    e.args = (7,)\ne.args[0]") == 7.0


GIANTS = (
    "import itertools\nlen(list(itertools.combinations(range(1000000), 500000)))",
    "import itertools\nlen(list(itertools.combinations_with_replacement([1, 2], 10**12)))",
    "import itertools\nlen(list(itertools.permutations(range(300))))",
    "import itertools\nlen(list(itertools.product([1, 2], repeat=10**9)))",
    "import itertools\nx = [1]\nfor i in range(99):\n    x = list(itertools.chain(x, x))\nlen(x)",
    "import torch\ntorch.nn.TransformerEncoder(torch.nn.TransformerEncoderLayer(8, 2), 10**9)",
    "from dataclasses import dataclass, asdict\n@dataclass\nclass A:\n    x: float\na = A(1.0)\na.x = [a]\nasdict(a)",
    "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: float\na, b = A(1.0), A(1.0)\na.x, b.x = a, b\na == b",
)
WRONG = {
    "import random\nrandom.randrange(1, 5, 0)": "randrange takes stop, or start, stop and a step other than 0",
    "import random\nrandom.choices([1, 2], [1, inf])": "every entry has a weight, none is negative or infinite",
    "import itertools\nitertools.islice([1, 2], 0, 2, 0)": "islice goes in steps of 1 or more",
    "from torch.utils.data import random_split\nrandom_split(range(10), [0.3, 0.3])": "the lengths add up to 0.6",
    "from dataclasses import dataclass, asdict\n@dataclass\nclass A:\n    x: float\na = A(1.0)\ndel a.x\nasdict(a)": "has no x",
}


@pytest.mark.parametrize("source", GIANTS)
def test_what_never_ends_or_fits_is_refused_before_it_is_begun(source):
    assert isinstance(failure(source), LimitError)


@pytest.mark.parametrize("source", WRONG)
def test_what_the_libraries_refuse(source):
    assert WRONG[source] in failure(source).message
