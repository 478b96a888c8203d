"""Fixed windows of a chromosome and the exon/intron boundaries that each of them holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.genome import Codes, reverse_complement
from features.labelled import LabelledChromosome
from features.regions import merge_regions

__all__ = [
    "BOUNDARY_KINDS",
    "LEAST_USABLE",
    "STRANDS",
    "VARIANTS",
    "WINDOW",
    "LabelledWindows",
    "label_windows",
]

WINDOW = 5000
"""Bases of a window; window w holds the forward positions from w * WINDOW, whichever strand is asked for."""
BOUNDARY_KINDS = ("donor", "acceptor")
STRANDS = "+-"
VARIANTS = ("sense", "both")
"""sense: a window is read on one strand, whose boundaries count. both: those of either strand do."""
LEAST_USABLE = 0.5
"""Share of a window's bases that have to be known and outside the mask."""


@dataclass(frozen=True, slots=True)
class LabelledWindows:
    """The windows of one chromosome, the last of which may be shorter.

    Attributes
    ----------
    chromosome : its name.
    sequence : uint8 codes of its forward strand.
    boundaries : int64 of shape (windows, 2), true boundaries of either kind on the forward and on the reverse strand.
    left_out : int64 of shape (windows, 2), annotated ones neither true nor false: masked, or of other biotypes.
    usable : bool of shape (windows,), whether half of the bases or more are known and not masked.
    """

    chromosome: str
    sequence: Codes
    boundaries: npt.NDArray[np.int64]
    left_out: npt.NDArray[np.int64]
    usable: npt.NDArray[np.bool_]

    def codes(self, window: int, strand: str = "+") -> Codes:
        """Bases of a window as ``strand`` reads them."""
        found = self.sequence[window * WINDOW : (window + 1) * WINDOW]
        return found if strand == "+" else reverse_complement(found)


def label_windows(chromosome: LabelledChromosome) -> LabelledWindows:
    """Cut ``chromosome`` into windows and count the boundaries in them."""
    length = len(chromosome.sequence)
    count = -(-length // WINDOW)
    boundaries = np.zeros((count, len(STRANDS)), np.int64)
    left_out = np.zeros_like(boundaries)
    for column, strand in enumerate(chromosome.strands()):
        for kind in BOUNDARY_KINDS:
            labels = strand.labels[kind]
            annotated = np.concatenate([labels.true, labels.ignored])
            true, _ = strand.select(kind, annotated)
            forward = strand.forward(annotated)
            for into, chosen in ((boundaries, true), (left_out, ~true)):
                into[:, column] += np.bincount(forward[chosen] // WINDOW, minlength=count)
    good = chromosome.sequence < 4
    for start, end in merge_regions(chromosome.mask):
        good[start:end] = False
    starts = np.arange(0, length, WINDOW)
    sizes = np.minimum(WINDOW, length - starts)
    share = (np.add.reduceat(good, starts) if count else np.zeros(0)) / np.maximum(1, sizes)
    usable = share >= LEAST_USABLE
    return LabelledWindows(chromosome.name, chromosome.sequence, boundaries, left_out, usable)
