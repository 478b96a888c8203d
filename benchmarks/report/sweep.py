"""The report of a sweep: one Markdown table, the tidy CSV and a picture."""

from __future__ import annotations

import math
from pathlib import Path

from benchmarks.evaluation.gene_structure import Evaluation
from benchmarks.metrics.bootstrap import Estimate, paired_difference
from benchmarks.metrics.sites import f1
from benchmarks.report.figures import draw_curves, draw_differences, height_of
from benchmarks.report.markdown import grid, percent, signed
from benchmarks.rows import render_csv
from benchmarks.sweep import Plan
from features.figures import new_figure
from features.sites import KINDS
from features.storage import atomic_text

__all__ = ["write_sweep_report"]

STRUCTURE = ("nucleotide", "exon", "gene")
COMPARED = ("exon", "gene")
PANEL_WIDTH = 4.5


def write_sweep_report(
    plan: Plan, evaluation: Evaluation, task: str, folder: str | Path
) -> tuple[Path, Path, Path]:
    """Write ``<folder>/<plan>.md``, ``.csv`` and ``.svg``; returns the three paths."""
    base = Path(folder) / plan.name
    page, table, picture = (base.parent / f"{base.name}{end}" for end in (".md", ".csv", ".svg"))
    for path, text in (
        (page, _render(plan, evaluation, picture.name)),
        (table, render_csv(evaluation.rows, task, plan.dataset)),
    ):
        with atomic_text(path) as file:
            file.write(text)
    _draw(plan, evaluation, picture)
    return page, table, picture


def _estimates(evaluation: Evaluation, level: str, metric: str) -> dict[str, Estimate]:
    """By variant."""
    return {
        row.model: row.estimate
        for row in evaluation.rows
        if (row.subset, row.level, row.metric) == ("all", level, metric)
    }


def _differences(plan: Plan, evaluation: Evaluation, level: str) -> list[Estimate]:
    """Of each variant's F1 to the first one's, on the same resampled blocks."""
    counts = [
        [each.levels[level] for each in evaluation.structures["all", variant.name]]
        for variant in plan.variants
    ]
    return [paired_difference(each, counts[0], f1, evaluation.weights) for each in counts]


def _render(plan: Plan, evaluation: Evaluation, picture: str) -> str:
    names = [variant.name for variant in plan.variants]
    columns: dict[str, list[str]] = {}
    for kind in KINDS:
        found = _estimates(evaluation, kind, "ap")
        if found:
            columns[f"{kind} AP"] = [percent(found[n].value) if n in found else "" for n in names]
    for level in STRUCTURE:
        found = _estimates(evaluation, level, "f1")
        columns[f"{level} F1"] = [percent(found[name].value) for name in names]
    for level in COMPARED:
        differences = _differences(plan, evaluation, level)
        columns[f"{level} F1, difference"] = ["", *map(signed, differences[1:])]
    seconds = _estimates(evaluation, "run", "train_seconds")
    columns["training, s"] = [f"{seconds[name].value:.0f}" for name in names]
    commits = ", ".join(dict.fromkeys(row.commit for row in evaluation.rows))
    seeds = ", ".join(map(str, plan.seeds))
    resamples, blocks = evaluation.weights.shape
    return f"""# {plan.title}

`{plan.dataset}`, validation chromosomes, per cent; mean over the seeds {seeds}; commit {commits}. Models were tuned on
these chromosomes too, so read the differences, not the levels. A difference is to the first row, in points, with its
95 % interval from {resamples} resamples of {blocks} blocks of the chromosomes; it covers the choice of genes, not that
of the seed. Training seconds were taken with whatever else ran beside.

{grid(names, columns, "variant")}

![{plan.title}]({picture})
"""


def _draw(plan: Plan, evaluation: Evaluation, path: Path) -> None:
    names = [variant.name for variant in plan.variants]
    if not plan.axis:
        with new_figure(path, 1, 1.6 * PANEL_WIDTH, height_of(names)) as (axes,):
            series = {
                f"{level} F1": _differences(plan, evaluation, level)[1:] for level in COMPARED
            }
            draw_differences(axes, names[1:], series)
            axes.set_title(f"Difference to {names[0]}")
        return
    panels = [
        {kind: _estimates(evaluation, kind, "ap") for kind in KINDS},
        {f"{level} F1": _estimates(evaluation, level, "f1") for level in STRUCTURE},
    ]
    shown = [{title: found for title, found in panel.items() if found} for panel in panels]
    shown = [panel for panel in shown if panel]
    ordered = sorted(plan.variants, key=plan.position)
    at = [plan.position(variant) for variant in ordered]
    names = [variant.name for variant in ordered]
    nothing = Estimate(math.nan, math.nan, math.nan)
    with new_figure(path, len(shown), PANEL_WIDTH, 3.4) as all_axes:
        for axes, panel, title in zip(
            all_axes, shown, ("average precision", "F1")[-len(shown) :], strict=True
        ):
            draw_curves(
                axes,
                at,
                {key: [found.get(n, nothing) for n in names] for key, found in panel.items()},
            )
            axes.set_xlabel(plan.axis.replace("_", " "))
            axes.set_title(title)
