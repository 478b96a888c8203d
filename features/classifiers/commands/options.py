"""Options that the commands of trained classifiers share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from features.classifiers.folder import LoadedClassifier
from features.errors import ModelError
from features.genome import Codes
from features.storage import read_card

__all__ = ["add_class", "add_model", "add_sequences", "class_from_options"]


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add ``--model``."""
    parser.add_argument(
        "--model", required=True, metavar="DIR", help="folder that a train command wrote"
    )


def add_sequences(parser: argparse.ArgumentParser) -> None:
    """Add ``--sequences``."""
    parser.add_argument(
        "--sequences", required=True, type=Path, metavar="FASTA", help="plain or gzipped"
    )


def add_class(parser: argparse.ArgumentParser) -> None:
    """Add ``--class``, into ``wanted``."""
    parser.add_argument(
        "--class",
        dest="wanted",
        metavar="NAME",
        help="class whose probability is shown (default: the positive one of two)",
    )


def class_from_options(
    model: LoadedClassifier, arguments: argparse.Namespace
) -> tuple[str, Callable[[list[Codes]], npt.NDArray[np.float64]]]:
    """The class in question, and what tells its probability; ``ModelError`` where the model has none such."""
    classes = [str(name) for name in model.classes_]
    trained_on = read_card(arguments.model, model.kind).get("trained_on", {})
    wanted = arguments.wanted or trained_on.get("positive")
    if wanted not in classes:
        shown = ", ".join(classes[:20])
        raise ModelError(f"--class: the model has the classes {shown}. Give one of them.")
    place = classes.index(wanted)
    return wanted, lambda sequences: model.predict_proba(sequences)[:, place]
