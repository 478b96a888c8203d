"""How a command line names a sequence set: ``--dataset NAME``, ``--table FILE``, ``--class NAME=FASTA``."""

from __future__ import annotations

import argparse

from features.command_line import positive_number, tell
from features.errors import DatasetError
from features.sequence_sets import (
    SequenceSet,
    load_sequence_set,
    sequence_set_from_files,
)

__all__ = ["OWN_SEQUENCES", "add_sequence_set_options", "sequence_set_from_options"]

OWN_SEQUENCES = ("positive", "word", "folds")
"""Options of one's own sequences alone."""


def add_sequence_set_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of one's own sequences; ``--dataset`` and ``--data`` are there already."""
    group = parser.add_argument_group(
        "sequence sets", "for tasks on whole sequences: --dataset NAME (see list), or your own"
    )
    group.add_argument(
        "--table",
        metavar="FILE",
        help="TSV or CSV with columns sequence and label, and if wanted id, set (train, validation, test, drop) and "
        "group (of sequences that stay together)",
    )
    group.add_argument(
        "--class",
        dest="classes",
        action="append",
        type=_class,
        metavar="NAME=FASTA",
        help="sequences of one class, plain or gzipped; give two or more",
    )
    group.add_argument(
        "--positive",
        metavar="NAME",
        help="of two classes the positive one (default: the first --class, the last label of a table)",
    )
    group.add_argument(
        "--word",
        type=positive_number,
        metavar="N",
        help="bases in a row by that two sequences of your own are alike and stay on one side of a split (default: the "
        "first of 20, 30, 50, 100, 200 that leaves small groups)",
    )
    group.add_argument(
        "--folds",
        type=positive_number,
        metavar="N",
        help="of the split of your own sequences, 3 or more (default: 5)",
    )


def sequence_set_from_options(arguments: argparse.Namespace) -> SequenceSet:
    """The set that the options name; ``DatasetError`` where they name none or several, and whatever loading raises."""
    given = [name for name in ("dataset", "table", "classes") if getattr(arguments, name)]
    if len(given) != 1:
        raise DatasetError(
            f"one set of sequences is needed, not {len(given) or 'none'}: give --dataset NAME, --table FILE, or "
            "--class NAME=FASTA for each class."
        )
    own = {
        name: getattr(arguments, name)
        for name in OWN_SEQUENCES
        if getattr(arguments, name) is not None
    }
    if arguments.dataset:
        if own:
            raise DatasetError(
                f"--{next(iter(own))}: set {arguments.dataset} says that itself. Leave it out."
            )
        return load_sequence_set(arguments.dataset, arguments.data)
    classes = dict(arguments.classes or ())
    if len(classes) < len(arguments.classes or ()):
        raise DatasetError("--class: a class is named twice. Put its sequences into one FASTA.")
    found = sequence_set_from_files(arguments.table, classes or None, **own)
    tell(arguments, found.notes)
    return found


def _class(text: str) -> tuple[str, str]:
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FASTA")
    return name, path
