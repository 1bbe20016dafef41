"""`torch.utils.data`: sets of examples, and loaders that give them in batches.

A set is a list, one of those here, or an object of the program's with `__len__` and `__getitem__`.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, TypeAlias

import numpy as np

from ..engine.functions import Flag
from ..engine.node import Node
from ..engine.operations.indexing import index
from ..engine.operations.structural import stack
from ..errors import DataError, ExpressionError
from .indexing import elements, length, pick
from .library import MEMBERS, member
from .objects import OBJECT, Object, method
from .routines import Routine
from .tracer import Tracer
from .values import Tensor, Value, describe

Calls: TypeAlias = Generator[Any, Value, Value]


class Examples(Object):
    """A set of examples, which is asked for their number and for single ones as an object of a program's class is."""

    __slots__ = ()

    def own_method(self, name: str) -> Routine | None:
        """`__len__`, `__getitem__`, `__iter__`."""
        return type(self).METHODS.get(name) if name.startswith("__") else None


class Tensors(Examples):
    """`TensorDataset`: rows of tensors that belong together."""

    __slots__ = ("tensors",)

    def __init__(self, tensors: list[Value]) -> None:
        super().__init__("TensorDataset", {"tensors": tuple(tensors)})
        self.tensors = tensors


class Part(Examples):
    """`Subset`: the examples of another set at some positions."""

    __slots__ = ("dataset", "places")

    def __init__(self, dataset: Value, places: list[int]) -> None:
        super().__init__("Subset", {"dataset": dataset, "indices": [float(each) for each in places]})
        self.dataset, self.places = dataset, places


class Loader(Examples):
    """`DataLoader`: the examples in batches, in another order each time where it shuffles."""

    __slots__ = ("collate", "dataset", "drops", "shuffles", "size")

    def __init__(self, dataset: Value, size: int | None, shuffles: bool, drops: bool, collate: Value) -> None:
        super().__init__("DataLoader", {"dataset": dataset, "batch_size": None if size is None else float(size)})
        self.dataset, self.size, self.shuffles, self.drops, self.collate = dataset, size, shuffles, drops, collate


# ---- their number, and single ones ---------------------------------------------------------------------


def _count(tracer: Tracer, dataset: Value) -> Generator[Any, Value, int]:
    """How many examples a set has."""
    if not isinstance(dataset, Object):
        return length(tracer, dataset)
    function = dataset.own_method("__len__")
    if function is None:
        raise ExpressionError(f"{describe(dataset)} is no set of examples: it has no __len__", code="type")
    return tracer.whole((yield function, [dataset]), "the number of examples")


def _example(tracer: Tracer, dataset: Value, place: int) -> Calls:
    """One example."""
    if not isinstance(dataset, Object):
        return pick(tracer, dataset, [float(place)], True)
    function = dataset.own_method("__getitem__")
    if function is None:
        raise ExpressionError(f"{describe(dataset)} is no set of examples: it has no __getitem__", code="type")
    return (yield function, [dataset, float(place)])


@method(Tensors, "__len__")
def count_of_tensors(tracer: Tracer, dataset: Value) -> Value:
    """The number of rows."""
    return float(length(tracer, dataset.tensors[0]))


@method(Tensors, "__getitem__")
def example_of_tensors(tracer: Tracer, dataset: Value, key: Value) -> Value:
    """A row of each tensor."""
    return tuple(pick(tracer, each, [key], True) for each in dataset.tensors)


@method(Part, "__len__")
def count_of_part(tracer: Tracer, dataset: Value) -> Value:
    """The number of positions."""
    return float(len(dataset.places))


@method(Part, "__getitem__")
def example_of_part(tracer: Tracer, dataset: Value, key: Value) -> Calls:
    """The example at one of the positions."""
    return _example(tracer, dataset.dataset, dataset.places[_place(tracer, key, len(dataset.places))])


def _place(tracer: Tracer, key: Value, count: int) -> int:
    place = tracer.whole(key, "an index", "index")
    if not -count <= place < count:
        raise DataError(f"index {place} is out of range for {count} examples", code="index")
    return place


# ---- batches -------------------------------------------------------------------------------------------


