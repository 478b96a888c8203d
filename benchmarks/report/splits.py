"""What the pages of tasks share whose sets have several splits: costs, the networks' lead, how to make them again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.evaluation.splits import RUN_LEVEL, PairedEvaluation, SplitEvaluation
from benchmarks.metrics.bootstrap import Estimate, paired_difference
from benchmarks.report.markdown import grid, signed
from benchmarks.report.page import column
from benchmarks.rows import Row, look_up

__all__ = ["compare_networks", "render_costs", "reproduce_splits"]

TRAINING, MEMORY = "train_seconds", "peak_gib"


def reproduce_splits(task: str, name: str, data: str, evaluation: SplitEvaluation) -> str:
    """Commands that make the page ``name`` of a task with several splits again.

    ``data`` is the part of a command line that names the data.
    """
    wanted: dict[tuple[str, int], list[str]] = {}
    for (split, model), runs in evaluation.runs.items():
        for seed in runs.seeds:
            wanted.setdefault((model, seed), []).append(split)
    together: dict[tuple[int, tuple[str, ...]], list[str]] = {}
    for (model, seed), of_model in wanted.items():
        models = together.setdefault((seed, tuple(of_model)), [])
        models.append(f"--model {model.split(' ')[0]}")
    lines = []
    for (seed, splits), models in together.items():
        only = "" if splits == evaluation.splits else "".join(f" --split {each}" for each in splits)
        named = " ".join(dict.fromkeys(models))
        lines.append(f"python -m benchmarks run --task {task} {data}{only} {named} --seed {seed}")
    lines.append(f"python -m benchmarks leaderboard --task {task} {data} --seed {evaluation.seed}")
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
    machines = [evaluation.runs[key].machine for key in kept]
    commits = [lookup[*key, RUN_LEVEL, MEMORY].commit.replace(" ", ", ") for key in kept]
    return grid(
        [f"{model}, {split}" for split, model in kept],
        {**cells, "machine": machines, "commit": commits},
    )


def compare_networks(
    evaluation: PairedEvaluation,
    split: str,
    level: str,
    metric: str,
    ratio: Callable[[Any], Any],
    title: str,
) -> list[str]:
    """Every network of ``split`` against the best classical model, or that there is none; nothing without the latter.

    A network that begins with what another has learnt, ``NAME@...``, is compared with ``NAME`` too.

    Parameters
    ----------
    level, metric : of the rows that say which classical model is best.
    ratio : the same metric of summed counts.
    title : of the metric.
    """
    lookup = look_up(evaluation.rows)
    models = [model for model in evaluation.seeds if (split, model) in evaluation.counts]
    networks = [model for model in models if model in evaluation.neural]
    classical = [model for model in models if model not in evaluation.neural]
    if not classical:
        return []
    if not networks:
        return ["No network has been run on this split."]

    def compare(model: str, other: str) -> str:
        counts, weights = evaluation.counts, evaluation.weights[split]
        found = paired_difference(counts[split, model], counts[split, other], ratio, weights)
        return f"{signed(found)}, {_verdict(found)}"

    best = max(classical, key=lambda model: lookup[split, model, level, metric].value)
    cells = {f"against {best}": [compare(model, best) for model in networks]}
    bases = {model: model.partition("@")[0] for model in networks if "@" in model}
    begun = {model: base for model, base in bases.items() if base in networks}
    if begun:
        cells["against the same from scratch"] = [
            compare(model, begun[model]) if model in begun else "" for model in networks
        ]
    seeds = {model: len(evaluation.runs[split, model].seeds) for model in [*networks, best]}
    return [
        f"Points of {title} by which networks are ahead of the best classical model as tested here, on the same "
        f"resamples{_doubt(seeds)}:",
        grid(networks, cells),
    ]


def _doubt(seeds: dict[str, int]) -> str:
    """What no interval tells, given how many ``seeds`` the figures of each model average."""
    once = [model for model, number in seeds.items() if number == 1]
    if not once:
        return ""
    whose = "" if len(once) == len(seeds) else f" of {', '.join(once)}"
    return f" (one seed{whose}, whose chance is in no interval)"


def _verdict(difference: Estimate) -> str:
    if difference.low > 0:
        return "ahead"
    return "behind" if difference.high < 0 else "within the interval"


def _three_digits(row: Row) -> str:
    return f"{row.value:.3g}" if row.value < 1000 else f"{row.value:,.0f}"
