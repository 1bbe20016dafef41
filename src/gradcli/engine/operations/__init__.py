"""The tables: one declaration an operation. Importing this room fills `functions.FUNCTIONS`."""

from . import (
    activation,
    arithmetic,
    assignment,
    contraction,
    creation,
    decomposition,
    elementary,
    indexing,
    linalg,
    ordering,
    rearranging,
    reduction,
    rounding,
    selection,
    special,
    structural,
)

__all__ = [
    "activation",
    "arithmetic",
    "assignment",
    "contraction",
    "creation",
    "decomposition",
    "elementary",
    "indexing",
    "linalg",
    "ordering",
    "rearranging",
    "reduction",
    "rounding",
    "selection",
    "special",
    "structural",
]
