"""Search of the decoder's weights on validation chromosomes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from baselines.calibration import Calibration
from baselines.hmm.confidence import Confidence
from baselines.hmm.lengths import Lengths
from baselines.hmm.path import Weights, find_path, path_transcripts
from baselines.hmm.topology import Events, build_events
from features.accelerate import map_threads
from features.errors import TrainingError
from features.labelled import LabelledChromosome, ScoredChromosome
from features.progress import track
from features.regions import Regions, merge_regions, overlap_regions
from features.sites import KINDS
from features.transcripts import Interval, Transcript, close_gaps

__all__ = [
    "annotated",
    "calibrate_confidence",
    "lowest_true_log_odds",
    "search_weights",
    "structure_f1",
]

MULTIPLIED = tuple(name for name in Weights._fields if not name.endswith("bias") and name != "edge")
"""Weights that change by a factor; the others change by a difference."""
ROUNDS = ((1.6, 2.0), (1.6, 2.0), (1.3, 1.0), (1.3, 1.0), (1.15, 0.5), (1.15, 0.5), (1.07, 0.25))
"""(factor, difference) of each round of the search."""
JUMPS = 100
"""Random moves of all weights after the rounds."""


MANY_EVENTS = 1_500_000
"""With more events than this, as from a scorer that rules nothing out, every other round of the search is left out."""
KEPT = 0.995
"""Share of the true validation sites of a kind that the decoder gets to see."""
HOPELESS = -8.0
"""Natural-log odds: the decoder sees every site above it, and others only where true sites score so low."""


class Truth(NamedTuple):
    """What is annotated outside the mask of a chromosome: CDS exons, and the CDS chains of each gene, by strand."""

    exons: set[tuple[str, Interval]]
    genes: dict[tuple[str, str], set[tuple[Interval, ...]]]


class Problem(NamedTuple):
    """One validation chromosome, ready to be decoded again and again."""

    name: str
    events: Events
    mask: Regions
    truth: Truth


class Counts(NamedTuple):
    """True positives, predicted and true features."""

    hits: int
    predicted: int
    true: int


def search_weights(
    validation: Sequence[ScoredChromosome],
    lengths: Lengths,
    lowest_log_odds: Mapping[str, float],
    threads: int,
) -> Weights:
    """Coordinate search from the default weights for the highest sum of exon and gene F1 over ``validation``.

    Each weight in turn is moved up and down and kept where it helps; the steps shrink from round to round. Then all are
    moved at once, at random, to leave ridges that no single weight can climb.
    """
    if not any(
        transcript.coding for scored in validation for transcript in scored.chromosome.transcripts
    ):
        raise TrainingError(
            "The validation chromosomes hold no coding gene, so the HMM's weights cannot be fitted. "
            "Name other validation chromosomes."
        )
    problems = []
    for scored in validation:
        chromosome = scored.chromosome
        events = build_events(scored.forward, scored.reverse, chromosome.sequence, lowest_log_odds)
        mask = merge_regions(chromosome.mask)
        problems.append(Problem(chromosome.name, events, mask, annotated(chromosome)))

    def quality(weights: Weights) -> float:
        return structure_f1(
            (
                problem,
                path_transcripts(
                    problem.events, find_path(problem.events, lengths, weights), problem.name
                ),
            )
            for problem in problems
        )

    best = Weights()
    best_quality = quality(best)
    many = sum(len(problem.events.boundary) for problem in problems) > MANY_EVENTS
    moves = [(name, *steps) for steps in ROUNDS[:: 2 if many else 1] for name in Weights._fields]
    rng = np.random.default_rng(0)
    jumps: list[tuple[str, float, float]] = [("", 0.0, 0.0)] * (JUMPS // (4 if many else 1))
    for name, factor, difference in track([*moves, *jumps], "fitting HMM weights", unit="step"):
        rivals = _moved(best, name, factor, difference) if name else _jumped(best, rng)
        for rival, rival_quality in zip(rivals, map_threads(quality, rivals, threads), strict=True):
            if rival_quality > best_quality:
                best, best_quality = rival, rival_quality
    return best


def _moved(weights: Weights, name: str, factor: float, difference: float) -> list[Weights]:
    """``weights`` with one of them moved up and down."""
    value = getattr(weights, name)
    if name in MULTIPLIED:
        values = (value * factor, value / factor)
    else:
        values = (value + difference, value - difference)
    return [weights._replace(**{name: value}) for value in values]


def _jumped(weights: Weights, rng: np.random.Generator) -> list[Weights]:
    """``weights`` with all of them moved at once at random, and the opposite move."""
    steps = rng.normal(size=len(weights))
    return [
        Weights(
            *(
                value * float(np.exp(0.1 * sign * step))
                if name in MULTIPLIED
                else value + 0.3 * sign * float(step)
                for name, value, step in zip(Weights._fields, weights, steps, strict=True)
            )
        )
        for sign in (1, -1)
    ]


def lowest_true_log_odds(validation: Sequence[ScoredChromosome]) -> dict[str, float]:
    """Per site kind the log odds that 99.5 % of the scored true sites of ``validation`` reach, at most ``HOPELESS``."""
    true: dict[str, list[npt.NDArray[np.float32]]] = {kind: [] for kind in KINDS}
    for scored in validation:
        strands = scored.chromosome.strands()
        for strand, scores in zip(strands, (scored.forward, scored.reverse), strict=True):
            for kind in KINDS:
                is_true, _ = strand.select(kind, scores.positions[kind])
                true[kind].append(scores.log_odds[kind][is_true])
    lowest = {}
    for kind, parts in true.items():
        found = np.concatenate([np.empty(0, np.float32), *parts])
        reached = np.quantile(found, 1 - KEPT, method="lower") if len(found) else HOPELESS
        lowest[kind] = min(HOPELESS, float(reached))
    return lowest


def calibrate_confidence(
    predictions: Iterable[tuple[LabelledChromosome, Sequence[Transcript]]],
) -> Confidence:
    """From posterior log odds, the scores of predicted transcripts, to the share that is right, outside the masks."""
    exons: list[tuple[float, bool]] = []
    genes: list[tuple[float, bool]] = []
    for chromosome, transcripts in predictions:
        truth = annotated(chromosome)
        chains = {
            (strand, chain) for (strand, _), isoforms in truth.genes.items() for chain in isoforms
        }
        for transcript in _unmasked(transcripts, merge_regions(chromosome.mask)):
            right = (transcript.strand, transcript.cds) in chains
            genes.append((transcript.score or 0.0, right))
            for exon, score in zip(transcript.cds, transcript.cds_scores, strict=True):
                exons.append((score, (transcript.strand, exon) in truth.exons))
    return Confidence(*(_calibrate(graded) for graded in (exons, genes)))


def _calibrate(graded: Sequence[tuple[float, bool]]) -> Calibration:
    scores, right = np.array(graded, np.float64).reshape(-1, 2).T
    return Calibration.fit(scores, right == 1)


def annotated(chromosome: LabelledChromosome) -> Truth:
    """The coding transcripts of ``chromosome`` outside its mask, frameshift gaps closed."""
    coding = [transcript for transcript in chromosome.transcripts if transcript.coding]
    exons: set[tuple[str, Interval]] = set()
    genes: dict[tuple[str, str], set[tuple[Interval, ...]]] = {}
    for transcript in _unmasked(coding, merge_regions(chromosome.mask)):
        chain = close_gaps(transcript.cds)
        exons.update((transcript.strand, exon) for exon in chain)
        genes.setdefault((transcript.strand, transcript.gene), set()).add(chain)
    return Truth(exons, genes)


def structure_f1(predictions: Iterable[tuple[Problem, Sequence[Transcript]]]) -> float:
    """Exon F1 plus gene F1 at CDS level, strand-aware and exact, of predicted transcripts per chromosome.

    Unique CDS exons count; a gene is found if the CDS chain of one of its isoforms is predicted. Features that touch
    the mask do not count.
    """
    exons, genes = Counts(0, 0, 0), Counts(0, 0, 0)
    for problem, transcripts in predictions:
        predicted = _unmasked(transcripts, problem.mask)
        predicted_exons = {(t.strand, exon) for t in predicted for exon in t.cds}
        found_exons = len(predicted_exons & problem.truth.exons)
        exons = _add(exons, found_exons, predicted_exons, problem.truth.exons)
        chains = {(t.strand, t.cds) for t in predicted}
        found_genes = sum(
            any((strand, chain) in chains for chain in isoforms)
            for (strand, _), isoforms in problem.truth.genes.items()
        )
        genes = _add(genes, found_genes, chains, problem.truth.genes)
    return _f1(exons) + _f1(genes)


def _add(
    counts: Counts, hits: int, predicted: Collection[object], true: Collection[object]
) -> Counts:
    return Counts(counts.hits + hits, counts.predicted + len(predicted), counts.true + len(true))


def _f1(counts: Counts) -> float:
    return 2 * counts.hits / max(1, counts.predicted + counts.true)


def _unmasked(transcripts: Sequence[Transcript], mask: Regions) -> list[Transcript]:
    """Those whose coding span touches no region of the merged ``mask``."""
    starts = np.array([transcript.cds[0][0] for transcript in transcripts], np.int64)
    ends = np.array([transcript.cds[-1][1] for transcript in transcripts], np.int64)
    left_out = overlap_regions(starts, ends, mask)
    return [each for each, masked in zip(transcripts, left_out, strict=True) if not masked]
