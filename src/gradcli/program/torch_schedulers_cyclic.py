"""Schedules that go up and down: `CyclicLR`, `OneCycleLR`, `CosineAnnealingWarmRestarts`.

The first two move an optimizer's momentum against its rate, too: Adam's first beta, where it has betas.
"""

from __future__ import annotations

import math

from ..engine.functions import Flag, Whole, Word
from ..errors import DataError, ExpressionError
from .library import member
from .objects import method
from .torch_optimizers import Optimizer
from .torch_schedulers import Calls, Scheduler, for_each_group, optimizer_of, started
from .tracer import Tracer
from .values import Value


def _set_momentum(optimizer: Optimizer, values: list[float]) -> None:
    for group, value in zip(optimizer.groups, values, strict=True):
        if "betas" in group.fields:
            group.fields["betas"] = (value, *group.fields["betas"][1:])
        else:
            group.fields["momentum"] = value


class Momenta:
    """The momenta between which a schedule moves, a pair for each group of parameters."""

    __slots__ = ("high", "low")

    def __init__(self, tracer: Tracer, name: str, optimizer: Optimizer, low: Value, high: Value) -> None:
        if not all("betas" in group.fields or "momentum" in group.fields for group in optimizer.groups):
            hint = "cycle_momentum=False leaves it alone"
            raise ExpressionError(f"{optimizer.name} has no momentum for {name} to change", code="argument", hint=hint)
        self.low = for_each_group(tracer, optimizer, low, "base_momentum")
        self.high = for_each_group(tracer, optimizer, high, "max_momentum")
        _set_momentum(optimizer, self.high)


# ---- one cycle -----------------------------------------------------------------------------------------

_TWO = ((("low", "top"), ("high", "low")), (("top", "least"), ("low", "high")))
_THREE = ((("low", "top"), ("high", "low")), (("top", "low"), ("low", "high")), (("low", "least"), ("high", "high")))
"""By phase between which rates it goes, and between which momenta."""


class OneCycle(Scheduler):
    """`OneCycleLR`: ends are the last steps of its phases, tops the highest rates."""

    __slots__ = ("divisors", "ends", "linear", "momenta", "phases", "steps", "tops")
    divisors: tuple[float, float]
    ends: list[float]
    linear: bool
    momenta: Momenta | None
    phases: tuple[tuple[tuple[str, str], tuple[str, str]], ...]
    steps: int
    tops: list[float]

    def rates(self, tracer: Tracer, now: list[float]) -> Calls:
        yield from ()
        if self.epoch > self.steps:
            raise DataError(f"OneCycleLR was made for {self.steps} steps, and this is one more")
        phase = next((i for i, end in enumerate(self.ends) if self.epoch <= end), len(self.ends) - 1)
        begin, end = 0.0 if not phase else self.ends[phase - 1], self.ends[phase]
        share = (self.epoch - begin) / (end - begin) if end != begin else 1.0
        (first, last), (before, after) = self.phases[phase]
        if self.momenta is not None:
            known = {"low": self.momenta.low, "high": self.momenta.high}
            pairs = zip(known[before], known[after], strict=True)
            _set_momentum(self.optimizer, [self.between(one, other, share) for one, other in pairs])
        found = []
        for top in self.tops:
            low = top / self.divisors[0]
            places = {"low": low, "top": top, "least": low / self.divisors[1]}
            found.append(self.between(places[first], places[last], share))
        return found

    def between(self, start: float, end: float, share: float) -> float:
        """A number on the way from start to end, along half a cosine or a line."""
        if self.linear:
            return start + (end - start) * share
        return end + (start - end) / 2.0 * (1.0 + math.cos(math.pi * share))


@member("torch.optim.lr_scheduler.OneCycleLR")
def one_cycle_lr(
    tracer: Tracer, optimizer: Value, max_lr: Value, total_steps: Value = None, epochs: Value = None,
    steps_per_epoch: Value = None, pct_start: float = 0.3, anneal_strategy: Word = "cos", cycle_momentum: Flag = True,
    base_momentum: Value = 0.85, max_momentum: Value = 0.95, div_factor: float = 25.0, final_div_factor: float = 1e4,
    three_phase: Flag = False, last_epoch: Whole = -1,
) -> Value:  # fmt: skip
    """From max_lr / div_factor up to max_lr and then down, almost to 0 (Smith and Topin 2017)."""
    counts = [total_steps] if total_steps is not None else [epochs, steps_per_epoch]
    if None in counts:
        raise ExpressionError("OneCycleLR takes total_steps, or epochs and steps_per_epoch", code="argument")
    numbers = [tracer.whole(each, "the number of steps") for each in counts]
    if min(numbers) < 1:
        raise DataError(f"the number of steps is at least 1, and is {min(numbers)}")
    if not 0 <= pct_start <= 1:
        raise DataError(f"pct_start lies between 0 and 1, and is {pct_start:g}")
    if not div_factor or not final_div_factor:
        raise DataError("div_factor and final_div_factor are not 0")
    if anneal_strategy not in ("cos", "linear"):
        raise ExpressionError("anneal_strategy is 'cos' or 'linear'", code="argument")
    changed = optimizer_of("OneCycleLR", optimizer)
    tops = for_each_group(tracer, changed, max_lr, "max_lr")
    momenta = Momenta(tracer, "OneCycleLR", changed, base_momentum, max_momentum) if cycle_momentum else None
    for group, top in zip(changed.groups, tops, strict=True):
        group.fields["initial_lr"] = top / div_factor
    made = OneCycle("OneCycleLR", tracer, optimizer)
    made.steps, made.tops, made.divisors = math.prod(numbers), tops, (div_factor, final_div_factor)
    made.linear, made.momenta, made.phases = anneal_strategy == "linear", momenta, _THREE if three_phase else _TWO
    turn = pct_start * made.steps
    made.ends = [turn - 1.0, *([2.0 * turn - 2.0] if three_phase else []), made.steps - 1.0]
    return started(tracer, made, last_epoch)


