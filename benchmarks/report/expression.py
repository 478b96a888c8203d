"""The leaderboard of expression: page, CSV and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.evaluation.expression import (
    ALIGNMENT,
    VALUES,
    ExpressionEvaluation,
)
from benchmarks.report.expression_figures import draw_errors, draw_importance
from benchmarks.report.markdown import grid
from benchmarks.report.page import column, commits_of, table, write_page
from benchmarks.report.splits import render_costs, reproduce_splits
from benchmarks.rows import Row, look_up
from benchmarks.tasks.expression import TASK
from features.expression import ExpressionSet
from features.expression.alignment import check_alignment, mean_correlation
from features.expression.splits import LEAVE_GENES_OUT, LEAVE_KIND_OUT, LEAVE_ONE_SAMPLE_OUT

__all__ = ["render_markdown", "write_leaderboard"]

LOWER = ("mse", "mse_difference", "mse_difference_both")
TITLES = {
    "mse": "MSE",
    "mse_difference": "MSE less reference",
    "mse_difference_both": "the same, samples drawn too",
    "r2": "R2",
    "r2_reference": "R2 over reference",
    "spearman_genes": "Spearman across genes",
    "spearman_samples": "Spearman across samples",
}
ORDERS = {
    "mse_aligned_order": "MSE, aligned",
    "mse_published_order": "MSE, published columns",
    "tpm_mse_aligned_order": "MSE of TPM, aligned",
    "tpm_mse_published_order": "MSE of TPM, published columns",
}
NONE = 1e-6
"""Differences of errors below are the order of additions."""
PUBLISHED = "The published test error, of TPM on misaligned columns after 100 epochs, is 614.66."


def write_leaderboard(
    evaluation: ExpressionEvaluation, expression: ExpressionSet, folder: str | Path, data: str
) -> list[Path]:
    """Write ``<folder>/expression/<set>.md``, ``.csv``, ``.svg`` and, where a model has any, ``-bins.svg``.

    ``data`` is the part of a command line that names the set, for the page's last section. Returns the paths.
    """
    markdown = render_markdown(evaluation, expression, data)
    draw = partial(draw_errors, evaluation)
    paths = write_page(folder, TASK, expression.name, markdown, evaluation.rows, draw)
    if evaluation.bin_weights:
        paths.append(paths[-1].with_name(f"{expression.name}-bins.svg"))
        draw_importance(evaluation, expression, paths[-1])
    return paths


def render_markdown(evaluation: ExpressionEvaluation, expression: ExpressionSet, data: str) -> str:
    """The page."""
    parts = [
        _head(evaluation, expression),
        f"![MSE less reference]({expression.name}.svg)\n\nModels of more than twice the reference's error are not "
        "drawn.",
        *(_subset(evaluation, expression, subset) for subset in evaluation.tested),
        *_order(evaluation, expression),
        *_importance(evaluation, expression),
        "## Cost\n\n" + render_costs(evaluation),
        "## Reproduce\n\n" + reproduce_splits(TASK, expression.name, data, evaluation),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _head(evaluation: ExpressionEvaluation, expression: ExpressionSet) -> str:
    commits = commits_of(evaluation.rows)
    measured = expression.measured_samples
    groups = np.array(expression.groups)[measured]
    counts = [f"{(groups == group).sum()} of {group}" for group in dict.fromkeys(groups.tolist())]
    bins = expression.layout.bins
    peaks = expression.accessibility[measured].sum(axis=1)
    where = f"chromosome {bins.chromosome.removeprefix('chr')}"
    open_bins = f"{peaks.min():,} to {peaks.max():,}"
    return f"""# {TASK}: {expression.title}

{expression.source}. Data `{expression.data_hash}`, commit {commits}.

| what | |
|---|---|
| samples with expression | {len(measured)} of {len(expression.samples)}: {", ".join(counts)} |
| genes | {len(expression.measured_genes)} quantified of {len(expression.genes)} |
| accessibility | {bins.count:,} bins of {bins.size:,} bp of {where}, {open_bins} open in a sample |

The target is log2(TPM + 1); what was not quantified does not count. The reference is the gene's mean over the training
samples, or, where whole genes are held out, the mean of the sample's other genes: what is known without any chromatin.
R2 compares squared errors with the spread of all values around their one mean, R2 over reference with the errors of
the reference. Spearman across genes is the mean over samples. Spearman across samples is the mean over genes, of what
is told beyond the mean that the same fit tells of its training samples: a mean that leaves a sample out is low where
the sample is high, and would score -1. For the same reason a mean that leaves blocks of genes out is below 0 across
genes. What is constant scores 0.

