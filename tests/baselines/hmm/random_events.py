"""Random site scores and uneven length tables, and the kernel's best path through them."""

from __future__ import annotations

import numpy as np

from baselines.hmm.kernels import NOTHING
from baselines.hmm.lengths import LengthModel, Lengths
from baselines.hmm.path import Segment, Weights, solve, trace
from baselines.hmm.topology import Events
from features.sites import KINDS, SiteScores, candidate_sites


def flat_lengths(shortest_intron: int = 4, window: int = 60) -> Lengths:
    """Arbitrary but uneven length tables."""
    rng = np.random.default_rng(5)

    def model(size: int, shortest: int) -> LengthModel:
        table = np.log(rng.uniform(0.001, 0.02, size))
        table[:shortest] = -np.inf
        return LengthModel(table, 0.05)

    def survival(size: int, rate: float) -> LengthModel:
        return LengthModel(np.log(np.sort(rng.uniform(0.01, 1, size))[::-1]), rate)

    exons = tuple(model(size, 3) for size in (80, 50, 40, 30))
    introns = model(window, shortest_intron)
    return Lengths((*exons, survival(35, 0.03)), introns, survival(45, 0.02))


def at_least(log_odds: float) -> dict[str, float]:
    """The same lowest log odds for every site kind."""
    return dict.fromkeys(KINDS, log_odds)


def random_scores(codes: np.ndarray, rng: np.random.Generator, share: float = 1.0) -> SiteScores:
    positions = {}
    for kind, found in candidate_sites(codes).items():
        positions[kind] = found[rng.random(len(found)) < share]
    log_odds = {kind: rng.normal(1.5, 2, len(positions[kind])).astype(np.float32) for kind in KINDS}
    return SiteScores.from_dense_content(positions, log_odds, rng.normal(0, 0.4, (len(codes), 4)))


def run_kernel(events: Events, lengths: Lengths, weights: Weights) -> tuple[float, list[Segment]]:
    """Score and exons of the kernel's best path."""
    solution = solve(events, lengths, weights)
    best = 0.0 if solution.last == NOTHING else float(solution.score[solution.last, solution.phase])
    return best, trace(events, solution, solution.last, solution.phase)
