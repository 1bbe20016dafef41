"""Results made by hand, and the text they give on a page."""

from textwrap import dedent

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from gradcli import results
from gradcli.report.page import Page
from gradcli.report.table import pieces

PIPE = Page(width=80)
TERMINAL = Page(width=80, terminal=True)


def array(values):
    return np.asarray(values, dtype=np.float64)


def by_name(mapping):
    return {name: array(values) for name, values in mapping.items()}


def made(kind, reading="f(x)", *, variables=(), value=None, **parts):
    """A result of a kind (`Grad`, `Hessian`, …) whose arrays are given as lists."""
    for part in ("gradient", "jacobian", "hvp"):
        if part in parts:
            parts[part] = by_name(parts[part])
    if "hessian" in parts:
        parts["hessian"] = {name: by_name(row) for name, row in parts["hessian"].items()}
    for part in ("tangent", "grad_outputs"):
        if part in parts:
            parts[part] = array(parts[part])
    if value is not None and not isinstance(value, tuple):
        value = array(value)
    parts.setdefault("expression", reading)
    return getattr(results, f"{kind}Result")(reading=reading, variables=by_name(dict(variables)), value=value, **parts)


def shown(result, page=PIPE, digits=None):
    return "".join(pieces(result, page, digits=digits))


def text(block):
    """A block of a test as it is shown: without its indentation and first newline."""
    return dedent(block).lstrip("\n")


# ---- random results --------------------------------------------------------------------------------------

floats = st.floats(width=64)
names = st.from_regex(r"[a-zθλ_][a-z0-9]{0,6}", fullmatch=True)
shapes = st.one_of(st.just(()), array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5))
hostile = st.text(st.characters(codec=None), max_size=30) | st.sampled_from(
    ["a\x1b[2Jb", "[bold]x[/bold]", "[/x]", "x\u202ey", "\ud800", "数学 + é", "a\r\nb\tc", "\x9b31m", "\u2028"]
)


def values(shape=shapes):
    return shape.flatmap(lambda s: arrays(np.float64, s, elements=floats))


@st.composite
def random_results(draw, name=names, source=names):
    """A result of any command with arrays that fit together, and the arrays that it must show."""
    variables = draw(st.dictionaries(name, values(), min_size=1, max_size=3))
    output = draw(array_shapes(min_dims=0, max_dims=2, max_side=4))
    value = draw(arrays(np.float64, output, elements=floats))
    common = {
        "expression": draw(source),
        "reading": draw(source),
        "variables": variables,
        "mode": draw(st.sampled_from([None, "forward", "reverse", "forward-over-reverse"])),
        "notes": draw(st.lists(st.builds(results.Note, source, source, st.none() | spans), max_size=2).map(tuple)),
    }

    def like(*lead):
        return {n: draw(arrays(np.float64, (*lead, *a.shape), elements=floats)) for n, a in variables.items()}

    scalar = array(draw(floats))
    command = draw(st.sampled_from(["eval", "grad", "jacobian", "hessian", "jvp", "hvp", "run"]))
    match command:
        case "eval":
            return results.EvalResult(**common, value=value), [value]
        case "grad":
            gradient = like()
            return results.GradResult(**common, value=scalar, gradient=gradient), [scalar, *gradient.values()]
        case "jacobian":
            jacobian = like(*output)
            return results.JacobianResult(**common, value=value, jacobian=jacobian), [value, *jacobian.values()]
        case "hessian":
            gradient = like()
            hessian = {n: like(*a.shape) for n, a in variables.items()}
            found = results.HessianResult(**common, value=scalar, gradient=gradient, hessian=hessian)
            return found, [scalar, *gradient.values(), *(a for row in hessian.values() for a in row.values())]
        case "jvp":
            tangent = draw(arrays(np.float64, output, elements=floats))
            return results.JvpResult(**common, value=value, tangent=tangent), [value, tangent]
        case "hvp":
            gradient, product = like(), like()
            found = results.HvpResult(**common, value=scalar, gradient=gradient, hvp=product)
            return found, [scalar, *gradient.values(), *product.values()]
        case _:
            outputs = tuple(results.Output(line, each) for line, each in enumerate(variables.values(), 1))
            return results.RunResult(**common, outputs=outputs), list(variables.values())


spans = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda ends: (min(ends), max(ends)))
