"""The leaderboard of window boundaries: page, CSV and picture."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.evaluation.window_boundaries import BOUNDARY, TASK, TOLERANCE, WindowEvaluation
from benchmarks.report.figures import draw_values, height_of
from benchmarks.report.page import (
    percent_with_interval,
    render_head,
    render_reproduction,
    table,
    write_page,
)
from benchmarks.rows import look_up
from features.datasets import Dataset
from features.figures import new_figure
from features.windows import BOUNDARY_KINDS, VARIANTS, WINDOW

__all__ = ["render_markdown", "write_leaderboard"]

TITLES = {
    "sense": "Sense strand",
    "both": "Both strands",
}
EXPLAINED = {
    "sense": "The windows of one strand that hold a boundary of that strand, only that strand looked at",
    "both": "The windows that hold a boundary of either strand, both strands looked at",
}
COLUMNS = {
    "F1": "f1",
    "precision": "precision",
    "sensitivity": "sensitivity",
    f"F1, within {TOLERANCE} bp": f"f1_within_{TOLERANCE}",
    "AP": "ap",
    "top-k": "topk",
}
YARDSTICK = (
    "The figure this task started from, F1 63.5 for human windows of 1.3 boundaries per 1,000 bp, was measured with "
    "another annotation and other windows: it stands here for orientation, not as a row."
)


def write_leaderboard(
    evaluation: WindowEvaluation, dataset: Dataset, folder: str | Path, data: str
) -> list[Path]:
    """Write ``<folder>/window-boundaries/<dataset>.md``, ``.csv`` and ``.svg``; returns the three paths.

    ``data`` is the part of a command line that names the dataset, for the page's last section.
    """
    markdown = render_markdown(evaluation, dataset, data)
    return write_page(
        folder, TASK, dataset.name, markdown, evaluation.rows, partial(_draw, evaluation)
    )


def render_markdown(evaluation: WindowEvaluation, dataset: Dataset, data: str) -> str:
    """The page."""
    parts = [
        f"""{render_head(TASK, dataset, evaluation.rows)}

Donors and acceptors in windows of {WINDOW:,} bp of the test chromosomes, those that hold at least one. True are the
introns of all transcripts of protein-coding genes, introns of untranslated regions included; a decoded model (`+hmm`,
a gene finder) only knows those between coding exons. A scorer calls the sites over the log odds that are best on the
windows of validation. Per cent; in brackets the 95 % interval from {evaluation.resamples} resamples of
{evaluation.blocks} blocks of the test set. The best value of a column is bold. AP is the average precision over every
candidate site, top-k the share of true ones among as many best-scored sites as are true. {YARDSTICK}""",
        f"![F1 of every model, both strands and one]({dataset.name}.svg)",
        *(_variant(evaluation, variant) for variant in VARIANTS),
        "## Reproduce\n\n"
        + render_reproduction(dataset, data, evaluation.seeds, evaluation.seed, TASK),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _variant(evaluation: WindowEvaluation, variant: str) -> str:
    windows, boundaries = evaluation.windows[variant], evaluation.boundaries[variant]
    density = 1000 * boundaries / max(1, windows * WINDOW)
    return "\n\n".join(
        [
            f"## {TITLES[variant]}",
            f"{EXPLAINED[variant]}: {windows:,} windows with {boundaries:,} boundaries, {density:.2f} per 1,000 bp.",
            _columns(evaluation, variant, BOUNDARY),
            *(
                f"{kind.capitalize()}s alone:\n\n" + _columns(evaluation, variant, kind)
                for kind in BOUNDARY_KINDS
            ),
        ]
    )


def _columns(evaluation: WindowEvaluation, variant: str, level: str) -> str:
    lookup = look_up(evaluation.rows)
    models = list(evaluation.seeds)
    columns = {
        title: [lookup.get((variant, model, level, metric)) for model in models]
        for title, metric in COLUMNS.items()
    }
    return table(models, columns, max, percent_with_interval)


def _draw(evaluation: WindowEvaluation, path: Path) -> None:
    lookup = look_up(evaluation.rows)
    models = list(evaluation.seeds)
    with new_figure(path, 1, 6.0, max(3.5, height_of(models))) as (axes,):
        series = {
            f"F1, {TITLES[variant].lower()}": [
                lookup[variant, model, BOUNDARY, "f1"].estimate for model in models
            ]
            for variant in VARIANTS
        }
        draw_values(axes, models, series)
