"""The window-feeder task: does a window hold a boundary, and what does it help to ask that first?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from baselines.greedy import best_threshold
from benchmarks.metrics.bootstrap import Blocks, Estimate, block_weights, estimate
from benchmarks.metrics.sites import (
    RANKINGS,
    RATIOS,
    SiteTable,
    estimate_ranking,
    f1,
    rank_counts,
)
from benchmarks.results import Run, ScoredSites, join_commits
from benchmarks.rows import Row, plain
from benchmarks.tasks.window_feeder import WindowKey, examples, read_probabilities
from features.datasets import Dataset
from features.errors import DatasetError
from features.labelled import LabelledStrand
from features.progress import track
from features.windows import BOUNDARY_KINDS, STRANDS, VARIANTS, WINDOW, label_windows

__all__ = ["PIPELINE", "WINDOW_LEVEL", "FeederEvaluation", "evaluate_feeders"]

WINDOW_LEVEL = "window"
PIPELINE = "pipeline"
"""Level of the boundaries that are found in all windows, those asked for first or not."""
CUTS = 25
"""Thresholds of a feeder that are tried on validation."""
FAINTEST = -6.0
"""Natural-log odds under which a site is not called in any case."""

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass
class FeederEvaluation:
    """All that the leaderboard of the task shows.

    Attributes
    ----------
    rows : the tidy rows; the subset is the variant, pipelines have the models "feeder > scorer".
    seeds : per model the seeds of its runs.
    classifiers : the models that are run for this task alone.
    windows, positive : by variant how many usable windows the test chromosomes have, and how many hold a boundary.
    resamples, blocks, seed : of the intervals.
    """

    resamples: int
    blocks: int
    seed: int
    classifiers: list[str]
    windows: dict[str, int]
    positive: dict[str, int]
    rows: list[Row] = field(default_factory=list)
    seeds: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Sites:
    """Scored sites of all usable windows, both strands, by kind."""

    log_odds: dict[str, npt.NDArray[np.float32]]
    true: dict[str, npt.NDArray[np.bool_]]
    window: dict[str, Counts]
    block: dict[str, Counts]
    unscored: dict[str, Counts]


class _Windows:
    """The usable windows of the chromosomes of one role, and the labels of their strands."""

    def __init__(self, dataset: Dataset, role: str) -> None:
        chromosomes = dataset.labelled(role)
        self.lengths = {each.name: len(each.sequence) for each in chromosomes}
        self.blocks = Blocks(self.lengths)
        self.labels: dict[str, dict[WindowKey, int]] = {variant: {} for variant in VARIANTS}
        self.strands: list[LabelledStrand] = []
        for chromosome in chromosomes:
            windows = label_windows(chromosome)
            for variant in VARIANTS:
                self.labels[variant] |= {key: label for key, _, label in examples(windows, variant)}
            self.strands += list(chromosome.strands())
        self.number = {key[::2]: number for number, key in enumerate(self.labels["both"])}
        """(chromosome, window) to a number of the usable window."""

    def table(self, probabilities: Mapping[WindowKey, float], variant: str) -> SiteTable:
        """Every usable window as a ranked candidate."""
        labels = self.labels[variant]
        if probabilities.keys() != labels.keys():
            raise DatasetError(
                "A stored run of window classifiers knows other windows than the dataset has. Run it again with "
                "--rerun always."
            )
        scores = np.array([probabilities[key] for key in labels])
        none = np.zeros(self.blocks.count, np.int64)
        block = np.array(
            [self.blocks.of(chromosome, window * WINDOW) for chromosome, _, window in labels],
            np.int64,
        )
        return SiteTable(scores, np.array(list(labels.values()), np.bool_), block, none, none)

    def from_sites(self, scored: ScoredSites, variant: str) -> dict[WindowKey, float]:
        """How surely a window holds at least one of its scored sites, as if these were independent.

        Minus the natural logarithm of the probability that none of them is real. What is neither true nor false does
        not count.
        """
        sure = dict.fromkeys(self.labels[variant], 0.0)
        for strand in self.strands:
            for kind in BOUNDARY_KINDS:
                positions, log_odds = scored.get(
                    (strand.chromosome, strand.strand, kind), (np.empty(0, np.int64), np.empty(0))
                )
                counted = ~strand.select(kind, positions)[1]
                window = strand.forward(positions[counted]) // WINDOW
                sums = np.bincount(window, np.logaddexp(0, log_odds[counted].astype(np.float64)))
                read = strand.strand if variant == "sense" else STRANDS[0]
                for number in np.flatnonzero(sums).tolist():
                    key = strand.chromosome, read, number
                    if key in sure:
                        sure[key] += float(sums[number])
        return sure

    def sites(self, scored: ScoredSites) -> _Sites:
        """Set scored sites against the true boundaries of all usable windows."""
        found = _Sites({}, {}, {}, {}, {})
        for kind in BOUNDARY_KINDS:
            odds, true, window, block = [], [], [], []
            unscored = np.zeros(self.blocks.count, np.int64)
            for strand in self.strands:
                positions, log_odds = scored.get(
                    (strand.chromosome, strand.strand, kind),
                    (np.empty(0, np.int64), np.empty(0, np.float32)),
                )
                bright = log_odds >= FAINTEST
                positions, log_odds = positions[bright], log_odds[bright]
                is_true, left_out = strand.select(kind, positions)
                number = self._numbers(strand, positions)
                kept = ~left_out & (number >= 0)
                odds.append(log_odds[kept])
                true.append(is_true[kept])
                window.append(number[kept])
                block.append(self.blocks.of(strand.chromosome, strand.forward(positions[kept])))
                labelled = strand.labels[kind].true
                labelled = labelled[strand.select(kind, labelled)[0]]
                labelled = labelled[self._numbers(strand, labelled) >= 0]
                missed = labelled[~np.isin(labelled, positions[kept])]
                self.blocks.add_counts(unscored, strand.chromosome, strand.forward(missed))
            found.log_odds[kind] = np.concatenate(odds)
            found.true[kind] = np.concatenate(true)
            found.window[kind] = np.concatenate(window)
            found.block[kind] = np.concatenate(block)
            found.unscored[kind] = unscored
        return found

    def _numbers(self, strand: LabelledStrand, positions: Counts) -> Counts:
        """Number of the window that each of ``positions`` lies in, -1 if it does not count."""
        count = -(-len(strand.sequence) // WINDOW)
        of_chromosome = np.array(
            [self.number.get((strand.chromosome, window), -1) for window in range(count)], np.int64
        )
        found: Counts = of_chromosome[strand.forward(positions) // WINDOW]
        return found


def evaluate_feeders(
    classifiers: Mapping[str, Sequence[Run]],
    scorers: Mapping[str, Sequence[Run]],
    dataset: Dataset,
    resamples: int = 1000,
    seed: int = 0,
) -> FeederEvaluation:
    """Metric rows of classifiers, of site scorers taken as such, and of pipelines of one and the other.

    Thresholds are those of the highest F1 on validation. A pipeline looks for boundaries only where its feeder sees
    reason to; the scorer alone looks everywhere. Seeds beyond the first of a scorer are left to the other tasks.

    Raises ``DatasetError`` where a scorer's run lacks the scores of validation.
    """
    test, validation = _Windows(dataset, "test"), _Windows(dataset, "validation")
    weights = block_weights(test.blocks.count, resamples, seed)
    found = FeederEvaluation(
        resamples,
        test.blocks.count,
        seed,
        list(classifiers),
        {variant: len(test.labels[variant]) for variant in VARIANTS},
        {variant: sum(test.labels[variant].values()) for variant in VARIANTS},
    )
    feeders: dict[str, tuple[Floats, Floats]] = {}
    for model, runs in track(classifiers.items(), "classifiers", unit="model"):
        told = [
            {
                variant: [read_probabilities(run, variant, role) for role in ("validation", "test")]
                for variant in VARIANTS
            }
            for run in runs
        ]
        _add_feeder(found, model, runs, told, (validation, test), weights)
        feeders[model] = (
            _by_number(validation, told[0]["both"][0]),
            _by_number(test, told[0]["both"][1]),
        )
    for model, runs in track(scorers.items(), "scorers", unit="model"):
        run = runs[0]
        scored = run.sites(test.lengths)
        if scored is None:
            continue
        known = run.validation_sites(validation.lengths)
        told = [
            {
                variant: [validation.from_sites(known, variant), test.from_sites(scored, variant)]
                for variant in VARIANTS
            }
        ]
        _add_feeder(found, model, [run], told, (validation, test), weights)
        pair = validation.sites(known), test.sites(scored)
        everywhere = np.ones(len(validation.number)), np.ones(len(test.number))
        pipelines = {model: (everywhere, [run])}
        for feeder, probabilities in feeders.items():
            pipelines[f"{feeder} > {model}"] = probabilities, [classifiers[feeder][0], run]
        for name, (probabilities, made_of) in pipelines.items():
            counts = _pipeline(pair, probabilities)
            for metric, ratio in RATIOS.items():
                found.rows.append(
                    Row(
                        "both",
                        name,
                        PIPELINE,
                        metric,
                        *estimate([counts], ratio, weights),
                        1,
                        join_commits(made_of),
                    )
                )
    return found


def _add_feeder(
    found: FeederEvaluation,
    model: str,
    runs: Sequence[Run],
    told: Sequence[Mapping[str, Sequence[Mapping[WindowKey, float]]]],
    sets: tuple[_Windows, _Windows],
    weights: Counts,
) -> None:
    found.seeds[model] = [int(run.record["seed"]) for run in runs]
    commits = join_commits(runs)
    for variant in VARIANTS:
        tables = [
            [windows.table(each[variant][place], variant) for place, windows in enumerate(sets)]
            for each in told
        ]
        for metric, value in _estimates(tables, weights):
            found.rows.append(Row(variant, model, WINDOW_LEVEL, metric, *value, len(runs), commits))


def _estimates(
    tables: Sequence[Sequence[SiteTable]], weights: Counts
) -> Iterator[tuple[str, Estimate]]:
    """(metric, estimate) of (validation, test) tables, one pair for each seed."""
    called = []
    for known, table in tables:
        cut = best_threshold(known.scores, known.true, int(known.true.sum()))
        called.append(table.called(cut))
    for metric, ratio in RATIOS.items():
        yield metric, estimate(called, ratio, weights)
    if all(table.true.any() and not table.true.all() for _, table in tables):
        ranks = [rank_counts(table) for _, table in tables]
        exact = [rank_counts(table.pooled(), bins=None) for _, table in tables]
        found = estimate_ranking(ranks, exact, RANKINGS["ap"], weights)
        if found is not None:
            yield "ap", found
        areas = [float(roc_auc_score(table.true, table.scores)) for _, table in tables]
        yield "auroc", plain(float(np.mean(areas)))


def _by_number(windows: _Windows, probabilities: Mapping[WindowKey, float]) -> Floats:
    return np.array([probabilities[key] for key in windows.labels["both"]])


def _pipeline(pair: tuple[_Sites, _Sites], probabilities: tuple[Floats, Floats]) -> Counts:
    """Counts of shape (blocks, 4) of the test sites called in the windows that pass.

    The thresholds of feeder and scorer are the best ones on validation.
    """
    known, sites = pair
    best = -1.0, -np.inf, dict.fromkeys(BOUNDARY_KINDS, np.inf)
    for cut in np.unique(np.quantile(probabilities[0], np.linspace(0, 1, CUTS), method="lower")):
        passes = probabilities[0] >= cut
        thresholds, counts = {}, np.zeros(4, np.int64)
        for kind in BOUNDARY_KINDS:
            fed = passes[known.window[kind]]
            odds, true = known.log_odds[kind][fed], known.true[kind][fed]
            total = int(known.true[kind].sum() + known.unscored[kind].sum())
            thresholds[kind] = best_threshold(odds, true, total)
            above = odds >= thresholds[kind]
            counts += total, true[above].sum(), above.sum(), true[above].sum()
        value = float(f1(counts.astype(np.float64)))
        if value > best[0]:
            best = value, float(cut), thresholds
    _, cut, thresholds = best
    passes = probabilities[1] >= cut
    found = np.zeros((len(sites.unscored[BOUNDARY_KINDS[0]]), 4), np.int64)
    for kind in BOUNDARY_KINDS:
        called = (sites.log_odds[kind] >= thresholds[kind]) & passes[sites.window[kind]]
        blocks = len(found)
        of_kind = np.bincount(sites.block[kind][called & sites.true[kind]], minlength=blocks)
        found[:, 0] += np.bincount(sites.block[kind][sites.true[kind]], minlength=blocks)
        found[:, 0] += sites.unscored[kind]
        found[:, 1] += of_kind
        found[:, 2] += np.bincount(sites.block[kind][called], minlength=blocks)
        found[:, 3] += of_kind
    return found
