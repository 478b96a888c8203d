"""How the harness calls a ``SequenceClassifier``, the suite's or a user's own: what it gives and what it takes."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from features.errors import ModelError
from features.genome import Codes

__all__ = ["fit_classifier", "predict_probabilities"]

WANTED = "Give one probability for each sequence and class."
SLACK = 1e-3
"""How far from 1 probabilities may sum up to, for those of 16 bits."""


def fit_classifier(
    classifier: Any,
    sequences: Sequence[Codes],
    labels: npt.ArrayLike,
    validation: tuple[Sequence[Codes], npt.ArrayLike],
    name: str,
) -> None:
    """Fit a ``SequenceClassifier``, called ``name``, on copies of the sequences.

    It is given ``validation`` if its ``fit`` has a parameter of that name, as scikit-learn's does not. ``ModelError``
    where ``fit`` asks for anything else.
    """
    signature = inspect.signature(classifier.fit)
    named = {}
    if "validation" in signature.parameters:
        named["validation"] = (_copies(validation[0]), validation[1])
    try:
        signature.bind(sequences, labels, **named)
    except TypeError as error:
        raise ModelError(
            f"{name}: fit cannot be called with sequences and labels ({error}). Let a parameter for held-out "
            "sequences and labels, a pair, be named validation, and give any other one a default."
        ) from None
    classifier.fit(_copies(sequences), labels, **named)


def predict_probabilities(
    classifier: Any, sequences: Sequence[Codes], classes: npt.NDArray[Any], name: str
) -> npt.NDArray[np.float64]:
    """What a fitted classifier, called ``name``, tells of copies of the sequences, shape (sequences, classes).

    A class that it was not taught has 0. ``ModelError`` where it tells no probabilities, or of other classes than the
    sorted ``classes``.
    """
    answer = classifier.predict_proba(_copies(sequences))
    known = np.atleast_1d(np.asarray(getattr(classifier, "classes_", ())))
    try:
        told = np.asarray(answer, np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"{name}: predict_proba gave what is no array of numbers ({error}). {WANTED}"
        ) from None
    if told.shape != (len(sequences), len(known)):
        raise ModelError(
            f"{name}: predict_proba gave an array of shape {told.shape} for {len(sequences)} sequences and "
            f"{len(known)} classes_. {WANTED}"
        )
    if len(np.unique(known)) < len(known) or not np.isin(known, classes).all():
        raise ModelError(
            f"{name}: classes_ are {', '.join(map(str, known[:5]))}, which are not those of the labels. Set "
            "classes_ to the sorted labels, each once."
        )
    wrong = ~((told >= 0).all(axis=1) & (np.abs(told.sum(axis=1) - 1) <= SLACK))
    if wrong.any():
        row = ", ".join(f"{value:.4g}" for value in told[wrong.argmax(), :5])
        raise ModelError(
            f"{name}: predict_proba gave {int(wrong.sum())} of {len(told)} sequences no probabilities, the first "
            f"{row}{', ...' if len(known) > 5 else ''}. Give numbers of 0 to 1 that sum up to 1 over the classes."
        )
    found = np.zeros((len(sequences), len(classes)))
    found[:, np.searchsorted(classes, known)] = told
    return found


def _copies(sequences: Sequence[Codes]) -> list[Codes]:
    """Of its own to each model, which may change them without spoiling those of the next."""
    return [codes.copy() for codes in sequences]
