"""From stored runs and their protein set to tidy metric rows with intervals: a pure function of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from benchmarks.evaluation.splits import PairedEvaluation, add_costs, by_split
from benchmarks.metrics.bootstrap import Estimate, block_weights, estimate
from benchmarks.metrics.classes import area_under_roc, blocks_of_groups, count_ranks
from benchmarks.metrics.sites import estimate_ranking
from benchmarks.metrics.symbols import RATIOS, count_symbols, weighted_precision
from benchmarks.results import Run, join_commits
from benchmarks.rows import Row
from benchmarks.tasks.gene_symbols import read_assigned
from features.errors import DatasetError
from features.proteins import Assigned, ProteinSet
from features.proteins.curve import ACCEPTED, Point, acceptance_curve

__all__ = ["SYMBOL_LEVEL", "TOLD", "SymbolEvaluation", "evaluate_symbols"]

SYMBOL_LEVEL = "symbol"
TOLD = "proteins"
"""What a run counts and assigns."""
SPECIES_APART = 4
"""Test species that are reported apart as well, at most."""

Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass
class SymbolEvaluation(PairedEvaluation):
    """All that the leaderboard of the task shows; parts of splits are species, the headline is accuracy.

    Attributes
    ----------
    curves : per split and model coverage and accuracy by threshold, all seeds together.
    tested, unseen : per subset how many proteins are tested, and of how many of them training lacks the symbol.
    """

    curves: dict[tuple[str, str], list[Point]] = field(default_factory=dict)
    tested: dict[str, int] = field(default_factory=dict)
    unseen: dict[str, int] = field(default_factory=dict)


def evaluate_symbols(
    runs: Mapping[str, Sequence[Run]], proteins: ProteinSet, resamples: int = 1000, seed: int = 0
) -> SymbolEvaluation:
    """Metric rows of every model, named and ordered as in ``runs``: by split, the mean over its seeds.

    Intervals are from resamples of the symbols. Capitals do not matter. ``DatasetError`` where a run has assigned other
    proteins than its split tests.
    """
    found = SymbolEvaluation(resamples, seed)
    numbers = _number(proteins.symbols)
    for split, model, of_split in by_split(found, runs, proteins.folds):
        _evaluate(found, proteins, numbers, model, split, of_split)
    return found


def _number(symbols: npt.NDArray[np.str_]) -> dict[str, int]:
    """Number of each symbol in small letters."""
    names = sorted({name.casefold() for name in symbols.tolist()})
    return {name: number for number, name in enumerate(names)}


def _evaluate(
    found: SymbolEvaluation,
    proteins: ProteinSet,
    numbers: Mapping[str, int],
    model: str,
    split: str,
    runs: Sequence[Run],
) -> None:
    fold = proteins.folds[split]
    told = []
    for run in runs:
        indices, assigned = read_assigned(run)
        if not np.array_equal(indices, fold.test):
            raise DatasetError(
                f"{run.folder}: assigns other proteins than split {split} of {proteins.name} tests. Run it again with "
                "--rerun always."
            )
        told.append(assigned)
    truth = np.array([numbers[name.casefold()] for name in proteins.symbols[fold.test].tolist()])
    learnt = {numbers[name.casefold()] for name in np.unique(proteins.symbols[fold.train]).tolist()}
    seen = np.isin(truth, list(learnt))
    commits = join_commits(runs)
    for subset, kept in _subsets(proteins, split, fold.test):
        found.tested[subset], found.unseen[subset] = int(kept.sum()), int((kept & ~seen).sum())
        block, blocks = blocks_of_groups(truth[kept])
        weights = block_weights(blocks, found.resamples, found.seed)
        of_subset = [each.take(kept) for each in told]
        given = [_numbers_of(each, numbers) for each in of_subset]
        counts = [
            count_symbols(own == truth[kept], _accepted(each), seen[kept], block, blocks)
            for own, each in zip(given, of_subset, strict=True)
        ]
        rows = {metric: estimate(counts, ratio, weights) for metric, ratio in RATIOS.items()}
        rows["precision"] = _precision(truth[kept], given, seen[kept], block, blocks, weights)
        auroc = _unknown(seen[kept], of_subset, block, blocks, weights)
        if auroc is None:
            del rows["unseen_accepted"]
        else:
            rows["unknown_auroc"] = auroc
        for metric, value in rows.items():
            found.rows.append(Row(subset, model, SYMBOL_LEVEL, metric, *value, len(runs), commits))
        if subset == split:
            found.weights[split], found.counts[split, model] = weights, counts
            known = np.tile(seen, len(told))
            right = np.concatenate(given) == np.tile(truth, len(told))
            probability = np.concatenate([each.probability for each in told])
            found.curves[split, model] = acceptance_curve(probability[known], right[known])
    add_costs(found, split, model, runs, TOLD)


def _subsets(proteins: ProteinSet, split: str, tested: Counts) -> Iterator[tuple[str, Mask]]:
    yield split, np.ones(len(tested), np.bool_)
    species = proteins.species[tested]
    names = np.unique(species).tolist()
    if 1 < len(names) <= SPECIES_APART:
        for name in names:
            yield f"{split}/{name}", species == name


def _numbers_of(assigned: Assigned, numbers: Mapping[str, int]) -> Counts:
    """Number of each symbol that was given, one past the last for none or a strange one."""
    none = len(numbers)
    return np.array(
        [numbers.get(name.casefold(), none) for name in assigned.symbols.tolist()], np.int64
    )


def _accepted(assigned: Assigned) -> Mask:
    # Stored as float32.
    return assigned.probability >= np.float32(ACCEPTED)


def _precision(
    truth: Counts,
    given: Sequence[Counts],
    seen: Mask,
    block: Counts,
    blocks: int,
    weights: Counts,
) -> Estimate:
    """Weighted precision on the proteins of symbols that training has, the mean over seeds."""
    once = np.eye(blocks, dtype=np.int64)
    each = [
        estimate([once], weighted_precision(truth[seen], own[seen], block[seen]), weights)
        for own in given
    ]
    return Estimate(*(float(np.mean(values)) for values in zip(*each, strict=True)))


def _unknown(
    seen: Mask, told: Sequence[Assigned], block: Counts, blocks: int, weights: Counts
) -> Estimate | None:
    """Area under the curve of telling proteins of known symbols from those of unseen ones by the probability."""
    if seen.all() or not seen.any():
        return None
    ranks = [count_ranks(seen, each.probability, block, blocks) for each in told]
    exact = [count_ranks(seen, each.probability, block, blocks, exact=True) for each in told]
    return estimate_ranking(ranks, exact, area_under_roc, weights)
