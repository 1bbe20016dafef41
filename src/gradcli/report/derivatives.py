"""The blocks of a result's table: its value where that is large, and its derivatives.

Variables without or with one axis go into one listing, a row an element. A matrix is a grid. Where
everything has at most one axis, so are a Jacobian and a Hessian: one grid with all variables beside
one another, if it fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from math import prod
from typing import TYPE_CHECKING

from .. import results
from ..results import (
    GradResult,
    HessianResult,
    HvpResult,
    JacobianResult,
    JvpResult,
    SparseHessianResult,
    SparseJacobianResult,
)
from . import plain, sparse
from .blocks import Grid, Owner, Series, array, element, grid, listing, most_columns, unravelled
from .page import Page

if TYPE_CHECKING:
    from ..results import Array, Result


def output_name(result: Result) -> str:
    """What to call the expression's value: a name that the expression does not use."""
    return results.output_name(result.reading, result.variables)


def blocks(result: Result, value_shown: bool, page: Page, digits: int | None) -> Iterator[Iterable[str]]:
    """What comes after the head of a table; the value too, unless it was shown."""
    if not value_shown and not _lists_value(result):
        yield from _value(result, page.beside, digits)
    match result:
        case GradResult():
            head = "derivative" if result.order == 1 else f"{_ordinal(result.order)} derivative"
            title = "gradient: " if result.order == 1 else f"{head}: "
            yield from _by_variable(result, [result.gradient], [head], [title], page, digits)
        case HvpResult():
            heads, titles = ["gradient", "product"], ["gradient: ", "Hessian times vector: "]
            yield from _by_variable(result, [result.gradient, result.hvp], heads, titles, page.beside, digits)
        case JvpResult():
            yield _tangent(result, page.beside if _lists_value(result) else page, digits)
        case JacobianResult():
            yield from _jacobian(result, page, digits)
        case SparseJacobianResult():
            yield from _sparse_jacobian(result, page, digits)
        case SparseHessianResult():
            yield from _by_variable(result, [result.gradient], ["gradient"], ["gradient: "], page.beside, digits)
            yield from _sparse_hessian(result, page, digits)
        case HessianResult():
            yield from _by_variable(result, [result.gradient], ["gradient"], ["gradient: "], page.beside, digits)
            yield from _hessian(result, page, digits)


def _ordinal(number: int) -> str:
    last = number % 10 if number // 10 % 10 != 1 else 0
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') }"


# ---- values and tangents -------------------------------------------------------------------------------


def _lists_value(result: Result) -> bool:
    """Whether the value stands beside the tangent, element by element."""
    return isinstance(result, JvpResult) and _rank(result.value) == _rank(result.tangent) == 1


def _rank(value: object) -> int:
    return getattr(value, "ndim", -1)


def _value(result: Result, page: Page, digits: int | None) -> Iterator[Iterable[str]]:
    value = result.value
    if value is None or isinstance(value, tuple):
        yield plain.formatted(value, page, digits).split("\n")
    else:
        owner = Owner(output_name(result), value.shape)
        yield array(Series((owner,), (value,)), ["value"], None, page, digits)


def _tangent(result: JvpResult, page: Page, digits: int | None) -> Iterable[str]:
    value, tangent = result.value, result.tangent
    if tangent is None or isinstance(tangent, tuple):
        return ["tangent:", *plain.formatted(tangent, page, digits).split("\n")]
    owner = Owner(output_name(result), tangent.shape)
    if value is None or isinstance(value, tuple) or value.shape != tangent.shape:
        return array(Series((owner,), (tangent,)), ["tangent"], "tangent: ", page, digits)
    return array(Series((owner,), (value, tangent)), ["value", "tangent"], "tangent: ", page, digits)


# ---- by variable ---------------------------------------------------------------------------------------


def _by_variable(
    result: Result,
    answers: Sequence[Mapping[str, Array]],
    heads: Sequence[str],
    titles: Sequence[str],
    page: Page,
    digits: int | None,
) -> Iterator[Iterable[str]]:
    """For each variable its elements with their values and the answers; matrices an answer at a time."""

    def series(name: str, arrays: Sequence[Array]) -> Series:
        value = result.variables.get(name)
        return Series((Owner(page.user(name), arrays[0].shape),), (value, *arrays))

    for flat, names in groupby(answers[0], key=lambda name: answers[0][name].ndim < 2):
        if flat:
            yield listing([series(name, [a[name] for a in answers]) for name in names], ["value", *heads], page, digits)
            continue
        for name in names:
            for answer, head, title in zip(answers, heads, titles, strict=True):
                yield array(series(name, [answer[name]]), ["value", head], title, page, digits)


