"""Indices, slices, iteration, assignment to parts, and what is changed in place."""

import numpy as np
import pytest

from .running import failure, needs_values, run, slope, traced

X = np.arange(24.0).reshape(2, 3, 4)
V = np.array([3.0, 1.0, 4.0, 1.0, 5.0])


@pytest.mark.parametrize(
    "key",
    [
        "0", "-1", "1, 2, 3", "0:2", "::2", "::-1", ":, 1", "..., 0", "0, ...", "None", ":, None, 1", "1:1", "-2:, ::2, ::-2",
        "[0, 0, 1]", "[1, 0], [2, 1]", "[[0, 1], [1, 0]]", ":, [0, 2]", "[0, 1], :, [1, 2]", "0, [2, 0], 1:3", "..., [True, False, True, False]", "5:", "-9:1",
    ],
)  # fmt: skip
def test_indices_are_numpys(key):
    assert np.array_equal(run(f"x[{key}]", x=X), eval(f"x[{key}]", {"x": X}))


def test_indices_that_depend_on_data():
    assert run("v[i]", v=V, i=2.0) == 4.0
    assert needs_values("v[i]", v=(5,), i=())
    assert np.array_equal(run("v[w]", v=V, w=[0.0, 4.0]), [3.0, 5.0])
    assert np.array_equal(run("v[v > 2]", v=V), [3.0, 4.0, 5.0])
    assert np.array_equal(run("m = v > 2; v[m & (v < 5)]", v=V), [3.0, 4.0])
    assert np.array_equal(run("v[~(v > 2)]", v=V), [1.0, 1.0])
    assert np.array_equal(run("v[[v[1], 0]]", v=V), [1.0, 3.0])
    assert np.array_equal(run("v[v[1]:v[0]]", v=V), [1.0, 4.0])
    assert slope("sum(v[v > 2]**2)", wrt="v", v=V).tolist() == [6.0, 0.0, 8.0, 0.0, 10.0]
    assert slope("sum(v[[0, 0, 1]])", wrt="v", v=V).tolist() == [2.0, 1.0, 0.0, 0.0, 0.0]


def test_numbers_that_are_whole_are_indices():
    assert run("n = 4; v[n/2]", v=V) == 4.0
    assert run("n = 2; grad(n**2, n) + v[n]", v=V) == 8.0
    assert run("[7, 8, 9][v[1]]", v=V) == 8.0


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("v[5]", "index", ["5", "size 5"]), ("v[-6]", "index", ["-6"]), ("v[1.5]", "index", ["1.5", "whole"]), ("v[0, 0]", "index", ["2", "too many"]),
        ("v[[0, 9]]", "index", ["9"]), ("v[[0.5]]", "index", ["0.5"]), ("v[inf]", "index", ["whole"]), ("v[::0]", "index", ["step"]), ("v[0:1.5]", "index", ["1.5"]),
        ("v[[True, False]]", "index", []), ("[1, 2][2]", "index", ["2"]), ("(1, 2)[-3]", "index", ["-3"]), ("range(3)[3]", "index", ["3"]),
        ("v[1e300]", "index", []), ("v[[1e300]]", "index", []), ("v[nan]", "index", []), ("a, b = v", "value", ["5", "2"]), ("a, *b, c = [1]", "value", ["1", "2"]), ("a, b = 3", "shape", []),
        ("[[1, 2], [3]] + 0", "shape", ["(2,)", "(1,)"]), ("[v, 1] * 1", "shape", ["(5,)"]), ("for a in 0*v[0] + 3: pass", "shape", []),
    ],
)  # fmt: skip
def test_data_that_does_not_fit(source, code, words):
    error = failure(source if source.startswith(("v[", "[", "(", "r", "3[")) else f"{source}\n1", v=V)
    assert (error.status, error.code) == (4, code)
    for word in words:
        assert word in error.message


@pytest.mark.parametrize(
    "source", ["v['a']", "v[True]", "v[sin]", "v[v[0] > 1]", "'abc'[0]", "None[0]", "len[0]", "v[None:'a']"]
)
def test_what_is_no_index(source):
    assert failure(source, v=V).status == 3


