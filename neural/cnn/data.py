"""What a per-position network learns from: both strands of chromosomes end to end, with a label for every base."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from features.coding import LEFT_OUT, content_labels
from features.errors import TrainingError
from features.genome import UNKNOWN
from features.labelled import LabelledChromosome
from features.progress import track
from features.sites import KINDS, candidate_sites

__all__ = ["FALSE", "TRUE", "Batch", "SiteData"]

FALSE, TRUE = 1, 2
"""Label of a candidate site; two bits for each site kind, 0 where there is none or it is left out."""
PART = 2**24
"""Bases hashed at once."""


class Batch(NamedTuple):
    """Windows of the same length, on one device.

    Attributes
    ----------
    codes : uint8 (windows, context + length + context).
    sites : uint8 (windows, length), packed labels of the four site kinds.
    content : uint8 (windows, length), content class; ``LEFT_OUT`` where it does not count.
    """

    codes: Tensor
    sites: Tensor
    content: Tensor


class SiteData:
    """All strands of some chromosomes in one array, unknown bases between and around them.

    Parameters
    ----------
    chromosomes : with annotation and mask.
    context : bases on either side that a network looks at.
    length : bases of a window that count.
    centred : share of the windows that hold a true site, drawn first; the others are from anywhere.
    device : where the arrays live, three bytes for each base of a strand.

    Raises ``TrainingError`` where there are no chromosomes.
    """

    def __init__(
        self,
        chromosomes: Sequence[LabelledChromosome],
        context: int,
        length: int,
        centred: float,
        device: torch.device,
    ) -> None:
        self.context, self.length, self.centred = context, length, centred
        gap = context + length
        if not chromosomes:
            raise TrainingError(
                "No chromosomes to learn from or to watch. Name training and validation ones."
            )
        total = gap + sum(2 * (len(each.sequence) + gap) for each in chromosomes)
        codes = np.full(total, UNKNOWN, np.uint8)
        sites = np.zeros(total, np.uint8)
        content = np.full(total, LEFT_OUT, np.uint8)
        ranges: list[tuple[int, int]] = []
        first = gap
        for chromosome in track(chromosomes, "labels of every base", unit="chromosome"):
            n = len(chromosome.sequence)
            for strand in chromosome.strands():
                codes[first : first + n] = strand.sequence
                content[first : first + n] = content_labels(chromosome, strand.strand)
                for bit, (kind, candidates) in enumerate(candidate_sites(strand.sequence).items()):
                    true, ignored = strand.select(kind, candidates)
                    label = np.where(true, TRUE, np.where(ignored, 0, FALSE)).astype(np.uint8)
                    sites[first + candidates] |= label << np.uint8(2 * bit)
                ranges.append((first, first + n))
                first += n + gap
        self.codes, self.sites, self.content = (
            torch.from_numpy(each).to(device) for each in (codes, sites, content)
        )
        any_kind = sum(TRUE << 2 * bit for bit in range(len(KINDS)))
        self.true = torch.nonzero(self.sites.cpu() & any_kind)[:, 0]
        self.ranges = torch.tensor(ranges, dtype=torch.int64)
        lengths = (self.ranges[:, 1] - self.ranges[:, 0]).double()
        self.ends = torch.cumsum(lengths / lengths.sum(), 0)

    def digest(self) -> str:
        """Tells this data from any other."""
        found = hashlib.sha256(f"{self.context} {self.length} {self.centred}".encode())
        for each in (self.codes, self.sites, self.content):
            for part in each.split(PART):
                found.update(part.cpu().numpy().tobytes())
        return found.hexdigest()[:16]

    def draw(self, windows: int, generator: torch.Generator) -> Batch:
        """Random windows: some that hold a true site, drawn at random, anywhere in them; the others from anywhere."""
        centred = torch.rand(windows, generator=generator) < (self.centred if len(self.true) else 0)
        where = torch.rand(windows, generator=generator, dtype=torch.float64)
        within = torch.rand(windows, generator=generator, dtype=torch.float64)
        site = self.true[(where * len(self.true)).long()] if len(self.true) else 0
        first, end = self.ranges[
            torch.searchsorted(self.ends, where).clamp_max(len(self.ranges) - 1)
        ].unbind(1)
        start = torch.where(
            centred,
            site - (within * self.length).long(),
            first + (within * (end - first)).long() - self.length // 2,
        )
        return self.cut(start)

    def cut(self, starts: Tensor) -> Batch:
        """The windows that begin at ``starts``."""
        device = self.codes.device
        inner = (starts[:, None] + torch.arange(self.length)).to(device)
        outer = torch.arange(-self.context, self.length + self.context)
        return Batch(
            self.codes[(starts[:, None] + outer).to(device)], self.sites[inner], self.content[inner]
        )
