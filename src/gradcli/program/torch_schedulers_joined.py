"""`SequentialLR` and `ChainedScheduler`, which are made of other schedules, and `ReduceLROnPlateau`."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import Any

from ..engine.functions import Whole, Word
from ..errors import DataError, ExpressionError
from .indexing import elements
from .library import member
from .objects import MISSING, Object, method
from .torch_optimizers import Optimizer
from .torch_schedulers import Calls, Scheduler, for_each_group, optimizer_of, rates_of, set_rates
from .tracer import Tracer
from .values import Value, describe


class Several(Object):
    """One scheduler after another, or, without milestones, all of them at once."""

    __slots__ = ("epoch", "last", "milestones", "optimizer", "schedulers")

    def __init__(self, name: str, optimizer: Value, schedulers: list[Value], milestones: list[int] | None) -> None:
        odd = next((each for each in schedulers if not isinstance(each, (Scheduler, Several))), None)
        if odd is not None or not schedulers:
            what = "nothing" if odd is None else describe(odd)
            raise ExpressionError(f"{name} takes a list of schedulers, not {what}", code="type")
        self.optimizer = optimizer_of(name, schedulers[0].optimizer if optimizer is None else optimizer)
        if any(each.optimizer is not self.optimizer for each in schedulers):
            raise ExpressionError(f"the schedulers of {name} are those of one optimizer", code="argument")
        super().__init__(name, {"last_epoch": 0.0, "optimizer": self.optimizer})
        self.schedulers, self.milestones, self.epoch = schedulers, milestones, 0
        self.last = schedulers[-1].last

    def begin(self, tracer: Tracer) -> Calls:
        """Take back what all but the first have done when they were made."""
        set_rates(self.optimizer, [tracer.number(g.fields["initial_lr"], "lr") for g in self.optimizer.groups])
        self.undo()
        yield from self.from_start(tracer)
        return self

    def undo(self) -> None:
        """Let all forget the step that they made when they were made."""
        for each in self.schedulers:
            each.undo()

    def from_start(self, tracer: Tracer) -> Calls:
        """The first step."""
        self.epoch = 0
        for each in self.schedulers if self.milestones is None else [self.due()]:
            if isinstance(each, Scheduler):
                each.begun = False
                yield from each.step(tracer, 0.0)
            else:
                yield from each.from_start(tracer)
        self.note(tracer)

    def due(self) -> Value:
        """The scheduler whose turn it is."""
        assert self.milestones is not None
        return self.schedulers[bisect_right(self.milestones, self.epoch)]

    def step(self, tracer: Tracer) -> Calls:
        """The next epoch's rate."""
        self.epoch += 1
        if self.milestones is None:
            for each in self.schedulers:
                yield from each.step(tracer)
        elif self.epoch in self.milestones:
            yield from self.due().from_start(tracer)
        else:
            yield from self.due().step(tracer)
        self.note(tracer)

    def note(self, tracer: Tracer) -> None:
        """Remember the rates that it left."""
        self.last = rates_of(tracer, self.optimizer)
        self.fields["last_epoch"] = float(self.epoch)


@member("torch.optim.lr_scheduler.SequentialLR")
def sequential_lr(
    tracer: Tracer, optimizer: Value, schedulers: Value, milestones: Value, last_epoch: Whole = -1
) -> Value:
    """One scheduler after another: each from its milestone on, counting from there."""
    if last_epoch != -1:
        raise ExpressionError("a scheduler begins with last_epoch=-1 here", code="argument")
    at = [tracer.whole(each, "a milestone") for each in elements(tracer, milestones)]
    found = elements(tracer, schedulers)
    if len(at) != len(found) - 1 or at != sorted(set(at)):
        message = f"SequentialLR takes one milestone fewer than schedulers, in order: not {len(at)} for {len(found)}"
        raise DataError(message)
    return Several("SequentialLR", optimizer, found, at).begin(tracer)


@member("torch.optim.lr_scheduler.ChainedScheduler")
def chained_scheduler(tracer: Tracer, schedulers: Value, optimizer: Value = None) -> Value:
    """All schedulers, each of which goes on from what the others left."""
    made = Several("ChainedScheduler", optimizer, elements(tracer, schedulers), None)
    made.note(tracer)
    return made


