"""`torch.optim.lr_scheduler`: how an optimizer's rate changes from one epoch to the next.

As in PyTorch, most schedules say what becomes of the rate that holds, not what it is in an epoch: so several of them
can change one optimizer, and a program may change the rate in between.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from typing import Any, TypeAlias

from ..engine.functions import Whole
from ..errors import DataError, ExpressionError
from .indexing import elements
from .library import member
from .objects import Object, method
from .routines import Routine
from .torch_optimizers import Optimizer
from .tracer import Tracer
from .values import Closure, Value, describe

Calls: TypeAlias = Generator[tuple[Value, list[Value]], Value, Any]
Rule: TypeAlias = Callable[[float, float, float], float]
"""The rate of an epoch (from 0), from the rate before and the first one."""


class Scheduler(Object):
    """Sets the rates of an optimizer, first when it is made and then whenever `step()` is called.

    first are the rates that it began with, last those that it left; begun is whether it has set any. rule is None where
    a subclass finds the rates otherwise.
    """

    __slots__ = ("begun", "epoch", "first", "last", "optimizer", "rule")

    def __init__(self, name: str, tracer: Tracer, optimizer: Value, rule: Rule | None = None) -> None:
        self.optimizer, self.rule = optimizer_of(name, optimizer), rule
        begun = [group.fields.setdefault("initial_lr", group.fields["lr"]) for group in optimizer.groups]
        self.first = [tracer.number(rate, "lr") for rate in begun]  # before any other scheduler changed it
        self.last = self.first
        self.epoch, self.begun = -1.0, False
        super().__init__(name, {"base_lrs": list(self.first), "last_epoch": -1.0, "optimizer": optimizer})

    def step(self, tracer: Tracer, epoch: float | None = None) -> Calls:
        """The next epoch's rate, or that of an epoch."""
        self.epoch = self.epoch + 1 if epoch is None else epoch
        self.fields["last_epoch"] = float(math.floor(self.epoch))
        now = rates_of(tracer, self.optimizer)
        self.last = yield from self.rates(tracer, now)
        self.begun = True
        set_rates(self.optimizer, self.last)

    def rates(self, tracer: Tracer, now: list[float]) -> Calls:
        """The rates of the epoch, from those that hold."""
        assert self.rule is not None
        yield from ()
        return [self.rule(self.epoch, rate, first) for rate, first in zip(now, self.first, strict=True)]

    def undo(self) -> None:
        """Take the step back that it made when it was made, for another one to come first."""
        self.epoch -= 1

    def from_start(self, tracer: Tracer) -> Calls:
        """Begin with the first rate."""
        set_rates(self.optimizer, self.first)
        yield from self.step(tracer, 0.0)


def optimizer_of(name: str, value: Value) -> Optimizer:
    """value as an optimizer. Raises ExpressionError."""
    if not isinstance(value, Optimizer):
        raise ExpressionError(f"{name} takes an optimizer, not {describe(value)}", code="type")
    return value


def rates_of(tracer: Tracer, optimizer: Optimizer) -> list[float]:
    """The rates that hold."""
    return [tracer.number(group.fields["lr"], "lr") for group in optimizer.groups]


def set_rates(optimizer: Optimizer, rates: list[float]) -> None:
    """Let rates hold from now on."""
    for group, rate in zip(optimizer.groups, rates, strict=True):
        group.fields["lr"] = rate


def for_each_group(tracer: Tracer, optimizer: Optimizer, value: Value, name: str) -> list[float]:
    """A number for each group of parameters, from one or from a list. Raises DataError."""
    several = list(value) if isinstance(value, (list, tuple)) else [value] * len(optimizer.groups)
    if len(several) != len(optimizer.groups):
        raise DataError(f"{name} is a number, or {len(optimizer.groups)} of them, one for each group of parameters")
    return [tracer.number(each, name) for each in several]


def started(tracer: Tracer, scheduler: Scheduler, last_epoch: int = -1) -> Calls:
    """A scheduler that has set the first rates."""
    if last_epoch != -1:
        hint = "make the scheduler anew, and give it its state with load_state_dict"
        raise ExpressionError("a scheduler begins with last_epoch=-1 here", code="argument", hint=hint)
    yield from scheduler.step(tracer)
    return scheduler


# ---- what schedulers can be asked ----------------------------------------------------------------------


