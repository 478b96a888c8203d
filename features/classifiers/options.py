"""Which sequences a classifier is trained on, as a command line says it."""

from __future__ import annotations

import argparse

from features.command_line import counted, positive_number
from features.errors import DatasetError
from features.sequence_sets import Fold, SequenceSet, sequence_set_names
from features.sequence_sets.options import add_sequence_set_options, sequence_set_from_options

__all__ = ["add_training_options", "fold_from_options"]


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--dataset``, ``--data``, ``--table``, ``--class``, ``--split`` and ``--fold``."""
    parser.add_argument(
        "--dataset", metavar="NAME", help=f"sequence set: {', '.join(sequence_set_names())}"
    )
    parser.add_argument(
        "--data",
        metavar="DIR",
        help="data root of named sets (default: GENESTRUCT_DATA, then the cache of fetched datasets)",
    )
    add_sequence_set_options(parser)
    parser.add_argument("--split", metavar="NAME", help="split of the set (default: its first)")
    parser.add_argument(
        "--fold",
        type=positive_number,
        default=1,
        metavar="N",
        help="fold of the split (default: %(default)s)",
    )


def fold_from_options(arguments: argparse.Namespace) -> tuple[SequenceSet, str, Fold]:
    """The set, the name of the split and its fold; ``DatasetError`` where there is none such."""
    sequences = sequence_set_from_options(arguments)
    split = arguments.split or next(iter(sequences.folds))
    if split not in sequences.folds:
        raise DatasetError(
            f"{sequences.name}: no split {split!r}. Its splits: {', '.join(sequences.folds)}."
        )
    folds = sequences.folds[split]
    if arguments.fold > len(folds):
        raise DatasetError(
            f"{sequences.name}: split {split} has {counted(len(folds), 'fold')}, not {arguments.fold}."
        )
    return sequences, split, folds[arguments.fold - 1]
