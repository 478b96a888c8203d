"""Site kinds, the candidate sites of a strand, the true sites of an annotation, and ``SiteScores``.

Positions here are on one strand's own 5'->3' sequence: position ``p`` of the reverse strand of a chromosome of length
``n`` is forward position ``n - 1 - p``. donor = first base of the intron; acceptor = first exon base after the intron;
start = A of ATG; stop = first base of the stop codon.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.accelerate import kernel
from features.genome import Codes
from features.transcripts import Transcript

__all__ = [
    "CONTENT_COLUMNS",
    "KINDS",
    "SiteLabels",
    "SiteScores",
    "boundaries",
    "candidate_sites",
    "label_sites",
]

KINDS = ("donor", "acceptor", "start", "stop")
CONTENT_COLUMNS = ("frame_0", "frame_1", "frame_2", "intron")

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SiteScores:
    """A scorer's output for one strand; the dictionaries are keyed by site kind.

    Attributes
    ----------
    length : bases of the strand.
    positions : ascending int64 positions of the sites worth considering.
    log_odds : float32 natural-log odds that each of them is real.
    content : float64 of shape (sites, 4), the content score summed from the strand's first base to the site's boundary
        (see ``boundaries``). Columns ``CONTENT_COLUMNS``: log-likelihood ratio against intergenic sequence of being
        coding with codons that start at positions = 0, 1, 2 (mod 3), and of being intron.
    content_total : float64 of shape (4,), the same sums over the whole strand.
    """

    length: int
    positions: dict[str, Positions]
    log_odds: dict[str, npt.NDArray[np.float32]]
    content: dict[str, npt.NDArray[np.float64]]
    content_total: npt.NDArray[np.float64]

    @classmethod
    def from_dense_content(
        cls,
        positions: dict[str, Positions],
        log_odds: dict[str, npt.NDArray[np.float32]],
        content: npt.NDArray[np.floating],
    ) -> SiteScores:
        """Build from a per-base content score of shape (length, 4), as a network produces it."""
        cumulative = np.zeros((len(content) + 1, len(CONTENT_COLUMNS)))
        np.cumsum(content, axis=0, dtype=np.float64, out=cumulative[1:])
        sampled = {kind: cumulative[boundaries(kind, positions[kind])] for kind in positions}
        return cls(len(content), positions, log_odds, sampled, cumulative[-1].copy())

    @classmethod
    def join(cls, chunks: Sequence[SiteScores]) -> SiteScores:
        """Concatenate the scores of consecutive pieces of one strand.

        Positions and content of each piece count from its own first base; frames are those of the whole strand.
        """
        offset = 0
        total = np.zeros(len(CONTENT_COLUMNS))
        positions: dict[str, list[Positions]] = {kind: [] for kind in KINDS}
        content: dict[str, list[npt.NDArray[np.float64]]] = {kind: [] for kind in KINDS}
        for chunk in chunks:
            for kind in KINDS:
                positions[kind].append(chunk.positions[kind] + offset)
                content[kind].append(chunk.content[kind] + total)
            offset += chunk.length
            total = total + chunk.content_total
        return cls(
            offset,
            {kind: np.concatenate(positions[kind]) for kind in KINDS},
            {kind: np.concatenate([chunk.log_odds[kind] for chunk in chunks]) for kind in KINDS},
            {kind: np.concatenate(content[kind]) for kind in KINDS},
            total,
        )


@dataclass(frozen=True, slots=True)
class SiteLabels:
    """What an annotation says of one site kind on one strand: ascending unique int64 positions.

    ``true`` holds the sites of protein-coding genes; ``ignored`` those that are neither true nor false (sites of other
    biotypes).
    """

    true: Positions
    ignored: Positions


def boundaries(kind: str, positions: Positions) -> Positions:
    """Where a segment ends or begins at each site: the position itself, for a stop the base after the stop codon."""
    return positions + 3 if kind == "stop" else positions


def candidate_sites(strand_sequence: Codes) -> dict[str, Positions]:
    """All candidate sites of a strand.

    donor: GT or GC at p, p+1; acceptor: AG at p-2, p-1; start: ATG at p; stop: TAA, TAG or TGA at p. A site whose motif
    holds an unknown base is never a candidate.
    """
    counts = _count_candidates(strand_sequence)
    found = [np.empty(count, np.int64) for count in counts]
    _fill_candidates(strand_sequence, *found)
    return dict(zip(KINDS, found, strict=True))


def label_sites(
    transcripts: Iterable[Transcript], strand: str, length: int
) -> dict[str, SiteLabels]:
    """Labels of one strand (``+`` or ``-``) of one chromosome of ``length`` bases, from its ``transcripts``.

    True splice sites are the introns of all transcripts of protein-coding genes, UTR introns included; true starts and
    stops are the ends of complete CDSs. Introns of non-coding genes are ignored sites.
    """
    here = [transcript for transcript in transcripts if transcript.strand == strand]
    coding_genes = {transcript.gene for transcript in here if transcript.coding}
    true: dict[str, set[int]] = {kind: set() for kind in KINDS}
    ignored: dict[str, set[int]] = {kind: set() for kind in KINDS}
    for transcript in here:
        into = true if transcript.gene in coding_genes else ignored
        introns = set(transcript.introns) | set(transcript.cds_introns)
        for start, end in introns:
            if strand == "-":
                start, end = length - end, length - start
            into["donor"].add(start)
            into["acceptor"].add(end)
        if transcript.coding:
            start, end = transcript.cds[0][0], transcript.cds[-1][1]
            if strand == "-":
                start, end = length - end, length - start
            if transcript.start_complete:
                into["start"].add(start)
            if transcript.end_complete:
                into["stop"].add(_stop_codon_start(transcript, end))
    return {
        kind: SiteLabels(_sorted(true[kind]), _sorted(ignored[kind] - true[kind])) for kind in KINDS
    }


def _stop_codon_start(transcript: Transcript, strand_end: int) -> int:
    """Strand position of the stop codon's first base, which an intron may part from its last."""
    last_to_first = transcript.cds[::-1] if transcript.strand == "+" else transcript.cds
    needed, end = 3, strand_end
    for index, (left, right) in enumerate(last_to_first):
        if right - left >= needed or index == len(last_to_first) - 1:
            return end - needed
        needed -= right - left
        following = last_to_first[index + 1]
        gap = left - following[1] if transcript.strand == "+" else following[0] - right
        end -= (right - left) + gap
    return end - needed


