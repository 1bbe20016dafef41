"""What other libraries call the parameters of functions, and which of theirs change nothing here."""

from __future__ import annotations

SPREAD = ("Shape", "Shape | None")
"""Kinds of a last parameter that may be written out: `reshape(x, 2, 3)` is `reshape(x, (2, 3))`."""
FIRST = frozenset(
    (
        "A",
        "a",
        "arr",
        "array",
        "arrays",
        "ary",
        "data",
        "input",
        "m",
        "object",
        "self",
        "tensor",
        "tensors",
        "tup",
        "x",
    )
)
"""What others call the first parameter."""
OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "dim": ("axis", "axes", "axis1"),
    "dims": ("axes", "axis", "reps"),
    "dim0": ("axis1",),
    "dim1": ("axis2",),
    "axis1": ("dim1",),
    "axis2": ("dim2",),
    "shifts": ("shift",),
    "pad": ("width",),
    "pad_width": ("width",),
    "constant_values": ("value",),
    "end_values": ("value",),
    "index": ("indices",),
    "split_size_or_sections": ("sections",),
    "split_size": ("sections",),
    "indices_or_sections": ("sections",),
    "src": ("source",),
    "B": ("b", "y"),
    "equation": ("subscripts",),
    "rtol": ("rcond",),
    "tol": ("rcond",),
    "L": ("factor",),
    "unitriangular": ("unit",),
    "unit_diagonal": ("unit",),
    "sorted_sequence": ("edges",),
    "boundaries": ("edges",),
    "v": ("y", "x"),
    "b": ("y",),
    "z": ("x",),
    "input": ("x",),
    "other": ("y",),
    "interpolation": ("method",),
    "keepdim": ("keepdims",),
    "correction": ("ddof",),
    "unbiased": ("ddof",),
    "p": ("ord", "p"),
    "size": ("shape",),
    "newshape": ("shape",),
    "end": ("stop",),
    "steps": ("num",),
    "fill_value": ("value",),
    "exponent": ("y",),
    "a_min": ("min",),
    "a_max": ("max",),
    "low": ("min",),
    "high": ("max",),
    "offset": ("k",),
    "diagonal": ("k",),
    "tensors": ("arrays",),
    "N": ("n",),
    "M": ("m",),
    "vec2": ("y",),
    "mat2": ("y",),
    "vec": ("y",),
}
IGNORED = frozenset(
    (
        "check_finite", "copy", "device", "driver", "generator", "kind", "layout", "like", "memory_format", "names",
        "non_blocking", "optimize", "order", "out", "overwrite_a", "overwrite_b", "pin_memory", "requires_grad",
        "sparse", "stable", "subok",
    )
)  # fmt: skip
"""Arguments that change nothing about a number."""


INSTEAD = {"where": "to pick the elements where a condition holds, index with it: x[x > 0]"}
"""Hints for functions that others call with fewer arguments, with another meaning."""

MORE = {
    "log": "a logarithm to another base is log2(x), log10(x), or log(x)/log(base)",
    "log10": "a logarithm to another base is log(x)/log(base)",
    "sqrt": "another root is x**(1/n); cbrt(x) is the third",
}
"""Hints for functions that others call with more arguments."""
