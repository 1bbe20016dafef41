"""What the commands answer: plain data, which `report` turns into text.

Arrays are NumPy float64; a 0-d answer is a 0-d array. A `Value` is an array, None (a program's
None), or a tuple of Values for an expression with several outputs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from .errors import Span
from .record import Record
from .text import Form

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Value: TypeAlias = Array | tuple["Value", ...] | None

Verdict = Literal["pass", "fail", "inconclusive"]


_OUTPUT_NAMES = ("y", "f", "out", "output")


def output_name(reading: str, variables: Collection[str]) -> str:
    """What to call an expression's value: a name that it does not use, and that is no variable's."""
    used = {*re.findall(r"\w+", reading), *variables}
    return next((name for name in _OUTPUT_NAMES if name not in used), _OUTPUT_NAMES[-1])


class Note(Record):
    """Something the reader should know about an answer.

    kind is `kink`, `unused`, `detached`, `nonfinite`, `cancelled`, … ; span counts in the expression.
    """

    kind: str
    message: str
    span: Span | None = None


class CheckRow(Record, kw_only=True):
    """One derivative element and what each method says of it.

    values maps a method's name to its number, or to None where that method has no answer.
    digits is the number of significant decimal digits on which all answers agree. form is the
    closed form of the derivative, where it is short. one_sided holds (left, right) slopes at a kink.
    """

    name: str
    values: Mapping[str, float | None]
    digits: float
    agrees: bool
    form: str | None = None
    one_sided: tuple[float, float] | None = None


class ClaimRow(Record, kw_only=True):
    """An element on which a claimed derivative and the computed one differ."""

    name: str
    claimed: float
    computed: float

    @property
    def difference(self) -> float:
        return self.claimed - self.computed


class CheckReport(Record, kw_only=True):
    """The verdict on a derivative. methods are those that gave an answer; remarks say, in whole
    sentences, what was not done and why (SymPy gave up, only a sample was checked, …)."""

    verdict: Verdict
    methods: tuple[str, ...]
    digits: float
    rows: tuple[CheckRow, ...]
    checked: int
    total: int
    remarks: tuple[str, ...] = ()
    claims: Mapping[str, bool] = {}
    claim_rows: tuple[ClaimRow, ...] = ()
    claim_differences: int = 0


class Result(Record, kw_only=True):
    """Base of all answers.

    expression is the source as given; reading the same as gradcli read it; variables the values it
    was asked at. mode is how derivatives were taken (`forward`, `reverse`, `forward-over-reverse`, …),
    None where none were.
    """

    command: ClassVar[str] = ""
    expression: str
    reading: str
    variables: Mapping[str, Array]
    mode: str | None = None
    notes: tuple[Note, ...] = ()
    value: Value = None
    check: CheckReport | None = None


class EvalResult(Result, kw_only=True):
    """The value alone."""

    command: ClassVar[str] = "eval"


class GradResult(Result, kw_only=True):
    """gradient[name] has the variable's shape; order is that of the derivative."""

    command: ClassVar[str] = "grad"
    gradient: Mapping[str, Array]
    order: int = 1
    grad_outputs: Array | None = None


class VjpResult(GradResult, kw_only=True):
    """A gradient weighted with grad_outputs."""

    command: ClassVar[str] = "vjp"


class JacobianResult(Result, kw_only=True):
    """jacobian[name] has the output's shape, then the variable's; passes is how many forward or reverse passes
    that took."""

    command: ClassVar[str] = "jacobian"
    jacobian: Mapping[str, Array]
    passes: int = 1


class HessianResult(Result, kw_only=True):
    """hessian[a][b] has a's shape, then b's; passes as in a Jacobian."""

    command: ClassVar[str] = "hessian"
    gradient: Mapping[str, Array]
    hessian: Mapping[str, Mapping[str, Array]]
    passes: int = 1


class SparseMatrix(Record):
    """The entries of a matrix that can be nonzero, sorted by row, then by column; each place comes once.

    Rows are the elements of an array in C order, columns those of another.
    """

    shape: tuple[int, int]
    row: NDArray[np.integer[Any]]
    col: NDArray[np.integer[Any]]
    data: Array

    def to_scipy(self) -> Any:
        """The same as a scipy.sparse.coo_array."""
        from scipy.sparse import coo_array

        return coo_array((self.data, (self.row, self.col)), shape=self.shape)

    def to_dense(self) -> Array:
        """The same as an array, with zeros elsewhere."""
        import numpy as np

        whole = np.zeros(self.shape)
        whole[self.row, self.col] = self.data
        return whole


class SparseJacobianResult(Result, kw_only=True):
    """jacobian[name] has a row an element of the output, a column an element of the variable.

    colours is how many seeds it took to find all entries of all variables.
    """

    command: ClassVar[str] = "jacobian"
    jacobian: Mapping[str, SparseMatrix]
    colours: int
    passes: int = 1


class SparseHessianResult(Result, kw_only=True):
    """hessian[a][b] has a row an element of a, a column an element of b; colours and passes as in a Jacobian."""

    command: ClassVar[str] = "hessian"
    gradient: Mapping[str, Array]
    hessian: Mapping[str, Mapping[str, SparseMatrix]]
    colours: int
    passes: int = 1


class JvpResult(Result, kw_only=True):
    """tangent has the value's shape."""

    command: ClassVar[str] = "jvp"
    tangent: Value


class HvpResult(Result, kw_only=True):
    """hvp[a] is the sum over b of hessian[a][b] times vector[b]."""

    command: ClassVar[str] = "hvp"
    gradient: Mapping[str, Array]
    hvp: Mapping[str, Array]


class CheckResult(Result, kw_only=True):
    """The answer of the check command; check is never None."""

    command: ClassVar[str] = "check"


class Output(Record):
    """What one line of a program printed: by its 1-based line."""

    line: int
    value: Value
    text: str | None = None  # the words a print was given, where there were any
    pieces: tuple[str | Form | None, ...] = ()  # words and values of a print in order; None: a value, as usual
    separator: str = " "  # what stands between them
    end: str = "\n"  # and after them


class Line(Record):
    """What one line of a program computed: label says of what (`x`, `if x > 0`, `return`), words what is no array."""

    line: int
    label: str
    value: Value
    words: str | None = None


class RunResult(Result, kw_only=True):
    """What a program printed, in order; lines what each line computed, where that was asked for."""

    command: ClassVar[str] = "run"
    outputs: tuple[Output, ...]
    lines: tuple[Line, ...] = ()
