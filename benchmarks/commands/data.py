"""What data a command works on, whichever the task: the options, their check, the same in words for a page."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from benchmarks.evaluation import window_boundaries
from benchmarks.report.page import NAMES_SHOWN, SPLIT_OF_RUN
from benchmarks.tasks import (
    expression,
    gene_structure,
    gene_symbols,
    sequence_classification,
    window_feeder,
)
from features.datasets.options import OWN_FILES, add_dataset_options
from features.errors import DatasetError
from features.expression.options import OWN_EXPRESSION, add_expression_options
from features.proteins.options import OWN_PROTEINS, add_protein_options
from features.sequence_sets.options import OWN_SEQUENCES, add_sequence_set_options

__all__ = ["add_data_options", "check_data_options", "data_arguments"]

OWN_DATA: dict[tuple[str, ...], tuple[str, ...]] = {
    (gene_structure.TASK, window_boundaries.TASK, window_feeder.TASK): OWN_FILES,
    (sequence_classification.TASK,): ("table", "classes", "split", *OWN_SEQUENCES),
    (gene_symbols.TASK,): ("split", *OWN_PROTEINS),
    (expression.TASK,): ("split", *OWN_EXPRESSION),
}
"""Options, as parsed, that say what one's own data are, by the tasks they are for."""


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of every task's data, each kind as a group."""
    add_dataset_options(parser)
    add_sequence_set_options(parser)
    add_protein_options(parser)
    add_expression_options(parser)


def check_data_options(options: argparse.Namespace) -> None:
    """``DatasetError`` where an option says what the data of another task are."""
    takers: dict[str, list[str]] = {}
    for tasks, names in OWN_DATA.items():
        for name in names:
            takers.setdefault(name, []).extend(tasks)
    for name, taking in takers.items():
        if options.task not in taking and getattr(options, name, None):
            option = "class" if name == "classes" else name.replace("_", "-")
            raise DatasetError(
                f"--{option}: not for --task {options.task}. Give it for --task {' or '.join(taking)}."
            )


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
    if getattr(options, "sequences", None):
        for path, species in options.sequences:
            named = f"{species.replace(' ', '_')}=" if species else ""
            parts += ["--sequences", named + path.name]
        for species in options.test_species:
            parts += ["--test-species", species]
        parts += ["--clade", options.clade] if options.clade else []
        parts += ["--stops-inside"] * options.stops_inside
    for name in OWN_SEQUENCES:
        if getattr(options, name, None) is not None:
            parts += [f"--{name}", str(getattr(options, name))]
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