# ---- Jacobians and Hessians ----------------------------------------------------------------------------


def _jacobian(result: JacobianResult, page: Page, digits: int | None) -> Iterator[Iterable[str]]:
    variables = [Owner(page.user(name), result.variables[name].shape) for name in result.jacobian]
    arrays = list(result.jacobian.values())
    if not arrays:
        return
    output = Owner(output_name(result), arrays[0].shape[: arrays[0].ndim - len(variables[0].shape)])
    if not output.shape:
        yield from _by_variable(result, [result.jacobian], ["derivative"], ["gradient: "], page, digits)
        return
    title = f"Jacobian: {output.name}"
    if len(arrays) > 1 and (together := _together(title, [output], variables, [arrays], page, digits)):
        yield together
        return
    for variable, each in zip(variables, arrays, strict=True):
        yield array(Series((output, variable), (each,)), ["derivative"], "Jacobian: ", page, digits)


def _hessian(result: HessianResult, page: Page, digits: int | None) -> Iterator[Iterable[str]]:
    variables = [Owner(page.user(name), gradient.shape) for name, gradient in result.gradient.items()]
    arrays = [list(row.values()) for row in result.hessian.values()]
    if together := _together("Hessian", variables, variables, arrays, page, digits):
        yield together
        return
    for first, row in zip(variables, arrays, strict=True):
        for second, each in zip(variables, row, strict=True):
            yield array(Series((first, second), (each,)), ["second derivative"], "Hessian: ", page, digits)


def _sparse_jacobian(result: SparseJacobianResult, page: Page, digits: int | None) -> Iterator[Iterable[str]]:
    value = result.value
    if not result.jacobian or value is None or isinstance(value, tuple):
        return
    output = Owner(output_name(result), value.shape)
    variables = [Owner(page.user(name), result.variables[name].shape) for name in result.jacobian]
    title = f"Jacobian: {output.name} by {', '.join(variable.name for variable in variables)}"
    matrices = [list(result.jacobian.values())]
    whole = sparse.Whole(title, [output], variables, matrices, "derivative", result.colours)
    yield from sparse.blocks(whole, page, digits)


def _sparse_hessian(result: SparseHessianResult, page: Page, digits: int | None) -> Iterator[Iterable[str]]:
    if not result.gradient:
        return
    variables = [Owner(page.user(name), gradient.shape) for name, gradient in result.gradient.items()]
    matrices = [list(row.values()) for row in result.hessian.values()]
    title = f"Hessian by {', '.join(variable.name for variable in variables)}"
    whole = sparse.Whole(title, variables, variables, matrices, "second derivative", result.colours)
    yield from sparse.blocks(whole, page, digits)


def _together(
    title: str,
    rows: Sequence[Owner],
    across: Sequence[Owner],
    arrays: Sequence[Sequence[Array]],
    page: Page,
    digits: int | None,
) -> Iterator[str] | None:
    """All blocks as one grid; None where an owner has more than one axis, or there is no room."""
    if any(len(owner.shape) > 1 for owner in (*rows, *across)):
        return None
    row_sizes, sizes = [prod(owner.shape) for owner in rows], [prod(owner.shape) for owner in across]
    if not sum(row_sizes) or not 0 < sum(sizes) <= most_columns(page):
        return None
    import numpy as np

    parts = [
        [each.reshape(m, n) for each, n in zip(row, sizes, strict=True)]
        for row, m in zip(arrays, row_sizes, strict=True)
    ]
    matrix = np.block(parts)
    return grid(Grid(title, _labels(rows), _labels(across), matrix, matrix.size), page, digits, whole=True)


def _labels(owners: Sequence[Owner]) -> Callable[[int], str]:
    """The label of a row or column by its number, the owners' elements following one another."""

    def label(position: int) -> str:
        for owner in owners:
            size = prod(owner.shape)
            if position < size:
                return element(owner.name, unravelled(position, owner.shape))
            position -= size
        raise IndexError(position)

    return label
