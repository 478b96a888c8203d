"""The network: convolutions over one-hot DNA, pooled in ten parts of the sequence, so that places are told apart."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from neural.sequences.stages import Layered

__all__ = ["CHANNELS", "SequenceNetwork"]

BASES = 4
CHANNELS = 64
STEM = 15
"""Width of the first convolution: a motif."""
DILATIONS = (1, 2, 4)
WIDTH = 7
PARTS = 10
"""Parts of a sequence that are pooled apart."""
HIDDEN = 64


class _Block(nn.Module):
    """A convolution and a way around it."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm1d(channels),
            nn.ReLU(),
            nn.Conv1d(channels, channels, WIDTH, padding="same", dilation=dilation),
        )

    def forward(self, x: Tensor, inside: Tensor) -> Tensor:
        """``inside`` (sequences, 1, bases) is 0 behind a sequence's end, which no convolution may see."""
        convolution = self.body[-1]
        found: Tensor = (x + convolution(self.body[:-1](x) * inside)) * inside
        return found


class SequenceNetwork(Layered):
    """Logits of the classes of sequences of any lengths.

    Parameters
    ----------
    classes : how many.
    dropout : share of the pooled features that a training step leaves out.
    """

    def __init__(self, classes: int, dropout: float) -> None:
        super().__init__()
        self.stem = nn.Conv1d(BASES, CHANNELS, STEM, padding="same")
        self.blocks = nn.ModuleList(_Block(CHANNELS, dilation) for dilation in DILATIONS)
        self.head = nn.Sequential(
            nn.BatchNorm1d(2 * PARTS * CHANNELS),
            nn.Dropout(dropout),
            nn.Linear(2 * PARTS * CHANNELS, HIDDEN),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(HIDDEN, classes),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens of single bases (bases, sequences), 0 where there is none -> logits (sequences, classes)."""
        codes = tokens.T.long()
        one_hot = functional.one_hot(codes, BASES + 1)[..., 1:]
        inside = (codes > 0).flip(1).cumsum(1).flip(1).clamp_max(1)[:, None]
        x = self.stem(one_hot.transpose(1, 2).to(self.stem.weight.dtype)) * inside
        for block in self.blocks:
            x = block(x, inside)
        x = functional.relu(x).float()  # (sequences, channels, bases)
        with torch.autocast(x.device.type, enabled=False):
            logits: Tensor = self.head(_pool(x, codes > 0))
        return logits

    def groups(self) -> list[list[nn.Parameter]]:
        """Parameters from the convolutions to the head."""
        return [
            [*self.stem.parameters(), *self.blocks.parameters()],
            list(self.head.parameters()),
        ]


def _pool(x: Tensor, known: Tensor) -> Tensor:
    """Highest and mean value of every channel in each part of the sequence, shape (sequences, 2 * parts * channels).

    ``known`` (sequences, bases) says which bases are there; a sequence ends behind the last of them. A part without any
    has zeros. Values are 0 or more.
    """
    place = torch.arange(known.shape[1], device=known.device)
    length = torch.where(known, place + 1, 0).amax(1).clamp_min(1)
    part = (place[None] * PARTS // length[:, None]).clamp_max(PARTS - 1)
    index = part[:, None].expand(-1, x.shape[1], -1)
    x = x * known[:, None]
    empty = x.new_zeros(x.shape[0], x.shape[1], PARTS)
    highest = empty.scatter_reduce(2, index, x, "amax")
    total = empty.scatter_add(2, index, x)
    count = x.new_zeros(x.shape[0], PARTS).scatter_add(1, part, known.to(x.dtype))
    return torch.cat([highest, total / count.clamp_min(1)[:, None]], dim=1).flatten(1)
