"""Ridge regression with far more inputs than samples: solved between samples, its strength chosen by leaving one out.

Predictions are weighted sums of the training samples' deviations from their mean. The weights depend on inputs alone,
so that one solution serves any number of outputs (kernel ridge with a linear kernel; Saunders et al. 1998).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["PENALTIES", "choose_penalty", "column_weights", "left_out", "sample_weights"]

PENALTIES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0)
"""Relative to the mean squared length of a centred sample."""

Floats = npt.NDArray[np.float64]


def sample_weights(training: Floats, inputs: Floats, penalty: float) -> Floats:
    """How much each training sample counts for each of ``inputs``, shape (inputs, training samples).

    Parameters
    ----------
    training : float64 of shape (training samples, columns).
    inputs : float64 of shape (inputs, columns).
    penalty : one of ``PENALTIES``.
    """
    middle = training.mean(axis=0)
    centred = training - middle
    found: Floats = np.linalg.solve(_products(centred, penalty), centred @ (inputs - middle).T).T
    return found


def column_weights(training: Floats, deviations: Floats, penalty: float) -> Floats:
    """The same regression by its inputs: what each column counts for each output, shape (columns, outputs).

    ``deviations`` of the outputs from their mean are of shape (training samples, outputs).
    """
    centred = training - training.mean(axis=0)
    found: Floats = centred.T @ np.linalg.solve(_products(centred, penalty), deviations)
    return found


def left_out(training: Floats, expression: Floats, penalty: float) -> Floats:
    """What is told of each sample, of shape (samples, outputs), by a regression on all the others."""
    told = np.empty_like(expression)
    for number in range(len(training)):
        others = np.arange(len(training)) != number
        mean = expression[others].mean(axis=0)
        weights = sample_weights(training[others], training[number : number + 1], penalty)
        told[number] = mean + weights[0] @ (expression[others] - mean)
    return told


def choose_penalty(
    candidates: Sequence[Floats], expression: Floats, penalties: Sequence[float] = PENALTIES
) -> tuple[int, float]:
    """Index of the inputs and the penalty that tell samples best which are left out; ties: the stronger penalty.

    Parameters
    ----------
    candidates : inputs to choose from, each of shape (samples, columns).
    expression : float64 of shape (samples, outputs).
    """
    tried = [(index, penalty) for index in range(len(candidates)) for penalty in penalties[::-1]]
    compact = [_compact(inputs) for inputs in candidates]
    errors = [
        float(((left_out(compact[index], expression, penalty) - expression) ** 2).mean())
        for index, penalty in tried
    ]
    return tried[int(np.argmin(errors))]


def _products(centred: Floats, penalty: float) -> Floats:
    """Products between samples, their diagonal strengthened."""
    products = centred @ centred.T
    scale = max(float(np.trace(products)) / len(products), 1e-12)
    found: Floats = products + penalty * scale * np.eye(len(products))
    return found


def _compact(inputs: Floats) -> Floats:
    """As many columns as there are samples, with the same products between samples."""
    if inputs.shape[1] <= len(inputs):
        return inputs
    directions, lengths, _ = np.linalg.svd(inputs, full_matrices=False)
    found: Floats = directions * lengths
    return found
