"""Regions as users write them, and sets of half-open ones as int64 arrays of shape (regions, 2): union, overlap."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.transcripts import Interval

__all__ = ["NamedRegion", "Regions", "merge_regions", "overlap_regions", "parse_region"]

Regions = npt.NDArray[np.int64]
"""Shape (regions, 2): 0-based half-open start and end."""


class NamedRegion(NamedTuple):
    """Part of the sequence ``name``, 0-based half-open; ``end`` 0 means to its end."""

    name: str
    start: int
    end: int


def parse_region(text: str) -> NamedRegion | None:
    """The region written NAME:START-END, counted from 1, commas in numbers passed over; ``None`` for other text.

    ``ValueError`` where the numbers are none of a region, such as 9-8.
    """
    found = re.fullmatch(r"(.+):([\d,]+)-([\d,]+)", text, re.ASCII)
    if found is None:
        return None
    start, end = (int(number.replace(",", "") or 0) for number in found.groups()[1:])
    if not 1 <= start <= end:
        raise ValueError(f"{text!r} is not NAME:START-END, counted from 1")
    return NamedRegion(found[1], start - 1, end)


def merge_regions(intervals: Regions | Iterable[Interval]) -> Regions:
    """Union of ``intervals`` as ascending, disjoint regions; touching ones become one."""
    regions = np.array(list(intervals), np.int64).reshape(-1, 2)
    if len(regions) == 0:
        return regions
    regions = regions[np.argsort(regions[:, 0], kind="stable")]
    reach = np.maximum.accumulate(regions[:, 1])
    first = np.flatnonzero(np.append(True, regions[1:, 0] > reach[:-1]))
    last = np.append(first[1:], len(regions)) - 1
    return np.column_stack([regions[first, 0], reach[last]])


def overlap_regions(
    starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], merged: Regions
) -> npt.NDArray[np.bool_]:
    """Whether each interval [start, end) shares a base with one of the ``merged`` regions (see ``merge_regions``)."""
    if len(merged) == 0:
        return np.zeros(len(starts), np.bool_)
    following = np.searchsorted(merged[:, 1], starts, side="right")
    reached = np.minimum(following, len(merged) - 1)
    found: npt.NDArray[np.bool_] = (following < len(merged)) & (merged[reached, 0] < ends)
    return found
