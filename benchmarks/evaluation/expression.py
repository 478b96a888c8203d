"""From stored runs and their expression set to tidy metric rows with intervals: a pure function of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from benchmarks.evaluation.splits import SplitEvaluation, add_costs, by_split
from benchmarks.metrics.bootstrap import Estimate
from benchmarks.metrics.expression import (
    Draws,
    draw_both,
    draw_genes,
    everything,
    mean_squared_error,
    r_squared,
    spearman_of_rows,
)
from benchmarks.results import Run, join_commits
from benchmarks.rows import Row, plain
from benchmarks.tasks.expression import Told, known_expression, read_bin_weights, read_told
from features.errors import DatasetError
from features.expression import ExpressionSet
from features.expression.splits import kinds_of_samples

__all__ = [
    "ALIGNMENT",
    "VALUES",
    "ExpressionEvaluation",
    "evaluate_regressors",
    "reference_of",
]

VALUES = "values"
ALIGNMENT = "gene order"
DIGITS = 9
"""To which differences of what is told are compared; what lies below is the order of additions."""

Floats = npt.NDArray[np.float64]
Metric = Callable[[Told, Draws], Floats]


@dataclass
class ExpressionEvaluation(SplitEvaluation):
    """All that the leaderboard of the task shows.

    Attributes
    ----------
    tested : per subset how many samples and genes are tested.
    bin_weights : per model of one split, what bins count for genes, (genes, bins), and by how much each gene's squared
        error is below that of the reference; empty where no model has any.
    """

    tested: dict[str, tuple[int, int]] = field(default_factory=dict)
    bin_weights: dict[str, tuple[npt.NDArray[np.float32], Floats]] = field(default_factory=dict)


def evaluate_regressors(
    runs: Mapping[str, Sequence[Run]],
    expression: ExpressionSet,
    resamples: int = 1000,
    seed: int = 0,
) -> ExpressionEvaluation:
    """Metric rows of every model, named and ordered as in ``runs``: by split, the mean over its seeds.

    ``DatasetError`` where a run has told other values than its split tests.
    """
    found = ExpressionEvaluation(resamples, seed)
    kinds = kinds_of_samples(expression.tpm)
    for split, model, of_split in by_split(found, runs, expression.folds):
        _evaluate(found, expression, kinds, model, split, of_split)
    return found


def reference_of(expression: ExpressionSet, split: str) -> Floats:
    """What is known without any chromatin, (samples, genes), NaN where nothing is tested.

    The gene's mean over the training samples; where whole genes are held out, the mean of the sample's other genes.
    """
    found = np.full(expression.tpm.shape, np.nan)
    for fold in expression.folds[split]:
        if np.isin(fold.test_genes, fold.train_genes).all():
            told = np.nanmean(expression.training_target(fold)[:, fold.test_genes], axis=0)
            told = np.tile(told, (len(fold.test_samples), 1))
        else:
            told = np.nanmean(known_expression(expression, fold), axis=1)[:, None]
            told = np.repeat(told, len(fold.test_genes), axis=1)
        found[np.ix_(fold.test_samples, fold.test_genes)] = told
    return found


def _evaluate(
    found: ExpressionEvaluation,
    expression: ExpressionSet,
    kinds: npt.NDArray[np.int64],
    model: str,
    split: str,
    runs: Sequence[Run],
) -> None:
    """``kinds`` are those of the samples."""
    reference = reference_of(expression, split)
    tested = ~np.isnan(reference)
    told = [read_told(run, expression) for run in runs]
    for run, each in zip(runs, told, strict=True):
        if not np.array_equal(~np.isnan(each.expression), tested):
            raise DatasetError(
                f"{run.folder}: tells other values than split {split} of {expression.name} tests. Run it again with "
                "--rerun always."
            )
    commits = join_commits(runs)
    for subset, rows in _subsets(expression, split, tested):
        columns = np.flatnonzero(tested[rows].any(axis=0))
        where = np.ix_(rows, columns)
        truth = np.where(tested, expression.target, np.nan)[where]
        found.tested[subset] = len(rows), len(columns)
        parts = [Told(*(part[where] for part in each)) for each in told]
        _, of_rows = np.unique(kinds[rows], return_inverse=True)
        for metric, value in _metrics(truth, parts, reference[where], of_rows, found):
            found.rows.append(Row(subset, model, VALUES, metric, *value, len(runs), commits))
    for metric, number in _order_effect(expression, split, told):
        found.rows.append(Row(split, model, ALIGNMENT, metric, *plain(number), len(runs), commits))
    add_costs(found, split, model, runs)
    weights = read_bin_weights(runs[0])
    if weights is not None and model not in found.bin_weights and len(expression.folds[split]) > 1:
        gain = (reference - expression.target) ** 2 - (told[0].expression - expression.target) ** 2
        found.bin_weights[model] = weights, np.nan_to_num(gain).sum(axis=0)


def _subsets(
    expression: ExpressionSet, split: str, tested: npt.NDArray[np.bool_]
) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
    """Everything tested, and the groups apart where a split tests several."""
    rows = np.flatnonzero(tested.any(axis=1))
    yield split, rows
    groups = np.array(expression.groups)[rows]
    named = list(dict.fromkeys(groups.tolist()))
    if len(named) > 1:
        for group in named:
            yield f"{split}/{group}", rows[groups == group]


def _metrics(
    truth: Floats,
    told: Sequence[Told],
    reference: Floats,
    kinds: npt.NDArray[np.int64],
    found: ExpressionEvaluation,
) -> Iterator[tuple[str, Estimate]]:
    """(metric, estimate); values are means over the runs ``told``."""
    samples, columns = truth.shape
    genes = draw_genes(samples, columns, found.resamples, found.seed)
    both = draw_both(kinds, columns, found.resamples, found.seed)

    def error(each: Told, draws: Draws) -> Floats:
        return mean_squared_error(truth, each.expression, draws)

    def difference(each: Told, draws: Draws) -> Floats:
        return error(each, draws) - mean_squared_error(truth, reference, draws)

    def gained(each: Told, draws: Draws) -> Floats:
        return 1 - error(each, draws) / mean_squared_error(truth, reference, draws)

    def determination(each: Told, draws: Draws) -> Floats:
        return r_squared(truth, each.expression, draws)

    def across_genes(each: Told, draws: Draws) -> Floats:
        return spearman_of_rows(truth, each.expression, draws.samples, draws.genes)

    def across_samples(each: Told, draws: Draws) -> Floats:
        # A fit without the sample is low as a whole where the sample is high: look at what it tells beyond its mean.
        beyond = np.round(each.expression - each.middle, DIGITS)
        return spearman_of_rows(truth.T, beyond.T, draws.genes, draws.samples)

    metrics: dict[str, tuple[Metric, Draws]] = {
        "mse": (error, genes),
        "r2": (determination, genes),
        "r2_reference": (gained, genes),
        "spearman_genes": (across_genes, genes),
        "spearman_samples": (across_samples, genes),
        "mse_difference": (difference, genes),
        "mse_difference_both": (difference, both),
    }
    one = everything(samples, columns)
    for name, (metric, draws) in metrics.items():
        value = float(np.mean([metric(each, one)[0] for each in told]))
        drawn = np.mean([metric(each, draws) for each in told], axis=0)
        defined = drawn[~np.isnan(drawn)]
        low, high = np.quantile(defined, [0.025, 0.975]) if len(defined) else (np.nan, np.nan)
        yield name, Estimate(value, float(low), float(high))


def _order_effect(
    expression: ExpressionSet, split: str, told: Sequence[Told]
) -> Iterator[tuple[str, float]]:
    """Mean squared errors against the aligned table and against the published columns, place by place.

    Of a split from group to group, over all genes; one that was not quantified counts 0 and is told 0, as published.
    """
    folds = expression.folds[split]
    rows = folds[0].test_samples
    groups = {expression.groups[row] for row in rows.tolist()}
    if expression.as_published is None or len(folds) > 1 or len(groups) > 1:
        return
    truths = {"aligned": expression.tpm[rows], "published": expression.as_published[rows]}
    for order, truth in truths.items():
        wanted = np.nan_to_num(truth)
        shown = [np.nan_to_num(each.expression[rows]) for each in told]
        logs = [((each - np.log2(wanted + 1)) ** 2).mean() for each in shown]
        yield f"mse_{order}_order", float(np.mean(logs))
        plainly = [((2**each - 1 - wanted) ** 2).mean() for each in shown]
        yield f"tpm_mse_{order}_order", float(np.mean(plainly))
