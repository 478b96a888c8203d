"""How probable each event is, given all the decoder knows: the forward-backward algorithm over the sparse events.

The backward scores are the forward scores of the mirrored chromosome (its reverse complement, the strands swapped), so
that one kernel serves both.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from baselines.hmm.lengths import Lengths
from baselines.hmm.path import Weights, solve, weigh
from baselines.hmm.topology import EDGE, Events, mirror_events
from features.accelerate import map_threads
from features.genome import Codes

__all__ = ["Belief", "Sums", "beliefs", "sum_paths"]

OTHER_PHASE = [0, 2, 1]
"""Bases of a split codon on the other side of a boundary."""


class Sums(NamedTuple):
    """Scores of all paths together, in natural-log units.

    Attributes
    ----------
    forward : (e, 3), of all that leads to an event with so many bases of a codon to its left, the event included.
    backward : (e, 3), of all that follows it, the event not included.
    total : of everything.
    mirrored : the events as the other strand has them.
    order : which event each of the mirrored ones is.
    """

    forward: npt.NDArray[np.float64]
    backward: npt.NDArray[np.float64]
    total: float
    mirrored: Events
    order: npt.NDArray[np.intp]

    @property
    def probability(self) -> npt.NDArray[np.float64]:
        """Posterior probability of each event and phase, shape (e, 3)."""
        return np.exp(np.minimum(self.forward + self.backward - self.total, 0.0))


class Belief(NamedTuple):
    """The events of a chromosome as one strand reads them, its own events with ``reverse == 0``.

    Attributes
    ----------
    events : ascending along the strand.
    probability : float64 (e, 3), posterior probability that the event is used with so many bases of a codon to its
        left. Only as good as the decoder's weights, which are fitted for the best path.
    """

    events: Events
    probability: npt.NDArray[np.float64]


def sum_paths(
    events: Events,
    sequence: Codes,
    lengths: Lengths,
    weights: Weights,
    until: int | None = None,
    threads: int = 1,
) -> Sums:
    """Forward-backward sums over ``events``; ``until`` is what ``build_events`` was given."""
    mirrored, order = mirror_events(events, sequence, until)
    towards, backwards = map_threads(
        lambda each: solve(each, lengths, weights, total=True), (events, mirrored), threads
    )
    own = weigh(events, weights).log_odds
    own[events.kind == EDGE] = weights.edge
    backward = np.empty_like(towards.score)
    backward[order] = backwards.score[:, OTHER_PHASE]
    return Sums(towards.score, backward - own[:, None], towards.total, mirrored, order)


def beliefs(
    events: Events, sequence: Codes, lengths: Lengths, weights: Weights, threads: int = 1
) -> tuple[Belief, Belief]:
    """What the forward and the reverse strand of ``sequence`` believe; the same probabilities, mirrored."""
    sums = sum_paths(events, sequence, lengths, weights, threads=threads)
    probability = sums.probability
    return (
        Belief(events, probability),
        Belief(sums.mirrored, probability[sums.order][:, OTHER_PHASE]),
    )
