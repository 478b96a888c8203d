"""Search of the decoder's weights on validation chromosomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from baselines.hmm.lengths import Lengths
from baselines.hmm.path import Weights, find_path, path_transcripts
from baselines.hmm.topology import Events, build_events
from baselines.hmm.truth import Truth, annotated, structure_f1
from features.accelerate import map_threads
from features.errors import TrainingError
from features.labelled import ScoredChromosome
from features.progress import track
from features.sites import KINDS

__all__ = ["lowest_true_log_odds", "search_weights"]

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


class Problem(NamedTuple):
    """One validation chromosome, ready to be decoded again and again."""

    name: str
    events: Events
    truth: Truth


def search_weights(
    validation: Sequence[ScoredChromosome],
    lengths: Lengths,
    lowest_log_odds: Mapping[str, float],
    first: Weights,
    seed: int,
    threads: int,
) -> Weights:
    """Coordinate search from the weights ``first`` for the highest sum of exon and gene F1 over ``validation``.

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
        problems.append(Problem(chromosome.name, events, annotated(chromosome)))

    def quality(weights: Weights) -> float:
        return structure_f1(
            (
                problem.truth,
                path_transcripts(
                    problem.events, find_path(problem.events, lengths, weights), problem.name
                ),
            )
            for problem in problems
        )

    best = first
    best_quality = quality(best)
    many = sum(len(problem.events.boundary) for problem in problems) > MANY_EVENTS
    moves = [(name, *steps) for steps in ROUNDS[:: 2 if many else 1] for name in Weights._fields]
    rng = np.random.default_rng(seed)
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