@method(Loader, "__len__")
def count_of_batches(tracer: Tracer, loader: Value) -> Calls:
    """The number of batches."""
    count = yield from _count(tracer, loader.dataset)
    size = loader.size or 1
    return float(count // size if loader.drops else -(-count // size))


@method(Loader, "__iter__")
def batches(tracer: Tracer, loader: Value) -> Calls:
    """The examples in batches, as a list."""
    count = yield from _count(tracer, loader.dataset)
    tracer.charge_entries(count)
    order = tracer.graph.random.permutation(count) if loader.shuffles else np.arange(count)
    size, found = loader.size or 1, []
    for start in range(0, count - (size - 1 if loader.drops else 0), size):
        found.append((yield from _batch(tracer, loader, order[start : start + size].tolist())))
    return found


def _batch(tracer: Tracer, loader: Loader, places: list[int]) -> Calls:
    dataset = loader.dataset
    if isinstance(dataset, Tensors) and loader.collate is None and loader.size is not None:
        return [tracer.bind(index(tracer.node(each), (np.array(places),))) for each in dataset.tensors]
    items = []
    for place in places:
        items.append((yield from _example(tracer, dataset, place)))
    if loader.size is None:
        return items[0]
    return _together(tracer, items) if loader.collate is None else (yield loader.collate, [items])


def _together(tracer: Tracer, items: Sequence[Value]) -> Value:
    """Examples as a batch: what is alike in each of them, stacked."""
    first = items[0]
    if isinstance(first, (tuple, list)):
        if any(not isinstance(each, (tuple, list)) or len(each) != len(first) for each in items):
            raise DataError("the examples of a batch have different numbers of parts", code="shape")
        return [_together(tracer, column) for column in zip(*items, strict=True)]
    if isinstance(first, dict):
        return {key: _together(tracer, [each[key] for each in items]) for key in first}
    if isinstance(first, (float, bool, Node, Tensor)):
        nodes = [tracer.node(each) for each in items]
        odd = next((node for node in nodes if node.shape != nodes[0].shape), None)
        if odd is not None:
            message = f"examples of shapes {nodes[0].shape} and {odd.shape} make no batch"
            raise DataError(message, code="shape", hint="collate_fn= says how they go together")
        return tracer.bind(stack(nodes))
    return list(items)


# ---- as they are made ----------------------------------------------------------------------------------


@member("torch.utils.data.TensorDataset")
def tensor_dataset(tracer: Tracer, *tensors: Value) -> Value:
    """Rows of tensors that belong together."""
    counts = [length(tracer, each) for each in tensors]
    if not tensors or len(set(counts)) > 1:
        raise DataError(f"tensors of {counts} rows do not belong together" if tensors else "there is no tensor")
    tracer.go_lazily()
    return Tensors([tracer.bind(tracer.node(each)) if isinstance(each, list) else each for each in tensors])


@member("torch.utils.data.Subset")
def subset(tracer: Tracer, dataset: Value, indices: Value) -> Value:
    """The examples at some positions."""
    tracer.go_lazily()
    return Part(dataset, [tracer.whole(each, "an index", "index") for each in elements(tracer, indices)])


@member("torch.utils.data.random_split")
def random_split(tracer: Tracer, dataset: Value, lengths: Value, generator: Value = None) -> Calls:
    """The examples, in a random order, cut into sets of these lengths, which may be shares."""
    count = yield from _count(tracer, dataset)
    given = [tracer.number(each, "a length") for each in elements(tracer, lengths)]
    if given and abs(sum(given) - 1.0) <= 1e-9:
        given = [float(int(count * share)) for share in given]
        for i in range(count - int(sum(given))):
            given[i % len(given)] += 1.0
    if sum(given) != count or any(each < 0 for each in given):
        raise DataError(f"the lengths add up to {sum(given):g}, and there are {count} examples")
    tracer.go_lazily()
    order, parts, start = tracer.graph.random.permutation(count).tolist(), [], 0
    for each in given:
        parts.append(Part(dataset, order[start : start + int(each)]))
        start += int(each)
    return parts


@member("torch.utils.data.DataLoader")
def data_loader(
    tracer: Tracer, dataset: Value, batch_size: Value = 1.0, shuffle: Flag = False, sampler: Value = None,
    num_workers: Value = 0.0, collate_fn: Value = None, pin_memory: Value = None, drop_last: Flag = False,
    generator: Value = None,
) -> Value:  # fmt: skip
    """The examples in batches."""
    size = None if batch_size is None else tracer.whole(batch_size, "batch_size")
    if size is not None and size < 1:
        raise DataError(f"batch_size is at least 1, and is {size}")
    if sampler is not None:
        raise ExpressionError("DataLoader has no sampler here", code="argument", hint="shuffle=True, or Subset")
    tracer.go_lazily()
    return Loader(dataset, size, shuffle, drop_last, collate_fn)


for _name in ("Dataset", "IterableDataset"):
    MEMBERS[f"torch.utils.data.{_name}"] = OBJECT
