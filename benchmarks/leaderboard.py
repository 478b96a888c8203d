"""Leaderboards: one Markdown page for people and one tidy CSV for programs per task and dataset."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.evaluation import CONFIDENCE, FATES, STRUCTURE_LEVELS, SUBSETS, Evaluation, Row
from benchmarks.figures import draw_reliability, draw_values, height_of, new_figure
from benchmarks.markdown import bold, grid, percent, signed
from benchmarks.metrics.bootstrap import Estimate, paired_difference
from benchmarks.metrics.reliability import LEVELS
from benchmarks.metrics.sites import f1
from benchmarks.metrics.structure import STRATA
from features.datasets import Dataset
from features.sites import KINDS
from features.storage import atomic_file

__all__ = [
    "CSV_COLUMNS",
    "SPLIT_OF_RUN",
    "render_csv",
    "render_markdown",
    "write_leaderboard",
]

CSV_COLUMNS = (
    "task",
    "dataset",
    "subset",
    "model",
    "level",
    "metric",
    "value",
    "low",
    "high",
    "seeds",
    "commit",
)
COSTS = {
    "train_seconds": "training, s",
    "predict_mb_per_second": "prediction, Mb/s",
    "peak_gib": "peak memory, GiB",
}
SITE_TITLES = {
    "ap": "average precision over every candidate",
    "topk": "share of true ones among the k best, k being the number of true sites",
    "f1": "F1 at the threshold chosen on validation, or of the decoded transcripts",
}
ERRORS = {
    "exon": (
        "Coding exons. Missed: true ones that overlap no predicted one. Of the predicted ones that are not exact, "
        "partial ones share one end with a true exon, overlapping ones a base but no end, wrong ones nothing."
    ),
    "gene": (
        "Genes; they overlap where they share a coding base. Missed: true ones that overlap no predicted one. Of the "
        "other true ones that are not found, split ones overlap two predicted genes apart from each other, merged ones "
        "a predicted gene that also overlaps a true gene apart from them, partial ones are the rest; a predicted gene "
        "that is exact neither splits nor merges. Wrong: predicted CDS chains that share no base with a true one."
    ),
}
SPLIT_OF_RUN = "NAMES"
"""Stands in ``data`` for a list of records too long to print."""
DRAWN = ("nucleotide", "exon", "gene")
DRAWN_MODELS = 2
"""Reliability curves that a picture has room for: those of the models that find most genes."""
Lookup = dict[tuple[str, str, str, str], Row]


def write_leaderboard(
    evaluation: Evaluation, dataset: Dataset, task: str, folder: str | Path, data: str
) -> tuple[Path, Path, Path]:
    """Write ``<folder>/<task>/<dataset>.md``, ``.csv`` and ``.svg``; returns the three paths.

    ``data`` is the part of a command line that names the dataset, for the page's last section.
    """
    pages = Path(folder) / task
    markdown, table, picture = (pages / f"{dataset.name}.{kind}" for kind in ("md", "csv", "svg"))
    for path, text in (
        (markdown, render_markdown(evaluation, dataset, task, data)),
        (table, render_csv(evaluation.rows, task, dataset.name)),
    ):
        with atomic_file(path) as scratch:
            scratch.write_text(text, encoding="utf-8")
    _draw(evaluation, picture)
    return markdown, table, picture


def render_csv(rows: Sequence[Row], task: str, dataset: str) -> str:
    """The tidy table, columns ``CSV_COLUMNS``; empty where there is no interval."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for row in rows:
        numbers = ["" if math.isnan(x) else f"{x:.6g}" for x in (row.low, row.high)]
        value = f"{row.value:.6g}" if row.value % 1 else f"{row.value:.0f}"
        writer.writerow((task, dataset, *row[:4], value, *numbers, row.seeds, row.commit))
    return text.getvalue()


