"""Dicts, lists and tuples of parameters, and the smallest and largest entries by a key."""

import numpy as np
import pytest

from .running import failure, run

LOSS = "def loss(p):\n    return (p['w']**2).sum() * p['more'][0] + p['b']\n"
TREE = "p = {'w': np.array([1.0, 2.0]), 'b': 3.0, 'more': [4.0, (5.0,)]}\n"


@pytest.mark.parametrize(
    ("part", "expected"), [("g['w']", [8.0, 16.0]), ("g['b']", 1.0), ("g['more'][0]", 5.0), ("g['more'][1][0]", 0.0)]
)
def test_a_gradient_has_the_shape_of_its_parameters(part, expected):
    assert np.array_equal(run(f"{LOSS}{TREE}g = jax.grad(loss)(p)\n{part}"), expected)


def test_a_step_along_a_tree():
    step = "p = jax.tree_util.tree_map(lambda a, d: a - 0.5 * d, p, jax.grad(loss)(p))\n"
    assert np.array_equal(run(f"{LOSS}{TREE}{step}p['w']"), [-3.0, -6.0])
    assert run(f"{TREE}sum([x.sum() for x in jax.tree.leaves(p)])") == 15.0


def test_keys_in_another_order_are_still_the_same_parameters():
    source = "jax.tree.map(lambda a, b: a - b, {'x': 5.0, 'y': 7.0}, {'y': 1.0, 'x': 2.0})"
    assert run(f"{source}['x']") == 3.0
    assert run(f"{source}['y']") == 6.0


def test_trees_that_do_not_match():
    assert "1, 2" in failure("jax.tree.map(lambda a, b: a, [1.0], [1.0, 2.0])").message


def test_a_list_inside_itself_ends_in_an_error():
    assert failure("k = [1.0]\nk.append(k)\njax.grad(lambda p: p[0])(k)").code == "limit"


def test_a_list_in_very_many_places_meets_a_limit():
    doubled = "k = [1.0]\nfor i in range(30):\n    k = [k, k]\n"
    assert failure(f"{doubled}jax.tree.leaves(k)").code == "limit"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("d = {3: 1.0, 4: -2.0}\nmin(d, key=lambda k: d[k])", 4.0),
        ("max([1.0, -3.0, 2.0], key=abs)", -3.0),
        ("max([2.0, -2.0], key=abs)", 2.0),
        ("max(1.0, -3.0, key=lambda v: v**2)", -3.0),
        ("max([], default=7.0)", 7.0),
        ("d = {'b': 1.0, 'a': 2.0}\nd[sorted(d.keys())[0]]", 2.0),
        ("d = {'b': 1.0, 'a': 2.0}\nd[max(d, key=lambda k: k)]", 1.0),
    ],
)
def test_extremes_and_orders_by_a_key(source, expected):
    assert run(source) == expected


def test_an_entry_found_by_a_key_can_be_differentiated():
    assert run("x = 3.0\ngrad(max([x, -x**2], key=abs), x)") == -6.0
