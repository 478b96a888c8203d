"""``PublishedNetwork``: the Gene Symbol Transformer of Ensembl as it was published (2022), layer by layer."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from features.proteins.alphabet import PADDING
from features.proteins.clades import CLADES

__all__ = ["PUBLISHED", "PublishedNetwork", "PublishedSize"]

ALPHABET = PADDING + 1


@dataclass(frozen=True, slots=True)
class PublishedSize:
    """Hyper-parameters, under their published names where these say it.

    Attributes
    ----------
    length : amino acids; shorter proteins are padded, longer ones cut.
    width : of the token embedding, and of every head.
    heads, depth, hidden : of the transformer's blocks; ``hidden`` is the width of their feed-forward layers.
    activation : gelu or relu.
    batch, learning_rate, epochs : of its training. Published are at most 1,000 epochs of gst, until the loss on
        validation has not fallen for 11; of gst-development 10, or 3 without a fall. Here they are those of one cycle.
    linear : outputs of the linear branch, ``mlp_output_size``.
    """

    length: int
    width: int
    heads: int
    depth: int
    hidden: int
    activation: str
    batch: int = 64
    learning_rate: float = 1e-4
    epochs: int = 20
    linear: int = 64


PUBLISHED = {
    "gst": PublishedSize(1107, 16, 8, 2, 128, "gelu"),
    "gst-development": PublishedSize(581, 8, 2, 1, 256, "relu", 16, 3e-4, 10),
}
"""production/production_config.yaml and configuration.yaml of Ensembl/gene_symbol_transformer."""


class PublishedNetwork(nn.Module):
    """A linear branch of the one-hot sequence, a transformer branch of its letters, the clade; one layer on top.

    What looks odd is as published: the linear branch has no activation, each head is as wide as the embedding, layers
    are normalised behind their sums, and the mean is over all positions, padding included.

    Parameters
    ----------
    size : of the network.
    symbols : that it tells.
    """

    def __init__(self, size: PublishedSize, symbols: int) -> None:
        super().__init__()
        self.size = size
        self.mlp = nn.Linear(ALPHABET * size.length, size.linear)
        self.token_embedding = nn.Embedding(ALPHABET, size.width)
        self.position = nn.Parameter(torch.zeros(1, size.length, size.width))
        self.blocks = nn.ModuleList(_Block(size) for _ in range(size.depth))
        self.final_layer = nn.Linear(size.width, size.length)
        self.integration_layer = nn.Linear(size.linear + size.length + len(CLADES), symbols)

    def forward(self, letters: Tensor, clades: Tensor) -> Tensor:
        """Codes (proteins, length), int64, one-hot clades (proteins, 18) -> log probabilities (proteins, symbols)."""
        one_hot = functional.one_hot(letters, ALPHABET).to(self.mlp.weight.dtype)
        linear = self.mlp(one_hot.flatten(1))
        x = self.token_embedding(letters) + self.position
        for block in self.blocks:
            x = block(x)
        sequence = self.final_layer(x.mean(1))
        joined = torch.cat([linear, sequence, clades.to(linear.dtype)], 1)
        return functional.log_softmax(self.integration_layer(joined).float(), 1)


class _Block(nn.Module):
    def __init__(self, size: PublishedSize) -> None:
        super().__init__()
        wide = size.width * size.heads
        self.heads = size.heads
        self.to_keys, self.to_queries, self.to_values = (
            nn.Linear(size.width, wide, bias=False) for _ in range(3)
        )
        self.unify_heads = nn.Linear(wide, size.width)
        self.norm_1, self.norm_2 = nn.LayerNorm(size.width), nn.LayerNorm(size.width)
        activation = nn.GELU() if size.activation == "gelu" else nn.ReLU()
        self.feed_forward = nn.Sequential(
            nn.Linear(size.width, size.hidden), activation, nn.Linear(size.hidden, size.width)
        )

    def forward(self, x: Tensor) -> Tensor:
        parts = (
            layer(x).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for layer in (self.to_queries, self.to_keys, self.to_values)
        )
        # Scaled by the root of a head's width, which is that of the embedding.
        seen = functional.scaled_dot_product_attention(*parts)
        x = self.norm_1(self.unify_heads(seen.transpose(1, 2).flatten(2)) + x)
        normed: Tensor = self.norm_2(self.feed_forward(x) + x)
        return normed