def render_markdown(evaluation: Evaluation, dataset: Dataset, task: str, data: str) -> str:
    """The page, from provenance and site ranking to cost and how to reproduce it."""
    lookup = {(row.subset, row.model, row.level, row.metric): row for row in evaluation.rows}
    models = list(dict.fromkeys(row.model for row in evaluation.rows))
    parts = [
        _head(evaluation, dataset, task),
        f"![F1 of every model]({dataset.name}.svg)",
        *(
            f"## Sites: {title}\n\n" + _sites(lookup, models, metric)
            for metric, title in SITE_TITLES.items()
            if any(row.level in KINDS and row.metric == metric for row in evaluation.rows)
        ),
    ]
    for subset, title in zip(SUBSETS, ("all test genes", "without near-copies"), strict=True):
        if subset == "all" or evaluation.near_copies:
            parts.append(f"## Structure: {title}\n\n" + _structure(lookup, models, subset))
    parts += [
        "## Behind the best\n\n" + _behind(evaluation, lookup, models),
        "## Errors\n\n" + _errors(lookup, models),
        "## Found, by stratum\n\n" + _strata(lookup, models),
        *_confidence(lookup, models),
        "## Cost\n\n" + _costs(lookup, models),
        "## Reproduce\n\n" + _reproduce(evaluation, dataset, data),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _head(evaluation: Evaluation, dataset: Dataset, task: str) -> str:
    simulated = ", simulated" if dataset.simulated else ""
    commits = ", ".join(
        dict.fromkeys(commit for row in evaluation.rows for commit in row.commit.split())
    )
    split = dataset.split
    resamples, blocks = evaluation.weights.shape
    bases = sum(dataset.genome.length(name) for name in split.test) / 1e6
    return f"""# {task}: {dataset.title}{simulated}

{dataset.source}. Data `{dataset.data_hash}`, commit {commits}.

| role | records |
|---|---|
| train | {_names(split.train)} |
| validation | {_names(split.validation)} |
| test | {_names(split.test)}, {bases:.1f} Mb |

Values are per cent but for the cost; in brackets the 95 % interval from {resamples} resamples of
the {blocks} blocks of up to {evaluation.block_size / 1e6:.2g} Mb of the test set. The best value of a column is bold.
Structures are compared at CDS level, by strand, exact to the base. A plain name is a site scorer decoded greedily,
`+hmm` the same scorer decoded by the HMM. {evaluation.near_copies} test genes have half or more of their CDS 21-mers in
the CDSs of training; the subset without near-copies leaves their loci out."""


def _draw(evaluation: Evaluation, path: Path) -> None:
    """F1 of every model, and how far the probabilities of those that tell any can be believed."""
    lookup = {(row.subset, row.model, row.level, row.metric): row for row in evaluation.rows}
    models = list(dict.fromkeys(row.model for row in evaluation.rows))
    told = sorted(
        _telling(lookup, models), key=lambda model: -lookup["all", model, "gene", "f1"].value
    )[:DRAWN_MODELS]
    with new_figure(path, 2 if told else 1, 5.0, max(3.5, height_of(models))) as panels:
        series = {
            f"{level} F1": [Estimate(*lookup["all", model, level, "f1"][4:7]) for model in models]
            for level in DRAWN
        }
        draw_values(panels[0], models, series)
        if told:
            draw_reliability(
                panels[1],
                {
                    f"{model}, {level}s": [
                        (
                            lookup["all", model, level, f"probability_{range_}"].value,
                            lookup["all", model, level, f"right_{range_}"].value,
                            count,
                        )
                        for range_ in CONFIDENCE
                        if (count := lookup["all", model, level, f"predicted_{range_}"].value)
                    ]
                    for model in told
                    for level in LEVELS
                },
            )


def _telling(lookup: Lookup, models: Sequence[str]) -> list[str]:
    """The models that say how probable their predictions are."""
    return [model for model in models if ("all", model, "exon", "calibration_error") in lookup]


def _names(names: Sequence[str], shown: int = 12) -> str:
    rest = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + rest


def _sites(lookup: Lookup, models: Sequence[str], metric: str) -> str:
    columns = {
        kind: [lookup.get(("all", model, kind, metric)) for model in models] for kind in KINDS
    }
    return _table(models, columns, max, _percent_with_interval)


def _structure(lookup: Lookup, models: Sequence[str], subset: str) -> str:
    columns = {}
    for level in STRUCTURE_LEVELS:
        for metric, title in (("sensitivity", "Sn"), ("precision", "Pr"), ("f1", "F1")):
            found = [lookup.get((subset, model, level, metric)) for model in models]
            columns[f"{level} {title}"] = found
    f1_columns = {title: rows for title, rows in columns.items() if title.endswith("F1")}
    both = {title: rows for title, rows in columns.items() if not title.endswith("F1")}
    return (
        _table(models, f1_columns, max, _percent_with_interval)
        + "\n\n"
        + _table(models, both, max, lambda row: percent(row.value))
    )


def _behind(evaluation: Evaluation, lookup: Lookup, models: Sequence[str]) -> str:
    """Paired difference of each model's nucleotide, exon and gene F1 to the best model's, on the same resamples."""
    columns: dict[str, list[str]] = {}
    for level in ("nucleotide", "exon", "gene"):
        best = max(models, key=lambda model: lookup["all", model, level, "f1"].value)
        best_counts = [each.levels[level] for each in evaluation.structures["all", best]]
        cells = []
        for model in models:
            counts = [each.levels[level] for each in evaluation.structures["all", model]]
            difference = paired_difference(counts, best_counts, f1, evaluation.weights)
            cells.append("best" if model == best else signed(difference))
        columns[f"{level} F1"] = cells
    return "Difference in points, on the same resampled blocks.\n\n" + grid(models, columns)


def _errors(lookup: Lookup, models: Sequence[str]) -> str:
    parts = []
    for level, explained in ERRORS.items():
        columns = {
            fate: [f"{lookup['all', model, level, fate].value:.0f}" for model in models]
            for fate in FATES[level]
        }
        parts += [explained, grid(models, columns)]
    return "\n\n".join(parts)


def _strata(lookup: Lookup, models: Sequence[str]) -> str:
    columns = {}
    for stratum in STRATA:
        total = lookup["all", models[0], stratum, "true"].value
        rows: list[Row | None] = [lookup["all", model, stratum, "sensitivity"] for model in models]
        title = f"{stratum.replace('_', ' ')} ({total:.0f})"
        columns[title] = _column(rows, max, lambda row: percent(row.value))
    explained = (
        "Sensitivity, per cent; in brackets how many there are. Short exons are under 50 bases, many-exon genes have "
        "10 coding exons or more, long introns are the longest tenth of the annotation's. Weak splice sites: introns "
        "with a donor or an acceptor among the tenth of lowest log odds of its kind, by a position weight matrix of "
        "the training chromosomes."
    )
    return f"{explained}\n\n" + grid(models, columns)


def _confidence(lookup: Lookup, models: Sequence[str]) -> list[str]:
    """The section, where any model says how probable its predictions are."""
    told = _telling(lookup, models)
    if not told:
        return []
    parts = [
        "## Confidence\n\nOf the exons, and of the genes, that a model predicts with a probability in the range above: "
        "the share that is exact, per cent, and how many there are. A calibrated model's shares lie within their "
        "ranges; the calibration error is the mean distance of probability and share, in points."
    ]
    for level in LEVELS:
        columns = {
            f"{level}s, error": [
                percent(lookup["all", model, level, "calibration_error"].value) for model in told
            ]
        }
        for range_ in CONFIDENCE:
            columns[range_] = [_share_right(lookup, model, level, range_) for model in told]
        parts.append(grid(told, columns))
    return ["\n\n".join(parts)]


def _share_right(lookup: Lookup, model: str, level: str, range_: str) -> str:
    count = lookup["all", model, level, f"predicted_{range_}"].value
    if not count:
        return ""
    return f"{percent(lookup['all', model, level, f'right_{range_}'].value)} ({count:.0f})"


def _costs(lookup: Lookup, models: Sequence[str]) -> str:
    columns = {
        title: [lookup.get(("all", model, "run", metric)) for model in models]
        for metric, title in COSTS.items()
    }
    best = {title: max if "Mb/s" in title else min for title in columns}
    cells = {
        title: _column(rows, best[title], lambda row: f"{row.value:.3g}")
        for title, rows in columns.items()
    }
    runs = [lookup["all", model, "run", "train_seconds"] for model in models]
    return grid(models, {**cells, "commit": [row.commit.replace(" ", ", ") for row in runs]})


def _reproduce(evaluation: Evaluation, dataset: Dataset, data: str) -> str:
    by_seed: dict[int, list[str]] = {}
    for model, seeds in evaluation.seeds.items():
        named = f"--model {model.split(' ')[0]}"  # without the hash of its options
        for seed in seeds:
            if named not in by_seed.setdefault(seed, []):
                by_seed[seed].append(named)
    lines = [
        f"python -m benchmarks run {data} {' '.join(named)} --seed {seed}"
        for seed, named in sorted(by_seed.items())
    ]
    lines.append(f"python -m benchmarks leaderboard {data} --seed {evaluation.seed}")
    remark = ""
    if SPLIT_OF_RUN in data:
        remark = f"`{SPLIT_OF_RUN}`: those of the role under `split` in a run's `run.json`, parted by commas. "
    return (
        "```\n" + "\n".join(lines) + "\n```\n\n"
        f"{remark}Every figure, counts included: `{dataset.name}.csv` beside this page."
    )


def _table(
    models: Sequence[str],
    columns: dict[str, list[Row | None]],
    best: Callable[[list[float]], float],
    show: Callable[[Row], str],
) -> str:
    kept = [i for i in range(len(models)) if any(rows[i] is not None for rows in columns.values())]
    cells = {title: _column([rows[i] for i in kept], best, show) for title, rows in columns.items()}
    return grid([models[i] for i in kept], cells)


def _column(
    rows: Sequence[Row | None], best: Callable[[list[float]], float], show: Callable[[Row], str]
) -> list[str]:
    values = [row.value for row in rows if row is not None]
    return [
        "" if row is None else bold(show(row), row.value == best(values) and row.value != 0)
        for row in rows
    ]


def _percent_with_interval(row: Row) -> str:
    if math.isnan(row.low):
        return percent(row.value)
    return f"{percent(row.value)} ({percent(row.low)}-{percent(row.high)})"
