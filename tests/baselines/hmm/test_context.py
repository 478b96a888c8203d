"""Context columns against a plain reading of the posterior probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.hmm.context import CONTEXT_COLUMNS, FARTHEST, LEAST, LIKELY, Context
from baselines.hmm.path import Weights
from baselines.hmm.posterior import Belief, beliefs
from baselines.hmm.topology import EDGE, build_events
from features.genome import reverse_complement
from features.site_columns import ABSENT
from features.sites import KINDS, SiteScores, boundaries
from tests.baselines.hmm.random_events import at_least, flat_lengths, random_scores

LENGTH = 900


@pytest.fixture(scope="module", params=[3, 4])
def believed(request: pytest.FixtureRequest) -> tuple[SiteScores, Belief]:
    rng = np.random.default_rng(request.param)
    codes = rng.choice(4, LENGTH, p=[0.32, 0.16, 0.2, 0.32]).astype(np.uint8)
    scores = [random_scores(each, rng, 0.7) for each in (codes, reverse_complement(codes))]
    weights = Weights(edge=-3.0, donor_bias=0.0, acceptor_bias=0.0, start_bias=0.5)
    events = build_events(*scores, codes, at_least(-1.0))
    return scores[0], beliefs(events, codes, flat_lengths(), weights)[0]


def painted(belief: Belief) -> np.ndarray:
    """Probability of each state at each base, (LENGTH, 6), summed event by event."""
    states = np.zeros((LENGTH, 6))
    events = belief.events
    for e in range(len(events.boundary)):
        b, own, opens = int(events.boundary[e]), events.reverse[e] == 0, events.opens[e] == 1
        sign = 1 if opens else -1
        edge = events.kind[e] == EDGE
        for phase in range(3):
            p = belief.probability[e, phase]
            if not (edge and opens == (b > 0)):
                states[b:, (b - phase) % 3 if own else 4] += sign * p
            if events.kind[e] < 2 or (edge and opens == (b > 0)):
                states[b:, 3 if own else 5] -= sign * p
    return states


def column(matrix: np.ndarray, name: str) -> np.ndarray:
    return matrix[:, CONTEXT_COLUMNS.index(name)]


@pytest.mark.parametrize("kind", KINDS)
def test_columns(believed: tuple[SiteScores, Belief], kind: str) -> None:
    scores, belief = believed
    positions, log_odds = scores.positions[kind], scores.log_odds[kind]
    at = boundaries(kind, positions)
    matrix = Context(belief, scores).matrix(kind, np.arange(len(positions)))
    assert matrix.shape == (len(positions), len(CONTEXT_COLUMNS))
    np.testing.assert_array_equal(column(matrix, "first_log_odds"), log_odds)

    states = painted(belief)
    assert states.max() > 0.5
    assert states.sum(axis=1).max() < 1 + 1e-6
    for frame in range(3):
        np.testing.assert_allclose(
            column(matrix, f"coding_{frame}_before"), states[at - 1, (at + frame) % 3], atol=1e-6
        )
        inside = at < LENGTH
        np.testing.assert_allclose(
            column(matrix, f"coding_{frame}_after")[inside],
            states[at[inside], (at[inside] + frame) % 3],
            atol=1e-6,
        )
    for row, b in enumerate(at):
        for window in (60, 240):
            before, after = states[max(0, b - window) : b], states[b : b + window]
            for side, seen in (("before", before), ("after", after)):
                if not len(seen):
                    continue
                for name, expected in (
                    ("coding", seen[:, :3].sum(axis=1).mean()),
                    ("intron", seen[:, 3].mean()),
                    ("other_strand", seen[:, 4:].sum(axis=1).mean()),
                ):
                    found = column(matrix, f"{name}_{side}_{window}")[row]
                    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_neighbours(believed: tuple[SiteScores, Belief], kind: str) -> None:
    scores, belief = believed
    positions = scores.positions[kind]
    at = boundaries(kind, positions)
    matrix = Context(belief, scores).matrix(kind, np.arange(len(positions)))
    used = belief.probability.sum(axis=1)
    events = belief.events
    own = {
        other: {
            int(b): p
            for b, p in zip(
                events.boundary[(events.reverse == 0) & (events.kind == number)],
                used[(events.reverse == 0) & (events.kind == number)],
                strict=True,
            )
        }
        for number, other in enumerate(KINDS)
    }
    seen = 0
    for row, b in enumerate(at):
        expected = max(LEAST, np.log(max(own[kind].get(int(b), 0.0), 1e-30)))
        assert column(matrix, "log_probability")[row] == pytest.approx(expected, abs=1e-5)
        for other in KINDS:
            likely = [x for x, p in own[other].items() if p >= LIKELY]
            left = [b - x for x in likely if x < b]
            right = [x - b for x in likely if x > b]
            seen += len(left)
            for side, distances in (("before", left), ("after", right)):
                found = column(matrix, f"likely_{other}_{side}")[row]
                np.testing.assert_equal(found, np.float32(min(distances, default=FARTHEST)))
        for window in (30, 300):
            rivals = [p for x, p in own[kind].items() if x != b and abs(x - b) <= window]
            expected = max(LEAST, np.log(max([1e-30, *rivals])))
            assert column(matrix, f"rival_{window}")[row] == pytest.approx(expected, abs=1e-5)
    assert seen > 0


def test_best_first_log_odds_by_distance(believed: tuple[SiteScores, Belief]) -> None:
    scores, belief = believed
    chosen = np.arange(0, len(scores.positions["donor"]), 2)
    matrix = Context(belief, scores).matrix("donor", chosen)
    for row, position in enumerate(scores.positions["donor"][chosen]):
        distance = scores.positions["stop"] - position
        near = scores.log_odds["stop"][(distance >= 60) & (distance < 200)]
        found = column(matrix, "stop_after_60_200")[row]
        np.testing.assert_equal(found, max(near, default=np.float32(ABSENT)))