# ---- many cycles ---------------------------------------------------------------------------------------


class Cyclic(Scheduler):
    """`CyclicLR`: turn is the share of a cycle in which the rate grows; scale a function that makes cycles smaller."""

    __slots__ = ("by_cycle", "gamma", "length", "low", "mode", "momenta", "scale", "tops", "turn")
    by_cycle: bool
    gamma: float
    length: float
    low: list[float]
    mode: str
    momenta: Momenta | None
    scale: Value
    tops: list[float]
    turn: float

    def rates(self, tracer: Tracer, now: list[float]) -> Calls:
        cycle = math.floor(1 + self.epoch / self.length)
        x = 1.0 + self.epoch / self.length - cycle
        share = x / self.turn if x <= self.turn else (x - 1.0) / (self.turn - 1.0)
        if self.scale is not None:
            at = float(cycle) if self.by_cycle else self.epoch
            share *= tracer.number((yield self.scale, [at]), "what scale_fn gives")
        elif self.mode == "triangular2":
            share /= 2.0 ** (cycle - 1)
        elif self.mode == "exp_range":
            share *= self.gamma**self.epoch
        if self.momenta is not None:
            pairs = zip(self.momenta.low, self.momenta.high, strict=True)
            _set_momentum(self.optimizer, [high - (high - low) * share for low, high in pairs])
        return [low + (top - low) * share for low, top in zip(self.low, self.tops, strict=True)]


@member("torch.optim.lr_scheduler.CyclicLR")
def cyclic_lr(
    tracer: Tracer, optimizer: Value, base_lr: Value, max_lr: Value, step_size_up: Whole = 2000,
    step_size_down: Value = None, mode: Word = "triangular", gamma: float = 1.0, scale_fn: Value = None,
    scale_mode: Word = "cycle", cycle_momentum: Flag = True, base_momentum: Value = 0.8, max_momentum: Value = 0.9,
    last_epoch: Whole = -1,
) -> Value:  # fmt: skip
    """From base_lr up to max_lr in step_size_up steps, down again, and so on (Smith 2017)."""
    if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
        raise ExpressionError("mode is 'triangular', 'triangular2' or 'exp_range'", code="argument")
    if scale_mode not in ("cycle", "iterations"):
        raise ExpressionError("scale_mode is 'cycle' or 'iterations'", code="argument")
    down = step_size_up if step_size_down is None else tracer.whole(step_size_down, "step_size_down")
    if min(step_size_up, down) < 1:
        raise DataError("step_size_up and step_size_down are at least 1")
    changed = optimizer_of("CyclicLR", optimizer)
    low, tops = (
        for_each_group(tracer, changed, each, name) for each, name in ((base_lr, "base_lr"), (max_lr, "max_lr"))
    )
    for group, rate in zip(changed.groups, low, strict=True):
        group.fields["lr"] = rate
    momenta = Momenta(tracer, "CyclicLR", changed, base_momentum, max_momentum) if cycle_momentum else None
    made = Cyclic("CyclicLR", tracer, optimizer)
    made.fields["base_lrs"] = list(low)
    made.low, made.tops, made.momenta = low, tops, momenta
    made.length = float(step_size_up + down)
    made.turn = step_size_up / made.length
    made.mode, made.gamma, made.scale, made.by_cycle = mode, gamma, scale_fn, scale_mode == "cycle"
    return started(tracer, made, last_epoch)


# ---- restarts ------------------------------------------------------------------------------------------


class Restarting(Scheduler):
    """`CosineAnnealingWarmRestarts`: its epochs may be fractions, such as batches of one."""

    __slots__ = ()


@member("torch.optim.lr_scheduler.CosineAnnealingWarmRestarts")
def cosine_annealing_warm_restarts(
    tracer: Tracer, optimizer: Value, T_0: Whole, T_mult: Whole = 1, eta_min: float = 0.0, last_epoch: Whole = -1
) -> Value:
    """Along half a cosine to eta_min in T_0 epochs, then again from the first rate, each time T_mult times as long."""
    if T_0 < 1 or T_mult < 1:
        raise DataError("T_0 and T_mult are at least 1")

    def rule(epoch: float, rate: float, first: float) -> float:
        length = T_0
        if T_mult == 1:
            epoch %= T_0
        while epoch >= length:
            epoch, length = epoch - length, length * T_mult
        return eta_min + (first - eta_min) * (1.0 + math.cos(math.pi * epoch / length)) / 2.0

    return started(tracer, Restarting("CosineAnnealingWarmRestarts", tracer, optimizer, rule), last_epoch)


@method(Restarting, "step")
def step(tracer: Tracer, scheduler: Value, epoch: Value = None) -> Value:
    """Go on to the next epoch, or to an epoch, which may be a fraction: epoch + batch / batches."""
    at = None if epoch is None else tracer.number(epoch, "epoch")
    if at is not None and not 0.0 <= at < 2.0**53:
        raise DataError(f"an epoch is a number from 0, not {at:g}")
    return scheduler.step(tracer, at)
