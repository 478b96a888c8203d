"""Calls of a scan against first coding bases."""

from __future__ import annotations

import pytest

from features.classifiers.commands.scan import _compare
from features.classifiers.scan import Call


@pytest.mark.parametrize(
    ("strand", "place", "met"),
    [("+", 30, 1), ("+", 29, 0), ("+", 31, 0), ("-", 49, 1), ("-", 48, 0), ("-", 50, 0)],
)
def test_a_window_is_met_at_the_base_asked_for(strand: str, place: int, met: int) -> None:
    """The window covers bases 10 to 69; twenty of its own bases come before the one that is marked."""
    told = _compare([Call(10, 70, strand, 0.9)], {strand: [place]}, offset=20, near=0)
    assert told.startswith(f"{met} of 1 calls are within 0 bases")
    assert told.endswith(f"{met} of 1 first coding bases have a call")
    other = {"+": "-", "-": "+"}[strand]
    assert _compare([Call(10, 70, strand, 0.9)], {other: [place]}, 20, 0).startswith("0 of 1")
