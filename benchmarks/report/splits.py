"""What the pages of tasks share whose sets have several splits: costs, the networks' lead, how to make them again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.evaluation.splits import RUN_LEVEL, PairedEvaluation, SplitEvaluation
from benchmarks.metrics.bootstrap import paired_difference
from benchmarks.report.markdown import grid, signed
from benchmarks.report.page import column
from benchmarks.rows import Row, look_up

__all__ = ["compare_networks", "render_costs", "reproduce_splits"]

TRAINING, MEMORY = "train_seconds", "peak_gib"


def reproduce_splits(
    task: str, name: str, data: str, seeds: Mapping[str, Sequence[int]], seed: int
) -> str:
    """Commands that make the page ``name`` of a task with several splits again.

    Parameters
    ----------
    data : the part of a command line that names the data.
    seeds : of the runs of each model.
    seed : of the intervals.
    """
    by_seed: dict[int, list[str]] = {}
    for model, of_model in seeds.items():
        for each in of_model:
            by_seed.setdefault(each, []).append(f"--model {model.split(' ')[0]}")
    lines = [
        f"python -m benchmarks run --task {task} {data} {' '.join(dict.fromkeys(named))} --seed {each}"
        for each, named in sorted(by_seed.items())
    ]
    lines.append(f"python -m benchmarks leaderboard --task {task} {data} --seed {seed}")
    return "```\n" + "\n".join(lines) + f"\n```\n\nEvery figure: `{name}.csv` beside this page."


def render_costs(evaluation: SplitEvaluation, told: str = "") -> str:
    """A row for each model and split: training, ``told`` a second if any were counted, memory, commit."""
    titles = {TRAINING: "training a fold, s"}
    if told:
        titles[f"predict_{told}_per_second"] = f"{told}/s"
    titles[MEMORY] = "peak memory, GiB"
    lookup = look_up(evaluation.rows)
    kept = [key[:2] for key in lookup if key[2:] == (RUN_LEVEL, MEMORY)]
    cells: dict[str, list[str]] = {title: [] for title in titles.values()}
    for split in dict.fromkeys(split for split, _ in kept):
        for metric, title in titles.items():
            rows = [lookup[*key, RUN_LEVEL, metric] for key in kept if key[0] == split]
            cells[title] += column(rows, max if title.endswith("/s") else min, _three_digits)
    commits = [lookup[*key, RUN_LEVEL, MEMORY].commit.replace(" ", ", ") for key in kept]
    return grid([f"{model}, {split}" for split, model in kept], {**cells, "commit": commits})


def compare_networks(
    evaluation: PairedEvaluation,
    split: str,
    level: str,
    metric: str,
    ratio: Callable[[Any], Any],
    title: str,
) -> list[str]:
    """Whether the best network is ahead of the best classical model of ``split``; nothing where one kind is missing.

    Parameters
    ----------
    level, metric : of the rows that say which model is best.
    ratio : the same metric of summed counts.
    title : of the metric.
    """
    lookup = look_up(evaluation.rows)
    best = {}
    for neural in (True, False):
        models = [
            model
            for model in evaluation.seeds
            if (model in evaluation.neural) == neural and (split, model) in evaluation.counts
        ]
        if not models:
            return []
        best[neural] = max(models, key=lambda model: lookup[split, model, level, metric].value)
    difference = paired_difference(
        evaluation.counts[split, best[True]],
        evaluation.counts[split, best[False]],
        ratio,
        evaluation.weights[split],
    )
    verdict = "within the interval of"
    if difference.low > 0:
        verdict = "ahead of"
    elif difference.high < 0:
        verdict = "behind"
    return [
        f"Of each kind the best as tested here: {best[True]}, a network, is {verdict} {best[False]}, none: "
        f"{signed(difference)} points of {title}, on the same resamples."
    ]


def _three_digits(row: Row) -> str:
    return f"{row.value:.3g}" if row.value < 1000 else f"{row.value:,.0f}"
