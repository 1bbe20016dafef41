"""Random numbers under PyTorch's, NumPy's and JAX's names: their ranges, and when they repeat."""

import numpy as np
import pytest

from .running import failure, run, slope


def test_an_order_holds_each_number_once():
    assert sorted(run("import torch\ntorch.randperm(50)")) == list(range(50))
    assert sorted(run("import numpy as np\nnp.random.permutation(np.array([3, 1, 2]))")) == [1, 2, 3]


def test_a_seed_gives_the_same_numbers_again():
    draw = "import torch\ntorch.manual_seed({})\ntorch.randperm(30)"
    assert (run(draw.format(1)) == run(draw.format(1))).all()
    assert (run(draw.format(1)) != run(draw.format(2))).any()


@pytest.mark.parametrize(
    ("call", "low", "high", "shape"),
    [
        ("torch.randint(3, (200,))", 0, 3, (200,)),
        ("torch.randint(2, 5, (10, 20))", 2, 5, (10, 20)),
        ("torch.randint(low=-2, high=2, size=(200,))", -2, 2, (200,)),
        ("torch.randint(high=4, size=(200,))", 0, 4, (200,)),
        ("np.random.randint(2, 5, size=200)", 2, 5, (200,)),
        ("np.random.randint(7, size=200)", 0, 7, (200,)),
        ("jax.random.randint(jax.random.PRNGKey(3), (200,), 1, 4)", 1, 4, (200,)),
    ],
)
def test_whole_numbers_lie_in_their_range(call, low, high, shape):
    drawn = run(call)
    assert drawn.shape == shape
    assert set(drawn.ravel()) == set(range(low, high))


def test_a_key_gives_the_same_numbers_and_its_parts_give_others():
    keys = "k = jax.random.PRNGKey(0)\na, b = jax.random.split(k)\n"
    first, again = run(keys + "jax.random.normal(a, (5,))"), run(keys + "jax.random.normal(a, (5,))")
    other = run(keys + "jax.random.normal(b, (5,))")
    assert (first == again).all()
    assert (first != other).all()
    assert (run(keys + "jax.random.normal(jax.random.fold_in(k, 7), (5,))") != first).all()


def test_numbers_of_a_key_are_distributed_as_asked():
    normal = run("jax.random.normal(jax.random.key(1), (20000,))")
    assert abs(normal.mean()) < 0.05
    assert abs(normal.std() - 1.0) < 0.05
    even = run("jax.random.uniform(jax.random.key(1), (20000,), minval=-1.0, maxval=3.0)")
    assert -1.0 <= even.min() < -0.9 < 2.9 < even.max() < 3.0
    assert np.mean(run("jax.random.bernoulli(jax.random.key(2), 0.25, (20000,))")) == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("torch.randperm(-1)", "negative"),
        ("torch.randint(5, 5, (2,))", "no whole number"),
        ("jax.random.normal(3, (2,))", "a key is"),
        ("jax.random.split(jax.random.PRNGKey(0), -2)", "negative"),
        ("torch.randperm(10**12)", "limit"),
    ],
)
def test_what_cannot_be_drawn(call, words):
    error = failure(call)
    assert words in f"{error.message} {error.hint} {error.code}"


def test_what_a_source_draws_can_be_differentiated():
    source = "import numpy as np\nrng = np.random.default_rng(3)\nrng.normal(mu, s, 4).sum() + rng.uniform(0, s)"
    random = np.random.default_rng(3)
    drawn, even = random.standard_normal(4), random.random()
    assert abs(run(source, mu=1.0, s=2.0) - (4 + 2 * drawn.sum() + 2 * even)) < 1e-12
    assert slope(source, "mu", mu=1.0, s=2.0) == 4.0
    assert abs(slope(source, "s", mu=1.0, s=2.0) - (drawn.sum() + even)) < 1e-12


def test_a_source_without_a_seed_is_the_programs():
    source = "import numpy as np\nnp.random.default_rng().random()"
    assert run(source, seed=1) == run(source, seed=1) != run(source, seed=2)


MISTAKES = {
    "default_rng(-1)": "not negative",
    "default_rng(0).normal(size=-1)": "negative size",
    "default_rng(0).normal(0.0, -1.0, 3)": "scale is not negative",
    "default_rng(0).uniform(5, 2, 4)": "not negative",
    "default_rng(0).normal([1., 2.], [1., 2., 3.])": "do not fit",
    "default_rng(0).normal([1., 2.], 3.0, size=3)": "do not fit",
    "default_rng(0).normal([[1.], [2.]], 3.0, size=3)": "for a size of (3,)",
    "default_rng(0).integers(3, 2)": "no whole number",
    "default_rng(0).choice(3, p=[0.5, 0.6, 0.7])": "cannot be drawn",
    "default_rng(0).shuffle(3)": "cannot be changed in place",
}


@pytest.mark.parametrize("call", MISTAKES)
def test_what_a_source_refuses(call):
    assert MISTAKES[call] in failure(f"import numpy as np\nnp.random.{call}").message
