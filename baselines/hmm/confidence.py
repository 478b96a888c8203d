"""How sure the decoder is of each exon and gene it predicts, and which genes it is too unsure of to keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from baselines.calibration import fit_logistic
from baselines.hmm.path import Segment, Solution
from baselines.hmm.posterior import Sums
from baselines.hmm.truth import Truth, annotated, structure_f1, unmasked
from features.labelled import ScoredChromosome
from features.sites import SiteScores, boundaries
from features.transcripts import Transcript

__all__ = ["Confidence", "Grading", "fit_confidence", "grade_gene", "weakest_sites"]

SUREST = 20.0
"""Natural-log odds, of either sign, that stand for anything surer."""
DIGITS = 4
LEAST = [percent / 100 for percent in range(0, 50, 2)]
"""Probabilities that are tried as the least one of a gene worth keeping."""


class Grading(NamedTuple):
    """From posterior log odds and those of the weakest site to the natural-log odds that a prediction is right."""

    posterior: float = 1.0
    weakest: float = 0.0
    intercept: float = 0.0

    def probability(self, posterior: float, weakest: float) -> float:
        """That it is right to the base, rounded."""
        odds = self.posterior * posterior + self.weakest * weakest + self.intercept
        return round(float(expit(odds)), DIGITS)


class Confidence(NamedTuple):
    """The gradings of exons and of whole genes, and the least probability of a gene that is kept."""

    exon: Grading = Grading()
    gene: Grading = Grading()
    least: float = 0.0

    def grade(self, gene: Transcript, forward: SiteScores, reverse: SiteScores) -> Transcript:
        """``gene`` with probabilities in place of posterior log odds."""
        weakest = weakest_sites(gene, forward, reverse)
        return replace(
            gene,
            score=self.gene.probability(gene.score or 0.0, min(weakest)),
            cds_scores=tuple(map(self.exon.probability, gene.cds_scores, weakest)),
        )


def fit_confidence(
    predicted: Sequence[tuple[ScoredChromosome, Sequence[Transcript]]],
) -> Confidence:
    """Learn how often predicted genes, scored by posterior log odds, and their exons are right outside the masks.

    The least confidence is the one that leaves the highest sum of exon and gene F1.
    """
    exons: list[tuple[float, float, bool]] = []
    genes: list[tuple[float, float, bool]] = []
    truths = [annotated(scored.chromosome) for scored, _ in predicted]
    for (scored, transcripts), truth in zip(predicted, truths, strict=True):
        chains = {
            (strand, chain) for (strand, _), isoforms in truth.genes.items() for chain in isoforms
        }
        for gene in unmasked(transcripts, truth.mask):
            weakest = weakest_sites(gene, scored.forward, scored.reverse)
            genes.append((gene.score or 0.0, min(weakest), (gene.strand, gene.cds) in chains))
            for exon, score, weak in zip(gene.cds, gene.cds_scores, weakest, strict=True):
                exons.append((score, weak, (gene.strand, exon) in truth.exons))
    confidence = Confidence(_fit_grading(exons), _fit_grading(genes))
    graded = [
        (truth, [confidence.grade(gene, scored.forward, scored.reverse) for gene in transcripts])
        for (scored, transcripts), truth in zip(predicted, truths, strict=True)
    ]
    return confidence._replace(least=_choose_least(graded))


def _fit_grading(graded: Sequence[tuple[float, float, bool]]) -> Grading:
    posterior, weakest, right = np.array(graded, np.float64).reshape(-1, 3).T
    return Grading(*fit_logistic(np.column_stack([posterior, weakest]), right == 1))


def _choose_least(graded: Sequence[tuple[Truth, Sequence[Transcript]]]) -> float:
    """The lowest of the best."""

    def quality(least: float) -> float:
        return structure_f1(
            (truth, [gene for gene in genes if (gene.score or 0.0) >= least])
            for truth, genes in graded
        )

    return max(LEAST, key=quality)


def weakest_sites(gene: Transcript, forward: SiteScores, reverse: SiteScores) -> list[float]:
    """Log odds of the weaker of the sites at the ends of each CDS interval of ``gene``, ascending by position.

    An end without a site, as at a sequence end, counts as certain.
    """
    scores = forward if gene.strand == "+" else reverse
    cds: Sequence[tuple[int, int]] = gene.cds
    if gene.strand == "-":
        cds = [(scores.length - end, scores.length - start) for start, end in cds[::-1]]
    openings = ["start" if gene.start_complete else "", *["acceptor"] * (len(cds) - 1)]
    closings = [*["donor"] * (len(cds) - 1), "stop" if gene.end_complete else ""]
    weakest = [
        min(_site_log_odds(scores, opening, start), _site_log_odds(scores, closing, end))
        for (start, end), opening, closing in zip(cds, openings, closings, strict=True)
    ]
    return weakest if gene.strand == "+" else weakest[::-1]


def _site_log_odds(scores: SiteScores, kind: str, boundary: int) -> float:
    if not kind:
        return SUREST
    position = boundary - int(boundaries(kind, np.zeros(1, np.int64))[0])
    place = int(np.searchsorted(scores.positions[kind], position))
    return min(SUREST, float(scores.log_odds[kind][place]))


def grade_gene(
    exons: Sequence[Segment], solution: Solution, sums: Sums
) -> tuple[float, list[float]]:
    """Posterior natural-log odds of a gene of the best path, and of each of its ``exons``."""
    of_exons = [_log_odds(exon, exon, solution, sums) for exon in exons]
    return _log_odds(exons[0], exons[-1], solution, sums), of_exons


def _log_odds(first: Segment, last: Segment, solution: Solution, sums: Sums) -> float:
    """Of the best path's stretch from the opening of one exon to the closing of another."""
    end = last.closing, last.unfinished
    begin = first.opening, first.phase
    stretch = solution.score[end] - solution.score[begin]
    log = sums.forward[begin] + stretch + sums.backward[end] - sums.total
    log = min(float(log), -1e-12)
    return float(np.clip(log - np.log(-np.expm1(log)), -SUREST, SUREST))
