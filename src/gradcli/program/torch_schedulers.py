"""`torch.optim.lr_scheduler`: how an optimizer's rate changes from one epoch to the next."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Generator
from typing import Any, TypeAlias

from ..engine.functions import Flag, Whole, Word
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
        begun = [group.fields.setdefault("initial_lr", group.fields["lr"]) for group in optimizer.groups]
        self.first = [tracer.number(rate, "lr") for rate in begun]  # before any other scheduler changed it

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
        if not epoch:
            return rate * start_factor
        if epoch > total_iters:
            return rate
        grown = end_factor - start_factor
        return rate * (1.0 + grown / (total_iters * start_factor + (epoch - 1) * grown))

    return _made("LinearLR", tracer, optimizer, rule)


@member("torch.optim.lr_scheduler.ConstantLR")
def constant_lr(tracer: Tracer, optimizer: Value, factor: float = 1 / 3, total_iters: Whole = 5) -> Value:
    """The first rate times a factor, until so many epochs have gone by."""

    def rule(epoch: int, rate: float, first: float) -> float:
        if epoch == total_iters:
            return rate / factor if epoch else rate
        return rate if epoch else rate * factor

    return _made("ConstantLR", tracer, optimizer, rule)


@member("torch.optim.lr_scheduler.PolynomialLR")
def polynomial_lr(tracer: Tracer, optimizer: Value, total_iters: Whole = 5, power: float = 1.0) -> Value:
    """The first rate times a power of the share of epochs that are left."""

    def rule(epoch: int, rate: float, first: float) -> float:
        if not epoch or epoch > total_iters:
            return rate
        return rate * ((total_iters - epoch) / (total_iters - epoch + 1)) ** power

    return _made("PolynomialLR", tracer, optimizer, rule)


@member("torch.optim.lr_scheduler.CosineAnnealingWarmRestarts")
def cosine_annealing_warm_restarts(
    tracer: Tracer, optimizer: Value, T_0: Whole, T_mult: Whole = 1, eta_min: float = 0.0
) -> Value:
    """Along half a cosine to eta_min in T_0 epochs, then again from the first rate, each time T_mult times as long."""
    if T_0 < 1 or T_mult < 1:
        raise DataError("T_0 and T_mult are at least 1")

    def rule(epoch: int, rate: float, first: float) -> float:
        length = T_0
        while epoch >= length:
            epoch, length = epoch - length, length * T_mult
        return eta_min + (first - eta_min) * (1.0 + math.cos(math.pi * epoch / length)) / 2.0

    return _made("CosineAnnealingWarmRestarts", tracer, optimizer, rule)


@member("torch.optim.lr_scheduler.OneCycleLR")
def one_cycle_lr(
    tracer: Tracer, optimizer: Value, max_lr: float, total_steps: Value = None, epochs: Value = None,
    steps_per_epoch: Value = None, pct_start: float = 0.3, anneal_strategy: Word = "cos", cycle_momentum: Flag = True,
    base_momentum: float = 0.85, max_momentum: float = 0.95, div_factor: float = 25.0, final_div_factor: float = 1e4,
) -> Value:  # fmt: skip
    """From max_lr / div_factor up to max_lr and then down, almost to 0 (Smith and Topin 2017)."""
    counts = [total_steps] if total_steps is not None else [epochs, steps_per_epoch]
    if None in counts:
        raise ExpressionError("OneCycleLR takes total_steps, or epochs and steps_per_epoch", code="argument")
    last = math.prod(tracer.whole(each, "the number of steps") for each in counts) - 1
    top, start = pct_start * (last + 1) - 1, max_lr / div_factor

    def rule(epoch: int, rate: float, first: float) -> float:
        if epoch > last:
            raise DataError(f"OneCycleLR was made for {last + 1} steps, and this is one more")
        if epoch <= top:
            return _between(start, max_lr, epoch / top if top else 1.0, anneal_strategy)
        return _between(max_lr, start / final_div_factor, (epoch - top) / (last - top), anneal_strategy)

    return _made("OneCycleLR", tracer, optimizer, rule)


def _between(start: float, end: float, share: float, strategy: str) -> float:
    """A number on the way from start to end, along half a cosine or a line."""
    if strategy == "linear":
        return start + (end - start) * share
    return end + (start - end) / 2.0 * (1.0 + math.cos(math.pi * share))


class Several(Object):
    """`SequentialLR` and `ChainedScheduler`: one scheduler after another, or all of them at once."""

    __slots__ = ("epoch", "milestones", "schedulers")

    def __init__(self, name: str, schedulers: list[Value], milestones: list[int] | None) -> None:
        odd = next((each for each in schedulers if not isinstance(each, Scheduler)), None)
        if odd is not None or not schedulers:
            what = "nothing" if odd is None else describe(odd)
            raise ExpressionError(f"{name} takes a list of schedulers, not {what}", code="type")
        super().__init__(name)
        self.schedulers, self.milestones, self.epoch = schedulers, milestones, 0

    def begin(self, tracer: Tracer) -> Calls:
        """Take back what all but the first have done when they were made."""
        for scheduler in self.schedulers:
            scheduler.epoch -= 1
        yield from self.from_start(tracer, self.schedulers[0])
        return self

    def from_start(self, tracer: Tracer, scheduler: Scheduler) -> Calls:
        """Let a scheduler begin with the first rate."""
        scheduler.epoch = -1
        for group, first in zip(scheduler.optimizer.groups, scheduler.first, strict=True):
            group.fields["lr"] = first
        yield from scheduler.step(tracer)

    def step(self, tracer: Tracer) -> Calls:
        """The next epoch's rate."""
        self.epoch += 1
        if self.milestones is None:
            for scheduler in self.schedulers:
                yield from scheduler.step(tracer)
            return
        scheduler = self.schedulers[bisect_right(self.milestones, self.epoch)]
        if self.epoch in self.milestones:
            yield from self.from_start(tracer, scheduler)
        else:
            yield from scheduler.step(tracer)


