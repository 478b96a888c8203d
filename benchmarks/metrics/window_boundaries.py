"""Exon/intron boundaries in fixed windows: which windows count, and calls set against the true boundaries in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from benchmarks.metrics.bootstrap import Blocks
from benchmarks.metrics.sites import SiteTable, StrandSites
from features.accelerate import kernel
from features.lookup import find
from features.windows import BOUNDARY_KINDS, WINDOW

__all__ = ["count_calls", "in_windows", "keep_windows", "pool", "windows_with_boundaries"]

Positions = npt.NDArray[np.int64]


def windows_with_boundaries(strands: Sequence[StrandSites], variant: str) -> list[Positions]:
    """Numbers of the windows that count, ascending, for each of the two ``strands`` of one chromosome.

    Windows are counted on the forward strand, so that those of both strands are the same bases.
    """
    own = [
        np.unique(
            np.concatenate([sites.forward(_true(sites, kind)) for kind in BOUNDARY_KINDS]) // WINDOW
        )
        for sites in strands
    ]
    if variant == "sense":
        return own
    either = np.unique(np.concatenate(own))
    return [either] * len(own)


def keep_windows(sites: StrandSites, windows: Positions) -> StrandSites:
    """What of ``sites`` lies in the ``windows``; boundaries only."""
    candidates, true, rare = {}, {}, {}
    for kind in BOUNDARY_KINDS:
        kept = in_windows(sites, sites.candidates[kind], windows)
        candidates[kind] = sites.candidates[kind][kept]
        true[kind] = sites.true[kind][kept]
        rare[kind] = sites.rare[kind][in_windows(sites, sites.rare[kind], windows)]
    return replace(sites, candidates=candidates, true=true, rare=rare)


def in_windows(
    sites: StrandSites, positions: Positions, windows: Positions
) -> npt.NDArray[np.bool_]:
    """Which strand ``positions`` lie in the ``windows``."""
    return find(sites.forward(positions) // WINDOW, windows)[1]


def count_calls(
    kept: StrandSites, kind: str, calls: Positions, tolerance: int, blocks: Blocks
) -> npt.NDArray[np.int64]:
    """Counts of shape (blocks, 4): true, found, predicted, correct.

    Parameters
    ----------
    kept : of ``keep_windows``.
    calls : ascending strand positions in the same windows, none where nothing counts.
    tolerance : bases that a call may be off; each true boundary is found by one call at most.
    """
    true = np.sort(_true(kept, kind))
    found, correct = _match(true, calls, tolerance)
    counts = np.zeros((blocks.count, 4), np.int64)
    for column, positions in enumerate((true, true[found], calls, calls[correct])):
        blocks.add_counts(counts[:, column], kept.chromosome, kept.forward(positions))
    return counts


def pool(tables: Sequence[SiteTable]) -> SiteTable:
    """The sites of several kinds, ranked together."""
    return SiteTable(
        np.concatenate([table.scores for table in tables]),
        np.concatenate([table.true for table in tables]),
        np.concatenate([table.block for table in tables]),
        np.sum([table.unscored_true for table in tables], axis=0),
        np.sum([table.unscored_false for table in tables], axis=0),
    )


def _true(sites: StrandSites, kind: str) -> Positions:
    """True sites that count, rare ones last."""
    return np.concatenate([sites.candidates[kind][sites.true[kind]], sites.rare[kind]])


@kernel
def _match(true, calls, tolerance):  # type: ignore[no-untyped-def]
    """Which of the ascending ``true`` and of the ascending ``calls`` are matched, one to one, as many as can be."""
    found = np.zeros(len(true), np.bool_)
    correct = np.zeros(len(calls), np.bool_)
    t = c = 0
    while t < len(true) and c < len(calls):
        if calls[c] < true[t] - tolerance:
            c += 1
        elif calls[c] > true[t] + tolerance:
            t += 1
        else:
            found[t] = correct[c] = True
            t += 1
            c += 1
    return found, correct
