"""The leaderboard of sequence classification: page, CSV and picture."""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Callable, Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evaluation.sequence_classification import (
    SEQUENCE_LEVEL,
    TOLD,
    ClassEvaluation,
    headline,
)
from benchmarks.metrics.classes import MANY_CLASSES, two_classes
from benchmarks.report.figures import draw_values, height_of
from benchmarks.report.markdown import grid
from benchmarks.report.page import commits_of, percent_with_interval, table, write_page
from benchmarks.report.splits import compare_networks, render_costs, reproduce_splits
from benchmarks.rows import look_up
from benchmarks.tasks.sequence_classification import TASK
from features.figures import new_figure
from features.sequence_sets import SequenceSet

__all__ = ["render_markdown", "write_leaderboard"]

TITLES = {
    "mcc": "MCC",
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "specificity": "specificity",
    "f1": "F1",
    "macro_f1": "macro F1",
    "macro_precision": "macro precision",
    "macro_recall": "macro recall",
    "auroc": "AUROC",
    "ap": "AP",
}
OF_TWO = ("mcc", "accuracy", "precision", "recall", "specificity", "auroc", "ap")
OF_MANY = ("accuracy", "macro_f1", "macro_precision", "macro_recall", "mcc")
BAR = r"\|"
MANY_SHOWN = 12
"""Classes that are listed one by one, at most."""


def write_leaderboard(
    evaluation: ClassEvaluation, sequences: SequenceSet, folder: str | Path, data: str
) -> list[Path]:
    """Write ``<folder>/sequence-classification/<set>.md``, ``.csv`` and ``.svg``; returns the three paths.

    ``data`` is the part of a command line that names the set, for the page's last section.
    """
    markdown = render_markdown(evaluation, sequences, data)
    draw = partial(_draw, evaluation, sequences)
    return write_page(folder, TASK, sequences.name, markdown, evaluation.rows, draw)


