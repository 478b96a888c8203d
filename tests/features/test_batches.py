from __future__ import annotations

from features.batches import batches


def test_no_batch_is_larger_than_asked_for_but_of_one_item() -> None:
    words = ["aa", "b", "c", "ddddd", "e", "ff", "g"]
    found = list(batches(iter(words), len, 3))
    assert found == [["aa", "b"], ["c"], ["ddddd"], ["e", "ff"], ["g"]]
    assert list(batches([], len, 3)) == []
