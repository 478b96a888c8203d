from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.regions import NamedRegion, merge_regions, overlap_regions, parse_region

intervals = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 15)).map(lambda pair: (pair[0], sum(pair))),
    max_size=12,
)


def cover(pairs):
    return {base for start, end in pairs for base in range(start, end)}


@given(intervals)
def test_merged_regions_cover_the_same_bases_and_do_not_touch(pairs):
    merged = merge_regions(pairs)
    assert merged.shape == (len(merged), 2)
    assert cover(merged) == cover(pairs)
    assert all(right[0] > left[1] for left, right in pairwise(merged))


@given(intervals, intervals)
def test_overlap_is_sharing_a_base(pairs, regions):
    queries = np.array(pairs, np.int64).reshape(-1, 2)
    found = overlap_regions(queries[:, 0], queries[:, 1], merge_regions(regions))
    assert found.tolist() == [bool(cover([pair]) & cover(regions)) for pair in pairs]


def test_a_region_is_read_as_users_write_it() -> None:
    assert parse_region("chr1:1,001-2,000") == NamedRegion("chr1", 1000, 2000)
    assert parse_region("a:b:5-5") == NamedRegion("a:b", 4, 5)
    for text in ("chr1", "chr1:5", "chr1:-5-8", ""):
        assert parse_region(text) is None
    for text in ("chr1:0-5", "chr1:9-8", "chr1:,-5"):
        with pytest.raises(ValueError, match="is not NAME:START-END"):
            parse_region(text)
