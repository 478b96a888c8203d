"""How a command line names an expression set: ``--dataset NAME``, or ``--samples``, ``--expression`` and a region."""

from __future__ import annotations

import argparse

from features.command_line import positive_number, tell
from features.errors import DatasetError
from features.expression.expression_set import ExpressionSet
from features.expression.loader import expression_set_from_files, load_expression_set
from features.expression.peaks import COUNT_BY

__all__ = ["OWN_EXPRESSION", "add_expression_options", "expression_set_from_options"]

OWN_EXPRESSION = ("samples", "expression", "annotation", "region")
"""Options that together name a set of one's own; ``--annotation`` is one of every task."""


def add_expression_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--samples``, ``--expression``, ``--region`` and how peaks are counted.

    ``--dataset``, ``--data`` and ``--annotation`` are there already.
    """
    group = parser.add_argument_group(
        "expression sets", "for --task expression: --dataset NAME (see list), or your own"
    )
    group.add_argument(
        "--samples",
        metavar="TSV",
        help="table with columns sample, peaks (BED file) and if wanted group",
    )
    group.add_argument(
        "--expression",
        metavar="TSV",
        help="TPM, genes x samples or samples x genes; NA where not quantified",
    )
    group.add_argument(
        "--region",
        metavar="NAME:START-END",
        help="what is looked at, counted from 1; the genes of --annotation that begin there",
    )
    group.add_argument(
        "--bin",
        type=positive_number,
        default=1000,
        metavar="N",
        help="bases of a bin of accessibility (default: %(default)s)",
    )
    group.add_argument(
        "--peaks-by",
        choices=COUNT_BY,
        default=COUNT_BY[0],
        help="a peak counts in every bin it overlaps, or in that of its midpoint (default: %(default)s)",
    )


def expression_set_from_options(arguments: argparse.Namespace) -> ExpressionSet:
    """The set that the options name; of own files standard error tells, unless ``--quiet``, how names were matched.

    ``DatasetError`` where they name none, and whatever loading raises.
    """
    given = [name for name in OWN_EXPRESSION if getattr(arguments, name)]
    if arguments.dataset and not given:
        return load_expression_set(arguments.dataset, arguments.data)
    if arguments.dataset or len(given) < len(OWN_EXPRESSION):
        options = ", ".join(f"--{name}" for name in OWN_EXPRESSION)
        missing = ", ".join(f"--{name}" for name in OWN_EXPRESSION if name not in given)
        lacking = f"; {missing} missing" if given and missing else ""
        raise DatasetError(
            f"one expression set is needed{lacking}: give --dataset NAME, or all of {options}."
        )
    found = expression_set_from_files(
        arguments.samples,
        arguments.expression,
        arguments.annotation,
        arguments.region,
        bin_size=arguments.bin,
        count_by=arguments.peaks_by,
    )
    tell(arguments, found.notes)
    return found
