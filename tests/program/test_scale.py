"""Depth, length and endlessness: explicit stacks and limits."""

import gc

import numpy as np
import pytest

from gradcli import limits
from gradcli.errors import LimitError
from gradcli.language.parser import parse
from gradcli.program import trace
from gradcli.program.scope import free_variables

from .running import failure, run, slope


def test_a_long_sum_of_numbers_is_one_number():
    made = trace(parse("1" + "+1" * 20_000), {})
    assert made.value.params[0].array == 20_001
    assert made.graph.count == 1


def test_a_long_sum_of_variables():
    tree = parse("x" + "+x" * 100_000)
    assert trace(tree, {"x": ()}).graph.count == 100_001
    assert free_variables(tree)[0] == ("x",)


def test_a_long_chain_of_method_calls():
    made = trace(parse("x" + ".sin()" * 20_000), {"x": ()})
    assert made.graph.count == 20_001


def test_long_chains_of_everything_else():
    n = 5000
    assert run("x" + "[:]" * n, x=[1.0, 2.0]).tolist() == [1.0, 2.0]
    assert run("1 < " + " < ".join(str(i) for i in range(2, n))) == 1.0
    assert run(" and ".join(["x > 0"] * 1000), x=1.0) == 1.0
    assert run(" if x < 0 else ".join(str(i) for i in range(150)), x=1.0) == 149.0
    assert run("\n".join(f"y{i} = x" for i in range(n)) + f"\ny{n - 1}", x=3.0) == 3.0
    assert run("if 0: 1\n" + "elif 0: 2\n" * 2000 + "else: y = 3\ny") == 3.0
    assert run("[" + "1, " * n + "]").shape == (n,)
    assert run("f = lambda t: t; " + "f = f; " * 1000 + "f(2)") == 2.0


def test_recursion_deeper_than_pythons():
    assert run("def f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\nf(9000)") == 9000.0
    assert slope("def f(t, n):\n    return t if n == 0 else f(t*x, n - 1)\nf(1, 3000)", x=1.0) == 3000.0


def test_functions_that_call_functions_do_not_recurse():
    """grad, map and sorted wait for the calls they ask for on the machine's own stack."""
    source = "def f(n):\n    return 0 if n == 0 else 1 + sum(map(f, [n - 1]))\nf(2000)"
    assert run(source) == 2000.0
    source = "def f(t, n):\n    return t if n == 0 else grad(lambda u: u*f(t, n - 1))(1)\nf(x, 300)"
    assert run(source, x=2.0) == 2.0


@pytest.mark.parametrize(
    ("source", "name", "bound", "part"),
    [
        ("while True: pass\n1", "steps", 1000, "while True"), ("x = 1\nwhile x: x += 1\n1", "steps", 1000, "while x"), ("def f(n): return f(n)\nf(1)", "calls", 100, "f(n)"), ("for i in range(10**12): pass\n1", "steps", 1000, "for i in range(10**12)"),
        ("[i for i in range(10**12)]", "steps", 1000, "[i for i in range(10**12)]"), ("[i for i in range(10**12) if 0]", "steps", 1000, "[i for i in range(10**12) if 0]"), ("while 1: continue\n1", "steps", 1000, "continue"), ("def f(): return sum(map(f2, [1]))\ndef f2(t): return f()\nf()", "calls", 50, "map(f2, [1])"),
        ("y = x\nfor i in range(100): y = y*x\ny", "nodes", 50, "y*x"), ("list(range(10**12))", "elements", 1000, "list(range(10**12))"), ("[0]*10**12", "elements", 1000, "[0]*10**12"), ("a = [1]\nwhile True: a += a\n1", "elements", 1000, "a += a"), ("a = [1]*100\nwhile True: b = a + a\n1", "steps", 1000, "a + a"), ("zip(range(10**12), range(10**12))", "elements", 1000, None),
        ("a = []\na.append(a)\na", "rank", 32, None), ("a = ()\nwhile True: a = (a,)\n1", "steps", 100, None), ("while True: pass\n1", "seconds", 0, "while True"),
    ],
)  # fmt: skip
def test_what_does_not_end_ends(source, name, bound, part):
    with limits.overridden(
        {name: bound, "steps": 1000 if name != "seconds" else 10**9} if name != "steps" else {name: bound}
    ):
        error = failure(source, x=1.0)
    assert isinstance(error, LimitError)
    assert error.status == 6
    assert error.source == source
    if part is not None:
        assert source[slice(*error.span)] == part


