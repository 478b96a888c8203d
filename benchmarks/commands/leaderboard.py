"""``leaderboard``: every metric of the stored runs, as a page."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.commands.data import add_data_options, check_data_options, data_arguments
from benchmarks.commands.options import (
    add_results_option,
    add_task_option,
    store_of,
)
from benchmarks.evaluation.expression import evaluate_regressors
from benchmarks.evaluation.gene_structure import evaluate_runs
from benchmarks.evaluation.gene_symbols import evaluate_symbols
from benchmarks.evaluation.sequence_classification import evaluate_classifiers
from benchmarks.evaluation.window_boundaries import TASK as WINDOW_TASK
from benchmarks.evaluation.window_boundaries import evaluate_windows
from benchmarks.evaluation.window_feeder import evaluate_feeders
from benchmarks.registry import model_names
from benchmarks.report import (
    expression,
    gene_structure,
    gene_symbols,
    sequence_classification,
    window_boundaries,
    window_feeder,
)
from benchmarks.results import ResultsStore, Run, group_runs
from benchmarks.tasks.expression import TASK as EXPRESSION_TASK
from benchmarks.tasks.gene_structure import TASK
from benchmarks.tasks.gene_symbols import TASK as SYMBOL_TASK
from benchmarks.tasks.sequence_classification import TASK as SEQUENCE_TASK
from benchmarks.tasks.window_feeder import TASK as FEEDER_TASK
from features.classifiers.kinds import CLASSIFIERS
from features.command_line import add_command, add_common_options
from features.datasets.options import dataset_from_options
from features.errors import DatasetError
from features.expression.kinds import REGRESSORS
from features.expression.options import expression_set_from_options
from features.proteins.kinds import SYMBOL_MODELS
from features.proteins.options import protein_set_from_options
from features.sequence_sets.options import sequence_set_from_options

__all__ = ["add_leaderboard"]


def add_leaderboard(commands: Any) -> None:
    """Add the command ``leaderboard``."""
    leaderboard = add_command(
        commands,
        "leaderboard",
        _leaderboard,
        "compute every metric of the stored runs, write and print the leaderboard",
        "leaderboard --dataset demo",
        "leaderboard --dataset worm --results results --output benchmarks/leaderboards",
        "leaderboard --task window-boundaries --dataset worm",
        "leaderboard --task sequence-classification --dataset ecoli-promoters",
        details="tasks; the first three look at the same runs, window-feeder also at those of its own\n"
        "  gene-structure           sites, exons, introns, transcripts and genes of the test chromosomes\n"
        "  window-boundaries        donors and acceptors in the 5,000-bp windows that hold any\n"
        "  window-feeder            does a 5,000-bp window hold any, and what does it help to ask that first?\n"
        "  sequence-classification  classes of whole sequences\n"
        "  gene-symbols             gene symbols of proteins\n"
        "  expression               TPM of genes from open chromatin\n",
    )
    add_task_option(leaderboard, tuple(PAGES), "what is compared")
    add_results_option(leaderboard)
    leaderboard.add_argument(
        "--output",
        type=Path,
        default=Path("results/leaderboards"),
        metavar="DIR",
        help="folder of the leaderboards (default: %(default)s)",
    )
    add_data_options(leaderboard)
    add_common_options(leaderboard)


def _leaderboard(options: argparse.Namespace) -> int:
    check_data_options(options)
    page, *others = PAGES[options.task](options)
    print(page.read_text(encoding="utf-8"))
    print(page, *others, sep="\n")
    return 0


def _write_gene_structure(options: argparse.Namespace) -> list[Path]:
    dataset = dataset_from_options(options)
    runs = _runs(store_of(TASK, options.results, dataset), model_names())
    evaluation = evaluate_runs(group_runs(runs), dataset, seed=options.seed)
    where = options.output, data_arguments(options)
    return gene_structure.write_leaderboard(evaluation, dataset, *where)


def _write_window_boundaries(options: argparse.Namespace) -> list[Path]:
    dataset = dataset_from_options(options)
    runs = _runs(store_of(TASK, options.results, dataset), model_names())
    evaluation = evaluate_windows(group_runs(runs), dataset, seed=options.seed)
    where = options.output, data_arguments(options)
    return window_boundaries.write_leaderboard(evaluation, dataset, *where)


def _write_window_feeder(options: argparse.Namespace) -> list[Path]:
    dataset = dataset_from_options(options)
    classifiers = store_of(FEEDER_TASK, options.results, dataset).runs()
    store = store_of(TASK, options.results, dataset)
    scorers = _runs(store, model_names(), needed=not classifiers)
    evaluation = evaluate_feeders(
        group_runs(classifiers), group_runs(scorers), dataset, seed=options.seed
    )
    where = options.output, data_arguments(options)
    return window_feeder.write_leaderboard(evaluation, dataset, *where)


def _write_sequence_classification(options: argparse.Namespace) -> list[Path]:
    sequences = sequence_set_from_options(options)
    runs = _runs(store_of(SEQUENCE_TASK, options.results, sequences), list(CLASSIFIERS))
    evaluation = evaluate_classifiers(group_runs(runs), sequences, seed=options.seed)
    where = options.output, data_arguments(options)
    return sequence_classification.write_leaderboard(evaluation, sequences, *where)


def _write_gene_symbols(options: argparse.Namespace) -> list[Path]:
    proteins = protein_set_from_options(options)
    runs = _runs(store_of(SYMBOL_TASK, options.results, proteins), list(SYMBOL_MODELS))
    evaluation = evaluate_symbols(group_runs(runs), proteins, seed=options.seed)
    where = options.output, data_arguments(options)
    return gene_symbols.write_leaderboard(evaluation, proteins, *where)


def _write_expression(options: argparse.Namespace) -> list[Path]:
    samples = expression_set_from_options(options)
    runs = _runs(store_of(EXPRESSION_TASK, options.results, samples), list(REGRESSORS))
    evaluation = evaluate_regressors(group_runs(runs), samples, seed=options.seed)
    return expression.write_leaderboard(
        evaluation, samples, options.output, data_arguments(options)
    )


def _runs(store: ResultsStore, order: list[str], needed: bool = True) -> list[Run]:
    """All runs of ``store``, those of the models in ``order`` first, each with its variants (``NAME+...``) behind it.

    ``DatasetError`` where one is needed and there is none.
    """
    places = {name: place for place, name in enumerate(order)}

    def place(run: Run) -> tuple[int, str]:
        plain = run.model.partition("+")[0]
        return places.get(run.model, places.get(plain, len(places))), run.model

    runs = sorted(store.runs(), key=place)
    if needed and not runs:
        raise DatasetError(
            f"{store.folder}: no stored runs of these files and this split. Run python -m benchmarks run first, with "
            "the same data options: names, split and mask are part of what a run is stored under."
        )
    return runs


PAGES: dict[str, Callable[[argparse.Namespace], list[Path]]] = {
    TASK: _write_gene_structure,
    WINDOW_TASK: _write_window_boundaries,
    FEEDER_TASK: _write_window_feeder,
    SEQUENCE_TASK: _write_sequence_classification,
    SYMBOL_TASK: _write_gene_symbols,
    EXPRESSION_TASK: _write_expression,
}
"""What writes the page of each task."""
