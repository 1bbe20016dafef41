"""Programs at random: their gradients agree in forward mode, in reverse mode, and by complex step."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcli
from gradcli.engine.evaluate import Plan
from gradcli.language.parser import parse
from gradcli.program import trace

NAMES = ("a", "b", "c")
UNARY = ("sin({})", "exp(-({})**2)", "tanh({})", "({})**2", "1/(2 + ({})**2)", "f({}, a)", "g({})")
BINARY = ("({}) + ({})", "({}) - ({})", "({}) * ({})", "f({}, {})")
HEAD = """\
def f(u, v):
    if u > v:
        return u*v
    return sin(u) - v
def g(u, depth=3):
    if depth == 0:
        return u
    return cos(g(u, depth - 1)) + 0.5*u
a = x
b = x*y
c = y
"""


def expressions():
    leaves = st.sampled_from([*NAMES, "x", "y", "0.7", "-1.3"])
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(lambda form, e: form.format(e), st.sampled_from(UNARY), inner)
            | st.builds(lambda form, p, q: form.format(p, q), st.sampled_from(BINARY), inner, inner)
        ),
        max_leaves=3,
    )


def indented(lines):
    return [f"    {line}" for line in lines]


@st.composite
def blocks(draw, depth=2):
    """Lines of statements."""
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["set", "add", "if", "for", "while", "list"][: 6 if depth else 2]))
        name, value = draw(st.sampled_from(NAMES)), draw(expressions())
        if kind == "set":
            lines.append(f"{name} = {value}")
        elif kind == "add":
            lines.append(f"{name} {draw(st.sampled_from(['+=', '-=', '*=']))} tanh({value})")
        elif kind == "if":
            lines += [f"if {name} > {value}:", *indented(draw(blocks(depth - 1)))]
            lines += ["else:", *indented(draw(blocks(depth - 1)))]
        elif kind == "for":
            lines += [f"for k{depth} in range({draw(st.integers(0, 3))}):", *indented(draw(blocks(depth - 1)))]
        elif kind == "while":
            count = f"n{depth}"
            lines += [f"{count} = 0", f"while {count} < 2:", f"    {count} += 1", *indented(draw(blocks(depth - 1)))]
        else:
            lines += [f"{name} = sum([tanh({value})*i for i in range(3) if i != 1])"]
    return lines


@settings(max_examples=60, deadline=None)
@given(blocks(), st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_gradients_agree(lines, x, y):
    source = HEAD + "\n".join(lines) + "\na + b*c"
    values = {"x": x, "y": y}
    forward = gradcli.grad(source, values, mode="forward")
    reverse = gradcli.grad(source, values, mode="reverse")
    inside = gradcli.run(source.replace("a + b*c", "grad(a + b*c, [x, y])"), values).outputs[0].value
    made = trace(parse(source), {"x": (), "y": ()}, values={name: np.array(value) for name, value in values.items()})
    plan = Plan([made.value])
    for position, name in enumerate(("x", "y")):
        feeds = {node: np.array(values[each] + (1e-30j if each == name else 0)) for each, node in made.inputs.items()}
        (moved,) = plan.run(feeds)
        wanted = np.imag(moved) / 1e-30
        scale = 1e-9 * (1 + abs(wanted))
        assert np.isfinite(wanted)
        for found in (forward.gradient[name], reverse.gradient[name], inside[position]):
            assert abs(found - wanted) <= scale, (source, name)
