"""The leaderboard of gene symbols: page, CSV and picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.evaluation.gene_symbols import SYMBOL_LEVEL, TOLD, SymbolEvaluation
from benchmarks.metrics.symbols import RATIOS
from benchmarks.report.page import commits_of, percent_with_interval, table, write_page
from benchmarks.report.splits import compare_networks, render_costs, reproduce_splits
from benchmarks.rows import Row, look_up
from benchmarks.tasks.gene_symbols import TASK
from features.figures import COLOURS, new_figure
from features.proteins import ProteinSet
from features.proteins.curve import ACCEPTED

__all__ = ["render_markdown", "write_leaderboard"]

TITLES = {
    "accuracy": "accuracy",
    "precision": "weighted precision",
    "recall": "weighted recall",
    "coverage_at_0.9": "coverage at 0.9",
    "accuracy_at_0.9": "accuracy at 0.9",
}
UNSEEN_TITLES = {
    "unknown_auroc": "unknown AUROC",
    "unseen_accepted": "unseen accepted at 0.9",
}
EXPLAINED = {
    "held-out-mouse": "Training has the rat, but no protein of the mouse.",
    "held-out-mouse-100": "The same of a hundred symbols alone, drawn at random, for networks too slow for all.",
    "held-out-opossum": "Training has placental mammals alone: species and clade are new.",
    "held-out-rodents": "Training has neither mouse nor rat: species and clade are new.",
    "random": "The published rule: proteins are drawn at random, so that training has the same gene of sister species.",
    "unseen-symbols": "A tenth of the symbols is in no training or validation protein. The figures are of the others; "
    "the unknown decision tells the two apart.",
}


def write_leaderboard(
    evaluation: SymbolEvaluation, proteins: ProteinSet, folder: str | Path, data: str
) -> list[Path]:
    """Write ``<folder>/gene-symbols/<set>.md``, ``.csv`` and ``.svg``; returns the three paths.

    ``data`` is the part of a command line that names the set, for the page's last section.
    """
    markdown = render_markdown(evaluation, proteins, data)
    return write_page(
        folder, TASK, proteins.name, markdown, evaluation.rows, partial(_draw, evaluation)
    )


def render_markdown(evaluation: SymbolEvaluation, proteins: ProteinSet, data: str) -> str:
    """The page."""
    parts = [
        _head(evaluation, proteins),
        f"![Accuracy of the accepted over coverage, of every model]({proteins.name}.svg)",
        *(_subset(evaluation, subset) for subset in evaluation.tested),
        "## Cost\n\n" + render_costs(evaluation, TOLD),
        "## Reproduce\n\n" + reproduce_splits(TASK, proteins.name, data, evaluation),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _head(evaluation: SymbolEvaluation, proteins: ProteinSet) -> str:
    commits = commits_of(evaluation.rows)
    lengths = [len(residues) for residues in proteins.sequences]
    splits = "; ".join(
        f"{split}: {len(fold.train):,} train, {len(fold.validation):,} validation, {len(fold.test):,} test"
        for split, fold in proteins.folds.items()
    )
    return f"""# {TASK}: {proteins.title}

{proteins.source}. Data `{proteins.data_hash}`, commit {commits}.

| what | |
|---|---|
| proteins | {len(proteins.ids):,} of {len(np.unique(proteins.species))} species |
| symbols | {len(np.unique(proteins.symbols)):,} |
| amino acids | {min(lengths):,} to {max(lengths):,} |
| splits | {splits} |

Values are per cent; in brackets the 95 % interval from {evaluation.resamples} resamples of the symbols. A symbol is
right whatever its capitals. All but the unknown decision is of the test proteins whose symbol training has, since no
model can know another. Precision and recall are those of every symbol, weighted by its proteins, so that recall is
the accuracy. Coverage is the share of proteins whose symbol has a probability of {ACCEPTED:g} or more, and the accuracy
at {ACCEPTED:g} is theirs. Seeds are averaged. The best value of a column is bold."""


def _subset(evaluation: SymbolEvaluation, subset: str) -> str:
    split, _, species = subset.partition("/")
    unseen = evaluation.unseen[subset]
    count = f"{evaluation.tested[subset]:,} test proteins"
    if unseen:
        count += f", {unseen:,} of symbols that training lacks"
    explained = "" if species else EXPLAINED.get(split, "")
    titles = {**TITLES, **UNSEEN_TITLES} if unseen else TITLES
    parts = [
        f"## Split {split}" + (f": {species}" if species else ""),
        f"{count}. {explained}".strip(),
        _values(evaluation, subset, titles),
    ]
    if not species:
        parts += compare_networks(
            evaluation, split, SYMBOL_LEVEL, "accuracy", RATIOS["accuracy"], "accuracy"
        )
    return "\n\n".join(parts)


def _values(evaluation: SymbolEvaluation, subset: str, titles: dict[str, str]) -> str:
    lookup = look_up(evaluation.rows)
    models = list(evaluation.seeds)
    columns = {
        title: [lookup.get((subset, model, SYMBOL_LEVEL, metric)) for model in models]
        for metric, title in titles.items()
    }
    accepted = {UNSEEN_TITLES["unseen_accepted"]: columns.pop("unseen accepted at 0.9", [])}
    page = table(models, columns, max, _hundredths)
    if any(row is not None for rows in accepted.values() for row in rows):
        page += "\n\nThe fewer the better:\n\n" + table(models, accepted, min, _hundredths)
    return page


def _hundredths(row: Row) -> str:
    return percent_with_interval(row, 2)


def _draw(evaluation: SymbolEvaluation, path: Path) -> None:
    """Accuracy of the accepted over coverage, a panel for each split, a dot where a symbol is accepted."""
    splits: Sequence[str] = list(dict.fromkeys(split for split, _ in evaluation.curves))
    with new_figure(path, max(1, len(splits)), 3.6, 3.6) as panels:
        for split, axes in zip(splits, panels, strict=False):
            for number, model in enumerate(evaluation.seeds):
                points = evaluation.curves.get((split, model), [])
                colour = COLOURS[number % len(COLOURS)]
                shares = 100 * np.array([point[1:] for point in points]).reshape(-1, 2)
                label = model if split == splits[0] else None
                axes.plot(*shares.T, color=colour, label=label)
                for point in points:
                    if point.threshold == ACCEPTED:
                        axes.plot(100 * point.coverage, 100 * point.accuracy, "o", color=colour)
            axes.set_title(split)
            axes.set_xlabel("coverage, per cent")
            axes.set_ylabel("accuracy of the accepted, per cent")
        if splits:
            panels[0].figure.legend(
                frameon=False, loc="outside lower center", ncols=len(evaluation.seeds)
            )
