"""``LabelledChromosome``: one chromosome's sequence with the annotation and mask that models learn from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from features.genome import Codes, reverse_complement
from features.regions import merge_regions, overlap_regions
from features.sites import KINDS, SiteLabels, SiteScores, boundaries, label_sites
from features.transcripts import Transcript

__all__ = ["LabelledChromosome", "LabelledStrand", "ScoredChromosome"]


def _no_mask() -> npt.NDArray[np.int64]:
    return np.empty((0, 2), np.int64)


@dataclass(frozen=True, slots=True)
class LabelledStrand:
    """One strand's own 5'->3' sequence with the labels of its sites.

    ``mask`` has shape (regions, 2): ascending disjoint 0-based half-open strand regions whose sites are neither true
    nor false.
    """

    chromosome: str
    strand: str
    sequence: Codes
    labels: dict[str, SiteLabels]
    mask: npt.NDArray[np.int64]

    def forward(self, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Positions on the chromosome's forward strand."""
        return positions if self.strand == "+" else len(self.sequence) - 1 - positions

    def select(
        self, kind: str, positions: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """(is true, is left out) for each of ``positions`` of site ``kind``; what the mask covers is left out."""
        labels = self.labels[kind]
        true = np.isin(positions, labels.true)
        left_out = np.isin(positions, labels.ignored)
        boundary = boundaries(kind, positions)
        left_out |= overlap_regions(boundary - 1, boundary + 1, self.mask)
        return true & ~left_out, left_out


@dataclass(frozen=True, slots=True)
class LabelledChromosome:
    """A chromosome (or piece of one) as models see it in training and validation.

    ``sequence`` holds the uint8 codes of the forward strand; ``transcripts`` all its transcripts; ``mask`` 0-based
    half-open regions of shape (regions, 2) that count neither for nor against a model.
    """

    name: str
    sequence: Codes
    transcripts: list[Transcript]
    mask: npt.NDArray[np.int64] = field(default_factory=_no_mask)

    def strands(self) -> Iterator[LabelledStrand]:
        """Both strands, forward first."""
        length = len(self.sequence)
        mask = merge_regions(self.mask)
        for strand in "+-":
            reverse = strand == "-"
            yield LabelledStrand(
                self.name,
                strand,
                reverse_complement(self.sequence) if reverse else self.sequence,
                label_sites(self.transcripts, strand, length),
                (length - mask[::-1, ::-1]) if reverse else mask,
            )

    def site_count(self, kind: str) -> int:
        """True sites of ``kind`` on both strands."""
        assert kind in KINDS
        length = len(self.sequence)
        return sum(len(label_sites(self.transcripts, strand, length)[kind].true) for strand in "+-")


@dataclass(frozen=True, slots=True)
class ScoredChromosome:
    """A labelled chromosome with a scorer's output for both strands; what a decoder's weights are fitted on."""

    chromosome: LabelledChromosome
    forward: SiteScores
    reverse: SiteScores
