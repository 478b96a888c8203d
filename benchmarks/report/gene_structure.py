"""The leaderboard of gene structure: a Markdown page for people, a tidy CSV for programs, a picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.evaluation.gene_structure import (
    CONFIDENCE,
    FATES,
    STRUCTURE_LEVELS,
    SUBSETS,
    VALIDATION,
    Evaluation,
)
from benchmarks.metrics.bootstrap import paired_difference
from benchmarks.metrics.reliability import LEVELS
from benchmarks.metrics.sites import f1
from benchmarks.metrics.structure import STRATA
from benchmarks.report.figures import draw_reliability, draw_values, height_of
from benchmarks.report.markdown import grid, percent, signed
from benchmarks.report.page import (
    column,
    percent_with_interval,
    render_head,
    render_reproduction,
    table,
    write_page,
)
from benchmarks.rows import Lookup, Row, look_up
from benchmarks.tasks.gene_structure import TASK
from features.datasets import Dataset
from features.figures import new_figure
from features.sites import KINDS
from features.windows import BOUNDARY_KINDS

__all__ = ["render_markdown", "write_leaderboard"]

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
DRAWN = ("nucleotide", "exon", "gene")
RELIABLE = {"gene": "f1", "donor": "ap"}
"""Level of each picture of reliability, and what its models are ranked by; exons stand beside genes, acceptors beside
donors."""
DRAWN_MODELS = 2
"""Reliability curves that a picture has room for: those of the best models."""


def write_leaderboard(
    evaluation: Evaluation, dataset: Dataset, folder: str | Path, data: str
) -> list[Path]:
    """Write ``<folder>/gene-structure/<dataset>.md``, ``.csv`` and ``.svg``; returns the three paths.

    ``data`` is the part of a command line that names the dataset, for the page's last section.
    """
    markdown = render_markdown(evaluation, dataset, data)
    return write_page(
        folder, TASK, dataset.name, markdown, evaluation.rows, partial(_draw, evaluation)
    )


def render_markdown(evaluation: Evaluation, dataset: Dataset, data: str) -> str:
    """The page, from provenance and site ranking to cost and how to reproduce it."""
    lookup = look_up(evaluation.rows)
    models = list(dict.fromkeys(row.model for row in evaluation.rows))
    parts = [
        _head(evaluation, dataset),
        f"![F1 of every model, and how far its probabilities can be believed]({dataset.name}.svg)",
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
        *_validation(lookup, models),
        "## Behind the best\n\n" + _behind(evaluation, lookup, models),
        "## Errors\n\n" + _errors(lookup, models),
        "## Found, by stratum\n\n" + _strata(lookup, models),
        *_confidence(lookup, models),
        "## Cost\n\n" + _costs(lookup, models),
        "## Reproduce\n\n" + render_reproduction(dataset, data, evaluation.seeds, evaluation.seed),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _head(evaluation: Evaluation, dataset: Dataset) -> str:
    resamples, blocks = evaluation.weights.shape
    return f"""{render_head(TASK, dataset, evaluation.rows)}

