"""From a syntax tree and a question to an answer with its notes.

`prepare` traces the program into a graph and builds the problem; the result can be solved again for
any values of the same shapes, unless the shape of the graph depended on the values themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .engine import problems
from .engine.derivatives import not_scalar
from .engine.direct import Answer, Direct
from .engine.node import Array, Node, check_shape
from .engine.operation import number_of
from .engine.operations.structural import stack
from .engine.problems import Problem
from .engine.provenance import placed
from .engine.sweeps import Watch, ancestors, between, watches_within
from .engine.unused import NoAnswer
from .errors import DataError, ExpressionError, GradcliError, UsageError
from .language.syntax import Program
from .noting import at_kink as at_kink_of
from .noting import cancelled_note, kink_note, nonfinite_note
from .program import NeedsValues, Trace, trace
from .record import Record
from .results import Note, SparseMatrix

Extra = Mapping[str, Mapping[str, Array]]
"""Weights and directions: kind ("grad_outputs", "tangent", "vector") -> name -> array."""


class Question(Record):
    """A command, the variables to differentiate for, and its options (mode, order)."""

    command: str
    names: tuple[str, ...]
    options: Mapping[str, Any]

    @property
    def mode(self) -> Any:
        """forward, reverse, or None where gradcli is to choose. Raises UsageError for other words."""
        mode = self.options.get("mode", "auto")
        if mode not in ("auto", "forward", "reverse"):
            raise UsageError(f"there is no mode {mode!r}", hint="modes are auto, forward and reverse")
        return None if mode == "auto" else mode

    @property
    def sparse(self) -> bool:
        """Whether matrices are to be given by their entries."""
        return bool(self.options.get("sparse"))


class Prepared(Record):
    """A question about a traced program, ready to be solved.

    Attributes:
        output: the node that is differentiated; a tuple of outputs is stacked.
        inputs: the nodes to differentiate for, in the order of the question's names.
        extra: the nodes that weights and directions are fed to, by kind and name.
        concrete: whether the graph holds for these very values only.
        standing: the notes that hold whatever the values are.
    """

    question: Question
    trace: Trace
    output: Node
    inputs: tuple[Node, ...]
    extra: Mapping[str, Mapping[str, Node]]
    problem: Problem
    outputs: tuple[Node, ...]
    standing: tuple[Note, ...] = ()

    @property
    def concrete(self) -> bool:
        return self.trace.concrete

    def feeds(self, arrays: Mapping[str, Array], extra: Extra) -> dict[Node, Array]:
        """The values by node."""
        feeds = {node: arrays[name] for name, node in self.trace.inputs.items() if name in arrays}
        for kind, nodes in self.extra.items():
            feeds.update((node, extra[kind][name]) for name, node in nodes.items())
        return feeds

    def solve(self, arrays: Mapping[str, Array], extra: Extra) -> Answer:
        feeds = self.feeds(arrays, extra)
        try:
            return self.problem.solve(feeds)
        except NoAnswer as error:
            raise placed(error, self.problem.nodes, {**feeds, **self.problem.unit_feeds()}) from None

    @property
    def colours(self) -> int:
        """How many seeds find a sparse derivative."""
        return int(getattr(self.problem, "colours", 0))

    def matrices(self, answer: Answer) -> dict[tuple[int, int], SparseMatrix]:
        """The blocks of a sparse derivative, by the numbers of an output and a variable (of two variables)."""
        from .engine.sparsity.compressed import Compressed

        assert isinstance(self.problem, Compressed)
        data = answer.derivatives[-1]
        return {
            (block.rows, block.columns): SparseMatrix(block.shape, block.row, block.col, data[..., block.where])
            for block in self.problem.blocks
        }

    def expanded(self, answer: Answer) -> Answer:
        """An answer with arrays in place of sparse matrices. Raises LimitError where these are too large."""
        if not self.question.sparse:
            return answer
        found = list(answer.derivatives[:-1])
        above = self.inputs if self.question.command == "hessian" else (self.output,)
        for (i, j), matrix in self.matrices(answer).items():
            shape = above[i].shape + self.inputs[j].shape
            check_shape(shape, None)
            found.append(matrix.to_dense().reshape(shape))
        return answer.replaced(derivatives=tuple(found))

    def value_tree(self, answer: Answer) -> Any:
        """The value in the shape the program gave it: an array, None, or a tuple."""
        if not isinstance(self.trace.value, tuple):
            return answer.value
        rest = iter(answer.derivatives)
        return _mapped(self.trace.value, lambda node: next(rest))

    # ---- notes -------------------------------------------------------------------------------------

    def notes(self, answer: Answer, arrays: Mapping[str, Array], extra: Extra, source: str) -> tuple[Note, ...]:
        """What the reader should know: unused and detached variables, kinks, where NaN came from."""
        notes = list(self.standing)
        notes += [kink_note(watch, source) for watch in answer.used]
        if answer.lost is not None:
            notes.append(cancelled_note(answer.lost, answer.kept, [self.output], source))
        notes += self._nonfinite(answer, arrays, extra, source)
        return tuple(dict.fromkeys(notes))

    def heed_kinks(self, answer: Answer, at_kink: str, source: str) -> None:
        """Do what at_kink asks for. Raises DataError where that is "error" and a derivative used a convention,
        and UsageError for words that mean nothing."""
        if at_kink not in ("convention", "error"):
            raise UsageError(f"there is no at_kink {at_kink!r}", hint="it is convention or error")
        if at_kink == "error" and answer.used:
            watch = answer.used[0]
            raise DataError(
                f"{at_kink_of(watch, source)}, where there is no derivative", code="kink", span=watch.node.place,
                hint=f"by convention it is {watch.operation.convention}: --at-kink convention answers so",
            )  # fmt: skip

    def _nonfinite(self, answer: Answer, arrays: Mapping[str, Array], extra: Extra, source: str) -> list[Note]:
        if answer.finite:
            return []
        value_bad = not _is_finite(answer.value)
        if not value_bad and all(map(_is_finite, answer.derivatives)):
            return []
        what = "value" if value_bad else "derivative"
        feeds: dict[Node, Any] = dict(self.feeds(arrays, extra))
        if not value_bad:
            feeds.update(self.problem.unit_feeds())
        nodes = [self.output] if value_bad else self.problem.nodes[1:]
        inputs = self.trace.inputs.values()
        return [nonfinite_note(f"the {what}", nodes, [self.output], inputs, feeds, source)]


def _is_finite(values: Array) -> bool:
    """Whether all are; a sum is sooner had, and finite numbers seldom have another."""
    if not values.ndim:
        return math.isfinite(values)
    with np.errstate(over="ignore", invalid="ignore"):
        total = float(np.add.reduce(values, axis=None))
    return math.isfinite(total) or bool(np.isfinite(values).all())


def _blocker(output: Node, x: Node) -> str | None:
    """The operation through which alone x reaches output, if no path can be differentiated."""
    reached = {x}
    last = ""
    for node in between([output], [x]):
        if node is x:
            continue
        rules = getattr(node.operation, "rules", None)
        passes = any(
            operand in reached and (rules is None or rules[i] is not None) for i, operand in enumerate(node.operands)
        )
        if passes:
            reached.add(node)
        elif not reached.isdisjoint(node.operands):
            last = node.operation.name
    return None if output in reached else last


# ---- preparing -------------------------------------------------------------------------------------


def prepare(tree: Program, question: Question, arrays: Mapping[str, Array], extra: Extra, seed: int) -> Prepared:
    """Trace the program and build the problem. Raises what lowering and differentiating raise."""
    mode = question.mode
    traced = _traced(tree, arrays, seed)
    _require_value(tree, traced)
    outputs = tuple(_leaves(traced.value))
    if question.command == "eval":
        output = outputs[0]
        several = outputs if isinstance(traced.value, tuple) else ()
        problem: Problem = Direct(output, several, watches_within(traced.graph, outputs), None)
        return Prepared(question, traced, output, (), {}, problem, outputs)
    try:
        output = _single(traced.value)
        inputs = tuple(_input(traced, name, arrays[name]) for name in question.names)
        fed = {kind: _extra_inputs(traced, kind, given, output, arrays, tree) for kind, given in extra.items()}
        within = watches_within(traced.graph, [output])
        problem = _BUILDERS[question.command](question, output, inputs, fed, mode, within)
    except GradcliError as error:
        raise error.at(_last_span(tree)) from None
    standing = _unused(question.names, inputs, output, problem)
    if question.sparse:
        standing += _full(problem)
    return Prepared(question, traced, output, inputs, fed, problem, outputs, standing)


def _unused(names: Sequence[str], inputs: Sequence[Node], output: Node, problem: Problem) -> tuple[Note, ...]:
    """A note for each variable that no derivative reaches, and why."""
    slopes = problem.nodes[1:] if isinstance(problem, Direct) and len(problem.nodes) == len(inputs) + 1 else ()
    if slopes and not any(number_of(slope) == 0.0 for slope in slopes):
        return ()
    notes = []
    entering = set(ancestors([output]))
    for name, node in zip(names, inputs, strict=True):
        if node not in entering:
            notes.append(Note("unused", f"{name} does not enter the result: its derivative is 0"))
        elif blocker := _blocker(output, node):
            kind = "detached" if blocker == "detach" else "flat"
            notes.append(Note(kind, f"{name} enters only through {blocker}: its derivative is 0"))
    return tuple(notes)


def _full(problem: Problem) -> tuple[Note, ...]:
    """A note where asking for a sparse matrix saved nothing."""
    from .engine.sparsity.compressed import Compressed

    if not isinstance(problem, Compressed) or not problem.full:
        return ()
    what = f"each of the {problem.entries.count:,} entries can be nonzero: the matrix is dense"
    return (Note("dense", f"{what}, and sparse saves nothing"),)


def _traced(tree: Program, arrays: Mapping[str, Array], seed: int) -> Trace:
    shapes = {name: array.shape for name, array in arrays.items()}
    try:
        return trace(tree, shapes, seed=seed)
    except NeedsValues:
        return trace(tree, shapes, values=arrays, seed=seed)


def _require_value(tree: Program, traced: Trace) -> None:
    leaves = _leaves(traced.value)
    if not leaves or None in leaves:
        raise ExpressionError(
            "the last line has no value to answer with", code="value", span=_last_span(tree),
            hint="end with an expression",
        )  # fmt: skip


def _last_span(tree: Program) -> tuple[int, int] | None:
    return tree.body[-1].span if tree.body else None


def _leaves(value: Any) -> list[Any]:
    """The nodes (or Nones) of a tree of tuples, in order."""
    leaves, stack_ = [], [value]
    while stack_:
        top = stack_.pop()
        if isinstance(top, tuple):
            stack_.extend(reversed(top))
        else:
            leaves.append(top)
    return leaves


def _mapped(value: Any, each: Callable[[Node], Any]) -> Any:
    if isinstance(value, tuple):
        return tuple(_mapped(item, each) for item in value)
    return None if value is None else each(value)


def _single(value: Any) -> Node:
    """The node to differentiate: several outputs of one shape are stacked."""
    if isinstance(value, Node):
        return value
    leaves = _leaves(value)
    if any(leaf.shape != leaves[0].shape for leaf in leaves):
        raise DataError(
            f"outputs of shapes {', '.join(str(leaf.shape) for leaf in leaves)} cannot be differentiated together",
            code="shape", hint="make them one array with concatenate, or ask for one at a time",
        )  # fmt: skip
    return stack(leaves)


def _input(traced: Trace, name: str, array: Array) -> Node:
    """The node of a variable, made where the program does not use it."""
    node = traced.inputs.get(name)
    if node is None:
        node = traced.inputs[name] = traced.graph.input(name, array.shape)
    return node


def _extra_inputs(
    traced: Trace, kind: str, given: Mapping[str, Array], output: Node, arrays: Mapping[str, Array], tree: Program
) -> dict[str, Node]:
    from .program.scope import first_use

    fed = {}
    for name, array in given.items():
        if name and name not in arrays:
            raise UsageError(f"--{kind.replace('_', '-')} names {name}, which was given no value")
        shape = arrays[name].shape if name else output.shape
        if array.shape != shape:
            what = f"the value of {name}" if name else "the result"
            raise DataError(
                f"{kind.replace('_', '-')} has shape {array.shape}, and {what} has shape {shape}", code="shape",
                span=first_use(tree, name) if name else None, hint="both shapes must be equal",
            )  # fmt: skip
        fed[name] = traced.graph.input(kind, shape)
    return fed


Fed = Mapping[str, Mapping[str, Node]]
Inputs = tuple[Node, ...]
Within = Sequence[Watch]


def _cotangent(fed: Fed) -> Node | None:
    return fed.get("grad_outputs", {}).get("")


def _directions(names: Sequence[str], fed: Mapping[str, Node]) -> list[Node | None]:
    return [fed.get(name) for name in names]


def _build_gradient(question: Question, output: Node, inputs: Inputs, fed: Fed, mode: Any, within: Within) -> Problem:
    order = question.options["order"]
    if order > 1 and len(inputs) != 1:
        found = f"there are {len(inputs)}: {', '.join(question.names)}" if inputs else "there is none"
        hint = "choose one with --wrt, or ask for the hessian" if inputs else None
        raise UsageError(f"order {order} takes one variable, and {found}", hint=hint)
    return problems.gradients(output, _cotangent(fed), inputs, mode, order, within)


def _build_check(question: Question, output: Node, inputs: Inputs, fed: Fed, mode: Any, within: Within) -> Problem:
    if output.size == 1 or "grad_outputs" in fed or question.options["order"] > 1:
        return _build_gradient(question, output, inputs, fed, mode, within)
    return problems.jacobians(output, inputs, mode, within)


def _build_jacobian(question: Question, output: Node, inputs: Inputs, fed: Fed, mode: Any, within: Within) -> Problem:
    if question.sparse:
        from .engine.sparsity.compressed import sparse_jacobian

        return sparse_jacobian(output, inputs, mode, within)
    return problems.jacobians(output, inputs, mode, within)


_ARTICLES = {"hvp": "an"}


def _scalar(question: Question, output: Node) -> None:
    if output.size != 1:
        error = not_scalar(output)
        error.message = error.message.replace(
            "a gradient", f"{_ARTICLES.get(question.command, 'a')} {question.command}"
        )
        error.hint = "add the elements up with sum(), or pick one by its index"
        raise error


def _build_hessian(question: Question, output: Node, inputs: Inputs, fed: Fed, mode: Any, within: Within) -> Problem:
    _scalar(question, output)
    if question.sparse:
        from .engine.sparsity.compressed import sparse_hessian

        return sparse_hessian(output, inputs, mode, within)
    return problems.hessians(output, inputs, mode, within)


def _build_jvp(question: Question, output: Node, inputs: Inputs, fed: Fed, mode: Any, within: Within) -> Problem:
    directions = _directions(question.names, fed["tangent"])
    if mode == "reverse":
        return problems.tangents_by_reverse(output, inputs, directions, within)
    return problems.tangents(output, inputs, directions, within)


def _build_hvp(question: Question, output: Node, inputs: Inputs, fed: Fed, mode: Any, within: Within) -> Problem:
    _scalar(question, output)
    return problems.hessian_products(output, inputs, _directions(question.names, fed["vector"]), mode, within)


_BUILDERS: dict[str, Callable[[Question, Node, Inputs, Fed, Any, Within], Problem]] = {
    "grad": _build_gradient,
    "vjp": _build_gradient,
    "check": _build_check,
    "jacobian": _build_jacobian,
    "hessian": _build_hessian,
    "jvp": _build_jvp,
    "hvp": _build_hvp,
}
