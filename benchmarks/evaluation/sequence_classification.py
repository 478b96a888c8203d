"""From stored runs and their sequence set to tidy metric rows with intervals: a pure function of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from benchmarks.evaluation.splits import PairedEvaluation, add_costs, by_split
from benchmarks.metrics.bootstrap import Estimate, block_weights, estimate
from benchmarks.metrics.classes import (
    CURVES,
    MACRO,
    MANY_CLASSES,
    blocks_of_groups,
    count_classes,
    count_ranks,
    mean_over_folds,
    two_classes,
)
from benchmarks.metrics.sites import estimate_ranking
from benchmarks.results import Run, join_commits
from benchmarks.rows import Row
from benchmarks.tasks.sequence_classification import read_log_probabilities
from features.errors import DatasetError
from features.sequence_sets import SequenceSet

__all__ = ["SEQUENCE_LEVEL", "TOLD", "ClassEvaluation", "evaluate_classifiers", "headline"]

SEQUENCE_LEVEL = "sequence"
TOLD = "sequences"
"""What a run counts and tells the classes of."""

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass
class ClassEvaluation(PairedEvaluation):
    """All that the leaderboard of the task shows; parts of splits are subsets of the set.

    Attributes
    ----------
    tested, groups : per subset how many sequences and groups are tested.
    """

    tested: dict[str, int] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)


def headline(sequences: SequenceSet) -> str:
    """The metric that models are ranked by: Matthews's correlation of two classes, accuracy of more."""
    return "mcc" if sequences.positive else "accuracy"


def evaluate_classifiers(
    runs: Mapping[str, Sequence[Run]],
    sequences: SequenceSet,
    resamples: int = 1000,
    seed: int = 0,
) -> ClassEvaluation:
    """Metric rows of every model, named and ordered as in ``runs``: by split, the mean over its seeds.

    The folds of a split are pooled, but for AUROC and AP, which are means over the folds. ``DatasetError`` where a
    run has told other sequences than its split tests.
    """
    found = ClassEvaluation(resamples, seed)
    for split, model, of_split in by_split(found, runs, sequences.folds):
        _evaluate(found, sequences, model, split, of_split)
    return found


def _evaluate(
    found: ClassEvaluation, sequences: SequenceSet, model: str, split: str, runs: Sequence[Run]
) -> None:
    tests = [fold.test for fold in sequences.folds[split]]
    tested = np.concatenate(tests)
    order = np.argsort(tested)
    tested = tested[order]
    fold = np.repeat(np.arange(len(tests)), [len(each) for each in tests])[order]
    told = []
    for run in runs:
        indices, logarithms = read_log_probabilities(run, sequences)
        if not np.array_equal(indices, tested):
            raise DatasetError(
                f"{run.folder}: tells other sequences than split {split} of {sequences.name} tests. Run it again with "
                "--rerun always."
            )
        told.append(logarithms)
    commits = join_commits(runs)
    for subset, kept in _subsets(sequences, split, tested):
        where = tested[kept]
        block, blocks = blocks_of_groups(sequences.groups[where])
        weights = block_weights(blocks, found.resamples, found.seed)
        found.tested[subset], found.groups[subset] = (
            len(where),
            len(np.unique(sequences.groups[where])),
        )
        if subset == split:
            found.weights[split] = weights
        of_subset = [each[kept] for each in told]
        for level, metric, value in _metrics(
            sequences, where, fold[kept], of_subset, block, blocks, weights
        ):
            if np.isnan(value.value):
                continue  # of one class alone, which is no correlation
            found.rows.append(Row(subset, model, level, metric, *value, len(runs), commits))
        if subset == split:
            _, truth = np.unique(sequences.labels, return_inverse=True)
            found.counts[split, model] = [
                count_classes(truth[where], each.argmax(axis=1), each.shape[1], block, blocks)
                for each in of_subset
            ]
    add_costs(found, split, model, runs, TOLD)


def _subsets(
    sequences: SequenceSet, split: str, tested: Counts
) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    yield split, np.ones(len(tested), np.bool_)
    for name, indices in sequences.subsets.items():
        kept = np.isin(tested, indices)
        if kept.any():
            yield f"{split}/{name}", kept


def _metrics(
    sequences: SequenceSet,
    where: Counts,
    fold: Counts,
    told: Sequence[Floats],
    block: Counts,
    blocks: int,
    weights: Counts,
) -> Iterator[tuple[str, str, Estimate]]:
    """(level, metric, estimate) of the sequences ``where``, of whose classes each run says ``told``.

    ``fold`` is the number of the fold that each is tested in.
    """
    classes, numbers = np.unique(sequences.labels, return_inverse=True)
    truth = numbers[where]
    counts = [
        count_classes(truth, each.argmax(axis=1), len(classes), block, blocks) for each in told
    ]
    if sequences.positive:
        positive = int(np.searchsorted(classes, sequences.positive))
        for metric, ratio in two_classes(positive).items():
            yield SEQUENCE_LEVEL, metric, estimate(counts, ratio, weights)
        odds = [each[:, positive] - each[:, 1 - positive] for each in told]
        folds, numbered = np.unique(fold, return_inverse=True)
        ranks, ranks_exactly = (
            [
                count_ranks(truth == positive, each, block, blocks, exact=exact, fold=numbered)
                for each in odds
            ]
            for exact in (False, True)
        )
        for metric, curve in CURVES.items():
            mean = mean_over_folds(curve, len(folds))
            ranked = estimate_ranking(ranks, ranks_exactly, mean, weights)
            if ranked is not None:
                yield SEQUENCE_LEVEL, metric, ranked
    else:
        for metric, ratio in MANY_CLASSES.items():
            yield SEQUENCE_LEVEL, metric, estimate(counts, ratio, weights, metric in MACRO)
    for rank, taxon_of in sequences.ranks.items():
        taxa, of_class = np.unique([taxon_of[name] for name in classes], return_inverse=True)
        by_rank = []
        for each in told:
            sums = np.stack(
                [logsumexp(each[:, of_class == taxon], axis=1) for taxon in range(len(taxa))]
            )
            by_rank.append(
                count_classes(of_class[truth], sums.argmax(axis=0), len(taxa), block, blocks)
            )
        for metric, ratio in MANY_CLASSES.items():
            yield rank, metric, estimate(by_rank, ratio, weights, metric in MACRO)
