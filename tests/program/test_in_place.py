"""What changing tensors in place does to names, views and leaves, and where it is an error."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from gradcli.errors import LimitError

from .running import failure, marked, run, slope

LEAF = "import torch\nw = torch.ones(3, requires_grad=True)\n"

CHANGED_LEAVES = {
    "w += 1": "a leaf",
    "w[0] = 5": "a leaf",
    "w.mul_(2)": "a leaf",
    "for p in [w]:\n    p -= 0.1": "a leaf",
    "v = w[1:]\nv *= 2": "a view of a leaf",
    "w.view(-1)[0] = 1": "a view of a leaf",
    "v = w[1:][1:]\nv.zero_()": "a view of a leaf",
    "for row in w:\n    row += 1": "a view of a leaf",
    "u = w.detach().requires_grad_()\nu -= 1": "a leaf",
    "with torch.no_grad():\n    with torch.enable_grad():\n        w += 1": "a leaf",
}


@pytest.mark.parametrize("source", CHANGED_LEAVES)
def test_a_recorded_change_of_a_leaf_is_an_error(source):
    error = failure(LEAF + source + "\nw")
    assert error.code == "autograd"
    assert error.message.startswith(CHANGED_LEAVES[source] + " that requires a gradient cannot be changed in place")
    assert "no_grad" in error.hint


def test_the_error_is_where_the_change_is_and_tells_the_calls():
    error = failure(LEAF + "def step(t):\n    t[0] = 3\ndef both(t):\n    step(t[1:])\nboth(w)\nw")
    assert marked(error) == "t[0]"
    assert [text for _, text in error.trail] == ["step(t[1:])", "both(w)"]


@pytest.mark.parametrize("source", ["", "w = w * 2\n"])
def test_a_view_made_inside_no_grad_is_changed_there(source):
    made = LEAF + source + "with torch.no_grad():\n    v = w[1:]\n"
    error = failure(made + "v -= 1\nw")
    assert error.code == "autograd"
    assert marked(error) == "v -= 1"
    start = float(run(LEAF + source + "w[0]"))
    assert_array_equal(run(made + "    v -= 1\nw"), [start, start - 1, start - 1])


ALLOWED = {
    "w.data += 1": [2, 2, 2],
    "w.data[1] = 7": [1, 7, 1],
    "w.detach()[1] = 7": [1, 7, 1],
    "w.detach().add_(1)": [2, 2, 2],
    "w.requires_grad_(False)\nw += 1": [2, 2, 2],
    "c = w.clone()\nc += 1": [1, 1, 1],
    "c = w * 1\nc += 1": [1, 1, 1],
    "w.data = torch.tensor([5.0])": [5],
}


@pytest.mark.parametrize("source", ALLOWED)
def test_what_is_not_recorded_may_change_a_leaf(source):
    assert_array_equal(run(LEAF + source + "\nw"), ALLOWED[source])


def test_a_detached_view_that_is_changed_by_something_recorded_belongs_to_the_graph():
    source = (
        "import torch\nx = torch.tensor(3.0, requires_grad=True)\nb = torch.zeros(2)\nd = b.detach()\nd[0] = x * x\n"
    )
    assert run(source + "d[0].backward()\nx.grad") == 6
    assert_array_equal(run(source + "b"), [9, 0])
    assert run(source + "b.requires_grad") == 0


def test_a_result_keeps_its_history_where_only_its_value_changes():
    source = "import torch\nx = torch.tensor([1.0, 2.0], requires_grad=True)\ny = x * x\ny.data[0] = 50.0\n"
    assert_array_equal(run(source + "y"), [50, 4])
    assert_array_equal(run(source + "(3 * y).sum().backward()\nx.grad"), [6, 12])


NUMPY = {
    "a = arange(6)\nb = a[1:3]\nb[:] = 9\na": [0, 9, 9, 3, 4, 5],
    "a = arange(6)\nb = a[[1, 2]]\nb[:] = 9\na": [0, 1, 2, 3, 4, 5],
    "a = arange(6)\nb = a.copy()\nb[:] = 9\na": [0, 1, 2, 3, 4, 5],
    "a = arange(6)\nb = a.flatten()\nb[:] = 9\na": [0, 1, 2, 3, 4, 5],
    "a = arange(4)\nm = a.reshape(2, 2)\nm.T[0] = 7\na": [7, 1, 7, 3],
    "a = arange(4)\nm = a.reshape(2, 2)\nf = m.T.reshape(-1)\nf[0] = 7\na": [0, 1, 2, 3],
    "a = arange(4)\nfor part in np.split(a, 2):\n    part *= part\na": [0, 1, 4, 9],
    "a = arange(3)\ndef f(t, by=2):\n    t *= by\nf(a[1:], by=5)\na": [0, 5, 10],
    "a = arange(3)\nb = a\na = a + 1\nb": [0, 1, 2],
}


@pytest.mark.parametrize("source", NUMPY)
def test_numpys_views_and_copies(source):
    assert_array_equal(run(source), NUMPY[source])


def test_changes_through_views_differentiate_from_outside():
    source = "y = x * x\nv = y[1:]\nv *= x[0]\nrow = y.reshape(-1)\nrow[0] = x[2]\nsum(y)"
    x = np.array([2.0, 3.0, 5.0])
    assert run(source, x=x) == 5 + 2 * 9 + 2 * 25
    assert_array_equal(slope(source, x=x), [9 + 25, 2 * 2 * 3, 1 + 2 * 2 * 5])


@pytest.mark.parametrize("length", [3, 16, 17, 60])
@pytest.mark.parametrize("link", ["v[1:]", "v.detach()", "v.view(-1)", "v.T"])
def test_chains_of_views_of_any_length_reach_their_base(length, link):
    source = (
        f"import torch\na = torch.zeros(100)\nv = a\nfor i in range({length}):\n    v = {link}\nv[0] = 1\na.argmax()"
    )
    assert run(source) == (length if link == "v[1:]" else 0)


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("def f(x): return f(x)\nf(1)", "f(x)"),
        ("def f(x):\n    return x + f(x)\nf(1)", "f(x)"),
        ("while True: pass\n1", "while True"),
    ],
)
def test_what_does_not_end_says_where_it_was(source, place):
    error = failure(source)
    assert isinstance(error, LimitError)
    assert marked(error) == place
