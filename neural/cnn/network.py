"""The network: a residual stack of dilated convolutions over one-hot DNA, with an answer for every base of a strand.

The architecture is SpliceAI's (Jaganathan et al. 2019), far smaller and without batch normalisation: every block begins
as the identity, its last convolution being zero (Zhang et al. 2019, Fixup), which trains as well and four times faster.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from features.sites import KINDS

__all__ = ["CONTENTS", "SIZES", "SiteNetwork", "Size"]

BASES = 4
CONTENTS = 5
"""Content classes: intergenic, intron, first, second and third base of a codon."""
STEM = 15
"""Width of the first convolution."""


RARE = -5.0
"""Logit of a site before anything is learnt: few candidates are true."""


class Size(NamedTuple):
    """Channels, and kernel width and dilation of each residual block of two convolutions."""

    channels: int
    blocks: tuple[tuple[int, int], ...]

    @property
    def context(self) -> int:
        """Bases on either side of a base that its answer depends on."""
        return STEM // 2 + sum((width - 1) * dilation for width, dilation in self.blocks)


SIZES = {
    "tiny": Size(14, ((9, 1), (9, 3), (9, 8))),
    "small": Size(32, ((9, 1), (9, 3), (9, 9), (9, 25), (9, 24))),
    "base": Size(64, ((11, 1), (11, 4), (11, 12), (11, 32), (11, 80), (11, 120), (11, 180))),
}


class _Block(nn.Module):
    """Two convolutions and a way around them (He et al. 2016); the ends that lack context are cut."""

    def __init__(self, channels: int, width: int, dilation: int) -> None:
        super().__init__()
        self.cut = (width - 1) * dilation
        last = _convolution(channels, channels, width, dilation)
        nn.init.zeros_(last.weight)
        self.body = nn.Sequential(
            nn.ReLU(), _convolution(channels, channels, width, dilation), nn.ReLU(), last
        )

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = x[..., self.cut : x.shape[-1] - self.cut] + self.body(x)
        return found


class SiteNetwork(nn.Module):
    """Logits of the four site kinds and of the content classes, for every base of a strand's own sequence."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.context = size.context
        self.stem = _convolution(BASES, size.channels, STEM)
        self.blocks = nn.Sequential(
            *(_Block(size.channels, width, dilation) for width, dilation in size.blocks)
        )
        head = _convolution(size.channels, len(KINDS) + CONTENTS, 1)
        assert head.bias is not None
        nn.init.constant_(head.bias[: len(KINDS)], RARE)
        self.head = nn.Sequential(nn.ReLU(), head)
        # Channels last is what convolutions of few channels are fast in.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, codes: Tensor) -> Tensor:
        """uint8 codes (windows, context + n + context) -> logits (windows, 4 + 5, n)."""
        return self.from_one_hot(functional.one_hot(codes.long(), BASES + 1)[..., :BASES])

    def from_one_hot(self, one_hot: Tensor) -> Tensor:
        """One-hot bases (windows, context + n + context, 4) -> logits (windows, 4 + 5, n)."""
        rows = one_hot.to(self.stem.weight.dtype)[:, None].permute(0, 3, 1, 2)
        features = self.blocks(self.stem(rows))
        with torch.autocast(
            features.device.type, enabled=False
        ):  # bfloat16 has too few steps for log odds
            found: Tensor = self.head(features.float())[:, :, 0]
        return found


def _convolution(inwards: int, outwards: int, width: int, dilation: int = 1) -> nn.Conv2d:
    """A convolution along a strand, as one of pictures that are one pixel high: only these know channels last."""
    return nn.Conv2d(inwards, outwards, (1, width), dilation=(1, dilation))
