"""Attention with several heads, and the layers of transformers that are made of it (Vaswani et al. 2017)."""

from __future__ import annotations

import math

from ..engine.functions import Flag, Whole
from ..engine.node import Node
from ..engine.operations.indexing import index
from ..errors import DataError, ExpressionError
from . import autograd
from .library import MEMBERS, built, member
from .operators import BINARY, is_boolean
from .torch_functional import dropout, functional_linear
from .torch_layers import even, positive
from .torch_modules import Layer
from .tracer import Tracer
from .values import Value, describe

NOWHERE = -math.inf


class Attention(Layer):
    """`nn.MultiheadAttention`."""

    __slots__ = ("batch_first", "drops", "heads")

    def __init__(self, fields: dict[str, Value], heads: int, drops: float, batch_first: bool) -> None:
        super().__init__("MultiheadAttention", fields)
        self.heads, self.drops, self.batch_first = heads, drops, batch_first

    def apply(  # type: ignore[override]  # of several arrays
        self, tracer: Tracer, query: Node, key: Node, value: Node, key_padding_mask: Value = None,
        need_weights: Flag = True, attn_mask: Value = None, average_attn_weights: Flag = True, is_causal: Flag = False,
    ) -> Value:  # fmt: skip
        rank = len(query.shape)
        if rank not in (2, 3) or len(key.shape) != rank or key.shape[:-1] != value.shape[:-1]:
            shapes = f"{query.shape}, {key.shape} and {value.shape}"
            raise DataError(f"queries, keys and values of shapes {shapes} do not go together", code="shape")
        sources = [built("swapaxes", x, 0, 1) if self.batch_first and rank == 3 else x for x in (query, key, value)]
        q, k, v = (self._headed(tracer, x, i) for i, x in enumerate(sources))
        scores = BINARY["@"](tracer, q * (1.0 / math.sqrt(q.shape[-1])), built("swapaxes", k, -1, -2))
        scores = self._masked(tracer, scores, attn_mask, key_padding_mask)
        weights = built("softmax", scores, -1)
        found = self._joined(tracer, BINARY["@"](tracer, dropout(tracer, weights, self.drops, self.training), v))
        if rank == 2:
            found, weights = index(found, (slice(None), 0)), index(weights, (0,))
        elif self.batch_first:
            found = built("swapaxes", found, 0, 1)
        shown = built("mean", weights, -3) if average_attn_weights else weights
        return found, shown if need_weights else None

    def _headed(self, tracer: Tracer, x: Node, number: int) -> Node:
        """What a source contributes: batch, heads, steps, size of a head."""
        size = int(self.fields["embed_dim"])
        rows = slice(number * size, (number + 1) * size)
        bias = self.fields["in_proj_bias"]
        part = None if bias is None else index(tracer.node(bias), (rows,))
        made = functional_linear(tracer, x, index(tracer.node(self.fields["in_proj_weight"]), (rows,)), part)
        batch = made.shape[1] if len(made.shape) == 3 else 1
        split = built("reshape", made, (made.shape[0], batch, self.heads, size // self.heads))
        return built("permute", split, (1, 2, 0, 3))

    def _masked(self, tracer: Tracer, scores: Node, mask: Value, padding: Value) -> Node:
        """Scores, where a mask is true -inf, and with one of numbers added."""
        masks = []
        if mask is not None:
            node = tracer.node(mask)
            masks.append(built("reshape", node, (-1, self.heads, *node.shape[1:])) if len(node.shape) == 3 else node)
        if padding is not None:
            node = tracer.node(padding)
            masks.append(built("reshape", node, (*(node.shape if len(node.shape) == 2 else (1, *node.shape)), 1, 1)))
            masks[-1] = built("permute", masks[-1], (0, 2, 3, 1))
        for given, node in zip([each for each in (mask, padding) if each is not None], masks, strict=True):
            if is_boolean(given):
                scores = built("where", node, scores.lift(NOWHERE), scores)
            else:
                scores = BINARY["+"](tracer, scores, node)
        return scores

    def _joined(self, tracer: Tracer, heads: Node) -> Node:
        """The heads beside one another again, steps first, through the last layer."""
        steps = built("permute", heads, (2, 0, 1, 3))
        flat = built("reshape", steps, (*steps.shape[:2], steps.shape[2] * steps.shape[3]))
        last = self.parts["out_proj"].fields
        return functional_linear(tracer, flat, tracer.node(last["weight"]), last["bias"])


@member("torch.nn.MultiheadAttention")
def multihead_attention(
    tracer: Tracer, embed_dim: Whole, num_heads: Whole, dropout: float = 0.0, bias: Flag = True,
    add_bias_kv: Flag = False, add_zero_attn: Flag = False, kdim: Value = None, vdim: Value = None,
    batch_first: Flag = False,
) -> Value:  # fmt: skip
    """softmax(q kᵀ / √d) v for several parts of what queries, keys and values are turned into."""
    positive(embed_dim=embed_dim, num_heads=num_heads)
    if embed_dim % num_heads:
        raise DataError(f"embed_dim {embed_dim} cannot be divided among {num_heads} heads")
    others = [tracer.whole(each, "kdim and vdim") for each in (kdim, vdim) if each is not None]
    if add_bias_kv or add_zero_attn or any(each != embed_dim for each in others):
        raise DataError("MultiheadAttention has keys and values of size embed_dim here, and nothing added to them")
    bound = math.sqrt(6 / (4 * embed_dim))
    zero = autograd.leaf(tracer, built("zeros", tracer.graph, (3 * embed_dim,))) if bias else None
    fields = {"in_proj_weight": even(tracer, (3 * embed_dim, embed_dim), bound), "in_proj_bias": zero}
    fields |= {"embed_dim": float(embed_dim), "num_heads": float(num_heads)}
    made = Attention(fields, num_heads, dropout, batch_first)
    made.parts["out_proj"] = MEMBERS["torch.nn.Linear"].call(tracer, embed_dim, embed_dim, bias)
    if bias:
        made.parts["out_proj"].fields["bias"] = autograd.leaf(tracer, built("zeros", tracer.graph, (embed_dim,)))
    return made


# ---- layers of transformers ----------------------------------------------------------------------------


class EncoderLayer(Layer):
    """`nn.TransformerEncoderLayer`: attention to itself, then two linear layers, each added to what it began with."""

    __slots__ = ("activation", "drops", "first")

    def __init__(self, drops: float, activation: Value, first: bool) -> None:
        super().__init__("TransformerEncoderLayer")
        self.drops, self.activation, self.first = drops, activation, first

    def apply(
        self, tracer: Tracer, src: Node, src_mask: Value = None, src_key_padding_mask: Value = None,
        is_causal: Flag = False,
    ) -> Value:  # fmt: skip
        def attended(x: Node) -> Node:
            attention = self.parts["self_attn"]
            assert isinstance(attention, Attention)
            return self._dropped(tracer, attention.apply(tracer, x, x, x, src_key_padding_mask, False, src_mask)[0])

        def fed(x: Node) -> Node:
            inner = self._dropped(tracer, _active(tracer, self.activation, self._part(tracer, "linear1", x)))
            return self._dropped(tracer, self._part(tracer, "linear2", inner))

        x = src
        for norm, change in (("norm1", attended), ("norm2", fed)):
            if self.first:
                x = x + change(self._part(tracer, norm, x))
            else:
                x = self._part(tracer, norm, x + change(x))
        return x

    def _part(self, tracer: Tracer, name: str, x: Node) -> Node:
        found: Node = self.parts[name].apply(tracer, x)
        return found

    def _dropped(self, tracer: Tracer, x: Node) -> Node:
        found: Node = dropout(tracer, x, self.drops, self.training)
        return found


def _active(tracer: Tracer, activation: Value, x: Node) -> Node:
    """relu or gelu of x, by name or by function."""
    name = activation if isinstance(activation, str) else getattr(activation, "name", "")
    if name not in ("relu", "gelu"):
        raise ExpressionError("activation is 'relu' or 'gelu'", code="argument")
    return built(name, x)


@member("torch.nn.TransformerEncoderLayer")
def transformer_encoder_layer(
    tracer: Tracer, d_model: Whole, nhead: Whole, dim_feedforward: Whole = 2048, dropout: float = 0.1,
    activation: Value = "relu", layer_norm_eps: float = 1e-5, batch_first: Flag = False, norm_first: Flag = False,
    bias: Flag = True,
) -> Value:  # fmt: skip
    """Attention to itself, then two linear layers, each added to what it began with and normalised."""
    linear, norm = MEMBERS["torch.nn.Linear"].call, MEMBERS["torch.nn.LayerNorm"].call
    _active(tracer, activation, tracer.node(0.0))
    made = EncoderLayer(dropout, activation, norm_first)
    attention = multihead_attention(tracer, d_model, nhead, dropout, bias, False, False, None, None, batch_first)
    made.parts |= {
        "self_attn": attention, "linear1": linear(tracer, d_model, dim_feedforward, bias),
        "linear2": linear(tracer, dim_feedforward, d_model, bias),
        "norm1": norm(tracer, (d_model,), layer_norm_eps, True, bias),
        "norm2": norm(tracer, (d_model,), layer_norm_eps, True, bias),
    }  # fmt: skip
    return made


class Encoder(Layer):
    """`nn.TransformerEncoder`: such layers one after another."""

    __slots__ = ()

    def apply(
        self, tracer: Tracer, src: Node, mask: Value = None, src_key_padding_mask: Value = None,
        is_causal: Value = None,
    ) -> Value:  # fmt: skip
        for layer in self.parts["layers"].parts.values():
            assert isinstance(layer, EncoderLayer)
            src = layer.apply(tracer, src, mask, src_key_padding_mask)
        return self.parts["norm"].apply(tracer, src) if "norm" in self.parts else src


@member("torch.nn.TransformerEncoder")
def transformer_encoder(
    tracer: Tracer, encoder_layer: Value, num_layers: Whole, norm: Value = None, enable_nested_tensor: Flag = True
) -> Value:
    """Layers like one that is given, one after another."""
    if not isinstance(encoder_layer, EncoderLayer):
        raise ExpressionError(
            f"TransformerEncoder takes an encoder's layer, not {describe(encoder_layer)}", code="type"
        )
    positive(num_layers=num_layers)
    copied = MEMBERS["copy.deepcopy"].call
    made, layers = Encoder("TransformerEncoder"), Layer("ModuleList")
    tracer.charge_entries(num_layers * 1000)  # weights, at least
    layers.parts = {str(i): copied(tracer, encoder_layer) for i in range(num_layers)}
    made.parts["layers"] = layers
    if isinstance(norm, Layer):
        made.parts["norm"] = norm
    return made
