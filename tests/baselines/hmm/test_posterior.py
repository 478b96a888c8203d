"""Posterior probabilities against the plain-Python sum over all paths, and against what every belief must satisfy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.hmm.path import Weights, solve
from baselines.hmm.posterior import beliefs, sum_paths
from baselines.hmm.reference import reference_path
from baselines.hmm.topology import EDGE, build_events
from features.genome import reverse_complement
from tests.baselines.hmm.random_events import at_least, flat_lengths, random_scores

WEIGHTS = Weights(edge=-1.0, donor_bias=1.0, start_bias=1.5, coding=0.7)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), length=st.integers(1, 220))
def test_total_equals_the_sum_over_all_paths(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.choice(5, length, p=[0.32, 0.15, 0.2, 0.32, 0.01]).astype(np.uint8)
    scores = [random_scores(each, rng) for each in (codes, reverse_complement(codes))]
    events = build_events(*scores, codes, at_least(-3.0))
    expected, _ = reference_path(events, flat_lengths(), WEIGHTS, codes, total=True)
    found = solve(events, flat_lengths(), WEIGHTS, total=True)
    assert found.total == pytest.approx(expected, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), length=st.integers(30, 600))
def test_both_strands_believe_the_same(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.choice(5, length, p=[0.3, 0.15, 0.2, 0.34, 0.01]).astype(np.uint8)
    scores = [random_scores(each, rng) for each in (codes, reverse_complement(codes))]
    built = build_events(*scores, codes, at_least(-3.0))
    here, there = beliefs(built, codes, flat_lengths(), WEIGHTS)
    mirror = build_events(*scores[::-1], reverse_complement(codes), at_least(-3.0))
    for field, expected in mirror._asdict().items():
        if field != "content":
            np.testing.assert_array_equal(getattr(there.events, field), expected)
    total = solve(mirror, flat_lengths(), WEIGHTS, total=True).total
    assert sum_paths(built, codes, flat_lengths(), WEIGHTS).total == pytest.approx(total, abs=1e-7)
    used = here.probability.sum(axis=1)
    assert used.max() <= 1 + 1e-9
    # Every exon that opens closes, edges where none runs off apart.
    events = here.events
    edge = events.kind == EDGE
    opened = used[(events.opens == 1) & ~(edge & (events.boundary == length))].sum()
    closed = used[(events.opens == 0) & ~(edge & (events.boundary == 0))].sum()
    assert opened == pytest.approx(closed, abs=1e-6)
    # The other strand's events are the same ones from the other side.
    mirrored = {
        (length - b, k, 1 - r, 1 - o): p
        for b, k, r, o, p in zip(
            there.events.boundary,
            there.events.kind,
            there.events.reverse,
            there.events.opens,
            there.probability.sum(axis=1),
            strict=True,
        )
    }
    for b, k, r, o, p in zip(
        events.boundary, events.kind, events.reverse, events.opens, used, strict=True
    ):
        assert mirrored[b, k, r, o] == pytest.approx(p, abs=1e-9)


def test_a_site_without_rivals_is_certain() -> None:
    """Log odds so high that every path of weight uses the sites of one gene."""
    codes = np.array([0, 1, 2, 3] * 10, np.uint8)
    codes[6:9] = [0, 3, 2]
    codes[30:33] = [3, 0, 0]
    rng = np.random.default_rng(0)
    forward = random_scores(codes, rng)
    reverse = random_scores(reverse_complement(codes), rng, 0.0)
    for kind, wanted in (("start", 6), ("stop", 30)):
        forward.log_odds[kind][:] = np.where(forward.positions[kind] == wanted, 200, -200)
    events = build_events(forward, reverse, codes, at_least(-300.0))
    here, there = beliefs(events, codes, flat_lengths(), WEIGHTS)
    for belief, boundaries in ((here, {6, 33}), (there, {34, 7})):
        certain = belief.probability.sum(axis=1) > 0.999
        assert set(belief.events.boundary[certain].tolist()) == boundaries
