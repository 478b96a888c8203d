"""State paths of the composition HMM: from an annotation, to transcripts, and which steps are possible.

The forward strand is read from left to right. States: intergenic; on either strand three exon states, one per codon
position, and three intron states, which remember the codon position of the exon base to their right. So a frame stays
coherent over introns, and a gene is whole codons.
"""

from __future__ import annotations

from itertools import groupby

import numpy as np
import numpy.typing as npt

from features.genome import Codes, reverse_complement
from features.labelled import LabelledChromosome
from features.transcripts import Interval, Transcript, longest_isoforms, translate

__all__ = ["ALLOWED", "INTERGENIC", "STATES", "StatePath", "label_states", "transcripts_of_path"]

StatePath = npt.NDArray[np.int8]
"""State of each base of a sequence, shape (n,)."""

STATES = (
    "intergenic",
    *(f"{kind} {strand}{position}" for strand in "+-" for kind in ("exon", "intron") for position in range(3)),
)  # fmt: skip
INTERGENIC = 0
EXON = {"+": 1, "-": 7}
INTRON = {"+": 4, "-": 10}
MASKED = -1

# Per state: its strand, and a number that changes where an exon or intron begins or ends.
STRAND_OF = ("", *"++++++", *"------")
RUN_OF = np.array([0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4], np.int8)


def _allowed() -> npt.NDArray[np.bool_]:
    allowed = np.zeros((len(STATES), len(STATES)), np.bool_)
    allowed[INTERGENIC, INTERGENIC] = True
    for strand, step in (("+", 1), ("-", -1)):
        first, last = (0, 2)[::step]
        allowed[INTERGENIC, EXON[strand] + first] = True
        allowed[EXON[strand] + last, INTERGENIC] = True
        for position in range(3):
            following = (position + step) % 3
            allowed[EXON[strand] + position, EXON[strand] + following] = True
            allowed[EXON[strand] + position, INTRON[strand] + following] = True
            allowed[INTRON[strand] + position, INTRON[strand] + position] = True
            allowed[INTRON[strand] + position, EXON[strand] + position] = True
    return allowed


ALLOWED = _allowed()
"""Which state may follow which, shape (states, states); everything else has probability 0."""


def label_states(chromosome: LabelledChromosome) -> StatePath:
    """Annotated state of each base, int8 of shape (n,); ``MASKED`` (-1) inside the mask.

    Painted are the longest isoforms, from left to right; one whose CDS overlaps a gene already painted is left out.
    """
    states = np.zeros(len(chromosome.sequence), np.int8)
    for transcript in longest_isoforms(chromosome.transcripts):
        if states[transcript.cds[0][0] : transcript.cds[-1][1]].any():
            continue
        exon, intron = EXON[transcript.strand], INTRON[transcript.strand]
        for (start, end), phase in zip(transcript.cds, transcript.phases, strict=True):
            from_five_prime = np.arange(end - start)
            positions = (from_five_prime - phase) % 3
            states[start:end] = exon + (positions if transcript.strand == "+" else positions[::-1])
        for start, end in transcript.cds_introns:
            states[start:end] = intron + states[end] - exon
    for start, end in chromosome.mask:
        states[start:end] = MASKED
    return states


def transcripts_of_path(path: StatePath, sequence: Codes, chromosome: str) -> list[Transcript]:
    """Transcripts of a state path, from its longest open reading frame per gene.

    A gene is a run of exon and intron states of one strand. Read in the frame of the path, its exons are cut to the
    longest stretch from an ATG to a stop codon (or to the gene's end, which leaves ``end_complete`` false); a gene
    without an ATG in frame is dropped.
    """
    bounds = np.flatnonzero(np.diff(RUN_OF[path], prepend=0, append=0))
    runs = zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    transcripts: list[Transcript] = []
    for strand, members in groupby(runs, key=lambda run: STRAND_OF[path[run[0]]]):
        exons = [run for run in members if strand and path[run[0]] < INTRON[strand]]
        if not exons:
            continue
        intervals, complete = _open_reading_frame(exons, strand, path, sequence)
        if intervals:
            gene = f"{chromosome}.composition.{len(transcripts) + 1}"
            transcripts.append(
                Transcript(
                    chromosome,
                    strand,
                    gene,
                    f"{gene}.1",
                    intervals,
                    cds=intervals,
                    end_complete=complete,
                )
            )
    return transcripts


def _open_reading_frame(
    exons: list[Interval], strand: str, path: StatePath, sequence: Codes
) -> tuple[tuple[Interval, ...], bool]:
    """Intervals of the longest ATG-led frame of ``exons``, and whether it ends in a stop codon."""
    spliced = np.concatenate([sequence[start:end] for start, end in exons])
    first = exons[0][0] if strand == "+" else exons[-1][1] - 1
    if strand == "-":
        spliced = reverse_complement(spliced)
    skipped = (EXON[strand] - int(path[first])) % 3
    best, begin, complete = 0, 0, False
    position = skipped
    pieces = translate(spliced[skipped:]).split("*")
    for number, piece in enumerate(pieces, start=1):
        methionine = piece.find("M")
        stops = number < len(pieces)
        if methionine >= 0 and len(piece) - methionine + stops > best:
            best, begin = len(piece) - methionine + stops, position + 3 * methionine
            complete = stops
        position += 3 * (len(piece) + 1)
    end = begin + 3 * best
    if strand == "-":
        begin, end = len(spliced) - end, len(spliced) - begin
    intervals = []
    consumed = 0
    for left, right in exons:
        start = max(left, left + begin - consumed)
        stop = min(right, left + end - consumed)
        if start < stop:
            intervals.append((start, stop))
        consumed += right - left
    return tuple(intervals), complete
