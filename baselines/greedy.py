"""``GreedyDecoder``: transcripts put together site by site, the counterpart that shows what the HMM decoder adds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from features.accelerate import kernel
from features.errors import ModelError, TrainingError
from features.genome import Codes, reverse_complement
from features.labelled import LabelledChromosome, ScoredChromosome
from features.progress import track
from features.sites import KINDS, SiteScores
from features.storage import read_card, write_card
from features.transcripts import Transcript, longest_isoforms

__all__ = ["MINIMUM_INTRON", "GreedyDecoder", "best_threshold", "choose_thresholds"]

MINIMUM_INTRON = 20
"""Shortest intron, in bases, that the decoder writes."""

CARD_KIND = "greedy"


class GreedyDecoder:
    """Assemble transcripts from the sites over a threshold, each strand by itself.

    Starts are taken best first. From a start the reading frame is followed codon by codon: the first kept donor that
    has a kept acceptor at ``MINIMUM_INTRON`` to ``maximum_intron`` bases ends the exon (unless the codon across them
    is a stop or unknown), and the nearest such acceptor begins the next; the first in-frame stop codon ends the
    transcript. The start is given up where that stop codon is not a kept site, or where an unknown base, the sequence
    end or a transcript that is already there comes first. No choice is taken back; no content score and no length is
    weighed.

    Attributes
    ----------
    thresholds : natural-log odds per site kind, at or over which a site is kept; ``inf`` keeps none.
    maximum_intron : longest CDS intron of the training annotation, in bases; 0 where it has no introns.
    """

    def __init__(self) -> None:
        self.thresholds: dict[str, float] = {}
        self.maximum_intron = 0

    def fit(
        self, training: Sequence[LabelledChromosome], validation: Sequence[ScoredChromosome]
    ) -> None:
        """Take the longest intron of ``training`` and, per site kind, the threshold of highest F1 on ``validation``.

        Raises
        ------
        TrainingError : ``validation`` is empty.
        """
        self.thresholds = choose_thresholds(validation)
        self.maximum_intron = max(
            (
                end - start
                for chromosome in training
                for transcript in longest_isoforms(chromosome.transcripts)
                for start, end in transcript.cds_introns
            ),
            default=0,
        )

    def decode(
        self,
        scores_forward: SiteScores,
        scores_reverse: SiteScores,
        sequence: Codes,
        chromosome: str,
    ) -> list[Transcript]:
        """Transcripts of both strands, sorted by position; ``score`` is the mean log odds of a transcript's sites."""
        if not self.thresholds:
            raise ModelError("greedy: decode was called before fit or load. Fit the decoder first.")
        found = []
        for strand, scores in (("+", scores_forward), ("-", scores_reverse)):
            codes = sequence if strand == "+" else reverse_complement(sequence)
            for exons, score in self._assemble(scores, codes):
                if strand == "-":
                    exons = [(len(codes) - end, len(codes) - start) for start, end in exons[::-1]]
                found.append((tuple(exons), strand, score))
        transcripts = []
        for number, (intervals, strand, score) in enumerate(sorted(found), start=1):
            gene = f"{chromosome}.greedy.{number}"
            transcripts.append(
                Transcript(
                    chromosome, strand, gene, f"{gene}.1", intervals, cds=intervals, score=score
                )
            )
        return transcripts

    def save(self, folder: Path) -> None:
        """Write ``model.json`` into the existing ``folder``."""
        thresholds = {
            kind: threshold if math.isfinite(threshold) else None
            for kind, threshold in self.thresholds.items()
        }
        write_card(
            folder, CARD_KIND, {"thresholds": thresholds, "maximum_intron": self.maximum_intron}
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a decoder that ``save`` wrote; ``ModelError`` where there is none."""
        card = read_card(folder, CARD_KIND)
        decoder = cls()
        try:
            decoder.thresholds = {
                kind: math.inf if card["thresholds"][kind] is None else card["thresholds"][kind]
                for kind in KINDS
            }
            decoder.maximum_intron = card["maximum_intron"]
        except KeyError as error:
            raise ModelError(
                f"{folder}: model.json lacks {error}. Train the decoder again."
            ) from None
        return decoder

    def _assemble(
        self, scores: SiteScores, codes: Codes
    ) -> list[tuple[list[tuple[int, int]], float]]:
        """(exons, mean log odds) of each transcript of one strand, in strand positions."""
        kept = [scores.log_odds[kind] >= self.thresholds[kind] for kind in KINDS]
        positions = [scores.positions[kind][keep] for kind, keep in zip(KINDS, kept, strict=True)]
        log_odds = [scores.log_odds[kind][keep] for kind, keep in zip(KINDS, kept, strict=True)]
        # No two transcripts share a start or an acceptor, so there cannot be more exons than these.
        exons = np.empty((len(positions[1]) + len(positions[2]), 2), np.int64)
        ends = np.empty(len(positions[2]), np.int64)
        means = np.empty(len(positions[2]), np.float64)
        best_first = np.argsort(-log_odds[2], kind="stable")
        count = _assemble_strand(
            codes, *positions, *log_odds, best_first, self.maximum_intron, exons, ends, means
        )
        bounds = [0, *ends[:count].tolist()]
        return [
            ([(int(start), int(end)) for start, end in exons[first:last]], float(mean))
            for first, last, mean in zip(bounds[:-1], bounds[1:], means[:count], strict=True)
        ]


def choose_thresholds(validation: Sequence[ScoredChromosome]) -> dict[str, float]:
    """Per site kind the ``best_threshold`` of the scored sites of ``validation``, both strands together.

    Raises
    ------
    TrainingError : ``validation`` is empty.
    """
    if not validation:
        raise TrainingError(
            "No validation chromosome to choose thresholds on. Name one in the holdout."
        )
    log_odds: dict[str, list[npt.NDArray[np.float32]]] = {kind: [] for kind in KINDS}
    true: dict[str, list[npt.NDArray[np.bool_]]] = {kind: [] for kind in KINDS}
    total = dict.fromkeys(KINDS, 0)
    for scored in track(validation, "thresholds", unit="chromosome"):
        scores = (scored.forward, scored.reverse)
        for strand, of_strand in zip(scored.chromosome.strands(), scores, strict=True):
            for kind in KINDS:
                is_true, left_out = strand.select(kind, of_strand.positions[kind])
                log_odds[kind].append(of_strand.log_odds[kind][~left_out])
                true[kind].append(is_true[~left_out])
                total[kind] += int(strand.select(kind, strand.labels[kind].true)[0].sum())
    return {
        kind: best_threshold(np.concatenate(log_odds[kind]), np.concatenate(true[kind]), count)
        for kind, count in total.items()
    }


def best_threshold(
    log_odds: npt.NDArray[np.float32], true: npt.NDArray[np.bool_], total: int
) -> float:
    """Score at or over which the F1 of the kept sites is highest; ``inf`` where no site is true.

    Parameters
    ----------
    log_odds, true : score and truth of each scored site, shape (sites,).
    total : true sites there are, those without a score included. Of equally good thresholds the highest is taken.
    """
    order = np.argsort(-log_odds, kind="stable")
    ranked = log_odds[order]
    hits = np.cumsum(true[order])
    if not len(hits) or not hits[-1]:
        return math.inf
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + total)
    # Sites of equal score are kept or dropped together, so only the last of a tie is a possible cut.
    f1[:-1][ranked[:-1] == ranked[1:]] = 0
    return float(ranked[np.argmax(f1)])


@kernel
def _is_stop(first, second, third):  # type: ignore[no-untyped-def]
    return first == 3 and (
        (second == 0 and (third == 0 or third == 2)) or (second == 2 and third == 0)
    )


@kernel
def _assemble_strand(  # type: ignore[no-untyped-def]
    codes,
    donors,
    acceptors,
    starts,
    stops,
    donor_odds,
    acceptor_odds,
    start_odds,
    stop_odds,
    best_first,
    maximum_intron,
    exons,
    ends,
    means,
):
    """Fill ``exons`` (rows of begin, end), the row behind each transcript's last in ``ends``, and ``means``.

    Returns the number of transcripts.
    """
    n = len(codes)
    taken = np.zeros(n, np.bool_)
    transcripts = 0
    first_row = 0
    for s in best_first:
        start = starts[s]
        row = first_row
        begin = start
        codon = start
        total = np.float64(start_odds[s])
        used = 1
        d = np.searchsorted(donors, start + 3)
        while codon + 3 <= n and not taken[codon]:
            if d < len(donors) and donors[d] < codon + 3:
                donor = donors[d]
                d += 1
                a = np.searchsorted(acceptors, donor + MINIMUM_INTRON)
                if a == len(acceptors) or acceptors[a] - donor > maximum_intron:
                    continue
                acceptor = acceptors[a]
                before = donor - codon
                after = (3 - before) % 3
                if acceptor + after > n or taken[acceptor]:
                    continue
                if before > 0:
                    first = codes[codon]
                    second = codes[codon + 1] if before == 2 else codes[acceptor]
                    third = codes[acceptor + after - 1]
                    if max(first, second, third) > 3 or _is_stop(first, second, third):
                        continue
                exons[row, 0] = begin
                exons[row, 1] = donor
                row += 1
                total += donor_odds[d - 1] + acceptor_odds[a]
                used += 2
                begin = acceptor
                codon = acceptor + after
                d = np.searchsorted(donors, max(codon, acceptor + 1))
                continue
            first, second, third = codes[codon], codes[codon + 1], codes[codon + 2]
            if max(first, second, third) > 3:
                break
            codon += 3
            if not _is_stop(first, second, third):
                continue
            e = np.searchsorted(stops, codon - 3)
            if e < len(stops) and stops[e] == codon - 3 and not taken[start:codon].any():
                exons[row, 0] = begin
                exons[row, 1] = codon
                first_row = row + 1
                means[transcripts] = (total + stop_odds[e]) / (used + 1)
                ends[transcripts] = first_row
                transcripts += 1
                taken[start:codon] = True
            break
    return transcripts
