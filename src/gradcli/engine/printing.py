"""A graph as text of the language: what a rule computes, for the reference."""

from __future__ import annotations

import math
from collections.abc import Mapping

from .functions import Function
from .node import Graph, Node
from .sweeps import ancestors

_ATOM = 9
_INFIX = {
    "add": ("+", 1), "subtract": ("-", 1), "multiply": ("*", 2), "scale": ("*", 2), "scale_either": ("*", 2),
    "vanishing": ("*", 2), "divide": ("/", 2), "ratio": ("/", 2), "power": ("**", 4),
    "portion": ("*", 2), "above": (">", 0),
    "equal": ("==", 0), "less": ("<", 0), "greater": (">", 0),
}  # fmt: skip
_SILENT = {
    "expand",
    "reshape",
    "within",
    "finite",
    "positive",
    "alias",
    "computed",
}  # they change the form of a value, not what it is
# What has no name in the language is spelt out; {0} and {1} are operands, fit to be raised to a power.
_SPELT = {
    "complement": ("1 - {0}**2", 1),
    "sigmoid_slope": ("sigmoid({0}) * sigmoid(-{0})", 2), "cbrt_slope": ("1 / (3 * cbrt({0})**2)", 2),
    "lead": ("(({0} > {1}) + 0.5 * ({0} == {1}))", _ATOM), "inside": ("({1} < {0} < {2})", _ATOM),
    "tanh_slope": ("sech({0})**2", 4), "csc_square": ("csc({0})**2", 4),
    "witch": ("1 / (1 + {0}**2)", 2), "erfinv_slope": ("0.5 * sqrt(pi) * exp(erfinv({0})**2)", 2),
    "entropy_slope": ("-(1 + log({0}))", 2), "logit_slope": ("1 / ({0} * (1 - {0}))", 2),
    "softsign_slope": ("1 / (1 + abs({0}))**2", 2),
    "beta_slope": ("beta({0}, {1}) * (digamma({0}) - digamma({0} + {1}))", 2),
    "gelu_slope": ("(ndtr({0}) + {0} * exp(-0.5 * {0}**2) / sqrt(2 * pi))", _ATOM),
}  # fmt: skip
# The same for what means something else with other parameters.
_SPELT_WITH: dict[tuple[str, tuple[object, ...]], tuple[str, int]] = {
    ("power_slope", (1, 0)): ("{1} * {0}**({1} - 1)", 2), ("power_slope", (0, 1)): ("{0}**{1} * log({0})", 2),
    ("over_power", (2,)): ("{0} / {1}**2", 2), ("over_power", (1, True)): ("{0} / {1}", 2),
    ("polar", (1, 0, 0)): ("{0} / hypot({0}, {1})", 2), ("polar", (0, 1, 0)): ("{1} / hypot({0}, {1})", 2),
    ("inverse_part", (1, "real")): ("{0} / ({0}**2 + {1}**2)", 2),
    ("inverse_part", (1, "imaginary")): ("-({1} / ({0}**2 + {1}**2))", 2),
    ("bell", ((1.0,), 1.0)): ("exp(-{0}**2)", _ATOM), ("bell", ((1.0,), 0.5)): ("exp(-0.5 * {0}**2)", _ATOM),
    ("share", (1.0,)): ("sigmoid({0} - {1})", _ATOM), ("polygamma", (1,)): ("polygamma(1, {0})", _ATOM),
    ("polygamma_drop", (0,)): ("(digamma({0}) - digamma({0} + {1}))", _ATOM),
    ("share", (math.log(2.0),)): ("1 / (1 + exp2({1} - {0}))", 2),
}  # fmt: skip


def to_text(node: Node, names: Mapping[Node, str]) -> str:
    """The expression that node computes; nodes in names are called by those."""
    texts: dict[Node, tuple[str, int]] = {}
    for each in ancestors([node]):
        if each in names:
            texts[each] = (names[each], _ATOM)
        else:
            texts[each] = _one(each, [texts[operand] for operand in each.operands])
    return texts[node][0]


def _one(node: Node, operands: list[tuple[str, int]]) -> tuple[str, int]:
    name = node.operation.name
    if name == "constant":
        return _constant(node)
    if name in _SILENT:
        return operands[0]
    if name == "negative":
        return f"-{_wrapped(operands[0], 3)}", 2
    if name == "square":
        return f"{_wrapped(operands[0], 5)}**2", 4
    if name == "constant_power":
        return f"{_wrapped(operands[0], 5)}**{node.params[0]:g}", 4
    spelt = _SPELT.get(name) or _SPELT_WITH.get((name, node.params))
    if spelt is not None:
        pattern, level = spelt
        return pattern.format(*(_wrapped(operand, 5) for operand in operands)), level
    if name in _INFIX:
        sign, level = _INFIX[name]
        left, right = operands
        spaced = sign if sign == "**" else f" {sign} "
        return f"{_wrapped(left, level)}{spaced}{_wrapped(right, level + 1)}", level
    arguments = ", ".join(text for text, _ in operands)
    return f"{name}({arguments})", _ATOM


def _wrapped(operand: tuple[str, int], level: int) -> str:
    text, own = operand
    return text if own >= level else f"({text})"


def _constant(node: Node) -> tuple[str, int]:
    value = float(node.params[0].array)
    return f"{value:g}", _ATOM if value >= 0 else 2


def rule_text(function: Function) -> str | None:
    """The derivative rules of an elementwise function, an operand each: `x: g * cos(x)`."""
    operation = function.operation
    if operation is None:
        return None
    graph = Graph()
    inputs = [graph.input(parameter.name, ()) for parameter in function.parameters]
    g = graph.input("g", ())
    names = {node: str(node.params[0]) for node in (*inputs, g)}
    out = operation(*inputs)
    parts = []
    for parameter, rule in zip(function.parameters, operation.rules, strict=True):
        partial = None if rule is None else rule(g, out, *inputs)
        parts.append(f"{parameter.name}: {'0' if partial is None else to_text(partial, names)}")
    return ", ".join(parts)
