"""Running programs in tests: values in, arrays out."""

from pathlib import Path

import numpy as np
import pytest

import gradcli
from gradcli.engine.derivatives import gradient
from gradcli.engine.evaluate import Plan
from gradcli.errors import GradcliError
from gradcli.language.parser import parse
from gradcli.program import NeedsValues, trace


def traced(source, values, seed=0, collect=False):
    """The trace, with values only where they are needed; and what to feed it."""
    tree = parse(source)
    arrays = {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}
    shapes = {name: array.shape for name, array in arrays.items()}
    try:
        made = trace(tree, shapes, seed=seed, collect=collect)
        assert not made.concrete
    except NeedsValues:
        made = trace(tree, shapes, values=arrays, seed=seed, collect=collect)
    return made, {node: arrays[name] for name, node in made.inputs.items()}


def evaluated(value, feeds):
    if value is None:
        return None
    if isinstance(value, tuple):
        return tuple(evaluated(each, feeds) for each in value)
    return Plan([value]).run(feeds)[0]


def run(source, seed=0, **values):
    """The value of a program's last line."""
    made, feeds = traced(source, values, seed)
    return evaluated(made.value, feeds)


def shown(source, **values):
    """What a program shows: (line, value, words)."""
    made, feeds = traced(source, values, collect=True)
    return [(line, evaluated(value, feeds), words) for line, value, words in made.outputs]


def slope(source, wrt="x", **values):
    """The gradient, taken from outside, of the value of a program's last line."""
    made, feeds = traced(source, values)
    return evaluated(gradient(made.value, None, [made.inputs[wrt]])[0], feeds)


def needs_values(source, **shapes):
    try:
        trace(parse(source), shapes)
    except NeedsValues:
        return True
    return False


def failure(source, **values):
    """The error that a program ends in."""
    try:
        run(source, **values)
    except GradcliError as error:
        return error
    raise AssertionError(f"no error: {source}")


def marked(error):
    """The part of the source that an error points at."""
    return error.source[slice(*error.span)]


def written(folder):
    """The programs in the files of a folder here, as parameters of a test: each begins with a line `### name`."""
    found = []
    for path in sorted((Path(__file__).parent / folder).glob("*.txt")):
        for section in path.read_text(encoding="utf-8").split("### ")[1:]:
            name, _, source = section.partition("\n")
            found.append(pytest.param(source, id=f"{path.stem}: {name}"))
    return found


def assert_refused(source, words):
    """A program is an error that says words, and where."""
    with pytest.raises(GradcliError) as caught:
        gradcli.run(source)
    assert words in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.span is not None
