"""Gene-centred windows: how much of the chromosome is open at which distance from a gene's start."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.expression.layout import Layout

__all__ = ["RINGS", "gene_context", "unit_rows", "window_shares"]

RINGS = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
"""Distance in bins at which each ring begins; the last one ends as far again. Ring 0 is the start site's own bin."""
NEARBY = (10_000, 50_000, 200_000)
"""Bases within which the starts of other genes are counted."""

Floats = npt.NDArray[np.float64]


def unit_rows(accessibility: npt.NDArray[np.uint8]) -> Floats:
    """Rows of length about 1: divided by the root of one more than their open bins.

    How many peaks a sample has is as much a matter of its sequencing as of its chromatin.
    """
    found: Floats = accessibility / np.sqrt(accessibility.sum(axis=1, keepdims=True) + 1.0)
    return found


def window_shares(accessibility: npt.NDArray[np.float64], layout: Layout) -> Floats:
    """Mean of ``accessibility`` (samples, bins) in every ring around every gene, shape (samples, genes, rings).

    Distances are counted from the bin of the start site; of a gene of unknown strand from its span. A ring that lies
    outside the bins has 0.
    """
    first, last = layout.anchors()
    count = layout.bins.count
    sums = np.concatenate(
        [np.zeros((len(accessibility), 1)), accessibility.cumsum(axis=1)], axis=1
    )  # (samples, bins + 1)
    reach = np.array([*RINGS, 2 * RINGS[-1]])
    low = np.clip(first[:, None] - reach + 1, 0, count)  # (genes, rings + 1)
    high = np.clip(last[:, None] + reach, 0, count)
    # Within distance 0 there is nothing yet; ring 0 is the span itself.
    low[:, 0] = high[:, 0] = np.clip(first, 0, count)
    total = sums[:, high] - sums[:, low]  # (samples, genes, rings + 1)
    size = np.diff(high - low, axis=1)
    found: Floats = np.diff(total, axis=2) / np.maximum(size, 1)
    return found


def gene_context(layout: Layout) -> Floats:
    """log10 of a gene's bases, and log(1 + n) of the n genes that start within 10, 50 and 200 kb; (genes, 4)."""
    distance = np.abs(layout.starts[:, None] - layout.starts)
    near = [(distance < bases).sum(axis=1) - 1 for bases in NEARBY]
    length = np.log10(np.maximum(layout.ends - layout.starts, 1))
    return np.column_stack([length, *(np.log1p(count) for count in near)])
