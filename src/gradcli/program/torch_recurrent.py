"""Recurrent modules: `RNN`, `LSTM` and `GRU`, and the cells that make one step of them.

Formulas and the order of gates are those of PyTorch's documentation. A kind of cell says how many gates it has, what
it keeps from step to step, and what one step makes of that and of what its input contributes to the gates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from ..engine.functions import Flag, Whole, Word
from ..engine.node import Node
from ..engine.operation import zeros
from ..engine.operations.indexing import index
from ..engine.operations.structural import concatenate, stack
from ..errors import DataError, ExpressionError
from ..record import Record
from .binding import Bound
from .builtins import parameters_of
from .library import MEMBERS, built
from .operators import BINARY
from .torch_functional import dropout
from .torch_layers import even, positive
from .torch_modules import Layer
from .tracer import Tracer
from .values import Value

State: TypeAlias = tuple[Node, ...]
Step: TypeAlias = Callable[[list[Node], list[Node], State], State]
"""The next state, of what input and state contribute to each gate, and the state."""


def _plain(nonlinearity: str) -> Step:
    def step(given: list[Node], kept: list[Node], state: State) -> State:
        return (built(nonlinearity, given[0] + kept[0]),)

    return step


def _lstm(given: list[Node], kept: list[Node], state: State) -> State:
    enters, stays, new, shows = (x + h for x, h in zip(given, kept, strict=True))
    cell = built("sigmoid", stays) * state[1] + built("sigmoid", enters) * built("tanh", new)
    return built("sigmoid", shows) * built("tanh", cell), cell


def _gru(given: list[Node], kept: list[Node], state: State) -> State:
    reset, stays = (built("sigmoid", x + h) for x, h in zip(given[:2], kept[:2], strict=True))
    new = built("tanh", given[2] + reset * kept[2])
    return ((1.0 - stays) * new + stays * state[0],)


class Cell(Record):
    """A kind of cell: its gates, how many arrays it keeps, and its step."""

    gates: int
    keeps: int
    step: Step


KINDS = {"RNN": Cell(1, 1, _plain("tanh")), "LSTM": Cell(4, 2, _lstm), "GRU": Cell(3, 1, _gru)}


def _kind(name: str, nonlinearity: str) -> Cell:
    if nonlinearity not in ("tanh", "relu"):
        raise ExpressionError("nonlinearity is 'tanh' or 'relu'", code="argument")
    return KINDS[name].replaced(step=_plain(nonlinearity)) if name == "RNN" else KINDS[name]


def _weights(tracer: Tracer, kind: Cell, size: int, hidden: int, bias: bool, suffix: str) -> dict[str, Value]:
    """The parameters of one layer in one direction, drawn evenly from ±1/√hidden."""
    positive(input_size=size, hidden_size=hidden)
    rows, bound = kind.gates * hidden, 1 / math.sqrt(hidden)
    shapes = {"weight_ih": (rows, size), "weight_hh": (rows, hidden), "bias_ih": (rows,), "bias_hh": (rows,)}
    return {
        f"{name}{suffix}": even(tracer, shape, bound) if bias or len(shape) == 2 else None
        for name, shape in shapes.items()
    }


class Recurrent(Layer):
    """What all of them have in common. The parameters are its fields, by PyTorch's names."""

    __slots__ = ("cell", "hidden")

    def __init__(self, name: str, cell: Cell, size: int, hidden: int, fields: dict[str, Value]) -> None:
        super().__init__(name, {**fields, "input_size": float(size), "hidden_size": float(hidden)})
        self.cell, self.hidden = cell, hidden

    def contributed(self, tracer: Tracer, x: Node, which: str, suffix: str) -> list[Node]:
        """What x contributes to each gate; which is `ih` for an input, `hh` for a state."""
        weight = tracer.node(self.fields[f"weight_{which}{suffix}"])
        if x.shape[-1:] != weight.shape[1:]:
            what = "an input" if which == "ih" else "a state"
            raise DataError(f"{what} of size {weight.shape[1]} is needed, and here is {x.shape}", code="shape")
        made = BINARY["@"](tracer, x, built("swapaxes", weight, -1, -2))
        bias = self.fields[f"bias_{which}{suffix}"]
        made = made if bias is None else BINARY["+"](tracer, made, tracer.node(bias))
        h = self.hidden
        return [index(made, (..., slice(i * h, (i + 1) * h))) for i in range(self.cell.gates)]

    def stepped(self, tracer: Tracer, given: list[Node], state: State, suffix: str) -> State:
        """The next state."""
        return self.cell.step(given, self.contributed(tracer, state[0], "hh", suffix), state)

    def states(self, tracer: Tracer, given: Value, shape: tuple[int, ...], like: Node) -> State:
        """The state that a program hands over, or zeros. Raises DataError where it does not fit."""
        if given is None:
            return (zeros(like, shape),) * self.cell.keeps
        parts = given if isinstance(given, (tuple, list)) and self.cell.keeps > 1 else [given]
        if len(parts) != self.cell.keeps:
            raise DataError(f"the state of {self.name} is (h, c)" if self.cell.keeps > 1 else "a state is one array")
        nodes = tuple(tracer.node(each) for each in parts)
        for node in nodes:
            if node.shape != shape:
                raise DataError(f"a state of shape {shape} is needed, and here is {node.shape}", code="shape")
        return nodes

    def given_back(self, state: Sequence[Node]) -> Value:
        """A state as a program sees it."""
        return state[0] if self.cell.keeps == 1 else tuple(state)


