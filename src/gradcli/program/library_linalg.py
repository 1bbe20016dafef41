"""Functions of matrices whose results or arguments other libraries order in their own way."""

from __future__ import annotations

from typing import NamedTuple

from ..engine.functions import FUNCTIONS, Flag, Whole, Word
from ..engine.node import Node
from ..engine.operation import total_over, zeros
from ..engine.operations.factorizations import Orthogonal
from ..engine.operations.structural import swap_last
from .library import built, member
from .library_functions import LINALG, NUMPY, _paths
from .tracer import Tracer
from .values import Value


class LeastSquares(NamedTuple):
    """What lstsq gives there, in this order."""

    solution: Node
    residuals: Node
    rank: Node
    singular_values: Node


class Decomposition(NamedTuple):
    """What torch.svd gives: V, and not its transpose."""

    U: Node
    S: Node
    V: Node


class Triangular(NamedTuple):
    """What torch.triangular_solve gives."""

    solution: Node
    cloned_coefficient: Node


@member(*_paths(LINALG, "lstsq"))
def lstsq(tracer: Tracer, a: Node, b: Node, rcond: Value = None) -> Value:
    """The least-squares solution, with the squared residuals, the rank and the singular values."""
    limit = None if rcond is None else tracer.number(rcond, "rcond of lstsq")
    solution = built("lstsq", a, b, limit)
    missed = built("matmul", a, solution) - b
    residuals = total_over(missed * missed, (-1,) if len(b.shape) == 1 else (-2,))
    return LeastSquares(solution, residuals, built("matrix_rank", a), built("svdvals", a))


@member("torch.svd")
def svd(tracer: Tracer, input: Node, some: Flag = True) -> Value:
    """U, the singular values, and V, with U @ diag(S) @ V.T = input."""
    made = FUNCTIONS["svd"].build(input, not some)
    assert isinstance(made, tuple)
    return Decomposition(made[0], made[1], swap_last(made[2]))


@member("torch.triangular_solve")
def triangular_solve(
    tracer: Tracer, b: Node, a: Node, upper: Flag = True, transpose: Flag = False, unitriangular: Flag = False
) -> Value:
    """The x with a @ x = b for a triangular a, which comes second."""
    return Triangular(built("solve_triangular", a, b, transpose, not upper, None, True, unitriangular), a)


# ---- of stacks, by their last two axes -----------------------------------------------------------------


@member(*_paths(LINALG, "diagonal"))
def diagonal(tracer: Tracer, x: Node, offset: Whole = 0, axis1: Whole = -2, axis2: Whole = -1) -> Value:
    """A diagonal of each matrix."""
    return built("diagonal", x, offset, axis1, axis2)


@member(*_paths(LINALG, "trace"))
def trace(tracer: Tracer, x: Node, offset: Whole = 0) -> Value:
    """The sum of a diagonal of each matrix."""
    return built("trace", x, offset, -2, -1)


@member("torch.linalg.vander")
def vander(tracer: Tracer, x: Node, N: Whole | None = None) -> Value:
    """Powers of x in columns, the lowest first."""
    return built("vander", x, N, True)


@member("scipy.linalg.cholesky", "jax.scipy.linalg.cholesky")
def cholesky(tracer: Tracer, a: Node, lower: Flag = False) -> Value:
    """The upper triangular U with U.T @ U = a, or with lower the lower triangular L with L @ L.T = a."""
    return built("cholesky", a, not lower)


@member(*_paths(NUMPY, "cross"))
def cross(
    tracer: Tracer, x: Node, y: Node, axisa: Whole = -1, axisb: Whole = -1, axisc: Whole = -1, axis: Whole | None = None
) -> Value:
    """The cross product of vectors along axes that each have their own place."""
    if axis is not None:
        axisa = axisb = axisc = axis
    found = built("cross", built("moveaxis", x, (axisa,), (-1,)), built("moveaxis", y, (axisb,), (-1,)))
    return built("moveaxis", found, (-1,), (axisc,))


# ---- with other arguments ------------------------------------------------------------------------------


@member(*_paths(LINALG, "pinv"), "torch.pinverse")
def pinv(tracer: Tracer, x: Node, rcond: float | None = None, hermitian: Flag = False) -> Value:
    """The pseudo-inverse; of a hermitian matrix only the lower half is read."""
    return built("pinv", built("tril", x) + swap_last(built("tril", x, -1)) if hermitian else x, rcond)


@member("torch.linalg.solve")
def solve(tracer: Tracer, a: Node, b: Node, left: Flag = True) -> Value:
    """The x with a @ x = b, or with left=False x @ a = b."""
    return built("solve", a, b) if left else swap_last(built("solve", swap_last(a), swap_last(b)))


@member("torch.cholesky_inverse")
def cholesky_inverse(tracer: Tracer, input: Node, upper: Flag = False) -> Value:
    """The inverse of the matrix that a Cholesky factor is of."""
    inverse = built("inv", built("triu" if upper else "tril", input))
    return built("matmul", *((inverse, swap_last(inverse)) if upper else (swap_last(inverse), inverse)))


@member("torch.linalg.qr")
def qr(tracer: Tracer, x: Node, mode: Word = "reduced") -> Value:
    """Q and R; with mode 'r' Q has no elements."""
    made = FUNCTIONS["qr"].build(x, mode)
    return made if isinstance(made, tuple) else Orthogonal(zeros(x, (0,)), made)


@member("torch.qr")
def old_qr(tracer: Tracer, input: Node, some: Flag = True) -> Value:
    """Q and R, with some=False for a square Q."""
    return FUNCTIONS["qr"].build(input, "reduced" if some else "complete")