def _sorted(values: set[int]) -> Positions:
    return np.array(sorted(values), np.int64)


@kernel
def _count_candidates(codes):  # type: ignore[no-untyped-def]
    donors = acceptors = starts = stops = 0
    n = len(codes)
    for p in range(n - 1):
        first, second = codes[p], codes[p + 1]
        if first == 2 and (second == 3 or second == 1):
            donors += 1
        if first == 0 and second == 2 and p + 2 < n:
            acceptors += 1
        if p + 2 < n:
            third = codes[p + 2]
            if first == 0 and second == 3 and third == 2:
                starts += 1
            elif first == 3 and (
                (second == 0 and (third == 0 or third == 2)) or (second == 2 and third == 0)
            ):
                stops += 1
    return donors, acceptors, starts, stops


@kernel
def _fill_candidates(codes, donors, acceptors, starts, stops):  # type: ignore[no-untyped-def]
    d = a = s = e = 0
    n = len(codes)
    for p in range(n - 1):
        first, second = codes[p], codes[p + 1]
        if first == 2 and (second == 3 or second == 1):
            donors[d] = p
            d += 1
        if first == 0 and second == 2 and p + 2 < n:
            acceptors[a] = p + 2
            a += 1
        if p + 2 < n:
            third = codes[p + 2]
            if first == 0 and second == 3 and third == 2:
                starts[s] = p
                s += 1
            elif first == 3 and (
                (second == 0 and (third == 0 or third == 2)) or (second == 2 and third == 0)
            ):
                stops[e] = p
                e += 1
