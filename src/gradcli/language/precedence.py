"""How tightly the operators hold their operands, for reading and for printing."""

from __future__ import annotations

# Loosest first. A fence (an open bracket, say) is 0: nothing outside it can take what is inside.
FENCE, WHOLE, CHOICE, OR, AND, NOT, COMPARISON, BAR, AMPERSAND, SUM, PRODUCT, SIGN, POWER, ROOT, ATOM = range(15)

BINARY = {
    "|": BAR,
    "&": AMPERSAND,
    **dict.fromkeys(("+", "-"), SUM),
    **dict.fromkeys(("*", "/", "//", "%", "@"), PRODUCT),
}
LOGICAL = {"or": OR, "and": AND}
