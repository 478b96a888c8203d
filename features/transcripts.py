"""``Transcript``: exons and CDS of one transcript, and what follows from them (introns, phases, protein)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from features.genome import Codes, reverse_complement

__all__ = [
    "Interval",
    "Transcript",
    "cds_codes",
    "close_gaps",
    "gaps",
    "group_by_chromosome",
    "longest_isoforms",
    "translate",
]

Interval = tuple[int, int]
"""0-based half-open (start, end) on the forward strand."""

SMALLEST_GAP = 5
CODON_TABLE = "KNKNTTTTRSRSIIMIQHQHPPPPRRRRLLLLEDEDAAAAGGGGVVVV*Y*YSSSS*CWCLFLF"
"""Amino acid of codon 16 * first + 4 * second + third, bases A0 C1 G2 T3 (standard genetic code, NCBI table 1)."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """One transcript, 0-based half-open on the forward strand, intervals in ascending order.

    ``cds`` holds the coding part of the exons, stop codon included; it is empty for a non-coding transcript.
    ``start_complete`` / ``end_complete`` say whether the CDS begins with its start codon and ends with its stop codon
    (false for transcripts that run off a sequence end). ``cds_scores`` is empty or holds one score per CDS interval.
    """

    chromosome: str
    strand: str
    gene: str
    id: str
    exons: tuple[Interval, ...]
    cds: tuple[Interval, ...] = ()
    biotype: str = "protein_coding"
    start_complete: bool = True
    end_complete: bool = True
    score: float | None = None
    cds_scores: tuple[float, ...] = field(default=())

    @property
    def start(self) -> int:
        return self.exons[0][0]

    @property
    def end(self) -> int:
        return self.exons[-1][1]

    @property
    def coding(self) -> bool:
        return bool(self.cds)

    @property
    def cds_length(self) -> int:
        return sum(end - start for start, end in self.cds)

    @property
    def introns(self) -> tuple[Interval, ...]:
        """Gaps between exons (UTR introns included)."""
        return gaps(self.exons)

    @property
    def cds_introns(self) -> tuple[Interval, ...]:
        """Gaps between CDS intervals."""
        return gaps(self.cds)

    @property
    def phases(self) -> tuple[int, ...]:
        """GFF3 phase per CDS interval, ascending order: bases to skip to the next codon start, from the 5' end.

        A transcript whose 5' end is incomplete but whose 3' end is complete is framed from its stop codon.
        """
        offset = 0
        if not self.start_complete and self.end_complete:
            offset = self.cds_length % 3
        in_order = self.cds if self.strand == "+" else self.cds[::-1]
        phases = []
        consumed = -offset
        for start, end in in_order:
            phases.append(-consumed % 3)
            consumed += end - start
        return tuple(phases if self.strand == "+" else phases[::-1])


def gaps(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """Intervals between consecutive ascending ``intervals``."""
    return tuple((left[1], right[0]) for left, right in pairwise(intervals))


def close_gaps(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """Join ascending ``intervals`` across gaps of fewer than five bases, which note a frameshift and no intron.

    gffcompare closes them too (gclib).
    """
    closed = [intervals[0]]
    for start, end in intervals[1:]:
        if start - closed[-1][1] < SMALLEST_GAP:
            closed[-1] = (closed[-1][0], end)
        else:
            closed.append((start, end))
    return tuple(closed)


def cds_codes(transcript: Transcript, sequence: Codes) -> Codes:
    """Spliced CDS of ``transcript``, 5'->3' on its own strand; ``sequence`` is the whole forward chromosome."""
    if not transcript.cds:
        return np.empty(0, np.uint8)
    spliced = np.concatenate([sequence[start:end] for start, end in transcript.cds])
    return spliced if transcript.strand == "+" else reverse_complement(spliced)


def translate(codes: Codes) -> str:
    """Protein of a coding sequence of uint8 codes: stop is ``*``, a codon with an unknown base is ``X``.

    A trailing incomplete codon is dropped.
    """
    codons = codes[: len(codes) // 3 * 3].reshape(-1, 3).astype(np.int64)
    known = (codons < 4).all(axis=1)
    index = np.where(known, codons @ np.array([16, 4, 1]), 64)
    return "".join((CODON_TABLE + "X")[i] for i in index)


def longest_isoforms(transcripts: Iterable[Transcript]) -> list[Transcript]:
    """Per gene the coding transcript with the longest CDS (ties: smallest id), sorted by position."""
    best: dict[tuple[str, str, str], Transcript] = {}
    for transcript in transcripts:
        if not transcript.coding:
            continue
        key = (transcript.chromosome, transcript.strand, transcript.gene)
        rival = best.get(key)
        if rival is None or (-transcript.cds_length, transcript.id) < (-rival.cds_length, rival.id):
            best[key] = transcript
    return sorted(best.values(), key=lambda t: (t.chromosome, t.start, t.end, t.id))


def group_by_chromosome(transcripts: Iterable[Transcript]) -> dict[str, list[Transcript]]:
    """Transcripts by chromosome name, in input order."""
    grouped: dict[str, list[Transcript]] = defaultdict(list)
    for transcript in transcripts:
        grouped[transcript.chromosome].append(transcript)
    return dict(grouped)
