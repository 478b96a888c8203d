"""From stored runs and their dataset to tidy metric rows with intervals: a pure function of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from benchmarks.metrics.bootstrap import Blocks, Estimate, block_weights, estimate
from benchmarks.metrics.near_copy import near_copy_regions
from benchmarks.metrics.reliability import reliability, tells_probabilities
from benchmarks.metrics.sites import (
    RANKINGS,
    RATIOS,
    StrandScores,
    StrandSites,
    estimate_ranking,
    f1,
    find_sites,
    rank_counts,
    tabulate_sites,
)
from benchmarks.metrics.structure import StructureCounts, compare_structures
from benchmarks.metrics.weak_sites import weak_introns
from benchmarks.results import Run, ScoredSites, join_commits
from benchmarks.rows import Row, plain
from features.datasets import Dataset
from features.labelled import LabelledChromosome, LabelledStrand
from features.progress import track
from features.regions import Regions
from features.scorers.calibration import BINS, Table, calibration_error, reliability_table
from features.sites import KINDS, label_sites
from features.transcripts import Transcript, group_by_chromosome

__all__ = [
    "CONFIDENCE",
    "FATES",
    "STRUCTURE_LEVELS",
    "SUBSETS",
    "VALIDATION",
    "Evaluation",
    "TestSet",
    "evaluate_runs",
    "structure_estimates",
]

SUBSETS = ("all", "no-near-copy")
VALIDATION = "validation"
"""Subset of the rows on the validation chromosomes, which thresholds and weights were chosen on."""
STRUCTURE_LEVELS = ("nucleotide", "exon", "intron", "transcript", "gene")
FATES = {
    "exon": ("missed", "partial", "overlapping", "wrong"),
    "intron": ("missed", "partial", "overlapping", "wrong"),
    "gene": ("missed", "split", "merged", "partial", "wrong"),
}
"""Per level what ``StructureCounts.fates`` says of those that are not right."""
CONFIDENCE = [f"{number / BINS:g}-{(number + 1) / BINS:g}" for number in range(BINS)]
"""Ranges of probability."""
TRAINING_STAGES = ("fit", "score_validation", "fit_decoder")
PREDICTION_STAGES = ("score", "decode", "predict")

Counts = npt.NDArray[np.int64]


@dataclass
class Evaluation:
    """All that a leaderboard shows.

    Attributes
    ----------
    rows : the tidy rows.
    structures : per subset and model one ``StructureCounts`` per seed, for paired comparisons.
    seeds : per model the seeds of its runs.
    weights : the resamples every interval was made with, shape (resamples, blocks).
    block_size : bases of a block.
    near_copies : test genes left out of the subset no-near-copy.
    seed : of the resamples.
    """

    weights: Counts
    block_size: int
    near_copies: int
    seed: int
    rows: list[Row] = field(default_factory=list)
    structures: dict[tuple[str, str], list[StructureCounts]] = field(default_factory=dict)
    seeds: dict[str, list[int]] = field(default_factory=dict)


class TestSet:
    """The truth of a dataset's test chromosomes, and what each subset leaves out of it."""

    __test__ = False  # not a pytest class

    def __init__(self, dataset: Dataset) -> None:
        self.chromosomes = dataset.labelled("test")
        self.lengths = {each.name: len(each.sequence) for each in self.chromosomes}
        self.blocks = Blocks(self.lengths)
        self.transcripts = [
            transcript for each in self.chromosomes for transcript in each.transcripts
        ]
        training = dataset.labelled("train")
        copies = near_copy_regions(training, self.chromosomes)
        self.weak_introns = weak_introns(training, self.chromosomes)
        self.near_copies = sum(len(regions) for regions in copies.values())
        masks = {each.name: each.mask for each in self.chromosomes}
        self.left_out: dict[str, dict[str, Regions]] = {
            "all": masks,
            "no-near-copy": {
                name: np.concatenate([masks[name], copies[name]]) for name in self.lengths
            },
        }
        self._sites: dict[str, list[StrandSites]] = {}

    def sites(self, subset: str) -> list[StrandSites]:
        """The candidates of every strand that count in ``subset``; found once, 9 bytes a candidate."""
        if subset not in self._sites:
            self._sites[subset] = [
                find_sites(strand)
                for chromosome in track(self.chromosomes, "candidates", unit="chromosome")
                for strand in self.strands(chromosome, subset)
            ]
        return self._sites[subset]

    def strands(self, chromosome: LabelledChromosome, subset: str) -> Iterator[LabelledStrand]:
        """Both strands of ``chromosome`` with the mask of ``subset``."""
        mask = self.left_out[subset][chromosome.name]
        return LabelledChromosome(
            chromosome.name, chromosome.sequence, chromosome.transcripts, mask
        ).strands()