def test_a_deep_trail_tells_every_call():
    with limits.overridden({"calls": 500}):
        error = failure("def f(n):\n    return f(n + 1)\nf(0)")
    assert len(error.trail) == 500
    assert error.trail[0][1] == "f(n + 1)"
    assert error.trail[-1][1] == "f(0)"


def test_lists_that_contain_themselves():
    assert failure("a = [1]\na.append(a)\na + 1").status == 6
    assert failure("a = [1]\nb = [1]\na.append(b)\nb.append(a)\na == b").status == 6
    assert failure("a = [x]\na.append(a)\ngrad(x, a)", x=1.0).status == 6


def test_values_are_remembered():
    """A condition in a loop looks only at what is new: the work is linear."""
    from gradcli.engine.operations import elementary

    calls = 0
    kernel = elementary.sin.kernel

    def counting(x):
        nonlocal calls
        calls += 1
        return kernel(x)

    elementary.sin.kernel = counting
    try:
        assert run("n = 0\nwhile n < 100:\n    x = sin(x)\n    n += 1 if x > -2 else 2\nn", x=1.0) == 100.0
    finally:
        elementary.sin.kernel = kernel
    assert calls <= 201  # once in the conditions, at most once more for the answer


def test_a_loop_costs_a_bounded_number_of_bytes_an_operation():
    import tracemalloc

    def size(steps):
        tree = parse(f"for i in range({steps}):\n    x = x + 0.001*sin(x)*x\nx")
        gc.collect()
        tracemalloc.start()
        made = trace(tree, {"x": ()})
        used, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert made.graph.count == 4 * steps + 2
        return used

    assert size(4000) - size(2000) < 8000 * 1024


def test_tracing_leaves_the_collector_as_it_was():
    assert gc.isenabled()
    run("x + 1", x=1.0)
    failure("x[9]", x=[1.0])
    assert gc.isenabled()


def test_programs_can_be_traced_again():
    tree = parse("def f(t): return t*k\nk = 2\nfor i in range(3): x = f(x)\nx")
    for shape in ((), (2,), ()):
        assert trace(tree, {"x": shape}).value.shape == shape


def test_seeds():
    assert np.array_equal(run("randn(3) + x", seed=5, x=0.0), np.random.default_rng(5).standard_normal(3))


@pytest.mark.parametrize(
    "source", ["range(1e9)", "[[0]*1e4]*1e6", "[range(1e9)]", "max(range(1e9))", "array([range(1e9)])"]
)
def test_a_list_too_long_for_an_array_is_refused_before_it_is_made(source):
    assert isinstance(failure(source), LimitError)


def test_a_range_is_added_up_however_long_it_is():
    assert run("sum(range(1e9))") == sum((0, 999_999_999)) * 500_000_000
    assert run("sum(range(10, 0, -3))") == 22.0
    assert run("sum(range(0))") == 0.0
    assert run("sum(range(5), x)", x=1.5) == 11.5


@pytest.mark.parametrize(
    "source",
    [
        "ones(x)",
        "zeros(x)",
        "reshape(ones(2), x)",
        "tile(ones(2), x)",
        "transpose(ones((2, 2)), x)",
        "roll(ones(2), x)",
    ],
)
@pytest.mark.parametrize("sizes", [[np.inf, -1.0], [np.nan, 1.0], [1.5, 2.0]])
def test_sizes_and_axes_in_an_array_are_whole_numbers(source, sizes):
    assert "whole number" in failure(source, x=sizes).message
