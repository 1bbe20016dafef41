"""What is the derivative of this, here?

The Python API: `Expression`, a function for every command (`grad`, `jacobian`, …), the results and the
errors. Importing it costs nothing: names are loaded when they are first used (PEP 562).
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, whose import would cost more than all the rest

__version__ = "0.1.0"

__all__ = [
    "Expression",
    "check",
    "eval",
    "functions",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "run",
    "vjp",
    "DataError",
    "ExpressionError",
    "FileError",
    "GradcliError",
    "LimitError",
    "NotFiniteError",
    "UsageError",
    "CheckReport",
    "CheckResult",
    "EvalResult",
    "GradResult",
    "HessianResult",
    "HvpResult",
    "JacobianResult",
    "JvpResult",
    "Note",
    "Result",
    "RunResult",
    "SparseHessianResult",
    "SparseJacobianResult",
    "SparseMatrix",
    "VjpResult",
    "__version__",
]

if TYPE_CHECKING:
    from typing import Any

    from .api import Expression, check, eval, functions, grad, hessian, hvp, jacobian, jvp, run, vjp
    from .errors import (
        DataError,
        ExpressionError,
        FileError,
        GradcliError,
        LimitError,
        NotFiniteError,
        UsageError,
    )
    from .results import (
        CheckReport,
        CheckResult,
        EvalResult,
        GradResult,
        HessianResult,
        HvpResult,
        JacobianResult,
        JvpResult,
        Note,
        Result,
        RunResult,
        SparseHessianResult,
        SparseJacobianResult,
        SparseMatrix,
        VjpResult,
    )


def _home(name: str) -> str:
    if name.endswith("Error"):
        return ".errors"
    return ".results" if name.endswith(("Result", "Report", "Note", "Matrix")) else ".api"


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_home(name), __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
