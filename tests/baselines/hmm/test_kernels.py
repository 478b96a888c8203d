"""The decoder's kernel against its plain-Python reference and against itself uncompiled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.hmm import topology
from baselines.hmm.kernels import exon_type, sweep
from baselines.hmm.lengths import EXON_TYPES
from baselines.hmm.path import Weights, weigh, weighted_tables
from baselines.hmm.reference import reference_path
from baselines.hmm.topology import build_events
from features.genome import reverse_complement
from tests.baselines.hmm.random_events import at_least, flat_lengths, random_scores, run_kernel


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    length=st.integers(1, 350),
    edge=st.sampled_from([0.7, -1.0, -8.0]),
    gc_poor=st.booleans(),
)
def test_kernel_equals_reference(seed: int, length: int, edge: float, gc_poor: bool) -> None:
    rng = np.random.default_rng(seed)
    weights = [0.32, 0.15, 0.2, 0.32, 0.01] if gc_poor else [0.22, 0.27, 0.27, 0.22, 0.02]
    codes = rng.choice(5, length, p=weights).astype(np.uint8)
    forward = random_scores(codes, rng)
    reverse = random_scores(reverse_complement(codes), rng)
    balance = Weights(edge=edge, donor_bias=1.0, start_bias=1.5, coding=0.7)
    events = build_events(forward, reverse, codes, at_least(-3.0))
    lengths = flat_lengths()
    expected_score, expected_path = reference_path(events, lengths, balance, codes)
    found_score, found_path = run_kernel(events, lengths, balance)
    assert found_score == pytest.approx(expected_score, abs=1e-6)
    assert [segment[:3] for segment in found_path] == [segment[:3] for segment in expected_path]


def test_compiled_kernel_equals_plain_python() -> None:
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 4, 300).astype(np.uint8)
    events = build_events(
        random_scores(codes, rng),
        random_scores(reverse_complement(codes), rng),
        codes,
        at_least(-3.0),
    )
    lengths, weights = flat_lengths(), Weights()
    results = []
    for function in (sweep, sweep.py_func):
        score = np.empty((len(events.boundary), 3))
        back = np.empty((len(events.boundary), 3), np.int64)
        tail, tail_event = np.empty((2, 6)), np.empty((2, 6), np.int64)
        function(
            *weigh(events, weights),
            *weighted_tables(lengths, weights),
            *(-5.0, 0.0, False, score, back, tail, tail_event),
        )
        results.append((score, back))
    np.testing.assert_allclose(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])


def test_an_edge_exon_of_any_two_events_is_cut() -> None:
    expected = {
        (topology.START, topology.STOP): "single",
        (topology.STOP, topology.START): "single",
        (topology.START, topology.DONOR): "initial",
        (topology.DONOR, topology.START): "initial",
        (topology.ACCEPTOR, topology.DONOR): "internal",
        (topology.DONOR, topology.ACCEPTOR): "internal",
        (topology.ACCEPTOR, topology.STOP): "terminal",
        (topology.STOP, topology.ACCEPTOR): "terminal",
        **{(topology.EDGE, kind): "cut" for kind in range(5)},
        **{(kind, topology.EDGE): "cut" for kind in range(5)},
    }
    for function in (exon_type, exon_type.py_func):
        assert {pair: EXON_TYPES[function(*pair)] for pair in expected} == expected
