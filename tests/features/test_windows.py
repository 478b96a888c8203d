from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.sites import SiteLabels
from features.windows import BOUNDARY_KINDS, WINDOW, cut_windows


def labels(donors: list[int], acceptors: list[int]) -> dict[str, SiteLabels]:
    nothing = np.empty(0, np.int64)
    return {
        kind: SiteLabels(np.array(sorted(set(sites)), np.int64), nothing)
        for kind, sites in zip(BOUNDARY_KINDS, (donors, acceptors), strict=True)
    }


@given(st.integers(1, 200), st.integers(1, 50), st.data())
def test_windows_part_the_strand_and_its_boundaries(
    length: int, size: int, data: st.DataObject
) -> None:
    sites = st.lists(st.integers(0, length - 1), max_size=20)
    given_labels = labels(data.draw(sites), data.draw(sites))
    windows = cut_windows(length, given_labels, size)
    assert windows.starts[0] == 0
    assert windows.ends[-1] == length
    assert (windows.starts[1:] == windows.ends[:-1]).all()
    assert set(np.diff(windows.starts)) <= {size}
    total = 0
    for number, (start, end) in enumerate(zip(windows.starts, windows.ends, strict=True)):
        held = 0
        for kind in BOUNDARY_KINDS:
            true = given_labels[kind].true
            inside = true[(true >= start) & (true < end)]
            assert windows.held(number, kind).tolist() == inside.tolist()
            held += len(inside)
        assert windows.counts()[number] == held
        total += held
    assert total == sum(len(given_labels[kind].true) for kind in BOUNDARY_KINDS)


def test_default_size_and_the_last_window() -> None:
    windows = cut_windows(12_000, labels([4999, 5000], [12_000]))
    assert WINDOW == 5000
    assert windows.ends.tolist() == [5000, 10_000, 12_000]
    assert windows.counts().tolist() == [1, 1, 0]