class OneStep(Recurrent):
    """`RNNCell`, `LSTMCell`, `GRUCell`."""

    __slots__ = ()

    def apply(self, tracer: Tracer, input: Node, hx: Value = None) -> Value:
        if len(input.shape) not in (1, 2):
            raise DataError(f"a cell takes an array of one or two axes, and here is {input.shape}", code="shape")
        state = self.states(tracer, hx, (*input.shape[:-1], self.hidden), input)
        return self.given_back(self.stepped(tracer, self.contributed(tracer, input, "ih", ""), state, ""))


class Unrolled(Recurrent):
    """`RNN`, `LSTM`, `GRU`: layers above one another, each of which goes through the whole sequence."""

    __slots__ = ("batch_first", "directions", "drops", "floors")

    def __init__(
        self, name: str, cell: Cell, sizes: tuple[int, int, int], fields: dict[str, Value], directions: tuple[str, ...],
        batch_first: bool, drops: float,
    ) -> None:  # fmt: skip
        super().__init__(name, cell, sizes[0], sizes[1], {**fields, "num_layers": float(sizes[2])})
        self.floors, self.directions, self.batch_first, self.drops = sizes[2], directions, batch_first, drops

    def apply(self, tracer: Tracer, input: Node, hx: Value = None) -> Value:
        rank = len(input.shape)
        if rank not in (2, 3):
            raise DataError(f"a sequence has two or three axes, and here is {input.shape}", code="shape")
        turned = self.batch_first and rank == 3
        x = built("swapaxes", input, 0, 1) if turned else input
        if not x.shape[0]:
            raise DataError("the sequence is empty", code="shape")
        count = self.floors * len(self.directions)
        first = self.states(tracer, hx, (count, *x.shape[1:-1], self.hidden), x)
        last: list[State] = []
        for number in range(self.floors):
            if number and self.drops and self.training:
                x = dropout(tracer, x, self.drops)
            outputs = []
            for direction in self.directions:
                state = tuple(index(part, (len(last),)) for part in first)
                output, state = self._through(tracer, x, state, f"_l{number}{direction}", bool(direction))
                outputs.append(output)
                last.append(state)
            x = concatenate(outputs, -1) if len(outputs) > 1 else outputs[0]
        kept = [stack([state[i] for state in last]) for i in range(self.cell.keeps)]
        return built("swapaxes", x, 0, 1) if turned else x, self.given_back(kept)

    def _through(self, tracer: Tracer, x: Node, state: State, suffix: str, back: bool) -> tuple[Node, State]:
        """What a layer gives for each step, and its last state."""
        given = self.contributed(tracer, x, "ih", suffix)
        times = range(x.shape[0] - 1, -1, -1) if back else range(x.shape[0])
        outputs = []
        for time in times:
            tracer.charge(1)
            state = self.stepped(tracer, [index(part, (time,)) for part in given], state, suffix)
            outputs.append(state[0])
        return stack(outputs[::-1] if back else outputs), state


# ---- as they are made ----------------------------------------------------------------------------------


def _cell(
    tracer: Tracer, name: str, input_size: Whole, hidden_size: Whole, bias: Flag = True, nonlinearity: Word = "tanh"
) -> Value:
    cell = _kind(name, nonlinearity)
    fields = _weights(tracer, cell, input_size, hidden_size, bias, "")
    return OneStep(f"{name}Cell", cell, input_size, hidden_size, fields)


def _unrolled(
    tracer: Tracer, name: str, input_size: Whole, hidden_size: Whole, num_layers: Whole = 1,
    nonlinearity: Word = "tanh", bias: Flag = True, batch_first: Flag = False, dropout: float = 0.0,
    bidirectional: Flag = False,
) -> Value:  # fmt: skip
    positive(num_layers=num_layers)
    cell, directions = _kind(name, nonlinearity), ("", "_reverse") if bidirectional else ("",)
    fields: dict[str, Value] = {}
    for number in range(num_layers):
        size = hidden_size * len(directions) if number else input_size
        for direction in directions:
            fields |= _weights(tracer, cell, size, hidden_size, bias, f"_l{number}{direction}")
    sizes = input_size, hidden_size, num_layers
    return Unrolled(name, cell, sizes, fields, directions, batch_first, dropout)


def _declare(kind: str, name: str, make: Callable[..., Value]) -> None:
    """Declare a module: only RNNs have the parameter nonlinearity."""
    parameters = [each for each in parameters_of(make)[1:] if kind == "RNN" or each.name != "nonlinearity"]

    def made(tracer: Tracer, *given: Value) -> Value:
        return make(tracer, kind, **{each.name: value for each, value in zip(parameters, given, strict=True)})

    MEMBERS[f"torch.nn.{name}"] = Bound(name, parameters, made)


for _name in KINDS:
    _declare(_name, f"{_name}Cell", _cell)
    _declare(_name, _name, _unrolled)