# ---- lists ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "a = [1, 2, 3]; a[0] = 9; r = a", "a = [1, 2, 3]; a[1:2] = [7, 8]; r = a", "a = []; a.append(1); a.append(2); r = a", "a = [1]; b = a; b.append(2); r = a",
        "a = [1]; a += [2]; r = a", "a = [1]; b = a; a += [2]; r = b", "a = [1]; b = a; a = a + [2]; r = b", "a = [1, 2, 3]; a.pop(); r = a", "a = [1, 2, 3]; b = a.pop(0); r = a + [b]",
        "a = [3, 1]; a.insert(1, 7); r = a", "a = [3, 1]; a.reverse(); r = a", "a = [3, 1]; a.extend([1, 2]); r = a", "a = [3, 1]; b = a.copy(); b.clear(); r = a", "r = [[1, 2, 1].count(1), [1, 2].index(2)]",
        "r = [i*j for i in range(3) for j in range(i)]", "r = [i for i in range(10) if i % 2 if i > 3]", "r = list(range(5))[::-2]", "r = [x for x in [1, 2] for x in [x, 10*x]]",
        "r = sum([[i + j for j in range(2)] for i in range(2)][1])", "r = [a + b for a, b in zip([1, 2, 3], [10, 20])]", "r = [i * a for i, a in enumerate([5, 6])]", "r = [i * a for i, a in enumerate([5, 6], start=2)]",
        "r = list(reversed([1, 2]))", "r = sorted([3, 1, 2])", "r = sorted([3, 1, 2], key=lambda t: -t)", "r = sorted([3, 1, 2], reverse=True)", "r = list(map(lambda t: t*2, [1, 2]))", "r = list(map(lambda a, b: a - b, [1, 2], [3, 5]))",
        "r = list(filter(lambda t: t > 1, [1, 2, 3]))", "a, b = 1, 2; a, b = b, a; r = [a, b]", "a, *b, c = range(5); r = [a, c] + b", "*a, b = (1, 2); r = a + [b]", "(a, b), c = [1, 2], 3; r = [a, b, c]", "r = [*range(2), 5, *[6, 7]]",
        "a = b = [1]; a.append(2); r = b", "r = [t + 1 for t in (1, 2)]", "r = len([1, 2, 3])", "r = max(t*t for t in [-3, 2])", "r = [1, 2, 3][-1]", "r = list(tuple([1, 2]) + (3,))", "r = [0] * 3", "r = list(zip([1, 2], [3, 4]))[1][0]",
        "fs = [lambda: i for i in range(3)]; r = [f() for f in fs]", "fs = [lambda i=i: i for i in range(3)]; r = [f() for f in fs]", "r = any(t > 2 for t in [1, 2, 3])", "a = [1, 2, 3]; s = 0\nfor t in a: s += t\nr = s",
    ],
)  # fmt: skip
def test_lists_are_pythons(source):
    """The same text, run by Python."""
    scope = {}
    exec(source, scope)
    result = run(f"{source}\nr")
    assert np.array_equal(result, np.array(scope["r"], dtype=float))


def test_iteration_over_arrays():
    assert run("s = 0\nfor row in x:\n    for t in row[0]: s += t\ns", x=X) == X[:, 0].sum()
    assert np.array_equal(run("[row.sum() for row in x]", x=X), X.sum((1, 2)))
    assert run("a, b, *c = v; a - b + len(c)", v=V) == 5.0
    assert run("s = 0\nfor a, b in zip(v, v[1:]): s += a*b\ns", v=V) == (V[:-1] * V[1:]).sum()
    assert slope("s = 0\nfor a, b in zip(v, v[1:]): s += a*b\ns", wrt="v", v=V).tolist() == [1, 7, 2, 9, 1]


# ---- in place ------------------------------------------------------------------------------------------


def test_numbers_are_immutable():
    assert run("n = 3; m = n; m += 1; n") == 3.0
    assert run("y = x; y += 1; x", x=3.0) == 3.0
    assert run("s = x.sum(); t = s; t += 1; s", x=V) == V.sum()
    assert run("s = v[0]; s += 1; v[0]", v=V) == V[0]