Values are per cent but for the cost; in brackets the 95 % interval from {resamples} resamples of
the {blocks} blocks of up to {evaluation.block_size / 1e6:.2g} Mb of the test set. The best value of a column is bold.
Structures are compared at CDS level, by strand, exact to the base. A plain name is a site scorer decoded greedily,
`+hmm` the same scorer decoded by the HMM. {evaluation.near_copies} test genes have half or more of their CDS 21-mers in
the CDSs of training; the subset without near-copies leaves their loci out."""


def _draw(evaluation: Evaluation, path: Path) -> None:
    """F1 of every model, and how far the probabilities of those that tell any can be believed."""
    lookup = look_up(evaluation.rows)
    models = list(dict.fromkeys(row.model for row in evaluation.rows))
    panels = {}
    for level, metric in RELIABLE.items():
        ranks = {
            model: lookup["all", model, level, metric].value
            for model in _telling(lookup, models, level)
            if ("all", model, level, metric) in lookup
        }
        panels[level] = sorted(ranks, key=lambda model: -ranks[model])[:DRAWN_MODELS]
    drawn = [level for level, told in panels.items() if told]
    height = max(3.5, height_of(models))
    with new_figure(path, 1 + len(drawn), 5.0, height) as (values, *curves):
        series = {
            f"{level} F1": [lookup["all", model, level, "f1"].estimate for model in models]
            for level in DRAWN
        }
        draw_values(values, models, series)
        for level, axes in zip(drawn, curves, strict=True):
            draw_reliability(
                axes,
                {
                    f"{model}, {each}s": [
                        (
                            lookup["all", model, each, f"probability_{range_}"].value,
                            lookup["all", model, each, f"right_{range_}"].value,
                            count,
                        )
                        for range_ in CONFIDENCE
                        if (count := lookup["all", model, each, f"predicted_{range_}"].value)
                    ]
                    for model in panels[level]
                    for each in (LEVELS if level in LEVELS else BOUNDARY_KINDS)
                },
            )


def _telling(lookup: Lookup, models: Sequence[str], level: str) -> list[str]:
    """The models that say how probable their predictions of ``level`` are."""
    return [model for model in models if ("all", model, level, "calibration_error") in lookup]


def _sites(lookup: Lookup, models: Sequence[str], metric: str) -> str:
    columns = {
        kind: [lookup.get(("all", model, kind, metric)) for model in models] for kind in KINDS
    }
    return table(models, columns, max, percent_with_interval)


def _structure(lookup: Lookup, models: Sequence[str], subset: str) -> str:
    columns = {}
    for level in STRUCTURE_LEVELS:
        for metric, title in (("sensitivity", "Sn"), ("precision", "Pr"), ("f1", "F1")):
            found = [lookup.get((subset, model, level, metric)) for model in models]
            columns[f"{level} {title}"] = found
    f1_columns = {title: rows for title, rows in columns.items() if title.endswith("F1")}
    both = {title: rows for title, rows in columns.items() if not title.endswith("F1")}
    return (
        table(models, f1_columns, max, percent_with_interval)
        + "\n\n"
        + table(models, both, max, lambda row: percent(row.value))
    )


def _validation(lookup: Lookup, models: Sequence[str]) -> list[str]:
    """The section, where any model has decoded the validation chromosomes."""
    models = [model for model in models if (VALIDATION, model, "gene", "f1") in lookup]
    if not models:
        return []
    explained = (
        "## Structure: validation chromosomes\n\nThresholds, calibrations and decoder weights were chosen on "
        "these. They tell which of two models to keep, not how good it is on sequence that it has not seen."
    )
    columns = {
        f"{level} F1": [lookup.get((VALIDATION, model, level, "f1")) for model in models]
        for level in DRAWN
    }
    return [explained + "\n\n" + table(models, columns, max, percent_with_interval)]


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
        columns[title] = column(rows, max, lambda row: percent(row.value))
    explained = (
        "Sensitivity, per cent; in brackets how many there are. Short exons are under 50 bases, many-exon genes have "
        "10 coding exons or more, long introns are the longest tenth of the annotation's. Weak splice sites: introns "
        "with a donor or an acceptor among the tenth of lowest log odds of its kind, by a position weight matrix of "
        "the training chromosomes."
    )
    return f"{explained}\n\n" + grid(models, columns)


def _confidence(lookup: Lookup, models: Sequence[str]) -> list[str]:
    """The section, where any model says how probable its predictions are."""
    parts = []
    for level in (*LEVELS, *KINDS):
        told = _telling(lookup, models, level)
        if not told:
            continue
        columns = {
            f"{level}s, error": [
                percent(lookup["all", model, level, "calibration_error"].value) for model in told
            ]
        }
        for range_ in CONFIDENCE:
            columns[range_] = [_share_right(lookup, model, level, range_) for model in told]
        parts.append(grid(told, columns))
    if not parts:
        return []
    explained = (
        "## Confidence\n\nOf the exons and genes that a model predicts, and of the sites that it gives a "
        "probability of 1 % or more, with a probability in the range above: the share that is right, per cent, and how "
        "many there are. A calibrated model's shares lie within their ranges; the calibration error is the mean "
        "distance of probability and share, in points."
    )
    return ["\n\n".join([explained, *parts])]


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
        title: column(rows, best[title], lambda row: f"{row.value:.3g}")
        for title, rows in columns.items()
    }
    runs = [lookup["all", model, "run", "train_seconds"] for model in models]
    return grid(models, {**cells, "commit": [row.commit.replace(" ", ", ") for row in runs]})
