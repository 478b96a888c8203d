"""Coding potential: a three-periodic Markov content model, its prefix sums, and open-reading-frame scans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.accelerate import kernel
from features.errors import TrainingError
from features.genome import Codes, reverse_complement
from features.kmers import kmer_indices
from features.labelled import LabelledChromosome
from features.progress import track
from features.sites import CONTENT_COLUMNS
from features.transcripts import Transcript, longest_isoforms

__all__ = ["ContentModel", "content_labels", "open_frames"]

ORDER = 5
WORD = ORDER + 1
SMOOTHING = 20.0
"""Pseudo-observations with which each Markov order is drawn to the one below it."""

STRETCH = 10_000_000
"""Bases counted at once, so that a long chromosome needs little memory."""

FLOOR, CEILING = np.float32(0), np.float32(60)
"""Bounds of the best coding score, in natural-log units; beyond 60, sequence is coding for certain."""

INTERGENIC, INTRON, CODING, LEFT_OUT = 0, 1, 2, 5
"""Content labels of a base; a coding base is CODING + its position in the codon (0, 1, 2)."""


@dataclass(frozen=True, slots=True)
class ContentModel:
    """Fifth-order Markov chains of coding sequence (one per codon position), introns and intergenic sequence.

    The hexamer statistics of GENSCAN and AUGUSTUS, as log-likelihood ratios against intergenic sequence.

    Attributes
    ----------
    coding : float32 of shape (3, 4096): log ratio of a hexamer's last base at codon position 0, 1, 2.
    intron : float32 of shape (4096,).
    """

    coding: npt.NDArray[np.float32]
    intron: npt.NDArray[np.float32]

    @classmethod
    def fit(cls, training: Sequence[LabelledChromosome]) -> ContentModel:
        """Count both strands of ``training``; ``TrainingError`` where there is no coding sequence at all."""
        counts = np.zeros((LEFT_OUT + 1, 4**WORD), np.int64)
        for chromosome in track(training, "content model", unit="chromosome"):
            for reverse in (False, True):
                codes = chromosome.sequence
                labels = content_labels(chromosome, "-" if reverse else "+")
                if reverse:
                    codes = reverse_complement(codes)
                for start in range(0, len(codes), STRETCH):
                    words = kmer_indices(codes[start : start + STRETCH + ORDER], WORD)
                    _count_words(words, labels[start + ORDER :], counts)
        if counts[CODING:LEFT_OUT].sum() == 0:
            raise TrainingError(
                "No coding sequence in the training chromosomes: nothing to learn exons from. "
                "Check that the annotation has CDS features on them."
            )
        background = _log_conditional(counts[INTERGENIC])
        coding = np.array([_log_conditional(counts[CODING + i]) - background for i in range(3)])
        intron = _log_conditional(counts[INTRON]) - background
        if counts[INTRON].sum() == 0:
            intron[:] = 0
        return cls(coding.astype(np.float32), intron.astype(np.float32))

    def cumulative(self, codes: Codes) -> npt.NDArray[np.float64]:
        """Prefix sums of the content score, shape (n + 1, 4), columns ``CONTENT_COLUMNS``.

        Row ``p`` sums the bases before ``p``. A base whose hexamer is incomplete or holds an unknown base adds nothing.
        """
        sums = np.zeros((len(codes) + 1, len(CONTENT_COLUMNS)))
        if len(codes) >= WORD:
            _accumulate(kmer_indices(codes, WORD), self.coding, self.intron, sums)
        return sums


def content_labels(chromosome: LabelledChromosome, strand: str) -> npt.NDArray[np.uint8]:
    """Content label of each base of one strand, shape (n,), in that strand's own order.

    Coding and intron labels come from each gene's longest isoform. Bases in the CDS of another isoform, in a CDS that
    is open at both ends, in the CDS of the other strand, or under the mask are left out; untranslated exons and
    non-coding genes count as intergenic, as the decoder sees them.
    """
    labels = np.full(len(chromosome.sequence), INTERGENIC, np.uint8)
    chosen = longest_isoforms(chromosome.transcripts)
    for transcript in chosen:
        if transcript.strand == strand:
            for start, end in transcript.cds_introns:
                labels[start:end] = INTRON
    for transcript in chromosome.transcripts:
        for start, end in transcript.cds:
            labels[start:end] = LEFT_OUT
    for transcript in chosen:
        # A CDS that is open at both ends does not tell its frame.
        framed = transcript.start_complete or transcript.end_complete
        if transcript.strand == strand and framed:
            _label_codons(labels, transcript)
    for start, end in chromosome.mask:
        labels[start:end] = LEFT_OUT
    return labels if strand == "+" else labels[::-1]


def _label_codons(labels: npt.NDArray[np.uint8], transcript: Transcript) -> None:
    for (start, end), phase in zip(transcript.cds, transcript.phases, strict=True):
        codon_position = (np.arange(end - start) - phase) % 3
        if transcript.strand == "-":
            codon_position = codon_position[::-1]
        labels[start:end] = CODING + codon_position


def _log_conditional(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """log P(last base | preceding bases) of each word, interpolated from order 0 up, shape (4**WORD,)."""
    probability = np.full((1, 4), 0.25)
    for order in range(WORD):
        table = counts.reshape(-1, 4 ** (order + 1)).sum(axis=0).reshape(-1, 4).astype(float)
        below = np.tile(probability, (len(table) // len(probability), 1))
        probability = (table + SMOOTHING * below) / (table.sum(axis=1, keepdims=True) + SMOOTHING)
    logarithm: npt.NDArray[np.float64] = np.log(probability).ravel()
    return logarithm


def open_frames(
    codes: Codes, cumulative: npt.NDArray[np.float64], after: bool = False
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """What lies open before each boundary (or after it), per frame.

    Parameters
    ----------
    codes : shape (n,).
    cumulative : ``ContentModel.cumulative(codes)``.

    Returns
    -------
    length : float32 of shape (n + 1, 3): bases between the boundary and the nearest in-frame stop codon (or the
        sequence's end) on that side, frame ``f`` having its codons at positions = f (mod 3).
    best : float32 of shape (n + 1, 3): the highest coding score of a stretch that touches the boundary on that side and
        holds no in-frame stop codon, at least 0 and at most ``CEILING``; the bounds make it forget its distant past.
    """
    length = np.zeros((len(codes) + 1, 3), np.float32)
    best = np.zeros((len(codes) + 1, 3), np.float32)
    (_scan_frames_after if after else _scan_frames_before)(codes, cumulative, length, best)
    return length, best


@kernel
def _count_words(words, labels, counts):  # type: ignore[no-untyped-def]
    # words: (w,), labels: (at least w,) of each word's last base, counts: (labels, 4096)
    for p in range(len(words)):
        if words[p] >= 0:
            counts[labels[p], words[p]] += 1


@kernel
def _accumulate(words, coding, intron, sums):  # type: ignore[no-untyped-def]
    # words: (n - ORDER,), coding: (3, 4096), intron: (4096,), sums: (n + 1, 4)
    n = len(sums) - 1
    for p in range(n):
        w = words[p - ORDER] if p >= ORDER else -1
        if w < 0:
            for column in range(4):
                sums[p + 1, column] = sums[p, column]
        else:
            r = p % 3
            sums[p + 1, 0] = sums[p, 0] + coding[r, w]
            sums[p + 1, 1] = sums[p, 1] + coding[(r + 2) % 3, w]
            sums[p + 1, 2] = sums[p, 2] + coding[(r + 1) % 3, w]
            sums[p + 1, 3] = sums[p, 3] + intron[w]


@kernel
def _scan_frames_before(codes, cumulative, length, best):  # type: ignore[no-untyped-def]
    # codes: (n,), cumulative: (n + 1, 4), length and best: (n + 1, 3)
    for b in range(1, len(codes) + 1):
        ends_stop = False
        if b >= 3 and codes[b - 3] == 3:
            second, third = codes[b - 2], codes[b - 1]
            ends_stop = (second == 0 and (third == 0 or third == 2)) or (second == 2 and third == 0)
        for f in range(3):
            if ends_stop and b % 3 == f:
                length[b, f] = 0
                best[b, f] = 0
            else:
                length[b, f] = length[b - 1, f] + 1
                step = cumulative[b, f] - cumulative[b - 1, f]
                best[b, f] = min(CEILING, max(FLOOR, best[b - 1, f] + np.float32(step)))


@kernel
def _scan_frames_after(codes, cumulative, length, best):  # type: ignore[no-untyped-def]
    # codes: (n,), cumulative: (n + 1, 4), length and best: (n + 1, 3)
    n = len(codes)
    for b in range(n - 1, -1, -1):
        begins_stop = False
        if b + 2 < n and codes[b] == 3:
            second, third = codes[b + 1], codes[b + 2]
            begins_stop = (second == 0 and (third == 0 or third == 2)) or (
                second == 2 and third == 0
            )
        for f in range(3):
            if begins_stop and b % 3 == f:
                length[b, f] = 0
                best[b, f] = 0
            else:
                length[b, f] = length[b + 1, f] + 1
                step = cumulative[b + 1, f] - cumulative[b, f]
                best[b, f] = min(CEILING, max(FLOOR, best[b + 1, f] + np.float32(step)))
