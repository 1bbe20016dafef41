"""The Python API: an expression, parsed once and planned once for each set of shapes.

    f = Expression("sum(sin(x) * exp(-x**2))")
    r = f.grad({"x": [0.1, 0.2]})
    r.value, r.gradient["x"], r.notes

The command line is this plus binding and reporting. NumPy and the engine are imported when a value is
first asked for, so that parsing alone stays cheap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, overload

from . import limits
from .asking import Asked, array_of, known_names, missing_hint, shapes_of
from .errors import ExpressionError, GradcliError, UsageError
from .language.parser import parse
from .language.printer import to_text
from .program.scope import free_variables
from .results import (
    CheckResult,
    EvalResult,
    GradResult,
    HessianResult,
    HvpResult,
    JacobianResult,
    JvpResult,
    RunResult,
    SparseHessianResult,
    SparseJacobianResult,
    VjpResult,
    output_name,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .answering import Prepared
    from .engine.functions import Function
    from .results import Array, CheckReport
    from .running import Progress, Shown

T = TypeVar("T")
Variables: TypeAlias = "Mapping[str, ArrayLike]"
Names: TypeAlias = "Sequence[str] | None"
_REMEMBERED = 64
"""Plans an expression keeps: one for each question and set of shapes."""


class Expression:
    """An expression or program, ready to be asked about at any values.

    Attributes:
        source: the text as given.
        reading: the text as it was read, in canonical form.
        variables: the names it needs values for, in order of appearance.
        constants: names such as `e` and `pi` in it that have a value unless one is given.

    Methods take `variables`, a mapping from names to array-likes (taken as float64), and answer with
    the dataclasses of `results`. With at_kink="error" they refuse to answer where a derivative would be a
    convention (a DataError, code "kink"). They raise ExpressionError, DataError, UsageError or LimitError.

    Raises:
        ExpressionError: the text cannot be read.
    """

    def __init__(self, source: str, *, seed: int = 0) -> None:
        self.source = source
        self._tree = parse(source)
        self._seed = seed
        self.variables, self.constants = free_variables(self._tree)
        self._reading: str | None = None
        self._prepared: dict[object, Prepared] = {}

    @property
    def reading(self) -> str:
        if self._reading is None:
            self._reading = to_text(self._tree)
        return self._reading

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"

    # ---- the questions -----------------------------------------------------------------------------

    def eval(self, variables: Mapping[str, ArrayLike] | None = None) -> EvalResult:
        """The value."""
        asked = self._ask("eval", variables or {}, ())
        return EvalResult(**asked.common(None), value=asked.value_tree())

    def grad(
        self,
        variables: Mapping[str, ArrayLike],
        *,
        wrt: Sequence[str] | None = None,
        mode: str = "auto",
        grad_outputs: ArrayLike | None = None,
        order: int = 1,
        check: bool = False,
        at_kink: str = "convention",
    ) -> GradResult:
        """The gradient for each variable of wrt (all that were given, unless told), in its shape.

        grad_outputs weights the elements of a non-scalar. order differentiates again, each time the
        sum of the last gradient: for an elementwise expression, the derivative of that order.
        """
        return GradResult(**self._gradient("grad", variables, wrt, mode, grad_outputs, order, check, at_kink))

    def vjp(
        self,
        variables: Mapping[str, ArrayLike],
        *,
        grad_outputs: ArrayLike,
        wrt: Sequence[str] | None = None,
        mode: str = "auto",
        check: bool = False,
        at_kink: str = "convention",
    ) -> VjpResult:
        """The vector-Jacobian product: grad_outputs, in the output's shape, times the Jacobian."""
        return VjpResult(**self._gradient("vjp", variables, wrt, mode, grad_outputs, 1, check, at_kink))

    def _gradient(
        self,
        command: str,
        variables: Mapping[str, ArrayLike],
        wrt: Sequence[str] | None,
        mode: str,
        grad_outputs: ArrayLike | None,
        order: int,
        check: bool,
        at_kink: str,
    ) -> dict[str, Any]:
        if order < 1:
            raise UsageError(f"order must be 1 or more, not {order}")
        if order > limits.current().order:
            raise limits.exceeded("order", f"a derivative of order {order}")
        extra = {} if grad_outputs is None else {"grad_outputs": {"": grad_outputs}}
        asked = self._ask(command, variables, (("mode", mode), ("order", order)), wrt=wrt, extra=extra, at_kink=at_kink)
        return {
            **asked.common(self._report(asked) if check else None),
            "value": asked.answer.value,
            "gradient": asked.by_name(asked.answer.derivatives),
            "order": order,
            "grad_outputs": asked.extra.get("grad_outputs", {}).get(""),
        }

    @overload
    def jacobian(
        self, variables: Variables, *, wrt: Names = ..., mode: str = ..., check: bool = ..., at_kink: str = ...,
        sparse: Literal[False] = ...,
    ) -> JacobianResult: ...  # fmt: skip

    @overload
    def jacobian(
        self, variables: Variables, *, wrt: Names = ..., mode: str = ..., check: bool = ..., at_kink: str = ...,
        sparse: Literal[True],
    ) -> SparseJacobianResult: ...  # fmt: skip

    @overload
    def jacobian(
        self, variables: Variables, *, wrt: Names = ..., mode: str = ..., check: bool = ..., at_kink: str = ...,
        sparse: bool,
    ) -> JacobianResult | SparseJacobianResult: ...  # fmt: skip

    def jacobian(
        self,
        variables: Mapping[str, ArrayLike],
        *,
        wrt: Sequence[str] | None = None,
        mode: str = "auto",
        check: bool = False,
        at_kink: str = "convention",
        sparse: bool = False,
    ) -> JacobianResult | SparseJacobianResult:
        """All derivatives of all elements: for each variable an array of the output's shape, then its own.

        With sparse, for each variable only the entries that can be nonzero, found by as few sweeps as will do.
        """
        asked = self._ask("jacobian", variables, (("mode", mode), ("sparse", sparse)), wrt=wrt, at_kink=at_kink)
        if sparse:
            return SparseJacobianResult(
                **asked.common(self._report(asked) if check else None),
                **asked.compressed(),
                value=asked.answer.value,
                jacobian=asked.by_name(list(asked.prepared.matrices(asked.answer).values())),
            )
        return JacobianResult(
            **asked.common(self._report(asked) if check else None),
            value=asked.answer.value,
            jacobian=asked.by_name(asked.answer.derivatives),
            passes=asked.answer.passes,
        )

    @overload
    def hessian(
        self, variables: Variables, *, wrt: Names = ..., mode: str = ..., check: bool = ..., at_kink: str = ...,
        sparse: Literal[False] = ...,
    ) -> HessianResult: ...  # fmt: skip

    @overload
    def hessian(
        self, variables: Variables, *, wrt: Names = ..., mode: str = ..., check: bool = ..., at_kink: str = ...,
        sparse: Literal[True],
    ) -> SparseHessianResult: ...  # fmt: skip

    @overload
    def hessian(
        self, variables: Variables, *, wrt: Names = ..., mode: str = ..., check: bool = ..., at_kink: str = ...,
        sparse: bool,
    ) -> HessianResult | SparseHessianResult: ...  # fmt: skip

    def hessian(
        self,
        variables: Mapping[str, ArrayLike],
        *,
        wrt: Sequence[str] | None = None,
        mode: str = "auto",
        check: bool = False,
        at_kink: str = "convention",
        sparse: bool = False,
    ) -> HessianResult | SparseHessianResult:
        """Second derivatives of a scalar: for each pair of variables a block of both their shapes.

        With sparse, in each block only the entries that can be nonzero, found by as few sweeps as will do.
        """
        asked = self._ask("hessian", variables, (("mode", mode), ("sparse", sparse)), wrt=wrt, at_kink=at_kink)
        derivatives, count = asked.answer.derivatives, len(asked.names)
        common = {
            **asked.common(self._report(asked) if check else None),
            "value": asked.answer.value,
            "gradient": asked.by_name(derivatives[:count]),
        }
        if sparse:
            matrices = list(asked.prepared.matrices(asked.answer).values())
            return SparseHessianResult(**common, **asked.compressed(), hessian=asked.by_names(matrices))
        hessian = asked.by_names(derivatives[count:])
        return HessianResult(**common, hessian=hessian, passes=asked.answer.passes)

    def jvp(
        self,
        variables: Mapping[str, ArrayLike],
        *,
        tangent: Mapping[str, ArrayLike],
        mode: str = "auto",
        check: bool = False,
        at_kink: str = "convention",
    ) -> JvpResult:
        """The Jacobian-vector product: how the value moves when the variables move along tangent."""
        asked = self._ask(
            "jvp", variables, (("mode", mode),), wrt=tuple(tangent), extra={"tangent": tangent}, at_kink=at_kink
        )
        return JvpResult(
            **asked.common(self._report(asked) if check else None),
            value=asked.answer.value,
            tangent=asked.answer.derivatives[0],
        )

    def hvp(
        self,
        variables: Mapping[str, ArrayLike],
        *,
        vector: Mapping[str, ArrayLike],
        wrt: Sequence[str] | None = None,
        mode: str = "auto",
        check: bool = False,
        at_kink: str = "convention",
    ) -> HvpResult:
        """The gradient of a scalar, and its Hessian times vector (zero for variables vector does not name)."""
        asked = self._ask(
            "hvp", variables, (("mode", mode),), wrt=wrt or tuple(vector), extra={"vector": vector}, at_kink=at_kink
        )
        count = len(asked.names)
        return HvpResult(
            **asked.common(self._report(asked) if check else None),
            value=asked.answer.value,
            gradient=asked.by_name(asked.answer.derivatives[:count]),
            hvp=asked.by_name(asked.answer.derivatives[count:]),
        )

    def check(
        self,
        variables: Mapping[str, ArrayLike],
        *,
        wrt: Sequence[str] | None = None,
        grad_outputs: ArrayLike | None = None,
        order: int = 1,
        mode: str = "auto",
        claims: Mapping[str, str] | None = None,
    ) -> CheckResult:
        """The gradient (a vector's Jacobian, unless weighted), by every means there is.

        claims maps variables to expressions for their gradients, derived by hand, to be tested.
        """
        extra = {} if grad_outputs is None else {"grad_outputs": {"": grad_outputs}}
        asked = self._ask("check", variables, (("mode", mode), ("order", order)), wrt=wrt, extra=extra)
        return CheckResult(**asked.common(self._report(asked, claims or {})), value=asked.answer.value)

    def run(
        self,
        variables: Mapping[str, ArrayLike] | None = None,
        *,
        trace_lines: bool = False,
        progress: Progress | None = None,
    ) -> RunResult:
        """What the program shows: every bare expression and every print, in order.

        trace_lines adds what each line computed, in the order it was computed. progress is called now and
        then with the line the program is on and the number of operations so far.
        """
        from .running import shown

        def result(found: Shown) -> RunResult:
            return RunResult(
                expression=self.source,
                reading=self.reading,
                variables=arrays,
                outputs=found.outputs,
                lines=found.lines,
                notes=found.notes,
            )

        arrays: dict[str, Array] = {}
        try:
            arrays = {name: array_of(name, value) for name, value in (variables or {}).items()}
            self._check_names(arrays)
            return result(shown(self._tree, arrays, self._seed, lines=trace_lines, progress=progress))
        except GradcliError as error:
            error.partial = error.partial and result(error.partial)
            raise error.at(None, self.source) from None

    # ---- how they are answered ---------------------------------------------------------------------

    def _ask(
        self,
        command: str,
        variables: Mapping[str, ArrayLike],
        options: tuple[tuple[str, Any], ...],
        *,
        wrt: Sequence[str] | None = None,
        extra: Mapping[str, Mapping[str, ArrayLike]] | None = None,
        at_kink: str = "convention",
    ) -> Asked:
        """Answer a question: prepared anew, or as it was for the same shapes before."""
        from .answering import Question, prepare

        try:
            arrays = {name: array_of(name, value) for name, value in variables.items()}
            self._check_names(arrays)
            names = tuple(arrays) if wrt is None else known_names(wrt, arrays)
            given = {
                kind: {name: array_of(name or kind, value) for name, value in each.items()}
                for kind, each in (extra or {}).items()
            }
            key = (command, names, options, shapes_of(arrays), tuple((k, shapes_of(v)) for k, v in given.items()))
            prepared = self._prepared.get(key)
            if prepared is None:
                question = Question(command, names, dict(options))
                prepared = prepare(self._tree, question, arrays, given, self._seed)
                if not prepared.concrete:
                    self._remember(key, prepared)
            answer = prepared.solve(arrays, given)
            prepared.heed_kinks(answer, at_kink, self.source)
        except GradcliError as error:
            raise error.at(None, self.source) from None
        return Asked(self, arrays, names, given, prepared, answer)

    def _remember(self, key: object, prepared: Prepared) -> None:
        if len(self._prepared) >= _REMEMBERED:
            self._prepared.pop(next(iter(self._prepared)))
        self._prepared[key] = prepared

    def _check_names(self, arrays: Mapping[str, Array]) -> None:
        missing = [name for name in self.variables if name not in arrays]
        if missing:
            from .program.modules import meaning
            from .program.objects import MISSING
            from .program.scope import first_use

            # a function may be handed to a function; where it cannot stand, the program says so better
            missing = [name for name in missing if meaning(name) is MISSING]
        if missing:
            raise ExpressionError(
                f"no value for {missing[0]}",
                code="name",
                span=first_use(self._tree, missing[0]),
                hint=missing_hint(missing[0], arrays),
            )

    def _report(self, asked: Asked, claims: Mapping[str, str] | None = None) -> CheckReport:
        from .verify.check import verify

        answer = asked.prepared.expanded(asked.answer)
        output = output_name(self.reading, asked.arrays)
        return verify(asked.prepared, asked.arrays, asked.extra, answer, claims or {}, output)


