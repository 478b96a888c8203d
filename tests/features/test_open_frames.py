from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.genome import encode
from features.open_frames import _longest, longest_frame

STOPS = {"TAA", "TAG", "TGA"}


def slow(text: str) -> tuple[int, int]:
    best = (0, 0)
    for start in range(len(text) - 2):
        if text[start : start + 3] != "ATG":
            continue
        end = start
        while end + 3 <= len(text):
            end += 3
            if text[end - 3 : end] in STOPS:
                break
        earlier = end - start == best[1] - best[0] and end < best[1]
        if end - start > best[1] - best[0] or earlier:
            best = start, end
    return best


@given(parts=st.lists(st.sampled_from(["ATG", "TAA", "TGA", "GCC", "A", "CT", "N"]), max_size=25))
def test_the_longest_frame_is_found(parts: list[str]) -> None:
    text = "".join(parts)
    assert longest_frame(encode(text)) == slow(text)
    assert _longest.py_func(encode(text)) == slow(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", (0, 0)), ("AT", (0, 0)), ("CCATGAAATAGCC", (2, 11)), ("ATGCCCC", (0, 6))],
)
def test_its_ends(text: str, expected: tuple[int, int]) -> None:
    assert longest_frame(encode(text)) == expected