@method(Scheduler, "step")
def step(tracer: Tracer, scheduler: Value, epoch: Value = None) -> Value:
    """Go on to the next epoch."""
    if epoch is not None:
        hint = "CosineAnnealingWarmRestarts takes one; the others count the calls"
        raise ExpressionError(f"step of {scheduler.name} takes no epoch", code="argument", hint=hint)
    return scheduler.step(tracer)


@method(Scheduler, "get_last_lr")
def get_last_lr(tracer: Tracer, scheduler: Value) -> Value:
    """The rates that it set last."""
    return list(scheduler.last)


@method(Scheduler, "state_dict")
def state_dict(tracer: Tracer, scheduler: Value) -> Value:
    """What it remembers, by name."""
    fields = scheduler.fields
    return {"base_lrs": list(fields["base_lrs"]), "last_epoch": scheduler.epoch, "_last_lr": list(scheduler.last)}


@method(Scheduler, "load_state_dict")
def load_state_dict(tracer: Tracer, scheduler: Value, state_dict: Value) -> Value:
    """Remember what another one did."""
    if not isinstance(state_dict, dict) or not {"base_lrs", "last_epoch", "_last_lr"} <= state_dict.keys():
        raise ExpressionError("load_state_dict takes what state_dict gives", code="type")
    scheduler.epoch = tracer.number(state_dict["last_epoch"], "last_epoch")
    scheduler.first, scheduler.last = (
        for_each_group(tracer, scheduler.optimizer, state_dict[name], name) for name in ("base_lrs", "_last_lr")
    )
    scheduler.fields.update(base_lrs=list(scheduler.first), last_epoch=float(math.floor(scheduler.epoch)))


# ---- schedules -----------------------------------------------------------------------------------------


def _made(name: str, tracer: Tracer, optimizer: Value, rule: Rule, last_epoch: int) -> Calls:
    return started(tracer, Scheduler(name, tracer, optimizer, rule), last_epoch)


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise DataError(f"{name} lies between {low:g} and {high:g}, and is {value:g}")


@member("torch.optim.lr_scheduler.StepLR")
def step_lr(tracer: Tracer, optimizer: Value, step_size: Whole, gamma: float = 0.1, last_epoch: Whole = -1) -> Value:
    """Times gamma every step_size epochs."""
    if step_size < 1:
        raise DataError("step_size is at least 1")
    rule: Rule = lambda epoch, rate, first: rate * gamma if epoch and epoch % step_size == 0 else rate  # noqa: E731
    return _made("StepLR", tracer, optimizer, rule, last_epoch)


@member("torch.optim.lr_scheduler.MultiStepLR")
def multi_step_lr(
    tracer: Tracer, optimizer: Value, milestones: Value, gamma: float = 0.1, last_epoch: Whole = -1
) -> Value:
    """Times gamma at every milestone."""
    at = [tracer.whole(each, "a milestone") for each in elements(tracer, milestones)]
    rule: Rule = lambda epoch, rate, first: rate * gamma ** at.count(int(epoch))  # noqa: E731
    return _made("MultiStepLR", tracer, optimizer, rule, last_epoch)


@member("torch.optim.lr_scheduler.ExponentialLR")
def exponential_lr(tracer: Tracer, optimizer: Value, gamma: float, last_epoch: Whole = -1) -> Value:
    """Times gamma every epoch."""
    rule: Rule = lambda epoch, rate, first: rate * gamma if epoch else rate  # noqa: E731
    return _made("ExponentialLR", tracer, optimizer, rule, last_epoch)


class ByFunction(Scheduler):
    """`LambdaLR` and `MultiplicativeLR`: the first rate, or the one that holds, times what a function gives."""

    __slots__ = ("functions",)

    def __init__(self, name: str, tracer: Tracer, optimizer: Value, functions: Value) -> None:
        super().__init__(name, tracer, optimizer)
        groups = len(self.optimizer.groups)
        self.functions = list(functions) if isinstance(functions, (list, tuple)) else [functions] * groups
        odd = next((each for each in self.functions if not isinstance(each, (Closure, Routine))), None)
        if odd is not None or len(self.functions) != groups:
            what = f"{len(self.functions)} of them" if odd is None else describe(odd)
            message = f"{name} takes a function, or {groups} of them, one for each group of parameters: not {what}"
            raise ExpressionError(message, code="type")

    def rates(self, tracer: Tracer, now: list[float]) -> Calls:
        found = []
        for function, rate, first in zip(self.functions, now, self.first, strict=True):
            if self.name == "MultiplicativeLR" and not self.begun:
                found.append(rate)
                continue
            factor = tracer.number((yield function, [self.epoch]), "the factor")
            found.append(factor * (first if self.name == "LambdaLR" else rate))
        return found

    def from_start(self, tracer: Tracer) -> Calls:
        """A rate that is multiplied goes on from the one that holds, as in PyTorch."""
        if self.name == "LambdaLR":
            return (yield from super().from_start(tracer))
        yield from self.step(tracer, 0.0)


