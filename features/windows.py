"""Fixed windows of a strand's sequence and the exon/intron boundaries each of them holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.sites import SiteLabels

__all__ = ["BOUNDARY_KINDS", "WINDOW", "Windows", "cut_windows"]

WINDOW = 5000
"""Bases of a window."""

BOUNDARY_KINDS = ("donor", "acceptor")


@dataclass(frozen=True, slots=True)
class Windows:
    """Consecutive windows of one strand and the true boundaries in them.

    Attributes
    ----------
    starts, ends : int64 of shape (windows,), 0-based half-open on the strand.
    positions : ascending int64 strand positions of the strand's true sites, by kind (donor, acceptor).
    bounds : int64 of shape (windows + 1,) by kind; window ``w`` holds ``positions`` from ``bounds[w]`` to ``bounds[w
        + 1]``.
    """

    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    positions: dict[str, npt.NDArray[np.int64]]
    bounds: dict[str, npt.NDArray[np.int64]]

    def counts(self) -> npt.NDArray[np.int64]:
        """Boundaries of either kind per window, shape (windows,)."""
        donors, acceptors = (np.diff(self.bounds[kind]) for kind in BOUNDARY_KINDS)
        return donors + acceptors

    def held(self, window: int, kind: str) -> npt.NDArray[np.int64]:
        """Strand positions of the sites of ``kind`` in window number ``window``."""
        bounds = self.bounds[kind]
        return self.positions[kind][bounds[window] : bounds[window + 1]]


def cut_windows(length: int, labels: Mapping[str, SiteLabels], size: int = WINDOW) -> Windows:
    """Cut a strand of ``length`` bases, with its ``labels``, into windows of ``size``; the last one may be shorter."""
    starts = np.arange(0, length, size, dtype=np.int64)
    ends = np.minimum(starts + size, length)
    edges = np.append(starts, length)
    positions = {kind: labels[kind].true for kind in BOUNDARY_KINDS}
    # An acceptor whose exon begins past the last base has position == length: it belongs to no window.
    bounds = {
        kind: np.searchsorted(positions[kind], edges).astype(np.int64) for kind in BOUNDARY_KINDS
    }
    return Windows(starts, ends, positions, bounds)
