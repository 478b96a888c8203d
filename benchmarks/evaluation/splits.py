"""What the evaluations of tasks share whose sets have several splits: models, runs by split, costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.results import SPLIT, Run, join_commits
from benchmarks.rows import Row, plain
from features.progress import track

__all__ = ["RUN_LEVEL", "PairedEvaluation", "SplitEvaluation", "SplitRuns", "add_costs", "by_split"]

RUN_LEVEL = "run"
NEURAL = "neural."
"""Package of the networks."""


class SplitRuns(NamedTuple):
    """The runs of a model on a split.

    Attributes
    ----------
    seeds : of the runs.
    machine : threads and processor, or the GPU.
    """

    seeds: tuple[int, ...]
    machine: str


@dataclass
class SplitEvaluation:
    """What every leaderboard of such a task shows.

    Attributes
    ----------
    rows : the tidy rows; the subset is the split, or split/part.
    seeds : per model the seeds of its runs.
    neural : the models that are networks.
    splits : names of the set's splits.
    runs : (split, model) of the stored runs to the seeds of these and where they ran.
    resamples, seed : of the intervals.
    """

    resamples: int
    seed: int
    rows: list[Row] = field(default_factory=list)
    seeds: dict[str, list[int]] = field(default_factory=dict)
    neural: set[str] = field(default_factory=set)
    splits: tuple[str, ...] = ()
    runs: dict[tuple[str, str], SplitRuns] = field(default_factory=dict)


@dataclass
class PairedEvaluation(SplitEvaluation):
    """One whose models are compared in pairs, on the same resamples.

    Attributes
    ----------
    counts : per split and model what the headline metric is made of, one array per seed.
    weights : per split the resamples of its blocks, shape (resamples, blocks).
    """

    counts: dict[tuple[str, str], list[npt.NDArray[np.int64]]] = field(default_factory=dict)
    weights: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)


def by_split(
    found: SplitEvaluation, runs: Mapping[str, Sequence[Run]], splits: Iterable[str]
) -> Iterator[tuple[str, str, list[Run]]]:
    """(split, model, its runs of the split), where there are any; enters the models into ``found``."""
    for model, of_model in runs.items():
        found.seeds[model] = sorted({int(run.record["seed"]) for run in of_model})
        if any(str(run.record["options"]["model"]["class"]).startswith(NEURAL) for run in of_model):
            found.neural.add(model)
    found.splits = tuple(splits)
    chosen = [
        (split, model, [run for run in of_model if run.record[SPLIT] == split])
        for split in found.splits
        for model, of_model in runs.items()
    ]
    kept = [each for each in chosen if each[2]]
    for split, model, of_split in kept:
        seeds = tuple(sorted(int(run.record["seed"]) for run in of_split))
        machines = dict.fromkeys(_machine(run) for run in of_split)
        found.runs[split, model] = SplitRuns(seeds, ", ".join(machines))
    yield from track(kept, "metrics", len(kept), "run")


def _machine(run: Run) -> str:
    """Where it ran, in a few words."""
    machine = run.record["machine"]
    return str(machine.get("gpu") or f"{run.record['threads']} x {machine['processor']}")


def add_costs(
    found: SplitEvaluation, split: str, model: str, runs: Sequence[Run], told: str = ""
) -> None:
    """Rows of mean costs: seconds of training a fold, ``told`` a second if any are named, peak memory in GiB.

    The record counts what was told as ``test_<told>``.
    """
    records = [run.record for run in runs]
    costs = {
        "train_seconds": [each["seconds"]["fit"] / each["folds"] for each in records],
        "peak_gib": [each["peak_gib"] for each in records],
    }
    if told:
        costs[f"predict_{told}_per_second"] = [
            each[f"test_{told}"] / max(each["seconds"].get("predict", 0.0), 1e-3)
            for each in records
        ]
    for metric, values in costs.items():
        cost = plain(float(np.mean(values)))
        found.rows.append(
            Row(split, model, RUN_LEVEL, metric, *cost, len(runs), join_commits(runs))
        )
