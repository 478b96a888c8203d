"""Search of the decoder's weights on validation chromosomes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from baselines.hmm.lengths import Lengths
from baselines.hmm.path import Weights, find_path, path_transcripts
from baselines.hmm.topology import Events, build_events
from features.accelerate import map_threads
from features.errors import TrainingError
from features.labelled import LabelledChromosome, ScoredChromosome
from features.progress import track
from features.transcripts import Transcript

__all__ = ["search_weights", "structure_f1"]

MULTIPLIED = tuple(name for name in Weights._fields if not name.endswith("bias") and name != "edge")
"""Weights that change by a factor; the others change by a difference."""
ROUNDS = ((1.6, 2.0), (1.6, 2.0), (1.3, 1.0), (1.3, 1.0), (1.15, 0.5), (1.15, 0.5), (1.07, 0.25))
"""(factor, difference) of each round of the search."""


class Problem(NamedTuple):
    """One validation chromosome, ready to be decoded again and again."""

    chromosome: LabelledChromosome
    events: Events


class Counts(NamedTuple):
    """True positives, predicted and true features."""

    hits: int
    predicted: int
    true: int


def search_weights(
    validation: Sequence[ScoredChromosome],
    lengths: Lengths,
    lowest_log_odds: float,
    threads: int,
) -> Weights:
    """Coordinate search from the default weights for the highest sum of exon and gene F1 over ``validation``.

    Each weight in turn is moved up and down and kept where it helps; the steps shrink from round to round.
    """
    if not any(
        transcript.coding for scored in validation for transcript in scored.chromosome.transcripts
    ):
        raise TrainingError(
            "The validation chromosomes hold no coding gene, so the HMM's weights cannot be fitted. "
            "Name other validation chromosomes."
        )
    problems = [
        Problem(
            scored.chromosome,
            build_events(
                scored.forward, scored.reverse, scored.chromosome.sequence, lowest_log_odds
            ),
        )
        for scored in validation
    ]

    def quality(weights: Weights) -> float:
        return structure_f1(
            [
                (
                    problem.chromosome,
                    path_transcripts(
                        problem.events,
                        find_path(problem.events, lengths, weights),
                        problem.chromosome.name,
                    ),
                )
                for problem in problems
            ]
        )

    best = Weights()
    best_quality = quality(best)
    moves = [(name, *steps) for steps in ROUNDS for name in Weights._fields]
    for name, factor, difference in track(moves, "fitting HMM weights", unit="weight"):
        value = getattr(best, name)
        if name in MULTIPLIED:
            values = (value * factor, value / factor)
        else:
            values = (value + difference, value - difference)
        rivals = [best._replace(**{name: value}) for value in values]
        for rival, rival_quality in zip(rivals, map_threads(quality, rivals, threads), strict=True):
            if rival_quality > best_quality:
                best, best_quality = rival, rival_quality
    return best


def structure_f1(predictions: Sequence[tuple[LabelledChromosome, Sequence[Transcript]]]) -> float:
    """Exon F1 plus gene F1 at CDS level, strand-aware and exact, of predicted transcripts per chromosome.

    Unique CDS exons count; a gene is found if the CDS chain of one of its isoforms is predicted. Features that touch
    the mask do not count.
    """
    exons, genes = Counts(0, 0, 0), Counts(0, 0, 0)
    for chromosome, transcripts in predictions:
        visible = [t for t in chromosome.transcripts if t.coding and not _masked(t, chromosome)]
        predicted = [t for t in transcripts if not _masked(t, chromosome)]
        true_exons = {(t.strand, exon) for t in visible for exon in t.cds}
        predicted_exons = {(t.strand, exon) for t in predicted for exon in t.cds}
        exons = _add(exons, len(true_exons & predicted_exons), predicted_exons, true_exons)
        predicted_chains = {(t.strand, t.cds) for t in predicted}
        true_genes = {t.gene for t in visible}
        found = {t.gene for t in visible if (t.strand, t.cds) in predicted_chains}
        genes = _add(genes, len(found), predicted_chains, true_genes)
    return _f1(exons) + _f1(genes)


def _add(
    counts: Counts, hits: int, predicted: Collection[object], true: Collection[object]
) -> Counts:
    return Counts(counts.hits + hits, counts.predicted + len(predicted), counts.true + len(true))


def _f1(counts: Counts) -> float:
    return 2 * counts.hits / max(1, counts.predicted + counts.true)


def _masked(transcript: Transcript, chromosome: LabelledChromosome) -> bool:
    start, end = transcript.cds[0][0], transcript.cds[-1][1]
    return any(start < mask_end and mask_start < end for mask_start, mask_end in chromosome.mask)
