"""What the ``train`` commands of gene-symbol models share: their proteins, their folder, what they say at the end."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from features.proteins.curve import ACCEPTED, acceptance_curve
from features.proteins.folder import (
    Description,
    LoadedModel,
    read_descriptions,
    save_symbol_model,
)
from features.proteins.options import add_protein_options, protein_set_from_options
from features.proteins.protein_set import Proteins, ProteinSet
from features.sequence_sets.sequence_set import Fold

__all__ = [
    "TrainingData",
    "add_training_options",
    "data_from_options",
    "describe_validation",
    "save_trained",
]


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--dataset``, ``--data``, ``--sequences``, ``--split``, ``--all``, ``--descriptions`` and ``--output``."""
    parser.add_argument("--dataset", metavar="NAME", help="protein set, such as mammal-symbols")
    parser.add_argument(
        "--data",
        metavar="DIR",
        help="data root of named sets (default: GENESTRUCT_DATA, then the cache of fetched datasets)",
    )
    add_protein_options(parser)
    parser.add_argument("--split", metavar="NAME", help="split of the set (default: its first)")
    parser.add_argument(
        "--all",
        action="store_true",
        help="learn from the test proteins too, all but those for validation, for a model that is not to be tested",
    )
    parser.add_argument(
        "--descriptions",
        type=Path,
        metavar="TSV",
        help="columns symbol, description and, if wanted, source, which assign then writes beside a symbol",
    )
    parser.add_argument("--output", required=True, type=Path, metavar="DIR", help="model folder")


class TrainingData(NamedTuple):
    """What ``train`` is given.

    Attributes
    ----------
    proteins, split : the set, and the name of one of its splits.
    fold : of that split; with ``--all`` its test proteins are among the training ones.
    descriptions : by symbol, empty without ``--descriptions``.
    """

    proteins: ProteinSet
    split: str
    fold: Fold
    descriptions: Mapping[str, Description]


def data_from_options(arguments: argparse.Namespace) -> TrainingData:
    """What the options name; ``DatasetError`` or ``InputFileError`` where there is none such."""
    descriptions = read_descriptions(arguments.descriptions) if arguments.descriptions else {}
    proteins = protein_set_from_options(arguments)
    split = arguments.split or next(iter(proteins.folds))
    fold = proteins.fold(split)
    if arguments.all:
        fold = Fold(np.union1d(fold.train, fold.test), fold.validation, fold.test[:0])
        split = f"{split}, with its test proteins"
    return TrainingData(proteins, split, fold, descriptions)


def save_trained(model: LoadedModel, arguments: argparse.Namespace, given: TrainingData) -> None:
    """Write ``model`` into ``--output``, with the descriptions of its symbols."""
    save_symbol_model(model, arguments.output, given.proteins, given.split, given.descriptions)


def describe_validation(model: LoadedModel, validation: Proteins) -> list[str]:
    """Accuracy, and coverage and accuracy at 0.9, of the validation proteins, as lines to print.

    The model was tuned on these very proteins; the pages have figures of others.
    """
    told = model.assign(validation)
    right = told.symbols == validation.symbols
    (point,) = acceptance_curve(told.probability, right, (ACCEPTED,))
    return [
        f"{len(right):,} validation proteins, which the model was tuned on",
        f"accuracy {100 * right.mean():.2f} %",
        f"at probability {ACCEPTED:g} and more: coverage {100 * point.coverage:.2f} %, "
        f"accuracy {100 * point.accuracy:.2f} %",
    ]
