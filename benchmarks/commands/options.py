"""Options that several commands share: the task and the results."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.results import ResultsStore
from benchmarks.tasks import gene_structure
from features.datasets import Dataset
from features.expression import ExpressionSet
from features.proteins import ProteinSet
from features.sequence_sets import SequenceSet

__all__ = ["add_results_option", "add_task_option", "store_of"]


def add_task_option(parser: argparse.ArgumentParser, tasks: Sequence[str], explained: str) -> None:
    """Add ``--task``, one of ``tasks``."""
    parser.add_argument(
        "--task",
        choices=tasks,
        default=gene_structure.TASK,
        help=f"{explained} (default: %(default)s)",
    )


def add_results_option(parser: argparse.ArgumentParser, default: str = "results") -> None:
    """Add ``--results``."""
    parser.add_argument(
        "--results",
        type=Path,
        default=Path(default),
        metavar="DIR",
        help="folder of the stored runs (default: %(default)s)",
    )


def store_of(
    task: str, results: Path, data: Dataset | SequenceSet | ProteinSet | ExpressionSet
) -> ResultsStore:
    """Where the runs of ``task`` on ``data`` are stored below ``results``."""
    root = results if task == gene_structure.TASK else results / task
    return ResultsStore(root, data.name, data.data_hash)
