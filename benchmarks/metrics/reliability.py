"""Reliability: whether what is predicted with a probability is right as often as that says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from features.regions import Regions, merge_regions, overlap_regions
from features.scorers.calibration import BINS, Table, tabulate_reliability
from features.transcripts import Interval, Transcript, close_gaps, group_by_chromosome

__all__ = ["LEVELS", "reliability", "tells_probabilities"]

LEVELS = ("exon", "gene")


def tells_probabilities(predicted: Iterable[Transcript]) -> bool:
    """Whether every coding transcript, and each of its CDS intervals, has a score from 0 to 1; false without any."""
    coding = [transcript for transcript in predicted if transcript.coding]
    return bool(coding) and all(
        transcript.score is not None
        and len(transcript.cds_scores) == len(transcript.cds)
        and all(0 <= score <= 1 for score in (transcript.score, *transcript.cds_scores))
        for transcript in coding
    )


def reliability(
    true: Sequence[Transcript],
    predicted: Sequence[Transcript],
    left_out: Mapping[str, Regions],
) -> dict[str, Table]:
    """Per level a table of shape (BINS, 3): how many are predicted, the sum of their probabilities, how many are right.

    Exons are CDS intervals, each counted once with its highest probability; a gene is right where its CDS chain is that
    of a true transcript. As in ``compare_structures``, what overlaps ``left_out`` does not count, a gene with its span.
    """
    tables = {level: np.zeros((BINS, 3)) for level in LEVELS}
    truths = group_by_chromosome(transcript for transcript in true if transcript.coding)
    guesses = group_by_chromosome(transcript for transcript in predicted if transcript.coding)
    for chromosome, found in guesses.items():
        mask = merge_regions(left_out.get(chromosome, np.empty((0, 2), np.int64)))
        chains = {(each.strand, close_gaps(each.cds)) for each in truths.get(chromosome, [])}
        exons = {(strand, exon) for strand, chain in chains for exon in chain}
        of_exons: dict[tuple[str, Interval], float] = {}
        for each in found:
            for exon, score in zip(each.cds, each.cds_scores, strict=True):
                key = each.strand, exon
                of_exons[key] = max(score, of_exons.get(key, 0.0))
        spans = [(each.cds[0][0], each.cds[-1][1]) for each in found]
        scores = [each.score or 0.0 for each in found]
        right = [(each.strand, close_gaps(each.cds)) in chains for each in found]
        _add(tables["gene"], spans, scores, right, mask)
        intervals = [exon for _, exon in of_exons]
        _add(
            tables["exon"], intervals, list(of_exons.values()), [k in exons for k in of_exons], mask
        )
    return tables


def _add(
    table: Table,
    intervals: Sequence[Interval],
    scores: Sequence[float],
    right: Sequence[bool],
    mask: Regions,
) -> None:
    starts, ends = np.array(intervals, np.int64).reshape(-1, 2).T
    counted = ~overlap_regions(starts, ends, mask)
    right_ones = np.array(right, np.bool_)[counted]
    table += tabulate_reliability(np.array(scores, np.float64)[counted], right_ones)
