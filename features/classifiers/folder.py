"""Model folders of classifiers of whole sequences, of whichever kind."""

from __future__ import annotations

import importlib
import math
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from features.classifiers.kinds import CLASSIFIERS
from features.commit import read_commit
from features.genome import Codes
from features.sequence_sets import SequenceSet
from features.storage import atomic_folder, extend_card, read_card

__all__ = ["LoadedClassifier", "lengths_of_training", "load_classifier", "save_trained"]


class LoadedClassifier(Protocol):
    """A classifier as it comes from its folder; ``kind`` is its name among ``CLASSIFIERS``."""

    kind: ClassVar[str]
    classes_: npt.NDArray[Any]

    def predict_proba(self, sequences: list[Codes]) -> npt.NDArray[np.float64]:
        """Probability of each of ``classes_``, shape (sequences, classes)."""

    def readable(self, sequences: list[Codes]) -> npt.NDArray[np.bool_]:
        """Whether each sequence has a word of the model, of known bases; what it tells of the others means nothing."""

    def save(self, folder: Path) -> None:
        """Write the model into the existing ``folder``."""


def load_classifier(folder: str | Path, threads: int) -> LoadedClassifier:
    """Read a saved classifier of whichever kind its ``model.json`` names.

    Raises ``ModelError`` where the folder holds none, or one that is damaged. Nothing in the folder is executed.
    """
    kind = read_card(folder, *CLASSIFIERS)["kind"]
    module, _, name = CLASSIFIERS[kind].partition(":")
    offered = getattr(importlib.import_module(module), name)
    loaded: LoadedClassifier = offered.load(Path(folder), threads)
    return loaded


def lengths_of_training(folder: str | Path, model: LoadedClassifier) -> tuple[int, float]:
    """Bases of the shortest and the longest sequence of the set that ``model`` in ``folder`` was trained on.

    0 and infinity where it was not trained by ``train``, and nobody knows.
    """
    card = read_card(folder, model.kind)
    shortest, longest = card.get("trained_on", {}).get("bases", (0, math.inf))
    return shortest, longest


def save_trained(
    model: LoadedClassifier, folder: str | Path, sequences: SequenceSet, split: str, fold: int
) -> None:
    """Write ``model`` into ``folder``, wholly or not at all.

    Its card tells set, split, fold (from 1), bases of the shortest and the longest sequence, and commit.
    """
    lengths = [len(codes) for codes in sequences.sequences]
    with atomic_folder(folder) as scratch:
        model.save(scratch)
        trained_on = {
            "dataset": sequences.name,
            "data_hash": sequences.data_hash,
            "split": split,
            "fold": fold,
            "positive": sequences.positive,
            "bases": [min(lengths), max(lengths)],
        }
        extend_card(scratch, {"trained_on": trained_on, "commit": read_commit()})
