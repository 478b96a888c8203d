"""``Examples``: what a classifier learns from and is watched on, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from features.classifiers.holdout import hold_out
from features.errors import TrainingError
from features.genome import Codes

__all__ = ["Examples", "Labelled", "Validation", "prepare_examples"]

Validation = tuple[Sequence[Codes], npt.ArrayLike]
"""Sequences and their labels."""
Indices = npt.NDArray[np.int64]


class Labelled(NamedTuple):
    """Sequences, and the number of the class of each."""

    sequences: Sequence[Codes]
    numbers: Indices

    def take(self, chosen: Indices) -> Labelled:
        """Those at ``chosen``."""
        return Labelled([self.sequences[i] for i in chosen.tolist()], self.numbers[chosen])


class Examples(NamedTuple):
    """Sorted classes, and sequences to learn from and to watch."""

    classes: npt.NDArray[Any]
    training: Labelled
    watched: Labelled


def prepare_examples(
    sequences: Sequence[Codes],
    labels: npt.ArrayLike,
    validation: Validation | None,
    readable: npt.NDArray[np.bool_],
    seed: int,
) -> Examples:
    """Training sequences with ``labels``, and those of ``validation``.

    Without ``validation`` some of the training sequences, ``readable`` ones, are held out (``hold_out``).

    Raises ``TrainingError`` for sequences of one class, too few, or of another number than labels, for a class without
    a readable one, and for validation sequences of a class that training lacks.
    """
    classes, numbers = np.unique(np.asarray(labels), return_inverse=True)
    everything = _pair(sequences, numbers)
    if len(classes) < 2:
        raise TrainingError(
            f"All {len(numbers)} training sequences are of one class. "
            "Give training data with two classes or more."
        )
    for number, name in enumerate(classes):
        if not readable[numbers == number].any():
            raise TrainingError(
                f"No training sequence of class {name} has one word of known bases to learn from. "
                "Give longer sequences, of DNA."
            )
    given = np.asarray(() if validation is None else validation[1])
    if validation is not None and len(given):
        unknown = np.setdiff1d(given, classes)
        if len(unknown):
            raise TrainingError(
                f"Validation sequences are of class {unknown[0]}, not in training. Give other ones."
            )
        return Examples(classes, everything, _pair(validation[0], np.searchsorted(classes, given)))
    held = hold_out(numbers, readable, seed)
    if not held.any():
        raise TrainingError(
            f"No class of {len(numbers)} sequences has two that can be read, so none can be held out. "
            "Give more sequences, or validation sequences."
        )
    parts = (everything.take(np.flatnonzero(each)) for each in (~held, held))
    return Examples(classes, *parts)


def _pair(sequences: Sequence[Codes], numbers: Indices) -> Labelled:
    if len(numbers) != len(sequences):
        raise TrainingError(
            f"There are {len(sequences)} sequences, but {len(numbers)} labels. Give one for each."
        )
    return Labelled(list(sequences), numbers)