@method(Several, "step")
def step_several(tracer: Tracer, scheduler: Value) -> Value:
    """Go on to the next epoch."""
    return scheduler.step(tracer)


@method(Several, "get_last_lr")
def get_lr_of_several(tracer: Tracer, scheduler: Value) -> Value:
    """The rates that it set last."""
    return list(scheduler.last)


# ---- where nothing becomes better ----------------------------------------------------------------------


class Plateau(Object):
    """`ReduceLROnPlateau`: best is the best value it was told, waited for how many epochs it has been worse."""

    __slots__ = ("best", "cooling", "last", "optimizer", "seen", "settings", "waited")

    def __init__(self, tracer: Tracer, optimizer: Optimizer, settings: dict[str, Any]) -> None:
        super().__init__("ReduceLROnPlateau", {"optimizer": optimizer})
        self.optimizer, self.settings = optimizer, settings
        self.best = math.inf if settings["mode"] == "min" else -math.inf
        self.waited = self.cooling = self.seen = 0
        self.last = rates_of(tracer, optimizer)

    def held(self, name: str) -> Value:
        known = {
            "best": self.best, "cooldown_counter": self.cooling, "last_epoch": self.seen, "num_bad_epochs": self.waited,
        }  # fmt: skip
        found = super().held(name)
        return float(known[name]) if found is MISSING and name in known else found

    def better(self, value: float) -> bool:
        """Whether a value is better than the best, by more than the threshold."""
        sign = 1.0 if self.settings["mode"] == "min" else -1.0
        threshold = self.settings["threshold"]
        if self.settings["threshold_mode"] == "rel":
            return sign * value < sign * (self.best * (1.0 - sign * threshold))
        return sign * value < sign * self.best - threshold

    def see(self, tracer: Tracer, value: float) -> None:
        """Lower the rates where values have not been better for long enough."""
        self.seen += 1
        self.waited += 1
        if self.better(value):
            self.best, self.waited = value, 0
        if self.cooling:
            self.cooling, self.waited = self.cooling - 1, 0
        if self.waited > self.settings["patience"]:
            self.cooling, self.waited = self.settings["cooldown"], 0
            for group, least in zip(self.optimizer.groups, self.settings["min_lr"], strict=True):
                rate = tracer.number(group.fields["lr"], "lr")
                lower = max(rate * self.settings["factor"], least)
                if rate - lower > self.settings["eps"]:
                    group.fields["lr"] = lower
        self.last = rates_of(tracer, self.optimizer)


@member("torch.optim.lr_scheduler.ReduceLROnPlateau")
def reduce_lr_on_plateau(
    tracer: Tracer, optimizer: Value, mode: Word = "min", factor: float = 0.1, patience: Whole = 10,
    threshold: float = 1e-4, threshold_mode: Word = "rel", cooldown: Whole = 0, min_lr: Value = 0.0, eps: float = 1e-8,
    verbose: Value = None,
) -> Value:  # fmt: skip
    """Times factor whenever what `step` is told has not become better for more than patience epochs."""
    if factor >= 1:
        raise DataError(f"factor is below 1, and is {factor:g}")
    if mode not in ("min", "max"):
        raise ExpressionError("mode is 'min' or 'max'", code="argument")
    if threshold_mode not in ("rel", "abs"):
        raise ExpressionError("threshold_mode is 'rel' or 'abs'", code="argument")
    changed = optimizer_of("ReduceLROnPlateau", optimizer)
    settings = {
        "mode": mode, "factor": factor, "patience": patience, "threshold": threshold, "threshold_mode": threshold_mode,
        "cooldown": cooldown, "min_lr": for_each_group(tracer, changed, min_lr, "min_lr"), "eps": eps,
    }  # fmt: skip
    return Plateau(tracer, changed, settings)


@method(Plateau, "step")
def step_plateau(tracer: Tracer, scheduler: Value, metrics: float) -> Value:
    """Tell the scheduler a value."""
    scheduler.see(tracer, metrics)


@method(Plateau, "get_last_lr")
def get_plateau_lr(tracer: Tracer, scheduler: Value) -> Value:
    """The rates that it left."""
    return list(scheduler.last)
