import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from benchmarks.metrics.bootstrap import Blocks
from benchmarks.metrics.sites import StrandSites
from benchmarks.metrics.window_boundaries import (
    _match,
    count_calls,
    in_windows,
    keep_windows,
    windows_with_boundaries,
)

LENGTH = 20_000


def strand(name, donors, acceptors, rare_donors=(), decoys=()):
    """True donors and acceptors with false donors around them, on a strand of 20,000 bases."""
    donors, decoys = np.array(donors, np.int64), np.array(decoys, np.int64)
    candidates = np.sort(np.concatenate([donors, decoys]))
    acceptors = np.array(acceptors, np.int64)
    return StrandSites(
        "x",
        name,
        LENGTH,
        {"donor": candidates, "acceptor": acceptors},
        {"donor": np.isin(candidates, donors), "acceptor": np.ones(len(acceptors), bool)},
        {"donor": np.array(rare_donors, np.int64), "acceptor": np.empty(0, np.int64)},
    )


def test_windows_are_counted_on_the_forward_strand():
    forward = strand("+", [100], [5200])
    # Position 0 of the reverse strand is forward position 19,999, in the last window.
    reverse = strand("-", [0], [])
    assert [w.tolist() for w in windows_with_boundaries([forward, reverse], "sense")] == [
        [0, 1],
        [3],
    ]
    assert [w.tolist() for w in windows_with_boundaries([forward, reverse], "both")] == [
        [0, 1, 3]
    ] * 2


def test_a_rare_site_makes_a_window():
    assert windows_with_boundaries([strand("+", [], [], rare_donors=[7000])], "sense")[
        0
    ].tolist() == [1]


def test_only_what_lies_in_the_windows_is_kept():
    sites = strand("-", [10, 11_000], [], decoys=[20, 4_999, 5_000])
    kept = keep_windows(sites, np.array([3]))
    assert kept.candidates["donor"].tolist() == [10, 20, 4_999]
    assert kept.true["donor"].tolist() == [True, False, False]
    assert in_windows(sites, np.array([4_999, 5_000]), np.array([3])).tolist() == [True, False]


@pytest.mark.parametrize(("tolerance", "expected"), [(0, [3, 1, 3, 1]), (2, [3, 2, 3, 2])])
def test_calls_are_counted(tolerance, expected):
    sites = strand("+", [100, 200, 300], [])
    kept = keep_windows(sites, np.array([0]))
    counts = count_calls(kept, "donor", np.array([100, 202, 303]), tolerance, Blocks({"x": LENGTH}))
    assert counts.sum(axis=0).tolist() == expected


positions = st.lists(st.integers(0, 40), unique=True, max_size=8).map(sorted)


@pytest.mark.parametrize("match", [_match, _match.py_func])
@given(true=positions, calls=positions, tolerance=st.integers(0, 4))
def test_as_many_as_can_be_are_matched(match, true, calls, tolerance):
    true, calls = np.array(true, np.int64), np.array(calls, np.int64)
    found, correct = match(true, calls, tolerance)
    near = np.abs(true[:, None] - calls[None, :]) <= tolerance
    assert found.sum() == correct.sum() == near[linear_sum_assignment(near, maximize=True)].sum()
    assert all(near[:, c].any() for c in np.flatnonzero(correct))