def test_arrays_are_changed_under_every_name():
    assert np.array_equal(run("y = x; y += 1; x", x=V), V + 1)
    assert np.array_equal(run("def f(a): a *= 2\nf(x); x", x=V), V * 2)
    assert np.array_equal(run("ps = [x, 2*x]\nfor p in ps: p -= 1\nps[0] + ps[1]", x=V), 3 * V - 2)
    assert np.array_equal(run("y = x; y = y + 1; x", x=V), V)
    assert np.array_equal(run("ps = [x]; ps[0] += 1; x", x=V), V + 1)


def test_torch_numbers_are_changed_under_every_name():
    assert run("import torch\nx = torch.tensor(3.0)\ny = x\ny += 1\nx") == 4.0
    assert run("import torch\nx = 3.0\ny = x\ny += 1\nx") == 3.0
    assert run("y = v[0]; y += 1; torch.sum(v)", v=V) == V.sum() + 1


@pytest.mark.parametrize(
    "source",
    [
        "y = x.copy(); y[0] = 5; r = y", "y = x.copy(); y[:, 0] = 1; r = y", "y = x.copy(); y[..., 1] *= 2; r = y", "y = x.copy(); y[0] += y[1]; r = y", "y = zeros(3); y[1] = 2; y[2] = y[1]; r = y",
        "y = x.copy(); y[1, 2, 3] = -1; r = y", "y = x.copy(); y[:, ::-1] = x; r = y", "y = x.copy(); y[[0, 0], 1] = 3; r = y", "y = x.copy(); y[y > 5] = 0; r = y", "y = x.copy(); y[y > 5] = y[y > 5] * 2; r = y",
        "y = x.copy(); y[:] = 4; r = y", "y = x.copy(); y[...] = x[0]; r = y", "y = x.copy(); y[0:0] = 4; r = y", "y = x.copy(); row = y[0]; row += 100; r = y", "y = x.copy(); row = y[0, 1]; row[:] = 7; r = y",
        "y = x.copy(); z = y.T; z[0] = 7; r = y", "y = x.copy(); z = y.reshape(6, 4); z[1] = 7; r = y", "y = x.copy()\nfor row in y: row *= 2\nr = y", "y = x.copy(); z = y[0]; y[0, 1] = 9; r = z", "y = x.copy(); z = y[0][1]; z[2] = 9; y[0] += 1; r = y + z",
        "y = x.copy(); z = y[[0, 1]]; z[:] = 0; r = y", "y = x.copy(); z = y + 0; z[:] = 0; r = y", "y = x.copy(); z = y.swapaxes(0, 2); z += 1; r = y * z.sum()", "y = x.copy(); z = y.ravel(); z[3] = 9; r = y", "y = zeros(5); y[[1, 1, 2]] = [7, 8, 9]; r = y",
        "y = zeros((2, 3)); y[:, 1:] = [[1], [2]]; r = y", "y = ones((2, 2)); y[0], y[1] = 5, 6; r = y", "y = x.copy(); a = y[1]; b = a[::2]; b[0, 1:3] = 0; r = y", "y = x.copy(); y -= y[0, 0, 1]; r = y", "y = x.copy(); y[1] = y[0][::-1]; r = y",
    ],
)  # fmt: skip
def test_changes_in_place_are_numpys(source):
    scope = {"x": X.copy(), "zeros": np.zeros, "ones": np.ones}
    exec(source, scope)
    assert np.array_equal(run(f"{source}\nr", x=X), scope["r"])


