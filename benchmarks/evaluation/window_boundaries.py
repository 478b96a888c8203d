"""The window-boundaries task: donors and acceptors in the 5,000-bp windows that hold any, from stored runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from baselines.greedy import best_threshold
from benchmarks.metrics.bootstrap import Blocks, Estimate, block_weights, estimate
from benchmarks.metrics.sites import (
    RANKINGS,
    RATIOS,
    SiteTable,
    StrandSites,
    estimate_ranking,
    find_sites,
    rank_counts,
    tabulate_sites,
)
from benchmarks.metrics.window_boundaries import (
    count_calls,
    in_windows,
    keep_windows,
    pool,
    windows_with_boundaries,
)
from benchmarks.results import Run, ScoredSites, join_commits
from benchmarks.rows import Row
from features.datasets import Dataset
from features.labelled import LabelledChromosome, LabelledStrand
from features.progress import track
from features.sites import label_sites
from features.transcripts import Transcript, group_by_chromosome
from features.windows import BOUNDARY_KINDS, VARIANTS

__all__ = ["BOUNDARY", "TASK", "TOLERANCE", "WindowEvaluation", "evaluate_windows"]

TASK = "window-boundaries"
BOUNDARY = "boundary"
"""Level of donors and acceptors together."""
TOLERANCE = 2
"""Bases that a call may be off, in the lenient figures."""

Counts = npt.NDArray[np.int64]


@dataclass
class WindowEvaluation:
    """All that the leaderboard of the task shows.

    Attributes
    ----------
    rows : the tidy rows; the subset is the variant.
    seeds : per model the seeds of its runs.
    windows, boundaries : by variant how many there are in the test chromosomes.
    resamples, blocks : of the intervals.
    seed : of the resamples.
    """

    resamples: int
    blocks: int
    seed: int
    windows: dict[str, int]
    boundaries: dict[str, int]
    rows: list[Row] = field(default_factory=list)
    seeds: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Strand:
    """One strand: its labels, and by variant the windows that count and what lies in them."""

    labelled: LabelledStrand
    windows: dict[str, npt.NDArray[np.int64]]
    kept: dict[str, StrandSites]


class _WindowSet:
    """The windows of the chromosomes of one role."""

    def __init__(self, chromosomes: Sequence[LabelledChromosome]) -> None:
        self.lengths = {each.name: len(each.sequence) for each in chromosomes}
        self.blocks = Blocks(self.lengths)
        self.strands: list[_Strand] = []
        for chromosome in track(chromosomes, "candidates", unit="chromosome"):
            labelled = list(chromosome.strands())
            sites = [find_sites(strand) for strand in labelled]
            windows = {variant: windows_with_boundaries(sites, variant) for variant in VARIANTS}
            for number, strand in enumerate(labelled):
                own = {variant: windows[variant][number] for variant in VARIANTS}
                kept = {variant: keep_windows(sites[number], own[variant]) for variant in VARIANTS}
                self.strands.append(_Strand(strand, own, kept))

    def count(self, variant: str) -> int:
        """Windows that count; of the variant with both strands each is one window."""
        number = sum(len(strand.windows[variant]) for strand in self.strands)
        return number if variant == "sense" else number // 2

    def boundaries(self, variant: str) -> int:
        return sum(
            int(strand.kept[variant].true[kind].sum()) + len(strand.kept[variant].rare[kind])
            for strand in self.strands
            for kind in BOUNDARY_KINDS
        )

    def tables(self, scored: ScoredSites, variant: str) -> dict[str, SiteTable]:
        """Every candidate in the windows that count, by kind."""
        nothing = (np.empty(0, np.int64), np.empty(0, np.float32))
        strands = (
            (
                kept,
                {
                    kind: scored.get((kept.chromosome, kept.strand, kind), nothing)
                    for kind in BOUNDARY_KINDS
                },
            )
            for kept in (strand.kept[variant] for strand in self.strands)
        )
        return tabulate_sites(strands, self.blocks, BOUNDARY_KINDS)

    def called(
        self, calls: Mapping[tuple[str, str, str], Counts], variant: str, kind: str, tolerance: int
    ) -> Counts:
        """Counts of shape (blocks, 4) of ``calls``, positions by chromosome, strand and kind."""
        total = np.zeros((self.blocks.count, 4), np.int64)
        for strand in self.strands:
            kept = strand.kept[variant]
            positions = calls.get((kept.chromosome, kept.strand, kind), np.empty(0, np.int64))
            positions = positions[in_windows(kept, positions, strand.windows[variant])]
            positions = positions[~strand.labelled.select(kind, positions)[1]]
            total += count_calls(kept, kind, positions, tolerance, self.blocks)
        return total


def evaluate_windows(
    runs: Mapping[str, Sequence[Run]], dataset: Dataset, resamples: int = 1000, seed: int = 0
) -> WindowEvaluation:
    """Metric rows of every model, named and ordered as in ``runs``: the mean over its runs, one for each seed.

    A model that scores sites calls those over a threshold, by kind that of the highest F1 in the windows of validation;
    a decoded model calls the introns of its transcripts. Raises ``DatasetError`` where a run lacks the scores of
    validation.
    """
    test = _WindowSet(dataset.labelled("test"))
    validation: _WindowSet | None = None
    weights = block_weights(test.blocks.count, resamples, seed)
    found = WindowEvaluation(
        resamples,
        test.blocks.count,
        seed,
        {variant: test.count(variant) for variant in VARIANTS},
        {variant: test.boundaries(variant) for variant in VARIANTS},
    )
    for model, of_model in track(runs.items(), "metrics", unit="model"):
        found.seeds[model] = [int(run.record["seed"]) for run in of_model]
        commits = join_commits(of_model)
        ranked = [run.sites(test.lengths) for run in of_model]
        known: list[ScoredSites] = []
        if ranked[0] is not None:
            validation = validation or _WindowSet(dataset.labelled("validation"))
            known = [run.validation_sites(validation.lengths) for run in of_model]
        for variant in VARIANTS:
            counts: dict[tuple[str, int], list[Counts]] = {}
            tables: list[dict[str, SiteTable]] = []
            for number, (run, scored) in enumerate(zip(of_model, ranked, strict=True)):
                if scored is None or validation is None:
                    calls = _decoded_calls(run.transcripts(), test.lengths)
                else:
                    tables.append(test.tables(scored, variant))
                    calls = _calls(scored, _thresholds(validation, known[number], variant))
                for kind in BOUNDARY_KINDS:
                    for tolerance in (0, TOLERANCE):
                        counts.setdefault((kind, tolerance), []).append(
                            test.called(calls, variant, kind, tolerance)
                        )
            for level, metric, value in _estimates(counts, tables, weights):
                found.rows.append(
                    Row(variant, model, level, metric, *value, len(of_model), commits)
                )
    return found


def _thresholds(validation: _WindowSet, scored: ScoredSites, variant: str) -> dict[str, float]:
    """By kind, the log odds of highest F1 in the windows of validation."""
    thresholds = {}
    for kind, table in validation.tables(scored, variant).items():
        total = int(table.true.sum() + table.unscored_true.sum())
        thresholds[kind] = best_threshold(table.scores, table.true, total)
    return thresholds


def _calls(
    scored: ScoredSites, thresholds: Mapping[str, float]
) -> dict[tuple[str, str, str], Counts]:
    return {
        (chromosome, strand, kind): positions[log_odds >= thresholds[kind]]
        for (chromosome, strand, kind), (positions, log_odds) in scored.items()
        if kind in thresholds
    }


def _decoded_calls(
    predicted: Sequence[Transcript], lengths: Mapping[str, int]
) -> dict[tuple[str, str, str], Counts]:
    by_chromosome = group_by_chromosome(predicted)
    return {
        (chromosome, strand, kind): labels[kind].true
        for chromosome, transcripts in by_chromosome.items()
        if chromosome in lengths
        for strand in "+-"
        for labels in [label_sites(transcripts, strand, lengths[chromosome])]
        for kind in BOUNDARY_KINDS
    }


def _estimates(
    counts: Mapping[tuple[str, int], Sequence[Counts]],
    tables: Sequence[Mapping[str, SiteTable]],
    weights: Counts,
) -> Iterator[tuple[str, str, Estimate]]:
    """(level, metric, estimate) of donors, acceptors and both together."""
    levels = {**{kind: (kind,) for kind in BOUNDARY_KINDS}, BOUNDARY: BOUNDARY_KINDS}
    for level, kinds in levels.items():
        for tolerance in (0, TOLERANCE):
            seeds = [
                np.sum(of_kinds, axis=0)
                for of_kinds in zip(*(counts[kind, tolerance] for kind in kinds), strict=True)
            ]
            suffix = f"_within_{tolerance}" if tolerance else ""
            for metric, ratio in RATIOS.items():
                yield level, metric + suffix, estimate(seeds, ratio, weights)
        if not tables:
            continue
        pooled = [pool([table[kind] for kind in kinds]) for table in tables]
        ranks = [rank_counts(each) for each in pooled]
        exact = [rank_counts(each.pooled(), bins=None) for each in pooled]
        for metric, ranking in RANKINGS.items():
            found = estimate_ranking(ranks, exact, ranking, weights)
            if found is not None:
                yield level, metric, found