# ---- each question in one call -----------------------------------------------------------------------


def eval(expression: str, variables: Mapping[str, ArrayLike] | None = None, *, seed: int = 0) -> EvalResult:
    """`Expression(expression).eval(variables)` in one call."""
    return Expression(expression, seed=seed).eval(variables)


def grad(expression: str, variables: Mapping[str, ArrayLike], *, seed: int = 0, **options: Any) -> GradResult:
    """`Expression(expression).grad(variables, **options)` in one call."""
    return Expression(expression, seed=seed).grad(variables, **options)


def vjp(expression: str, variables: Mapping[str, ArrayLike], *, seed: int = 0, **options: Any) -> VjpResult:
    """`Expression(expression).vjp(variables, **options)` in one call."""
    return Expression(expression, seed=seed).vjp(variables, **options)


def jacobian(expression: str, variables: Mapping[str, ArrayLike], *, seed: int = 0, **options: Any) -> Any:
    """`Expression(expression).jacobian(variables, **options)` in one call."""
    return Expression(expression, seed=seed).jacobian(variables, **options)


def hessian(expression: str, variables: Mapping[str, ArrayLike], *, seed: int = 0, **options: Any) -> Any:
    """`Expression(expression).hessian(variables, **options)` in one call."""
    return Expression(expression, seed=seed).hessian(variables, **options)


def jvp(expression: str, variables: Mapping[str, ArrayLike], *, seed: int = 0, **options: Any) -> JvpResult:
    """`Expression(expression).jvp(variables, **options)` in one call."""
    return Expression(expression, seed=seed).jvp(variables, **options)


def hvp(expression: str, variables: Mapping[str, ArrayLike], *, seed: int = 0, **options: Any) -> HvpResult:
    """`Expression(expression).hvp(variables, **options)` in one call."""
    return Expression(expression, seed=seed).hvp(variables, **options)


def check(expression: str, variables: Mapping[str, ArrayLike], *, seed: int = 0, **options: Any) -> CheckResult:
    """`Expression(expression).check(variables, **options)` in one call."""
    return Expression(expression, seed=seed).check(variables, **options)


def run(source: str, variables: Mapping[str, ArrayLike] | None = None, *, seed: int = 0, **options: Any) -> RunResult:
    """`Expression(source).run(variables, **options)` in one call."""
    return Expression(source, seed=seed).run(variables, **options)


def functions() -> list[Function]:
    """What the language knows, by group and name."""
    from .engine.functions import FUNCTIONS

    return sorted({each.name: each for each in FUNCTIONS.values()}.values(), key=lambda each: (each.group, each.name))
