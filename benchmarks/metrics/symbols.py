"""How well gene symbols are assigned: accuracy, weighted precision, what is accepted from a probability on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

__all__ = ["RATIOS", "count_symbols", "weighted_precision"]

Floats = npt.NDArray[np.float64]
Metric = Callable[[Floats], Floats]


def count_symbols(
    right: npt.NDArray[np.bool_],
    accepted: npt.NDArray[np.bool_],
    seen: npt.NDArray[np.bool_],
    block: npt.NDArray[np.int64],
    blocks: int,
) -> npt.NDArray[np.int64]:
    """Counts by block, shape (blocks, 6).

    Proteins of symbols that training has: all, right, accepted, right and accepted; of others: all, accepted.
    """
    masks = (seen, seen & right, seen & accepted, seen & right & accepted, ~seen, ~seen & accepted)
    return np.stack([np.bincount(block[mask], minlength=blocks) for mask in masks], axis=1)


def _ratio(above: int, below: int) -> Metric:
    def of(counts: Floats) -> Floats:
        found = np.full(counts.shape[:-1], np.nan)
        total = counts[..., below]
        np.divide(counts[..., above], total, out=found, where=total > 0)
        return found

    return of


RATIOS: Mapping[str, Metric] = {
    "accuracy": _ratio(1, 0),
    "recall": _ratio(1, 0),
    "coverage_at_0.9": _ratio(2, 0),
    "accuracy_at_0.9": _ratio(3, 2),
    "unseen_accepted": _ratio(5, 4),
}
"""Of the counts above; recall is that of every symbol weighted by its proteins, which is the accuracy."""


def weighted_precision(
    truth: npt.NDArray[np.int64], told: npt.NDArray[np.int64], block: npt.NDArray[np.int64]
) -> Metric:
    """Mean precision of the symbols, each weighted by its true proteins; 0 for one that is never told.

    Returns a metric of how often each block counts, shape (..., blocks).
    """
    classes = int(max(truth.max(initial=0), told.max(initial=0))) + 1
    right = truth == told

    def of(weights: Floats) -> Floats:
        rows = weights.reshape(-1, weights.shape[-1])
        found = np.empty(len(rows))
        for number, row in enumerate(rows):
            own = row[block]
            true, given = (np.bincount(each, own, classes) for each in (truth, told))
            hits = np.bincount(truth[right], own[right], classes)
            share = np.divide(hits, given, out=np.zeros(classes), where=given > 0)
            found[number] = (share * true).sum() / max(true.sum(), 1e-12)
        return found.reshape(weights.shape[:-1])

    return of
