"""Every function of the language on its samples, at numbers several times as large and as small as those that they bring."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import build, evaluate, sample_ids, samples
from numpy.testing import assert_allclose
from references import Reference, precise, rounded

from gradcli.engine import derivatives as D
from gradcli.errors import GradcliError

SAMPLES = samples()
TIMES = (-7.0, -2.5, 0.2, 4.0)


@pytest.mark.parametrize("sample", [sample for _, sample in SAMPLES], ids=sample_ids(SAMPLES))
def test_further_out(sample):
    """Values and a derivative in both modes, wherever the reference is a real number."""
    output, inputs, values = build(sample, seed=3)
    random = np.random.default_rng(9)
    moves = [random.uniform(-1.0, 1.0, value.shape) for value in values]
    weight = random.uniform(0.5, 1.5, output.shape)
    constant = output.graph.constant
    forward = D.jvp(output, inputs, [constant(move) for move in moves])
    pulled = D.vjp(output, constant(weight), inputs)
    checked = 0
    for times in TIMES:
        at = [times * value for value in values]
        try:
            want = np.asarray(rounded(Reference(sample)(*map(precise, at))))
            along = np.asarray(rounded(Reference(sample).along([precise(v) for v in at], [precise(m) for m in moves])))
        except (ValueError, ZeroDivisionError, TypeError, ArithmeticError):
            continue  # not a real number
        try:
            with np.errstate(all="ignore"):
                value, slope, *cotangents = evaluate([output, forward, *pulled], inputs, at)
        except GradcliError:
            continue
        size = max(1.0, float(np.abs(want).max(initial=0.0)))
        assert_allclose(value, want, rtol=1e-12, atol=1e-13 * size)
        size = max(1.0, float(np.abs(along).max(initial=0.0)))
        assert_allclose(slope, along, rtol=1e-10, atol=1e-11 * size)
        reverse = sum(np.sum(g * move) for g, move in zip(cotangents, moves, strict=True))
        assert_allclose(reverse, np.sum(weight * along), rtol=1e-9, atol=1e-10 * size)
        checked += 1
    assert checked