@member("torch.optim.lr_scheduler.LambdaLR")
def lambda_lr(tracer: Tracer, optimizer: Value, lr_lambda: Value, last_epoch: Whole = -1) -> Value:
    """The first rate times what a function of the epoch gives."""
    return started(tracer, ByFunction("LambdaLR", tracer, optimizer, lr_lambda), last_epoch)


@member("torch.optim.lr_scheduler.MultiplicativeLR")
def multiplicative_lr(tracer: Tracer, optimizer: Value, lr_lambda: Value, last_epoch: Whole = -1) -> Value:
    """The rate times what a function of the epoch gives."""
    return started(tracer, ByFunction("MultiplicativeLR", tracer, optimizer, lr_lambda), last_epoch)


@member("torch.optim.lr_scheduler.CosineAnnealingLR")
def cosine_annealing_lr(
    tracer: Tracer, optimizer: Value, T_max: Whole, eta_min: float = 0.0, last_epoch: Whole = -1
) -> Value:
    """From the first rate to eta_min in T_max epochs, along half a cosine (Loshchilov and Hutter 2017, eq. 5)."""
    if T_max < 1:
        raise DataError("T_max is at least 1")

    def rule(epoch: float, rate: float, first: float) -> float:
        if not epoch:
            return rate
        if (epoch - 1 - T_max) % (2 * T_max) == 0:  # from the lowest rate, of which no multiple is another
            return rate + (first - eta_min) * (1.0 - math.cos(math.pi / T_max)) / 2.0
        before, now = (1.0 + math.cos(math.pi * each / T_max) for each in (epoch - 1, epoch))
        return now / before * (rate - eta_min) + eta_min

    return _made("CosineAnnealingLR", tracer, optimizer, rule, last_epoch)


@member("torch.optim.lr_scheduler.LinearLR")
def linear_lr(
    tracer: Tracer, optimizer: Value, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: Whole = 5,
    last_epoch: Whole = -1,
) -> Value:  # fmt: skip
    """The first rate times a factor that goes evenly from one number to another."""
    if start_factor <= 0:
        raise DataError("start_factor is greater than 0")
    _within("start_factor", start_factor, 0, 1)
    _within("end_factor", end_factor, 0, 1)

    def rule(epoch: float, rate: float, first: float) -> float:
        if not epoch:
            return rate * start_factor
        if epoch > total_iters:
            return rate
        grown = end_factor - start_factor
        return rate * (1.0 + grown / (total_iters * start_factor + (epoch - 1) * grown))

    return _made("LinearLR", tracer, optimizer, rule, last_epoch)


@member("torch.optim.lr_scheduler.ConstantLR")
def constant_lr(
    tracer: Tracer, optimizer: Value, factor: float = 1 / 3, total_iters: Whole = 5, last_epoch: Whole = -1
) -> Value:
    """The first rate times a factor, until so many epochs have gone by."""
    _within("factor", factor, 0, 1)

    def rule(epoch: float, rate: float, first: float) -> float:
        if not epoch:
            return rate * factor
        if epoch == total_iters and not factor:
            raise DataError("a rate that was multiplied by 0 does not come back", hint="take a small factor")
        return rate / factor if epoch == total_iters else rate

    return _made("ConstantLR", tracer, optimizer, rule, last_epoch)


@member("torch.optim.lr_scheduler.PolynomialLR")
def polynomial_lr(
    tracer: Tracer, optimizer: Value, total_iters: Whole = 5, power: float = 1.0, last_epoch: Whole = -1
) -> Value:
    """The first rate times a power of the share of epochs that are left."""

    def rule(epoch: float, rate: float, first: float) -> float:
        if not epoch or epoch > total_iters:
            return rate
        return rate * ((total_iters - epoch) / (total_iters - epoch + 1)) ** power

    return _made("PolynomialLR", tracer, optimizer, rule, last_epoch)
