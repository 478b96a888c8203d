"""How a command line names a sequence set: ``--dataset NAME``, ``--table FILE``, ``--class NAME=FASTA``."""

from __future__ import annotations

import argparse

from features.errors import DatasetError
from features.sequence_sets import (
    SequenceSet,
    load_sequence_set,
    sequence_set_from_files,
)

__all__ = ["add_sequence_set_options", "sequence_set_from_options"]


def add_sequence_set_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--table`` and ``--class``; ``--dataset``, ``--data`` and ``--seed`` are there already."""
    group = parser.add_argument_group(
        "sequence sets", "for tasks on whole sequences: --dataset NAME (see list), or your own"
    )
    group.add_argument(
        "--table",
        metavar="FILE",
        help="TSV or CSV with columns sequence and label, and if wanted id, and set (train, validation, test)",
    )
    group.add_argument(
        "--class",
        dest="classes",
        action="append",
        type=_class,
        metavar="NAME=FASTA",
        help="sequences of one class, plain or gzipped; give two or more",
    )


def sequence_set_from_options(arguments: argparse.Namespace) -> SequenceSet:
    """The set that the options name; ``DatasetError`` where they name none or several, and whatever loading raises."""
    given = [name for name in ("dataset", "table", "classes") if getattr(arguments, name)]
    if len(given) != 1:
        raise DatasetError(
            "one set of sequences is needed: give --dataset NAME, --table FILE, or --class NAME=FASTA for each class."
        )
    if arguments.dataset:
        return load_sequence_set(arguments.dataset, arguments.data)
    classes = dict(arguments.classes or ())
    if len(classes) < len(arguments.classes or ()):
        raise DatasetError("--class: a class is named twice. Put its sequences into one FASTA.")
    return sequence_set_from_files(arguments.table, classes or None)


def _class(text: str) -> tuple[str, str]:
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FASTA")
    return name, path
