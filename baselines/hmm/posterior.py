"""How probable each event is, given all the decoder knows: the forward-backward algorithm over the sparse events.

The backward scores are the forward scores of the mirrored chromosome (its reverse complement, the strands swapped), so
that one kernel serves both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from baselines.hmm.lengths import Lengths
from baselines.hmm.path import Solution, Weights, solve, weigh
from baselines.hmm.topology import EDGE, Events, build_events
from features.accelerate import map_threads
from features.genome import Codes, reverse_complement
from features.sites import SiteScores

__all__ = ["Belief", "beliefs"]

OTHER_PHASE = [0, 2, 1]
"""Bases of a split codon on the other side of a boundary."""


class Belief(NamedTuple):
    """The events of a chromosome as one strand reads them, its own events with ``reverse == 0``.

    Attributes
    ----------
    events : ascending along the strand.
    probability : float64 (e, 3), posterior probability that the event is used with so many bases of a codon to its
        left. Only as good as the decoder's weights, which are fitted for the best path.
    total : natural-log score of all paths together.
    """

    events: Events
    probability: npt.NDArray[np.float64]
    total: float


def beliefs(
    forward: SiteScores,
    reverse: SiteScores,
    sequence: Codes,
    lengths: Lengths,
    weights: Weights,
    lowest_log_odds: Mapping[str, float],
    threads: int = 1,
) -> tuple[Belief, Belief]:
    """What the forward and the reverse strand of ``sequence`` believe; the same probabilities, mirrored."""

    def sweep(strand: tuple[SiteScores, SiteScores, Codes]) -> tuple[Events, Solution]:
        events = build_events(*strand, lowest_log_odds)
        return events, solve(events, lengths, weights, total=True)

    strands = ((forward, reverse, sequence), (reverse, forward, reverse_complement(sequence)))
    (here, towards), (there, backwards) = map_threads(sweep, strands, threads)
    mirrored = _mirrored_order(here, len(sequence))
    own = weigh(here, weights).log_odds
    own[here.kind == EDGE] = weights.edge
    log = towards.score - own[:, None] - towards.total
    log[mirrored] += backwards.score[:, OTHER_PHASE]
    probability = np.exp(np.minimum(log, 0.0))
    return (
        Belief(here, probability, towards.total),
        Belief(there, probability[mirrored][:, OTHER_PHASE], backwards.total),
    )


def _mirrored_order(events: Events, length: int) -> npt.NDArray[np.intp]:
    """Index of the event of ``events`` that each event of the mirrored chromosome is."""
    return np.lexsort((events.kind, 1 - events.reverse, events.opens, length - events.boundary))