@member("torch.optim.lr_scheduler.SequentialLR")
def sequential_lr(tracer: Tracer, optimizer: Value, schedulers: Value, milestones: Value) -> Value:
    """One scheduler after another: each from its milestone on, counting from there."""
    at = [tracer.whole(each, "a milestone") for each in elements(tracer, milestones)]
    found = elements(tracer, schedulers)
    if len(at) != len(found) - 1 or at != sorted(set(at)):
        raise DataError(f"{len(found)} schedulers have one milestone fewer, in order")
    return Several("SequentialLR", found, at).begin(tracer)


@member("torch.optim.lr_scheduler.ChainedScheduler")
def chained_scheduler(tracer: Tracer, schedulers: Value, optimizer: Value = None) -> Value:
    """All schedulers, each of which goes on from what the others left."""
    return Several("ChainedScheduler", elements(tracer, schedulers), None)


@method(Several, "step")
def step_several(tracer: Tracer, scheduler: Value) -> Value:
    """Go on to the next epoch."""
    return scheduler.step(tracer)


@method(Several, "get_last_lr")
def get_lr_of_several(tracer: Tracer, scheduler: Value) -> Value:
    """The rate that holds now, in a list."""
    return [group.fields["lr"] for group in scheduler.schedulers[0].optimizer.groups]


class Plateau(Object):
    """`ReduceLROnPlateau`: best is the best value it was told, waited for how many epochs it has been worse."""

    __slots__ = ("best", "cooling", "last", "optimizer", "settings", "waited")

    def __init__(self, optimizer: Optimizer, settings: dict[str, Any]) -> None:
        super().__init__("ReduceLROnPlateau")
        self.optimizer, self.settings = optimizer, settings
        self.best = math.inf if settings["mode"] == "min" else -math.inf
        self.waited = self.cooling = 0
        self.last = self.rates()

    def rates(self) -> list[Value]:
        """The rates that hold now."""
        return [group.fields["lr"] for group in self.optimizer.groups]

    def better(self, value: float) -> bool:
        """Whether a value is better than the best, by more than the threshold."""
        sign = 1.0 if self.settings["mode"] == "min" else -1.0
        margin = self.settings["threshold"]
        if self.settings["threshold_mode"] == "rel":
            margin = margin * abs(self.best) if math.isfinite(self.best) else 0.0
        return sign * value < sign * self.best - margin

    def see(self, tracer: Tracer, value: float) -> None:
        """Lower the rates where values have not been better for long enough."""
        self.waited += 1
        if self.better(value):
            self.best, self.waited = value, 0
        if self.cooling:
            self.cooling, self.waited = self.cooling - 1, 0
        if self.waited > self.settings["patience"]:
            self.cooling, self.waited = self.settings["cooldown"], 0
            for group in self.optimizer.groups:
                rate = tracer.number(group.fields["lr"], "lr")
                lower = max(rate * self.settings["factor"], self.settings["min_lr"])
                if rate - lower > self.settings["eps"]:
                    group.fields["lr"] = lower
        self.last = self.rates()


@member("torch.optim.lr_scheduler.ReduceLROnPlateau")
def reduce_lr_on_plateau(
    tracer: Tracer, optimizer: Value, mode: Word = "min", factor: float = 0.1, patience: Whole = 10,
    threshold: float = 1e-4, threshold_mode: Word = "rel", cooldown: Whole = 0, min_lr: float = 0.0, eps: float = 1e-8,
    verbose: Value = None,
) -> Value:  # fmt: skip
    """Times factor whenever what `step` is told has not become better for more than patience epochs."""
    if not isinstance(optimizer, Optimizer):
        raise ExpressionError(f"ReduceLROnPlateau takes an optimizer, not {describe(optimizer)}", code="type")
    settings = {
        "mode": mode, "factor": factor, "patience": patience, "threshold": threshold, "threshold_mode": threshold_mode,
        "cooldown": cooldown, "min_lr": min_lr, "eps": eps,
    }  # fmt: skip
    return Plateau(optimizer, settings)


@method(Plateau, "step")
def step_plateau(tracer: Tracer, scheduler: Value, metrics: float) -> Value:
    """Tell the scheduler a value."""
    scheduler.see(tracer, metrics)


@method(Plateau, "get_last_lr")
def get_plateau_lr(tracer: Tracer, scheduler: Value) -> Value:
    """The rate that it left, in a list."""
    return scheduler.last


@method(Scheduler, "step")
def step(tracer: Tracer, scheduler: Value) -> Value:
    """Go on to the next epoch."""
    return scheduler.step(tracer)


@method(Scheduler, "get_last_lr")
def get_last_lr(tracer: Tracer, scheduler: Value) -> Value:
    """The rate that holds now, in a list."""
    return [group.fields["lr"] for group in scheduler.optimizer.groups]
