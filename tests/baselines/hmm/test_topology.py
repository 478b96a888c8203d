from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.hmm import topology
from baselines.hmm.topology import (
    ACCEPTOR,
    DONOR,
    EDGE,
    START,
    STOP,
    Events,
    build_events,
    carried_state,
    forbidden_states,
)
from features.genome import encode, reverse_complement
from features.sites import KINDS, SiteScores, boundaries, candidate_sites

STOPS = {"TAA", "TAG", "TGA"}
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


def strand_scores(codes: np.ndarray, seed: int) -> SiteScores:
    rng = np.random.default_rng(seed)
    positions = candidate_sites(codes)
    log_odds = {kind: rng.normal(size=len(positions[kind])).astype(np.float32) for kind in KINDS}
    return SiteScores.from_dense_content(positions, log_odds, rng.normal(size=(len(codes), 4)))


def events_of(
    text: str, lowest: dict[str, float] | None = None
) -> tuple[Events, SiteScores, SiteScores]:
    codes = encode(text)
    forward, reverse = strand_scores(codes, 1), strand_scores(reverse_complement(codes), 2)
    return (
        build_events(forward, reverse, codes, lowest or dict.fromkeys(KINDS, -np.inf)),
        forward,
        reverse,
    )


@given(st.text("ACGTN", min_size=1, max_size=50))
def test_every_site_of_both_strands_is_an_event(text: str) -> None:
    events, forward, reverse = events_of(text)
    n = len(text)
    expected = []
    for on_reverse, scores in enumerate((forward, reverse)):
        for kind, name in enumerate(KINDS):
            for boundary, odds in zip(
                boundaries(name, scores.positions[name]), scores.log_odds[name], strict=True
            ):
                place = n - boundary if on_reverse else boundary
                opens = (name in ("acceptor", "start")) != bool(on_reverse)
                expected.append((int(place), kind, on_reverse, int(opens), float(odds)))
        for place in (0, n):
            expected += [(place, EDGE, on_reverse, opens, 0.0) for opens in (0, 1)]
    found = list(zip(*(getattr(events, name).tolist() for name in Events._fields[:5]), strict=True))
    assert sorted(found) == sorted(expected)
    order = [(boundary, -opens) for boundary, _, _, opens, _ in found]
    assert order == sorted(order)


@given(st.text("ACGTN", min_size=1, max_size=50))
def test_content_differences_are_the_bases_between(text: str) -> None:
    events, forward, reverse = events_of(text)
    n = len(text)
    # Per-base content of either strand by forward position, columns renamed to forward frames.
    rng = [np.random.default_rng(seed) for seed in (1, 2)]
    dense = []
    for generator, scores in zip(rng, (forward, reverse), strict=True):
        for kind in KINDS:
            generator.normal(size=len(scores.positions[kind]))
        dense.append(generator.normal(size=(n, 4)))
    for strand in range(2):
        chosen = np.flatnonzero(events.reverse == strand)
        first, last = chosen[0], chosen[-1]
        for e in chosen:
            low, high = int(events.boundary[first]), int(events.boundary[e])
            for column in range(4):
                if strand == 0:
                    expected = dense[0][low:high, column].sum()
                else:
                    # A codon whose leftmost base is q starts on its own strand at n - 3 - q.
                    own = 3 if column == 3 else (n - 3 - column) % 3
                    expected = dense[1][n - high : n - low, own].sum()
                found = events.content[e, column] - events.content[first, column]
                assert found == pytest.approx(expected, abs=1e-9)
        assert events.boundary[last] == n


def test_sites_below_the_lowest_log_odds_are_no_events() -> None:
    lowest = {"donor": 0.5, "acceptor": -0.2, "start": -9.0, "stop": 0.0}
    events, forward, reverse = events_of("ATGGTAAGAGTAACAGATGCCTGA" * 4, lowest)
    for number, kind in enumerate(KINDS):
        odds = np.concatenate([forward.log_odds[kind], reverse.log_odds[kind]])
        kept = odds[odds >= lowest[kind]]
        assert len(kept) > 0
        assert len(kept) < len(odds) or kind == "start"
        assert sorted(events.log_odds[events.kind == number]) == sorted(kept)


def test_scores_of_another_length() -> None:
    codes = encode("ACGT")
    scores = strand_scores(encode("ACG"), 0)
    with pytest.raises(ValueError, match="scores of 3 bases for a sequence of 4"):
        build_events(scores, scores, codes, dict.fromkeys(KINDS, 0.0))


@given(st.text("AGT", min_size=1, max_size=40))
def test_last_stops(text: str) -> None:
    events, _, _ = events_of(text)
    for e in range(len(events.boundary)):
        boundary, reverse = int(events.boundary[e]), bool(events.reverse[e])
        for frame in range(3):
            stops = []
            for q in range(frame, boundary - 2, 3):
                codon = text[q : q + 3]
                if reverse:
                    codon = codon[::-1].translate(COMPLEMENT)
                closing = events.kind[e] == STOP and not reverse and q == boundary - 3
                if codon in STOPS and not closing:
                    stops.append(q)
            assert events.last_stop[e, frame] == max(stops, default=-1)


@given(
    st.text("ACGTN", min_size=2, max_size=2),
    st.text("ACGTN", min_size=2, max_size=2),
    st.integers(0, 2),
    st.booleans(),
    st.booleans(),
)
def test_split_codons(left: str, right: str, bases: int, reverse: bool, compiled: bool) -> None:
    """``bases`` bases of a codon before the intron, the others after it, in forward order."""
    codon = left[2 - bases :] + right[: 3 - bases] if bases else ""
    if reverse:
        codon = codon[::-1].translate(COMPLEMENT)
    carry = carried_state if compiled else carried_state.py_func
    forbid = forbidden_states if compiled else forbidden_states.py_func
    codes = encode(left + "CCC" + right)
    state = carry(codes, 2, bases, reverse)
    assert topology.PHASE_OF_STATE[int(reverse), state] == bases
    assert bool((forbid(codes, 5, reverse) >> state) & 1) == (codon in STOPS)


def test_which_events_open_and_close() -> None:
    events, _, _ = events_of("ATGGTAAGAGTAACAGATGCCTGA" * 3 + "TTACTGCATCTTACC" * 3)
    for kind, opens_forward in ((DONOR, 0), (ACCEPTOR, 1), (START, 1), (STOP, 0)):
        for reverse in (0, 1):
            here = (events.kind == kind) & (events.reverse == reverse)
            assert here.any()
            assert (events.opens[here] == opens_forward ^ reverse).all()