@dataclass
class _SiteCounts:
    """Of one site kind: called counts, and ranks where the row scores sites at all."""

    called: Counts
    ranks: Counts | None = None
    exact: Counts | None = None
    reliability: Table | None = None


def evaluate_runs(
    runs: Mapping[str, Sequence[Run]], dataset: Dataset, resamples: int = 1000, seed: int = 0
) -> Evaluation:
    """Metric rows of every model, named and ordered as in ``runs``: the mean over its runs, one for each seed."""
    test = TestSet(dataset)
    evaluation = Evaluation(
        block_weights(test.blocks.count, resamples, seed), test.blocks.size, test.near_copies, seed
    )
    for model, of_model in track(runs.items(), "metrics", unit="model"):
        _evaluate_model(evaluation, test, model, of_model)
    evaluation.rows += _validation_rows(runs, dataset, resamples, seed)
    return evaluation


def _validation_rows(
    runs: Mapping[str, Sequence[Run]], dataset: Dataset, resamples: int, seed: int
) -> Iterator[Row]:
    """Structure on the validation chromosomes, of the models that have decoded them."""
    chromosomes = dataset.labelled("validation")
    blocks = Blocks({each.name: len(each.sequence) for each in chromosomes})
    weights = block_weights(blocks.count, resamples, seed)
    truth = [transcript for each in chromosomes for transcript in each.transcripts]
    masks = {each.name: each.mask for each in chromosomes}
    for model, of_model in runs.items():
        decoded = [run.validation_transcripts() for run in of_model]
        counts = [
            compare_structures(truth, each, blocks, masks) for each in decoded if each is not None
        ]
        if len(counts) < len(of_model):
            continue
        for level, metric, found in structure_estimates(counts, STRUCTURE_LEVELS, weights):
            yield Row(
                VALIDATION,
                model,
                level,
                metric,
                *found,
                len(of_model),
                join_commits(of_model),
            )


def structure_estimates(
    counts: Sequence[StructureCounts], levels: Sequence[str], weights: Counts
) -> Iterator[tuple[str, str, Estimate]]:
    """(level, metric, estimate) of each of ``levels``; the counts tp, predicted and true have no interval."""
    for level in levels:
        of_level = [each.levels[level] for each in counts]
        totals = np.mean([each.sum(axis=0) for each in of_level], axis=0)
        for metric, column in (("tp", 1), ("predicted", 2), ("true", 0)):
            yield level, metric, plain(float(totals[column]))
        for metric, ratio in RATIOS.items():
            yield level, metric, estimate(of_level, ratio, weights)


def _evaluate_model(evaluation: Evaluation, test: TestSet, model: str, runs: Sequence[Run]) -> None:
    commits = join_commits(runs)
    weights = evaluation.weights

    def add(subset: str, level: str, metric: str, found: Estimate) -> None:
        evaluation.rows.append(Row(subset, model, level, metric, *found, len(runs), commits))

    sites: dict[str, list[dict[str, _SiteCounts]]] = {subset: [] for subset in SUBSETS}
    confidence = []
    evaluation.seeds[model] = [int(run.record["seed"]) for run in runs]
    for run in runs:
        predicted = [each for each in run.transcripts() if each.chromosome in test.lengths]
        scored = run.sites(test.lengths)
        if tells_probabilities(predicted):
            confidence.append(reliability(test.transcripts, predicted, test.left_out["all"]))
        for subset in SUBSETS:
            evaluation.structures.setdefault((subset, model), []).append(
                compare_structures(
                    test.transcripts,
                    predicted,
                    test.blocks,
                    test.left_out[subset],
                    test.weak_introns,
                )
            )
            title = f"{model}, {subset}"
            if scored is None:
                sites[subset].append(_decoded_sites(test, subset, predicted, title))
            else:
                thresholds = run.record["thresholds"]
                sites[subset].append(_ranked_sites(test, subset, scored, thresholds, title))
    for subset in SUBSETS:
        for kind in KINDS:
            of_kind = [each[kind] for each in sites[subset]]
            ranks = [each.ranks for each in of_kind if each.ranks is not None]
            exact = [each.exact for each in of_kind if each.exact is not None]
            for metric, ranking in RANKINGS.items():
                found = estimate_ranking(ranks, exact, ranking, weights)
                if found is not None:
                    add(subset, kind, metric, found)
            add(subset, kind, "f1", estimate([each.called for each in of_kind], f1, weights))
            told = [each.reliability for each in of_kind if each.reliability is not None]
            if told and subset == "all":
                for metric, value in _reliability(np.mean(told, axis=0)):
                    add(subset, kind, metric, plain(value))
        for level, metric, found in structure_estimates(
            evaluation.structures[subset, model], STRUCTURE_LEVELS, weights
        ):
            add(subset, level, metric, found)
        for level, metric, value in _errors_and_strata(evaluation.structures[subset, model]):
            add(subset, level, metric, plain(value))
    if len(confidence) == len(runs):
        for level in confidence[0]:
            total = np.sum([tables[level] for tables in confidence], axis=0)
            for metric, value in _reliability(total / len(runs)):
                add("all", level, metric, plain(value))
    for metric, cost in _costs(runs).items():
        add("all", "run", metric, plain(cost))


