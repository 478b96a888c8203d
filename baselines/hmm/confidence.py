"""How sure the decoder is of each exon and gene it predicts, and which genes it is too unsure of to keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from baselines.hmm.alternatives import Reading
from baselines.hmm.path import Segment
from baselines.hmm.posterior import Sums
from baselines.hmm.topology import EDGE, Events
from baselines.hmm.truth import Truth, annotated, structure_f1, unmasked
from features.labelled import LabelledChromosome
from features.scorers.calibration import fit_logistic
from features.transcripts import Transcript

__all__ = ["Confidence", "Evidence", "GradedGene", "Grading", "fit_confidence", "grade_gene"]

SUREST = 20.0
"""Natural-log odds, of either sign, that stand for anything surer."""
DIGITS = 4
TRIED = [percent / 100 for percent in range(0, 50, 2)]
"""Probabilities that are tried as the least one of a gene worth keeping."""
WORTH = 0.003
"""Sum of exon and gene F1 that a least probability must win, or all genes are kept."""


class Evidence(NamedTuple):
    """What speaks for a predicted exon or gene, in natural-log odds.

    Attributes
    ----------
    posterior : of its whole path (forward-backward algorithm), given the decoder's weights.
    weakest : of its weakest site by itself, as scored; even odds where both ends are those of the sequence.
    """

    posterior: float
    weakest: float


class GradedGene(NamedTuple):
    """A predicted transcript and what speaks for it, and for each of its CDS intervals."""

    transcript: Transcript
    evidence: Evidence
    exons: list[Evidence]


class Grading(NamedTuple):
    """From evidence to the natural-log odds that a prediction is right to the base."""

    posterior: float = 1.0
    weakest: float = 0.0
    intercept: float = 0.0

    def probability(self, evidence: Evidence) -> float:
        """That it is right, rounded."""
        odds = self.posterior * evidence.posterior + self.weakest * evidence.weakest
        return round(float(expit(odds + self.intercept)), DIGITS)


class Confidence(NamedTuple):
    """The gradings of exons and of whole genes, and the least probability of a gene that is kept."""

    exon: Grading = Grading()
    gene: Grading = Grading()
    least: float = 0.0

    def grade(self, gene: GradedGene) -> Transcript:
        """The transcript with probabilities for scores; no gene is surer than one of its exons."""
        whole = self.gene.probability(gene.evidence)
        exons = [self.exon.probability(evidence) for evidence in gene.exons]
        if len(exons) == 1:
            exons = [whole]
        return replace(gene.transcript, score=min(whole, *exons), cds_scores=tuple(exons))


def fit_confidence(
    predicted: Sequence[tuple[LabelledChromosome, Sequence[GradedGene]]],
) -> Confidence:
    """Learn how often predicted genes and their exons are right outside the masks.

    The least confidence is the one that leaves the highest sum of exon and gene F1, if that is worth it.
    """
    exons: list[tuple[float, float, bool]] = []
    genes: list[tuple[float, float, bool]] = []
    truths = [annotated(chromosome) for chromosome, _ in predicted]
    for (_, found), truth in zip(predicted, truths, strict=True):
        chains = {
            (strand, chain) for (strand, _), isoforms in truth.genes.items() for chain in isoforms
        }
        counted = {id(each) for each in unmasked([gene.transcript for gene in found], truth.mask)}
        for transcript, evidence, of_exons in found:
            if id(transcript) in counted:
                strand = transcript.strand
                genes.append((*evidence, (strand, transcript.cds) in chains))
                for exon, of_exon in zip(transcript.cds, of_exons, strict=True):
                    exons.append((*of_exon, (strand, exon) in truth.exons))
    confidence = Confidence(_fit_grading(exons), _fit_grading(genes))
    graded = [
        (truth, [confidence.grade(gene) for gene in found])
        for (_, found), truth in zip(predicted, truths, strict=True)
    ]
    return confidence._replace(least=_choose_least(graded))


def _fit_grading(graded: Sequence[tuple[float, float, bool]]) -> Grading:
    table = np.array(graded, np.float64).reshape(-1, 3)
    return Grading(*fit_logistic(table[:, :2], table[:, 2] == 1))


def _choose_least(graded: Sequence[tuple[Truth, Sequence[Transcript]]]) -> float:
    """The lowest of the best, or none."""

    def quality(least: float) -> float:
        return structure_f1(
            (truth, [gene for gene in genes if (gene.score or 0.0) >= least])
            for truth, genes in graded
        )

    best = max(TRIED, key=quality)
    return best if quality(best) >= quality(0.0) + WORTH else 0.0


def grade_gene(reading: Reading, events: Events, sums: Sums) -> GradedGene:
    """Gather what speaks for a gene."""
    gene, of_exons, of_whole = reading
    exons = [
        Evidence(_posterior(exon, exon, score, sums), _weakest([exon], events))
        for exon, score in zip(gene.exons, of_exons, strict=True)
    ]
    whole = _posterior(gene.exons[0], gene.exons[-1], of_whole, sums)
    return GradedGene(gene.transcript, Evidence(whole, _weakest(gene.exons, events)), exons)


def _posterior(first: Segment, last: Segment, score: float, sums: Sums) -> float:
    """Of a path's stretch of that ``score`` from the opening of one exon to the closing of another."""
    log = sums.forward[first.opening, first.phase] + score
    log += sums.backward[last.closing, last.unfinished] - sums.total
    log = min(float(log), -1e-12)
    return float(np.clip(log - np.log(-np.expm1(log)), -SUREST, SUREST))


def _weakest(exons: Sequence[Segment], events: Events) -> float:
    ends = np.array([end for exon in exons for end in (exon.opening, exon.closing)])
    sites = ends[events.kind[ends] != EDGE]
    return float(np.clip(events.log_odds[sites].min(), -SUREST, SUREST)) if len(sites) else 0.0