def test_assignments_to_parts_differentiate():
    program = "y = zeros(3); y[0] = x**3; y[1] = 3*x; y[1:] *= x; y[0] += y[1]; sum(y * array([1, 10, 100]))"
    assert slope(program, x=2.0) == pytest.approx(3 * 4 + 6 * 2 + 60 * 2, rel=1e-15)
    assert slope("y = x + 0; y[[0, 0]] = x[1:3]; sum(y)", x=V).tolist() == [0.0, 1.0, 2.0, 1.0, 1.0]
    assert slope("y = x + 0; y[y > 2] = y[0]**2; sum(y)", x=V).tolist() == [18.0, 1.0, 0.0, 1.0, 0.0]
    assert slope("y = x + 0; row = y[1:3]; row *= x[0]; sum(y)", x=V).tolist() == [6.0, 3.0, 3.0, 1.0, 1.0]
    assert run("y = zeros(2); y[0] = x; y[1] = y[0]**2; grad(sum(y), x)", x=3.0) == 7.0


def test_a_mask_and_a_number_need_no_values():
    source = "y = x + 0; y[y < 2] = 0; sum(y)"
    assert not needs_values(source, x=(5,))
    assert slope(source, x=V).tolist() == [1.0, 0.0, 1.0, 0.0, 1.0]


def test_replaced_elements_contribute_nothing():
    """Not even where their derivative is infinite."""
    assert slope("y = sqrt(x); y[0] = 0; sum(y)", x=[0.0, 4.0]).tolist() == [0.0, 0.25]


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("3[0] = 1", 3), ("x = 3; x[0] = 1", 3), ("(1, 2)[0] = 1", 3), ("t = (1, 2); t[0] = 1", 3), ("v[0] = [1, 2]", 4), ("v[9] = 1", 4), ("v[0:2] = [1, 2, 3]", 4), ("v += ones(3)", 4), ("v += ones((2, 5))", 4),
        ("a = [1]; a[3] = 1", 4), ("v.shape = 3", 3), ("v.shape += 1", 3), ("s = 'a'; s[0] = 1", 3), ("v[0] = 'a'", 3), ("x = 2; x.add_(1)", 3), ("v.add_(ones(3))", 4),
    ],
)  # fmt: skip
def test_changes_that_cannot_be(source, status):
    assert failure(f"{source}\n1", v=V).status == status


def test_methods_that_change_in_place():
    assert np.array_equal(run("y = x; x.add_(1).mul_(2); y", x=V), (V + 1) * 2)
    assert np.array_equal(run("zeros(3).fill_(2)"), [2, 2, 2])
    assert np.array_equal(run("y = x; x.zero_(); y", x=V), 0 * V)
    assert np.array_equal(run("y = ones(5); y.copy_(x); y", x=V), V)
    assert np.array_equal(run("y = ones(5); y.clamp_(max=0.5); y"), [0.5] * 5)
    assert run("y = ones(5); y[1:3].fill_(7); y.sum()") == 17.0
    assert run("y = zeros(100); y.uniform_(2, 3); all(y >= 2) and all(y < 3)") == 1


def test_a_long_chain_of_views_is_still_a_view():
    source = "y = x + 0; z = y\nfor i in range(100): z = z[1:]\nz[0] = 7\ny[100] + z[0]"
    assert run(source, x=np.zeros(150)) == 14.0


def test_memory_of_views():
    made, _ = traced("y = x + 0; z = y[0]; z + 1", {"x": X})
    assert made.graph.count < 10


MISFITS = {
    "x = [1, 2]\nx[[True]]": "a mask of shape (1,) does not fit axis 0 of size 2",
    "A = ones(2, 3)\nA[[[True, False], [True, True]]]": "a mask of shape (2, 2) does not fit 2 axes of sizes (2, 3)",
    "A = ones(3, 3)\nA[:, [True, False]]": "a mask of shape (2,) does not fit axis 1 of size 3",
    "A = ones(2, 3)\nA[[0, 1], [0, 1, 2]]": "index arrays of shapes (2,) and (3,) do not go together",
    "A = ones(3, 3)\nA[[True, False, True], [0, 1, 2]]": "index arrays of shapes (2,) and (3,) do not go together",
    "A = ones(3, 3)\nA[[True, False, True], 3]": "index 3 is out of range for axis 1 of size 3",
}


@pytest.mark.parametrize("source", MISFITS)
def test_what_does_not_fit_is_said_in_our_words(source):
    assert failure(source).message == MISFITS[source]
