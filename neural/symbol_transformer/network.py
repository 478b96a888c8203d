"""``WordNetwork``: the words of a protein, summed in pieces, a small transformer over these, symbols by their angle."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from features.proteins.clades import CLADES
from features.proteins.words import Words

__all__ = ["NO_WORD", "SIZES", "WordNetwork", "WordSize"]

NO_WORD = 0
"""Token of padding and of what is no word; word number w has the token w + 1."""
SCALE = 16.0
"""Of the cosines, at first."""
BASE = 1000.0
"""Of the wave lengths of rotary positions."""


@dataclass(frozen=True, slots=True)
class WordSize:
    """Hyper-parameters.

    Attributes
    ----------
    k, bits : words of so many residues, hashed into 2**bits.
    stride : residues whose words are one token of the transformer.
    longest : tokens; what is behind them is cut.
    width, heads, layers, hidden : of the transformer.
    """

    k: int = 4
    bits: int = 14
    stride: int = 8
    longest: int = 256
    width: int = 128
    heads: int = 4
    layers: int = 2
    hidden: int = 256

    @property
    def words(self) -> Words:
        """Words of the full alphabet."""
        return Words(self.k, "full", self.bits)


SIZES = {
    "tiny": WordSize(bits=12, stride=16, longest=128, width=32, layers=1, hidden=64),
    "small": WordSize(),
    "base": WordSize(bits=16, width=256, heads=8, layers=4, hidden=1024),
}


class WordNetwork(nn.Module):
    """Means of word embeddings in pieces of the protein, pre-norm blocks with rotary positions, masked mean, cosines.

    Pieces without a word, padding or unknown amino acids, are neither looked at nor pooled. The clade is added to the
    pooled vector; one that was never trained adds nothing.

    Parameters
    ----------
    size : of the network.
    symbols : that it tells.
    dropout : of the pooled vector and the blocks.
    """

    def __init__(self, size: WordSize, symbols: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.size = size
        width = size.width
        self.embedding = nn.EmbeddingBag(
            size.words.size + 1, width, mode="mean", padding_idx=NO_WORD
        )
        nn.init.normal_(self.embedding.weight, std=1.0)
        with torch.no_grad():
            self.embedding.weight[NO_WORD] = 0
        self.blocks = nn.ModuleList(_Block(size, dropout) for _ in range(size.layers))
        self.norm = nn.LayerNorm(width)
        self.clade = nn.Linear(len(CLADES), width, bias=False)
        nn.init.zeros_(self.clade.weight)
        self.drop = nn.Dropout(dropout)
        self.project = nn.Linear(2 * width, width)
        self.symbols = nn.Parameter(torch.randn(symbols, width))
        self.scale = nn.Parameter(torch.tensor(SCALE))

    def forward(self, words: Tensor, clades: Tensor) -> Tensor:
        """Tokens (proteins, pieces, stride), int32, and clades one-hot (proteins, 18) -> logits (proteins, symbols)."""
        proteins, pieces, stride = words.shape
        known = (words != NO_WORD).any(2)
        known[:, 0] = True
        counts = (words != NO_WORD).sum(2, keepdim=True)
        x = self.embedding(words.reshape(-1, stride)).view(proteins, pieces, -1)
        # A mean of n words is shorter by the root of n; what a piece weighs is how many it has.
        x = x * counts.sqrt()
        whole = (x * counts.sqrt()).sum(1) / counts.sum(1).clamp(min=1).sqrt()
        for block in self.blocks:
            x = block(x, known)
        weights = known[:, :, None]
        pooled = (self.norm(x) * weights).sum(1) / weights.sum(1)
        joined = torch.cat(
            [pooled + self.clade(clades.to(pooled.dtype)), whole.to(pooled.dtype)], 1
        )
        vector = self.project(self.drop(joined)).float()
        cosines = functional.normalize(vector, dim=1) @ functional.normalize(self.symbols, dim=1).T
        return self.scale * cosines


class _Block(nn.Module):
    cosine: Tensor
    sine: Tensor

    def __init__(self, size: WordSize, dropout: float) -> None:
        super().__init__()
        width = size.width
        self.heads = size.heads
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.inward = nn.Linear(width, 3 * width, bias=False)
        self.outward = nn.Linear(width, width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, size.hidden), nn.GELU(), nn.Linear(size.hidden, width)
        )
        self.drop = nn.Dropout(dropout)
        turns = BASE ** -torch.linspace(0, 1, width // size.heads // 2)
        angles = torch.arange(size.longest)[:, None] * turns
        self.register_buffer("cosine", angles.cos(), persistent=False)
        self.register_buffer("sine", angles.sin(), persistent=False)

    def forward(self, x: Tensor, known: Tensor) -> Tensor:
        parts = self.inward(self.norm_1(x)).chunk(3, 2)
        query, key, value = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in parts)
        seen = functional.scaled_dot_product_attention(
            self._turn(query), self._turn(key), value, attn_mask=known[:, None, None, :]
        )
        x = x + self.drop(self.outward(seen.transpose(1, 2).flatten(2)))
        added: Tensor = x + self.drop(self.feed_forward(self.norm_2(x)))
        return added

    def _turn(self, x: Tensor) -> Tensor:
        """Rotary positions (Su et al. 2021)."""
        one, other = x.chunk(2, -1)
        cosine, sine = (table[: x.shape[2]].to(x.dtype) for table in (self.cosine, self.sine))
        return torch.cat([one * cosine - other * sine, one * sine + other * cosine], -1)