def _errors_and_strata(counts: Sequence[StructureCounts]) -> Iterator[tuple[str, str, float]]:
    """(level, metric, mean over the seeds) of the fates of exons, introns and genes, and of what each stratum holds."""
    for level, fates in FATES.items():
        for fate in fates:
            yield level, fate, float(np.mean([each.fates[level][fate] for each in counts]))
    for stratum in counts[0].strata:
        true, found = np.mean([each.strata[stratum] for each in counts], axis=0)
        yield stratum, "tp", float(found)
        yield stratum, "true", float(true)
        yield stratum, "sensitivity", float(found / true) if true else 0.0


def _reliability(table: Table) -> Iterator[tuple[str, float]]:
    """(metric, value): the calibration error, and by range of probability how many are predicted and right."""
    yield "calibration_error", calibration_error(table)
    for range_, (predicted, probability, right) in zip(CONFIDENCE, table, strict=True):
        yield f"predicted_{range_}", float(predicted)
        if predicted:
            yield f"probability_{range_}", float(probability / predicted)
            yield f"right_{range_}", float(right / predicted)


def _ranked_sites(
    test: TestSet,
    subset: str,
    scored: ScoredSites,
    thresholds: Mapping[str, float | None],
    title: str,
) -> dict[str, _SiteCounts]:
    nothing = (np.empty(0, np.int64), np.empty(0, np.float32))

    def strands() -> Iterator[tuple[StrandSites, StrandScores]]:
        for sites in track(test.sites(subset), title, unit="strand"):
            where = (sites.chromosome, sites.strand)
            yield sites, {kind: scored.get((*where, kind), nothing) for kind in KINDS}

    tables = tabulate_sites(strands(), test.blocks)
    counts = {}
    for kind in KINDS:
        table = tables.pop(kind).ranked()
        threshold = thresholds[kind]
        counts[kind] = _SiteCounts(
            table.called(np.inf if threshold is None else threshold),
            rank_counts(table),
            rank_counts(table.pooled(), bins=None),
            reliability_table(table.scores, table.true),
        )
    return counts


def _decoded_sites(
    test: TestSet, subset: str, predicted: Sequence[Transcript], title: str
) -> dict[str, _SiteCounts]:
    called = {kind: np.zeros((test.blocks.count, 4), np.int64) for kind in KINDS}
    by_chromosome = group_by_chromosome(predicted)
    for chromosome in track(test.chromosomes, title, unit="chromosome"):
        length = test.lengths[chromosome.name]
        for strand in test.strands(chromosome, subset):
            guesses = label_sites(by_chromosome.get(chromosome.name, []), strand.strand, length)
            for kind in KINDS:
                guess = guesses[kind].true
                correct, left_out = strand.select(kind, guess)
                true = strand.labels[kind].true
                counted, _ = strand.select(kind, true)
                for column, positions in (
                    (0, true[counted]),
                    (1, guess[correct]),
                    (2, guess[~left_out]),
                    (3, guess[correct]),
                ):
                    test.blocks.add_counts(
                        called[kind][:, column], chromosome.name, strand.forward(positions)
                    )
    return {kind: _SiteCounts(called[kind]) for kind in KINDS}


def _costs(runs: Sequence[Run]) -> dict[str, float]:
    """Mean cost over the runs: seconds of training, megabases predicted a second, peak memory in GiB."""

    def total(run: Run, stages: Sequence[str]) -> float:
        return sum(float(run.record["seconds"].get(stage, 0.0)) for stage in stages)

    speeds = [
        run.record["test_bases"] / 1e6 / max(total(run, PREDICTION_STAGES), 1e-9) for run in runs
    ]
    return {
        "train_seconds": float(np.mean([total(run, TRAINING_STAGES) for run in runs])),
        "predict_mb_per_second": float(np.mean(speeds)),
        "peak_gib": float(np.mean([run.record["peak_gib"] for run in runs])),
    }
