"""The leaderboard of the window feeder: page, CSV and picture."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.evaluation.window_feeder import PIPELINE, WINDOW_LEVEL, FeederEvaluation
from benchmarks.report.figures import draw_values, height_of
from benchmarks.report.page import (
    percent_with_interval,
    render_head,
    render_reproduction,
    table,
    write_page,
)
from benchmarks.report.window_boundaries import TITLES
from benchmarks.rows import look_up
from benchmarks.tasks.window_feeder import TASK
from features.datasets import Dataset
from features.figures import new_figure
from features.windows import VARIANTS, WINDOW

__all__ = ["render_markdown", "write_leaderboard"]

COLUMNS = {
    "AP": "ap",
    "AUROC": "auroc",
    "F1": "f1",
    "precision": "precision",
    "sensitivity": "sensitivity",
}


def write_leaderboard(
    evaluation: FeederEvaluation, dataset: Dataset, folder: str | Path, data: str
) -> list[Path]:
    """Write ``<folder>/window-feeder/<dataset>.md``, ``.csv`` and ``.svg``; returns the three paths.

    ``data`` is the part of a command line that names the dataset, for the page's last section.
    """
    markdown = render_markdown(evaluation, dataset, data)
    return write_page(
        folder, TASK, dataset.name, markdown, evaluation.rows, partial(_draw, evaluation)
    )


def render_markdown(evaluation: FeederEvaluation, dataset: Dataset, data: str) -> str:
    """The page."""
    parts = [
        f"""{render_head(TASK, dataset, evaluation.rows)}

Does a window of {WINDOW:,} bp hold a donor or an acceptor of a protein-coding gene? Windows of the test chromosomes of
which half or more is known and not masked; one whose only boundaries are neither true nor false (masked, or of other
biotypes) does not count. A classifier is trained on the windows of training; a site scorer answers
with the probability that at least one of its sites is real. Thresholds are the best on validation. Per cent; in
brackets the 95 % interval from {evaluation.resamples} resamples of {evaluation.blocks} blocks of the test set. The best
value of a column is bold. AP is the average precision over all windows.""",
        f"![Average precision and F1 of every model, both strands]({dataset.name}.svg)",
        *(_variant(evaluation, variant) for variant in VARIANTS),
        *_pipelines(evaluation),
        "## Reproduce\n\n"
        + render_reproduction(
            dataset, data, evaluation.seeds, evaluation.seed, TASK, evaluation.classifiers
        ),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _variant(evaluation: FeederEvaluation, variant: str) -> str:
    lookup = look_up(evaluation.rows)
    models = list(evaluation.seeds)
    columns = {
        title: [lookup.get((variant, model, WINDOW_LEVEL, metric)) for model in models]
        for title, metric in COLUMNS.items()
    }
    windows, positive = evaluation.windows[variant], evaluation.positive[variant]
    return (
        f"## {TITLES[variant]}\n\n{windows:,} windows, {positive:,} of them with boundaries "
        f"({100 * positive / max(1, windows):.1f} %, the average precision of a guess).\n\n"
        + table(models, columns, max, percent_with_interval)
    )


def _pipelines(evaluation: FeederEvaluation) -> list[str]:
    lookup = look_up(evaluation.rows)
    models = list(dict.fromkeys(row.model for row in evaluation.rows if row.level == PIPELINE))
    if not models:
        return []
    columns = {
        title: [lookup.get(("both", model, PIPELINE, metric)) for model in models]
        for title, metric in COLUMNS.items()
        if title not in ("AP", "AUROC")
    }
    return [
        "## Pipeline\n\nBoundaries of both strands in all windows that count, with boundaries or without. "
        "`feeder > scorer` calls sites only in the windows that the feeder lets through, a plain scorer in all of "
        "them; both thresholds are the best on validation. Where that of the feeder lets every window through, the row "
        "is that of the scorer by itself; where that of the scorer lets nothing through, the row is 0.\n\n"
        + table(models, columns, max, percent_with_interval)
    ]


def _draw(evaluation: FeederEvaluation, path: Path) -> None:
    lookup = look_up(evaluation.rows)
    models = [model for model in evaluation.seeds if ("both", model, WINDOW_LEVEL, "ap") in lookup]
    with new_figure(path, 1, 6.0, max(3.5, height_of(models))) as (axes,):
        series = {
            title: [lookup["both", model, WINDOW_LEVEL, metric].estimate for model in models]
            for title, metric in (("average precision", "ap"), ("F1", "f1"))
        }
        draw_values(axes, models, series)