In brackets the 95 % interval from {evaluation.resamples} resamples of the genes, for these samples. The column "the
same, samples drawn too" draws genes and kinds of samples (repeats together), and is the one that speaks of other
samples. Folds are pooled, seeds
are averaged. The best value of a column is bold; which model is best is told by the tested values themselves."""


def _subset(evaluation: ExpressionEvaluation, expression: ExpressionSet, subset: str) -> str:
    split, _, group = subset.partition("/")
    samples, genes = evaluation.tested[subset]
    count = f"{samples} samples, {genes} genes, {len(expression.folds[split])} fold(s)."
    explained = {
        LEAVE_ONE_SAMPLE_OUT: "Other samples of the same kind, even repeats, may be among the training ones.",
        LEAVE_KIND_OUT: "Samples whose expression is alike, repeats of one tissue or cell line, are left out together.",
        LEAVE_GENES_OUT: "Blocks of neighbouring genes; only models that can tell genes without any expression. "
        "They also look at a gene's length and at how many others begin near it, which is no chromatin.",
    }.get(split, "Trained on all samples of the one group, tested on those of the other.")
    lookup = look_up(evaluation.rows)
    models = list(evaluation.seeds)
    columns: dict[str, list[str]] = {}
    kept = [model for model in models if (subset, model, VALUES, "mse") in lookup]
    for metric, title in TITLES.items():
        rows: list[Row | None] = [lookup[subset, model, VALUES, metric] for model in kept]
        columns[title] = column(rows, min if metric in LOWER else max, _with_interval)
    parts = [
        f"## Split {split}" + (f": {group}" if group else ""),
        f"{count} {'' if group else explained}".strip(),
        grid(kept, columns),
        *_verdict(evaluation, subset, kept),
    ]
    return "\n\n".join(parts)


def _verdict(evaluation: ExpressionEvaluation, subset: str, models: Sequence[str]) -> list[str]:
    """Whether the best model is ahead of the reference."""
    lookup = look_up(evaluation.rows)
    if not models:
        return []
    best = min(models, key=lambda model: lookup[subset, model, VALUES, "mse"].value)
    genes = lookup[subset, best, VALUES, "mse_difference"]
    both = lookup[subset, best, VALUES, "mse_difference_both"]
    samples = evaluation.tested[subset][0]
    shown = f"{_with_interval(both)}, samples and genes drawn"
    if both.value > -NONE:
        return [f"No model is ahead of the reference here; the best, {best}: {shown}."]
    if both.high < 0:
        return [f"The best model, {best}, is ahead of the reference: {shown}."]
    within = "For these samples it is ahead" if genes.high < 0 else "Nor is it for these samples"
    return [
        f"The best model, {best}, is not ahead of the reference beyond doubt: {shown}. {samples} samples do not "
        f"support a win. {within}: {_with_interval(genes)}, genes drawn."
    ]


def _order(evaluation: ExpressionEvaluation, expression: ExpressionSet) -> list[str]:
    """What the gene order of the published matrices does."""
    published = expression.as_published
    if published is None:
        return []
    groups = np.array(expression.groups)
    named = list(dict.fromkeys(expression.groups))
    lines = []
    for group in named:
        rows = groups == group
        check = check_alignment(published[rows], expression.tpm[rows])
        lines.append(
            f"- {group}: of {check.columns} genes with expression {check.in_place} are in their place, "
            f"{check.elsewhere} in another; gene means correlate {check.correlation:.2f} with the aligned table's."
        )
    if len(named) == 2:
        one, other = (groups == group for group in named)
        lines.append(
            f"- Between the two files gene means correlate {mean_correlation(published[one], published[other]):.2f} "
            f"place by place, and {mean_correlation(expression.tpm[one], expression.tpm[other]):.2f} by name."
        )
    lookup = look_up(evaluation.rows)
    kept = [key[:2] for key in lookup if key[2:] == (ALIGNMENT, "mse_aligned_order")]
    if not kept:
        return []
    columns: dict[str, list[Row | None]] = {
        title: [lookup[split, model, ALIGNMENT, metric] for split, model in kept]
        for metric, title in ORDERS.items()
    }
    told = table([model for _, model in kept], columns, min, lambda row: f"{row.value:.4g}")
    return [
        "## Order of genes\n\nThe published matrices have no gene names, and their columns are not the same genes:\n\n"
        + "\n".join(lines),
        f"The same predictions of {kept[0][0]}, measured against the table aligned by name and against the published "
        f"columns, over all {len(expression.genes)} genes (0 where not quantified):\n\n{told}\n\n{PUBLISHED}",
    ]


def _importance(evaluation: ExpressionEvaluation, expression: ExpressionSet) -> list[str]:
    if not evaluation.bin_weights:
        return []
    model = next(iter(evaluation.bin_weights))
    return [
        f"## Which bins matter\n\n![Weights of bins]({expression.name}-bins.svg)\n\nWhat log2(TPM + 1) of a gene gains "
        f"by each bin that opens, by `{model}`, mean over folds; the genes that gain most over the reference. The "
        "dashed line is the gene. With so few samples the weights tell kinds of samples apart; they are no map of "
        "regulation."
    ]


def _with_interval(row: Row) -> str:
    sign = "+" if "difference" in row.metric else ""
    # Adding 0 makes a plain 0 of -0.
    value, low, high = (f"{round(each, 3) + 0.0:{sign}.3f}" for each in row.estimate)
    return f"{value} ({low} to {high})"
