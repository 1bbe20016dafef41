"""The tables: one declaration an operation. `functions.FUNCTIONS` loads them.

A table is a module of this room, and its name stands in one of the two lists here.
"""

from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

FREQUENT = (
    "arithmetic", "assignment", "chains", "creation", "elementary", "indexing", "linalg", "powers", "reduction",
    "rounding", "running_products", "selection", "structural",
)  # fmt: skip
"""What nearly every expression takes, or the program's own operators and loops."""

OTHERS = (
    "activation", "bessel", "beta_function", "contraction", "determinants", "diagonals", "factorizations", "gates",
    "lengths", "logarithms", "matrix_functions", "norms", "ordering", "padding", "picking", "power_lengths", "rearranging", "running",
    "sequences", "softmax", "solving", "special", "statistics",
)  # fmt: skip
"""What a start would be slower for by its import: loaded together, for the first name that the frequent ones lack."""


def load(tables: Sequence[str]) -> list[ModuleType]:
    """The tables of these names, imported."""
    return [import_module(f"{__name__}.{table}") for table in tables]