def render_markdown(evaluation: ClassEvaluation, sequences: SequenceSet, data: str) -> str:
    """The page."""
    parts = [
        _head(evaluation, sequences),
        f"![{TITLES[headline(sequences)]} of every model]({sequences.name}.svg)",
        *(_subset(evaluation, sequences, subset) for subset in evaluation.tested),
        *_published(sequences),
        "## Cost\n\n" + render_costs(evaluation, TOLD),
        "## Reproduce\n\n"
        + reproduce_splits(TASK, sequences.name, data, evaluation)
        + _remark(evaluation),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _head(evaluation: ClassEvaluation, sequences: SequenceSet) -> str:
    commits = commits_of(evaluation.rows)
    classes, counts = np.unique(sequences.labels, return_counts=True)
    listed = [f"{name} {count:,}" for name, count in zip(classes, counts, strict=True)]
    if len(listed) > MANY_SHOWN:
        listed = [f"{len(classes)} of {counts.min():,} to {counts.max():,} sequences"]
    lengths = [len(codes) for codes in sequences.sequences]
    bases = (
        f"{min(lengths):,}" if len(set(lengths)) == 1 else f"{min(lengths):,} to {max(lengths):,}"
    )
    folds = ", ".join(
        f"{split} ({len(of_split)} fold{'s' if len(of_split) > 1 else ''}, "
        f"{sum(len(fold.test) for fold in of_split):,} tested)"
        for split, of_split in sequences.folds.items()
    )
    notes = "".join(f"\n\n{note[0].upper()}{note[1:]}." for note in sequences.notes)
    looked_for = (
        f"Precision, recall and AP are those of `{sequences.positive}`. The folds of a split are pooled; AUROC and AP, "
        "as every fold has a model of its own, are means over the folds, weighted by their pairs of a sequence of that "
        "class and one of the other. "
        if sequences.positive
        else "The folds of a split are pooled. Intervals of macro means are shifted to have the value in their middle: "
        "resamples lack many members of small classes, which lowers such a mean. "
    )
    values = textwrap.fill(
        f"Values are per cent; in brackets the 95 % interval from {evaluation.resamples} resamples of the groups of "
        f"the test sequences, which belong together (alike, of one gene or locus). {looked_for}Seeds are averaged. "
        "The class of a sequence is the most probable one. The best value of a column is bold.",
        120,
        break_on_hyphens=False,
    )
    return f"""# {TASK}: {sequences.title}

{sequences.source}. Data `{sequences.data_hash}`, commit {commits}.

| what | |
|---|---|
| classes | {", ".join(listed).replace("|", BAR)} |
| bases | {bases} |
| splits | {folds} |

{values}{notes}"""


def _subset(evaluation: ClassEvaluation, sequences: SequenceSet, subset: str) -> str:
    split, _, part = subset.partition("/")
    title = f"## Split {split}" + (f": {part}" if part else "")
    count = f"{evaluation.tested[subset]:,} test sequences in {evaluation.groups[subset]:,} groups."
    explained = sequences.explained.get(part or split, "")
    metrics = OF_TWO if sequences.positive else OF_MANY
    parts = [
        title,
        f"{count} {explained}".strip(),
        _values(evaluation, subset, SEQUENCE_LEVEL, metrics),
    ]
    if sequences.ranks:
        parts.append(_ranks(evaluation, sequences, subset))
    if not part:
        metric = headline(sequences)
        parts += compare_networks(
            evaluation, split, SEQUENCE_LEVEL, metric, _measure(sequences), TITLES[metric]
        )
    return "\n\n".join(parts)


def _values(evaluation: ClassEvaluation, subset: str, level: str, metrics: Sequence[str]) -> str:
    lookup = look_up(evaluation.rows)
    models = list(evaluation.seeds)
    columns = {
        TITLES[metric]: [lookup.get((subset, model, level, metric)) for model in models]
        for metric in metrics
    }
    return table(models, columns, max, percent_with_interval)


def _ranks(evaluation: ClassEvaluation, sequences: SequenceSet, subset: str) -> str:
    lookup = look_up(evaluation.rows)
    models = list(evaluation.seeds)
    columns = {
        f"{rank} {TITLES[metric]}": [lookup.get((subset, model, rank, metric)) for model in models]
        for rank in sequences.ranks
        for metric in ("accuracy", "macro_f1")
    }
    return "By rank, the probabilities of its genera summed:\n\n" + table(
        models, columns, max, percent_with_interval
    )


def _measure(sequences: SequenceSet) -> Callable[[Any], Any]:
    metric = headline(sequences)
    if not sequences.positive:
        return MANY_CLASSES[metric]
    return two_classes(0)[metric]


def _published(sequences: SequenceSet) -> list[str]:
    """What was published of such a set, on another split."""
    stated = tomllib.loads((files("benchmarks") / "published.toml").read_text(encoding="utf-8"))
    rows = stated.get(sequences.name, [])
    if not rows:
        return []
    metrics = [metric for metric in TITLES if any(metric in row for row in rows)]
    columns = {
        TITLES[metric]: [f"{row[metric]:.1f}" if metric in row else "" for row in rows]
        for metric in metrics
    }
    names = [f"{row['model']} ({row['source']})" for row in rows]
    return [
        "## Published, other split\n\nFor orientation: as published, on splits that this page does not have.\n\n"
        + grid(names, columns)
    ]


def _remark(evaluation: ClassEvaluation) -> str:
    if not any("@" in model for model in evaluation.seeds):
        return ""
    return " What follows an @ is the folder of a language model; README, Language models, tells how to make it."


def _draw(evaluation: ClassEvaluation, sequences: SequenceSet, path: Path) -> None:
    lookup = look_up(evaluation.rows)
    models = list(evaluation.seeds)
    metric = headline(sequences)
    splits = [subset for subset in evaluation.tested if "/" not in subset]
    with new_figure(path, len(splits), 6.0, max(3.5, height_of(models))) as panels:
        for split, axes in zip(splits, panels, strict=True):
            shown = [m for m in models if (split, m, SEQUENCE_LEVEL, metric) in lookup]
            values = [lookup[split, model, SEQUENCE_LEVEL, metric].estimate for model in shown]
            draw_values(axes, shown, {f"{TITLES[metric]}, {split}": values})
