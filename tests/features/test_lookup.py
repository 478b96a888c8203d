import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.lookup import find

numbers = st.lists(st.integers(0, 30), max_size=20)


@given(numbers, numbers)
def test_finds_what_is_there_and_where(values, others):
    ascending = np.array(sorted(others), np.int64)
    at, found = find(np.array(values, np.int64), ascending)
    assert found.tolist() == [value in others for value in values]
    assert ascending[at[found]].tolist() == [value for value in values if value in others]
