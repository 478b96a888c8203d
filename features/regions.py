"""Sets of half-open regions as int64 arrays of shape (regions, 2): union, overlap."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from features.transcripts import Interval

__all__ = ["Regions", "merge_regions", "overlap_regions"]

Regions = npt.NDArray[np.int64]
"""Shape (regions, 2): 0-based half-open start and end."""


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
