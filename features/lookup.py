"""Membership in an ascending array; many times as fast as ``numpy.isin`` on many millions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["find"]


def find(
    values: npt.NDArray[Any], ascending: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """(index in ``ascending``, whether it is there) of each of ``values``; the index means nothing where it is not.

    Ascending values are looked up fastest: neighbours lie in neighbouring memory.
    """
    at = np.searchsorted(ascending, values)
    found = at < len(ascending)
    found[found] = ascending[at[found]] == values[found]
    return at, found
