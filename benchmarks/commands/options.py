"""Options that several commands share: the task, the results, the data in words."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report.page import NAMES_SHOWN, SPLIT_OF_RUN
from benchmarks.results import ResultsStore
from benchmarks.tasks import gene_structure
from features.datasets import Dataset
from features.expression import ExpressionSet
from features.proteins import ProteinSet
from features.sequence_sets import SequenceSet

__all__ = ["add_results_option", "add_task_option", "data_arguments", "store_of"]


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


def data_arguments(options: argparse.Namespace) -> str:
    """The options that name the data, as given, files without their folder; for a page, so of bounded length."""
    if options.dataset is not None:
        return f"--dataset {options.dataset}"
    parts = []
    for name in ("genome", "annotation", "mask", "chromosome_names", "table"):
        path = getattr(options, name)
        if path is not None:
            parts += [f"--{name.replace('_', '-')}", Path(path).name]
    if getattr(options, "samples", None) is not None:
        for name in ("samples", "expression"):
            parts += [f"--{name}", Path(getattr(options, name)).name]
        parts += [
            "--region",
            options.region,
            "--bin",
            str(options.bin),
            "--peaks-by",
            options.peaks_by,
        ]
    if getattr(options, "sequences", None) is not None:
        parts += ["--sequences", Path(options.sequences).name]
        for species in options.test_species:
            parts += ["--test-species", species]
        parts += ["--stops-inside"] * options.stops_inside
    for name, path in options.classes or ():
        parts += ["--class", f"{name}={Path(path).name}"]
    roles = {role: getattr(options, role) for role in ("train", "validation", "test")}
    if any(names is not None and len(names) > NAMES_SHOWN for names in roles.values()):
        # The records of the split, one by one, need no --group.
        return shlex.join(
            [*parts, *(part for role in roles for part in (f"--{role}", SPLIT_OF_RUN))]
        )
    for role, names in roles.items():
        if names is not None:
            parts += [f"--{role}", ",".join(names)]
    if options.group is not None:
        parts += ["--group", options.group]
    return shlex.join(parts)
