"""``EndSignals``: the words that stand before the ends of transcripts, such as AATAAA, the polyadenylation signal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.genome import Codes
from features.kmers import kmer_indices
from features.labelled import LabelledChromosome, LabelledStrand
from features.progress import track
from features.regions import overlap_regions
from features.transcripts import Transcript

__all__ = ["EndSignals"]

WORD = 6
REGION = (-40, -10)
"""Where signals stand, relative to a transcript's end: words that begin there."""
BACKGROUND = ((-400, -100), (100, 400))
SHORTEST_UTR = 50
"""Bases behind the stop codon from which an end is more than the end of what somebody annotated."""
FEWEST_ENDS = 100
SMOOTHING = 20.0
"""Pseudo-observations per word, on average, with which frequencies are drawn to the background's."""
ENRICHED = float(np.log(2))
"""Natural-log ratio from which a word is a signal."""


@dataclass(frozen=True, slots=True)
class EndSignals:
    """Enrichment of each word before transcript ends.

    Attributes
    ----------
    weights : float32 (4096,), natural-log ratio of its frequency there to that farther away; all 0 where too few
        transcripts with an untranslated end are annotated.
    """

    weights: npt.NDArray[np.float32]

    @classmethod
    def fit(cls, training: Sequence[LabelledChromosome]) -> EndSignals:
        """Count words at the annotated ends of coding transcripts outside the masks."""
        near, far = np.zeros(4**WORD), np.zeros(4**WORD)
        number = 0
        for chromosome in track(training, "transcript ends", unit="chromosome"):
            for strand in chromosome.strands():
                ends = _ends(chromosome.transcripts, strand)
                words = kmer_indices(strand.sequence, WORD)
                near += _count(words, ends, (REGION,))
                far += _count(words, ends, BACKGROUND)
                number += len(ends)
        if number < FEWEST_ENDS:
            return cls(np.zeros(4**WORD, np.float32))
        expected = (far + 1) / (far + 1).sum()
        prior = SMOOTHING * 4**WORD
        frequency = (near + prior * expected) / (near.sum() + prior)
        return cls(np.log(frequency / expected).astype(np.float32))

    def find(self, codes: Codes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Ascending positions right behind each signal in ``codes``, and their weights."""
        words = kmer_indices(codes, WORD)
        weights = np.where(words >= 0, self.weights[words], np.float32(0))
        found = np.flatnonzero(weights >= ENRICHED)
        return found + WORD, weights[found]


def _ends(transcripts: Sequence[Transcript], strand: LabelledStrand) -> npt.NDArray[np.int64]:
    """Strand positions right behind the coding transcripts with an untranslated end, each once."""
    length = len(strand.sequence)
    ends = set()
    for transcript in transcripts:
        if transcript.strand != strand.strand or not transcript.coding:
            continue
        if strand.strand == "+":
            utr, end = transcript.end - transcript.cds[-1][1], transcript.end
        else:
            utr, end = transcript.cds[0][0] - transcript.start, length - transcript.start
        if utr >= SHORTEST_UTR:
            ends.add(end)
    found = np.array(sorted(ends), np.int64)
    return found[~overlap_regions(found - 1, found, strand.mask)]


def _count(
    words: npt.NDArray[np.int32], ends: npt.NDArray[np.int64], regions: Sequence[tuple[int, int]]
) -> npt.NDArray[np.float64]:
    """How often each word begins in the ``regions`` relative to ``ends``, shape (4096,)."""
    offsets = np.concatenate([np.arange(low, high) for low, high in regions])
    at = (ends[:, None] + offsets).ravel()
    seen = words[at[(at >= 0) & (at < len(words))]]
    return np.bincount(seen[seen >= 0], minlength=4**WORD).astype(np.float64)
