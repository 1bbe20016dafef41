"""Random views of views, written to in random order: what the base holds is what NumPy's holds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from .running import run

LINKS = st.sampled_from(
    [
        "{0}[1:]", "{0}[::-1]", "{0}[::2]", "{0}[-1]", "{0}[0]", "{0}.T", "{0}.reshape(-1)", "{0}[..., None]", "{0}[None]",
        "{0}[..., 0]", "{0}[..., 1:]", "{0}.ravel()", "{0}.copy()", "{0}.flatten()", "{0}[[0]]", "{0}.squeeze()",
        "{0}.swapaxes(0, -1)", "{0}",
    ]
)  # fmt: skip
WRITES = st.sampled_from(["{0} *= 2", "{0} += {1}", "{0}[...] = {1}", "{0}[0] -= {1}", "{0}[..., -1] = {1}"])
STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 9), LINKS, WRITES), min_size=1, max_size=12)


def program(steps):
    """The lines, of which NumPy takes each: a name for every view, and writes to any of them."""
    names = {"np": np, "a": np.arange(12.0).reshape(3, 4)}
    lines = ["a = arange(12).reshape(3, 4)"]
    arrays = ["a"]
    for number, (views, position, link, write) in enumerate(steps):
        source = arrays[position % len(arrays)]
        name = f"v{number}"
        line = f"{name} = {link.format(source)}" if views else write.format(source, number + 1)
        try:
            exec(line, names)
        except (IndexError, ValueError):
            continue
        if views and np.ndim(names[name]) == 0:
            continue  # NumPy's numbers are no views
        lines.append(line)
        arrays += [name] * views
    return lines, arrays, names


@given(STEPS)
def test_views_hold_what_numpys_hold(steps):
    lines, arrays, names = program(steps)
    for name in arrays:
        assert_array_equal(run("\n".join([*lines, name])), names[name], "\n".join([*lines, name]))
