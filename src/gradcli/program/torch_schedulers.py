"""`torch.optim.lr_scheduler`: how an optimizer's rate changes from one epoch to the next."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from typing import TypeAlias

from ..engine.functions import Whole
from ..errors import DataError, ExpressionError
from .indexing import elements
from .library import member
from .objects import Object, method
from .torch_optimizers import Optimizer
from .tracer import Tracer
from .values import Value, describe

Calls: TypeAlias = Generator[tuple[Value, list[Value]], Value, Value]
Rule: TypeAlias = Callable[[int, float, float], float]
"""The rate of an epoch (from 0), from the rate before and the first one."""


class Scheduler(Object):
    """Sets the rate of an optimizer, first when it is made and then whenever `step()` is called."""

    __slots__ = ("epoch", "first", "function", "optimizer", "rule")

    def __init__(self, name: str, tracer: Tracer, optimizer: Value, rule: Rule | None, function: Value = None) -> None:
        if not isinstance(optimizer, Optimizer):
            raise ExpressionError(f"{name} takes an optimizer, not {describe(optimizer)}", code="type")
        super().__init__(name)
        self.optimizer, self.rule, self.function = optimizer, rule, function
        self.epoch = -1
        self.first = [tracer.number(group.fields["lr"], "lr") for group in optimizer.groups]

    def step(self, tracer: Tracer) -> Calls:
        """The next epoch's rate."""
        self.epoch += 1
        self.fields["last_epoch"] = float(self.epoch)
        factor = 1.0
        if self.rule is None:
            factor = tracer.number((yield self.function, [float(self.epoch)]), "the factor")
        for group, first in zip(self.optimizer.groups, self.first, strict=True):
            settings = group.fields
            if self.rule is None:
                settings["lr"] = first * factor
            else:
                settings["lr"] = self.rule(self.epoch, tracer.number(settings["lr"], "lr"), first)
        return None


def _made(name: str, tracer: Tracer, optimizer: Value, rule: Rule | None, function: Value = None) -> Calls:
    scheduler = Scheduler(name, tracer, optimizer, rule, function)
    yield from scheduler.step(tracer)
    return scheduler


@member("torch.optim.lr_scheduler.StepLR")
def step_lr(tracer: Tracer, optimizer: Value, step_size: Whole, gamma: float = 0.1) -> Value:
    """Times gamma every step_size epochs."""
    if step_size < 1:
        raise DataError("step_size is at least 1")
    rule: Rule = lambda epoch, rate, first: rate * gamma if epoch and epoch % step_size == 0 else rate  # noqa: E731
    return _made("StepLR", tracer, optimizer, rule)


@member("torch.optim.lr_scheduler.MultiStepLR")
def multi_step_lr(tracer: Tracer, optimizer: Value, milestones: Value, gamma: float = 0.1) -> Value:
    """Times gamma at every milestone."""
    at = [tracer.whole(each, "a milestone") for each in elements(tracer, milestones)]
    return _made("MultiStepLR", tracer, optimizer, lambda epoch, rate, first: rate * gamma ** at.count(epoch))


@member("torch.optim.lr_scheduler.ExponentialLR")
def exponential_lr(tracer: Tracer, optimizer: Value, gamma: float) -> Value:
    """Times gamma every epoch."""
    return _made("ExponentialLR", tracer, optimizer, lambda epoch, rate, first: rate * gamma if epoch else rate)


@member("torch.optim.lr_scheduler.LambdaLR")
def lambda_lr(tracer: Tracer, optimizer: Value, lr_lambda: Value) -> Value:
    """The first rate times what a function of the epoch gives."""
    return _made("LambdaLR", tracer, optimizer, None, lr_lambda)


@member("torch.optim.lr_scheduler.CosineAnnealingLR")
def cosine_annealing_lr(tracer: Tracer, optimizer: Value, T_max: Whole, eta_min: float = 0.0) -> Value:
    """From the first rate to eta_min in T_max epochs, along half a cosine (Loshchilov and Hutter 2017, eq. 5)."""
    if T_max < 1:
        raise DataError("T_max is at least 1")

    def rule(epoch: int, rate: float, first: float) -> float:
        return eta_min + (first - eta_min) * (1.0 + math.cos(math.pi * epoch / T_max)) / 2.0

    return _made("CosineAnnealingLR", tracer, optimizer, rule)


@member("torch.optim.lr_scheduler.LinearLR")
def linear_lr(
    tracer: Tracer, optimizer: Value, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: Whole = 5
) -> Value:
    """The first rate times a factor that goes evenly from one number to another."""

    def rule(epoch: int, rate: float, first: float) -> float:
        share = min(epoch, total_iters) / max(total_iters, 1)
        return first * (start_factor + (end_factor - start_factor) * share)

    return _made("LinearLR", tracer, optimizer, rule)


@method(Scheduler, "step")
def step(tracer: Tracer, scheduler: Value) -> Value:
    """Go on to the next epoch."""
    return scheduler.step(tracer)


@method(Scheduler, "get_last_lr")
def get_last_lr(tracer: Tracer, scheduler: Value) -> Value:
    """The rate that holds now, in a list."""
    return [group.fields["lr"] for group in scheduler.optimizer.groups]
