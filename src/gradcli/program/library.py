"""What stands only under the name of a library (`torch.nn.Linear`, `jax.grad`), by dotted name.

The modules that `members` imports fill the table. They are imported when a program first uses a dotted name.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from ..engine.functions import FUNCTIONS
from ..engine.node import Node
from .binding import Bound
from .builtins import parameters_of
from .values import Value

MEMBERS: dict[str, Value] = {}


def members() -> dict[str, Value]:
    """The table without what few programs name: classes, and functions that have no name, or another meaning, without
    a library's."""
    from . import (
        classes,
        jax_control,
        library_functions,
        library_linalg,
        library_positions,
        library_python,
        library_random,
        library_reductions,
        own_derivatives,
        torch_activations,
        torch_autograd,
        torch_containers,
        torch_convolution,
        torch_init,
        torch_layers,
        torch_losses,
        torch_pairs,
        torch_schedulers,
        transforms,
    )

    filling = (
        classes, jax_control, library_functions, library_linalg, library_positions, library_python, library_random,
        library_reductions,
        own_derivatives,
        torch_activations, torch_autograd, torch_containers, torch_convolution, torch_init, torch_layers, torch_losses,
        torch_pairs, torch_schedulers, transforms,
    )  # fmt: skip
    assert all(filling)  # importing them fills it
    return MEMBERS


SELDOM = {
    "library_collections": (
        "collections.Counter",
        "collections.defaultdict",
        "collections.deque",
        "collections.namedtuple",
    ),
    "library_dataclasses": ("dataclasses.",),
    "library_generators": ("numpy.random.default_rng",),
    "library_iteration": ("functools.cache", "functools.lru_cache", "functools.reduce", "itertools."),
    "library_numpy": (
        "numpy.c_", "numpy.finfo", "numpy.isin", "numpy.select", "numpy.testing.", "torch.finfo", "torch.isin",
        "torch.testing.",
    ),
    "library_random_python": ("random.",),
    "torch_attention": ("torch.nn.MultiheadAttention", "torch.nn.TransformerEncoder"),
    "torch_interpolation": ("torch.nn.Upsampl", "torch.nn.functional.interpolate"),
    "torch_data": ("torch.utils.data.",),
    "torch_distributions": ("torch.distributions.",),
    "torch_lbfgs": ("torch.optim.LBFGS",),
    "torch_more_losses": (
        "torch.nn.CosineEmbeddingLoss", "torch.nn.GaussianNLLLoss", "torch.nn.HingeEmbeddingLoss",
        "torch.nn.MarginRankingLoss", "torch.nn.MultiLabelSoftMarginLoss", "torch.nn.MultiMarginLoss",
        "torch.nn.TripletMarginLoss", "torch.nn.functional.cosine_embedding_loss",
        "torch.nn.functional.gaussian_nll_loss", "torch.nn.functional.hinge_embedding_loss",
        "torch.nn.functional.margin_ranking_loss", "torch.nn.functional.multi_margin_loss",
        "torch.nn.functional.multilabel_soft_margin_loss", "torch.nn.functional.triplet_margin_loss",
    ),
    "torch_norms": (
        "torch.nn.GroupNorm", "torch.nn.RMSNorm", "torch.nn.functional.group_norm", "torch.nn.functional.rms_norm",
    ),
    "torch_schedulers_cyclic": (
        "torch.optim.lr_scheduler.CosineAnnealingWarmRestarts", "torch.optim.lr_scheduler.CyclicLR",
        "torch.optim.lr_scheduler.OneCycleLR",
    ),
    "torch_schedulers_joined": (
        "torch.optim.lr_scheduler.ChainedScheduler", "torch.optim.lr_scheduler.ReduceLROnPlateau",
        "torch.optim.lr_scheduler.SequentialLR",
    ),
    "torch_sundries": (
        "torch.amp.", "torch.autocast", "torch.cuda.amp.", "torch.nn.ConstantPad", "torch.nn.Dropout1d",
        "torch.nn.Dropout2d", "torch.nn.Dropout3d", "torch.nn.PairwiseDistance", "torch.nn.PixelShuffle",
        "torch.nn.ReflectionPad", "torch.nn.ReplicationPad", "torch.nn.ZeroPad", "torch.nn.functional.dropout1d",
        "torch.nn.functional.dropout2d", "torch.nn.functional.dropout3d", "torch.nn.functional.gumbel_softmax",
        "torch.nn.functional.pixel_shuffle", "torch.nn.functional.prelu", "torch.utils.checkpoint.",
    ),
    "torch_transposed": (
        "torch.conv_transpose", "torch.nn.ConvTranspose", "torch.nn.functional.conv_transpose",
    ),
    "torch_running": (
        "torch.nn.BatchNorm", "torch.nn.InstanceNorm", "torch.nn.functional.batch_norm",
        "torch.nn.functional.instance_norm",
    ),
    "torch_recurrent": ("torch.nn.GRU", "torch.nn.LSTM", "torch.nn.RNN"),
}  # fmt: skip
"""Modules of what few programs name, and how the dotted names begin that are declared there."""


def seldom(path: str) -> Value | None:
    """What stands under a dotted name that few programs name; None where there is nothing."""
    for name, begins in SELDOM.items():
        if path.startswith(begins):
            import_module(f"{__package__}.{name}")
    return MEMBERS.get(path)


def all_members() -> dict[str, Value]:
    """The whole table."""
    for begins in SELDOM.values():
        seldom(begins[0])
    return members()


def member(*paths: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Declare what stands under dotted names: a function, whose signature after the tracer is its signature there."""

    def declare(call: Callable[..., Value]) -> Callable[..., Value]:
        variadic = bool(call.__code__.co_flags & 0x04)
        for path in paths:
            MEMBERS[path] = Bound(path.rpartition(".")[2], parameters_of(call), call, variadic=variadic)
        return call

    return declare


def built(name: str, *arguments: Any) -> Node:
    """What a function of the language gives for nodes, where that is one array."""
    node = FUNCTIONS[name].build(*arguments)
    assert isinstance(node, Node)
    return node
