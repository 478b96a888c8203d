"""How well whole sequences are classified: accuracy, precision, recall, specificity, F1, MCC, and rankings."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from benchmarks.metrics.sites import BINS, SiteTable, average_precision, rank_counts

__all__ = [
    "CURVES",
    "LARGEST_BLOCKS",
    "MACRO",
    "MANY_CLASSES",
    "ClassCounts",
    "area_under_roc",
    "blocks_of_groups",
    "count_classes",
    "count_ranks",
    "mean_over_folds",
    "two_classes",
]

Floats = npt.NDArray[np.float64]
ClassCounts = npt.NDArray[np.int64]
"""Shape (blocks, 3 * classes): of each class right, wrongly given, wrongly withheld."""
Metric = Callable[[Floats], Floats]

LARGEST_BLOCKS = 2000
"""Blocks that intervals are drawn from, at most; groups beyond share them."""


def blocks_of_groups(groups: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], int]:
    """Block of each sequence, and how many blocks: what is of one ``groups`` number is drawn together."""
    found, numbered = np.unique(groups, return_inverse=True)
    count = min(len(found), LARGEST_BLOCKS)
    return numbered.astype(np.int64) % max(1, count), count


def count_classes(
    truth: npt.NDArray[np.int64],
    told: npt.NDArray[np.int64],
    classes: int,
    block: npt.NDArray[np.int64],
    blocks: int,
) -> ClassCounts:
    """Counts by block of the class numbers ``told`` against the ``truth``."""
    counts = np.zeros((blocks, 3, classes), np.int64)
    right = truth == told
    np.add.at(counts, (block[right], 0, truth[right]), 1)
    np.add.at(counts, (block[~right], 1, told[~right]), 1)
    np.add.at(counts, (block[~right], 2, truth[~right]), 1)
    return counts.reshape(blocks, 3 * classes)


def count_ranks(
    positive: npt.NDArray[np.bool_],
    scores: Floats,
    block: npt.NDArray[np.int64],
    blocks: int,
    exact: bool = False,
    fold: npt.NDArray[np.int64] | None = None,
) -> npt.NDArray[np.int64]:
    """Positive and other sequences by block and bin of falling score, shape (blocks, 2 * bins).

    Parameters
    ----------
    exact : one block, a bin for each score.
    fold : number of each sequence's fold, whose scores are ranked apart: shape (blocks, folds * 2 * bins), for
        ``mean_over_folds``.
    """
    none = np.zeros(blocks, np.int64)
    folds = np.zeros(len(scores), np.int64) if fold is None else fold
    count = int(folds.max(initial=0)) + 1
    of_folds = []
    for number in range(count):
        where = folds == number
        table = SiteTable(scores[where], positive[where], block[where], none, none)
        counts = (
            rank_counts(table.pooled(), bins=None)
            if exact
            else rank_counts(table, max(1, BINS // count), among_all=True)
        )
        of_folds.append(counts.reshape(len(counts), 2, counts.shape[1] // 2))
    width = max(each.shape[-1] for each in of_folds)
    filled = [np.pad(each, ((0, 0), (0, 0), (0, width - each.shape[-1]))) for each in of_folds]
    return np.stack(filled, axis=1).reshape(len(filled[0]), 2 * count * width)


def area_under_roc(counts: Floats) -> Floats:
    """Area under the receiver operating characteristic of rank counts, shape (..., 2 * bins); ties count half.

    NaN where all are of one class.
    """
    bins = counts.shape[-1] // 2
    true, false = counts[..., :bins], counts[..., bins:]
    above = np.cumsum(true, axis=-1) - true
    pairs = (false * (above + true / 2)).sum(axis=-1)
    return _share(pairs, true.sum(axis=-1) * false.sum(axis=-1), np.nan)


def mean_over_folds(curve: Metric, folds: int) -> Metric:
    """``curve`` of every fold's rank counts, averaged by the folds' pairs of a positive and another sequence.

    Scores of two folds come from two models and are not to be ranked against each other (Forman and Scholz 2010).
    A fold of one class has no such pair and does not count; NaN where none has.
    """

    def mean(counts: Floats) -> Floats:
        by_fold = counts.reshape(*counts.shape[:-1], folds, -1)
        bins = by_fold.shape[-1] // 2
        pairs = by_fold[..., :bins].sum(axis=-1) * by_fold[..., bins:].sum(axis=-1)
        weighted = np.where(pairs > 0, curve(by_fold), 0.0) * pairs
        return _share(weighted.sum(axis=-1), pairs.sum(axis=-1), np.nan)

    return mean


CURVES: Mapping[str, Metric] = {"auroc": area_under_roc, "ap": average_precision}
"""Of rank counts, for two classes."""


def two_classes(positive: int) -> dict[str, Metric]:
    """Metrics of the counts of two classes, of which the one numbered ``positive`` is looked for."""
    other = 1 - positive
    return {
        "mcc": _correlation,
        "accuracy": _accuracy,
        "precision": lambda counts: _precision(counts)[..., positive],
        "recall": lambda counts: _recall(counts)[..., positive],
        "specificity": lambda counts: _recall(counts)[..., other],
        "f1": lambda counts: _f1(counts)[..., positive],
    }


MANY_CLASSES: Mapping[str, Metric] = {
    "accuracy": lambda counts: _accuracy(counts),
    "macro_f1": lambda counts: _present(counts, _f1),
    "macro_precision": lambda counts: _present(counts, _precision),
    "macro_recall": lambda counts: _present(counts, _recall),
    "mcc": lambda counts: _correlation(counts),
}
"""Metrics of the counts of any classes; a macro mean is over the classes that are there or are told."""
MACRO = frozenset(name for name in MANY_CLASSES if name.startswith("macro"))
"""Those that are macro means."""


def _parts(counts: Floats) -> tuple[Floats, Floats, Floats]:
    """Right, told and true of each class."""
    classes = counts.shape[-1] // 3
    right = counts[..., :classes]
    return right, right + counts[..., classes : 2 * classes], right + counts[..., 2 * classes :]


def _accuracy(counts: Floats) -> Floats:
    right, _, true = _parts(counts)
    return _share(right.sum(axis=-1), true.sum(axis=-1))


def _precision(counts: Floats) -> Floats:
    right, told, _ = _parts(counts)
    return _share(right, told)


def _recall(counts: Floats) -> Floats:
    right, _, true = _parts(counts)
    return _share(right, true)


def _f1(counts: Floats) -> Floats:
    right, told, true = _parts(counts)
    return _share(2 * right, told + true)


def _present(counts: Floats, metric: Metric) -> Floats:
    """Mean of ``metric`` over the classes that are there or told."""
    _, told, true = _parts(counts)
    there = told + true > 0
    return _share((metric(counts) * there).sum(axis=-1), there.sum(axis=-1).astype(np.float64))


def _correlation(counts: Floats) -> Floats:
    """Matthews's correlation coefficient, for any number of classes (Gorodkin 2004); NaN where one alone is there."""
    right, told, true = _parts(counts)
    total = true.sum(axis=-1)
    covariance = right.sum(axis=-1) * total - (told * true).sum(axis=-1)
    spread = (total**2 - (told**2).sum(axis=-1)) * (total**2 - (true**2).sum(axis=-1))
    found = _share(covariance, np.sqrt(spread))
    return np.where((true == total[..., None]).any(axis=-1), np.nan, found)


def _share(above: Floats, below: Floats, otherwise: float = 0.0) -> Floats:
    result = np.full(np.shape(below), otherwise)
    np.divide(above, below, out=result, where=np.asarray(below) > 0)
    return result
