from __future__ import annotations

import numpy as np
import pytest

from features.classifiers.alignment import aligned_length


@pytest.mark.parametrize(
    ("lengths", "found"), [([5] * 10, 5), ([5] * 9 + [6], 5), ([5] * 8 + [6, 7], 0), ([], 0)]
)
def test_nine_of_ten_are_enough(lengths: list[int], found: int) -> None:
    assert aligned_length([np.zeros(length, np.uint8) for length in lengths]) == found
